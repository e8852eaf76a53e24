import type { IBufferCell, IBufferLine } from '@xterm/headless';
import { isVisible } from '../../kernel/visible.ts';
import { widthOf } from '../../present/width.ts';

/** Characters that hide, or change how their neighbours are drawn. */
const hidden = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;
/** Of them, those that fonts of prompts are drawn with. */
const symbols = /\p{Co}/u;
/** Tones of skin have cells of their own, as programs count; drawn there they would join the emoji before them. */
const tone = /^\p{Emoji_Modifier}$/u;

/** What was found out about what is in cells; bounded, since programs choose what is. */
const known = new Map<string, string>();
const mostKnown = 4_096;

/** The text of a cell of `width` columns, in exactly as many: what cannot be drawn in them becomes `?`. */
export function cellText(text: string, width: number): string {
  if (text.length === 1 && width === 1 && text >= ' ' && text <= '~') return text;
  const key = `${width}${text}`;
  const found = known.get(key);
  if (found !== undefined) return found;
  if (known.size >= mostKnown) known.clear();
  const seen = tone.test(text)
    ? ' '.repeat(width)
    : text.replace(hidden, (character) => (symbols.test(character) ? character : ''));
  const drawn = widthOf(seen) === width && isVisible(seen) ? seen : '?'.repeat(width);
  known.set(key, drawn);
  return drawn;
}

/** Foreground and background as parameters of SGR. */
function colour(cell: IBufferCell, which: 'fg' | 'bg'): string {
  const isFg = which === 'fg';
  const [isDefault, isRgb] = isFg ? [cell.isFgDefault(), cell.isFgRGB()] : [cell.isBgDefault(), cell.isBgRGB()];
  if (isDefault) return '';
  const value = isFg ? cell.getFgColor() : cell.getBgColor();
  const extended = isFg ? 38 : 48;
  if (isRgb) return `${extended};2;${value >> 16};${(value >> 8) & 255};${value & 255}`;
  if (value < 8) return String((isFg ? 30 : 40) + value);
  return value < 16 ? String((isFg ? 90 : 100) + value - 8) : `${extended};5;${value}`;
}

/** All that a cell's style is, each as an SGR sequence of its own, which is how Ink tells them apart. */
function styleOf(cell: IBufferCell): string {
  if (cell.isAttributeDefault()) return '';
  const codes = [
    cell.isBold() && '1',
    cell.isDim() && '2',
    cell.isItalic() && '3',
    cell.isUnderline() && '4',
    cell.isInverse() && '7',
    cell.isStrikethrough() && '9',
    colour(cell, 'fg'),
    colour(cell, 'bg'),
  ];
  return codes
    .filter((code) => code)
    .map((code) => `\u001b[${code}m`)
    .join('');
}

/** One line of a screen as styled text of `columns` columns; `cell` is worked with, so that none is made for each. */
export function lineText(line: IBufferLine, columns: number, cell: IBufferCell): string {
  const { text, plain, width } = drawn(line, columns, cell, cellText);
  if (/^[ -~]*$/.test(plain) || widthOf(plain) === width) return text;
  // Characters that are something else together than side by side would shift what comes after them.
  return drawn(line, columns, cell, (chars, cells) => (/^[ -~]$/.test(chars) ? chars : '?'.repeat(cells))).text;
}

/** The cells of a line, each as `textOf` has it: styled, plain, and their columns. */
function drawn(line: IBufferLine, columns: number, cell: IBufferCell, textOf: typeof cellText) {
  let [text, plain, style] = ['', '', ''];
  let [width, before] = [0, 1];
  for (let column = 0; column < columns; column++) {
    if (!line.getCell(column, cell)) break;
    const isHalf = before === 2;
    before = cell.getWidth();
    // The second half of a wide character.
    if (before === 0 && isHalf) continue;
    // What has no width but a cell of its own is a mark that there was nothing for to join.
    const cells = Math.min(Math.max(1, before), columns - column);
    const wanted = styleOf(cell);
    if (wanted !== style) text += (style ? '\u001b[0m' : '') + wanted;
    style = wanted;
    const chars = cell.getChars();
    // A wide character that a resize has cut in half is not drawn.
    const isSeen = chars !== '' && !cell.isInvisible() && cells === before;
    const shown = isSeen ? textOf(chars, cells) : ' '.repeat(cells);
    text += shown;
    plain += shown;
    width += cells;
  }
  return { text: style ? `${text}\u001b[0m` : text, plain, width };
}
