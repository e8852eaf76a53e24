import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { installAddon } from '../cluster/addons/install.ts';
import { clusterEnvironment } from '../cluster/kubectl/kubectl.ts';
import type { Cluster } from '../cluster/provider.ts';
import { type BaselineData, baselineOf, captureBaseline } from '../grading/baseline.ts';
import { Grader } from '../grading/grader.ts';
import { scoreOf, type Verdict } from '../grading/types.ts';
import { AppendLog } from '../kernel/append-log.ts';
import type { Clock, Timer } from '../kernel/clock.ts';
import { EnvironmentError, errorText, UserError } from '../kernel/errors.ts';
import { KubeClient } from '../kube/client.ts';
import { applyScript } from '../scenario/apply.ts';
import { conditionsOf, type Hint, type Scenario, tiersOf } from '../scenario/types.ts';
import { type AttendanceInput, AttendanceKeeper } from './attendance.ts';
import { ClusterWatch } from './cluster-watch.ts';
import type { AttemptEvent, AttemptEventBody, ClusterChoice } from './events.ts';
import { type AttemptFold, applyEvent, foldAttempt, workedTime } from './fold.ts';
import { type ProgressLog, progressRecordOf } from './progress.ts';
import type { AttemptState, HintGiven } from './types.ts';

/** How often a log that could not be written is tried again, milliseconds. */
const diskRetry = 1_000;

/** How long set-up may take to hold before that is an error, milliseconds. */
const setUpPatience = 120_000;

export interface AttemptDependencies {
  clock: Clock;
  /** Folder of all attempts. */
  folder: string;
  /** Environment for scripts of the scenario: PATH with a kubectl. */
  scriptEnvironment(): Promise<Record<string, string>>;
  /** Nobody looks on, and nobody comes back to it: there is no feed of changes, and its log need not last. Default: no. */
  unattended?: boolean;
  /** Where what is achieved outlives the attempt; without one it does not. */
  progress?: ProgressLog;
}

/**
 * One try at a scenario: its log is the truth, everything else follows from it. The one writer of the log is whoever
 * holds this object (the daemon).
 */
export class Attempt {
  readonly scenario: Scenario;
  readonly #dependencies: AttemptDependencies;
  readonly #log: AppendLog<AttemptEvent>;
  readonly #fold: AttemptFold;
  readonly #listeners = new Set<(state: AttemptState) => void>();
  readonly #stop = new AbortController();
  #cluster: Cluster | undefined;
  #client: KubeClient | undefined;
  #grader: Grader | undefined;
  #verdicts = new Map<string, Verdict>();
  #watch: ClusterWatch | undefined;
  /** Why nothing can be judged now, by where the trouble is. */
  readonly #troubles = new Map<'cluster' | 'disk', string>();
  #retry: Timer | undefined;
  /** Who works on it; undefined: that is not asked for. */
  readonly #attendance: AttendanceKeeper | undefined;

  private constructor(
    scenario: Scenario,
    dependencies: AttemptDependencies,
    log: AppendLog<AttemptEvent>,
    fold: AttemptFold,
    begun = false,
  ) {
    this.scenario = scenario;
    this.#dependencies = dependencies;
    this.#log = log;
    this.#fold = fold;
    const { clock, unattended } = dependencies;
    if (unattended) return;
    this.#attendance = new AttendanceKeeper({
      clock,
      begun,
      onEvent: ({ t, body }) => {
        void this.#record(body, t);
        if (body.type !== 'beat') this.#changed();
      },
    });
  }

  /** Begins a new attempt: only its log exists afterwards. */
  static async create(
    id: string,
    scenario: Scenario,
    choice: { seed: number; on: ClusterChoice },
    dependencies: AttemptDependencies,
  ): Promise<Attempt> {
    const { seed, on } = choice;
    const { log } = await AppendLog.open<AttemptEvent>(join(dependencies.folder, id, 'events.jsonl'), {
      durable: !dependencies.unattended,
    });
    await mkdir(join(dependencies.folder, id, 'answers'), { recursive: true, mode: 0o700 });
    const created: AttemptEvent = {
      t: dependencies.clock.now(),
      type: 'created',
      version: 1,
      id,
      scenario: {
        pack: scenario.pack.id,
        ...(scenario.pack.builtIn ? {} : { folder: scenario.pack.folder }),
        id: scenario.id,
        seed,
      },
      title: scenario.title,
      minutes: scenario.minutes,
      on,
    };
    await log.append(created);
    return new Attempt(scenario, dependencies, log, foldAttempt([created]) as AttemptFold, true);
  }

  /** Takes an attempt up again from its log. `load` finds its scenario. Undefined if the log holds nothing. */
  static async open(
    id: string,
    load: (fold: AttemptFold) => Scenario,
    dependencies: AttemptDependencies,
  ): Promise<Attempt | undefined> {
    const { log, records } = await AppendLog.open<AttemptEvent>(join(dependencies.folder, id, 'events.jsonl'));
    const fold = foldAttempt(records);
    if (!fold) {
      await log.close();
      return undefined;
    }
    const attempt = new Attempt(load(fold), dependencies, log, fold);
    // Nobody is seen yet, and what a crash cut off ended with the last sign of life.
    if (!fold.paused && !dependencies.unattended) await attempt.#record({ type: 'paused' }, fold.lastEventAt);
    return attempt;
  }

  get id(): string {
    return this.#fold.id;
  }

  get fold(): Readonly<AttemptFold> {
    return this.#fold;
  }

  /** Somebody came to follow it, left, or gave a sign of working on it. */
  attend(input: AttendanceInput): void {
    this.#attendance?.take(input);
  }

  /** Notes a step on the way to the cluster. */
  tellStep(text: string): void {
    if (!this.#stop.signal.aborted) void this.#record({ type: 'step', text });
  }

  /** Notes that it can't go on: its cluster could not be made. */
  async fail(error: unknown): Promise<void> {
    await this.#fail(error);
  }

  /** Sets the scenario up on the cluster and starts grading. A failure is noted in the log and thrown. */
  async setUp(cluster: Cluster): Promise<void> {
    try {
      await this.#adopt(cluster);
      await this.#record({ type: 'cluster', cluster: refOf(cluster) });
      const client = await this.#connect();
      const { scenario } = this;
      for (const addon of scenario.cluster.addons) {
        await this.#record({ type: 'step', text: `installing ${addon}` });
        await installAddon(client, addon, this.#stop.signal);
      }
      if (scenario.setup.length > 0) {
        const env = { ...clusterEnvironment(cluster.kubeconfig), ...(await this.#scriptEnvironment()) };
        for (const script of scenario.setup) {
          await this.#record({ type: 'step', text: script.name.replace(/^\d+-/, '') });
          await applyScript(script, { client, env, signal: this.#stop.signal });
        }
      }
      await this.#record({ type: 'step', text: 'waiting for the workloads' });
      await Promise.all([this.#waitFor(client, 0), cluster.systemRuns?.()]);
      await cluster.snapshot();
      await this.#activate(client);
    } catch (error) {
      await this.#fail(error);
      throw error;
    }
  }

  /** Goes on with an attempt whose cluster is there again. */
  async resume(cluster: Cluster): Promise<void> {
    await this.#adopt(cluster);
    const server = this.#fold.cluster?.server ?? cluster.server;
    if (server !== cluster.server) this.#tellOfKubeconfig(`the server is at ${cluster.server} now`);
    await this.#record({ type: 'cluster', cluster: refOf(cluster) });
    await this.#record({ type: 'resumed' });
    const client = await this.#connect();
    // A crash during set-up or a reset: do it again from the start of that step.
    if (this.#fold.phase === 'preparing') return this.setUp(cluster);
    if (this.#fold.phase === 'resetting') return this.reset();
    await this.#grade(client, this.#fold.activatedAt ?? this.#dependencies.clock.now());
  }

  /** Puts the cluster back to the end of set-up; the score, the feed and the clock start again. */
  async reset(): Promise<void> {
    const cluster = this.#cluster;
    if (!cluster)
      throw new EnvironmentError({
        what: `attempt ${this.id} has no cluster`,
        next: 'kubedrill stop, then start it again',
      });
    await this.#record({ type: 'resetting' });
    this.#stopGrading();
    this.#verdicts.clear();
    this.#changed();
    try {
      const client = await this.#connect();
      const from = this.#dependencies.clock.now();
      // What was answered before is no answer now.
      await clearFolder(this.#file('answers'));
      await cluster.reset();
      await this.#waitFor(client, from);
      await this.#activate(client);
    } catch (error) {
      await this.#fail(error);
      throw error;
    }
  }

  /** The next hint; its price is paid at once. */
  async hint(): Promise<HintGiven> {
    const next = this.#nextHint();
    if (!next) {
      throw new UserError({
        what: this.scenario.hints.length === 0 ? 'this scenario has no hints' : 'there are no more hints',
        next: 'kubedrill solution',
      });
    }
    const { hint, index, price } = next;
    await this.#record({ type: 'hint', index, price });
    this.#changed();
    const left = tiersOf(this.scenario).length - this.#taken().filter((h) => !h.when).length;
    return { text: hint.text, price, observed: hint.when !== undefined, left };
  }

  /** Positions, from 0, of the hints on what is there now. */
  observedHints(): number[] {
    return this.scenario.hints.flatMap(({ when }, index) =>
      when?.every((condition) => this.#grader?.holds(condition)) ? [index] : [],
    );
  }

  /** What would be given now: a hint on what is there before the next in turn, each once. */
  #nextHint(): { hint: Hint; index: number; price: number } | undefined {
    const { hints } = this.scenario;
    const inTurn = hints.flatMap((hint, index) => (hint.when ? [] : [index]));
    const index = [...this.observedHints(), ...inTurn].find((i) => !this.#fold.hints.includes(i));
    const hint = index === undefined ? undefined : hints[index];
    if (!hint || index === undefined) return undefined;
    // After it is solved a hint costs nothing: the score stands.
    return { hint, index, price: this.#fold.solvedAt === undefined ? hint.price : 0 };
  }

  #taken(): Hint[] {
    return this.#fold.hints.flatMap((index) => this.scenario.hints[index] ?? []);
  }

  async solution(): Promise<{ name: string; text: string }[]> {
    if (!this.#fold.sawSolution) await this.#record({ type: 'solution' });
    this.#changed();
    return this.scenario.solutions.map(({ name, text }) => ({ name, text }));
  }

  /** Ends the attempt; its cluster is the caller's to delete. */
  async stop(): Promise<void> {
    await this.#record({ type: 'stopped' });
    this.#changed();
    await this.close();
  }

  /** Lets go without ending the attempt: the daemon goes. */
  async suspend(): Promise<void> {
    await this.#record({ type: 'suspended' });
    await this.close();
  }

  /** Lets go of everything; what is under way (set-up, waiting for verdicts) ends with it. */
  async close(): Promise<void> {
    this.#stop.abort(new EnvironmentError({ what: 'the attempt was closed' }));
    this.#attendance?.stop();
    this.#stopGrading();
    this.#retry?.cancel();
    await this.#client?.close();
    await this.#log.close();
  }

  state(): AttemptState {
    const fold = this.#fold;
    const { scenario } = this;
    const verdicts = scenario.checks.map((check) => this.#verdicts.get(check.id)).filter((v) => v !== undefined);
    const live = scoreOf(verdicts, fold.hintPrice);
    const next = this.#nextHint();
    return {
      id: fold.id,
      scenario: fold.scenario,
      title: scenario.title,
      competencies: scenario.competencies,
      minutes: scenario.minutes,
      task: scenario.task,
      phase: fold.phase,
      ...(fold.step ? { step: fold.step } : {}),
      ...(fold.failure ? { failure: fold.failure } : {}),
      ...(fold.cluster ? { cluster: fold.cluster } : {}),
      namespace: scenario.namespaces[0] ?? 'default',
      ...(fold.readyIn === undefined ? {} : { readyIn: fold.readyIn }),
      worked: workedTime(fold, this.#dependencies.clock.now()),
      running: fold.runningSince !== undefined,
      hints: {
        taken: this.#taken().map(({ text, price, when }) => ({
          text,
          price,
          ...(when ? { observed: true as const } : {}),
        })),
        paid: fold.hintPrice,
        total: tiersOf(scenario).length,
        ...(next ? { nextPrice: next.price } : {}),
      },
      verdicts,
      passedBefore: fold.passed,
      ...live,
      max: scenario.checks.reduce((sum, c) => sum + c.weight, 0),
      wasSolved: fold.wasSolved || this.#dependencies.progress?.of(fold.scenario)?.solved === true,
      sawSolution: fold.sawSolution,
      activities: fold.activities,
    };
  }

  onState(listener: (state: AttemptState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** A check's verdict with the whole chain of evidence; undefined: there is no such check, or nothing is judged now. */
  async explain(check: string): Promise<Verdict | undefined> {
    return (await this.#grader?.explain(check)) ?? this.#verdicts.get(check);
  }

  /** The verdicts once they have settled (see Grader.settled), after `atMost` milliseconds in any case. */
  async settled(atMost: number): Promise<Verdict[]> {
    return (await this.#grader?.settled(atMost)) ?? [];
  }

  /** Resolves when no verdict has moved for `ms` milliseconds (at most ten times that). */
  async quiet(ms: number): Promise<void> {
    await this.#grader?.quiet(ms, 10 * ms);
  }

  async #adopt(cluster: Cluster): Promise<void> {
    if (this.#cluster?.kubeconfig !== cluster.kubeconfig) await this.#client?.close();
    this.#client = undefined;
    this.#cluster = cluster;
  }

  async #connect(): Promise<KubeClient> {
    this.#stop.signal.throwIfAborted();
    if (!this.#cluster) throw new EnvironmentError({ what: `attempt ${this.id} has no cluster` });
    this.#client ??= KubeClient.fromText(await this.#cluster.ownKubeconfig(), this.#cluster.context);
    return this.#client;
  }

  /** Scripts need a kubectl; manifests alone do not. */
  async #scriptEnvironment(): Promise<Record<string, string>> {
    return this.scenario.setup.some((s) => s.kind === 'shell') ? this.#dependencies.scriptEnvironment() : {};
  }

  /** Resolves when what the scenario waits for holds, on evidence newer than `since`, or of Pods that were over by then. */
  async #waitFor(client: KubeClient, since: number): Promise<void> {
    const { waits } = this.scenario;
    if (waits.length === 0) return;
    this.#stop.signal.throwIfAborted();
    const { clock } = this.#dependencies;
    const done = Promise.withResolvers<void>();
    const check = () => {
      if (grader.verdicts().every((v) => v.status === 'pass')) done.resolve();
    };
    const grader = new Grader({
      client,
      checks: waits,
      baseline: baselineOf({ version: 1, objects: [] }),
      clock,
      activatedAt: since,
      lastWords: true,
      onVerdict: check,
    });
    const tooLate = clock.after(setUpPatience, () => {
      const late = grader.verdicts().filter((v) => v.status !== 'pass');
      done.reject(
        new EnvironmentError({
          what: 'the scenario did not get ready',
          why: late.map((v) => `${v.title}: ${v.actual}${v.why ? ` (${v.why})` : ''}`).join('; '),
          next: 'kubedrill doctor',
        }),
      );
    });
    const onStop = () => done.reject(this.#stop.signal.reason);
    this.#stop.signal.addEventListener('abort', onStop, { once: true });
    try {
      void grader.start().then(check, done.reject);
      await done.promise;
    } finally {
      tooLate.cancel();
      this.#stop.signal.removeEventListener('abort', onStop);
      grader.stop();
    }
  }

  async #activate(client: KubeClient): Promise<void> {
    const baseline = await captureBaseline(client, [...this.scenario.checks, ...conditionsOf(this.scenario)]);
    await writeFile(this.#file('baseline.json'), JSON.stringify(baseline), { mode: 0o600 });
    await this.#record({ type: 'activated' });
    await this.#grade(client, this.#fold.activatedAt ?? this.#dependencies.clock.now());
  }

  async #grade(client: KubeClient, activatedAt: number): Promise<void> {
    const baseline = JSON.parse(await readFile(this.#file('baseline.json'), 'utf8')) as BaselineData;
    this.#stop.signal.throwIfAborted();
    this.#grader?.stop();
    const grader = new Grader({
      client,
      checks: this.scenario.checks,
      conditions: conditionsOf(this.scenario),
      baseline: baselineOf(baseline),
      clock: this.#dependencies.clock,
      activatedAt,
      memory: structuredClone(this.#fold.memory),
      answers: this.#file('answers'),
      feed: this.#feed(),
      onVerdict: (verdict) => this.#onVerdict(grader, verdict),
      onCondition: () => this.#changed(),
      onActivity: (activity) => {
        this.attend('sign');
        void this.#record({ type: 'activity', activity });
        this.#changed();
      },
      onMemory: (memory) => void this.#record({ type: 'memory', memory }),
    });
    this.#grader = grader;
    // From the beginning: a cluster that is not there would be waited for without a word.
    if (this.#cluster) this.#watch ??= this.#watchOver(this.#cluster);
    await grader.start();
    if (this.#grader !== grader) return;
    for (const verdict of grader.verdicts()) this.#verdicts.set(verdict.id, verdict);
    this.#changed();
  }

  /** Whose changes are told. */
  #feed(): 'everywhere' | readonly string[] {
    if (this.#dependencies.unattended) return [];
    // Elsewhere there may be others at work, and rights only for some namespaces.
    return this.#cluster?.provider === 'kubeconfig' ? this.scenario.namespaces : 'everywhere';
  }

  #watchOver(cluster: Cluster): ClusterWatch {
    return new ClusterWatch({
      cluster,
      clock: this.#dependencies.clock,
      onTrouble: (reason) => this.#noteTrouble('cluster', reason),
      onRecovery: () => void this.#recover('cluster'),
      onMend: (what) => this.#tellOfKubeconfig(what),
    });
  }

  /** What kubedrill does to the learner's own file is never without a word. */
  #tellOfKubeconfig(detail: string): void {
    const common = { change: '~', kind: 'file', name: 'kubeconfig', manager: 'kubedrill' } as const;
    void this.#record({ type: 'mended', activity: { time: this.#dependencies.clock.now(), ...common, detail } });
    this.#changed();
  }

  /** Nothing can be judged: verdicts become errors, and the clock stands. */
  #noteTrouble(where: 'cluster' | 'disk', reason: string): void {
    const first = this.#troubles.size === 0;
    if (this.#troubles.get(where) === reason) return;
    this.#troubles.set(where, reason);
    if (first) void this.#record({ type: 'suspended' });
    this.#grader?.distrust(reason);
    this.#changed();
  }

  /** Begins to judge anew when the last trouble is over: what was missed meanwhile is listed again. */
  async #recover(where: 'cluster' | 'disk'): Promise<void> {
    if (!this.#troubles.delete(where) || this.#troubles.size > 0) return;
    await this.#record({ type: 'resumed' });
    try {
      await this.#client?.close();
      this.#client = undefined;
      await this.#grade(await this.#connect(), this.#fold.activatedAt ?? this.#dependencies.clock.now());
    } catch (error) {
      if (!this.#stop.signal.aborted) this.#noteTrouble(where, (error as Error).message);
    }
  }

  #onVerdict(grader: Grader, verdict: Verdict): void {
    if (this.#grader !== grader) return;
    const before = this.#verdicts.get(verdict.id);
    this.#verdicts.set(verdict.id, verdict);
    const { id, status, actual, why } = verdict;
    if (before?.status !== status) void this.#record({ type: 'verdict', check: id, status, actual, why });
    const { score, max, solved } = scoreOf([...this.#verdicts.values()], this.#fold.hintPrice);
    const complete = this.#verdicts.size === this.scenario.checks.length;
    if (solved && complete && this.#fold.solvedAt === undefined) void this.#record({ type: 'solved', score, max });
    this.#changed();
  }

  #stopGrading(): void {
    this.#watch?.stop();
    this.#watch = undefined;
    this.#troubles.clear();
    this.#grader?.stop();
    this.#grader = undefined;
  }

  async #fail(error: unknown): Promise<void> {
    if (this.#stop.signal.aborted) return;
    await this.#record({ type: 'failed', ...errorText(error) });
    this.#changed();
  }

  /** Writes an event and takes it into the fold; the fold does not wait for the disk. */
  #record(body: AttemptEventBody, t = this.#dependencies.clock.now()): Promise<void> {
    const event = { t, ...body } as AttemptEvent;
    applyEvent(this.#fold, event);
    if (event.type === 'step') this.#changed();
    const progress = progressRecordOf(this.#fold, event);
    if (progress) void this.#dependencies.progress?.append([progress]);
    return this.#log.append(event).then(
      () => this.#recover('disk'),
      (error: Error) => this.#writeLater(error),
    );
  }

  /** The log can't be written: what it misses stays in memory until it can. */
  #writeLater(error: Error): void {
    if (this.#stop.signal.aborted) return;
    this.#retry?.cancel();
    this.#retry = this.#dependencies.clock.after(diskRetry, () => {
      this.#log.flush().then(
        () => this.#recover('disk'),
        (again: Error) => this.#writeLater(again),
      );
    });
    this.#noteTrouble('disk', `${this.#log.file} cannot be written: ${error.message}`);
  }

  #changed(): void {
    if (this.#listeners.size === 0) return;
    const state = this.state();
    for (const listener of this.#listeners) listener(state);
  }

  #file(name: string): string {
    return join(this.#dependencies.folder, this.id, name);
  }
}

/** Deletes what is in a folder, not the folder: somebody may be in it. */
async function clearFolder(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => []))
    await rm(join(folder, name), { recursive: true, force: true });
}

function refOf(cluster: Cluster) {
  const { provider, id, kubeconfig, context, server } = cluster;
  return { provider, id, kubeconfig, context, server };
}
