import { randomInt } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { installAddon } from '../cluster/addons/install.ts';
import type { AddonName } from '../cluster/addons/names.ts';
import type { Cluster, Provider } from '../cluster/provider.ts';
import type { Verdict } from '../grading/types.ts';
import { AppendLog } from '../kernel/append-log.ts';
import type { Clock } from '../kernel/clock.ts';
import { EnvironmentError, UserError } from '../kernel/errors.ts';
import type { ProcessStreams } from '../kernel/process-streams.ts';
import { KubeClient } from '../kube/client.ts';
import type { Catalog } from '../scenario/catalog.ts';
import { defaultSeed } from '../scenario/seed-list.ts';
import type { TrustStore } from '../scenario/trust.ts';
import { Attempt, type AttemptDependencies } from './attempt.ts';
import type { AttemptEvent } from './events.ts';
import { type AttemptFold, foldAttempt } from './fold.ts';
import { needsOf } from './needs.ts';
import { type ProgressLog, progressRecordsOf } from './progress.ts';
import { statisticsMarkdown, statisticsOf } from './statistics.ts';
import type {
  AttemptState,
  ClusterInfo,
  ClusterRequest,
  Labs,
  NodeCommand,
  NodeInput,
  NodeOutput,
  NodeProcessRequest,
  StartRequest,
} from './types.ts';

/** How long no verdict may move before `check` answers, milliseconds: more than a change takes to be judged. */
const quietFor = 250;

export interface LabHostOptions {
  clock: Clock;
  /** `$XDG_STATE_HOME/kubedrill/attempts` */
  folder: string;
  catalog: Catalog;
  providers: readonly Provider[];
  scriptEnvironment(): Promise<Record<string, string>>;
  trust: TrustStore;
  progress: ProgressLog;
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

/** Hosts attempts and their clusters: the Labs of the daemon's process. */
export class LabHost implements Labs {
  readonly #options: LabHostOptions;
  readonly #attempts = new Map<string, Attempt>();
  /** Attempts that could not be taken up, and why. */
  readonly #broken = new Map<string, Error>();
  /** Set-ups under way, by attempt. */
  readonly #making = new Map<string, Making>();

  constructor(options: LabHostOptions) {
    this.#options = options;
  }

  /** Takes up every attempt that was neither stopped nor given up; clusters of gone attempts are deleted. */
  async resume(): Promise<void> {
    const { folder, log } = this.#options;
    const ids = existsSync(folder) ? (await readdir(folder)).sort() : [];
    await Promise.all(
      ids.map((id) =>
        this.#resumeOne(id).catch((error: Error) => {
          if (!this.#attempts.has(id)) this.#broken.set(id, error);
          log(`attempt ${id} cannot be taken up: ${error.message}`);
        }),
      ),
    );
  }

  async #resumeOne(id: string): Promise<void> {
    const events = await AppendLog.read<AttemptEvent>(this.#file(id));
    // Of logs of earlier versions, or of a crash between the two files.
    await this.#options.progress.append(progressRecordsOf(events));
    const fold = foldAttempt(events);
    if (!fold || fold.phase === 'stopped' || fold.phase === 'failed') return;
    const attempt = await Attempt.open(id, (f) => this.#scenarioOf(f), this.#dependencies());
    if (!attempt) return;
    this.#attempts.set(id, attempt);
    const taken = this.#takeUp(attempt, fold);
    if (fold.phase === 'active') return taken;
    // Set-up and resets take as long as their workloads: who asks meanwhile sees their steps.
    taken.catch((error: unknown) => this.#options.log(`attempt ${id}: ${(error as Error).message}`));
  }

  async #takeUp(attempt: Attempt, fold: AttemptFold): Promise<void> {
    const provider = this.#provider(fold.cluster?.provider ?? fold.on.provider);
    const cluster = (await provider.list()).find((c) => c.id === fold.cluster?.id);
    if (cluster && fold.phase !== 'preparing') return attempt.resume(cluster);
    // Cut off in the middle of set-up (or the cluster is lost): begin again on a fresh one.
    if (cluster) await cluster.dispose();
    await this.#setUp(attempt);
  }

  async start(
    request: StartRequest,
    onState: (state: AttemptState) => void = () => undefined,
    signal?: AbortSignal,
  ): Promise<AttemptState> {
    const seed = request.seed ?? defaultSeed;
    const scenario = this.#options.catalog.scenario(request.scenario, {
      seed,
      ...(request.packFolder ? { packFolder: request.packFolder } : {}),
    });
    this.#options.trust.require(scenario, scenario.setup);
    if (request.resume) {
      const running = this.#newest((a) => a.scenario.id === scenario.id && a.scenario.pack.id === scenario.pack.id);
      if (running && running.fold.phase !== 'failed') {
        running.attend('sign');
        return running.state();
      }
      // Trying again after a failed set-up: a fresh one takes its place.
      if (running) await this.stop(running.id);
    }
    const { nodeImage, target } = request;
    const on = { provider: request.cluster, ...(nodeImage && { nodeImage }), ...(target && { target }) };
    this.#provider(on.provider);
    const attempt = await Attempt.create(this.#newId(scenario.id), scenario, { seed, on }, this.#dependencies());
    this.#attempts.set(attempt.id, attempt);
    const unsubscribe = attempt.onState(onState);
    let abandoned: Promise<void> | undefined;
    const abandon = () => {
      abandoned = this.#end(attempt, (provider, cluster) => provider.delete(cluster)).catch((error: Error) =>
        this.#options.log(`attempt ${attempt.id}: ${error.message}`),
      );
    };
    signal?.addEventListener('abort', abandon, { once: true });
    try {
      await this.#setUp(attempt);
      attempt.attend('sign');
      return attempt.state();
    } finally {
      signal?.removeEventListener('abort', abandon);
      unsubscribe();
      await abandoned;
      if (abandoned) await rm(join(this.#options.folder, attempt.id), { recursive: true, force: true });
    }
  }

  async attempts(): Promise<AttemptState[]> {
    return [...this.#attempts.values()].map((attempt) => attempt.state());
  }

  async attempt(id?: string): Promise<AttemptState> {
    return (await this.#get(id)).state();
  }

  async check(id?: string): Promise<AttemptState> {
    const attempt = await this.#worked(id);
    await attempt.quiet(quietFor);
    return attempt.state();
  }

  async explain(check: string, id?: string): Promise<Verdict | undefined> {
    return (await this.#worked(id)).explain(check);
  }

  async follow(id: string | undefined, onState: (state: AttemptState) => void, signal: AbortSignal): Promise<void> {
    const attempt = await this.#get(id);
    const unsubscribe = attempt.onState(onState);
    attempt.attend('came');
    onState(attempt.state());
    await new Promise<void>((resolve) => {
      if (signal.aborted) return resolve();
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    unsubscribe();
    attempt.attend('left');
  }

  async hint(id?: string) {
    return (await this.#worked(id)).hint();
  }

  async solution(id?: string) {
    return (await this.#get(id)).solution();
  }

  async debrief(id?: string): Promise<string> {
    const attempt = await this.#get(id);
    if (!attempt.state().wasSolved && !attempt.fold.sawSolution) {
      throw new UserError({
        what: 'the debrief comes after the solution',
        why: 'it tells why it broke and how to mend it',
        next: 'solve it first, or give up with: kubedrill solution',
      });
    }
    const events = await AppendLog.read<AttemptEvent>(this.#file(attempt.id));
    return `${attempt.scenario.debrief.trimEnd()}\n\n${statisticsMarkdown(statisticsOf(events))}`.trimEnd();
  }

  async reset(id?: string): Promise<AttemptState> {
    const attempt = await this.#worked(id);
    await attempt.reset();
    return attempt.state();
  }

  async stop(id?: string): Promise<AttemptState> {
    const attempt = await this.#get(id);
    await this.#end(attempt, release);
    return attempt.state();
  }

  /** Ends an attempt, also in the middle of its set-up, and then its cluster. */
  async #end(attempt: Attempt, letGo: (provider: Provider, cluster: string) => Promise<void>): Promise<void> {
    const making = this.#making.get(attempt.id);
    making?.abort(new EnvironmentError({ what: `the attempt ${attempt.id} was ended` }));
    await attempt.stop();
    this.#attempts.delete(attempt.id);
    await making?.over;
    const { cluster } = attempt.fold;
    if (cluster) await letGo(this.#provider(cluster.provider), cluster.id);
  }

  async clusterUp(
    request: ClusterRequest,
    onStep: (step: string) => void = () => undefined,
    signal?: AbortSignal,
  ): Promise<ClusterInfo> {
    const provider = this.#provider(request.provider);
    const name = request.name ?? 'bare';
    if (!/^[a-z0-9]([a-z0-9-]{0,40}[a-z0-9])?$/.test(name)) {
      throw new UserError({
        what: `"${name}" cannot name a cluster`,
        next: 'use lower-case letters, digits and -, at most 42',
      });
    }
    const { nodeImage, target } = request;
    const spec = { name, nodes: request.nodes ?? 1, ...(nodeImage && { nodeImage }), ...(target && { target }) };
    const cluster = await provider.create(spec, onStep, signal);
    try {
      const { addons = [] } = request;
      await installAddons(cluster, addons, onStep, signal);
      await cluster.systemRuns?.();
      if (addons.length > 0) await cluster.snapshot();
    } catch (error) {
      await cluster.dispose();
      throw error;
    }
    return infoOf(cluster);
  }

  async clusterList() {
    const lists = await Promise.all(
      this.#options.providers.map(async (provider) => {
        const [used, kept = []] = await Promise.all([provider.list(), provider.kept?.()]);
        return [...used.map((c) => this.#listed(c)), ...kept.map((c) => ({ ...infoOf(c), kept: true as const }))];
      }),
    );
    return lists.flat();
  }

  #listed(cluster: Cluster): ClusterInfo & { attempt?: string } {
    const attempt = this.#attemptOn(cluster.id);
    return { ...infoOf(cluster), ...(attempt && { attempt: attempt.id }) };
  }

  async clusterDown(id: string): Promise<void> {
    const attempt = this.#attemptOn(id);
    if (attempt) {
      throw new UserError({
        what: `the cluster ${id} belongs to the attempt ${attempt.id}`,
        next: `kubedrill stop --attempt ${attempt.id}`,
      });
    }
    for (const provider of this.#options.providers) {
      const clusters = [...(await provider.list()), ...((await provider.kept?.()) ?? [])];
      if (clusters.some((cluster) => cluster.id === id)) return provider.delete(id);
    }
    throw new UserError({ what: `there is no cluster ${id}`, next: 'kubedrill cluster list' });
  }

  async clusterDifferences(id?: string): Promise<string[]> {
    return (await this.#clusterOf(id)).differences();
  }

  async nodeCommand(node: string, command: readonly string[], id?: string): Promise<NodeCommand> {
    const cluster = await this.#clusterOf(id);
    if (cluster.nodeCommand) return { argv: await cluster.nodeCommand(node, command), simulated: false };
    if (!cluster.nodeProcess) throw notEntered(cluster);
    return { argv: ['kubedrill', 'node', 'shell', '--id', cluster.id, node, '--', ...command], simulated: true };
  }

  async nodeProcess(
    { id, node, command, tty }: NodeProcessRequest,
    onOutput: (output: NodeOutput) => void,
    input: AsyncIterable<NodeInput>,
    signal: AbortSignal,
  ): Promise<number> {
    const cluster = await this.#clusterOf(id);
    if (!cluster.nodeProcess) throw notEntered(cluster);
    const process = await cluster.nodeProcess(node, { command, tty });
    for (const stream of ['stdout', 'stderr'] as const) {
      process[stream]?.on('data', (chunk: Buffer) => onOutput({ stream, data: chunk.toString('base64') }));
    }
    signal.addEventListener('abort', () => process.close(), { once: true });
    if (signal.aborted) process.close();
    void feed(process, input);
    try {
      return await process.exit;
    } catch (error) {
      const { message, exitCode = 126 } = error as Error & { exitCode?: number };
      onOutput({ stream: 'stderr', data: Buffer.from(`${message}\n`).toString('base64') });
      return exitCode;
    }
  }

  /** Lets go of everything without ending it. */
  async suspend(): Promise<void> {
    for (const making of this.#making.values()) making.abort(new EnvironmentError({ what: 'the daemon goes' }));
    await Promise.all([...this.#attempts.values()].map((attempt) => attempt.suspend()));
    this.#attempts.clear();
    await this.#options.progress.close();
  }

  /** Makes the attempt's cluster and sets it up; ending the attempt meanwhile ends that too. */
  async #setUp(attempt: Attempt): Promise<void> {
    const making = new Making();
    this.#making.set(attempt.id, making);
    try {
      const cluster = await this.#create(attempt, making.signal);
      if (making.signal.aborted) {
        await cluster.dispose();
        throw making.signal.reason;
      }
      await attempt.setUp(cluster);
    } finally {
      this.#making.delete(attempt.id);
      making.end();
    }
  }

  async #create(attempt: Attempt, signal: AbortSignal): Promise<Cluster> {
    const { scenario } = attempt;
    const { provider, ...choice } = attempt.fold.on;
    const spec = { name: attempt.id, ...needsOf(scenario), ...choice };
    try {
      return await this.#provider(provider).create(spec, (step) => attempt.tellStep(step), signal);
    } catch (error) {
      // A daemon that goes leaves it to its successor.
      if (!signal.aborted) await attempt.fail(error);
      throw error;
    }
  }

  /** A cluster by its id, else that of the newest attempt, else the only one that there is. */
  async #clusterOf(id: string | undefined): Promise<Cluster> {
    const lists = await Promise.all(this.#options.providers.map((provider) => provider.list()));
    const clusters = lists.flat();
    const [only, another] = clusters;
    if (id === undefined && only && this.#attempts.size === 0) {
      if (!another) return only;
      const ids = clusters.map((c) => c.id).join(', ');
      throw new UserError({ what: 'there are several clusters', why: ids, next: 'name one of them' });
    }
    const wanted = id ?? (await this.#get(undefined)).fold.cluster?.id;
    const cluster = clusters.find((c) => c.id === wanted);
    if (cluster) return cluster;
    throw new UserError({
      what: `there is no cluster ${wanted ?? 'of this attempt yet'}`,
      next: 'kubedrill cluster list',
    });
  }

  /** The attempt by id, or the one started last; one that isn't running any more is read from its log. */
  async #get(id: string | undefined): Promise<Attempt> {
    const attempt = id === undefined ? this.#newest(() => true) : this.#attempts.get(id);
    if (attempt) return attempt;
    const broken = id === undefined ? [...this.#broken.values()].at(-1) : this.#broken.get(id);
    if (broken) throw broken;
    if (id === undefined) {
      throw new UserError({ what: 'no attempt is running', next: 'kubedrill start <scenario>, or kubedrill list' });
    }
    const known = existsSync(this.#file(id));
    throw new UserError({
      what: known ? `the attempt ${id} has ended` : `there is no attempt ${id}`,
      next: 'kubedrill start <scenario>',
    });
  }

  /** The same, for somebody who works on it. */
  async #worked(id: string | undefined): Promise<Attempt> {
    const attempt = await this.#get(id);
    attempt.attend('sign');
    return attempt;
  }

  #newest(which: (attempt: Attempt) => boolean): Attempt | undefined {
    return [...this.#attempts.values()].filter(which).sort((a, b) => b.fold.createdAt - a.fold.createdAt)[0];
  }

  #attemptOn(clusterId: string): Attempt | undefined {
    return [...this.#attempts.values()].find((attempt) => attempt.fold.cluster?.id === clusterId);
  }

  #provider(name: string): Provider {
    const provider = this.#options.providers.find((p) => p.name === name);
    if (provider) return provider;
    const names = this.#options.providers.map((p) => p.name).join(', ');
    throw new UserError({ what: `there is no cluster provider ${name}`, next: `use one of: ${names}` });
  }

  #scenarioOf(fold: AttemptFold) {
    const { id, seed, folder, pack } = fold.scenario;
    return this.#options.catalog.scenario(folder ? id : `${pack}/${id}`, {
      seed,
      ...(folder ? { packFolder: folder } : {}),
    });
  }

  #dependencies(): AttemptDependencies {
    const { clock, folder, scriptEnvironment, progress } = this.#options;
    return { clock, folder, scriptEnvironment, progress };
  }

  /** Short enough for a cluster's name, and never used before. */
  #newId(scenario: string): string {
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

function notEntered({ id, provider }: Cluster): UserError {
  return new UserError({
    what: `the nodes of ${id} can't be entered`,
    why: `kubedrill has no access to the machines of a cluster of ${provider}`,
    next: 'use --cluster embedded or --cluster kind',
  });
}

/** Passes input on to a process until there is no more, or it does not want any more. */
async function feed(process: ProcessStreams, input: AsyncIterable<NodeInput>): Promise<void> {
  process.stdin?.on('error', () => undefined);
  for await (const piece of input) {
    if ('data' in piece) process.stdin?.write(Buffer.from(piece.data, 'base64'));
    else if ('columns' in piece) process.resize?.(piece.columns, piece.rows);
    else process.stdin?.end();
  }
}

/** They are of the cluster as it is handed out: a reset keeps them. */
async function installAddons(
  cluster: Cluster,
  addons: readonly AddonName[],
  onStep: (step: string) => void,
  signal = new AbortController().signal,
): Promise<void> {
  if (addons.length === 0) return;
  const client = await KubeClient.fromFile(cluster.kubeconfig, cluster.context);
  try {
    for (const addon of addons) {
      onStep(`installing ${addon}`);
      await installAddon(client, addon, signal);
    }
    await cluster.snapshot();
  } finally {
    await client.close();
  }
}

async function release(provider: Provider, id: string): Promise<void> {
  await (provider.release ? provider.release(id) : provider.delete(id));
}

function infoOf({ id, provider, kubeconfig, context, server }: Cluster): ClusterInfo {
  return { id, provider, kubeconfig, context, server };
}
