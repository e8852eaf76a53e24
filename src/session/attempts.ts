import { UserError } from '../kernel/errors.ts';
import type { Scenario } from '../scenario/types.ts';
import { Attempt } from './attempt.ts';
import { hasBegun, neverBegan, readAttemptLog, unknownAttempt } from './attempt-logs.ts';
import { requireUnlocked } from './exam/lock.ts';
import type { SetAside } from './set-aside.ts';
import type { AttemptState } from './types.ts';

/** The attempts of this process: those that run, and what became of others. */
export class Attempts {
  /** Where their logs are. */
  readonly #folder: string;
  readonly #running = new Map<string, Attempt>();
  /** Those that are not taken up: their clusters are broken, or they have blocked a daemon. */
  readonly #setAside = new Map<string, SetAside>();
  /** Those that could not be taken up nor read, and why. */
  readonly #broken = new Map<string, Error>();
  #preferred: string | undefined;
  /** Starts that failed, as they ended: nobody goes on with them, but whoever looked on may ask for them by id. */
  readonly #failed = new Map<string, AttemptState>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  add(attempt: Attempt): void {
    this.#running.set(attempt.id, attempt);
  }

  /** It has ended. */
  remove({ id }: Attempt): void {
    this.#running.delete(id);
  }

  /** Its start has failed. */
  fail(attempt: Attempt): void {
    this.#running.delete(attempt.id);
    this.#failed.set(attempt.id, attempt.state());
  }

  addAside(aside: SetAside): void {
    this.#setAside.set(aside.fold.id, aside);
  }

  removeAside({ fold }: SetAside): void {
    this.#setAside.delete(fold.id);
  }

  /** It could not be taken up: whoever asks for it is notified why, unless it runs all the same. */
  addBroken(id: string, error: Error): void {
    if (!this.#running.has(id)) this.#broken.set(id, error);
  }

  /** Those that run, or are being set up. */
  all(): Attempt[] {
    return [...this.#running.values()];
  }

  aside(): SetAside[] {
    return [...this.#setAside.values()];
  }

  /** A start that failed; those are never the newest. */
  failed(id: string | undefined): AttemptState | undefined {
    return id === undefined ? undefined : this.#failed.get(id);
  }

  /** By id, or the one started last: of those set aside only if none runs. */
  find(id: string | undefined): Attempt | SetAside | undefined {
    const wanted = id ?? this.#preferred;
    const named = wanted === undefined ? undefined : (this.#running.get(wanted) ?? this.#setAside.get(wanted));
    if (named || id !== undefined) return named;
    return newest(this.all(), this.aside());
  }

  /** The newest at this scenario; those of exams are not to be gone on with as labs. */
  at(scenario: Pick<Scenario, 'id' | 'pack'>): Attempt | SetAside | undefined {
    const isOf = ({ scenario: own, fold }: Attempt | SetAside) =>
      !fold.exam && own.id === scenario.id && own.pack.id === scenario.pack.id;
    return newest(this.all().filter(isOf), this.aside().filter(isOf));
  }

  /** The one that has this cluster. */
  on(cluster: string): Attempt | SetAside | undefined {
    return [...this.all(), ...this.aside()].find(({ fold }) => fold.cluster?.id === cluster);
  }

  /** As `find`; rejects with why there is none: it may be broken, or be over. */
  async get(id: string | undefined): Promise<Attempt | SetAside> {
    const found = this.find(id);
    if (found) return found;
    const broken = id === undefined ? [...this.#broken.values()].at(-1) : this.#broken.get(id);
    if (broken) throw broken;
    if (id === undefined) {
      throw new UserError({ what: 'no attempt is running', next: 'kubedrill start <scenario>, or kubedrill list' });
    }
    const events = await readAttemptLog(this.#folder, id);
    if (events.length === 0) throw unknownAttempt(id, [...this.#running.keys()]);
    if (!hasBegun(events)) throw neverBegan(id, events);
    throw new UserError({ what: `the attempt ${id} has ended`, next: 'kubedrill start <scenario>' });
  }

  /** As `get`, for what needs one that runs: rejects with why it was set aside, too. */
  async running(id: string | undefined): Promise<Attempt> {
    const found = await this.get(id);
    if (found instanceof Attempt) return found;
    throw found.error;
  }

  /** As `running`, for somebody who works on it and wants to know how it stands: an exam's says that later. */
  async open(id: string | undefined): Promise<Attempt> {
    const attempt = await this.running(id);
    requireUnlocked(attempt.fold);
    attempt.attend('sign');
    return attempt;
  }

  /** The one that is meant by none while somebody sits an exam: its current task. Undefined: there is no such. */
  prefer(id: string | undefined): void {
    this.#preferred = id;
  }
}

/** Of those that run the one that was started last, one that is still being set up only if there is no other. */
function newest(running: Attempt[], aside: SetAside[]): Attempt | SetAside | undefined {
  const began = ({ fold }: Attempt) => Number(fold.activatedAt !== undefined);
  const [attempt] = running.sort((a, b) => began(b) - began(a) || b.fold.createdAt - a.fold.createdAt);
  return attempt ?? aside.sort((a, b) => b.fold.createdAt - a.fold.createdAt)[0];
}
