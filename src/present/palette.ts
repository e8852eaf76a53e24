import type { styleText } from 'node:util';
import type { ThemeName } from '../session/settings.ts';

export type Style = Parameters<typeof styleText>[0];

type Name = Exclude<Style, readonly unknown[]>;

/**
 * What each theme makes of the colours of `auto`, which are those that the terminal itself has chosen. Black on white
 * yellow and cyan are hard to read, white on black the dim ones; high contrast has the terminal's own two colours only.
 */
const palettes: Readonly<Record<ThemeName, Readonly<Partial<Record<Name, readonly Name[]>>> | 'plain'>> = {
  auto: {},
  light: { cyan: ['blue'], yellow: ['magenta'], dim: ['blackBright'], green: ['green', 'bold'], red: ['red', 'bold'] },
  dark: {
    cyan: ['cyanBright'],
    yellow: ['yellowBright'],
    green: ['greenBright'],
    red: ['redBright'],
    magenta: ['magentaBright'],
    dim: ['white'],
  },
  'high-contrast': {
    cyan: ['bold'],
    yellow: ['bold'],
    green: ['bold'],
    red: ['inverse'],
    magenta: ['inverse'],
    dim: [],
  },
  none: 'plain',
};

/** A style as a theme paints it; empty: not at all. */
export function styleIn(theme: ThemeName, style: Style): Name[] {
  const palette = palettes[theme];
  const names = [style].flat() as Name[];
  if (palette === 'plain') return [];
  return [...new Set(names.flatMap((name) => palette[name] ?? [name]))];
}
