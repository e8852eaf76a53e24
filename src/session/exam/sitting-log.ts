import { AppendLog } from '../../kernel/append-log.ts';
import type { Clock } from '../../kernel/clock.ts';
import { EnvironmentError, UserError } from '../../kernel/errors.ts';
import type { SittingEvent, SittingEventBody } from './events.ts';
import { applySittingEvent, foldSitting, goesOn, type SittingFold } from './fold.ts';
import { sittingLog } from './logs.ts';

/** Writes a sitting's log and keeps its fold, the same object all the time, as the log has it. */
export class SittingLog {
  readonly fold: SittingFold;
  readonly #log: AppendLog<SittingEvent>;
  readonly #clock: Clock;

  private constructor(fold: SittingFold, log: AppendLog<SittingEvent>, clock: Clock) {
    this.fold = fold;
    this.#log = log;
    this.#clock = clock;
  }

  /** Begins a log in the folder of all sittings. */
  static async create(
    folder: string,
    created: Omit<Extract<SittingEvent, { type: 'created' }>, 't' | 'type' | 'version'>,
    clock: Clock,
  ): Promise<SittingLog> {
    const { log } = await AppendLog.open<SittingEvent>(sittingLog(folder, created.id));
    const event: SittingEvent = { t: clock.now(), type: 'created', version: 1, ...created };
    await log.append(event);
    return new SittingLog(foldSitting([event]) as SittingFold, log, clock);
  }

  /** Opens one again; undefined if it holds no sitting. */
  static async open(folder: string, id: string, clock: Clock): Promise<SittingLog | undefined> {
    const { log, records } = await AppendLog.open<SittingEvent>(sittingLog(folder, id));
    const fold = foldSitting(records);
    if (fold) return new SittingLog(fold, log, clock);
    await log.close();
    return undefined;
  }

  /** Takes an event in; a UserError if the sitting is over. Resolves when it is on the disk, rejects if it could not be written. */
  async record(body: SittingEventBody): Promise<void> {
    if (!goesOn(this.fold)) {
      throw new UserError({ what: 'the exam is over', next: `kubedrill exam report --sitting ${this.fold.id}` });
    }
    const event = { t: this.#clock.now(), ...body } as SittingEvent;
    applySittingEvent(this.fold, event);
    try {
      await this.#log.append(event);
    } catch (cause) {
      // The log keeps it, and writes it before whatever comes next.
      const { message } = cause as Error;
      const next = 'make room on the disk, and do it again';
      throw new EnvironmentError({ what: `${this.#log.file} cannot be written`, why: message, next }, { cause });
    }
  }

  /** Writes what could not be written. */
  flush(): Promise<void> {
    return this.#log.flush();
  }

  close(): Promise<void> {
    return this.#log.close();
  }
}
