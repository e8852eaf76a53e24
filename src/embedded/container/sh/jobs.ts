import type { ExitStatus, Process } from '../kernel/process.ts';
import { signalName, signalText } from '../kernel/signals.ts';

export interface Job {
  number: number;
  process: Process;
  text: string;
  /** `jobs` or the prompt has reported that it ended. */
  reported: boolean;
}

/** The background jobs of one shell. */
export class Jobs {
  #list: Job[] = [];

  add(process: Process, text: string): Job {
    // Forgets jobs that ended long ago, so that a loop of `&` does not grow without bound.
    const ended = this.#list.filter((j) => j.process.status);
    if (ended.length > 64) this.#list = this.#list.filter((j) => !j.process.status || ended.indexOf(j) >= 32);
    const number = Math.max(0, ...this.#list.filter((j) => !j.process.status).map((j) => j.number)) + 1;
    const job = { number, process, text: text.replace(/\s*&$/, ''), reported: false };
    this.#list.push(job);
    return job;
  }

  get all(): readonly Job[] {
    return this.#list;
  }

  /** By `%1`, `%%`, `%+`, `%-`, `%name`, or a process id. */
  find(spec: string): Job | undefined {
    if (spec.startsWith('%')) {
      const rest = spec.slice(1);
      if (rest === '' || rest === '%' || rest === '+')
        return this.#list.findLast((j) => !j.process.status) ?? this.#list.at(-1);
      if (rest === '-') return this.#list.filter((j) => !j.process.status).at(-2);
      if (/^\d+$/.test(rest)) return this.#list.findLast((j) => j.number === Number(rest));
      return this.#list.findLast((j) => j.text.startsWith(rest));
    }
    return this.#list.findLast((j) => j.process.pid === Number(spec));
  }

  remove(job: Job): void {
    this.#list = this.#list.filter((j) => j !== job);
  }
}

/** `128 + n` as text for `$?` after a signal; for messages of `wait` and `jobs`. */
export function statusText(status: ExitStatus): string {
  return status.signal === undefined ? `Exit ${status.code}` : (signalText(status.signal) ?? signalName(status.signal));
}
