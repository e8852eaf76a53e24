/** The main thread's end of the worker: starts it, carries messages, starts a new one when it died. */
import { existsSync } from 'node:fs';
import { getCompileCacheDir } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { ImageDescription } from '../container-api.ts';
import type { ToMain, ToWorker } from './protocol.ts';

/** What a cluster gives to the worker client. */
export interface ClusterHooks {
  /** The time of the cluster's own clock; undefined: the machine's. */
  now(): number | undefined;
  images(): readonly ImageDescription[];
  /** What a worker that begins anew has to know of nodes. */
  nodes(): readonly ToWorker[];
  handle(message: ToMain): void;
  /** The worker died with everything in it. */
  lost(): void;
}

export interface ClusterLink {
  readonly id: number;
  /** A number that no other container or session of the process has. */
  newId(): number;
  send(message: ToWorker): void;
  leave(): Promise<void>;
}

/** A worker that leaves this many pings unanswered, one every five seconds, hangs and is replaced. */
const PING_MS = 5000;
const MISSED_PINGS = 4;
const MEMORY_MB = 1024;
/** New objects of programs in containers, semi-spaces and all: they are short-lived, and Node's own 48 would stay. */
const YOUNG_MB = 12;

/**
 * Where the worker's code is: beside this file in the sources (`worker.ts`), beside the bundle in `dist/`
 * (`container-worker.js` or `worker.js`, wherever the bundler has put this module).
 */
export function workerUrl(base: string = import.meta.url): URL {
  const names = base.endsWith('.ts')
    ? ['./worker.ts']
    : [
        './container-worker.js',
        './worker.js',
        './embedded/container/worker.js',
        '../container-worker.js',
        '../worker.js',
      ];
  for (const name of names) {
    const url = new URL(name, base);
    if (existsSync(fileURLToPath(url))) return url;
  }
  return new URL(names[0] ?? './worker.js', base);
}

/** Where this process keeps compiled code between runs, if it does: a thread has to be told. */
function compiledCode(): NodeJS.ProcessEnv {
  // The folder of this version of Node is in the one that was named.
  const folder = getCompileCacheDir?.();
  return folder === undefined ? {} : { NODE_COMPILE_CACHE: dirname(folder) };
}

const needsWorker = ({ t }: ToWorker) => t === 'start' || t === 'hostPath';

export class WorkerClient {
  static #shared: WorkerClient | undefined;
  #worker: Worker | undefined;
  #queue: ToWorker[] = [];
  #scheduled = false;
  readonly #clusters = new Map<number, ClusterHooks>();
  /** Which cluster a container or session belongs to. */
  readonly #owners = new Map<number, number>();
  #nextId = 1;
  #watch: NodeJS.Timeout | undefined;
  #missed = 0;
  readonly #url: URL;

  constructor(url: URL = workerUrl()) {
    this.#url = url;
  }

  /** The one worker of this process. */
  static shared(): WorkerClient {
    WorkerClient.#shared ??= new WorkerClient();
    return WorkerClient.#shared;
  }

  join(hooks: ClusterHooks): ClusterLink {
    const id = this.#nextId++;
    const here = () => this.#clusters.has(id);
    this.#clusters.set(id, hooks);
    if (this.#worker) this.#send({ t: 'cluster', cluster: id, now: hooks.now() });
    return {
      id,
      newId: () => {
        const number = this.#nextId++;
        if (here()) this.#owners.set(number, id);
        return number;
      },
      send: (message) => {
        // Without a worker there is nothing to tell but what needs one, and after the end nothing at all.
        if (!here() || (!this.#worker && !needsWorker(message))) return;
        this.#send(message);
      },
      leave: async () => {
        this.#clusters.delete(id);
        for (const [number, owner] of this.#owners) if (owner === id) this.#owners.delete(number);
        if (this.#clusters.size === 0) await this.#stop();
      },
    };
  }

  /**
   * Starts the worker if it does not run, so that the first container does not wait for it. It holds the process until the
   * last cluster has left: who ends a cluster waits for what the worker says of it.
   */
  warmUp(): void {
    if (this.#worker) return;
    const worker = new Worker(this.#url, {
      name: 'kubedrill-containers',
      // The worker needs nothing of this process: not its environment, not its streams.
      env: compiledCode(),
      stdin: false,
      resourceLimits: { maxOldGenerationSizeMb: MEMORY_MB, maxYoungGenerationSizeMb: YOUNG_MB },
    });
    this.#worker = worker;
    worker.on('message', (messages: ToMain[]) => {
      this.#missed = 0;
      for (const message of messages) this.#receive(message);
    });
    worker.on('error', (error) => this.#died(worker, error));
    worker.on('exit', () => this.#died(worker));
    this.#missed = 0;
    this.#watch = setInterval(() => {
      if (++this.#missed > MISSED_PINGS) void worker.terminate();
      else this.#send({ t: 'ping' });
    }, PING_MS);
    this.#watch.unref();
    for (const [id, hooks] of this.#clusters) {
      this.#send({ t: 'cluster', cluster: id, now: hooks.now() });
      if (hooks.images().length > 0) this.#send({ t: 'images', cluster: id, images: hooks.images() });
      for (const message of hooks.nodes()) this.#send(message);
    }
  }

  #send(message: ToWorker): void {
    if (needsWorker(message)) this.warmUp();
    this.#queue.push(message);
    if (this.#scheduled) return;
    this.#scheduled = true;
    // All of one turn in one: waking the other thread is what a message costs.
    setImmediate(() => {
      this.#scheduled = false;
      this.#worker?.postMessage(this.#queue.splice(0));
    });
  }

  #receive(message: ToMain): void {
    if (message.t === 'ready' || message.t === 'pong') return;
    if (message.t === 'bug') {
      for (const hooks of this.#clusters.values()) hooks.handle(message);
      return;
    }
    const cluster =
      'cluster' in message
        ? message.cluster
        : this.#owners.get('container' in message ? message.container : 'session' in message ? message.session : -1);
    if (cluster === undefined) return;
    this.#clusters.get(cluster)?.handle(message);
    if (message.t === 'exited' || message.t === 'startFailed') this.#owners.delete(message.container);
    if (message.t === 'sessionEnd') this.#owners.delete(message.session);
  }

  #died(worker: Worker, error?: unknown): void {
    if (this.#worker !== worker) return;
    if (error !== undefined) {
      const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
      for (const hooks of this.#clusters.values()) hooks.handle({ t: 'bug', program: 'worker', stack });
    }
    this.#worker = undefined;
    this.#queue = [];
    this.#owners.clear();
    clearInterval(this.#watch);
    for (const hooks of [...this.#clusters.values()]) hooks.lost();
  }

  /** Ends the worker as if it had crashed; for tests. */
  async crash(): Promise<void> {
    await this.#worker?.terminate();
  }

  async #stop(): Promise<void> {
    const worker = this.#worker;
    clearInterval(this.#watch);
    this.#worker = undefined;
    this.#queue = [];
    await worker?.terminate();
  }
}
