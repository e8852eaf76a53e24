import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import type { Cluster } from '../cluster/provider.ts';
import type { Clock, Timer } from '../kernel/clock.ts';
import { KubeClient, KubeError } from '../kube/client.ts';

export interface ClusterWatchOptions {
  cluster: Cluster;
  clock: Clock;
  /** The cluster can't be relied on, for this reason; told again when the reason changes. */
  onTrouble(reason: string): void;
  onRecovery(): void;
}

/** How often to look, how often while something is (or may be) wrong, and how long an answer may take; milliseconds. */
const interval = 5_000;
const troubledInterval = 1_000;
const patience = 4_000;
const tooLate = new Error(`no answer within ${patience / 1000} s`);
/** Who comes so much later than it meant to is busy itself, and may have kept the answer waiting; milliseconds. */
const ownLateness = 500;
/** How often it waits once more for that reason. */
const moreChances = 5;

/**
 * Asks a cluster from time to time whether it is there: a connection that hangs says nothing by itself. Starts again what
 * has stopped, and puts our kubeconfig file back if somebody changed it.
 */
export class ClusterWatch {
  readonly #options: ClusterWatchOptions;
  readonly #kubeconfig: string;
  readonly #stop = new AbortController();
  #timer: Timer | undefined;
  /** Kept while it gets answers: a handshake costs more than what is asked. */
  #client: KubeClient | undefined;
  #reason: string | undefined;

  constructor(options: ClusterWatchOptions) {
    this.#options = options;
    this.#kubeconfig = readFileSync(options.cluster.kubeconfig, 'utf8');
    this.#schedule(troubledInterval);
  }

  stop(): void {
    this.#stop.abort();
    this.#timer?.cancel();
    void this.#client?.close();
  }

  #schedule(ms: number): void {
    if (!this.#stop.signal.aborted) this.#timer = this.#options.clock.after(ms, () => void this.#look());
  }

  async #look(): Promise<void> {
    const reason = (await this.#mendKubeconfig()) ?? (await this.#ask());
    if (this.#stop.signal.aborted) return;
    if (reason !== undefined && reason !== this.#reason) this.#options.onTrouble(reason);
    if (reason === undefined && this.#reason !== undefined) this.#options.onRecovery();
    this.#reason = reason;
    this.#schedule(reason === undefined ? interval : troubledInterval);
  }

  async #mendKubeconfig(): Promise<string | undefined> {
    const { kubeconfig } = this.#options.cluster;
    try {
      if (readFileSync(kubeconfig, 'utf8') === this.#kubeconfig) return undefined;
    } catch {
      // It is gone: that is a change too.
    }
    try {
      await writeFile(kubeconfig, this.#kubeconfig, { mode: 0o600 });
      return `${kubeconfig} was changed; it has been put back`;
    } catch (error) {
      return `${kubeconfig} was changed and cannot be put back: ${(error as Error).message}`;
    }
  }

  /** Why the API server does not answer; undefined if it does, whatever it says. */
  async #ask(): Promise<string | undefined> {
    const kept = this.#client !== undefined;
    let failure = await this.#tryToAsk();
    // That a connection of before broke may be about that connection only.
    if (failure && kept && failure !== tooLate) failure = await this.#tryToAsk();
    if (!failure || this.#stop.signal.aborted) return undefined;
    const known = await this.#options.cluster.revive?.().catch((cause: Error) => cause.message);
    return known ?? failure.message;
  }

  async #tryToAsk(): Promise<Error | undefined> {
    const late = new AbortController();
    const timer = this.#patience(() => late.abort(tooLate));
    const client = this.#client ?? KubeClient.fromText(this.#kubeconfig, this.#options.cluster.context);
    this.#client = client;
    try {
      await client.request('GET', '/version', { signal: AbortSignal.any([late.signal, this.#stop.signal]) });
      return undefined;
    } catch (error) {
      if (error instanceof KubeError && error.code < 500) return undefined;
      this.#client = undefined;
      await client.close();
      return error as Error;
    } finally {
      timer.cancel();
    }
  }

  /** Ends when an answer should have come, and somewhat later where this process is too busy to take it. */
  #patience(onEnd: () => void): Timer {
    const { clock } = this.#options;
    let chances = moreChances;
    const wait = (): Timer => {
      const due = clock.now() + patience;
      return clock.after(patience, () => {
        if (clock.now() - due < ownLateness || chances-- === 0) onEnd();
        else timer = wait();
      });
    };
    let timer = wait();
    return { cancel: () => timer.cancel() };
  }
}
