import { randomInt } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { UserError } from '../../kernel/errors.ts';
import type { MethodOptions } from '../../kernel/rpc-contract.ts';
import { planExam } from '../../scenario/exams.ts';
import { loadScenario, scenarioIds } from '../../scenario/load.ts';
import type { TrustStore } from '../../scenario/trust.ts';
import type { Exam, Pack } from '../../scenario/types.ts';
import type { Attempts } from '../attempts.ts';
import type { Clusters } from '../clusters.ts';
import type { Labs } from '../contract.ts';
import type { Lifecycle, LifecycleOptions } from '../lifecycle.ts';
import { scenarioAt, scenarioRef } from '../scenario-ref.ts';
import type { SittingTask } from './events.ts';
import { goesOn } from './fold.ts';
import { readSitting, readSittings, sittingIds, sittingsFolder, unknownSitting } from './logs.ts';
import { readExamReport } from './report.ts';
import { Sitting, type SittingDependencies } from './sitting.ts';
import { SittingLog } from './sitting-log.ts';
import { describeSitting } from './state.ts';
import type { ExamStartRequest, ExamState } from './types.ts';

export interface ExamsOptions extends LifecycleOptions {
  trust: TrustStore;
  clusters: Clusters;
  attempts: Attempts;
  lifecycle: Lifecycle;
  version?: string;
}

type ExamVerbs = Pick<
  Labs,
  'examStart' | 'exam' | 'examFollow' | 'examGo' | 'examFlag' | 'examNote' | 'examSubmit' | 'examStop'
>;

/** The exams that somebody sits: one at a time, as in a life. */
export class Exams {
  readonly #options: ExamsOptions;
  readonly #folder: string;
  #running: Sitting | undefined;
  /** One is being planned. */
  #starting = false;

  constructor(options: ExamsOptions) {
    this.#options = options;
    this.#folder = sittingsFolder({ state: dirname(options.folder) });
  }

  /** Takes up the sitting that goes on, and ends what a crash kept from being ended; attempts are taken up already. */
  async resume(): Promise<void> {
    const { log } = this.#options;
    for (const { id, phase } of await readSittings(this.#folder)) {
      const isDone = phase === 'submitted' && (await readExamReport(this.#folder, id)) !== undefined;
      if (isDone || (phase === 'discarded' && !this.#hasAttempts(id))) continue;
      try {
        const opened = await SittingLog.open(this.#folder, id, this.#options.clock);
        if (!opened) continue;
        const sitting = new Sitting(opened, this.#dependencies());
        if (goesOn(sitting.fold)) this.#running = sitting;
        await sitting.resume();
      } catch (error) {
        log(`exam ${id} cannot be taken up: ${(error as Error).message}`);
      }
    }
  }

  async close(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    await running?.close();
  }

  verbs(): ExamVerbs {
    const change = async (id: string | undefined, work: (sitting: Sitting) => Promise<void>) => {
      const sitting = await this.#goingOn(id);
      await work(sitting);
      return sitting.state();
    };
    return {
      examStart: (request, options) => this.#start(request, options),
      exam: ({ id } = {}) => this.#state(id),
      examFollow: ({ id } = {}, options) => this.#follow(id, options),
      examGo: ({ id, task }) => change(id, (sitting) => sitting.go(task - 1)),
      examFlag: ({ id, task, flagged } = {}) =>
        change(id, (sitting) => sitting.flag(task === undefined ? undefined : task - 1, flagged)),
      examNote: ({ id, text, replace }) => change(id, (sitting) => sitting.note(text, replace)),
      examSubmit: ({ id, keep } = {}) =>
        change(id, (sitting) => sitting.submit('learner', keep === undefined ? undefined : keep - 1)),
      examStop: ({ id } = {}) => change(id, (sitting) => sitting.discard()),
    };
  }

  async #start(request: ExamStartRequest, { onEvent, signal }: MethodOptions<ExamState> = {}): Promise<ExamState> {
    if (this.#starting || (this.#running && !(await this.#running.endIfOver()))) {
      throw new UserError({
        what: `the exam ${this.#running?.fold.exam.id ?? request.exam} goes on`,
        why: 'one is sat at a time',
        next: 'kubedrill exam submit, or kubedrill exam stop',
      });
    }
    this.#starting = true;
    let sitting: Sitting;
    try {
      sitting = await this.#create(request);
      this.#running = sitting;
    } finally {
      this.#starting = false;
    }
    const unsubscribe = onEvent && sitting.onState(() => onEvent(sitting.state()));
    const abandon = () => void this.#abandon(sitting);
    signal?.addEventListener('abort', abandon, { once: true });
    try {
      await sitting.begin();
      return sitting.state();
    } catch (error) {
      await this.#abandon(sitting);
      throw error;
    } finally {
      signal?.removeEventListener('abort', abandon);
      unsubscribe?.();
    }
  }

  /** Plans it and writes it down; nothing is created yet. */
  async #create(request: ExamStartRequest): Promise<Sitting> {
    const { trust, clusters } = this.#options;
    const { seed, mode, provider, nodeImage } = request;
    clusters.provider(provider);
    const { exam, pack } = this.#wanted(request);
    const scenarios = scenarioIds(pack).map((id) => loadScenario(pack, id, seed));
    const planned = planExam(exam, scenarios, seed);
    for (const { scenario } of planned) trust.require(scenario, scenario.setup);
    const tasks = planned.map(({ scenario, weight, domain, host }): SittingTask => {
      const { title, minutes } = scenario;
      const place = { scenario: scenarioRef(scenario, seed), title, minutes };
      return { ...place, weight, ...(domain !== undefined && { domain }), host };
    });
    const named = { pack: pack.id, ...(pack.builtIn ? {} : { folder: pack.folder }), id: exam.id, title: exam.title };
    const on = { provider, ...(nodeImage !== undefined && { nodeImage }) };
    const id = this.#newId(exam.id);
    const created = { id, exam: named, mode, seed, minutes: exam.minutes, tasks, on };
    const log = await SittingLog.create(this.#folder, created, this.#options.clock);
    return new Sitting(log, this.#dependencies());
  }

  #wanted({ exam: id, pack, packFolder }: ExamStartRequest): { exam: Exam; pack: Pack } {
    const { catalog } = this.#options;
    const named = packFolder ?? pack;
    const packs = named === undefined ? catalog.packs() : [catalog.pack(named)];
    const found = packs
      .flatMap((one) => one.exams.map((exam) => ({ exam, pack: one })))
      .find(({ exam }) => exam.id === id);
    if (found) return found;
    throw new UserError({ what: `there is no exam ${id}`, next: 'kubedrill exam list' });
  }

  /** Nothing of it stays: whoever began it went away, or its first task could not be prepared. */
  async #abandon(sitting: Sitting): Promise<void> {
    const { folder, log } = this.#options;
    try {
      await sitting.discard();
      if (this.#running === sitting) this.#running = undefined;
      const attempts = sitting.fold.tasks.flatMap(({ attempt }) => attempt ?? []);
      for (const attempt of attempts) await rm(join(folder, attempt), { recursive: true, force: true });
      await rm(join(this.#folder, sitting.fold.id), { recursive: true, force: true });
    } catch (error) {
      log(`exam ${sitting.fold.id}: ${(error as Error).message}`);
    }
  }

  /** The one that goes on; rejects with a UserError if there is none, or the one of this id is over. */
  async #goingOn(id: string | undefined): Promise<Sitting> {
    const running = this.#running;
    if (running && (id === undefined || running.fold.id === id) && !(await running.endIfOver())) return running;
    if (id !== undefined && !sittingIds(this.#folder).includes(id)) throw unknownSitting(this.#folder, id);
    const last = id ?? running?.fold.id;
    if (last !== undefined) {
      throw new UserError({ what: 'the exam is over', next: `kubedrill exam report --sitting ${last}` });
    }
    throw new UserError({ what: 'no exam goes on', next: 'kubedrill exam start <exam>, or kubedrill exam list' });
  }

  async #state(id: string | undefined): Promise<ExamState> {
    const running = this.#running;
    if (running && (id === undefined || running.fold.id === id)) {
      await running.endIfOver();
      return running.state();
    }
    if (id === undefined) return (await this.#goingOn(id)).state();
    const fold = await readSitting(this.#folder, id);
    if (!fold) throw unknownSitting(this.#folder, id);
    const report = await readExamReport(this.#folder, id);
    const scenarios = fold.tasks.map(({ scenario }) => scenarioAt(this.#options.catalog, scenario));
    return describeSitting(fold, scenarios, {
      now: this.#options.clock.now(),
      progress: () => ({ phase: 'over' }),
      ...(report && { result: { score: report.score, max: report.max, passed: report.passed } }),
    });
  }

  async #follow(
    id: string | undefined,
    { onEvent = () => undefined, signal }: MethodOptions<ExamState> = {},
  ): Promise<void> {
    onEvent(await this.#state(id));
    const running = this.#running;
    const isThis = running && (id === undefined || running.fold.id === id);
    const unsubscribe = isThis ? running.onState(() => onEvent(running.state())) : undefined;
    await new Promise<void>((resolve) => {
      if (signal?.aborted) return resolve();
      signal?.addEventListener('abort', () => resolve(), { once: true });
    });
    unsubscribe?.();
  }

  #hasAttempts(id: string): boolean {
    return this.#options.attempts.all().some(({ fold }) => fold.exam?.id === id);
  }

  #newId(exam: string): string {
    for (;;) {
      const id = `${exam}-${randomInt(36 ** 4)
        .toString(36)
        .padStart(4, '0')}`;
      if (!existsSync(join(this.#folder, id))) return id;
    }
  }

  #dependencies(): SittingDependencies {
    const { clock, folder, catalog, lifecycle, attempts, progress, log, version } = this.#options;
    return {
      clock,
      folder: this.#folder,
      attemptsFolder: folder,
      scenarioOf: ({ scenario }) => scenarioAt(catalog, scenario),
      lifecycle,
      attempts,
      progress,
      log,
      version,
    };
  }
}
