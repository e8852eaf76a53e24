/**
 * Sets of fields, as managedFields record them (structured-merge-diff's FieldsV1). A set is a tree; each edge is a path
 * element in its serialized form: `f:name` a field, `k:{"name":"c"}` an item of a keyed list, `v:"x"` an item of a set,
 * `i:0` an index. Sets are never changed once they are created, so parts are shared.
 */
import { isMap, type JsonMap } from './json-value.ts';

export interface FieldSet {
  /** Whether the field itself belongs to the set (`.` in FieldsV1). */
  readonly member: boolean;
  readonly children: ReadonlyMap<string, FieldSet> | undefined;
}

export const emptySet: FieldSet = { member: false, children: undefined };
/** The set node of one field without children. */
export const leaf: FieldSet = { member: true, children: undefined };

export const isEmpty = (set: FieldSet): boolean => !set.member && set.children === undefined;

function node(member: boolean, children: Map<string, FieldSet>): FieldSet {
  if (children.size > 0) return { member, children };
  return member ? leaf : emptySet;
}

/** Collects the fields of one level: `add` what is below an element, then `done`. */
export class SetBuilder {
  #children: Map<string, FieldSet> | undefined;

  add(element: string, set: FieldSet): void {
    if (isEmpty(set)) return;
    this.#children ??= new Map();
    const known = this.#children.get(element);
    this.#children.set(element, known ? union(known, set) : set);
  }

  done(member: boolean): FieldSet {
    return this.#children ? { member, children: this.#children } : member ? leaf : emptySet;
  }
}

/** The set of the given paths: `setOf(['f:metadata', 'f:name'], ...)`. */
export function setOf(...paths: readonly (readonly string[])[]): FieldSet {
  let set = emptySet;
  for (const path of paths) {
    let branch: FieldSet = leaf;
    for (const element of path.toReversed()) branch = { member: false, children: new Map([[element, branch]]) };
    set = union(set, branch);
  }
  return set;
}

export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b || isEmpty(b)) return a;
  if (isEmpty(a)) return b;
  const children = new Map(a.children);
  for (const [element, child] of b.children ?? []) {
    const known = children.get(element);
    children.set(element, known ? union(known, child) : child);
  }
  return node(a.member || b.member, children);
}

/** The fields of `a` that are not themselves in `b`; what lies below a field of `b` stays. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  if (isEmpty(b)) return a;
  if (a === b) return emptySet;
  const children = new Map<string, FieldSet>();
  let changed = a.member && b.member;
  for (const [element, child] of a.children ?? []) {
    const other = b.children?.get(element);
    const rest = other ? difference(child, other) : child;
    if (rest !== child) changed = true;
    if (!isEmpty(rest)) children.set(element, rest);
  }
  return changed ? node(a.member && !b.member, children) : a;
}

/** The fields of `a` that are neither in `b` nor below one of its fields. */
export function recursiveDifference(a: FieldSet, b: FieldSet): FieldSet {
  if (isEmpty(b)) return a;
  const children = new Map<string, FieldSet>();
  for (const [element, child] of a.children ?? []) {
    const other = b.children?.get(element);
    if (other?.member) continue;
    const rest = other ? recursiveDifference(child, other) : child;
    if (!isEmpty(rest)) children.set(element, rest);
  }
  return node(a.member && !b.member, children);
}

export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b) return a;
  const children = new Map<string, FieldSet>();
  for (const [element, child] of a.children ?? []) {
    const other = b.children?.get(element);
    const both = other ? intersection(child, other) : emptySet;
    if (!isEmpty(both)) children.set(element, both);
  }
  return node(a.member && b.member, children);
}

export function has(set: FieldSet, path: readonly string[]): boolean {
  let at: FieldSet | undefined = set;
  for (const element of path) at = at?.children?.get(element);
  return at?.member ?? false;
}

/** Every field of the set with its path: those of one level first, then what lies below, both sorted. */
export function* paths(set: FieldSet, prefix: readonly string[] = []): Generator<readonly string[]> {
  const sorted = [...(set.children ?? [])].sort(([a], [b]) => compareElements(a, b));
  for (const [element, child] of sorted) if (child.member) yield [...prefix, element];
  for (const [element, child] of sorted) if (child.children) yield* paths(child, [...prefix, element]);
}

const rank: Readonly<Record<string, number>> = { f: 0, k: 1, v: 2, i: 3 };

/** The order in which the server sorts path elements: fields, keys, values, indexes. */
function compareElements(a: string, b: string): number {
  const kind = a.charAt(0);
  if (kind !== b.charAt(0)) return (rank[kind] ?? 4) - (rank[b.charAt(0)] ?? 4);
  if (kind === 'f') return a < b ? -1 : a > b ? 1 : 0;
  if (kind === 'i') return Number(a.slice(2)) - Number(b.slice(2));
  return compareValues(JSON.parse(a.slice(2)), JSON.parse(b.slice(2)));
}

const typeRank = (value: unknown): number =>
  typeof value === 'number' ? 0 : typeof value === 'string' ? 1 : typeof value === 'boolean' ? 2 : isMap(value) ? 4 : 3;

function compareValues(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : a > b ? 1 : 0;
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b);
  if (isMap(a) && isMap(b)) {
    const [names, others] = [Object.keys(a).sort(), Object.keys(b).sort()];
    for (let i = 0; i < Math.min(names.length, others.length); i++) {
      const order = compareValues(names[i], others[i]) || compareValues(a[names[i] ?? ''], b[others[i] ?? '']);
      if (order !== 0) return order;
    }
    return names.length - others.length;
  }
  return typeRank(a) - typeRank(b);
}

/** FieldsV1 as it stands in an object. */
export function toFieldsV1(set: FieldSet): JsonMap {
  const fields: JsonMap = {};
  if (!set.children) return fields;
  if (set.member) fields['.'] = {};
  const sorted = set.children.size > 1 ? [...set.children].sort(([a], [b]) => compareElements(a, b)) : set.children;
  for (const [element, child] of sorted) fields[element] = toFieldsV1(child);
  return fields;
}

/** Reads FieldsV1. @throws Error if it is none */
export function fromFieldsV1(fields: unknown): FieldSet {
  const set = readNode(fields);
  // At the root an empty object is the empty set, below it is a field.
  return set === leaf ? emptySet : set;
}

function readNode(fields: unknown): FieldSet {
  if (!isMap(fields)) throw new Error('FieldsV1 must be an object');
  const children = new Map<string, FieldSet>();
  let member = false;
  for (const key in fields) {
    if (key === '.') member = true;
    else children.set(readElement(key), readNode(fields[key]));
  }
  return children.size === 0 ? leaf : { member, children };
}

function readElement(key: string): string {
  switch (key.slice(0, 2)) {
    case 'f:':
      return key;
    case 'i:':
      if (!/^-?\d+$/.test(key.slice(2))) break;
      return key;
    case 'k:':
    case 'v:': {
      const value: unknown = JSON.parse(key.slice(2));
      return key.startsWith('k:') && isMap(value) ? keyElement(value) : valueElement(value);
    }
  }
  throw new Error(`unable to parse path element ${JSON.stringify(key)}`);
}

export const valueElement = (value: unknown): string => `v:${JSON.stringify(value)}`;

export function keyElement(keys: JsonMap): string {
  const names = Object.keys(keys);
  if (names.length === 1) return `k:${JSON.stringify(keys)}`;
  const sorted: JsonMap = {};
  for (const name of names.sort()) sorted[name] = keys[name];
  return `k:${JSON.stringify(sorted)}`;
}

/** A path as messages show it: `.spec.template.spec.containers[name="c"].image`. */
export function pathText(path: readonly string[]): string {
  return path.map(elementText).join('');
}

export function elementText(element: string): string {
  const rest = element.slice(2);
  switch (element.charAt(0)) {
    case 'f':
      return `.${rest}`;
    case 'k': {
      const keys: unknown = JSON.parse(rest);
      const pairs = isMap(keys) ? Object.entries(keys).map(([name, value]) => `${name}=${JSON.stringify(value)}`) : [];
      return `[${pairs.join(',')}]`;
    }
    case 'v':
      return `[=${rest}]`;
    default:
      return `[${rest}]`;
  }
}
