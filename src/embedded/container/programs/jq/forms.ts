/** How each form of a jq program runs. */

import type { Json } from '../../lib/json.ts';
import { assign } from './assignments.ts';
import { call } from './calls.ts';
import { bindings } from './destructuring.ts';
import { type Flow, type Item, PAUSE, type Scope } from './flow.ts';
import { fold, foldEach } from './folds.ts';
import type { Forms, Machine } from './machine.ts';
import { binary, negate } from './operators.ts';
import type { Node } from './parser.ts';
import { described, JqError, shallowBytes, toText, truthy } from './value.ts';

/** `break` on its way to its label. */
class Break extends Error {
  readonly label: Scope;

  constructor(label: Scope) {
    super('break');
    this.label = label;
  }
}

/** What inner filters get whose paths nobody asks for. */
const plain = (item: Item): Item => (item.path === undefined ? item : { value: item.value, path: undefined });

export const forms: Forms = {
  *identity(_machine, _node, item) {
    yield item;
  },
  *literal(machine, node, item) {
    yield machine.created(item, node.value);
  },
  *variable(machine, node, item, scope) {
    yield machine.created(item, variable(machine, node.name, scope));
  },
  *format(machine, node, item) {
    yield machine.created(item, formatted(machine, node.name, item.value));
  },
  string,
  *array(machine, node, item, scope) {
    const items: Json[] = [];
    if (node.body) {
      for (const result of machine.run(node.body, plain(item), scope)) {
        if (result === PAUSE) yield result;
        else {
          machine.host.hold(16);
          items.push(result.value);
        }
      }
    }
    yield machine.created(item, items);
  },
  object: (machine, node, item, scope) => object(machine, node.entries, 0, [], item, scope),

  *index(machine, node, item, scope) {
    for (const key of machine.run(node.key, plain(item), scope)) {
      if (key === PAUSE) yield key;
      else yield* access(machine, node.of, item, scope, key.value);
    }
  },
  *slice(machine, node, item, scope) {
    for (const end of node.to ? machine.run(node.to, plain(item), scope) : [null]) {
      if (end === PAUSE) {
        yield end;
        continue;
      }
      for (const start of node.from ? machine.run(node.from, plain(item), scope) : [null]) {
        if (start === PAUSE) {
          yield start;
          continue;
        }
        const slice = new Map<string, Json>([
          ['start', start?.value ?? null],
          ['end', end?.value ?? null],
        ]);
        yield* access(machine, node.of, item, scope, slice);
      }
    }
  },
  *iterate(machine, node, item, scope) {
    for (const of of machine.run(node.of, item, scope)) {
      if (of === PAUSE) yield of;
      else yield* machine.iterate(of);
    }
  },

  *negate(machine, node, item, scope) {
    for (const of of machine.run(node.of, plain(item), scope))
      yield of === PAUSE ? of : machine.created(item, negate(of.value));
  },
  *binary(machine, node, item, scope) {
    for (const right of machine.run(node.right, plain(item), scope)) {
      if (right === PAUSE) {
        yield right;
        continue;
      }
      for (const left of machine.run(node.left, plain(item), scope)) {
        yield left === PAUSE ? left : machine.created(item, binary(machine, node.op, left.value, right.value));
      }
    }
  },
  and: logic,
  or: logic,
  alternative,
  assign,

  *pipe(machine, node, item, scope) {
    for (const left of machine.run(node.left, item, scope)) {
      if (left === PAUSE) yield left;
      else yield* machine.run(node.right, left, scope);
    }
  },
  *comma(machine, node, item, scope) {
    yield* machine.run(node.left, item, scope);
    yield* machine.run(node.right, item, scope);
  },
  *if(machine, node, item, scope) {
    for (const condition of machine.run(node.condition, plain(item), scope)) {
      if (condition === PAUSE) yield condition;
      else yield* machine.run(truthy(condition.value) ? node.yes : node.no, item, scope);
    }
  },
  try: attempt,
  reduce: fold,
  foreach: foldEach,

  define(machine, { definition, rest }, item, scope) {
    const name = `${definition.name}/${definition.params.length}`;
    return machine.run(rest, item, { kind: 'function', name, definition, next: scope });
  },
  call,
  *bind(machine, node, item, scope) {
    for (const inner of bindings(machine, node.source, node.patterns, plain(item), scope)) {
      if (inner === PAUSE) yield inner;
      else yield* machine.run(node.body, item, inner.scope);
    }
  },
  *label(machine, node, item, scope) {
    const label: Scope = { kind: 'label', name: node.name, next: scope };
    try {
      yield* machine.run(node.body, item, label);
    } catch (error) {
      if (!(error instanceof Break) || error.label !== label) throw error;
    }
  },
  // biome-ignore lint/correctness/useYield: it gives no result
  *break(_machine, node, _item, scope) {
    for (let s = scope; s; s = s.next) if (s.kind === 'label' && s.name === node.name) throw new Break(s);
  },
};

function* access(machine: Machine, of: Node, item: Item, scope: Scope, key: Json): Flow {
  for (const base of machine.run(of, item, scope)) yield base === PAUSE ? base : machine.get(base, key);
}

function* logic(machine: Machine, node: Node & { t: 'and' | 'or' }, item: Item, scope: Scope): Flow {
  for (const left of machine.run(node.left, plain(item), scope)) {
    if (left === PAUSE) {
      yield left;
      continue;
    }
    const decided = truthy(left.value) === (node.t === 'or');
    if (decided) yield machine.created(item, node.t === 'or');
    else {
      for (const right of machine.run(node.right, plain(item), scope))
        yield right === PAUSE ? right : machine.created(item, truthy(right.value));
    }
  }
}

function variable(machine: Machine, name: string, scope: Scope): Json {
  for (let s = scope; s; s = s.next) if (s.kind === 'variable' && s.name === name) return s.value;
  if (name === 'ENV') return new Map(machine.host.env);
  throw new JqError(`$${name} is not defined`);
}

function formatted(machine: Machine, name: string, value: Json): Json {
  const format = machine.library.values.get(`@${name}`);
  if (!format) throw new JqError(`${name} is not a valid format`);
  return format(machine, value);
}

function* string(machine: Machine, { format, parts }: Node & { t: 'string' }, item: Item, scope: Scope): Flow {
  const plain = { value: item.value, path: undefined };
  // The last program is the outermost loop.
  function* build(at: number): Generator<string | typeof PAUSE, void> {
    if (at < 0) {
      yield '';
      return;
    }
    const part = parts[at] ?? '';
    if (typeof part === 'string') {
      for (const before of build(at - 1)) yield before === PAUSE ? PAUSE : before + part;
      return;
    }
    for (const result of machine.run(part, plain, scope)) {
      if (result === PAUSE) {
        yield PAUSE;
        continue;
      }
      const text = toText(formatted(machine, format, result.value));
      for (const before of build(at - 1)) yield before === PAUSE ? PAUSE : before + text;
    }
  }
  for (const text of build(parts.length - 1)) {
    if (text !== PAUSE) machine.host.hold(2 * text.length);
    yield text === PAUSE ? PAUSE : machine.created(item, text);
  }
}

function* object(
  machine: Machine,
  entries: readonly [Node, Node][],
  at: number,
  done: readonly [string, Json][],
  item: Item,
  scope: Scope,
): Flow {
  const entry = entries[at];
  if (!entry) {
    const object = new Map(done);
    machine.host.hold(shallowBytes(object));
    yield machine.created(item, object);
    return;
  }
  const plain = { value: item.value, path: undefined };
  for (const key of machine.run(entry[0], plain, scope)) {
    if (key === PAUSE) {
      yield key;
      continue;
    }
    const name = key.value;
    if (typeof name !== 'string') throw new JqError(`Cannot use ${described(name)} as object key`);
    // `{"a"}` and `{"a\(1)"}` mean what the key finds.
    const found = entry[1].t === 'index' && entry[1].key === entry[0];
    for (const value of found ? [machine.get(plain, name)] : machine.run(entry[1], plain, scope)) {
      if (value === PAUSE) yield value;
      else yield* object(machine, entries, at + 1, [...done, [name, value.value]], item, scope);
    }
  }
}

function* alternative(machine: Machine, { left, right }: Node & { t: 'alternative' }, item: Item, scope: Scope): Flow {
  let found = false;
  try {
    for (const result of machine.run(left, item, scope)) {
      if (result === PAUSE) yield result;
      else if (truthy(result.value)) {
        found = true;
        yield result;
      }
    }
  } catch (error) {
    if (!(error instanceof JqError)) throw error;
  }
  if (!found) yield* machine.run(right, item, scope);
}

function* attempt(machine: Machine, { body, handler }: Node & { t: 'try' }, item: Item, scope: Scope): Flow {
  let caught: Json;
  try {
    yield* machine.run(body, item, scope);
    return;
  } catch (error) {
    if (!(error instanceof JqError)) throw error;
    caught = error.value;
  }
  // `error("break")` from `break` of a library's loop; other errors are the handler's input.
  if (handler) yield* machine.run(handler, machine.created(item, caught), scope);
}
