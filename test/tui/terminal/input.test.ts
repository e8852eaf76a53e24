import { describe, expect, it } from 'vitest';
import { type InputModes, PaneInput } from '../../../src/tui/terminal/input.ts';

const plain: InputModes = { applicationCursorKeys: false, bracketedPaste: false, mouse: false, alternateScreen: false };
const origin = { x: 10, y: 2 };

function meanings(pieces: readonly string[], modes: Partial<InputModes> = {}) {
  const input = new PaneInput();
  return pieces.map((piece) => input.meaningOf(piece, { ...plain, ...modes }, origin));
}

describe("what is typed into the shell's pane", () => {
  it('is what the terminal sent, byte for byte', () => {
    const sent = ['ls\r', '\u0003', '\u001b', '\u001bf', '\u00e6\u00a4\u009c', '\u001b[3~', '\u001bOP', '\u001b[1;5C'];
    expect(meanings(sent)).toEqual(sent.map((bytes) => ({ bytes })));
  });

  it('has the cursor keys that the program asked for', () => {
    expect(meanings(['\u001b[A', '\u001b[H', '\u001b[1;2A'], { applicationCursorKeys: true })).toEqual([
      { bytes: '\u001bOA' },
      { bytes: '\u001bOH' },
      { bytes: '\u001b[1;2A' },
    ]);
  });

  it('scrolls back by Shift or Alt with PgUp, but not where a program has the screen', () => {
    expect(meanings(['\u001b[5;2~', '\u001b[6;2~', '\u001b[5;3~'])).toEqual([{ page: -1 }, { page: 1 }, { page: -1 }]);
    expect(meanings(['\u001b[5;2~'], { alternateScreen: true })).toEqual([{ bytes: '\u001b[5;2~' }]);
    expect(meanings(['\u001b[5~'])).toEqual([{ bytes: '\u001b[5~' }]);
  });

  it('passes a paste on as one where the program wants to know, else as keys', () => {
    const pasted = ['\u001b[200~', 'a\r\nb\n', '\u001b[5;2~', '\u001b[201~', 'c\n'];
    expect(meanings(pasted, { bracketedPaste: true })).toEqual(pasted.map((bytes) => ({ bytes })));
    expect(meanings(pasted).map((m) => 'bytes' in m && m.bytes)).toEqual(['', 'a\rb\r', '\u001b[5;2~', '', 'c\n']);
  });

  it('counts the mouse from the corner of the pane, and lets it scroll where no program wants it', () => {
    expect(meanings(['\u001b[<0;11;3M', '\u001b[<0;12;5m'], { mouse: true })).toEqual([
      { bytes: '\u001b[<0;1;1M' },
      { bytes: '\u001b[<0;2;3m' },
    ]);
    expect(meanings(['\u001b[<0;10;3M', '\u001b[<0;11;2M'], { mouse: true })).toEqual([{ bytes: '' }, { bytes: '' }]);
    expect(meanings(['\u001b[<64;11;3M', '\u001b[<65;11;3M', '\u001b[<0;11;3M'])).toEqual([
      { scroll: -3 },
      { scroll: 3 },
      { scroll: 0 },
    ]);
    expect(meanings(['\u001b[<64;11;3M', '\u001b[<0;11;3M'], { alternateScreen: true })).toEqual([
      { bytes: '\u001b[A\u001b[A\u001b[A' },
      { bytes: '' },
    ]);
  });
});
