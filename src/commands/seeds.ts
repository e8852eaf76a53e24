import { randomInt } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { InvalidArgumentError } from 'commander';
import { defaultSeed, readSeeds } from '../scenario/seed-list.ts';

/** More would take days. */
const most = 1000;

/** A seed of a command line. */
export function parseSeed(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('expected a whole number from 0 to 999999999');
  return Number(text);
}

/** What draws by itself is drawn from so many seeds: short enough to be told to others. */
const drawn = 1_000_000;

/** A seed that nobody chose, never the default one. */
export function anySeed(): number {
  return randomInt(defaultSeed + 1, drawn);
}

/** A seed of a command line, or `any`. */
export function parseSeedOrAny(text: string): number | 'any' {
  return text === 'any' ? text : parseSeed(text);
}

/** A seed that draws other values than the familiar ones of a scenario, if it has any others. */
export function otherSeed(variablesOf: (seed: number) => Record<string, string>): number {
  const familiar = variablesOf(defaultSeed);
  const tries = Array.from({ length: 50 }, anySeed);
  return tries.find((seed) => !isDeepStrictEqual(variablesOf(seed), familiar)) ?? anySeed();
}

/** Seeds of a command line, `1-20` or `0,3,7-9`, each once and in order. */
export function parseSeeds(text: string): number[] {
  const seeds = readSeeds(text, most);
  if (!seeds) throw new InvalidArgumentError(`expected seeds as in 1-20 or 0,3,7-9, at most ${most}`);
  return seeds;
}
