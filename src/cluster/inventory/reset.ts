import { type Clock, sleep } from '../../kernel/clock.ts';
import { EnvironmentError } from '../../kernel/errors.ts';
import { type KubeClient, KubeError } from '../../kube/client.ts';
import { groupResource, type Stored } from '../../kube/meta.ts';
import { type Difference, describeDifference, differencesOf } from './difference.ts';
import { captureInventory, type Inventory, type InventoryObject, keyOf } from './inventory.ts';
import { isObstacle, rankOf } from './rebirth.ts';
import { roleOf } from './roles.ts';
import { Writer } from './writer.ts';

export interface ResetOptions {
  client: KubeClient;
  baseline: Inventory;
  clock: Clock;
  /** Namespaces whose Pods are replaced, so that no process keeps what was done inside of it. */
  replacePodsIn?(namespace: string): boolean;
  /** Where to look if our rights end at namespaces. */
  namespaces?: readonly string[];
  /** How long it may take, milliseconds. Default two minutes. */
  patience?: number;
  signal?: AbortSignal;
}

/** How long to wait for controllers before looking again, milliseconds. */
const firstPause = 100;
const lastPause = 1_000;
/** How often something may come back changed before it is taken for somebody else's business. */
const patienceWithOthers = 4;

/**
 * Brings a cluster back to an inventory: what is new is deleted, what changed is restored field by field, what is gone is
 * recreated. It looks, writes and looks again until nothing differs, since controllers answer to what it does.
 * Resolves with what is left to whoever keeps changing it (`kind namespace/name`); rejects with an EnvironmentError that
 * names what could not be brought back.
 */
export async function resetTo(options: ResetOptions): Promise<string[]> {
  return new Reset(options).run();
}

class Reset {
  readonly #options: ResetOptions;
  readonly #writer: Writer;
  /** How often each object was written. */
  readonly #written = new Map<string, number>();
  /** Uids of Pods that have to be gone. */
  #replaced: Set<string> | undefined;

  constructor(options: ResetOptions) {
    this.#options = options;
    this.#writer = new Writer(options.client, options.clock, options.baseline);
  }

  async run(): Promise<string[]> {
    const { clock, signal, patience = 120_000 } = this.#options;
    const end = clock.now() + patience;
    let pause = firstPause;
    for (;;) {
      const { done, progress, problem } = await this.#pass();
      if (done) return [...this.#written.keys()].filter((key) => this.#isRestless(key));
      if (clock.now() > end) throw problem;
      pause = progress ? firstPause : Math.min(pause * 2, lastPause);
      await sleep(clock, pause, signal);
    }
  }

  /** Looks, and writes if anything differs. A cluster that does not answer is asked again later. */
  async #pass(): Promise<{ done?: true; progress?: boolean; problem?: Error }> {
    try {
      const now = await this.#look();
      const differences = differencesOf(this.#options.baseline, now).filter((d) => !this.#isRestless(d.key));
      if (differences.length === 0 && this.#podsAreReplaced(now)) return { done: true };
      return { progress: await this.#round(differences, now), problem: this.#tooLate(differences) };
    } catch (error) {
      if (error instanceof EnvironmentError || isPassing(error)) return { problem: error };
      throw error;
    }
  }

  #look(): Promise<Inventory> {
    const { client, namespaces, signal } = this.#options;
    return captureInventory({ client, ...(namespaces && { namespaces }), ...(signal && { signal }) });
  }

  /** One pass over all differences; true if anything was written. */
  async #round(differences: Difference[], now: Inventory): Promise<boolean> {
    this.#writer.begin(now);
    const is =
      (...changes: Difference['change'][]) =>
      (d: Difference) =>
        changes.includes(d.change);
    const obstacles = differences.filter((d) => isObstacle(d.resource) && is('new', 'leaving')(d));
    const additions = differences.filter((d) => !isObstacle(d.resource) && is('new', 'leaving')(d));
    const changes = differences.filter(is('changed'));
    const losses = differences.filter(is('missing'));
    let wrote = false;
    for (const group of [obstacles, this.#settled(additions, differences), ...byRank([...changes, ...losses])]) {
      wrote = (await this.#each(group)) || wrote;
    }
    await this.#hurry(differences);
    // Only when what makes them is as it was: else they would be created wrongly once more.
    if (!differences.some((d) => d.change === 'changed' || d.change === 'missing')) {
      wrote = (await this.#replacePods(now)) || wrote;
    }
    return wrote;
  }

  /** A revision goes when its workload has its old template back: before, it would only be recreated. */
  #settled(additions: Difference[], all: Difference[]): Difference[] {
    const changed = new Set(all.filter((d) => d.change !== 'new').map((d) => d.live?.metadata.uid));
    return additions.filter(({ live }) => !live?.metadata.ownerReferences?.some((owner) => changed.has(owner.uid)));
  }

  async #each(group: Difference[]): Promise<boolean> {
    const results = await Promise.all(group.map((difference) => this.#one(difference)));
    return results.includes(true);
  }

  async #one(difference: Difference): Promise<boolean> {
    this.#options.signal?.throwIfAborted();
    const wrote = await this.#writer.repair(difference);
    if (wrote && difference.change !== 'leaving') {
      this.#written.set(difference.key, (this.#written.get(difference.key) ?? 0) + 1);
    }
    return wrote;
  }

  /** The namespace controller would wait for their grace periods: Pods that go with a namespace go at once. */
  async #hurry(differences: Difference[]): Promise<void> {
    const departing = new Set(
      differences
        .filter((d) => groupResource(d.resource) === 'namespaces' && (d.change === 'new' || d.change === 'leaving'))
        .map((d) => d.live?.metadata.name),
    );
    const pods = differences.filter((d) => d.change === 'going' && groupResource(d.resource) === 'pods');
    await Promise.all(
      pods.map(async ({ resource, live }) => {
        if (live && departing.has(live.metadata.namespace)) await this.#writer.remove(resource, live);
      }),
    );
  }

  async #replacePods(now: Inventory): Promise<boolean> {
    const { replacePodsIn, baseline } = this.#options;
    if (!replacePodsIn || this.#replaced) return false;
    const doomed = now.objects.filter(
      ({ resource, object }) =>
        groupResource(resource) === 'pods' && replacePodsIn(object.metadata.namespace ?? '') && !isFinished(object),
    );
    this.#replaced = new Set(doomed.map(({ object }) => object.metadata.uid));
    const jobs = unfinishedJobs(baseline, now);
    // A Job would count the Pods it loses as failures: it begins again as a whole.
    const again = now.objects.filter(({ resource, object }) => jobs.has(keyOf(resource, object)));
    await Promise.all([...doomed, ...again].map((entry) => this.#writer.remove(entry.resource, entry.object)));
    return doomed.length > 0;
  }

  #podsAreReplaced(now: Inventory): boolean {
    const { replacePodsIn } = this.#options;
    if (!replacePodsIn) return true;
    const replaced = this.#replaced;
    return replaced !== undefined && !now.objects.some(({ object }) => replaced.has(object.metadata.uid));
  }

  #isRestless(key: string): boolean {
    return (this.#written.get(key) ?? 0) >= patienceWithOthers;
  }

  #tooLate(differences: Difference[]): EnvironmentError {
    const texts = differences.slice(0, 5).map((d) => {
      const reason = this.#writer.failureOf(d.key);
      return `${describeDifference(d)}${reason ? ` (${reason})` : ''}`;
    });
    const more = differences.length > 5 ? `, and ${differences.length - 5} more` : '';
    return new EnvironmentError({
      what: 'the cluster could not be brought back to what it was',
      why: texts.length > 0 ? `${texts.join('; ')}${more}` : 'old Pods do not end',
      next: 'try again, or start the scenario anew',
    });
  }
}

/** The server has too much to do, or is only coming up. */
function isPassing(error: unknown): error is KubeError {
  return error instanceof KubeError && (error.code === 429 || error.code >= 500);
}

function byRank(differences: Difference[]): Difference[][] {
  const groups = Map.groupBy(differences, (d) => rankOf(d.resource));
  return [...groups].sort(([a], [b]) => a - b).map(([, group]) => group);
}

function isFinished(object: Stored): boolean {
  const { status } = object as Stored & { status?: { phase?: string } };
  return status?.phase === 'Succeeded' || status?.phase === 'Failed';
}

/** Keys of the baseline's own Jobs whose Pods still run. */
function unfinishedJobs(baseline: Inventory, now: Inventory): Set<string> {
  const wanted = new Set(
    baseline.objects
      .filter(({ resource, object }) => groupResource(resource) === 'jobs.batch' && roleOf(resource, object) === 'own')
      .map(({ resource, object }) => keyOf(resource, object)),
  );
  const running = now.objects.filter(
    ({ resource, object }) => wanted.has(keyOf(resource, object)) && !hasEnded(object),
  );
  return new Set(running.map(({ resource, object }: InventoryObject) => keyOf(resource, object)));
}

function hasEnded(job: Stored): boolean {
  const { status } = job as Stored & { status?: { conditions?: { type: string; status: string }[] } };
  return (
    status?.conditions?.some((c) => (c.type === 'Complete' || c.type === 'Failed') && c.status === 'True') ?? false
  );
}
