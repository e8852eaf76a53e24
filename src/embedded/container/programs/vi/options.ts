/** What `:set` sets. */
import { ownValue } from '../../../../kernel/own.ts';

export interface ViOptions {
  number: boolean;
  paste: boolean;
  expandtab: boolean;
  autoindent: boolean;
  ignorecase: boolean;
  smartcase: boolean;
  list: boolean;
  readonly: boolean;
  shiftwidth: number;
  tabstop: number;
  softtabstop: number;
}

export const defaultOptions: Readonly<ViOptions> = {
  ...{ number: false, paste: false, expandtab: false, autoindent: false, ignorecase: false, smartcase: false },
  ...{ list: false, readonly: false, shiftwidth: 8, tabstop: 8, softtabstop: 0 },
};

const shortNames: Readonly<Record<string, keyof ViOptions>> = {
  ...{ nu: 'number', et: 'expandtab', ai: 'autoindent', ic: 'ignorecase', scs: 'smartcase', ro: 'readonly' },
  ...{ sw: 'shiftwidth', ts: 'tabstop', sts: 'softtabstop' },
};

/** Options that change nothing that can be seen here. */
const others =
  /^(no)?(hls|hlsearch|is|incsearch|ru|ruler|sc|showcmd|smd|showmode|sm|showmatch|cp|compatible|si|smartindent|cin|cindent|wrap|cul|cursorline|cuc|cursorcolumn|mouse|bs|backspace|enc|encoding|fileencoding|fenc|ff|fileformat|ft|filetype|syn|syntax|bg|background|laststatus|ls|so|scrolloff|swf|swapfile|bk|backup|wb|writebackup|tf|ttyfast|eb|errorbells|vb|visualbell|clipboard|cb|rnu|relativenumber|sta|smarttab|fl|flash)([=:].*)?[?!&]?$/;

/**
 * Does one word of `:set`. Returns what it shows, if it asks something.
 * @throws Error with vim's words for an option that there is not
 */
export function setOption(options: ViOptions, word: string): string | undefined {
  const [, no = '', name = '', rest = ''] = /^(no|inv)?([a-z]*)(.*)$/.exec(word) ?? [];
  const known = (text: string) =>
    Object.hasOwn(options, text) ? (text as keyof ViOptions) : ownValue(shortNames, text);
  // `nonumber`, and `number` which begins with `n` only.
  const whole = /^[a-z]*/.exec(word)?.[0] ?? '';
  const option = known(whole) ?? known(name);
  const negated = known(whole) === undefined && no !== '';
  const tail = known(whole) ? word.slice(whole.length) : rest;
  if (!option) {
    if (others.test(word)) return undefined;
    throw new Error(`E518: Unknown option: ${word}`);
  }
  const value = options[option];
  if (tail === '?') return typeof value === 'number' ? `  ${option}=${value}` : `${value ? '  ' : 'no'}${option}`;
  if (typeof value === 'number') {
    if (tail === '') return `  ${option}=${value}`;
    const number = /^[=:](\d+)$/.exec(tail)?.[1];
    if (number === undefined) throw new Error(`E521: Number required after =: ${word}`);
    return assign(options, option, Number(number));
  }
  if (tail !== '' && tail !== '!') throw new Error(`E474: Invalid argument: ${word}`);
  return assign(options, option, tail === '!' || no === 'inv' ? !value : !negated);
}

function assign(options: ViOptions, name: keyof ViOptions, value: number | boolean): undefined {
  Object.assign(options, { [name]: value });
}

/** How far one step of indentation goes. */
export const stepOf = ({ shiftwidth, tabstop }: ViOptions) => shiftwidth || tabstop;

/** Blanks that go as far as `width` columns. */
export function indentation({ expandtab, paste, tabstop }: ViOptions, width: number): string {
  if (expandtab && !paste) return ' '.repeat(width);
  return '\t'.repeat(Math.floor(width / tabstop)) + ' '.repeat(width % tabstop);
}

/** How many columns a piece of text takes from `start` on. */
export function widthOf(text: string, tabstop: number, start = 0): number {
  let width = start;
  for (const char of text) width += char === '\t' ? tabstop - (width % tabstop) : isControl(char) ? 2 : 1;
  return width - start;
}

export const isControl = (char: string) => char < ' ' || char === '\x7f';
