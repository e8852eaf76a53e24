/**
 * Work that is done between two steps of a process, by what cannot wait there: matching, copying long texts. It is paid
 * for by the next step (`Process.step`), so that what did much waits for its next turn.
 */

/** A program wanted to do more at once than one turn may take. */
export class TooMuchWork extends Error {
  override readonly message = 'memory exhausted';
}

/** Operations of some ten nanoseconds that may be done without a step between: some hundred milliseconds. */
const AT_ONCE = 2 ** 23;
/** Operations that make a unit of fuel, which is a microsecond. */
const PER_FUEL = 64;

/** What one match of very many costs that are replaced at once. */
export const MATCH_WORK = 16;

let unpaid = 0;

/** Counts operations. Throws TooMuchWork when there are too many of them without a step. */
export function work(operations: number): void {
  unpaid += operations;
  if (unpaid <= AT_ONCE) return;
  unpaid = 0;
  throw new TooMuchWork();
}

/** What the work since the last call costs, in units of fuel. */
export function takeUnpaid(): number {
  if (unpaid < PER_FUEL) return 0;
  const cost = Math.floor(unpaid / PER_FUEL);
  unpaid = 0;
  return cost;
}
