import { closest, distance } from 'fastest-levenshtein';

/** How much of a name may be typed wrong. */
const most = 0.4;

/**
 * What was meant by a name that does not exist: one of the names that differs by a few letters, else one that has it as a
 * part. Undefined if nothing is near: an unrelated suggestion is worse than none.
 */
export function nearest(typed: string, names: readonly string[]): string | undefined {
  if (typed === '' || names.length === 0) return undefined;
  const near = closest(typed, names);
  if (distance(typed, near) <= most * Math.max(typed.length, near.length)) return near;
  return typed.length >= 3 ? names.find((name) => name.includes(typed)) : undefined;
}

/** The `why` of an error about an unknown name, if there is one that may have been meant. */
export function didYouMean(typed: string, names: readonly string[]): { why?: string } {
  const near = nearest(typed, names);
  return near === undefined ? {} : { why: `did you mean ${near}?` };
}
