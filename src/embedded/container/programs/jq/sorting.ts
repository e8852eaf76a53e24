/** Functions of jq's library that put the items of an array in order. */

import type { Json } from '../../lib/json.ts';
import { itself } from './arguments.ts';
import { type Filter, type Flow, PAUSE } from './flow.ts';
import type { FilterFunction, Machine } from './machine.ts';
import { compare, described, JqError, kindOf } from './value.ts';

const list = (value: Json): Json[] => {
  if (!Array.isArray(value)) throw new JqError(`Cannot index ${kindOf(value)} with number`);
  return value;
};

/** The items with what a filter makes of each: all its results, in an array. */
function* keyed(machine: Machine, value: Json, filter: Filter): Generator<typeof PAUSE, { key: Json; item: Json }[]> {
  const all: { key: Json; item: Json }[] = [];
  if (!Array.isArray(value)) throw new JqError(`${described(value)} cannot be sorted, as it is not an array`);
  for (const item of value) {
    const key: Json[] = [];
    for (const result of machine.values(filter, item)) {
      if (result === PAUSE) yield PAUSE;
      else key.push(result);
    }
    machine.host.hold(64);
    all.push({ key, item });
  }
  return all;
}

/** Sorts stably by keys, pausing on the way. */
function* sorted<T>(
  machine: Machine,
  items: readonly { key: Json; item: T }[],
): Generator<typeof PAUSE, { key: Json; item: T }[]> {
  let runs = items.map((one) => [one]);
  while (runs.length > 1) {
    const merged: { key: Json; item: T }[][] = [];
    for (let i = 0; i < runs.length; i += 2) {
      const [a, b] = [runs[i] ?? [], runs[i + 1] ?? []];
      const out: { key: Json; item: T }[] = [];
      let [x, y] = [0, 0];
      while (x < a.length || y < b.length) {
        machine.spend(1);
        if (machine.tired) yield PAUSE;
        const [left, right] = [a[x], b[y]];
        if (left && (!right || compare(left.key, right.key) <= 0)) {
          out.push(left);
          x++;
        } else if (right) {
          out.push(right);
          y++;
        }
      }
      merged.push(out);
    }
    runs = merged;
  }
  return runs[0] ?? [];
}

function* groups(machine: Machine, value: Json, filter: Filter): Generator<typeof PAUSE, Json[][]> {
  const all = yield* sorted(machine, yield* keyed(machine, value, filter));
  const found: Json[][] = [];
  let last: Json | undefined;
  for (const { key, item } of all) {
    if (last !== undefined && compare(last, key) === 0) found.at(-1)?.push(item);
    else found.push([item]);
    last = key;
  }
  return found;
}

const sorting =
  (result: (groups: Json[][]) => Json): FilterFunction =>
  (machine, item, [filter = itself]) =>
    (function* (): Flow {
      yield machine.created(item, result(yield* groups(machine, item.value, filter)));
    })();

const extreme =
  (sign: number): FilterFunction =>
  (machine, item, [filter = itself]) =>
    (function* (): Flow {
      list(item.value);
      let best: { key: Json; item: Json } | undefined;
      for (const one of yield* keyed(machine, item.value, filter)) {
        const order = best ? compare(one.key, best.key) * sign : 1;
        if (order > 0 || (sign > 0 && order === 0)) best = one;
      }
      yield machine.created(item, best?.item ?? null);
    })();

export const sortingFunctions: Readonly<Record<string, FilterFunction>> = {
  'sort/0': sorting((found) => found.flat(1)),
  'sort_by/1': sorting((found) => found.flat(1)),
  'group_by/1': sorting((found) => found),
  'unique/0': sorting((found) => found.map(([first = null]) => first)),
  'unique_by/1': sorting((found) => found.map(([first = null]) => first)),
  'min_by/1': extreme(-1),
  'max_by/1': extreme(1),
};
