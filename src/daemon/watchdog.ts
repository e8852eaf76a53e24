import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { currentWork, type Work } from '../kernel/work.ts';

/** What is written of a process whose main thread was blocked, before it is ended. */
export interface Blocked {
  /** How long its event loop had not turned. */
  seconds: number;
  /** Milliseconds since 1970. */
  at: number;
  /** For what the code ran that did not end; undefined: that is not known. */
  work?: Work;
  /** The functions that ran, innermost first; empty where no interrupt reached the code. */
  stack: string[];
}

export interface WatchdogData {
  beats: Int32Array<SharedArrayBuffer>;
  file: string;
  interval: number;
  limit: number;
  /** What is evaluated in the main thread, in the middle of whatever it does. */
  question: string;
}

export interface WatchdogOptions {
  /** Where a `Blocked` is written. */
  file: string;
  /** How often to look, milliseconds. */
  interval?: number;
  /** Looks without a sign of life after which the process is ended; those that come late themselves do not count. */
  limit?: number;
  /** Hears why there is no watchdog any more. */
  report?(error: Error): void;
}

/** Where the thread finds the answer to its question. */
const key = 'kubedrill.work';
const framesShown = 30;

/**
 * Watches this process's main thread from another one: if its event loop does not turn for 30 seconds, what it does is
 * written to a file and the process is killed. All it holds is on the disk; whoever needs it starts a new one. A machine
 * that slept and a process that was stopped are not blocked. Returns the way to end it.
 */
export function startWatchdog({ file, interval = 1_000, limit = 30, report }: WatchdogOptions): () => Promise<void> {
  (globalThis as Record<symbol, unknown>)[Symbol.for(key)] = answer;
  const beats = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const heart = setInterval(() => Atomics.add(beats, 0, 1), interval / 2);
  heart.unref();
  const question = `globalThis[Symbol.for(${JSON.stringify(key)})]()`;
  const data: WatchdogData = { beats, file, interval, limit, question };
  const worker = new Worker(threadUrl(), {
    workerData: data,
    name: 'watchdog',
    // What this process was started with is not for its threads.
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 1 },
  });
  worker.on('error', (error) => report?.(error));
  worker.unref();
  return async () => {
    clearInterval(heart);
    await worker.terminate();
  };
}

/** Called by the other thread, on top of the code that does not end. */
function answer(): Pick<Blocked, 'work' | 'stack'> {
  const before = Error.stackTraceLimit;
  Error.stackTraceLimit = framesShown;
  const stack = (new Error('blocked').stack ?? '').split('\n');
  Error.stackTraceLimit = before;
  const work = currentWork();
  // The first lines are the error's own, this function and the question.
  return { ...(work && { work }), stack: stack.slice(3).map((line) => line.trim().replace(/^at /, '')) };
}

/** Beside this file in the sources; beside the bundle in `dist/`, wherever the bundler has put this module. */
function threadUrl(): URL {
  const names = import.meta.url.endsWith('.ts') ? ['./watchdog-thread.ts'] : ['./watchdog.js', '../watchdog.js'];
  const urls = names.map((name) => new URL(name, import.meta.url));
  const found = urls.find((url) => existsSync(fileURLToPath(url)));
  if (!found) throw new Error(`the watchdog's code is missing: ${urls.join(', ')}`);
  return found;
}
