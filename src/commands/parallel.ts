import { availableParallelism } from 'node:os';
import { InvalidArgumentError } from 'commander';

/** More would only take turns. */
const most = 256;
/** An embedded cluster mostly waits: for what a workload logs every few seconds. */
const embeddedACore = 36;
/** What an embedded cluster with a scenario takes at most, MiB. */
const embeddedMebibytes = 40;
const kindClusters = 2;

/** The count of a command line: a whole number from 1. */
export function parseParallel(text: string): number {
  const count = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (count < 1 || count > most) {
    throw new InvalidArgumentError(
      `expected how many clusters at the same time, from 1 to ${most}, as in --parallel 8`,
    );
  }
  return count;
}

/** How many clusters of a provider this machine bears at a time: embedded ones by its cores, in half of its free memory. */
export function parallelOn(
  provider: string,
  { cores = availableParallelism(), freeBytes = process.availableMemory() } = {},
): number {
  if (provider === 'kind') return kindClusters;
  if (provider !== 'embedded') return 1;
  const fit = Math.floor(freeBytes / 2 / (embeddedMebibytes * 1024 * 1024));
  return Math.max(1, Math.min(most, cores * embeddedACore, fit));
}
