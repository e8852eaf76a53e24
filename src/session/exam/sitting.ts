import type { Clock, Timer } from '../../kernel/clock.ts';
import { UserError } from '../../kernel/errors.ts';
import type { Scenario } from '../../scenario/types.ts';
import { Attempt } from '../attempt.ts';
import type { SittingEventBody, SittingTask } from './events.ts';
import { goesOn, type SittingFold } from './fold.ts';
import { keepResult } from './result.ts';
import type { SittingLog } from './sitting-log.ts';
import { describeSitting, type TaskProgress } from './state.ts';
import { type Surroundings, TaskClusters } from './task-clusters.ts';
import type { ExamState } from './types.ts';

export interface SittingDependencies extends Surroundings {
  clock: Clock;
  /** Folder of all sittings. */
  folder: string;
  /** Folder of all attempts. */
  attemptsFolder: string;
  scenarioOf(task: SittingTask): Scenario;
  log(line: string): void;
  /** For reports. */
  version?: string | undefined;
}

/** How often the time is looked at, milliseconds: timers stand while a machine sleeps, and its clock does not. */
const lookEvery = 5_000;
/** How long no verdict may move before all is taken to be judged, milliseconds. */
const quietFor = 250;

/**
 * One try at an exam: its log is the truth, as with an attempt. Each task is an attempt of its own. The one writer of the
 * log is whoever holds this object (the daemon). Tasks are counted from 0.
 */
export class Sitting {
  readonly fold: Readonly<SittingFold>;
  readonly #dependencies: SittingDependencies;
  readonly #log: SittingLog;
  readonly #scenarios: readonly Scenario[];
  readonly #tasks: TaskClusters;
  readonly #listeners = new Set<() => void>();
  #timer: Timer | undefined;
  /** The one that somebody works on. */
  #attended: Attempt | undefined;
  #ending: Promise<void> | undefined;
  #result: ExamState['result'];

  /** Throws a UserError if a scenario is no longer there. */
  constructor(log: SittingLog, dependencies: SittingDependencies) {
    this.fold = log.fold;
    this.#log = log;
    this.#dependencies = dependencies;
    this.#scenarios = log.fold.tasks.map((task) => dependencies.scenarioOf(task));
    this.#tasks = new TaskClusters(log.fold, this.#scenarios, dependencies, {
      onAttempt: (task, attempt) => this.#record({ type: 'attempt', task, attempt }),
      onReady: (task) => this.#open(task),
      onChange: () => this.#changed(),
    });
  }

  /** Prepares the first task and then, without being waited for, the others. Rejects if the first can't be prepared. */
  begin(): Promise<void> {
    return this.#tasks.first();
  }

  /** Goes on after a restart of the daemon: with what is over, too, if a crash cut its end off. */
  async resume(): Promise<void> {
    if (!goesOn(this.fold)) return this.#end();
    if (await this.endIfOver()) return;
    if (this.fold.phase === 'running') this.#attend();
    this.#watchTime();
    this.#tasks.resume();
  }

  /** Submits it if its time is over; whether it is over, however that came. */
  async endIfOver(): Promise<boolean> {
    const { phase, deadline } = this.fold;
    const isLate = phase === 'running' && deadline !== undefined && this.#dependencies.clock.now() >= deadline;
    if (isLate) await this.submit('deadline');
    return !goesOn(this.fold);
  }

  /** Makes a task the current one; one that failed is tried again. */
  async go(task: number): Promise<void> {
    requireTask(this.fold, task);
    if (task !== this.fold.current) await this.#record({ type: 'went', task });
    if (this.fold.phase === 'running') this.#attend();
    this.#tasks.want(task);
    this.#changed();
  }

  /** Flags a task, or takes the flag away; default: the current one, and the other way round than it is. */
  async flag(task = this.fold.current, flagged?: boolean): Promise<void> {
    requireTask(this.fold, task);
    await this.#record({ type: 'flagged', task, flagged: flagged ?? !this.fold.tasks[task]?.flagged });
  }

  /** Writes into the notepad: a line more, or all of it. */
  async note(text: string, replace = false): Promise<void> {
    const { notes } = this.fold;
    const noted = replace || notes === '' ? text : `${notes}\n${text}`;
    if (noted.length > longestNotes) {
      throw new UserError({ what: 'the notepad is full', why: `it holds ${longestNotes} characters` });
    }
    await this.#record({ type: 'noted', text: noted });
  }

  /** Ends it with a result. `keep`: the task whose cluster is to stay. */
  async submit(by: 'learner' | 'deadline', keep?: number): Promise<void> {
    if (keep !== undefined) requireTask(this.fold, keep);
    await this.#endOnce(() => this.#submit(by, keep));
  }

  /** Ends it without one. */
  discard(): Promise<void> {
    return this.#endOnce(async () => {
      if (goesOn(this.fold)) await this.#record({ type: 'discarded' });
      await this.#end();
    });
  }

  /** Lets go without ending it: the daemon goes. */
  async close(): Promise<void> {
    this.#timer?.cancel();
    this.#tasks.close();
    await this.#log.close();
  }

  state(): ExamState {
    const now = this.#dependencies.clock.now();
    const progress = (task: number): TaskProgress => this.#tasks.progress(task);
    return describeSitting(this.fold, this.#scenarios, {
      now,
      progress,
      ...(this.#result && { result: this.#result }),
    });
  }

  onState(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** A task is ready: with the first one the time begins. */
  async #open(task: number): Promise<void> {
    const { phase, current } = this.fold;
    if (phase === 'preparing') {
      await this.#record({ type: 'opened' });
      this.#watchTime();
    }
    if (phase === 'preparing' || task === current) this.#attend();
  }

  async #submit(by: 'learner' | 'deadline', keep: number | undefined): Promise<void> {
    if (this.fold.submitted) {
      // It could not be written before.
      await this.#log.flush();
      return this.#end();
    }
    const { clock } = this.#dependencies;
    // What was just changed is to be judged.
    if (by === 'learner') await Promise.all(this.#tasks.attempts().map((own) => own.grading.quiet(quietFor)));
    const at = Math.min(clock.now(), this.fold.deadline ?? Number.POSITIVE_INFINITY);
    await this.#record({ type: 'submitted', by, at, ...(keep !== undefined && { kept: keep }) });
    await this.#end();
  }

  /** What could not be done may be tried again. */
  #endOnce(end: () => Promise<void>): Promise<void> {
    this.#ending ??= end().catch((error: unknown) => {
      this.#ending = undefined;
      throw error;
    });
    return this.#ending;
  }

  /** Ends the attempts, and keeps how it came out. */
  async #end(): Promise<void> {
    const { fold } = this;
    this.#timer?.cancel();
    this.#dependencies.attempts.prefer(undefined);
    await this.#tasks.end(fold.submitted?.kept);
    if (fold.submitted) {
      const report = await keepResult({ ...this.#dependencies, fold, scenarios: this.#scenarios });
      if (report) this.#result = { score: report.score, max: report.max, passed: report.passed };
    }
    this.#changed();
    await this.#log.close();
  }

  #watchTime(): void {
    const { deadline } = this.fold;
    const { clock, log } = this.#dependencies;
    if (deadline === undefined) return;
    const look = async () => {
      try {
        if (await this.endIfOver()) return;
      } catch (error) {
        log(`exam ${this.fold.id}: ${(error as Error).message}`);
      }
      this.#watchTime();
    };
    this.#timer?.cancel();
    // One that could not be ended is tried again, not at once.
    const left = deadline - clock.now();
    this.#timer = clock.after(left > 0 ? Math.min(lookEvery, left) : lookEvery, () => void look());
  }

  /** Somebody works on the current task, and on no other. */
  #attend(): void {
    const { attempts } = this.#dependencies;
    const id = this.fold.tasks[this.fold.current]?.attempt;
    attempts.prefer(id);
    const found = id === undefined ? undefined : attempts.find(id);
    const attempt = found instanceof Attempt ? found : undefined;
    if (attempt === this.#attended) return;
    this.#attended?.attend('left');
    attempt?.attend('came');
    this.#attended = attempt;
  }

  async #record(body: SittingEventBody): Promise<void> {
    const written = this.#log.record(body);
    this.#changed();
    await written;
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}

/** So many characters the notepad takes: it stands in the log as often as it changes. */
const longestNotes = 20_000;

function requireTask({ tasks }: Readonly<SittingFold>, task: number): void {
  if (task >= 0 && task < tasks.length) return;
  throw new UserError({ what: `there is no task ${task + 1}`, next: `name one from 1 to ${tasks.length}` });
}
