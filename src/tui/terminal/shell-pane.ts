import { StringDecoder } from 'node:string_decoder';
import type { IPty } from '@lydell/node-pty';
import type { Clock, Timer } from '../../kernel/clock.ts';
import type { ShellCommand } from '../../session/shell.ts';
import { type Cells, Emulator } from './emulator.ts';
import { PaneInput } from './input.ts';
import { endSession, type PtyPackage } from './pty.ts';

/** What there is to draw of a pane; another object whenever something has changed. */
export interface PaneFrame {
  lines: readonly string[];
  /** Where the cursor is, from 0; missing: it is not in sight. */
  cursor?: { x: number; y: number };
  /** Lines that are scrolled back. */
  scrolled: number;
  /** The shell was left. */
  ended: boolean;
}

/** Where a pane's cells are on the screen. */
export interface PanePlace extends Cells {
  x: number;
  y: number;
}

/** Milliseconds between frames of what a program prints: no more than 30 a second. */
const frameTime = 34;

/** Characters that a program may print in the time of a frame; then it waits for the next one. */
const outputOfFrame = 96 * 1024;

/** What the program has from here: a size that somebody has exported would be that of another terminal. */
function surroundings(): NodeJS.ProcessEnv {
  const { COLUMNS: _, LINES: _l, ...rest } = process.env;
  return rest;
}

/** A shell in a terminal of its own, which is drawn as a pane. Lives until the shell is left, or `end`. */
export class ShellPane {
  readonly #pty: IPty;
  readonly #clock: Clock;
  readonly #emulator: Emulator;
  readonly #input = new PaneInput();
  /** Bytes as characters; a program reads UTF-8, of which a piece may end within a character. */
  readonly #decoder = new StringDecoder('utf8');
  readonly #listeners = new Set<() => void>();
  #frame: PaneFrame | undefined;
  #place: PanePlace;
  /** When the next frame of output may come. */
  #next: Timer | undefined;
  #dirty = false;
  /** A key was typed: what answers it does not wait for its turn behind whatever else is printed. */
  #asked = false;
  /** Printed since the last frame. */
  #printed = 0;
  #paused = false;
  #exited = false;
  #ending: Promise<void> | undefined;
  /** Resolves when the shell was left, for whatever reason. */
  readonly ended: Promise<void>;

  constructor({ spawn }: PtyPackage, { file, args, env }: ShellCommand, place: PanePlace, clock: Clock) {
    this.#place = place;
    this.#clock = clock;
    this.#emulator = new Emulator(place, (text) => this.#send(text));
    this.#pty = spawn(file, args, {
      name: 'xterm-256color',
      cols: place.columns,
      rows: place.rows,
      cwd: process.cwd(),
      env: { ...surroundings(), ...env, TERM: 'xterm-256color' },
    });
    const ended = Promise.withResolvers<void>();
    this.ended = ended.promise;
    this.#pty.onData((data) => this.#print(data));
    this.#pty.onExit(() => {
      this.#exited = true;
      // What was written last is seen.
      this.#emulator.write('', () => {
        this.#changed();
        ended.resolve();
      });
    });
  }

  /** What is to be drawn now. */
  readonly frame = (): PaneFrame => {
    if (!this.#frame) {
      const cursor = this.#exited ? undefined : this.#emulator.cursor();
      this.#frame = {
        lines: this.#emulator.lines(),
        ...(cursor && { cursor }),
        scrolled: this.#emulator.scrolled,
        ended: this.#exited,
      };
    }
    return this.#frame;
  };

  /** Calls back after every change; returns how to stop that. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** One key, or a run of plain text, as the terminal around sent it. */
  take(piece: Buffer): void {
    const meaning = this.#input.meaningOf(piece.toString('latin1'), this.#emulator.modes, this.#place);
    if ('page' in meaning) return this.scroll(meaning.page * Math.max(1, this.#place.rows - 1));
    if ('scroll' in meaning) return this.scroll(meaning.scroll);
    if (meaning.bytes === '') return;
    if (this.#emulator.scrolled > 0) {
      this.#emulator.toBottom();
      this.#changed();
    }
    this.#send(this.#decoder.write(Buffer.from(meaning.bytes, 'latin1')));
    this.#asked = true;
  }

  /** Negative: back. */
  scroll(by: number): void {
    this.#emulator.scroll(by);
    this.#changed();
  }

  place(place: PanePlace): void {
    const { columns, rows } = this.#place;
    this.#place = place;
    if (place.columns === columns && place.rows === rows) return;
    this.#emulator.resize(place);
    if (!this.#exited) this.#pty.resize(place.columns, place.rows);
    this.#changed();
  }

  /** Tells a program that asked for it whether keys go to it (DEC private mode 1004). */
  focus(focused: boolean): void {
    if (this.#emulator.modes.focusEvents) this.#send(focused ? '\u001b[I' : '\u001b[O');
  }

  /** Ends the shell and all that runs in its terminal. */
  end(): Promise<void> {
    this.#ending ??= this.#end();
    return this.#ending;
  }

  async #end(): Promise<void> {
    if (!this.#exited) {
      // Whoever is held up by a full terminal could not hear that it has gone.
      this.#resume();
      if (process.platform === 'win32') this.#pty.kill();
      else await endSession(this.#pty.pid, this.#clock);
      await this.ended;
    }
    this.#next?.cancel();
    this.#emulator.dispose();
  }

  #send(text: string): void {
    if (!this.#exited && text !== '') this.#pty.write(text);
  }

  #print(text: string): void {
    this.#printed += text.length;
    if (this.#printed > outputOfFrame && !this.#paused) {
      this.#paused = true;
      this.#pty.pause();
    }
    this.#emulator.write(text, () => {
      this.#dirty = true;
      if (!this.#next || this.#asked) this.#draw();
    });
  }

  /** A frame of output, and the next one no sooner than it may come. */
  #draw(): void {
    this.#dirty = false;
    this.#asked = false;
    this.#printed = 0;
    this.#resume();
    this.#changed();
    this.#next?.cancel();
    this.#next = this.#clock.after(frameTime, () => {
      this.#next = undefined;
      if (this.#dirty) this.#draw();
    });
  }

  #resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    if (!this.#exited) this.#pty.resume();
  }

  #changed(): void {
    this.#frame = undefined;
    for (const listener of this.#listeners) listener();
  }
}
