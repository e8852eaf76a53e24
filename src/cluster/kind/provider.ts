import { randomInt } from 'node:crypto';
import { type Clock, sleep, type Timer } from '../../kernel/clock.ts';
import { EnvironmentError } from '../../kernel/errors.ts';
import { extractContext } from '../kubeconfig/extract.ts';
import { ownKubeconfigPath, writeKubeconfigs } from '../own-kubeconfig.ts';
import type { BrokenCluster, Cluster, ClusterSpec, Diagnosis, Provider } from '../provider.ts';
import { isAlive, ownIdentity, type ProcessIdentity, Records, startOf } from '../record.ts';
import { checkKind } from './check.ts';
import { KindCluster, type KindRecord } from './cluster.ts';
import { createContainers, deleteContainers, untilPodsCanBeMade } from './containers.ts';
import { identify } from './lost.ts';
import { Tools } from './tools.ts';

export interface KindProviderOptions {
  /** One folder a cluster. */
  folder: string;
  clock: Clock;
  /** PATH to docker and kind. */
  env?: NodeJS.ProcessEnv;
  /** Clusters outlive this process: the next one takes them up (the daemon). Else its successor deletes them. */
  lasting: boolean;
  /** How many clusters that nobody needs are kept for the next attempts, and how long, milliseconds. Default: none. */
  keepWarm?: { count: number; time: number };
  log?(line: string): void;
}

/** Clusters of kind: node containers of the user's Docker. */
export class KindProvider implements Provider {
  readonly name = 'kind';
  readonly #options: KindProviderOptions;
  readonly #records: Records<KindRecord>;
  readonly #tools: Tools;
  readonly #warmTimers = new Map<string, Timer>();
  /** Warm clusters that a `create` is looking at. */
  readonly #taken = new Set<string>();

  constructor(options: KindProviderOptions) {
    this.#options = options;
    this.#records = new Records(options.folder);
    this.#tools = new Tools(options.env ?? process.env, options.clock);
  }

  check(): Promise<Diagnosis[]> {
    return checkKind(this.#tools);
  }

  async create(spec: ClusterSpec, progress: (step: string) => void, signal?: AbortSignal): Promise<Cluster> {
    const { nodes, nodeImage } = spec;
    signal?.throwIfAborted();
    const warm = await this.#takeWarm(spec, progress);
    const cluster = warm ?? (await this.#make(spec.name, { nodes, ...(nodeImage && { nodeImage }) }, progress, signal));
    try {
      if (spec.images?.length) await cluster.loadImages(spec.images, progress, signal);
      signal?.throwIfAborted();
    } catch (error) {
      await this.delete(cluster.id);
      throw error;
    }
    return cluster;
  }

  /** The clusters in use, also those of an earlier process that were taken up. */
  async list(): Promise<Cluster[]> {
    const entries = await this.#records.all();
    return entries.flatMap(({ id, record }) =>
      record?.phase === 'ready' && !record.warm ? [this.#cluster(id, record)] : [],
    );
  }

  async kept(): Promise<Cluster[]> {
    return (await this.#warm()).map(({ id, record }) => this.#cluster(id, record));
  }

  broken(): Promise<BrokenCluster[]> {
    return this.#records.broken();
  }

  async delete(id: string): Promise<void> {
    this.#warmTimers.get(id)?.cancel();
    this.#warmTimers.delete(id);
    const record = await this.#records.read(id);
    if (record) {
      await this.#records.write(id, { ...record, phase: 'deleting', owner: await ownIdentity() });
      await deleteContainers(this.#tools, record, {
        kubeconfig: ownKubeconfigPath(this.#folder(id)),
        clock: this.#options.clock,
      });
    } else if ((await this.#records.text(id)) !== undefined) return this.#deleteLost(id);
    await this.#records.remove(id);
  }

  /** Deletes a cluster whose record is damaged. Rejects with what may be left if its containers can't be reported. */
  async #deleteLost(id: string): Promise<void> {
    const known = new Set((await this.#records.all()).flatMap(({ record }) => (record ? [record.kindName] : [])));
    const text = (await this.#records.text(id)) ?? '';
    const identified = await identify(this.#tools, { folder: this.#folder(id), text, known });
    // As far as anybody knows it was being created.
    if ('kindName' in identified)
      await deleteContainers(
        this.#tools,
        { ...identified, phase: 'making' },
        { kubeconfig: ownKubeconfigPath(this.#folder(id)), clock: this.#options.clock },
      );
    await this.#records.remove(id);
    if ('kindName' in identified || identified.candidates.length === 0) return;
    const { candidates } = identified;
    throw new EnvironmentError({
      what: `${id} is no longer on record, but its containers may be left`,
      why: `its record was damaged, and these kind clusters are on none: ${candidates.join(', ')}`,
      next: `if nobody else uses them: ${candidates.map((name) => `kind delete cluster --name ${name}`).join('; ')}`,
    });
  }

  /** Keeps the cluster for the next attempt if it can be brought back to how it was created; else deletes it. */
  async release(id: string): Promise<void> {
    const { keepWarm = { count: 0, time: 0 }, clock, log } = this.#options;
    const record = await this.#records.read(id);
    if (!record || (await this.#warm()).length >= keepWarm.count) return this.delete(id);
    try {
      const cluster = this.#cluster(id, record);
      await cluster.restoreFound();
      // From now on it is compared with how it was found.
      await cluster.forgetAttempt();
    } catch (error) {
      log?.(`kind cluster ${id} is not kept: ${(error as Error).message}`);
      return this.delete(id);
    }
    await this.#records.write(id, { ...record, warm: true });
    this.#warmTimers.set(
      id,
      clock.after(keepWarm.time, () => {
        this.delete(id).catch((error: Error) => log?.(`kind cluster ${id} stays: ${error.message}`));
      }),
    );
  }

  /**
   * Finishes off what a crash left behind, and starts again what stopped with the machine. Call it once, before anything
   * else. Where Docker does not answer the records stay, for a later start.
   */
  async resume(): Promise<void> {
    const entries = await this.#records.all();
    await Promise.all(
      // Damaged ones are listed as broken, not taken for what was never begun.
      entries
        .filter(({ damaged }) => !damaged)
        .map((entry) => this.#resumeOne(entry.id, entry.record).catch((e) => this.#report(entry.id, e))),
    );
  }

  /** Ends what this process keeps for itself: warm clusters, and all that does not outlive it. */
  async stop(): Promise<void> {
    for (const timer of this.#warmTimers.values()) timer.cancel();
    this.#warmTimers.clear();
    const own = await ownIdentity();
    const doomed = (await this.#records.all()).filter(
      ({ record }) => record && (record.warm || !record.lasting) && record.owner.pid === own.pid,
    );
    await Promise.all(doomed.map(({ id }) => this.delete(id).catch((e) => this.#report(id, e))));
  }

  async #make(
    name: string,
    shape: Pick<KindRecord, 'nodes' | 'nodeImage'>,
    progress: (step: string) => void,
    signal?: AbortSignal,
  ): Promise<KindCluster> {
    progress('looking at Docker and kind');
    await this.#tools.docker(['info', '--format', '{{.ServerVersion}}'], signal && { signal });
    await this.#tools.kind(['version'], signal && { signal });
    const id = await this.#records.claim(name);
    const record: KindRecord = {
      version: 1,
      phase: 'making',
      owner: await ownIdentity(),
      lasting: this.#options.lasting,
      createdAt: new Date(this.#options.clock.now()).toISOString(),
      kindName: `kubedrill-${randomInt(36 ** 5)
        .toString(36)
        .padStart(5, '0')}`,
      warm: false,
      ...shape,
    };
    try {
      await this.#records.write(id, record);
      await createContainers(this.#tools, record, {
        kubeconfig: ownKubeconfigPath(this.#folder(id)),
        progress,
        ...(signal && { signal }),
        onStart: async (pid) => {
          try {
            // Should we die now, our successor has to end this process first.
            await this.#records.write(id, { ...record, child: { pid, started: await startOf(pid) } });
          } catch (error) {
            this.#report(id, new Error(`its process could not be noted: ${(error as Error).message}`));
          }
        },
      });
      await nameContext(this.#folder(id), id);
      const cluster = this.#cluster(id, record);
      progress('waiting until the cluster is quiet');
      await untilPodsCanBeMade(cluster, this.#options.clock, signal);
      await cluster.noteFound(signal);
      await this.#records.write(id, { ...record, phase: 'ready' });
      return cluster;
    } catch (error) {
      // What can't be deleted now stays on record, for a later start.
      await this.delete(id).catch((failure) => this.#report(id, failure));
      throw error;
    }
  }

  /** A cluster that an earlier attempt left, if one of this shape is there and well. */
  async #takeWarm(
    { name, nodes, nodeImage }: ClusterSpec,
    progress: (step: string) => void,
  ): Promise<KindCluster | undefined> {
    for (const { id, record } of await this.#warm()) {
      if (record.nodes !== nodes || record.nodeImage !== nodeImage || this.#taken.has(id)) continue;
      this.#taken.add(id);
      progress('taking the cluster of an earlier attempt');
      this.#warmTimers.get(id)?.cancel();
      this.#warmTimers.delete(id);
      const cluster = this.#cluster(id, record);
      const problem = await cluster.revive().then(
        async (reason) => reason ?? ((await cluster.differences()).length > 0 ? 'it has changed' : undefined),
        (error: Error) => error.message,
      );
      if (problem !== undefined) {
        this.#options.log?.(`warm kind cluster ${id} is of no use: ${problem}`);
        await this.delete(id);
        continue;
      }
      return this.#rename(id, record, name).finally(() => this.#taken.delete(id));
    }
    return undefined;
  }

  async #rename(from: string, record: KindRecord, name: string): Promise<KindCluster> {
    const id = await this.#records.claim(name);
    await this.#records.remove(id);
    await this.#records.rename(from, id);
    const ready: KindRecord = { ...record, warm: false, owner: await ownIdentity(), lasting: this.#options.lasting };
    await nameContext(this.#folder(id), id);
    const cluster = this.#cluster(id, ready);
    await cluster.forgetAttempt();
    await this.#records.write(id, ready);
    return cluster;
  }

  async #warm(): Promise<{ id: string; record: KindRecord }[]> {
    const entries = await this.#records.all();
    return entries.flatMap(({ id, record }) => (record?.phase === 'ready' && record.warm ? [{ id, record }] : []));
  }

  async #resumeOne(id: string, record: KindRecord | undefined): Promise<void> {
    if (!record) return this.#removeEmpty(id);
    const own = await ownIdentity();
    const ours = record.owner.pid === own.pid && record.owner.started === own.started;
    if (ours || (await isAlive(record.owner))) return;
    if (record.phase !== 'ready' || record.warm || !record.lasting) {
      if (record.child) await endProcess(record.child);
      return this.delete(id);
    }
    await this.#records.write(id, { ...record, owner: own });
    const nodes = await this.#tools.nodes(record.kindName);
    // Somebody deleted it behind our back.
    if (nodes.length === 0) return this.#records.remove(id);
    await this.#cluster(id, record).revive();
  }

  /** A folder without a record: its maker died before anything was created, or has only just begun. */
  async #removeEmpty(id: string): Promise<void> {
    await sleep(this.#options.clock, 200);
    if (!(await this.#records.read(id))) await this.#records.remove(id);
  }

  #cluster(id: string, record: KindRecord): KindCluster {
    return new KindCluster({
      id,
      record,
      context: contextOf(id),
      folder: this.#folder(id),
      tools: this.#tools,
      clock: this.#options.clock,
      dispose: () => this.delete(id),
    });
  }

  #folder(id: string): string {
    return this.#records.path(id, '');
  }

  #report(id: string, error: unknown): void {
    this.#options.log?.(`kind cluster ${id}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

const contextOf = (id: string) => `kubedrill-${id}`;

/** Calls context, cluster and user of what kind has written `kubedrill-<id>`; the learner's file is as new. */
async function nameContext(folder: string, id: string): Promise<void> {
  const { text } = await extractContext([ownKubeconfigPath(folder)], undefined, contextOf(id));
  await writeKubeconfigs(folder, text);
}

/** Ends the process group of an earlier process; its number is nobody else's as long as one of the group is left. */
async function endProcess({ pid, started }: ProcessIdentity): Promise<void> {
  const now = await startOf(pid);
  if (started === '' || (now !== '' && now !== started)) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // All have ended.
  }
}
