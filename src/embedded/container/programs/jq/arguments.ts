/** The arguments of functions of jq's library. */

import type { Json } from '../../lib/json.ts';
import { type Filter, type Flow, type Item, PAUSE } from './flow.ts';
import type { Machine } from './machine.ts';

/** The argument that is not given: `.` */
export const itself: Filter = { node: { t: 'identity' }, scope: undefined };

/** Calls `use` with every combination of the arguments' values, the first the outermost. */
export function* combined(
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
