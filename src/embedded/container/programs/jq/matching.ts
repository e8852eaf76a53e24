/** Functions of jq's library that match regular expressions. */

import type { Json } from '../../lib/json.ts';
import { combined, itself } from './arguments.ts';
import { type Filter, type Flow, type Item, PAUSE } from './flow.ts';
import type { FilterFunction, Machine } from './machine.ts';
import { type Match, matches, namedCaptures } from './regex.ts';
import { described, JqError, toText } from './value.ts';

/** `sub` and `gsub`: every combination of what the filter makes of each match. */
function* substitute(machine: Machine, item: Item, expression: Json, filter: Filter, flags: string): Flow {
  const text = item.value;
  const found = [...matches(text, expression, flags)];
  if (typeof text !== 'string') return;
  function* build(at: number, from: number, done: string): Flow {
    const match = found[at];
    if (!match) return yield machine.created(item, done + String(text).slice(from));
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
          yield machine.created(item, make(match));
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

export const matchingFunctions: Readonly<Record<string, FilterFunction>> = {
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
        yield machine.created(item, pieces(item.value, pattern, flags));
      })(),
    ),
  'splits/1': (machine, item, args) =>
    combined(machine, item, args, ([pattern = null]) =>
      (function* (): Flow {
        for (const piece of pieces(item.value, pattern, null)) yield machine.created(item, piece);
      })(),
    ),
  'splits/2': (machine, item, args) =>
    combined(machine, item, args, ([pattern = null, flags = null]) =>
      (function* (): Flow {
        for (const piece of pieces(item.value, pattern, flags)) yield machine.created(item, piece);
      })(),
    ),
};
