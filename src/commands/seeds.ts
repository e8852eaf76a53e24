import { InvalidArgumentError } from 'commander';

/** More would take days. */
const most = 1000;

/** A seed of a command line. */
export function parseSeed(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('expected a whole number from 0 to 999999999');
  return Number(text);
}

/** Seeds of a command line, `1-20` or `0,3,7-9`, each once and in order. */
export function parseSeeds(text: string): number[] {
  const seeds = text.split(',').flatMap((part) => {
    const [, first, last] = /^\s*(\d{1,9})(?:-(\d{1,9}))?\s*$/.exec(part) ?? [];
    const from = Number(first);
    const count = Number(last ?? first) - from + 1;
    if (first === undefined || count < 1) throw new InvalidArgumentError('expected seeds as in 1-20 or 0,3,7-9');
    if (count > most) throw new InvalidArgumentError(`expected at most ${most} seeds`);
    return Array.from({ length: count }, (_, index) => from + index);
  });
  if (seeds.length > most) throw new InvalidArgumentError(`expected at most ${most} seeds`);
  return [...new Set(seeds)].sort((a, b) => a - b);
}
