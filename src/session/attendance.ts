import type { Clock, Timer } from '../kernel/clock.ts';
import type { AttemptEventBody } from './events.ts';

/** Who works on an attempt, as far as that can be seen. Times are milliseconds since 1970. */
export interface Attendance {
  /** Those who look on for as long as they are there: the app, a shell of the lab, a command that follows. */
  followers: number;
  /** The last sign of somebody who does not follow: a command, a change in the cluster. */
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

/** How long after a sign somebody who does not follow is taken to work, milliseconds. */
export const idleAfter = 10 * 60_000;
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
 * The rules by which the clock of an attempt runs: while somebody follows, else for a while after each sign of work. Who
 * stops following has left: that counts at once. Time in which the machine slept is nobody's. Pure.
 */
export function attend(
  before: Attendance,
  input: AttendanceInput,
  now: number,
): { attendance: Attendance; events: AttendanceEvent[] } {
  const events: AttendanceEvent[] = [];
  const attendance = { ...before };
  const report = (type: AttendanceEvent['body']['type'], t: number) => {
    events.push({ t, body: { type } });
    attendance.works = type !== 'paused';
    attendance.beat = t;
  };
  if (attendance.works && now - before.seen >= asleepAfter) report('paused', before.seen);
  attendance.seen = now;
  if (input === 'came') attendance.followers++;
  if (input === 'left') {
    attendance.followers = Math.max(0, attendance.followers - 1);
    if (attendance.followers === 0) delete attendance.sign;
  }
  if (input === 'sign') attendance.sign = now;
  const { followers, sign } = attendance;
  const works = followers > 0 || (sign !== undefined && now - sign < idleAfter);
  if (works && !attendance.works) report('working', now);
  else if (!works && attendance.works) report('paused', now);
  else if (works && now - attendance.beat >= beatEvery) report('beat', now);
  return { attendance, events };
}

export interface AttendanceKeeperOptions {
  clock: Clock;
  /** Whether the attempt has just begun. */
  begun: boolean;
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
    const { clock, onEvent } = this.#options;
    const { attendance, events } = attend(this.#attendance, input, clock.now());
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
