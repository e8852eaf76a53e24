/** `reduce` and `foreach`. */

import { bindings } from './destructuring.ts';
import { type Flow, type Item, PAUSE, type Scope } from './flow.ts';
import type { Machine } from './machine.ts';
import type { Node } from './parser.ts';

export function* fold(machine: Machine, node: Node & { t: 'reduce' }, item: Item, scope: Scope): Flow {
  const plain: Item = { value: item.value, path: undefined };
  for (const start of machine.run(node.start, item, scope)) {
    if (start === PAUSE) {
      yield start;
      continue;
    }
    let state: Item | undefined = start;
    for (const inner of bindings(machine, node.source, node.patterns, plain, scope)) {
      if (inner === PAUSE) {
        yield inner;
        continue;
      }
      const before: Item = state ?? machine.created(item, null);
      state = undefined;
      for (const next of machine.run(node.update, before, inner.scope)) {
        if (next === PAUSE) yield next;
        else state = next;
      }
    }
    yield state ?? machine.created(item, null);
  }
}

export function* foldEach(machine: Machine, node: Node & { t: 'foreach' }, item: Item, scope: Scope): Flow {
  const plain: Item = { value: item.value, path: undefined };
  for (const start of machine.run(node.start, item, scope)) {
    if (start === PAUSE) {
      yield start;
      continue;
    }
    let state: Item = start;
    for (const inner of bindings(machine, node.source, node.patterns, plain, scope)) {
      if (inner === PAUSE) {
        yield inner;
        continue;
      }
      for (const next of machine.run(node.update, state, inner.scope)) {
        if (next === PAUSE) {
          yield next;
          continue;
        }
        state = next;
        if (node.extract) yield* machine.run(node.extract, next, inner.scope);
        else yield next;
      }
    }
  }
}
