import { Readable } from 'node:stream';
import type { Clock, Timer } from '../kernel/clock.ts';
import { keyOf } from './keys.ts';

/** Takes what is typed, as the terminal sends it. */
export type TakeInput = (bytes: Buffer) => void;

/** What was typed for somebody who is not there yet. */
export interface TypeAhead {
  /** Passes on what was typed so far, and from now on all that is typed. */
  forward(take: TakeInput): void;
  /** What is typed goes to the app again; what nobody took is dropped. */
  end(): void;
}

/** The terminal's input, as far as it is needed: `process.stdin`. */
export type KeyboardSource = Pick<
  NodeJS.ReadStream,
  'on' | 'off' | 'resume' | 'pause' | 'setRawMode' | 'ref' | 'unref' | 'isTTY'
>;

const [esc, interrupt] = ['\u001b', '\u0003'];

/** F12: what moves the focus into the lab's terminal and out of it. No shell, editor or tmux uses it by itself. */
const focusKey = `${esc}[24~`;

/** The beginning of it. */
const unfinished = new RegExp(`${esc}\\[(?:24?)?$`);

/** How long the rest of it may take, milliseconds. */
const restPatience = 20;

const [pasteBegins, pasteEnds] = [`${esc}[200~`, `${esc}[201~`];

/** How long an Esc may be the beginning of another key, milliseconds. */
const escapePatience = 50;

/** An escape sequence, or a run of plain text that ends where the shell's key is. */
function piecesAt(shellKey: string): RegExp {
  const own = `\\u{${(shellKey.codePointAt(0) ?? 0).toString(16)}}`;
  return new RegExp(`${esc}(?:\\[[0-9;?<]*[ -/]*[@-~]|O.|[^])?|[^${own}${esc}]*${own}|[^${own}${esc}]+`, 'gu');
}

/**
 * The keyboard as the app reads it, from which what is typed can be taken for somebody else. Whoever reads it gets no
 * more in one turn than what ends with the key of the shell: the very next byte may be the shell's.
 */
export class Keyboard extends Readable {
  readonly isTTY = true;
  readonly #source: KeyboardSource;
  readonly #clock: Clock;
  readonly #shellKey = keyOf('shell');
  readonly #pieces = piecesAt(this.#shellKey);
  /** With when they came: two presses of a key belong together by that, however busy the app was. */
  readonly #waiting: { piece: Buffer; at: number }[] = [];
  readonly #onData = (bytes: Buffer) => this.#arrive(bytes);
  readonly #onEnd = () => void this.push(null);
  #take: TakeInput | undefined;
  #onFocusKey: ((at: number) => void) | undefined;
  #giving = false;
  /** In what is pasted there are no keys. */
  #pasting = false;
  /** What may become the key that moves the focus. */
  #begun = '';
  #late: Timer | undefined;

  constructor(source: KeyboardSource, clock: Clock) {
    super({ read: () => undefined });
    this.#source = source;
    this.#clock = clock;
  }

  /** Begins to read the terminal. */
  open(): void {
    this.#source.on('data', this.#onData).on('end', this.#onEnd).on('error', this.#onEnd);
    this.#source.resume();
  }

  /** Leaves the terminal's input to others; the read that is under way has ended in the next turn of the event loop. */
  close(): void {
    // Only the change from flowing to paused ends it.
    this.#source.resume();
    this.#source.pause();
    this.#source.off('data', this.#onData).off('end', this.#onEnd).off('error', this.#onEnd);
  }

  setRawMode(raw: boolean): this {
    this.#source.setRawMode(raw);
    return this;
  }

  ref(): this {
    this.#source.ref();
    return this;
  }

  unref(): this {
    this.#source.unref();
    return this;
  }

  /**
   * From now on what is typed is for somebody who comes, except Esc and Ctrl-C by themselves before that: `onCancel` is
   * called, and nothing of it is kept.
   */
  hold(onCancel: () => void): TypeAhead {
    let kept: Buffer[] = [];
    let alone: Timer | undefined;
    let taken: TakeInput | undefined;
    const take = (bytes: Buffer) => {
      alone?.cancel();
      if (taken) return taken(bytes);
      kept.push(bytes);
      const text = bytes.toString('latin1');
      if (text.includes(interrupt)) onCancel();
      else if (text.endsWith(esc)) alone = this.#clock.after(escapePatience, () => taken ?? onCancel());
    };
    this.#take = take;
    return {
      forward: (to) => {
        alone?.cancel();
        taken = to;
        for (const bytes of kept.splice(0)) to(bytes);
      },
      end: () => {
        alone?.cancel();
        kept = [];
        if (this.#take === take) this.#take = undefined;
      },
    };
  }

  /** From now on the key that moves the focus is for this, with when it came, whoever gets the others. */
  listenForFocus(onFocusKey: (at: number) => void): void {
    this.#onFocusKey = onFocusKey;
  }

  #arrive(bytes: Buffer): void {
    this.#late?.cancel();
    // Bytes as characters: what is not ASCII stays whole for whoever decodes it.
    const text = this.#begun + bytes.toString('latin1');
    this.#begun = this.#onFocusKey ? (unfinished.exec(text)?.[0] ?? '') : '';
    this.#queue(text.slice(0, text.length - this.#begun.length));
    if (this.#begun === '') return;
    this.#late = this.#clock.after(restPatience, () => {
      this.#queue(this.#begun);
      this.#begun = '';
    });
  }

  #queue(text: string): void {
    const at = this.#clock.now();
    this.#waiting.push(
      ...(text.match(this.#pieces) ?? []).map((piece) => ({ piece: Buffer.from(piece, 'latin1'), at })),
    );
    this.#give();
  }

  /** Whoever gets a piece acts on it before the next one. */
  #give(): void {
    if (this.#giving) return;
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      const { piece, at } = next;
      const text = piece.toString('latin1');
      if (text === pasteBegins || text === pasteEnds) this.#pasting = text === pasteBegins;
      const onFocusKey = text === focusKey && !this.#pasting ? this.#onFocusKey : undefined;
      if (this.#take) {
        if (onFocusKey) onFocusKey(at);
        else this.#take(piece);
        continue;
      }
      if (!onFocusKey) this.push(piece);
      if (!onFocusKey && !text.endsWith(this.#shellKey)) continue;
      // The app has heard what came before when the next one is given.
      this.#giving = true;
      setImmediate(() => {
        onFocusKey?.(at);
        this.#giving = false;
        this.#give();
      });
      return;
    }
  }
}
