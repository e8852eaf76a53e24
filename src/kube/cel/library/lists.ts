/** Lists and sets: Kubernetes' own functions, cel-go's list extensions (version 3), its sets and maps that are built up. */
import type { Definitions } from '../functions.ts';
import { callOverload, fail, functionTable } from '../functions.ts';
import { compare, standardLibrary } from '../standard.ts';
import {
  ArrayList,
  CelError,
  CelList,
  type CelMap,
  celEquals,
  Duration,
  GrowingMap,
  typeNameOf,
  Uint,
} from '../values.ts';
import { boundedSize, step } from '../work.ts';

const comparable = ['int', 'uint', 'double', 'bool', 'duration', 'timestamp', 'string', 'bytes'];
const plus = functionTable([standardLibrary]).get('_+_') ?? [];

function isSorted(list: CelList): boolean {
  const items = [...list];
  return items.every((item, i) => i === 0 || compare(items[i - 1], item) <= 0);
}

/** @param better what the order of what is there and what comes must be for the latter to win */
function best(name: string, list: CelList, better: -1 | 1): unknown {
  if (list.size === 0) return fail(`${name} called on empty list`);
  return [...list].reduce((kept, item) => (compare(kept, item) === better ? item : kept));
}

function indexOf(list: CelList, wanted: unknown): bigint {
  return BigInt([...list].findIndex((item) => celEquals(item, wanted)));
}

function lastIndexOf(list: CelList, wanted: unknown): bigint {
  return BigInt([...list].findLastIndex((item) => celEquals(item, wanted)));
}

function ofTypes(): Definitions {
  const found: Record<string, Definitions[string]> = {};
  for (const type of comparable) {
    found[`list_${type}_is_sorted_bool`] = [`list(${type}).isSorted() -> bool`, isSorted];
    found[`list_${type}_max_${type}`] = [`list(${type}).max() -> ${type}`, (list: CelList) => best('max', list, -1)];
    found[`list_${type}_min_${type}`] = [`list(${type}).min() -> ${type}`, (list: CelList) => best('min', list, 1)];
    found[`list_${type}_sort`] = [`list(${type}).sort() -> list(${type})`, (list: CelList) => sorted(list, list)];
    found[`list_${type}_sortByAssociatedKeys`] = [`list(A).@sortByAssociatedKeys(list(${type})) -> list(A)`, sorted];
  }
  for (const [type, zero] of Object.entries({ int: 0n, uint: new Uint(0n), double: 0, duration: new Duration(0n) })) {
    const sum = (list: CelList) => [...list].reduce((total, item) => callOverload(plus, [total, item]), zero);
    found[`list_${type}_sum_${type}`] = [`list(${type}).sum() -> ${type}`, sum];
  }
  return found;
}

function sorted(list: CelList, keys: CelList): CelList {
  step(list.size * Math.ceil(Math.log2(list.size + 1)));
  const types = new Set([...keys].map(typeNameOf));
  if (types.size > 1) throw new CelError('list elements must have the same type');
  const order = [...keys].map((key, i) => ({ key, i })).sort((a, b) => compare(a.key, b.key));
  return new ArrayList(order.map(({ i }) => list.at(i)));
}

function slice(list: CelList, start: bigint, end: bigint): CelList {
  const what = `cannot slice(${start}, ${end}), `;
  if (start < 0n || end < 0n) return fail(`${what}negative indexes not supported`);
  if (start > end) return fail(`${what}start index must be less than or equal to end index`);
  if (list.size < end) return fail(`${what}list is length ${list.size}`);
  return new ArrayList([...list].slice(Number(start), Number(end)));
}

function flatten(list: CelList, depth: bigint): unknown[] {
  if (depth < 0n) return fail('level must be non-negative');
  const flat: unknown[] = [];
  for (const item of list) {
    const items = item instanceof CelList && depth > 0n ? flatten(item, depth - 1n) : [item];
    boundedSize(flat.length + items.length);
    for (const one of items) flat.push(one);
  }
  return flat;
}

/** What no cost limit allows anyway is not built. */
const largestRange = 1_000_000n;

function range(count: bigint): CelList {
  if (count > largestRange) return fail(`range of ${count} is too large`);
  return new ArrayList(Array.from({ length: Math.max(0, Number(count)) }, (_, i) => BigInt(i)));
}

function distinct(list: CelList): CelList {
  const found: unknown[] = [];
  for (const item of list) if (!found.some((other) => celEquals(item, other))) found.push(item);
  return new ArrayList(found);
}

const isIn = (list: CelList, wanted: unknown) => [...list].some((item) => celEquals(item, wanted));
const contains = (all: CelList, some: CelList) => [...some].every((item) => isIn(all, item));

export const listLibrary: Definitions = {
  ...ofTypes(),
  list_a_index_of_int: ['list(A).indexOf(A) -> int', indexOf],
  list_a_last_index_of_int: ['list(A).lastIndexOf(A) -> int', lastIndexOf],
  list_slice: ['list(A).slice(int, int) -> list(A)', slice],
  list_flatten: ['list(list(A)).flatten() -> list(A)', (list: CelList) => new ArrayList(flatten(list, 1n))],
  list_flatten_int: [
    'list(dyn).flatten(int) -> list(dyn)',
    (list: CelList, depth: bigint) => new ArrayList(flatten(list, depth)),
  ],
  lists_range: ['lists.range(int) -> list(int)', range],
  list_reverse: ['list(A).reverse() -> list(A)', (list: CelList) => new ArrayList([...list].reverse())],
  list_distinct: ['list(A).distinct() -> list(A)', distinct],
};

export const setLibrary: Definitions = {
  list_sets_contains_list: ['sets.contains(list(A), list(A)) -> bool', contains],
  list_sets_equivalent_list: [
    'sets.equivalent(list(A), list(A)) -> bool',
    (a: CelList, b: CelList) => contains(a, b) && contains(b, a),
  ],
  list_sets_intersects_list: [
    'sets.intersects(list(A), list(A)) -> bool',
    (a: CelList, b: CelList) => [...b].some((item) => isIn(a, item)),
  ],
};

function inserted(map: CelMap, more: Iterable<readonly [unknown, unknown]>): CelMap {
  const grown = new GrowingMap();
  for (const key of map.keys()) grown.add(key, map.get(key));
  for (const [key, value] of more) grown.add(key, value);
  return grown;
}

/** What the macros of maps expand to. */
export const mapLibrary: Definitions = {
  '@mapInsert_map_key_value': [
    'cel.@mapInsert(map(A, B), A, B) -> map(A, B)',
    (map: CelMap, key: unknown, value: unknown) => inserted(map, [[key, value]]),
  ],
  '@mapInsert_map_map': [
    'cel.@mapInsert(map(A, B), map(A, B)) -> map(A, B)',
    (map: CelMap, more: CelMap) =>
      inserted(
        map,
        [...more.keys()].map((key) => [key, more.get(key)] as const),
      ),
  ],
};
