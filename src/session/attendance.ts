import type { Clock, Timer } from '../kernel/clock.ts';
import type { AttemptEventBody } from './events.ts';

/** Who works on an attempt, as far as that can be seen. Times are milliseconds since 1970. */
export interface Attendance {
  /** Those who are there: the app, a shell of the lab, a command that follows. */
  followers: number;
  /** The last sign of work: somebody came, a key, a command, a change in the cluster. */
  sign?: number;
  /** Whether the attempt's clock may run. */
  works: boolean;
  /** When this was last looked at: a long time without a look is one in which the machine slept. */
  seen: number;
  /** When the log was last told that somebody works. */
  beat: number;
}

export type AttendanceInput = 'came' | 'left' | 'sign' | 'tick';

/** What the log is to be reported, and of when. */
export interface AttendanceEvent {
  t: number;
  body: AttemptEventBody & { type: 'paused' | 'working' | 'beat' };
}

/** How long after a sign somebody is taken to work, milliseconds, where nothing else was chosen. */
export const defaultIdle = 10 * 60_000;
/** How often time is looked at, and how long a gap in that is a machine that slept, milliseconds. */
export const tickEvery = 10_000;
export const asleepAfter = 60_000;
/** How much work a crash may lose, milliseconds. */
export const beatEvery = 60_000;

/** Whoever began an attempt works on it; at one that is taken up again nobody is seen yet. */
export function firstAttendance(now: number, begun: boolean): Attendance {
  return { followers: 0, works: begun, seen: now, beat: now, ...(begun && { sign: now }) };
}

/**
 * The rules by which the clock of an attempt runs: for a while, `idle` milliseconds, after each sign of work. When the last
 * one who was there has left it stands at once. Time in which the machine slept is nobody's: it stands until the next sign.
 * Pure.
 */
export function attend(
  before: Attendance,
  input: AttendanceInput,
  now: number,
  idle = defaultIdle,
): { attendance: Attendance; events: AttendanceEvent[] } {
  const events: AttendanceEvent[] = [];
  const attendance = { ...before };
  const report = (body: AttendanceEvent['body'], t: number) => {
    events.push({ t, body });
    attendance.works = body.type !== 'paused';
    attendance.beat = t;
  };
  if (now - before.seen >= asleepAfter) {
    if (attendance.works) report({ type: 'paused', why: 'asleep', since: before.seen }, before.seen);
    delete attendance.sign;
  }
  attendance.seen = now;
  if (input === 'came') attendance.followers++;
  if (input === 'came' || input === 'sign') attendance.sign = now;
  if (input === 'left') {
    attendance.followers = Math.max(0, attendance.followers - 1);
    if (attendance.followers === 0) delete attendance.sign;
  }
  const { sign } = attendance;
  const works = sign !== undefined && now - sign < idle;
  if (works && !attendance.works) report({ type: 'working' }, now);
  else if (!works && attendance.works)
    report({ type: 'paused', why: sign === undefined ? 'left' : 'idle', since: sign ?? now }, now);
  else if (works && now - attendance.beat >= beatEvery) report({ type: 'beat' }, now);
  return { attendance, events };
}

export interface AttendanceKeeperOptions {
  clock: Clock;
  /** Whether the attempt has just begun. */
  begun: boolean;
  /** How long after a sign somebody is taken to work, milliseconds, as it is now. */
  idleAfter(): number;
  onEvent(event: AttendanceEvent): void;
}

/** Applies the rules as time goes by, until it is stopped. */
export class AttendanceKeeper {
  readonly #options: AttendanceKeeperOptions;
  #attendance: Attendance;
  #timer: Timer | undefined;
  #stopped = false;

  constructor(options: AttendanceKeeperOptions) {
    this.#options = options;
    this.#attendance = firstAttendance(options.clock.now(), options.begun);
    this.#schedule();
  }

  take(input: AttendanceInput): void {
    if (this.#stopped) return;
    const { clock, idleAfter, onEvent } = this.#options;
    const { attendance, events } = attend(this.#attendance, input, clock.now(), idleAfter());
    this.#attendance = attendance;
    for (const event of events) onEvent(event);
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  #schedule(): void {
    this.#timer = this.#options.clock.after(tickEvery, () => {
      this.take('tick');
      if (!this.#stopped) this.#schedule();
    });
  }
}
