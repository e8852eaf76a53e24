/** What the program in a terminal has asked for. */
export interface InputModes {
  applicationCursorKeys: boolean;
  bracketedPaste: boolean;
  /** Mouse events, in the form of SGR (1006). */
  mouse: boolean;
  /** It has the alternate screen: there is nothing to scroll back to. */
  alternateScreen: boolean;
}

/** Where the terminal's first cell is on the screen, from 0. */
export interface Origin {
  x: number;
  y: number;
}

/** What a piece of input means: bytes for the program, or lines to scroll back (negative) or forth. */
export type Meaning = { bytes: string } | { scroll: number } | { page: -1 | 1 };

const esc = '\u001b';
const [pasteBegins, pasteEnds] = [`${esc}[200~`, `${esc}[201~`];
const cursorKey = new RegExp(`^${esc}\\[([A-DFH])$`);
/** SGR (1006): button, column, row; a release ends with m. */
const mouseEvent = new RegExp(`^${esc}\\[<(\\d+);(\\d+);(\\d+)([Mm])$`);
/** With Shift, as xterm has it, or with Alt, where the terminal keeps Shift for itself. */
const pages: Record<string, -1 | 1> = {
  [`${esc}[5;2~`]: -1,
  [`${esc}[6;2~`]: 1,
  [`${esc}[5;3~`]: -1,
  [`${esc}[6;3~`]: 1,
};
const [wheelUp, wheelDown] = [64, 65];

/**
 * What the terminal around sends, as a program in a terminal of its own is to get it. Characters are bytes (latin1), so that
 * nothing is lost on the way; a piece is one key or a run of plain text.
 */
export class PaneInput {
  #pasting = false;

  meaningOf(piece: string, modes: InputModes, { x, y }: Origin): Meaning {
    if (piece === pasteBegins || piece === pasteEnds) {
      this.#pasting = piece === pasteBegins;
      return { bytes: modes.bracketedPaste ? piece : '' };
    }
    // As keys: a line that is pasted is one that Enter ends.
    if (this.#pasting) return { bytes: modes.bracketedPaste ? piece : piece.replace(/\r?\n/g, '\r') };
    const page = Object.hasOwn(pages, piece) ? pages[piece] : undefined;
    if (page && !modes.alternateScreen) return { page };
    const [, direction] = cursorKey.exec(piece) ?? [];
    if (direction && modes.applicationCursorKeys) return { bytes: `${esc}O${direction}` };
    const [, button, column, row, end] = mouseEvent.exec(piece) ?? [];
    if (button === undefined) return { bytes: piece };
    const inside = { column: Number(column) - x, row: Number(row) - y };
    if (inside.column < 1 || inside.row < 1) return { bytes: '' };
    if (modes.mouse) return { bytes: `${esc}[<${button};${inside.column};${inside.row}${end}` };
    if (modes.alternateScreen) return { bytes: wheelKeys(Number(button), modes) };
    return { scroll: { [wheelUp]: -3, [wheelDown]: 3 }[Number(button)] ?? 0 };
  }
}

/** In programs that know no mouse the wheel moves the cursor, as in xterm. */
function wheelKeys(button: number, { applicationCursorKeys }: InputModes): string {
  const direction = { [wheelUp]: 'A', [wheelDown]: 'B' }[button];
  return direction ? `${esc}${applicationCursorKeys ? 'O' : '['}${direction}`.repeat(3) : '';
}
