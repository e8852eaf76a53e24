/** Calls: of names where they stand, else of jq's library. */

import type { Json } from '../../lib/json.ts';
import { type Filter, type Flow, type Item, PAUSE, type Scope } from './flow.ts';
import type { Machine, ValueFunction } from './machine.ts';
import type { Definition, Node } from './parser.ts';

/** Runs the function that a name stands for. */
export function* call(machine: Machine, { name, args }: Node & { t: 'call' }, item: Item, scope: Scope): Flow {
  const key = `${name}/${args.length}`;
  for (let s = scope; s; s = s.next) {
    if (s.kind === 'filter' && args.length === 0 && s.name === name) return yield* machine.apply(s.filter, item);
    if (s.kind === 'function' && s.name === key) return yield* enter(machine, s.definition, s, args, item, scope);
  }
  const filter = machine.library.filters.get(key);
  if (filter)
    return yield* filter(
      machine,
      item,
      args.map((node) => ({ node, scope })),
    );
  const value = machine.library.values.get(key);
  if (value) return yield* compute(machine, value, args, [], item, scope);
  const definition = machine.library.definitions.get(key);
  if (definition) yield* enter(machine, definition, undefined, args, item, scope);
}

/** Runs a function's body; parameters with `$` take every value of their argument in turn. */
function* enter(
  machine: Machine,
  definition: Definition,
  outer: Scope,
  args: readonly Node[],
  item: Item,
  scope: Scope,
): Flow {
  const plain = { value: item.value, path: undefined };
  function* bind(at: number, inner: Scope): Flow {
    const param = definition.params[at];
    const node = args[at];
    if (param === undefined || node === undefined) return yield* machine.run(definition.body, item, inner);
    if (!param.startsWith('$'))
      return yield* bind(at + 1, { kind: 'filter', name: param, filter: { node, scope }, next: inner });
    const name = param.slice(1);
    for (const result of machine.run(node, plain, scope)) {
      if (result === PAUSE) {
        yield result;
        continue;
      }
      const filter: Filter = { node: { t: 'literal', value: result.value }, scope: undefined };
      const called: Scope = { kind: 'filter', name, filter, next: inner };
      yield* bind(at + 1, { kind: 'variable', name, value: result.value, next: called });
    }
  }
  yield* bind(0, outer);
}

function* compute(
  machine: Machine,
  run: ValueFunction,
  args: readonly Node[],
  values: readonly Json[],
  item: Item,
  scope: Scope,
): Flow {
  const node = args[values.length];
  if (!node) {
    yield machine.created(item, run(machine, item.value, ...values));
    return;
  }
  for (const result of machine.run(node, { value: item.value, path: undefined }, scope)) {
    if (result === PAUSE) yield result;
    else yield* compute(machine, run, args, [...values, result.value], item, scope);
  }
}
