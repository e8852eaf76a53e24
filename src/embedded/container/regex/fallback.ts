/** V8's engine that runs in linear time, for when its own backtracking takes long. */
import { setFlagsFromString } from 'node:v8';

/** Flags of V8 that are experiments still: where one is missing, `fallsBack` is never true. */
const experiments = [
  '--enable-experimental-regexp-engine',
  '--enable-experimental-regexp-engine-on-excessive-backtracks',
  '--regexp-backtracks-before-fallback=20000',
];
/** The flag of an expression that must run in linear time; unknown to the language. */
const linear: string = 'l';

let available: boolean | undefined;

function isLinear(source: string, flags: string): boolean {
  try {
    return new RegExp(source, flags + linear).flags.includes(linear);
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

/**
 * Whether V8 goes over to linear time by itself where it has gone back too often, which it does not for references,
 * looking ahead, large counts and both cases at once.
 */
export function fallsBack(source: string, flags: string): boolean {
  if (available === undefined) {
    for (const flag of experiments) setFlagsFromString(flag);
    available = isLinear('a', '');
  }
  return available && isLinear(source, flags);
}
