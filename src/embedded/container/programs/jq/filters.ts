/** Functions of jq's library that run the filters they are given, or give more than one result. */

import { type Json, toJson } from '../../lib/json.ts';
import { type Filter, type Flow, type Item, PAUSE } from './flow.ts';
import type { FilterFunction, Machine } from './machine.ts';
import { add } from './operators.ts';
import { getPath, setPath } from './paths.ts';
import { type Match, matches, namedCaptures } from './regex.ts';
import { compare, described, JqError, kindOf, toText, truthy } from './value.ts';

/** Ends the program: `halt`, `halt_error`. */
export class Halt extends Error {
  readonly code: number;
  /** What goes to standard error; undefined: nothing. */
  readonly value: Json | undefined;

  constructor(code: number, value?: Json) {
    super('halt');
    this.code = code;
    this.value = value;
  }
}

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

const itself: Filter = { node: { t: 'identity' }, scope: undefined };

function* groups(machine: Machine, value: Json, filter: Filter): Generator<typeof PAUSE, Json[][]> {
  const sorted = yield* machine.sorted(yield* keyed(machine, value, filter));
  const found: Json[][] = [];
  let last: Json | undefined;
  for (const { key, item } of sorted) {
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
      yield machine.made(item, result(yield* groups(machine, item.value, filter)));
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
      yield machine.made(item, best?.item ?? null);
    })();

/** Results of a filter until one decides. */
const quantifier =
  (wanted: boolean): FilterFunction =>
  (machine, item, args) =>
    (function* (): Flow {
      const [source, condition = itself] = args.length === 2 ? args : [undefined, args[0]];
      const plain: Item = { value: item.value, path: undefined };
      for (const one of source ? machine.apply(source, plain) : machine.iterate(plain)) {
        if (one === PAUSE) {
          yield PAUSE;
          continue;
        }
        for (const result of machine.values(condition, one.value)) {
          if (result === PAUSE) yield PAUSE;
          else if (truthy(result) === wanted) return yield machine.made(item, wanted);
        }
      }
      yield machine.made(item, !wanted);
    })();

function* range(machine: Machine, item: Item, from: Json, to: Json, by: Json): Flow {
  if (typeof from !== 'number' || typeof to !== 'number' || typeof by !== 'number')
    throw new JqError('Range bounds must be numeric');
  for (let n = from; by > 0 ? n < to : by < 0 && n > to; n += by) {
    machine.spend(1);
    if (machine.tired) yield PAUSE;
    yield machine.made(item, n);
  }
}

/** Calls `use` with every combination of the arguments' values, the first the outermost. */
function* combined(
  machine: Machine,
  item: Item,
  args: readonly Filter[],
  use: (values: Json[]) => Flow,
  values: Json[] = [],
): Flow {
  const filter = args[values.length];
  if (!filter) return yield* use(values);
  for (const value of machine.values(filter, item.value)) {
    if (value === PAUSE) yield PAUSE;
    else yield* combined(machine, item, args, use, [...values, value]);
  }
}

const ranges: FilterFunction = (machine, item, args) =>
  combined(machine, item, args, ([a = null, b, by = 1]) =>
    b === undefined ? range(machine, item, 0, a, 1) : range(machine, item, a, b, by),
  );

/** At most `count` results. */
function* limit(machine: Machine, item: Item, count: number, filter: Filter): Flow {
  if (count === 0) return;
  if (!(count > 0)) return yield* machine.apply(filter, item);
  let left = count;
  for (const result of machine.apply(filter, item)) {
    yield result;
    if (result !== PAUSE && --left <= 0) return;
  }
}

/** The first result of a filter; undefined: it has none. */
function* firstOf(machine: Machine, filter: Filter, item: Item): Generator<typeof PAUSE, Item | undefined> {
  for (const result of machine.apply(filter, item)) {
    if (result !== PAUSE) return result;
    yield PAUSE;
  }
  return undefined;
}

/** The input, and what a filter makes of it, again and again; deep first. */
function* recurse(machine: Machine, item: Item, filter: Filter | undefined, condition?: Filter): Flow {
  yield item;
  const children = filter
    ? machine.apply(filter, item)
    : Array.isArray(item.value) || item.value instanceof Map
      ? machine.iterate(item)
      : [];
  for (const child of children) {
    if (child === PAUSE) yield PAUSE;
    else if (!condition) yield* recurse(machine, child, filter);
    else {
      for (const result of machine.values(condition, child.value)) {
        if (result === PAUSE) yield PAUSE;
        else if (truthy(result)) yield* recurse(machine, child, filter, condition);
      }
    }
  }
}

/** `while`, `repeat`, `until`: one step after the other, without a stack where a step has one result. */
function* loop(machine: Machine, item: Item, condition: Filter | undefined, update: Filter): Flow {
  let current: Item | undefined = item;
  while (current) {
    if (condition) {
      const on: Item | undefined = yield* firstOf(machine, condition, { value: current.value, path: undefined });
      if (!on || !truthy(on.value)) return;
    }
    yield current;
    current = yield* firstOf(machine, update, current);
  }
}

function* until(machine: Machine, item: Item, condition: Filter, update: Filter): Flow {
  let current: Item | undefined = item;
  while (current) {
    const done: Item | undefined = yield* firstOf(machine, condition, { value: current.value, path: undefined });
    if (!done) return;
    if (truthy(done.value)) return yield current;
    current = yield* firstOf(machine, update, current);
  }
}

/** `sub` and `gsub`: every combination of what the filter makes of each match. */
function* substitute(machine: Machine, item: Item, expression: Json, filter: Filter, flags: string): Flow {
  const text = item.value;
  const found = [...matches(text, expression, flags)];
  if (typeof text !== 'string') return;
  function* build(at: number, from: number, done: string): Flow {
    const match = found[at];
    if (!match) return yield machine.made(item, done + String(text).slice(from));
    for (const result of machine.values(filter, namedCaptures(match))) {
      if (result === PAUSE) {
        yield PAUSE;
        continue;
      }
      if (typeof result !== 'string') {
        throw new JqError(`${described(namedCaptures(match))} cannot be added to a string`);
      }
      machine.host.hold(2 * result.length);
      yield* build(at + 1, match.end, done + String(text).slice(from, match.start) + result);
    }
  }
  yield* build(0, 0, '');
}

const substituting =
  (always: string): FilterFunction =>
  (machine, item, [expression = itself, filter = itself, flags]) =>
    combined(machine, item, flags ? [expression, flags] : [expression], ([pattern = null, letters = '']) =>
      substitute(machine, item, pattern, filter, toText(letters) + always),
    );

const matching =
  (always: string, make: (match: Match) => Json): FilterFunction =>
  (machine, item, args) =>
    combined(machine, item, args, ([pattern = null, flags = null]) =>
      (function* (): Flow {
        // An array has its flags with it.
        const [own, letters] = Array.isArray(pattern) ? [pattern[0] ?? null, pattern[1] ?? null] : [pattern, flags];
        for (const match of matches(item.value, own, toTextOrEmpty(letters) + always)) {
          machine.spend(2);
          if (machine.tired) yield PAUSE;
          yield machine.made(item, make(match));
        }
      })(),
    );

const toTextOrEmpty = (value: Json) => (value === null ? '' : toText(value));

/** What `scan` gives: the match, or its groups where it has some. */
function scanned({ object }: Match): Json {
  const captures = object.get('captures') as Map<string, Json>[];
  return captures.length === 0 ? (object.get('string') ?? null) : captures.map((c) => c.get('string') ?? null);
}

/** The pieces between matches. */
function pieces(text: Json, pattern: Json, flags: Json): Json[] {
  let from = 0;
  const found: Json[] = [];
  for (const match of matches(text, pattern, `g${toTextOrEmpty(flags)}`)) {
    found.push(String(text).slice(from, match.start));
    from = match.end;
  }
  return [...found, String(text).slice(from)];
}

function* nextInput(machine: Machine): Generator<typeof PAUSE, Json | undefined> {
  machine.input = undefined;
  machine.wantsInput = true;
  while (machine.wantsInput) yield PAUSE;
  return machine.input;
}

/** Events of streaming: `[path, leaf]`, and `[path]` where an array or object ends. */
function* stream(machine: Machine, item: Item, value: Json, path: Json[]): Flow {
  machine.spend(1);
  if (machine.tired) yield PAUSE;
  const entries: [Json, Json][] = Array.isArray(value)
    ? value.map((inner, i) => [i, inner])
    : value instanceof Map
      ? [...value]
      : [];
  if (entries.length === 0) return yield machine.made(item, [path, value]);
  for (const [key, inner] of entries) yield* stream(machine, item, inner, [...path, key]);
  yield machine.made(item, [[...path, entries.at(-1)?.[0] ?? null]]);
}

const definitions: Record<string, FilterFunction> = {
  'empty/0': () => (function* (): Flow {})(),
  'error/0': (_, { value }) => {
    throw new JqError(value);
  },
  'error/1': (machine, item, [message = itself]) =>
    combined(machine, item, [message], ([value = null]) => {
      throw new JqError(value);
    }),
  'select/1': (machine, item, [condition = itself]) =>
    (function* (): Flow {
      for (const result of machine.values(condition, item.value)) {
        if (result === PAUSE) yield PAUSE;
        else if (truthy(result)) yield item;
      }
    })(),
  'recurse/0': (machine, item) => recurse(machine, item, undefined),
  'recurse/1': (machine, item, [filter]) => recurse(machine, item, filter),
  'recurse/2': (machine, item, [filter, condition]) => recurse(machine, item, filter, condition),
  'range/1': ranges,
  'range/2': ranges,
  'range/3': ranges,
  'limit/2': (machine, item, [count = itself, filter = itself]) =>
    combined(machine, item, [count], ([n = 0]) => limit(machine, item, Number(n), filter)),
  'first/1': (machine, item, [filter = itself]) => limit(machine, item, 1, filter),
  'last/1': (machine, item, [filter = itself]) =>
    (function* (): Flow {
      let last: Item | undefined;
      for (const result of machine.apply(filter, item)) {
        if (result === PAUSE) yield PAUSE;
        else last = result;
      }
      if (last) yield last;
    })(),
  'nth/2': (machine, item, [at = itself, filter = itself]) =>
    combined(machine, item, [at], ([n = 0]) =>
      (function* (): Flow {
        if (Number(n) < 0) throw new JqError('Out of bounds negative array index');
        let left = Number(n);
        for (const result of machine.apply(filter, item)) {
          if (result === PAUSE) yield PAUSE;
          else if (left-- <= 0) return yield result;
        }
      })(),
    ),
  'isempty/1': (machine, item, [filter = itself]) =>
    (function* (): Flow {
      const found = yield* firstOf(machine, filter, { value: item.value, path: undefined });
      yield machine.made(item, found === undefined);
    })(),
  'while/2': (machine, item, [condition = itself, update = itself]) => loop(machine, item, condition, update),
  'repeat/1': (machine, item, [update = itself]) => loop(machine, item, undefined, update),
  'until/2': (machine, item, [condition = itself, update = itself]) => until(machine, item, condition, update),
  'path/1': (machine, item, [filter = itself]) =>
    (function* (): Flow {
      for (const path of machine.paths(filter, item.value))
        yield path === PAUSE ? PAUSE : machine.made(item, [...path]);
    })(),
  'getpath/1': (machine, item, [path = itself]) =>
    combined(machine, item, [path], ([keys = null]) =>
      (function* (): Flow {
        if (!Array.isArray(keys)) throw new JqError('Path must be specified as an array');
        yield { value: getPath(item.value, keys), path: item.path && [...item.path, ...keys] };
      })(),
    ),
  'pick/1': (machine, item, [filter = itself]) =>
    (function* (): Flow {
      let picked: Json = null;
      for (const path of machine.paths(filter, item.value)) {
        if (path === PAUSE) yield PAUSE;
        else picked = setPath(picked, path, getPath(item.value, path));
      }
      yield machine.made(item, picked);
    })(),
  'add/1': (machine, item, [filter = itself]) =>
    (function* (): Flow {
      let sum: Json = null;
      for (const value of machine.values(filter, item.value)) {
        if (value === PAUSE) yield PAUSE;
        else sum = add(machine, sum, value);
      }
      yield machine.made(item, sum);
    })(),
  'any/1': quantifier(true),
  'any/2': quantifier(true),
  'all/1': quantifier(false),
  'all/2': quantifier(false),
  'sort/0': sorting((found) => found.flat(1)),
  'sort_by/1': sorting((found) => found.flat(1)),
  'group_by/1': sorting((found) => found),
  'unique/0': sorting((found) => found.map(([first = null]) => first)),
  'unique_by/1': sorting((found) => found.map(([first = null]) => first)),
  'min_by/1': extreme(-1),
  'max_by/1': extreme(1),
  'match/1': matching('', ({ object }) => object),
  'match/2': matching('', ({ object }) => object),
  'capture/1': matching('', namedCaptures),
  'capture/2': matching('', namedCaptures),
  'scan/1': matching('g', scanned),
  'scan/2': matching('g', scanned),
  'sub/2': substituting(''),
  'sub/3': substituting(''),
  'gsub/2': substituting('g'),
  'gsub/3': substituting('g'),
  'split/2': (machine, item, args) =>
    combined(machine, item, args, ([pattern = null, flags = null]) =>
      (function* (): Flow {
        yield machine.made(item, pieces(item.value, pattern, flags));
      })(),
    ),
  'splits/1': (machine, item, args) =>
    combined(machine, item, args, ([pattern = null]) =>
      (function* (): Flow {
        for (const piece of pieces(item.value, pattern, null)) yield machine.made(item, piece);
      })(),
    ),
  'splits/2': (machine, item, args) =>
    combined(machine, item, args, ([pattern = null, flags = null]) =>
      (function* (): Flow {
        for (const piece of pieces(item.value, pattern, flags)) yield machine.made(item, piece);
      })(),
    ),
  'tostream/0': (machine, item) => stream(machine, item, item.value, []),
  'input/0': (machine, item) =>
    (function* (): Flow {
      const value = yield* nextInput(machine);
      if (value === undefined) throw new JqError('No more inputs');
      yield machine.made(item, value);
    })(),
  'inputs/0': (machine, item) =>
    (function* (): Flow {
      for (;;) {
        const value = yield* nextInput(machine);
        if (value === undefined) return;
        yield machine.made(item, value);
      }
    })(),
  'debug/0': (machine, item) =>
    (function* (): Flow {
      machine.host.tell(`["DEBUG:",${toJson(item.value)}]\n`);
      yield item;
    })(),
  'debug/1': (machine, item, [message = itself]) =>
    (function* (): Flow {
      for (const value of machine.values(message, item.value)) {
        if (value === PAUSE) yield PAUSE;
        else machine.host.tell(`["DEBUG:",${toJson(value)}]\n`);
      }
      yield item;
    })(),
  'stderr/0': (machine, item) =>
    (function* (): Flow {
      machine.host.tell(toText(item.value));
      yield item;
    })(),
  'halt/0': () => {
    throw new Halt(0);
  },
  'halt_error/0': (_, { value }) => {
    throw new Halt(5, value);
  },
  'halt_error/1': (machine, item, [code = itself]) =>
    combined(machine, item, [code], ([n = null]) => {
      if (typeof n !== 'number') throw new JqError('halt_error/1: number required');
      throw new Halt(n, item.value);
    }),
};

export const filterFunctions: ReadonlyMap<string, FilterFunction> = new Map(Object.entries(definitions));
