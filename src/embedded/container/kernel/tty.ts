import type { Caller, Terminal } from './caller.ts';
import { Channel } from './pipe.ts';
import { signals } from './signals.ts';
import { EMPTY, OpenFile } from './vfs-node.ts';

/** The processes that a terminal belongs to. */
interface Session {
  /** Undefined before there is any. */
  readonly init: object | undefined;
  signalGroup(pgid: number, signal: number): void;
}

/** Where a terminal's output goes; waits while the other side is behind. */
export type TtySink = (p: Caller | undefined, data: Uint8Array) => Promise<void>;

const CTRL_C = 3;
const CTRL_D = 4;
const BACKSPACE = 8;
const CTRL_U = 21;
const CTRL_W = 23;
const QUIT = 28;
const DELETE = 127;

/** A terminal with Linux's line discipline: canonical mode with echo, or raw as line editors set it. */
export class Tty implements Terminal {
  columns = 80;
  rows = 24;
  foreground = 0;
  /** ICANON, ECHO off; the reader gets every byte as it comes. ISIG stays on except where `signals` is off too. */
  raw = false;
  echo = true;
  signals = true;
  readonly #container: Session;
  readonly #sink: TtySink;
  readonly #input = new Channel();
  /** Complete lines and end-of-file marks (empty chunks can't be queued in a Channel). */
  #pendingEof = 0;
  #line: number[] = [];
  #wakeEof: (() => void)[] = [];
  #hungUp = false;

  constructor(container: Session, sink: TtySink) {
    this.#container = container;
    this.#sink = sink;
  }

  get hungUp(): boolean {
    return this.#hungUp;
  }

  /** Bytes that the person typed. */
  receive(data: Uint8Array): void {
    const echoed: number[] = [];
    for (const byte of data) this.#receiveByte(byte, echoed);
    if (echoed.length > 0) void this.#sink(undefined, Uint8Array.from(echoed));
  }

  #receiveByte(byte: number, echoed: number[]): void {
    if (this.signals && (byte === CTRL_C || byte === QUIT)) {
      if (!this.raw) {
        this.#line = [];
        if (this.echo) echoed.push(94, byte + 64);
      }
      if (this.#container.init && this.foreground > 0) {
        this.#container.signalGroup(this.foreground, byte === CTRL_C ? signals.SIGINT : signals.SIGQUIT);
      }
      return;
    }
    if (this.raw) {
      this.#input.push(Uint8Array.of(byte));
      return;
    }
    const char = byte === 13 ? 10 : byte;
    if (char === CTRL_D) {
      if (this.#line.length > 0) this.#flush();
      else this.#endOfFile();
    } else if (char === DELETE || char === BACKSPACE) {
      if (this.#line.length > 0) this.#erase(echoed);
    } else if (char === CTRL_U) {
      while (this.#line.length > 0) this.#erase(echoed);
    } else if (char === CTRL_W) {
      while (this.#line.at(-1) === 32) this.#erase(echoed);
      while (this.#line.length > 0 && this.#line.at(-1) !== 32) this.#erase(echoed);
    } else {
      this.#line.push(char);
      if (this.echo) {
        if (char === 10) echoed.push(13, 10);
        else if (char < 32 && char !== 9) echoed.push(94, char + 64);
        else echoed.push(char);
      }
      if (char === 10) this.#flush();
    }
  }

  #erase(echoed: number[]): void {
    // Continuation bytes of UTF-8 belong to one character.
    while (((this.#line.at(-1) ?? 0) & 0xc0) === 0x80) this.#line.pop();
    this.#line.pop();
    if (this.echo) echoed.push(8, 32, 8);
  }

  #flush(): void {
    this.#input.push(Uint8Array.from(this.#line));
    this.#line = [];
  }

  #endOfFile(): void {
    this.#pendingEof++;
    for (const wake of this.#wakeEof.splice(0)) wake();
  }

  async read(p: Caller, max: number): Promise<Uint8Array> {
    for (;;) {
      // In canonical mode each chunk is a line, and a read gets one at most.
      if (this.#input.size > 0) return this.#input.take(max);
      if (this.#hungUp) return EMPTY;
      if (this.#pendingEof > 0) {
        this.#pendingEof--;
        return EMPTY;
      }
      // Either input or an end-of-file mark ends the wait.
      await p.block((resume) => {
        this.#wakeEof.push(resume);
        const stop = this.#input.onData(resume);
        return () => {
          stop();
          this.#wakeEof = this.#wakeEof.filter((w) => w !== resume);
        };
      });
    }
  }

  write(p: Caller | undefined, data: Uint8Array): Promise<void> {
    if (this.#hungUp) return Promise.resolve();
    if (!data.includes(10)) return this.#sink(p, data);
    const out: number[] = [];
    for (const byte of data) {
      if (byte === 10) out.push(13);
      out.push(byte);
    }
    return this.#sink(p, Uint8Array.from(out));
  }

  resize(columns: number, rows: number): void {
    // A terminal that does not know its size says 0.
    if (columns <= 0 || rows <= 0) return;
    this.columns = columns;
    this.rows = rows;
    this.#container.signalGroup(this.foreground, signals.SIGWINCH);
  }

  /** The other side is gone. */
  hangUp(): void {
    this.#hungUp = true;
    this.#input.closeWrite();
    for (const wake of this.#wakeEof.splice(0)) wake();
  }
}

/** A terminal as an open file: /dev/tty, and descriptors 0 to 2 of a session with a terminal. */
export class TtyFile extends OpenFile {
  readonly tty: Terminal;
  override readonly isTty = true;
  override readonly path = '/dev/pts/0';

  constructor(tty: Terminal) {
    super();
    this.tty = tty;
  }

  override read(p: Caller, max: number): Promise<Uint8Array> {
    return this.tty.read(p, max);
  }

  override write(p: Caller, data: Uint8Array): Promise<void> {
    return this.tty.write(p, data);
  }
}
