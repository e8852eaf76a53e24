import { AppendLog } from '../../kernel/append-log.ts';
import type { Clock, Timer } from '../../kernel/clock.ts';
import { EnvironmentError, UserError } from '../../kernel/errors.ts';
import type { Scenario } from '../../scenario/types.ts';
import { Attempt } from '../attempt.ts';
import { readAttemptLog } from '../attempt-logs.ts';
import { progressRecordsOf } from '../progress.ts';
import type { SittingEvent, SittingEventBody } from './events.ts';
import { applySittingEvent, foldSitting, goesOn, type SittingFold } from './fold.ts';
import { readSittings, sittingLog } from './logs.ts';
import { countedEvents, type ExamReport, examReportOf, readExamReport, writeExamReport } from './report.ts';
import { describeSitting, type TaskProgress } from './state.ts';
import { type Surroundings, TaskClusters } from './task-clusters.ts';
import type { ExamState } from './types.ts';

export interface SittingDependencies extends Surroundings {
  clock: Clock;
  /** Folder of all sittings. */
  folder: string;
  /** Folder of all attempts. */
  attemptsFolder: string;
  scenarioOf(task: SittingFold['tasks'][number]): Scenario;
  log(line: string): void;
  version?: string | undefined;
}

/** How often the time is looked at, milliseconds: timers stand while a machine sleeps, and its clock does not. */
const lookEvery = 5_000;
/** How long no verdict may move before all is taken to be judged, milliseconds. */
const quietFor = 250;

/**
 * One try at an exam: its log is the truth, as with an attempt. Each task is an attempt of its own. The one writer of the
 * log is whoever holds this object (the daemon).
 */
export class Sitting {
  readonly fold: Readonly<SittingFold>;
  readonly #dependencies: SittingDependencies;
  readonly #log: AppendLog<SittingEvent>;
  readonly #scenarios: readonly Scenario[];
  readonly #tasks: TaskClusters;
  readonly #listeners = new Set<() => void>();
  #timer: Timer | undefined;
  /** The one that somebody works on. */
  #attended: Attempt | undefined;
  #ending: Promise<void> | undefined;
  #result: ExamState['result'];

  private constructor(fold: SittingFold, log: AppendLog<SittingEvent>, dependencies: SittingDependencies) {
    this.fold = fold;
    this.#log = log;
    this.#dependencies = dependencies;
    this.#scenarios = fold.tasks.map((task) => dependencies.scenarioOf(task));
    this.#tasks = new TaskClusters(fold, this.#scenarios, dependencies, {
      onAttempt: (task, attempt) => this.#record({ type: 'attempt', task, attempt }),
      onReady: (task) => this.#open(task),
      onChange: () => this.#changed(),
    });
  }

  /** Begins one: only its log exists afterwards. */
  static async create(
    created: Omit<Extract<SittingEvent, { type: 'created' }>, 't' | 'type' | 'version'>,
    dependencies: SittingDependencies,
  ): Promise<Sitting> {
    const { log } = await AppendLog.open<SittingEvent>(sittingLog(dependencies.folder, created.id));
    const event: SittingEvent = { t: dependencies.clock.now(), type: 'created', version: 1, ...created };
    await log.append(event);
    return new Sitting(foldSitting([event]) as SittingFold, log, dependencies);
  }

  /** Takes one up again from its log; undefined if that holds none. */
  static async open(id: string, dependencies: SittingDependencies): Promise<Sitting | undefined> {
    const { log, records } = await AppendLog.open<SittingEvent>(sittingLog(dependencies.folder, id));
    const fold = foldSitting(records);
    if (fold) return new Sitting(fold, log, dependencies);
    await log.close();
    return undefined;
  }

  /** Prepares the first task and then, without being waited for, the others. Rejects if the first can't be prepared. */
  async begin(): Promise<void> {
    await this.#tasks.first();
  }

  /** Goes on after a restart of the daemon: with what is over, too, if a crash cut its end off. */
  async resume(): Promise<void> {
    const { phase, submitted } = this.fold;
    if (submitted || phase === 'discarded') return this.#end();
    if (await this.endIfOver()) return;
    this.#attend();
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

  /** Makes a task, from 0, the current one; one that failed is tried again. */
  async go(task: number): Promise<void> {
    this.#requireTask(task);
    if (task !== this.fold.current) {
      await this.#record({ type: 'went', task });
      if (this.fold.phase === 'running') this.#attend();
    }
    this.#tasks.want(task);
    this.#changed();
  }

  async flag(task = this.fold.current, flagged?: boolean): Promise<void> {
    this.#requireTask(task);
    await this.#record({ type: 'flagged', task, flagged: flagged ?? !this.fold.tasks[task]?.flagged });
  }

  /** Writes into the notepad: a line more, or all of it. */
  async note(text: string, replace = false): Promise<void> {
    const { notes } = this.fold;
    await this.#record({ type: 'noted', text: replace || notes === '' ? text : `${notes}\n${text}` });
  }

  /** Ends it with a result. `keep`: the task whose cluster is to stay. */
  submit(by: 'learner' | 'deadline', keep?: number): Promise<void> {
    if (keep !== undefined) this.#requireTask(keep);
    return this.#endOnce(() => this.#submit(by, keep));
  }

  /** Ends it without one. */
  discard(): Promise<void> {
    return this.#endOnce(async () => {
      await this.#record({ type: 'discarded' });
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
    if (this.fold.phase === 'preparing') {
      await this.#record({ type: 'opened' });
      this.#attend();
      this.#watchTime();
    } else if (task === this.fold.current) this.#attend();
  }

  async #submit(by: 'learner' | 'deadline', keep: number | undefined): Promise<void> {
    const { clock } = this.#dependencies;
    if (this.fold.submitted) {
      await this.#log.flush();
      return this.#end();
    }
    // What was just changed is to be judged.
    if (by === 'learner') await Promise.all(this.#tasks.attempts().map((own) => own.grading.quiet(quietFor)));
    const at = Math.min(clock.now(), this.fold.deadline ?? Number.POSITIVE_INFINITY);
    await this.#record({ type: 'submitted', by, at, ...(keep !== undefined && { kept: keep }) });
    await this.#end();
  }

  /** What could not be written may be tried again. */
  #endOnce(end: () => Promise<void>): Promise<void> {
    this.#ending ??= end().catch((error: unknown) => {
      this.#ending = undefined;
      throw error;
    });
    return this.#ending;
  }

  /** Ends the attempts, then reads from their logs how it came out. */
  async #end(): Promise<void> {
    const { attempts, folder, attemptsFolder, progress } = this.#dependencies;
    const { submitted, tasks } = this.fold;
    this.#timer?.cancel();
    attempts.prefer(undefined);
    await this.#tasks.end(submitted?.kept);
    if (submitted) {
      const logs = await Promise.all(tasks.map(({ attempt = '' }) => readAttemptLog(attemptsFolder, attempt)));
      for (const events of logs) await progress.append(progressRecordsOf(countedEvents(events, this.fold)));
      const kubedrill = this.#dependencies.version;
      const best = this.fold.mode === 'mastery' ? await this.#best() : undefined;
      const report = examReportOf({ fold: this.fold, scenarios: this.#scenarios, logs, best, kubedrill });
      if (report) await writeExamReport(folder, report);
      if (report) this.#result = { score: report.score, max: report.max, passed: report.passed };
    }
    this.#changed();
    await this.#log.close();
  }

  /** The best result of the same exam before this one, of sittings without help. */
  async #best(): Promise<ExamReport['best']> {
    const { folder } = this.#dependencies;
    const { id, exam } = this.fold;
    const others = (await readSittings(folder)).filter(
      (other) =>
        other.id !== id && other.mode !== 'training' && other.exam.pack === exam.pack && other.exam.id === exam.id,
    );
    const reports = await Promise.all(others.map((other) => readExamReport(folder, other.id)));
    const [best] = reports.filter((report) => report !== undefined).sort((a, b) => b.score - a.score);
    return best && { sitting: best.sitting, score: best.score, submittedAt: best.submittedAt };
  }

  #watchTime(): void {
    const { deadline } = this.fold;
    const { clock, log } = this.#dependencies;
    if (deadline === undefined) return;
    const look = () =>
      this.endIfOver().then(
        (isOver) => {
          if (!isOver) this.#watchTime();
        },
        (error: Error) => log(`exam ${this.fold.id}: ${error.message}`),
      );
    this.#timer?.cancel();
    this.#timer = clock.after(Math.min(lookEvery, Math.max(0, deadline - clock.now())), () => void look());
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

  #requireTask(task: number): void {
    const count = this.fold.tasks.length;
    if (task >= 0 && task < count) return;
    throw new UserError({ what: `there is no task ${task + 1}`, next: `name one from 1 to ${count}` });
  }

  async #record(body: SittingEventBody): Promise<void> {
    if (!goesOn(this.fold)) {
      throw new UserError({ what: 'the exam is over', next: `kubedrill exam report --sitting ${this.fold.id}` });
    }
    const event = { t: this.#dependencies.clock.now(), ...body } as SittingEvent;
    applySittingEvent(this.fold, event);
    this.#changed();
    try {
      await this.#log.append(event);
    } catch (cause) {
      // The log keeps it, and writes it before whatever comes next.
      const { message } = cause as Error;
      const next = 'make room on the disk, and do it again';
      throw new EnvironmentError({ what: `${this.#log.file} cannot be written`, why: message, next }, { cause });
    }
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}
