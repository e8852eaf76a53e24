import type { Process } from '../../kernel/process.ts';
import type { Tty } from '../../kernel/tty.ts';

/** Keys that are more than a character, by the ends of their sequences. */
const sequences: Readonly<Record<string, Key>> = {
  ...{ A: '<up>', B: '<down>', C: '<right>', D: '<left>', H: '<home>', F: '<end>' },
  ...{ '1~': '<home>', '2~': '<insert>', '3~': '<delete>', '4~': '<end>', '5~': '<pageup>', '6~': '<pagedown>' },
  ...{ '7~': '<home>', '8~': '<end>' },
};

/** A character, or the name of a key in angle brackets of more than one letter. */
export type Key = string;

export const escapeKey = '\x1b';

/** What a person types into a terminal, key by key; what programs put in front comes first. */
export class Keyboard {
  readonly #p: Process;
  readonly #tty: Tty;
  readonly #idle: () => Promise<void>;
  readonly #decoder = new TextDecoder();
  #typed = '';
  #queued: Key[] = [];
  #recorded: Key[] = [];

  /** `idle`: called before it waits, when everything typed so far is done. */
  constructor(p: Process, tty: Tty, idle: () => Promise<void>) {
    this.#p = p;
    this.#tty = tty;
    this.#idle = idle;
  }

  /** The next key; undefined: the terminal is gone. */
  async next(): Promise<Key | undefined> {
    const key = this.#queued.shift() ?? (await this.#fromTerminal());
    if (key !== undefined) this.#recorded.push(key);
    return key;
  }

  /** These keys come next. */
  queue(keys: readonly Key[]): void {
    this.#queued = [...keys, ...this.#queued];
  }

  /** The keys since the last call. */
  takeRecorded(): Key[] {
    const keys = this.#recorded;
    this.#recorded = [];
    return keys;
  }

  async #fromTerminal(): Promise<Key | undefined> {
    while (this.#typed === '') {
      await this.#idle();
      if (!(await this.#more())) return undefined;
    }
    const [first = ''] = this.#typed;
    this.#typed = this.#typed.slice(first.length);
    // A sequence comes at once; who types the key alone is not that fast.
    if (first !== escapeKey || !/^[[O]/.test(this.#typed)) return first;
    for (;;) {
      const [whole, end] = /^[[O]([\d;]*[A-Za-z~])/.exec(this.#typed) ?? [];
      if (whole !== undefined && end !== undefined) {
        const key = sequences[end];
        // What begins like a sequence and is none: the key itself, and what was typed after it.
        if (!key && whole.startsWith('O')) return first;
        this.#typed = this.#typed.slice(whole.length);
        return key ?? '<unknown>';
      }
      if (!/^[[O][\d;]*$/.test(this.#typed) || this.#typed.startsWith('O')) return first;
      if (!(await this.#more())) return first;
    }
  }

  async #more(): Promise<boolean> {
    const bytes = await this.#tty.read(this.#p, 4096);
    if (bytes.length === 0) return false;
    const turn = this.#p.step(20);
    if (turn) await turn;
    this.#typed += this.#decoder.decode(bytes, { stream: true });
    return true;
  }
}
