/** Assignments: `=`, `|=` and what is made of them. */

import type { Json } from '../../lib/json.ts';
import { type Filter, type Flow, type Item, PAUSE, type Scope } from './flow.ts';
import type { Machine } from './machine.ts';
import type { Node } from './parser.ts';
import { deletePaths, getPath, setPath } from './paths.ts';

export function* assign(machine: Machine, { op, left, right }: Node & { t: 'assign' }, item: Item, scope: Scope): Flow {
  const target = { node: left, scope };
  if (op === '|=') return yield* update(machine, target, { node: right, scope }, item);
  for (const result of machine.run(right, { value: item.value, path: undefined }, scope)) {
    if (result === PAUSE) {
      yield result;
      continue;
    }
    const operand: Node = { t: 'literal', value: result.value };
    const plain: Node = { t: 'identity' };
    if (op === '=') {
      let value = item.value;
      for (const path of machine.paths(target, item.value)) {
        if (path === PAUSE) yield path;
        else value = setPath(value, path, result.value);
      }
      yield machine.created(item, value);
      continue;
    }
    const change: Node =
      op === '//='
        ? { t: 'alternative', left: plain, right: operand }
        : { t: 'binary', op: op[0] ?? '', left: plain, right: operand };
    yield* update(machine, target, { node: change, scope: undefined }, item);
  }
}

/** `target |= change`: the first value that `change` makes of each place; what it makes nothing of goes. */
function* update(machine: Machine, target: Filter, change: Filter, item: Item): Flow {
  let { value } = item;
  const removed: (readonly Json[])[] = [];
  for (const path of machine.paths(target, item.value)) {
    if (path === PAUSE) {
      yield path;
      continue;
    }
    let created: Json | undefined;
    for (const result of machine.values(change, getPath(value, path))) {
      if (result === PAUSE) {
        yield PAUSE;
        continue;
      }
      created = result;
      break;
    }
    if (created === undefined) removed.push(path);
    else value = setPath(value, path, created);
  }
  yield machine.created(item, removed.length > 0 ? deletePaths(value, removed) : value);
}
