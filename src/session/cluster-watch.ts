import { basename } from 'node:path';
import type { Cluster } from '../cluster/provider.ts';
import type { Clock, Timer } from '../kernel/clock.ts';
import { replaceFileSync } from '../kernel/files.ts';
import { KubeClient, KubeError } from '../kube/client.ts';
import { readFileIfThere, repairKubeconfig } from '../kube/kubeconfig.ts';

export interface ClusterWatchOptions {
  cluster: Cluster;
  clock: Clock;
  /** The cluster can't be relied on, for this reason; reported again when the reason changes. */
  onTrouble(reason: string): void;
  onRecovery(): void;
  /** The learner's kubeconfig file was mended, or could not be: what was done to it, in words. */
  onMend(what: string): void;
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
 * has stopped, and mends the learner's kubeconfig file where it does not lead to the cluster any more.
 */
export class ClusterWatch {
  readonly #options: ClusterWatchOptions;
  readonly #stop = new AbortController();
  #timer: Timer | undefined;
  /** Kept while it gets answers: a handshake costs more than what is asked. */
  #client: KubeClient | undefined;
  #reason: string | undefined;
  /** A content of the kubeconfig file that has to be mended, if it is still so at the next look; null: there is no file. */
  #broken: string | null | undefined;
  /** What was last said of it. */
  #saidOfFile: string | undefined;

  constructor(options: ClusterWatchOptions) {
    this.#options = options;
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
    await this.#repairKubeconfig();
    const reason = await this.#ask();
    if (this.#stop.signal.aborted) return;
    if (reason !== undefined && reason !== this.#reason) this.#options.onTrouble(reason);
    if (reason === undefined && this.#reason !== undefined) this.#options.onRecovery();
    this.#reason = reason;
    this.#schedule(reason === undefined && this.#broken === undefined ? interval : troubledInterval);
  }

  /** Whoever writes the file may be in the middle of it: it is mended when two looks have found the same. */
  async #repairKubeconfig(): Promise<void> {
    const { cluster } = this.#options;
    try {
      const own = await cluster.ownKubeconfig();
      const text = readFileIfThere(cluster.kubeconfig);
      const repair = repairKubeconfig(text, own);
      const before = this.#broken;
      this.#broken = repair && (text ?? null);
      if (!repair || before !== this.#broken || this.#stop.signal.aborted) return;
      const kept = repair.replaced && text?.trim() ? `${cluster.kubeconfig}.broken` : undefined;
      if (kept && text) replaceFileSync(kept, text);
      replaceFileSync(cluster.kubeconfig, repair.text);
      this.#broken = undefined;
      this.#saidOfFile = undefined;
      this.#options.onMend(kept ? `${repair.what}; yours is kept as ${basename(kept)}` : repair.what);
    } catch (error) {
      const what = `it cannot be mended: ${(error as Error).message}`;
      if (what !== this.#saidOfFile) this.#options.onMend(what);
      this.#saidOfFile = what;
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
    const { cluster } = this.#options;
    const late = new AbortController();
    const timer = this.#patience(() => late.abort(tooLate));
    try {
      this.#client ??= KubeClient.fromText(await cluster.ownKubeconfig(), cluster.context);
      await this.#client.request('GET', '/version', { signal: AbortSignal.any([late.signal, this.#stop.signal]) });
      return undefined;
    } catch (error) {
      if (error instanceof KubeError && error.code < 500) return undefined;
      const client = this.#client;
      this.#client = undefined;
      await client?.close();
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
