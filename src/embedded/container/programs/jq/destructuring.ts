/** Destructuring: what `. as [$a, {b: $c}]` gives names to. */

import type { Json } from '../../lib/json.ts';
import { type Item, PAUSE, type Runner, type Scope } from './flow.ts';
import { type Node, type Pattern, variablesOf } from './parser.ts';
import { getKey } from './paths.ts';
import { JqError, kindOf } from './value.ts';

type Bindings = Generator<{ scope: Scope } | typeof PAUSE, void>;

/** The scopes in which a source's values have their names. */
export function* bindings(
  machine: Runner,
  source: Node,
  patterns: readonly Pattern[],
  item: Item,
  scope: Scope,
): Bindings {
  const all = variablesOf(patterns);
  let base = scope;
  // With several patterns, what one doesn't set is null.
  if (patterns.length > 1) for (const name of all) base = { kind: 'variable', name, value: null, next: base };
  for (const result of machine.run(source, item, scope)) {
    if (result === PAUSE) {
      yield result;
      continue;
    }
    for (const [i, pattern] of patterns.entries()) {
      try {
        yield* match(machine, pattern, result.value, base);
        break;
      } catch (error) {
        if (!(error instanceof JqError) || i === patterns.length - 1) throw error;
      }
    }
  }
}

function* match(machine: Runner, pattern: Pattern, value: Json, scope: Scope): Bindings {
  if (pattern.t === 'variable') {
    yield { scope: { kind: 'variable', name: pattern.name, value, next: scope } };
    return;
  }
  if (pattern.t === 'array') {
    yield* matchAll(
      machine,
      pattern.items.map((inner, i) => ({ inner, value: () => getKey(value, i) })),
      0,
      scope,
    );
    return;
  }
  yield* matchEntries(machine, pattern.entries, 0, value, scope);
}

function* matchAll(
  machine: Runner,
  parts: readonly { inner: Pattern; value: () => Json }[],
  at: number,
  scope: Scope,
): Bindings {
  const part = parts[at];
  if (!part) {
    yield { scope };
    return;
  }
  for (const inner of match(machine, part.inner, part.value(), scope)) {
    if (inner === PAUSE) yield inner;
    else yield* matchAll(machine, parts, at + 1, inner.scope);
  }
}

function* matchEntries(
  machine: Runner,
  entries: Extract<Pattern, { t: 'object' }>['entries'],
  at: number,
  value: Json,
  scope: Scope,
): Bindings {
  const entry = entries[at];
  if (!entry) {
    yield { scope };
    return;
  }
  for (const key of machine.run(entry.key, { value, path: undefined }, scope)) {
    if (key === PAUSE) {
      yield key;
      continue;
    }
    if (typeof key.value !== 'string') throw new JqError(`Cannot index ${kindOf(value)} with ${kindOf(key.value)}`);
    const found = getKey(value, key.value);
    const named: Scope =
      entry.name === undefined ? scope : { kind: 'variable', name: entry.name, value: found, next: scope };
    if (!entry.value) {
      yield* matchEntries(machine, entries, at + 1, value, named);
      continue;
    }
    for (const inner of match(machine, entry.value, found, named)) {
      if (inner === PAUSE) yield inner;
      else yield* matchEntries(machine, entries, at + 1, value, inner.scope);
    }
  }
}
