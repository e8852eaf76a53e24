import type { AppendLog } from '../kernel/append-log.ts';
import type { Clock, Timer } from '../kernel/clock.ts';
import type { AttemptEvent, AttemptEventBody } from './events.ts';
import { isLocked } from './exam/lock.ts';
import { type AttemptFold, applyEvent } from './fold.ts';
import { type ProgressLog, progressRecordOf } from './progress.ts';

/** How often a log that could not be written is tried again, milliseconds. */
const diskRetry = 1_000;

export interface RecorderOptions {
  clock: Clock;
  /** Aborted once nothing matters any more: a log that can't be written is not tried again. */
  signal: AbortSignal;
  progress?: ProgressLog | undefined;
  /** The log can't be written now, and why. */
  onTrouble(reason: string): void;
  /** Something was written. */
  onWritten(): Promise<void>;
}

/** Writes an attempt's log and keeps its fold, the same object all the time, as the log has it. */
export class Recorder {
  readonly #log: AppendLog<AttemptEvent>;
  readonly #fold: AttemptFold;
  readonly #options: RecorderOptions;
  #retry: Timer | undefined;

  constructor(log: AppendLog<AttemptEvent>, fold: AttemptFold, options: RecorderOptions) {
    this.#log = log;
    this.#fold = fold;
    this.#options = options;
  }

  /**
   * Takes an event into the fold, which does not wait for the disk. Resolves when it is written, or when it could not be:
   * the log keeps in memory what it misses, and is tried again.
   */
  record(body: AttemptEventBody, t = this.#options.clock.now()): Promise<void> {
    const event = { t, ...body } as AttemptEvent;
    applyEvent(this.#fold, event);
    const { progress, onWritten } = this.#options;
    // In an exam it would tell how a task stands.
    const achieved = isLocked(this.#fold) ? undefined : progressRecordOf(this.#fold, event);
    if (achieved) void progress?.append([achieved]);
    return this.#log.append(event).then(onWritten, (error: Error) => this.#writeLater(error));
  }

  async close(): Promise<void> {
    this.#retry?.cancel();
    await this.#log.close();
  }

  #writeLater(error: Error): void {
    const { clock, signal, onTrouble, onWritten } = this.#options;
    if (signal.aborted) return;
    this.#retry?.cancel();
    this.#retry = clock.after(diskRetry, () => {
      this.#log.flush().then(onWritten, (again: Error) => this.#writeLater(again));
    });
    onTrouble(`${this.#log.file} cannot be written: ${error.message}`);
  }
}
