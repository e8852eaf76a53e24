import type { IUnicodeVersionProvider } from '@xterm/headless';
import { widthOf } from '../../present/width.ts';

/** Joined to the character before them whatever they measure by themselves: vowels and ends of Hangul syllables. */
const joined: readonly (readonly [first: number, last: number])[] = [
  [0x1160, 0x11ff],
  [0xd7b0, 0xd7ff],
];

/** Widths by code point, each plus one; 0: not asked for yet. */
const known = new Uint8Array(0x110000);

/**
 * How wide characters are in the emulator: as wide as the app takes them to be when it draws them, or lines would not be
 * as long as their cells.
 */
export class DrawnWidths implements IUnicodeVersionProvider {
  readonly version = 'drawn';

  wcwidth(codePoint: number): 0 | 1 | 2 {
    if (codePoint >= 0x20 && codePoint < 0x7f) return 1;
    const found = known[codePoint];
    if (found) return (found - 1) as 0 | 1 | 2;
    const isJoined = joined.some(([first, last]) => codePoint >= first && codePoint <= last);
    const width = isJoined ? 0 : Math.min(2, widthOf(String.fromCodePoint(codePoint)));
    known[codePoint] = width + 1;
    return width as 0 | 1 | 2;
  }

  /** As the provider that xterm.js has by itself: the width in bits 1 and 2, whether it joins what was `preceding` in bit 0. */
  charProperties(codePoint: number, preceding: number): number {
    const width = this.wcwidth(codePoint);
    const before = (preceding >> 1) & 3;
    const joins = width === 0 && before > 0;
    return ((joins ? before : width) << 1) | (joins ? 1 : 0);
  }
}
