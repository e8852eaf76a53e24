import type { Clock } from '../../../kernel/clock.ts';
import type { JournalEntry } from '../../node-api.ts';

/** So many lines are kept. */
const capacity = 2000;

/** What systemd and the services of a node say. */
export class Journal {
  readonly #clock: Clock;
  #entries: JournalEntry[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get entries(): readonly JournalEntry[] {
    return this.#entries;
  }

  /** A line of a program of a unit, or of systemd about it. */
  write(unit: string, identifier: string, pid: number, text: string): void {
    this.#entries.push({ at: this.#clock.now(), unit, identifier, pid, text });
    if (this.#entries.length > capacity) this.#entries = this.#entries.slice(-capacity);
  }
}

/** One value after `key=` in a structured log line of Kubernetes. */
function shown(value: string | readonly string[]): string {
  return JSON.stringify(value);
}

/** A line as klog writes it: severity, time, process, where, message, what belongs to it. */
export function klogLine(
  at: number,
  severity: 'I' | 'W' | 'E',
  pid: number,
  where: string,
  message: string,
  values: Readonly<Record<string, string | readonly string[]>> = {},
): string {
  const time = new Date(at).toISOString();
  const stamp = `${time.slice(5, 7)}${time.slice(8, 10)} ${time.slice(11, 23)}000`;
  const rest = Object.entries(values).map(([key, value]) => ` ${key}=${shown(value)}`);
  // Joined: what a template makes is kept as the many pieces that it was put together from, and a journal is long.
  return [severity, stamp, ' ', String(pid).padStart(7), ' ', where, '] ', JSON.stringify(message), ...rest].join('');
}
