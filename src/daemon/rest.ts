import { performance } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Clock, Timer } from '../kernel/clock.ts';

/** How often to look whether there is rest, milliseconds. */
const interval = 20_000;
/** The share of its time that a process at rest is busy at most. */
const restful = 0.2;
/** The first collection finds what is garbage, the second gives back the pages that have become empty by then. */
const collections = 2;

/**
 * Gives memory back to the machine when this process comes to rest. V8 collects when it needs room, and who does nothing
 * needs none: what a busy hour took would be kept for the rest of the day. Cancelling ends it.
 */
export function giveBackAtRest(clock: Clock): Timer {
  let before = performance.eventLoopUtilization();
  let left = collections;
  let timer = clock.after(interval, look);
  function look(): void {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, before);
    before = now;
    if (utilization > restful) left = collections;
    else if (left > 0) {
      left--;
      collectGarbage();
    }
    timer = clock.after(interval, look);
  }
  return { cancel: () => timer.cancel() };
}

let collect: (() => void) | undefined;

function collectGarbage(): void {
  if (!collect) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as () => void;
    setFlagsFromString('--no-expose-gc');
  }
  collect();
}
