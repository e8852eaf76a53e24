import { styleText } from 'node:util';
import { printable } from '../present/width.ts';

type Style = Parameters<typeof styleText>[0];

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

export function themeFor(stream: NodeJS.WriteStream): Theme {
  return (token, text) => (text === '' ? '' : styleText([styles[token]].flat(), printable(text), { stream }));
}
