import { randomInt } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { brokenText } from '../cluster/broken.ts';
import type { Cluster, Provider } from '../cluster/provider.ts';
import { AppendLog } from '../kernel/append-log.ts';
import type { Clock } from '../kernel/clock.ts';
import { EnvironmentError } from '../kernel/errors.ts';
import { workFor } from '../kernel/work.ts';
import type { Catalog } from '../scenario/catalog.ts';
import type { Scenario } from '../scenario/types.ts';
import { Attempt, type AttemptChoice, type AttemptDependencies } from './attempt.ts';
import type { Attempts } from './attempts.ts';
import type { Clusters } from './clusters.ts';
import type { AttemptEvent } from './events.ts';
import { type AttemptFold, foldAttempt } from './fold.ts';
import { needsOf } from './needs.ts';
import { type ProgressLog, progressRecordsOf } from './progress.ts';
import { scenarioAt } from './scenario-ref.ts';
import { markFile, noteStopped, readMark, type SetAside, setAside } from './set-aside.ts';
import type { AttemptState } from './types.ts';

export interface LifecycleOptions {
  clock: Clock;
  /** `$XDG_STATE_HOME/kubedrill/attempts` */
  folder: string;
  catalog: Catalog;
  scriptEnvironment(): Promise<Record<string, string>>;
  progress: ProgressLog;
  /** As attempts want it. */
  idleAfter?(): number;
  log(line: string): void;
}

/** A set-up under way: can be aborted, and waited for. */
class Making extends AbortController {
  readonly #over = Promise.withResolvers<void>();
  /** Resolves when nothing is done for it any more, however it ended. */
  readonly over = this.#over.promise;

  end(): void {
    this.#over.resolve();
  }
}

/** Begins attempts, takes them up again and ends them, each with its cluster. */
export class Lifecycle {
  readonly #options: LifecycleOptions;
  readonly #clusters: Clusters;
  readonly #attempts: Attempts;
  /** Set-ups under way, by attempt. */
  readonly #making = new Map<string, Making>();

  constructor(options: LifecycleOptions, clusters: Clusters, attempts: Attempts) {
    this.#options = options;
    this.#clusters = clusters;
    this.#attempts = attempts;
  }

  /** Whether a cluster is being created or set up. */
  get isMaking(): boolean {
    return this.#making.size > 0;
  }

  /** Takes up every attempt that was neither stopped nor given up; clusters of gone attempts are deleted. */
  async resume(): Promise<void> {
    const { folder, log } = this.#options;
    const ids = existsSync(folder) ? (await readdir(folder)).sort() : [];
    await Promise.all(
      ids.map((id) =>
        workFor({ attempt: id }, () => this.#resumeOne(id)).catch((error: Error) => {
          this.#attempts.addBroken(id, error);
          log(`attempt ${id} cannot be taken up: ${error.message}`);
        }),
      ),
    );
  }

  async #resumeOne(id: string): Promise<void> {
    const { folder, progress, log } = this.#options;
    const events = await AppendLog.read<AttemptEvent>(this.#file(id));
    // Of logs of earlier versions, or of a crash between the two files.
    await progress.append(progressRecordsOf(events));
    const fold = foldAttempt(events);
    if (!fold || fold.phase === 'stopped') return;
    if (fold.phase === 'failed') return this.#deleteRemains(fold);
    const mark = await readMark(join(folder, id));
    const broken = fold.cluster && (await this.#clusters.broken(fold.cluster.id));
    const reason = mark ?? (broken && brokenText(broken));
    if (reason) {
      this.#attempts.addAside(setAside(events, this.#scenarioOf(fold), reason));
      return log(`attempt ${id} is set aside: ${reason.what}${reason.why ? `: ${reason.why}` : ''}`);
    }
    const attempt = await Attempt.open(id, (f) => this.#scenarioOf(f), this.#dependencies());
    if (!attempt) return;
    this.#attempts.add(attempt);
    const taken = this.#takeUp(attempt, fold);
    if (fold.phase === 'active') return taken;
    // Set-up and resets take as long as their workloads: who asks meanwhile sees their steps.
    taken.catch((error: unknown) => log(`attempt ${id}: ${(error as Error).message}`));
  }

  async #takeUp(attempt: Attempt, fold: AttemptFold): Promise<void> {
    const provider = this.#clusters.provider(fold.cluster?.provider ?? fold.on.provider);
    const cluster = (await provider.list()).find((c) => c.id === fold.cluster?.id);
    if (cluster && fold.phase !== 'preparing') return attempt.resume(cluster);
    // Cut off in the middle of set-up (or the cluster is lost): begin again on a fresh one.
    if (cluster) await cluster.dispose();
    await this.#setUp(attempt);
  }

  /** Makes an attempt, its cluster and what is broken in it. Once `signal` aborts, nothing stays. */
  begin(
    choice: AttemptChoice & { scenario: Scenario; id?: string },
    onState: (state: AttemptState) => void,
    signal: AbortSignal | undefined,
  ): Promise<AttemptState> {
    const { id = this.newId(choice.scenario.id) } = choice;
    return workFor({ attempt: id }, async () => {
      const { scenario, id: _, ...where } = choice;
      const attempt = await Attempt.create(id, scenario, where, this.#dependencies());
      this.#attempts.add(attempt);
      const unsubscribe = attempt.onState(onState);
      let abandoned: Promise<void> | undefined;
      const abandon = () => {
        abandoned = this.end(attempt, deleteCluster).catch((error: Error) =>
          this.#options.log(`attempt ${id}: ${error.message}`),
        );
      };
      signal?.addEventListener('abort', abandon, { once: true });
      try {
        await this.#setUp(attempt);
        if (!choice.exam) attempt.attend('sign');
        return attempt.state();
      } finally {
        signal?.removeEventListener('abort', abandon);
        unsubscribe();
        await abandoned;
        if (abandoned) await rm(join(this.#options.folder, id), { recursive: true, force: true });
      }
    });
  }

  /** Ends an attempt, also in the middle of its set-up, and lets go of its cluster. Default: the provider may keep that. */
  async end(attempt: Attempt, letGo = releaseCluster): Promise<void> {
    const making = this.#making.get(attempt.id);
    making?.abort(new EnvironmentError({ what: `the attempt ${attempt.id} was ended` }));
    await attempt.stop();
    this.#attempts.remove(attempt);
    await making?.over;
    const { cluster } = attempt.fold;
    if (cluster) await letGo(this.#clusters.provider(cluster.provider), cluster.id);
  }

  /** Takes up one that was set aside, whatever for; rejects if its cluster is broken. */
  async takeUpMarked(aside: SetAside): Promise<void> {
    const { id, cluster } = aside.fold;
    if (cluster && (await this.#clusters.broken(cluster.id))) throw aside.error;
    await rm(markFile(join(this.#options.folder, id)), { force: true });
    await this.takeUpAside(aside);
  }

  /** Takes up one that was set aside for its cluster, which works again. */
  async takeUpAside(aside: SetAside): Promise<void> {
    const { id } = aside.fold;
    this.#attempts.removeAside(aside);
    await workFor({ attempt: id }, () => this.#resumeOne(id));
  }

  /** Ends one that is set aside, and its cluster. */
  async endAside(aside: SetAside): Promise<AttemptState> {
    const { id, cluster } = aside.fold;
    await noteStopped(this.#file(id), this.#options.clock);
    this.#attempts.removeAside(aside);
    if (cluster) await this.#clusters.provider(cluster.provider).delete(cluster.id);
    return { ...aside.state, phase: 'stopped' };
  }

  /** Lets go of everything without ending it; the ids of those that can be gone on with. */
  async suspend(): Promise<string[]> {
    const all = this.#attempts.all();
    const makings = [...this.#making.values()];
    for (const making of makings) making.abort(new EnvironmentError({ what: 'the daemon goes' }));
    const ids = all.filter(({ fold }) => fold.phase !== 'failed').map(({ id }) => id);
    await Promise.all(all.map((attempt) => attempt.suspend()));
    for (const attempt of all) this.#attempts.remove(attempt);
    // Whoever comes next may make the same clusters.
    await Promise.all(makings.map(({ over }) => over));
    return ids;
  }

  /** Makes the attempt's cluster and sets it up; ending the attempt meanwhile ends that too. */
  async #setUp(attempt: Attempt): Promise<void> {
    const making = new Making();
    this.#making.set(attempt.id, making);
    try {
      const cluster = await this.#createCluster(attempt, making.signal);
      if (making.signal.aborted) {
        await cluster.dispose();
        throw making.signal.reason;
      }
      await attempt.setUp(cluster);
    } catch (error) {
      // Whoever ended it sees to the rest; a daemon that goes leaves it to its successor.
      if (!making.signal.aborted && attempt.fold.activatedAt === undefined) await this.#giveUp(attempt);
      throw error;
    } finally {
      this.#making.delete(attempt.id);
      making.end();
    }
  }

  async #createCluster(attempt: Attempt, signal: AbortSignal): Promise<Cluster> {
    const { provider, ...choice } = attempt.fold.on;
    const spec = { name: attempt.id, ...needsOf(attempt.scenario), ...choice };
    try {
      return await this.#clusters.provider(provider).create(spec, (step) => attempt.reportStep(step), signal);
    } catch (error) {
      // A daemon that goes leaves it to its successor.
      if (!signal.aborted) await attempt.fail(error);
      throw error;
    }
  }

  /** A start that failed is no attempt: only its log stays, and the attempt before is the current one again. */
  async #giveUp(attempt: Attempt): Promise<void> {
    this.#attempts.fail(attempt);
    await attempt.close();
    await this.#deleteRemains(attempt.fold);
  }

  /** Deletes the cluster of a start that failed; also what a crash kept from being deleted. */
  async #deleteRemains({ id, activatedAt, cluster }: Readonly<AttemptFold>): Promise<void> {
    if (activatedAt !== undefined || !cluster) return;
    try {
      const provider = this.#clusters.provider(cluster.provider);
      if ((await provider.list()).some((c) => c.id === cluster.id)) await provider.delete(cluster.id);
    } catch (error) {
      this.#options.log(`attempt ${id}: its cluster ${cluster.id} stays: ${(error as Error).message}`);
    }
  }

  #scenarioOf(fold: AttemptFold): Scenario {
    return scenarioAt(this.#options.catalog, fold.scenario);
  }

  #dependencies(): AttemptDependencies {
    const { clock, folder, scriptEnvironment, progress, idleAfter } = this.#options;
    return { clock, folder, scriptEnvironment, progress, ...(idleAfter && { idleAfter }) };
  }

  /** Short enough for a cluster's name, and never used before. */
  newId(scenario: string): string {
    for (let tries = 0; tries < 100; tries++) {
      const id = `${scenario}-${randomInt(36 ** 4)
        .toString(36)
        .padStart(4, '0')}`;
      if (!existsSync(join(this.#options.folder, id))) return id;
    }
    throw new EnvironmentError({ what: 'no free name for an attempt', next: `clear out ${this.#options.folder}` });
  }

  #file(id: string): string {
    return join(this.#options.folder, id, 'events.jsonl');
  }
}

async function deleteCluster(provider: Provider, id: string): Promise<void> {
  await provider.delete(id);
}

/** Lets an attempt go without its cluster, which is nobody's then. */
export async function keepCluster(): Promise<void> {
  return Promise.resolve();
}

async function releaseCluster(provider: Provider, id: string): Promise<void> {
  await (provider.release ? provider.release(id) : provider.delete(id));
}
