import { AsyncLocalStorage } from 'node:async_hooks';
import { UserError } from './errors.ts';

/**
 * Bounds work whose cost a pack, a cluster or a learner decides: patterns, expressions and paths over texts and objects of
 * any size. It is counted in steps, not in time, so that the same work costs the same on every machine. A step is about what
 * a regular expression does with one character in one of its states: some 20 to 30 million take a second.
 */
interface Account {
  left: number;
  spent: number;
}

const accounts = new AsyncLocalStorage<Account>();

/** The work was given up: it takes more steps than it was allowed. */
export class TooCostly extends UserError {
  constructor() {
    super({
      what: 'it takes more work than a check may take',
      why: 'its patterns, expressions or paths are too large for what they look at',
      next: 'make them smaller, or have them look at less; the pack is at fault, not the solution',
    });
  }
}

/** Does work that may take so many steps, and says how many it took. Work that takes more rejects with TooCostly. */
export async function withBudget<T>(
  steps: number,
  work: () => T | Promise<T>,
  onSpent: (steps: number) => void = () => undefined,
): Promise<T> {
  const account: Account = { left: steps, spent: 0 };
  try {
    return await accounts.run(account, work);
  } finally {
    onSpent(account.spent);
  }
}

/** Counts steps before they are done. Throws TooCostly if they are too many; outside of `withBudget` nothing is bounded. */
export function spend(steps: number): void {
  const account = accounts.getStore();
  if (!account) return;
  account.left -= steps;
  account.spent += steps;
  if (account.left < 0) throw new TooCostly();
}

/** How many steps may still be spent. */
export function affordable(): number {
  return accounts.getStore()?.left ?? Number.POSITIVE_INFINITY;
}

/** How large a value of JSON is: its values, and its texts by eight characters. Stops counting at `most`. */
export function sizeOf(value: unknown, most = 10_000_000): number {
  let size = 0;
  const open = [value];
  while (open.length > 0 && size < most) {
    const next = open.pop();
    size += 1;
    if (typeof next === 'string') size += next.length / 8;
    else if (typeof next === 'object' && next !== null) for (const item of Object.values(next)) open.push(item);
  }
  return Math.ceil(size);
}
