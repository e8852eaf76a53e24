import type { Provider } from '../cluster/provider.ts';
import type { TrustStore } from '../scenario/trust.ts';
import { attemptVerbs } from './attempt-verbs.ts';
import { Attempts } from './attempts.ts';
import { clusterVerbs, nodeVerbs } from './cluster-verbs.ts';
import { Clusters } from './clusters.ts';
import type { Labs } from './contract.ts';
import { Exams } from './exam/exams.ts';
import { Lifecycle, type LifecycleOptions } from './lifecycle.ts';
import type { SuspendedLabs } from './types.ts';
import { workVerbs } from './work-verbs.ts';

export interface LabHostOptions extends LifecycleOptions {
  providers: readonly Provider[];
  trust: TrustStore;
  /** For reports. */
  version?: string;
}

/** Hosts attempts and clusters: what the daemon's process answers with. */
export class LabHost {
  readonly labs: Labs;
  readonly #options: LabHostOptions;
  readonly #lifecycle: Lifecycle;
  readonly #exams: Exams;

  constructor(options: LabHostOptions) {
    const { providers, folder, catalog, trust } = options;
    const clusters = new Clusters(providers);
    const attempts = new Attempts(folder);
    const lifecycle = new Lifecycle(options, clusters, attempts);
    this.#options = options;
    this.#lifecycle = lifecycle;
    this.#exams = new Exams({ ...options, clusters, attempts, lifecycle });
    this.labs = {
      ...attemptVerbs({ attempts, lifecycle, clusters, catalog, trust }),
      ...workVerbs(attempts, folder),
      ...clusterVerbs(clusters, attempts, lifecycle),
      ...nodeVerbs(clusters, attempts),
      ...this.#exams.verbs(),
    };
  }

  /** Takes up what earlier processes have left. */
  async resume(): Promise<void> {
    await this.#lifecycle.resume();
    await this.#exams.resume();
  }

  /** Whether nothing here is worth a process: no cluster, and none is being created. */
  async isEmpty(): Promise<boolean> {
    if (this.#lifecycle.isMaking) return false;
    return (await this.labs.clusterList()).every(({ broken }) => broken);
  }

  /** Lets go of everything without ending it. */
  async suspend(): Promise<SuspendedLabs> {
    const clusters = (await this.labs.clusterList()).filter(({ kept, broken }) => !kept && !broken).length;
    await this.#exams.close();
    const attempts = await this.#lifecycle.suspend();
    await this.#options.progress.close();
    return { attempts, clusters };
  }
}
