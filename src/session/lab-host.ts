import { randomInt } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { brokenText } from '../cluster/broken.ts';
import type { Cluster, Provider } from '../cluster/provider.ts';
import type { Verdict } from '../grading/types.ts';
import { AppendLog } from '../kernel/append-log.ts';
import type { Clock } from '../kernel/clock.ts';
import { EnvironmentError, UserError } from '../kernel/errors.ts';
import type { MethodOptions } from '../kernel/rpc-contract.ts';
import { workFor } from '../kernel/work.ts';
import type { Catalog } from '../scenario/catalog.ts';
import { defaultSeed } from '../scenario/seed-list.ts';
import type { TrustStore } from '../scenario/trust.ts';
import type { Scenario } from '../scenario/types.ts';
import { Attempt, type AttemptDependencies } from './attempt.ts';
import { hasBegun, neverBegan, readAttemptLog, unknownAttempt } from './attempt-logs.ts';
import { Clusters, noCluster, notEntered, notRunning } from './clusters.ts';
import type { Labs } from './contract.ts';
import type { AttemptEvent, ClusterChoice } from './events.ts';
import { type AttemptFold, foldAttempt } from './fold.ts';
import { needsOf } from './needs.ts';
import { joinProcess, NodeInputs } from './node-process.ts';
import { type ProgressLog, progressRecordsOf } from './progress.ts';
import { markFile, noteStopped, readMark, type SetAside, setAside } from './set-aside.ts';
import { statisticsMarkdown, statisticsOf } from './statistics.ts';
import type {
  AttemptState,
  ClusterInfo,
  ClusterRequest,
  HintGiven,
  ListedCluster,
  NodeCommand,
  NodeCommandRequest,
  NodeInput,
  NodeOutput,
  NodeProcessRequest,
  StartRequest,
  SuspendedLabs,
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

/** An attempt, or a cluster; default: the newest. */
interface Choice {
  id?: string;
}

/** Hosts attempts and their clusters: the Labs of the daemon's process. */
export class LabHost implements Labs {
  readonly #options: LabHostOptions;
  readonly #clusters: Clusters;
  readonly #attempts = new Map<string, Attempt>();
  /** Attempts that are not taken up: their clusters are broken, or they have blocked a daemon. */
  readonly #setAside = new Map<string, SetAside>();
  /** Attempts that could not be taken up nor read, and why. */
  readonly #broken = new Map<string, Error>();
  /** Set-ups under way, by attempt. */
  readonly #making = new Map<string, Making>();
  /** Starts that failed, as they ended: nobody goes on with them, but whoever looked on may ask for them by id. */
  readonly #failed = new Map<string, AttemptState>();
  readonly #inputs = new NodeInputs();

  constructor(options: LabHostOptions) {
    this.#options = options;
    this.#clusters = new Clusters(options.providers);
  }

  /** Takes up every attempt that was neither stopped nor given up; clusters of gone attempts are deleted. */
  async resume(): Promise<void> {
    const { folder, log } = this.#options;
    const ids = existsSync(folder) ? (await readdir(folder)).sort() : [];
    await Promise.all(
      ids.map((id) =>
        workFor({ attempt: id }, () => this.#resumeOne(id)).catch((error: Error) => {
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
    if (!fold || fold.phase === 'stopped') return;
    if (fold.phase === 'failed') return this.#deleteRemains(fold);
    const mark = await readMark(join(this.#options.folder, id));
    const broken = fold.cluster && (await this.#clusters.broken(fold.cluster.id));
    const reason = mark ?? (broken && brokenText(broken));
    if (reason) {
      this.#setAside.set(id, setAside(events, this.#scenarioOf(fold), reason));
      return this.#options.log(`attempt ${id} is set aside: ${reason.what}${reason.why ? `: ${reason.why}` : ''}`);
    }
    const attempt = await Attempt.open(id, (f) => this.#scenarioOf(f), this.#dependencies());
    if (!attempt) return;
    this.#attempts.set(id, attempt);
    const taken = this.#takeUp(attempt, fold);
    if (fold.phase === 'active') return taken;
    // Set-up and resets take as long as their workloads: who asks meanwhile sees their steps.
    taken.catch((error: unknown) => this.#options.log(`attempt ${id}: ${(error as Error).message}`));
  }

  async #takeUp(attempt: Attempt, fold: AttemptFold): Promise<void> {
    const provider = this.#clusters.provider(fold.cluster?.provider ?? fold.on.provider);
    const cluster = (await provider.list()).find((c) => c.id === fold.cluster?.id);
    if (cluster && fold.phase !== 'preparing') return attempt.resume(cluster);
    // Cut off in the middle of set-up (or the cluster is lost): begin again on a fresh one.
    if (cluster) await cluster.dispose();
    await this.#setUp(attempt);
  }

  async start(
    request: StartRequest,
    { onEvent: onState = () => undefined, signal }: MethodOptions<AttemptState> = {},
  ): Promise<AttemptState> {
    const seed = request.seed ?? defaultSeed;
    const scenario = this.#options.catalog.scenario(request.scenario, {
      seed,
      ...(request.packFolder ? { packFolder: request.packFolder } : {}),
    });
    this.#options.trust.require(scenario, scenario.setup);
    if (request.resume) {
      const running = this.#newest((a) => a.scenario.id === scenario.id && a.scenario.pack.id === scenario.pack.id);
      const aside = [...this.#setAside.values()].find(
        ({ fold }) => fold.scenario.id === scenario.id && fold.scenario.pack === scenario.pack.id,
      );
      if (!running && aside) {
        onState(aside.state);
        throw aside.error;
      }
      if (running && running.fold.phase !== 'failed') {
        running.attend('sign');
        return running.state();
      }
      // Trying again after a reset that failed: a fresh one takes its place.
      if (running) await this.stop({ id: running.id });
    }
    const { nodeImage, target } = request;
    const on = { provider: request.provider, ...(nodeImage && { nodeImage }), ...(target && { target }) };
    this.#clusters.provider(on.provider);
    const id = this.#newId(scenario.id);
    return workFor({ attempt: id }, () => this.#begin({ id, scenario, seed, on }, onState, signal));
  }

  async #begin(
    { id, scenario, seed, on }: { id: string; scenario: Scenario; seed: number; on: ClusterChoice },
    onState: (state: AttemptState) => void,
    signal: AbortSignal | undefined,
  ): Promise<AttemptState> {
    const attempt = await Attempt.create(id, scenario, { seed, on }, this.#dependencies());
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
    const aside = [...this.#setAside.values()].map(({ state }) => state);
    return [...[...this.#attempts.values()].map((attempt) => attempt.state()), ...aside];
  }

  async attempt({ id }: Choice = {}): Promise<AttemptState> {
    const failed = id === undefined ? undefined : this.#failed.get(id);
    return failed ?? this.#aside(id)?.state ?? (await this.#get(id)).state();
  }

  async check({ id }: Choice = {}): Promise<AttemptState> {
    const attempt = await this.#worked(id);
    await attempt.grading.quiet(quietFor);
    return attempt.state();
  }

  async explain({ check, id }: Choice & { check: string }): Promise<Verdict | undefined> {
    const attempt = await this.#worked(id);
    return workFor({ attempt: attempt.id }, () => attempt.grading.explain(check));
  }

  async follow(
    { id }: Choice = {},
    { onEvent: onState = () => undefined, signal }: MethodOptions<AttemptState> = {},
  ): Promise<void> {
    const aside = this.#aside(id);
    if (aside) onState(aside.state);
    const attempt = aside ? undefined : await this.#get(id);
    const unsubscribe = attempt?.onState(onState);
    attempt?.attend('came');
    if (attempt) onState(attempt.state());
    await new Promise<void>((resolve) => {
      if (signal?.aborted) return resolve();
      signal?.addEventListener('abort', () => resolve(), { once: true });
    });
    unsubscribe?.();
    attempt?.attend('left');
  }

  async hint({ id }: Choice = {}): Promise<HintGiven> {
    return (await this.#worked(id)).hint();
  }

  async solution({ id }: Choice = {}): Promise<{ name: string; text: string }[]> {
    return (await this.#get(id)).solution();
  }

  async debrief({ id }: Choice = {}): Promise<string> {
    const { fold, scenario, wasSolved } = await this.#shown(id);
    if (!wasSolved && !fold.sawSolution) {
      throw new UserError({
        what: 'the debrief comes after the solution',
        why: 'it tells why it broke and how to mend it',
        next: 'solve it first, or give up with: kubedrill solution',
      });
    }
    const events = await AppendLog.read<AttemptEvent>(this.#file(fold.id));
    return `${scenario.debrief.trimEnd()}\n\n${statisticsMarkdown(statisticsOf(events))}`.trimEnd();
  }

  /** The attempt as it may be looked at, set aside or not. */
  async #shown(
    id: string | undefined,
  ): Promise<{ fold: Readonly<AttemptFold>; scenario: Scenario; wasSolved: boolean }> {
    const aside = this.#aside(id);
    if (aside) return { ...aside, wasSolved: aside.state.wasSolved };
    const attempt = await this.#worked(id);
    return { fold: attempt.fold, scenario: attempt.scenario, wasSolved: attempt.state().wasSolved };
  }

  /** One that is set aside because it blocked a daemon is taken up before. */
  async reset({ id }: Choice = {}): Promise<AttemptState> {
    const aside = this.#aside(id);
    if (aside) {
      const { id: own, cluster } = aside.fold;
      if (cluster && (await this.#clusters.broken(cluster.id))) throw aside.error;
      await rm(markFile(join(this.#options.folder, own)), { force: true });
      await this.#takeUpAside(aside);
    }
    const attempt = await this.#worked(id);
    return workFor({ attempt: attempt.id }, async () => {
      await attempt.reset();
      return attempt.state();
    });
  }

  async stop({ id }: Choice = {}): Promise<AttemptState> {
    const failed = id === undefined ? undefined : this.#failed.get(id);
    if (failed) return failed;
    const aside = this.#aside(id);
    if (aside) return this.#endAside(aside);
    const attempt = await this.#get(id);
    await this.#end(attempt, release);
    return attempt.state();
  }

  async #takeUpAside({ fold: { id } }: SetAside): Promise<void> {
    this.#setAside.delete(id);
    await workFor({ attempt: id }, () => this.#resumeOne(id));
  }

  async #endAside({ fold, state }: SetAside): Promise<AttemptState> {
    await noteStopped(this.#file(fold.id), this.#options.clock);
    this.#setAside.delete(fold.id);
    if (fold.cluster) await this.#clusters.provider(fold.cluster.provider).delete(fold.cluster.id);
    return { ...state, phase: 'stopped' };
  }

  /** Ends an attempt, also in the middle of its set-up, and then its cluster. */
  async #end(attempt: Attempt, letGo: (provider: Provider, cluster: string) => Promise<void>): Promise<void> {
    const making = this.#making.get(attempt.id);
    making?.abort(new EnvironmentError({ what: `the attempt ${attempt.id} was ended` }));
    await attempt.stop();
    this.#attempts.delete(attempt.id);
    await making?.over;
    const { cluster } = attempt.fold;
    if (cluster) await letGo(this.#clusters.provider(cluster.provider), cluster.id);
  }

  clusterUp(request: ClusterRequest, { onEvent, signal }: MethodOptions<string> = {}): Promise<ClusterInfo> {
    return this.#clusters.up(request, onEvent, signal);
  }

  clusterList(): Promise<ListedCluster[]> {
    return this.#clusters.list((id) => this.#attemptOn(id)?.id ?? this.#asideOn(id)?.fold.id);
  }

  async clusterDown({ id }: { id: string }): Promise<void> {
    const attempt = this.#attemptOn(id);
    if (attempt) {
      throw new UserError({
        what: `the cluster ${id} belongs to the attempt ${attempt.id}`,
        next: `kubedrill stop --attempt ${attempt.id}`,
      });
    }
    const aside = this.#asideOn(id);
    if (aside) await this.#endAside(aside);
    else await this.#clusters.delete(id);
  }

  async clusterRepair({ id }: { id: string }): Promise<string[]> {
    const done = await this.#clusters.repair(id);
    const aside = this.#asideOn(id);
    if (aside) await this.#takeUpAside(aside);
    return done;
  }

  async clusterDifferences({ id }: Choice = {}): Promise<string[]> {
    return (await this.#clusterOf(id)).differences();
  }

  async nodeCommand({ node, command, id }: NodeCommandRequest): Promise<NodeCommand> {
    const cluster = await this.#clusterOf(id);
    if (cluster.nodeCommand) return { argv: await cluster.nodeCommand(node, command), simulated: false };
    if (!cluster.nodeProcess) throw notEntered(cluster);
    return { argv: ['kubedrill', 'node', 'shell', '--cluster', cluster.id, node, '--', ...command], simulated: true };
  }

  async nodeProcess(
    { id, node, command, tty, session }: NodeProcessRequest,
    { onEvent: onOutput = () => undefined, signal }: MethodOptions<NodeOutput> = {},
  ): Promise<number> {
    const input = this.#inputs.open(session);
    try {
      const cluster = await this.#clusterOf(id);
      if (!cluster.nodeProcess) throw notEntered(cluster);
      const process = await cluster.nodeProcess(node, { command, tty });
      return await joinProcess(process, { input, onOutput, signal });
    } finally {
      this.#inputs.close(session);
    }
  }

  nodeInput({ session, input }: { session: string; input: NodeInput }): Promise<void> {
    return this.#inputs.take(session, input);
  }

  /** Whether nothing here is worth a process: no cluster, and none is being made. */
  async isEmpty(): Promise<boolean> {
    if (this.#making.size > 0) return false;
    return (await this.clusterList()).every(({ broken }) => broken);
  }

  /** Lets go of everything without ending it. */
  async suspend(): Promise<SuspendedLabs> {
    const attempts = [...this.#attempts.values()].filter(({ fold }) => fold.phase !== 'failed').map(({ id }) => id);
    const clusters = (await this.clusterList()).filter(({ kept, broken }) => !kept && !broken).length;
    for (const making of this.#making.values()) making.abort(new EnvironmentError({ what: 'the daemon goes' }));
    await Promise.all([...this.#attempts.values()].map((attempt) => attempt.suspend()));
    this.#attempts.clear();
    await this.#options.progress.close();
    return { attempts, clusters };
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
    } catch (error) {
      // Whoever ended it sees to the rest; a daemon that goes leaves it to its successor.
      if (!making.signal.aborted && attempt.fold.activatedAt === undefined) await this.#giveUp(attempt);
      throw error;
    } finally {
      this.#making.delete(attempt.id);
      making.end();
    }
  }

  /** A start that failed is no attempt: only its log stays, and the attempt before is the current one again. */
  async #giveUp(attempt: Attempt): Promise<void> {
    this.#failed.set(attempt.id, attempt.state());
    this.#attempts.delete(attempt.id);
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

  async #create(attempt: Attempt, signal: AbortSignal): Promise<Cluster> {
    const { scenario } = attempt;
    const { provider, ...choice } = attempt.fold.on;
    const spec = { name: attempt.id, ...needsOf(scenario), ...choice };
    try {
      return await this.#clusters.provider(provider).create(spec, (step) => attempt.tellStep(step), signal);
    } catch (error) {
      // A daemon that goes leaves it to its successor.
      if (!signal.aborted) await attempt.fail(error);
      throw error;
    }
  }

  /** A cluster by its id, else that of the newest attempt, else the only one that there is. */
  async #clusterOf(id: string | undefined): Promise<Cluster> {
    const clusters = await this.#clusters.running();
    const [only, another] = clusters;
    if (id === undefined && only && this.#attempts.size === 0) {
      if (!another) return only;
      const ids = clusters.map((c) => c.id).join(', ');
      throw new UserError({ what: 'there are several clusters', why: ids, next: 'name one of them' });
    }
    const wanted = id ?? (await this.#get(undefined)).fold.cluster?.id;
    const cluster = clusters.find((c) => c.id === wanted);
    if (cluster) return cluster;
    if (wanted === undefined) throw noCluster('of this attempt yet');
    throw notRunning(wanted, await this.#clusters.broken(wanted));
  }

  /** The attempt by id, or the one started last; one that isn't running any more is read from its log. */
  async #get(id: string | undefined): Promise<Attempt> {
    const attempt = id === undefined ? this.#newest(() => true) : this.#attempts.get(id);
    if (attempt) return attempt;
    const broken = id === undefined ? [...this.#broken.values()].at(-1) : this.#broken.get(id);
    if (broken) throw broken;
    const aside = this.#aside(id);
    if (aside) throw aside.error;
    if (id === undefined) {
      throw new UserError({ what: 'no attempt is running', next: 'kubedrill start <scenario>, or kubedrill list' });
    }
    const events = await readAttemptLog(this.#options.folder, id);
    if (events.length === 0) throw unknownAttempt(id, [...this.#attempts.keys()]);
    if (!hasBegun(events)) throw neverBegan(id, events);
    throw new UserError({ what: `the attempt ${id} has ended`, next: 'kubedrill start <scenario>' });
  }

  /** The same, for somebody who works on it. */
  async #worked(id: string | undefined): Promise<Attempt> {
    const attempt = await this.#get(id);
    attempt.attend('sign');
    return attempt;
  }

  /** The one that was started last; one that is still being set up only if there is no other. */
  #newest(which: (attempt: Attempt) => boolean): Attempt | undefined {
    const began = (attempt: Attempt) => Number(attempt.fold.activatedAt !== undefined);
    return [...this.#attempts.values()]
      .filter(which)
      .sort((a, b) => began(b) - began(a) || b.fold.createdAt - a.fold.createdAt)[0];
  }

  /** The attempt by id if it is set aside; undefined also if there is a newer one that runs. */
  #aside(id: string | undefined): SetAside | undefined {
    if (id !== undefined) return this.#setAside.get(id);
    if (this.#attempts.size > 0) return undefined;
    return [...this.#setAside.values()].sort((a, b) => b.fold.createdAt - a.fold.createdAt)[0];
  }

  #asideOn(clusterId: string): SetAside | undefined {
    return [...this.#setAside.values()].find(({ fold }) => fold.cluster?.id === clusterId);
  }

  #attemptOn(clusterId: string): Attempt | undefined {
    return [...this.#attempts.values()].find((attempt) => attempt.fold.cluster?.id === clusterId);
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

async function release(provider: Provider, id: string): Promise<void> {
  await (provider.release ? provider.release(id) : provider.delete(id));
}
