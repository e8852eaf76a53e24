/** The seed that gives the familiar names. */
export const defaultSeed = 0;

/** Seeds as they are written, `1-20` or `0,3,7-9`: each once and in order. Undefined if it is no such list. */
export function readSeeds(text: string, most: number): number[] | undefined {
  const seeds = new Set<number>();
  for (const part of text.split(',')) {
    const [, first, last] = /^\s*(\d{1,9})(?:-(\d{1,9}))?\s*$/.exec(part) ?? [];
    const [from, to] = [Number(first), Number(last ?? first)];
    if (first === undefined || to < from || to - from >= most) return undefined;
    for (let seed = from; seed <= to; seed++) seeds.add(seed);
  }
  return seeds.size > most ? undefined : inOrder(seeds);
}

/** The other way round: `0,3,7-9`; empty if there are none. */
export function writeSeeds(seeds: Iterable<number>): string {
  const runs: [number, number][] = [];
  for (const seed of inOrder(seeds)) {
    const last = runs.at(-1);
    if (last && seed === last[1] + 1) last[1] = seed;
    else runs.push([seed, seed]);
  }
  return runs.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(',');
}

function inOrder(seeds: Iterable<number>): number[] {
  return [...seeds].sort((a, b) => a - b);
}
