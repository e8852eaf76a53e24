import { AsyncLocalStorage } from 'node:async_hooks';

/** For what something is done in a process that many share. */
export type Work = { attempt: string } | { cluster: string } | { call: string };

const storage = new AsyncLocalStorage<Work>();

/** Does something for an attempt, a cluster or a call: so does all that it sets going, unless that is for another. */
export function workFor<T>(work: Work, run: () => T): T {
  return storage.run(work, run);
}

/** What the code that runs now is for. */
export function currentWork(): Work | undefined {
  return storage.getStore();
}
