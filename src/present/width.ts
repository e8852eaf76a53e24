import { stripVTControlCharacters } from 'node:util';
import stringWidth from 'string-width';

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

/**
 * Text from a cluster or a pack, safe to show: escape sequences and control characters could move the cursor or worse.
 * Newlines stay, tabs become spaces.
 */
export function printable(text: string): string {
  return stripVTControlCharacters(text)
    .replaceAll('\t', '  ')
    .replace(/[^\P{Cc}\n]/gu, '');
}
