/** The editor in a terminal: what it does to a text, held against vim, and what it shows. */

import { readFileSync } from 'node:fs';
import xterm from '@xterm/headless';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { RunningContainer } from '../../../src/embedded/container-api.ts';
import type { ProcessStreams } from '../../../src/kernel/process-streams.ts';
import { collect, specOf, testRuntime } from './helpers.ts';

interface Golden {
  text: string;
  /** Keys, line and column of the cursor then (from 1 on), the file then. */
  cases: [keys: string, cursor: [line: number, column: number], result: string][];
}
const golden = JSON.parse(
  readFileSync(new URL('../../../fixtures/programs/vi.json', import.meta.url), 'utf8'),
) as Golden;

const escapeKey = '\x1b';
const { runtime } = testRuntime();
let container: RunningContainer;
beforeAll(async () => {
  container = await runtime.start(specOf('busybox:1.36', { command: ['sleep', '100000'] }));
});
afterAll(() => runtime.dispose());

const start = (command: string[], tty: boolean) => container.exec({ command, stdin: true, tty, env: [] });

async function put(path: string, text: string): Promise<void> {
  const session = await start(['sh', '-c', `cat > ${path}`], false);
  session.stdin?.end(text);
  await session.exit;
}

async function get(path: string): Promise<string> {
  return (await collect(await start(['cat', path], false))).out;
}

/** The editor with a terminal around it. */
class Edited {
  readonly screen = new xterm.Terminal({ cols: 60, rows: 10, allowProposedApi: true });
  readonly session: ProcessStreams;

  constructor(session: ProcessStreams) {
    this.session = session;
    session.stdout?.on('data', (data: Uint8Array) => this.screen.write(data));
  }

  static async open(...args: string[]): Promise<Edited> {
    const edited = new Edited(await start(['vi', ...args], true));
    edited.session.resize?.(60, 10);
    return edited;
  }

  /** The lines of the screen, those at its end that are empty taken off, and where the cursor is. */
  get rows(): string[] {
    const { active } = this.screen.buffer;
    const rows = Array.from({ length: 10 }, (_, i) => active.getLine(active.baseY + i)?.translateToString(true) ?? '');
    return rows;
  }

  get cursor(): [row: number, column: number] {
    const { active } = this.screen.buffer;
    return [active.cursorY, active.cursorX];
  }

  type(keys: string): void {
    this.session.stdin?.write(keys);
  }

  /** Waits until the screen is as wanted. */
  async shows(wanted: (rows: string[]) => boolean): Promise<void> {
    await vi.waitFor(() => {
      if (!wanted(this.rows)) throw new Error(`the screen shows\n${this.rows.join('\n')}`);
    }, 5000);
  }
}

describe('vi', () => {
  it.each(golden.cases)('does to a text what vim does: %j', async (keys, [line, column], result) => {
    await put('/f', golden.text);
    const session = await start(['vi', '/f'], true);
    await new Promise((resolve) => session.stdout?.once('data', resolve));
    session.stdout?.resume();
    // A mark shows where the cursor is.
    session.stdin?.write(`${keys}${escapeKey}${escapeKey}i§${escapeKey}:w!\r:q!\r`);
    await session.exit;
    const lines = (result === '' ? '\n' : result).split('\n');
    const there = lines[line - 1] ?? '';
    lines[line - 1] = `${there.slice(0, column - 1)}§${there.slice(column - 1)}`;
    expect(await get('/f')).toBe(lines.join('\n'));
  });

  it('undoes and does again, change by change', async () => {
    await put('/f', 'one two\nthree\n');
    const session = await start(['vi', '/f'], true);
    await new Promise((resolve) => session.stdout?.once('data', resolve));
    session.stdout?.resume();
    session.stdin?.write(`xxddAx${escapeKey}uu\x12u:w\ruu:w /g\r:q!\r`);
    expect(await session.exit).toBe(0);
    expect([await get('/f'), await get('/g')]).toEqual(['e two\nthree\n', 'one two\nthree\n']);
  });

  it('shows the file, the modes and what it did, as busybox does', async () => {
    await put('/f', 'one\n\ttwo\nthree\n');
    const edited = await Edited.open('/f');
    await edited.shows((rows) => rows[9] === '- /f 1/3 33%');
    expect(edited.rows.slice(0, 9)).toEqual(['one', '        two', 'three', '~', '~', '~', '~', '~', '~']);
    expect(edited.cursor).toEqual([0, 0]);
    edited.type('j');
    await edited.shows((rows) => rows[9] === '- /f 2/3 66%');
    expect(edited.cursor).toEqual([1, 7]);
    edited.type('A!');
    await edited.shows((rows) => rows[9] === 'I /f [Modified] 2/3 66%');
    expect(edited.cursor).toEqual([1, 12]);
    edited.type(`${escapeKey}R`);
    await edited.shows((rows) => rows[9] === 'R /f [Modified] 2/3 66%');
    edited.type(`${escapeKey}:q`);
    await edited.shows((rows) => rows[9] === ':q');
    expect(edited.cursor).toEqual([9, 2]);
    edited.type('\r');
    await edited.shows((rows) => rows[9] === 'No write since last change (:q! overrides)');
    edited.type(':nonsense\r');
    await edited.shows((rows) => /nonsense/.test(rows[9] ?? '') && rows[9] !== ':nonsense');
    edited.type('/nothing\r');
    await edited.shows((rows) => rows[9] === 'Pattern not found');
    edited.type(':w\r');
    await edited.shows((rows) => rows[9] === "'/f' 3L, 16C");
    edited.type(':q\r');
    expect(await edited.session.exit).toBe(0);
    expect(await get('/f')).toBe('one\n\ttwo!\nthree\n');
  });

  it('moves through a long file, shows numbers, and follows the size of the terminal', async () => {
    await put('/long', Array.from({ length: 100 }, (_, i) => `line ${i + 1}\n`).join(''));
    const edited = await Edited.open('/long');
    await edited.shows((rows) => rows[0] === 'line 1' && rows[8] === 'line 9');
    edited.type('\x06');
    await edited.shows((rows) => rows[0] === 'line 8');
    edited.type('\x04');
    await edited.shows((rows) => rows[0] === 'line 12');
    edited.type('G');
    await edited.shows((rows) => rows[8] === 'line 100');
    edited.type('50G');
    await edited.shows((rows) => rows.includes('line 50') && rows[9] === '- /long 50/100 50%');
    edited.type(':set number\r1G');
    await edited.shows((rows) => rows[0] === '  1 line 1');
    edited.type('G');
    await edited.shows((rows) => rows[8] === '100 line 100');
    edited.screen.resize(60, 6);
    edited.session.resize?.(60, 6);
    await edited.shows((rows) => rows[5] === '- /long 100/100 100%' && rows[4] === '100 line 100');
    edited.type(':q\r');
    await edited.session.exit;
  });

  it('tells of files that are new, unreadable, read-only or cannot be written', async () => {
    const edited = await Edited.open('/new');
    await edited.shows((rows) => rows[9] === '- /new 1/1 100%');
    edited.type(':e /other\r');
    await edited.shows((rows) => rows[9] === "'/other' [New file] 1L, 1C");
    edited.type(`:e /new\rihello${escapeKey}:x\r`);
    expect(await edited.session.exit).toBe(0);
    expect(await get('/new')).toBe('hello\n');
    const readOnly = await Edited.open('-R', '/new');
    await readOnly.shows((rows) => rows[9] === '- /new [Readonly] 1/1 100%');
    readOnly.type(':w\r');
    await readOnly.shows((rows) => rows[9] === "'/new' is read only");
    readOnly.type(':w /nowhere/file\r');
    await readOnly.shows((rows) => rows[9] === "'/nowhere/file' No such file or directory");
    readOnly.type(':q\r');
    await readOnly.session.exit;
  });

  it('does not wait for keys that can not come', async () => {
    const session = await start(['vi', '/f'], false);
    const { code } = await collect(session);
    expect(code).toBe(1);
  });
});
