/** Functions of jq's library that run the filters they are given, or give more than one result. */

import { type Json, toJson } from '../../lib/json.ts';
import { combined, itself } from './arguments.ts';
import { type Filter, type Flow, type Item, PAUSE } from './flow.ts';
import type { FilterFunction, Machine } from './machine.ts';
import { matchingFunctions } from './matching.ts';
import { add } from './operators.ts';
import { getPath, setPath } from './paths.ts';
import { sortingFunctions } from './sorting.ts';
import { JqError, toText, truthy } from './value.ts';

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
          else if (truthy(result) === wanted) return yield machine.created(item, wanted);
        }
      }
      yield machine.created(item, !wanted);
    })();

function* range(machine: Machine, item: Item, from: Json, to: Json, by: Json): Flow {
  if (typeof from !== 'number' || typeof to !== 'number' || typeof by !== 'number')
    throw new JqError('Range bounds must be numeric');
  for (let n = from; by > 0 ? n < to : by < 0 && n > to; n += by) {
    machine.spend(1);
    if (machine.tired) yield PAUSE;
    yield machine.created(item, n);
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
  if (entries.length === 0) return yield machine.created(item, [path, value]);
  for (const [key, inner] of entries) yield* stream(machine, item, inner, [...path, key]);
  yield machine.created(item, [[...path, entries.at(-1)?.[0] ?? null]]);
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
      yield machine.created(item, found === undefined);
    })(),
  'while/2': (machine, item, [condition = itself, update = itself]) => loop(machine, item, condition, update),
  'repeat/1': (machine, item, [update = itself]) => loop(machine, item, undefined, update),
  'until/2': (machine, item, [condition = itself, update = itself]) => until(machine, item, condition, update),
  'path/1': (machine, item, [filter = itself]) =>
    (function* (): Flow {
      for (const path of machine.paths(filter, item.value))
        yield path === PAUSE ? PAUSE : machine.created(item, [...path]);
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
      yield machine.created(item, picked);
    })(),
  'add/1': (machine, item, [filter = itself]) =>
    (function* (): Flow {
      let sum: Json = null;
      for (const value of machine.values(filter, item.value)) {
        if (value === PAUSE) yield PAUSE;
        else sum = add(machine, sum, value);
      }
      yield machine.created(item, sum);
    })(),
  'any/1': quantifier(true),
  'any/2': quantifier(true),
  'all/1': quantifier(false),
  'all/2': quantifier(false),
  ...sortingFunctions,
  ...matchingFunctions,
  'tostream/0': (machine, item) => stream(machine, item, item.value, []),
  'input/0': (machine, item) =>
    (function* (): Flow {
      const value = yield* nextInput(machine);
      if (value === undefined) throw new JqError('No more inputs');
      yield machine.created(item, value);
    })(),
  'inputs/0': (machine, item) =>
    (function* (): Flow {
      for (;;) {
        const value = yield* nextInput(machine);
        if (value === undefined) return;
        yield machine.created(item, value);
      }
    })(),
  'debug/0': (machine, item) =>
    (function* (): Flow {
      machine.host.report(`["DEBUG:",${toJson(item.value)}]\n`);
      yield item;
    })(),
  'debug/1': (machine, item, [message = itself]) =>
    (function* (): Flow {
      for (const value of machine.values(message, item.value)) {
        if (value === PAUSE) yield PAUSE;
        else machine.host.report(`["DEBUG:",${toJson(value)}]\n`);
      }
      yield item;
    })(),
  'stderr/0': (machine, item) =>
    (function* (): Flow {
      machine.host.report(toText(item.value));
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
