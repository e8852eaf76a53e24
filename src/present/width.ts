import stringWidth from 'string-width';
import { visible, visibleLine } from '../kernel/visible.ts';

/** Columns that a text takes in a terminal: styling counts nothing, wide characters two. */
export function widthOf(text: string): number {
  return stringWidth(text);
}

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** Plain text cut to at most `width` columns; `…` at the end tells of it. */
export function cut(text: string, width: number): string {
  if (stringWidth(text) <= width) return text;
  if (width < 1) return '';
  let kept = '';
  let used = 0;
  for (const { segment } of graphemes.segment(text)) {
    const size = stringWidth(segment);
    if (used + size > width - 1) break;
    kept += segment;
    used += size;
  }
  return `${kept}…`;
}

/** Plain text in exactly `width` columns: cut, or filled with spaces. */
export function fitTo(text: string, width: number): string {
  const short = cut(text, width);
  return short + ' '.repeat(Math.max(0, width - stringWidth(short)));
}

/** Text from a cluster, a pack or a file, as it can be shown and measured: tabs become spaces, newlines stay. */
export function printable(text: string): string {
  return visible(text).replaceAll('\t', '  ');
}

/** The same on one line. */
export function printableLine(text: string): string {
  return visibleLine(text);
}

/** The styles that this program writes (`Paint`, `Theme`): one of ECMA-48's each, none that hides or blinks. */
const ownStyle = /(\u001B\[(?:0|1|2|3|4|7|22|23|24|27|3[0-79]|9[0-7])m)/;

/** Of a cell of a terminal also: colours of the background, of 256 and of all. */
const cellStyle = /(\u001B\[(?:[0-479]|[349][0-7]|10[0-7]|[34]8;5;\d{1,3}|[34]8;2;\d{1,3};\d{1,3};\d{1,3})m)/;

/** Text on its way to a terminal or a pipe: but for the program's own styles all of it is visible. */
export function onlyStyled(text: string): string {
  return visibleBetween(text, ownStyle);
}

/** The same for what is drawn of a terminal in the terminal: cells have more styles than the program itself. */
export function onlyCells(text: string): string {
  return visibleBetween(text, cellStyle);
}

function visibleBetween(text: string, style: RegExp): string {
  return text
    .split(style)
    .map((part, index) => (index % 2 === 1 ? part : visible(part)))
    .join('');
}
