import { styleText } from 'node:util';
import { type Style, styleIn } from '../present/palette.ts';
import { printable } from '../present/width.ts';
import type { ThemeName } from '../session/settings.ts';

/** Semantic colours: nothing else in the app names one. A symbol or a word always says the same as the colour. */
const styles = {
  title: 'bold',
  accent: 'cyan',
  muted: 'dim',
  key: ['cyan', 'bold'],
  good: 'green',
  bad: 'red',
  warn: 'yellow',
  hint: ['yellow', 'bold'],
  selected: 'inverse',
  tab: ['bold', 'inverse'],
  chosen: ['bold', 'underline'],
} as const satisfies Record<string, Style>;

export type Token = keyof typeof styles;

/** Paints text by meaning; plain text where colours are off. */
export type Theme = (token: Token, text: string) => string;

/** `name`: the user's choice. NO_COLOR wins. */
export function themeFor(stream: NodeJS.WriteStream, name: ThemeName = 'auto'): Theme {
  return (token, text) => (text === '' ? '' : styleText(styleIn(name, styles[token]), printable(text), { stream }));
}
