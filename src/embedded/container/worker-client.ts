/** The main thread's end of a cluster's worker: starts it, carries messages, starts a new one when it died. */
import { getCompileCacheDir } from 'node:module';
import { dirname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { ImageDescription } from '../container-api.ts';
import type { RuntimeLoss } from '../node-api.ts';
import { BusyThreads } from './kernel/busy-threads.ts';
import type { HandlersOf, ToMain, ToWorker } from './protocol.ts';

/** What a cluster gives to its worker client. */
export interface ClusterHooks {
  /** The time of the cluster's own clock; undefined: the machine's. */
  now(): number | undefined;
  images(): readonly ImageDescription[];
  /** What a worker that begins anew has to know of nodes. */
  nodes(): readonly ToWorker[];
  handlers: HandlersOf<ToMain['t']>;
  /** The worker died with everything in it. */
  lost(loss: RuntimeLoss): void;
}

/** A worker that leaves this many pings unanswered, one every five seconds, hangs and is replaced. */
const PING_MS = 5000;
const MISSED_PINGS = 4;
/** Room for objects of programs in containers. Who takes too much of it is killed before, see `kernel/thread-memory.ts`. */
const MEMORY_MB = 512;
/** New objects of programs in containers, semi-spaces and all: they are short-lived, and Node's own 48 would stay. */
const YOUNG_MB = 3;

/** Threads of this process that have more to do than they may. */
const busy = new BusyThreads();

/** Where the worker's code is: beside this file in the sources, beside the bundle in `dist/`. */
export function workerUrl(base: string = import.meta.url): URL {
  return new URL(base.endsWith('.ts') ? './worker.ts' : './worker.cjs', base);
}

/** Where this process keeps compiled code between runs, if it does: a thread has to be told. */
function compiledCode(): NodeJS.ProcessEnv {
  // The folder of this version of Node is in the one that was named.
  const folder = getCompileCacheDir?.();
  return folder === undefined ? {} : { NODE_COMPILE_CACHE: dirname(folder) };
}

const needsWorker = ({ t }: ToWorker) => t === 'start' || t === 'hostPath';

function handle<T extends ToMain['t']>(handlers: HandlersOf<T>, message: Extract<ToMain, { t: T }>): void {
  handlers[message.t as T](message);
}

/** The worker of one cluster: a thread that hangs or dies takes nobody else's containers with it. */
export class WorkerClient {
  readonly #url: URL;
  readonly #pingMs: number;
  readonly #memoryMb: number;
  #hooks: ClusterHooks | undefined;
  #worker: Worker | undefined;
  #queue: ToWorker[] = [];
  #scheduled = false;
  #nextId = 1;
  #watch: NodeJS.Timeout | undefined;
  #missed = 0;
  #slot: number | undefined;

  /** `pingMs`: how often the worker is asked whether it is there; `memoryMb`: what its heap may hold. */
  constructor(url: URL = workerUrl(), { pingMs = PING_MS, memoryMb = MEMORY_MB } = {}) {
    this.#url = url;
    this.#pingMs = pingMs;
    this.#memoryMb = memoryMb;
  }

  /** The cluster whose containers these are; once. */
  join(hooks: ClusterHooks): void {
    if (this.#hooks) throw new Error('the worker has a cluster already');
    this.#hooks = hooks;
  }

  /** A number that no other container or session of the cluster has. */
  newId(): number {
    return this.#nextId++;
  }

  send(message: ToWorker): void {
    // Without a worker there is nothing to say but what needs one, and after the end nothing at all.
    if (!this.#hooks || (!this.#worker && !needsWorker(message))) return;
    this.warmUp();
    this.#queue.push(message);
    if (this.#scheduled) return;
    this.#scheduled = true;
    // All of one turn in one: waking the other thread is what a message costs.
    setImmediate(() => {
      this.#scheduled = false;
      this.#worker?.postMessage(this.#queue.splice(0));
    });
  }

  /**
   * Starts the worker if it does not run, so that the first container does not wait for it. It holds the process until
   * the cluster has left: who ends a cluster waits for what the worker says of it.
   */
  warmUp(): void {
    const hooks = this.#hooks;
    if (this.#worker || !hooks) return;
    const slot = busy.claim();
    const worker = new Worker(this.#url, {
      name: 'kubedrill-containers',
      // The worker needs nothing of this process: not its environment, not its streams.
      env: compiledCode(),
      stdin: false,
      workerData: busy.share(slot),
      resourceLimits: { maxOldGenerationSizeMb: this.#memoryMb, maxYoungGenerationSizeMb: YOUNG_MB },
    });
    this.#worker = worker;
    this.#slot = slot;
    worker.on('message', (messages: ToMain[]) => {
      this.#missed = 0;
      for (const message of messages) handle(hooks.handlers, message);
    });
    worker.on('error', (error) => this.#died(worker, 'crash', error));
    worker.on('exit', () => this.#died(worker, 'crash'));
    this.#missed = 0;
    this.#watch = setInterval(() => {
      if (++this.#missed <= MISSED_PINGS) return this.send({ t: 'ping' });
      const seconds = (this.#pingMs * MISSED_PINGS) / 1000;
      this.#died(worker, 'hang', new Error(`the thread of its containers did not answer for ${seconds} seconds`));
      void worker.terminate();
    }, this.#pingMs);
    this.#watch.unref();
    this.send({ t: 'cluster', now: hooks.now() });
    if (hooks.images().length > 0) this.send({ t: 'images', images: hooks.images() });
    for (const message of hooks.nodes()) this.send(message);
  }

  #died(worker: Worker, loss: RuntimeLoss, error?: unknown): void {
    if (this.#worker !== worker) return;
    const hooks = this.#hooks;
    const outOfMemory = error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
    if (error !== undefined) {
      const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
      hooks?.handlers.bug({ t: 'bug', program: 'worker', stack });
    }
    this.#release();
    hooks?.lost(outOfMemory ? 'memory' : loss);
  }

  #release(): void {
    this.#worker = undefined;
    this.#queue = [];
    clearInterval(this.#watch);
    if (this.#slot !== undefined) busy.free(this.#slot);
    this.#slot = undefined;
  }

  /** Ends the worker as if it had crashed; for tests. */
  async crash(): Promise<void> {
    await this.#worker?.terminate();
  }

  /** The cluster has ended. Resolves when the worker has, too. */
  async leave(): Promise<void> {
    this.#hooks = undefined;
    const worker = this.#worker;
    this.#release();
    await worker?.terminate();
  }
}
