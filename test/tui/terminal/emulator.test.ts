import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { onlyCells, widthOf } from '../../../src/present/width.ts';
import { Emulator } from '../../../src/tui/terminal/emulator.ts';
import fc from '../../helpers/fast-check.ts';

async function emulate(text: string, cells = { columns: 20, rows: 4 }) {
  const answers: string[] = [];
  const emulator = new Emulator(cells, (answer) => answers.push(answer));
  const write = (more: string) => new Promise<void>((resolve) => emulator.write(more, resolve));
  await write(text);
  return { emulator, answers, write };
}

const esc = '\u001b';

describe("the screen of a program in the shell's pane", () => {
  it('has its colours, of 16, of 256 and of all, and nothing else of its styles than they are', async () => {
    const { emulator } = await emulate(
      `${esc}[1;31;44mab${esc}[0m c ${esc}[38;5;200;48;5;17mde${esc}[0m ${esc}[38;2;1;2;3;4mf${esc}[0m ${esc}[92;103mg${esc}[8mh`,
    );
    expect(emulator.lines()[0]?.trimEnd()).toBe(
      `${esc}[1m${esc}[31m${esc}[44mab${esc}[0m c ${esc}[38;5;200m${esc}[48;5;17mde${esc}[0m ${esc}[4m${esc}[38;2;1;2;3mf${esc}[0m ${esc}[92m${esc}[103mg${esc}[0m${esc}[92m${esc}[103m ${esc}[0m`.replace(
        `g${esc}[0m${esc}[92m${esc}[103m `,
        'g ',
      ),
    );
  });

  it('keeps every character in its cells, whatever it is', async () => {
    const { emulator } = await emulate('検x e\u0301 \u{1F600}| \u202eabc\u200d \ue0b0', { columns: 24, rows: 1 });
    expect(emulator.lines()[0]).toBe('検x e\u0301 \u{1F600}| abc \ue0b0'.padEnd(24));
    const flags = await emulate('\u{1F1E9}\u{1F1EA} \u{1F44D}\u{1F3FD} 1\ufe0f\u20e3 \u1112\u1161\u11ab', {
      columns: 20,
      rows: 1,
    });
    expect(widthOf(flags.emulator.lines()[0] ?? '')).toBe(20);
  });

  it('answers what it is asked, and drops what is for the terminal around', async () => {
    const { emulator, answers } = await emulate(
      `${esc}[c${esc}[6n${esc}]52;c;aGk=\u0007${esc}]0;title\u0007${esc}]8;;http://x\u0007link${esc}]8;;\u0007${esc}[>1u${esc}P+q544e${esc}\\`,
    );
    expect(answers).toEqual([`${esc}[?1;2c`, `${esc}[1;1R`]);
    expect(emulator.lines()[0]?.trimEnd()).toBe(`${esc}[4mlink${esc}[0m`);
  });

  it('knows where the cursor is, and whether it is to be seen', async () => {
    const { emulator, write } = await emulate('ab\r\ncd');
    expect(emulator.cursor()).toEqual({ x: 2, y: 1 });
    await write(`${esc}[?25l`);
    expect(emulator.cursor()).toBeUndefined();
    await write(`${esc}c${'x'.repeat(20)}`);
    expect(emulator.cursor()).toEqual({ x: 19, y: 0 });
  });

  it('tells what the program asked for', async () => {
    const { emulator, write } = await emulate('');
    const modes = { applicationCursorKeys: false, bracketedPaste: false, mouse: false, alternateScreen: false };
    expect(emulator.modes).toEqual({ ...modes, focusEvents: false });
    await write(`${esc}[?1h${esc}[?2004h${esc}[?1049h${esc}[?1002;1006h${esc}[?1004h`);
    expect(emulator.modes).toEqual({
      applicationCursorKeys: true,
      bracketedPaste: true,
      mouse: true,
      alternateScreen: true,
      focusEvents: true,
    });
    await write(`${esc}[?1006l`);
    expect(emulator.modes.mouse).toBe(false);
  });

  it('goes back to what has scrolled away, and stays there while more is printed', async () => {
    const { emulator, write } = await emulate(Array.from({ length: 10 }, (_, n) => `line ${n}`).join('\r\n'));
    emulator.scroll(-4);
    expect(emulator.lines().map((line) => line.trim())).toEqual(['line 2', 'line 3', 'line 4', 'line 5']);
    expect(emulator.scrolled).toBe(4);
    expect(emulator.cursor()).toBeUndefined();
    await write('\r\nline 10');
    expect(emulator.lines()[0]?.trim()).toBe('line 2');
    emulator.toBottom();
    expect(emulator.lines().at(-1)?.trim()).toBe('line 10');
  });

  it('is as wide as its lines, and styled text only, whatever is printed', async () => {
    const bits = [
      '\u001b[',
      '\u001b]',
      '\u009b',
      '31m',
      '\u202e',
      '検',
      '\u{1F600}',
      '\u{1F3FD}',
      '\u0301',
      '\u200d',
      '\r',
      '\n',
      '\t',
    ];
    const printed = fc.array(fc.oneof(fc.constantFrom(...bits), fc.string({ unit: 'binary', maxLength: 4 })), {
      maxLength: 60,
    });
    const { emulator, write } = await emulate('');
    await fc.assert(
      fc.asyncProperty(printed, async (texts) => {
        // What was begun ends, then all is as at the start.
        await write(`\u0018${esc}\\${esc}c${texts.join('')}`);
        for (const line of emulator.lines()) {
          expect(widthOf(stripVTControlCharacters(line))).toBe(20);
          expect(onlyCells(line)).toBe(line);
        }
      }),
      { numRuns: 40 },
    );
  });
});
