/**
 * Costs count what cel-go counts, which leaves some ways to make much of little: those are bounded here. Within these bounds
 * nothing is counted twice.
 */

/** More than an expression may use up in time or memory. */
export class TooMuchWork extends Error {}

/** Of any string or list that an expression makes. */
const maxLength = 1 << 24;
const maxItems = 5_000_000;

let steps = 0;
let limit = Number.POSITIVE_INFINITY;

/** Counts steps of a call: values compared, states of a regular expression at a character. @throws TooMuchWork */
export function step(count = 1): void {
  steps += count;
  if (steps > limit) throw new TooMuchWork();
}

/** Runs a call that may take so many steps; returns its result and how many it took. @throws TooMuchWork */
export function counted<T>(most: number, call: () => T): [result: T, steps: number] {
  const before = [steps, limit] as const;
  [steps, limit] = [0, most];
  try {
    return [call(), steps];
  } finally {
    [steps, limit] = before;
  }
}

/** The text, if it is not too long. @throws TooMuchWork */
export function bounded(text: string): string {
  boundedLength(text.length);
  return text;
}

/** @throws TooMuchWork if a list would have that many items */
export function boundedSize(items: number): void {
  if (items > maxItems) throw new TooMuchWork();
}

/** @throws TooMuchWork if a string would have that many characters */
export function boundedLength(characters: number): void {
  if (characters > maxLength) throw new TooMuchWork();
}
