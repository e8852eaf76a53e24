/** What changed between two typed values: structured-merge-diff's Compare. */
import { ownValue } from '../../kernel/own.ts';
import type { ListSchema, MapSchema, ObjectSchema, TypeSchema } from '../schema.ts';
import type { FieldSet } from './field-set.ts';
import { deepEqual, isMap } from './json-value.ts';
import { fieldSchema, itemElement, resolve } from './typed.ts';

export interface Comparison {
  added: FieldSet;
  modified: FieldSet;
  removed: FieldSet;
}

interface Growing {
  member: boolean;
  children: Map<string, Growing> | undefined;
}

const growing = (): Growing => ({ member: false, children: undefined });

/**
 * Compares two values of one schema (both as `toTyped` gives them, or both as clients wrote them). undefined stands for
 * a missing value. Fields of atomic lists and maps are reported as a whole.
 */
export function compare(schema: TypeSchema, old: unknown, now: unknown): Comparison {
  const walk = new CompareWalk();
  walk.value(schema, old, now);
  return { added: walk.added, modified: walk.modified, removed: walk.removed };
}

class CompareWalk {
  readonly added = growing();
  readonly modified = growing();
  readonly removed = growing();
  readonly #path: string[] = [];

  value(declared: TypeSchema, old: unknown, now: unknown): void {
    if (old === now) return;
    const schema = resolve(declared, now ?? old);
    if (!this.#below(schema, old, now)) this.#leaf(old, now);
    else if (old === undefined) this.#mark(this.added);
    else if (now === undefined) this.#mark(this.removed);
  }

  /** Compares the parts; false if there are none that count for themselves. */
  #below(schema: TypeSchema, old: unknown, now: unknown): boolean {
    if (schema.kind === 'scalar') return false;
    if (schema.kind === 'list') {
      const [before, after] = [Array.isArray(old) ? old : [], Array.isArray(now) ? now : []];
      if (schema.listType === 'atomic' || (before.length === 0 && after.length === 0)) return false;
      this.#items(schema, before, after);
      return true;
    }
    const [before, after] = [isMap(old) ? old : {}, isMap(now) ? now : {}];
    if (schema.atomic || (isBare(before) && isBare(after))) return false;
    this.#fields(schema, before, after);
    return true;
  }

  #leaf(old: unknown, now: unknown): void {
    if (old === undefined) this.#mark(this.added);
    else if (now === undefined) this.#mark(this.removed);
    else if (!deepEqual(old, now)) this.#mark(this.modified);
  }

  #fields(schema: ObjectSchema | MapSchema, old: Record<string, unknown>, now: Record<string, unknown>): void {
    for (const key in now) this.#step(`f:${key}`, fieldSchema(schema, key), ownValue(old, key), now[key]);
    for (const key in old) {
      if (ownValue(now, key) === undefined) this.#step(`f:${key}`, fieldSchema(schema, key), old[key], undefined);
    }
  }

  #items(schema: ListSchema, old: readonly unknown[], now: readonly unknown[]): void {
    const before = byElement(schema, old);
    const after = byElement(schema, now);
    for (const [element, items] of after) {
      const others = before.get(element) ?? [];
      if (items.length === 1 && others.length <= 1) this.#step(element, schema.items, others[0], items[0]);
      else if (items.length > 1 && others.length > 1) {
        if (!deepEqual(items, others)) this.#mark(this.modified, element);
      } else if (others.length > 1) {
        this.#step(element, schema.items, undefined, items[0]);
        this.#mark(this.removed, element);
      } else {
        if (others.length === 1) this.#step(element, schema.items, others[0], undefined);
        this.#mark(this.added, element);
      }
    }
    for (const [element, items] of before) {
      if (after.has(element)) continue;
      if (items.length === 1) this.#step(element, schema.items, items[0], undefined);
      else this.#mark(this.removed, element);
    }
  }

  #step(element: string, schema: TypeSchema | undefined, old: unknown, now: unknown): void {
    if (!schema || (old === undefined && now === undefined)) return;
    this.#path.push(element);
    this.value(schema, old, now);
    this.#path.pop();
  }

  #mark(set: Growing, element?: string): void {
    let at = set;
    for (const step of this.#path) at = child(at, step);
    if (element !== undefined) at = child(at, element);
    at.member = true;
  }
}

function child(set: Growing, element: string): Growing {
  set.children ??= new Map();
  let found = set.children.get(element);
  if (!found) {
    found = growing();
    set.children.set(element, found);
  }
  return found;
}

function isBare(map: Record<string, unknown>): boolean {
  for (const key in map) if (map[key] !== undefined) return false;
  return true;
}

function byElement(schema: ListSchema, items: readonly unknown[]): Map<string, unknown[]> {
  const found = new Map<string, unknown[]>();
  for (const item of items) {
    const element = itemElement(schema, item);
    const same = found.get(element);
    if (same) same.push(item);
    else found.set(element, [item]);
  }
  return found;
}
