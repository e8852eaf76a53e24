/** The steps of a server-side apply on typed values: which fields a value has, merging, taking fields away. */
import { ownValue, setOwn } from '../../kernel/own.ts';
import type { ListSchema, MapSchema, ObjectSchema, TypeSchema } from '../codec/schema.ts';
import { emptySet, type FieldSet, isEmpty, leaf, SetBuilder } from './field-set.ts';
import { isMap, type JsonMap } from './json-value.ts';
import { fieldSchema, isNamedField, itemElement, resolve, schemaBelow } from './typed.ts';

/** The set of all fields that `value` has. Items of lists are members themselves, maps and structs are not unless empty. */
export function fieldsOf(declared: TypeSchema, value: unknown): FieldSet {
  const schema = resolve(declared, value);
  switch (schema.kind) {
    case 'scalar':
      return leaf;
    case 'list': {
      if (schema.listType === 'atomic') return leaf;
      if (!Array.isArray(value)) return emptySet;
      return fieldsOfItems(schema, value);
    }
    default: {
      if (schema.atomic) return leaf;
      if (!isMap(value)) return emptySet;
      const set = new SetBuilder();
      for (const key of Object.keys(value)) {
        const below = fieldSchema(schema, key);
        const item = value[key];
        if (!below || item === undefined) continue;
        const own = item === null || (isMap(item) && Object.keys(item).length === 0) || !isNamedField(schema, key);
        const found = fieldsOf(below, item);
        set.add(`f:${key}`, own ? { member: true, children: found.children } : found);
      }
      return set.done(false);
    }
  }
}

function fieldsOfItems(schema: ListSchema, items: readonly unknown[]): FieldSet {
  const set = new SetBuilder();
  const seen = new Map<string, number>();
  for (const item of items) {
    const element = itemElement(schema, item);
    seen.set(element, (seen.get(element) ?? 0) + 1);
  }
  for (const item of items) {
    const element = itemElement(schema, item);
    // Of duplicates only the place is owned.
    const below = (seen.get(element) ?? 0) > 1 ? emptySet : fieldsOf(schema.items, item);
    set.add(element, { member: true, children: below.children });
  }
  return set.done(false);
}

/** `live` with `config` laid over it; undefined stands for a missing value. Nothing is ever taken away. */
export function merge(declared: TypeSchema, live: unknown, config: unknown): unknown {
  if (config === undefined) return live;
  if (live === undefined) return config;
  const schema = resolve(declared, config);
  switch (schema.kind) {
    case 'scalar':
      return config;
    case 'list': {
      if (schema.listType === 'atomic') return config;
      const [old, items] = [Array.isArray(live) ? live : [], Array.isArray(config) ? config : []];
      return old.length === 0 && items.length === 0 ? config : mergeItems(schema, old, items);
    }
    default: {
      if (schema.atomic) return config;
      const [old, fields] = [isMap(live) ? live : {}, isMap(config) ? config : {}];
      if (Object.keys(old).length === 0 && Object.keys(fields).length === 0) return config;
      const out: JsonMap = {};
      for (const key of Object.keys(old)) {
        setOwn(out, key, mergeField(schema, key, ownValue(old, key), ownValue(fields, key)));
      }
      for (const key of Object.keys(fields)) if (!Object.hasOwn(old, key)) setOwn(out, key, fields[key]);
      return out;
    }
  }
}

function mergeField(schema: ObjectSchema | MapSchema, key: string, live: unknown, config: unknown): unknown {
  const below = fieldSchema(schema, key);
  return below ? merge(below, live, config) : (config ?? live);
}

/**
 * The order of a merged list: items of both lists keep the order that `config` gives them, items that only `live` has stay
 * where they are between them.
 */
function mergeItems(schema: ListSchema, live: readonly unknown[], config: readonly unknown[]): unknown[] {
  const left = live.map((item) => itemElement(schema, item));
  const right = config.map((item) => itemElement(schema, item));
  const leftByElement = new Map(left.map((element, i) => [element, live[i]]));
  const rightByElement = new Map(right.map((element, i) => [element, config[i]]));
  const shared = right.filter((element) => leftByElement.has(element));
  let nextShared = shared.shift();
  const done = new Set<string>();
  const out: unknown[] = [];
  const takeRight = (element: string) => {
    done.add(element);
    out.push(merge(schema.items, leftByElement.get(element), rightByElement.get(element)));
    if (nextShared === element) nextShared = shared.shift();
  };
  let l = 0;
  let r = 0;
  while (l < left.length || r < right.length) {
    const mine = left[l];
    const theirs = right[r];
    if (mine !== undefined && theirs !== undefined) {
      if (mine === theirs) {
        takeRight(theirs);
        l++;
        r++;
        continue;
      }
      if (rightByElement.has(mine) && nextShared !== undefined && nextShared !== mine) {
        l++;
        continue;
      }
    }
    if (mine !== undefined) {
      if (!rightByElement.has(mine)) {
        out.push(live[l]);
        l++;
        continue;
      }
      if (done.has(mine)) l++;
    }
    if (theirs !== undefined) {
      takeRight(theirs);
      r++;
    }
  }
  return out;
}

/** `value` without the fields of `set`. What has nothing left becomes null. */
export function removeFields(declared: TypeSchema, value: unknown, set: FieldSet): unknown {
  const schema = resolve(declared, value);
  switch (schema.kind) {
    case 'scalar':
      return value;
    case 'list': {
      if (!Array.isArray(value) || schema.listType === 'atomic') return null;
      const out: unknown[] = [];
      for (const item of value) {
        const below = set.children?.get(itemElement(schema, item));
        if (below?.member) continue;
        out.push(below ? removeFields(schema.items, item, below) : item);
      }
      return out.length > 0 ? out : null;
    }
    default: {
      if (!isMap(value) || schema.atomic) return null;
      const out: JsonMap = {};
      for (const key of Object.keys(value)) {
        const below = set.children?.get(`f:${key}`);
        if (below?.member) continue;
        const type = fieldSchema(schema, key);
        setOwn(out, key, below && type ? removeFields(type, value[key], below) : value[key]);
      }
      return Object.keys(out).length > 0 ? out : null;
    }
  }
}

/** The set with every struct field added that has a field below it: who owns `a.b` owns `a`. */
export function withNamedFields(set: FieldSet, schema: TypeSchema | undefined): FieldSet {
  if (!set.children) return set;
  const children = new Map<string, FieldSet>();
  for (const [element, child] of set.children) {
    const below = withNamedFields(child, schemaBelow(schema, element));
    const named = element.startsWith('f:') && isNamedField(schema, element.slice(2));
    children.set(element, { member: child.member || (named && !isEmpty(child)), children: below.children });
  }
  return { member: set.member, children };
}
