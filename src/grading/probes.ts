import type { ExecTarget } from '../checks/types.ts';
import type { Clock } from '../kernel/clock.ts';
import { type KubeClient, KubeError } from '../kube/client.ts';
import type { ExecResult } from '../kube/exec.ts';

/** How many probes run at the same time: they cost the cluster more than reading does. */
const atOnce = 4;
/** A command that takes longer has failed, milliseconds. */
const longest = 15_000;

/** What checks do in the cluster to find out: a few at a time, each bounded in time. */
export class Probes {
  readonly #client: KubeClient;
  readonly #clock: Clock;
  readonly #stop = new AbortController();
  #free = atOnce;
  readonly #queue: (() => void)[] = [];

  constructor(client: KubeClient, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  /** Runs a command in a container. A refusal, a Pod that is gone and a command that hangs have no exit code. */
  async exec({ namespace, pod, container }: ExecTarget, command: readonly string[]): Promise<ExecResult> {
    return this.#turn(async () => {
      const late = new AbortController();
      const timer = this.#clock.after(longest, () => late.abort());
      const signal = AbortSignal.any([this.#stop.signal, late.signal]);
      const none = (message: string): ExecResult => ({ stdout: '', stderr: '', exitCode: undefined, message });
      try {
        return await this.#client.exec(namespace, pod, command, { ...(container ? { container } : {}), signal });
      } catch (error) {
        if (late.signal.aborted) return none(`it did not end within ${longest / 1000} s`);
        // 4xx is about the Pod; 5xx may be about a kubelet or a container that just goes.
        if (error instanceof KubeError && error.code < 600 && error.code !== 401 && error.code !== 403)
          return none(error.message);
        throw error;
      } finally {
        timer.cancel();
      }
    });
  }

  /** GET of a path; undefined where there is nothing. */
  async fetch(path: string): Promise<unknown> {
    return this.#turn(async () => {
      try {
        return await this.#client.request('GET', path, { signal: this.#stop.signal });
      } catch (error) {
        if (error instanceof KubeError && error.code === 404) return undefined;
        throw error;
      }
    });
  }

  stop(): void {
    this.#stop.abort();
  }

  async #turn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#queue.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#queue.shift();
      if (next) next();
      else this.#free++;
    }
  }
}
