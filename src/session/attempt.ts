import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cluster } from '../cluster/provider.ts';
import { scoreOf } from '../grading/types.ts';
import { AppendLog } from '../kernel/append-log.ts';
import type { Clock } from '../kernel/clock.ts';
import { EnvironmentError, errorText, UserError } from '../kernel/errors.ts';
import type { Scenario } from '../scenario/types.ts';
import { describeAttempt } from './attempt-state.ts';
import { type AttendanceInput, AttendanceKeeper, defaultIdle } from './attendance.ts';
import { ClusterConnection } from './cluster-connection.ts';
import { checkView, helpPrice } from './coach.ts';
import { Coach } from './coach-desk.ts';
import type { CoachLevel } from './coach-level.ts';
import type { AttemptEvent, AttemptEventBody, ClusterChoice, ExamMembership } from './events.ts';
import { lockedState } from './exam/lock.ts';
import { type AttemptFold, foldAttempt } from './fold.ts';
import { hintGiven, nextHint } from './hints.ts';
import { LiveGrading } from './live-grading.ts';
import type { ProgressLog } from './progress.ts';
import { Recorder } from './recorder.ts';
import { scenarioRef } from './scenario-ref.ts';
import { setUpScenario, untilReady } from './set-up.ts';
import type { AttemptState, HintGiven } from './types.ts';

export interface AttemptDependencies {
  clock: Clock;
  /** Folder of all attempts. */
  folder: string;
  /** Environment for scripts of the scenario: PATH with a kubectl. */
  scriptEnvironment(): Promise<Record<string, string>>;
  /** Nobody looks on, and nobody comes back to it: there is no feed of changes, and its log need not last. Default: no. */
  unattended?: boolean;
  /** How long after a sign of work somebody is taken to work, milliseconds. Default: ten minutes. */
  idleAfter?(): number;
  /** Where what is achieved outlives the attempt; without one it does not. */
  progress?: ProgressLog;
}

/** What of an attempt is chosen beside its scenario. */
export interface AttemptChoice {
  seed: number;
  on: ClusterChoice;
  coach?: CoachLevel;
  exam?: ExamMembership;
}

/**
 * One try at a scenario: its log is the truth, everything else follows from it. The one writer of the log is whoever
 * holds this object (the daemon).
 */
export class Attempt {
  readonly scenario: Scenario;
  readonly id: string;
  /** As its log tells it, always as of now. */
  readonly fold: Readonly<AttemptFold>;
  readonly grading: LiveGrading;
  readonly coach: Coach;
  readonly #dependencies: AttemptDependencies;
  readonly #recorder: Recorder;
  readonly #connection: ClusterConnection;
  readonly #listeners = new Set<(state: AttemptState) => void>();
  readonly #stop = new AbortController();
  /** Who works on it; undefined: that is not asked for. */
  readonly #attendance: AttendanceKeeper | undefined;

  private constructor(
    scenario: Scenario,
    dependencies: AttemptDependencies,
    log: AppendLog<AttemptEvent>,
    fold: AttemptFold,
    begun = false,
  ) {
    const { clock, folder, unattended = false, progress, idleAfter = () => defaultIdle } = dependencies;
    const { signal } = this.#stop;
    this.scenario = scenario;
    this.id = fold.id;
    this.fold = fold;
    this.#dependencies = dependencies;
    this.#recorder = new Recorder(log, fold, {
      clock,
      signal,
      progress,
      onTrouble: (reason) => this.grading.noteTrouble('disk', reason),
      onWritten: () => this.grading.recover('disk'),
    });
    this.#connection = new ClusterConnection(fold.id, signal);
    this.grading = new LiveGrading({
      scenario,
      connection: this.#connection,
      clock,
      folder: join(folder, fold.id),
      fold,
      signal,
      feed: !unattended,
      record: (body) => this.#record(body),
      onChange: () => this.#changed(),
      onActivity: () => this.attend('sign'),
    });
    this.coach = new Coach(fold, this.grading, async (event) => {
      await this.#record(event);
      this.#changed();
    });
    if (unattended) return;
    this.#attendance = new AttendanceKeeper({
      clock,
      begun,
      idleAfter,
      onEvent: ({ t, body }) => {
        void this.#recorder.record(body, t);
        if (body.type !== 'beat') this.#changed();
      },
    });
  }

  /** Begins a new attempt: only its log exists afterwards. */
  static async create(
    id: string,
    scenario: Scenario,
    choice: AttemptChoice,
    dependencies: AttemptDependencies,
  ): Promise<Attempt> {
    const { seed, on, coach = 0, exam } = choice;
    const { log } = await AppendLog.open<AttemptEvent>(join(dependencies.folder, id, 'events.jsonl'), {
      durable: !dependencies.unattended,
    });
    await mkdir(join(dependencies.folder, id, 'answers'), { recursive: true, mode: 0o700 });
    const created: AttemptEvent = {
      t: dependencies.clock.now(),
      type: 'created',
      version: 1,
      id,
      scenario: scenarioRef(scenario, seed),
      title: scenario.title,
      minutes: scenario.minutes,
      on,
      coach,
      ...(exam && { exam }),
    };
    await log.append(created);
    // At a task of an exam somebody works once it is the current one.
    const attempt = new Attempt(scenario, dependencies, log, foldAttempt([created]) as AttemptFold, !exam);
    if (exam) await attempt.#recorder.record({ type: 'paused' });
    return attempt;
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
    if (!fold.paused && !dependencies.unattended) {
      const { lastEventAt } = fold;
      await attempt.#recorder.record({ type: 'paused', why: 'left', since: lastEventAt }, lastEventAt);
    }
    return attempt;
  }

  /** Somebody came to follow it, left, or gave a sign of working on it. */
  attend(input: AttendanceInput): void {
    this.#attendance?.take(input);
  }

  /** Notes a step on the way to the cluster. */
  reportStep(text: string): void {
    if (!this.#stop.signal.aborted) void this.#record({ type: 'step', text });
  }

  /** Notes that it can't go on: its cluster could not be created, set up or reset. */
  async fail(error: unknown): Promise<void> {
    if (this.#stop.signal.aborted) return;
    await this.#record({ type: 'failed', ...errorText(error) });
    this.#changed();
  }

  /** Sets the scenario up on the cluster and starts grading. A failure is noted in the log and thrown. */
  async setUp(cluster: Cluster): Promise<void> {
    const { clock, scriptEnvironment } = this.#dependencies;
    try {
      await this.#connection.adopt(cluster);
      await this.#record({ type: 'cluster', cluster: refOf(cluster) });
      await setUpScenario(this.scenario, cluster, {
        client: await this.#connection.client(),
        clock,
        signal: this.#stop.signal,
        scriptEnvironment,
        onStep: (text) => this.#record({ type: 'step', text }),
      });
      await cluster.snapshot();
      await this.#activate();
    } catch (error) {
      await this.fail(error);
      throw error;
    }
  }

  /** Goes on with an attempt whose cluster is there again. */
  async resume(cluster: Cluster): Promise<void> {
    await this.#connection.adopt(cluster);
    const server = this.fold.cluster?.server ?? cluster.server;
    if (server !== cluster.server) this.grading.reportKubeconfig(`the server is at ${cluster.server} now`);
    await this.#record({ type: 'cluster', cluster: refOf(cluster) });
    await this.#record({ type: 'resumed' });
    this.#stop.signal.throwIfAborted();
    // A crash during set-up or a reset: do it again from the start of that step.
    if (this.fold.phase === 'preparing') return this.setUp(cluster);
    if (this.fold.phase === 'resetting') return this.reset();
    await this.grading.begin();
  }

  /** Puts the cluster back to the end of set-up; the score, the feed and the clock start again. */
  async reset(): Promise<void> {
    const { cluster } = this.#connection;
    await this.#record({ type: 'resetting' });
    this.grading.clear();
    this.#changed();
    try {
      const { clock, folder } = this.#dependencies;
      const client = await this.#connection.client();
      const since = clock.now();
      // What was answered before is no answer now.
      await clearFolder(join(folder, this.id, 'answers'));
      await cluster.reset();
      await untilReady(this.scenario, { client, clock, signal: this.#stop.signal, since });
      await this.#activate();
    } catch (error) {
      await this.fail(error);
      throw error;
    }
  }

  /** The next hint; its price is paid at once. */
  async hint(): Promise<HintGiven> {
    const next = nextHint(this.scenario, this.fold, this.observedHints());
    if (!next) {
      throw new UserError({
        what: this.scenario.hints.length === 0 ? 'this scenario has no hints' : 'there are no more hints',
        next: 'kubedrill solution',
      });
    }
    const { index, price } = next;
    await this.#record({ type: 'hint', index, price });
    this.#changed();
    return hintGiven(next, this.scenario, this.fold);
  }

  /** Positions, from 0, of the hints on what is there now. */
  observedHints(): number[] {
    return this.scenario.hints.flatMap(({ when }, index) =>
      when?.every((condition) => this.grading.holds(condition)) ? [index] : [],
    );
  }

  async solution(): Promise<{ name: string; text: string }[]> {
    if (!this.fold.sawSolution) await this.#record({ type: 'solution' });
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
    this.grading.stop();
    await this.#connection.close();
    await this.#recorder.close();
  }

  state(): AttemptState {
    const { scenario, fold } = this;
    const { clock, progress } = this.#dependencies;
    const verdicts = this.grading.verdicts();
    const described = describeAttempt(scenario, fold, clock.now());
    const next = nextHint(scenario, fold, this.observedHints());
    return lockedState(fold, {
      ...described,
      phase: fold.phase,
      ...(fold.step && { step: fold.step }),
      ...(fold.failure && { failure: fold.failure }),
      running: fold.runningSince !== undefined,
      hints: { ...described.hints, ...(next && { nextPrice: next.price }) },
      verdicts: verdicts.map((verdict) => checkView(verdict, fold)),
      ...scoreOf(verdicts, helpPrice(fold)),
      max: scenario.checks.reduce((sum, c) => sum + c.weight, 0),
      wasSolved: fold.wasSolved || progress?.of(described.scenario)?.solved === true,
    });
  }

  onState(listener: (state: AttemptState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async #activate(): Promise<void> {
    await this.grading.captureBaseline();
    await this.#record({ type: 'activated' });
    await this.grading.begin();
  }

  #record(body: AttemptEventBody): Promise<void> {
    const written = this.#recorder.record(body);
    if (body.type === 'step') this.#changed();
    return written;
  }

  #changed(): void {
    if (this.#listeners.size === 0) return;
    const state = this.state();
    for (const listener of this.#listeners) listener(state);
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
