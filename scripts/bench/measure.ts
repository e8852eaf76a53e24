export interface Measured {
  perSecond: number;
  /** Milliseconds. */
  p50: number;
  p95: number;
  p99: number;
  /** Processor time of the server a request, in milliseconds: what a loaded machine does not blur. */
  cpu?: number;
}

/** Runs `once` in `concurrency` loops for some seconds, after a tenth of that for warming up. */
export async function measure(
  once: (worker: number, n: number) => Promise<unknown>,
  { seconds, concurrency }: { seconds: number; concurrency: number },
): Promise<Measured> {
  let n = 0;
  const run = async (milliseconds: number, times: number[]) => {
    const end = performance.now() + milliseconds;
    const loop = async (worker: number) => {
      for (let begin = performance.now(); begin < end; begin = performance.now()) {
        await once(worker, n++);
        times.push(performance.now() - begin);
      }
    };
    await Promise.all(Array.from({ length: concurrency }, (_, worker) => loop(worker)));
  };
  await run(seconds * 100, []);
  const times: number[] = [];
  const begin = performance.now();
  await run(seconds * 1000, times);
  return summary(times, performance.now() - begin);
}

/** @param milliseconds how long all of it took */
export function summary(times: number[], milliseconds: number): Measured {
  times.sort((a, b) => a - b);
  const at = (share: number) =>
    round(times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? Number.NaN, 2);
  return { perSecond: round((times.length / milliseconds) * 1000, 0), p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}

export function round(value: number, digits: number): number {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}
