import xterm, { type IBufferCell } from '@xterm/headless';
import { lineText } from './cells.ts';
import type { InputModes } from './input.ts';
import { DrawnWidths } from './widths.ts';

export interface Cells {
  columns: number;
  rows: number;
}

/** Lines that can be scrolled back to. */
const scrollback = 2_000;

/** What xterm.js does not tell: whether the cursor is hidden (25), whether mouse events are wanted as SGR (1006). */
const [cursorMode, sgrMouseMode] = [25, 1006];

/**
 * A terminal that nobody sees: programs write to it, it knows what would be on its screen, and answers what they ask it.
 * What they write for anything but cells (titles, the clipboard, links, bells, pictures) goes nowhere.
 */
export class Emulator {
  readonly #terminal: InstanceType<typeof xterm.Terminal>;
  readonly #cell: IBufferCell;
  readonly #modes = new Set<number>([cursorMode]);

  /** `answer` gets what the terminal says to a program that asks. */
  constructor({ columns, rows }: Cells, answer: (text: string) => void) {
    this.#terminal = new xterm.Terminal({ cols: columns, rows, scrollback, allowProposedApi: true, logLevel: 'off' });
    const { unicode, parser, buffer } = this.#terminal;
    unicode.register(new DrawnWidths());
    unicode.activeVersion = 'drawn';
    this.#cell = buffer.active.getNullCell();
    this.#terminal.onData(answer);
    parser.registerCsiHandler({ prefix: '?', final: 'h' }, (params) => this.#note(params, true));
    parser.registerCsiHandler({ prefix: '?', final: 'l' }, (params) => this.#note(params, false));
    const reset = () => {
      this.#modes.clear();
      this.#modes.add(cursorMode);
      return false;
    };
    parser.registerEscHandler({ final: 'c' }, reset);
    parser.registerCsiHandler({ intermediates: '!', final: 'p' }, reset);
  }

  /** Calls `done` once it is on the screen. */
  write(text: string, done: () => void): void {
    this.#terminal.write(text, done);
  }

  resize({ columns, rows }: Cells): void {
    this.#terminal.resize(columns, rows);
  }

  /** The lines in sight, styled. */
  lines(): string[] {
    const { cols, rows, buffer } = this.#terminal;
    const { active } = buffer;
    return Array.from({ length: rows }, (_, row) => {
      const line = active.getLine(active.viewportY + row);
      return line ? lineText(line, cols, this.#cell) : '';
    });
  }

  /** Where the cursor is in sight, from 0; undefined: the program hides it, or it is scrolled away. */
  cursor(): { x: number; y: number } | undefined {
    const { cols, rows, buffer } = this.#terminal;
    const { cursorX, cursorY, baseY, viewportY } = buffer.active;
    const y = baseY + cursorY - viewportY;
    // Behind the last column it waits for the next character.
    return this.#modes.has(cursorMode) && y < rows ? { x: Math.min(cursorX, cols - 1), y } : undefined;
  }

  /** Lines that are scrolled back. */
  get scrolled(): number {
    const { baseY, viewportY } = this.#terminal.buffer.active;
    return baseY - viewportY;
  }

  /** Negative: back. */
  scroll(by: number): void {
    this.#terminal.scrollLines(by);
  }

  toBottom(): void {
    this.#terminal.scrollToBottom();
  }

  get modes(): InputModes & { focusEvents: boolean } {
    const { modes, buffer } = this.#terminal;
    return {
      applicationCursorKeys: modes.applicationCursorKeysMode,
      bracketedPaste: modes.bracketedPasteMode,
      mouse: modes.mouseTrackingMode !== 'none' && this.#modes.has(sgrMouseMode),
      alternateScreen: buffer.active.type === 'alternate',
      focusEvents: modes.sendFocusMode,
    };
  }

  dispose(): void {
    this.#terminal.dispose();
  }

  /** False: xterm.js goes on with it. */
  #note(params: (number | number[])[], on: boolean): boolean {
    for (const mode of params.flat()) {
      if (mode !== cursorMode && mode !== sgrMouseMode) continue;
      if (on) this.#modes.add(mode);
      else this.#modes.delete(mode);
    }
    return false;
  }
}
