import { spawn } from '@lydell/node-pty';
import xterm from '@xterm/headless';

/** How long something may take to show up before a test fails, milliseconds. */
const patience = 45_000;

export interface TerminalOptions {
  file: string;
  args: string[];
  env: Record<string, string>;
  cwd: string;
  columns?: number;
  rows?: number;
}

/** Synchronized output (DEC private mode 2026). */
const [frameBegins, frameEnds] = ['\u001b[?2026h', '\u001b[?2026l'];

/** A program in a pseudo-terminal, and what a person would see of it. */
export class Terminal {
  readonly #pty: ReturnType<typeof spawn>;
  readonly #terminal: InstanceType<typeof xterm.Terminal>;
  readonly #changed = new Set<() => void>();
  #raw = '';
  #ended = false;
  /** In the middle of a frame, of which a terminal shows nothing until it is whole. */
  #drawing = false;
  /** The exit code; rejects never. */
  readonly exited: Promise<number>;

  constructor({ file, args, env, cwd, columns = 80, rows = 24 }: TerminalOptions) {
    this.#terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 1000 });
    this.#pty = spawn(file, args, { name: 'xterm-256color', cols: columns, rows, cwd, env });
    this.#pty.onData((data) => {
      this.#raw += data;
      const last = this.#raw.length - 1;
      this.#terminal.write(data, () => {
        this.#drawing = this.#raw.lastIndexOf(frameBegins, last) > this.#raw.lastIndexOf(frameEnds, last);
        this.#notify();
      });
    });
    // What the terminal answers to questions about itself.
    this.#terminal.onData((data) => this.#pty.write(data));
    this.exited = new Promise((resolve) => {
      this.#pty.onExit(({ exitCode, signal }) => {
        // What was written last is on the screen before anybody looks.
        this.#terminal.write('', () => {
          resolve(signal ? 128 + signal : exitCode);
          this.#ended = true;
          this.#notify();
        });
      });
    });
  }

  get pid(): number {
    return this.#pty.pid;
  }

  type(text: string): void {
    this.#pty.write(text);
  }

  resize(columns: number, rows: number): void {
    this.#terminal.resize(columns, rows);
    this.#pty.resize(columns, rows);
  }

  kill(signal: NodeJS.Signals = 'SIGKILL'): void {
    this.#pty.kill(signal);
  }

  /** The lines on the screen, without what is blank at their ends. */
  screen(): string[] {
    const { active } = this.#terminal.buffer;
    return Array.from(
      { length: this.#terminal.rows },
      // Cells beyond the edge are kept when the alternate screen gets narrower; nobody sees them.
      (_, row) =>
        active
          .getLine(active.baseY + row)
          ?.translateToString(false, 0, this.#terminal.cols)
          .trimEnd() ?? '',
    );
  }

  text(): string {
    return this.screen().join('\n');
  }

  /** Everything that was written, escape sequences included. */
  raw(): string {
    return this.#raw;
  }

  /** Whether a program has the alternate screen. */
  get alternate(): boolean {
    return this.#terminal.buffer.active.type === 'alternate';
  }

  get size(): { columns: number; rows: number } {
    return { columns: this.#terminal.cols, rows: this.#terminal.rows };
  }

  /** Rows that go on the line before them: nothing of ours may be wider than the terminal. */
  wrapped(): number[] {
    const { active } = this.#terminal.buffer;
    return Array.from({ length: this.#terminal.rows }, (_, row) => row).filter(
      (row) => active.getLine(active.baseY + row)?.isWrapped,
    );
  }

  /** The cells of the screen, for those that draw them. */
  cells(): InstanceType<typeof xterm.Terminal>['buffer']['active'] {
    return this.#terminal.buffer.active;
  }

  /** Resolves as soon as the screen is as wanted; rejects with the screen if it does not come to that. */
  until(wanted: string | RegExp | ((text: string) => boolean), within = patience): Promise<void> {
    const holds = () => {
      if (this.#drawing && !this.#ended) return false;
      const text = this.text();
      if (typeof wanted === 'function') return wanted(text);
      return typeof wanted === 'string' ? text.includes(wanted) : wanted.test(text);
    };
    // Created here, so that a failure names the line that waited.
    const error = new Error();
    return new Promise((resolve, reject) => {
      const end = () => {
        clearTimeout(timer);
        this.#changed.delete(look);
      };
      const fail = (why: string) => {
        end();
        error.message = `the screen did not become ${wanted} ${why}:\n${this.text()}`;
        reject(error);
      };
      const look = () => {
        if (!holds()) return this.#ended ? fail('before the program ended') : undefined;
        end();
        resolve();
      };
      const timer = setTimeout(() => fail(`within ${within} ms`), within);
      this.#changed.add(look);
      look();
    });
  }

  #notify(): void {
    for (const look of [...this.#changed]) look();
  }
}
