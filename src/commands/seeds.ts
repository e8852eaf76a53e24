import { InvalidArgumentError } from 'commander';
import { readSeeds } from '../scenario/seed-list.ts';

/** More would take days. */
const most = 1000;

/** A seed of a command line. */
export function parseSeed(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('expected a whole number from 0 to 999999999');
  return Number(text);
}

/** Seeds of a command line, `1-20` or `0,3,7-9`, each once and in order. */
export function parseSeeds(text: string): number[] {
  const seeds = readSeeds(text, most);
  if (!seeds) throw new InvalidArgumentError(`expected seeds as in 1-20 or 0,3,7-9, at most ${most}`);
  return seeds;
}
