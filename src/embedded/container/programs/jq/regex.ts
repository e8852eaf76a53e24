/** jq's regular expressions. */
import { ownValue } from '../../../../kernel/own.ts';
import { TooMuchWork } from '../../kernel/work.ts';
import type { Json } from '../../lib/json.ts';
import { safeRegExp } from '../../lib/regex.ts';
import { described, JqError } from './value.ts';

/** A regular expression of Oniguruma's Perl syntax as JavaScript's. Throws JqError. */
function compile(pattern: string, flags: string): { expression: RegExp; global: boolean; names: (string | null)[] } {
  let source = pattern;
  let letters = flags;
  const inline = /^\(\?([imsx]+)\)/.exec(source);
  if (inline) {
    source = source.slice(inline[0].length);
    letters += (inline[1] ?? '').replace('m', 's');
  }
  for (const letter of letters)
    if (!'gimnpslx'.includes(letter)) throw new JqError(`${flags} is not a valid modifier string`);
  if (letters.includes('x'))
    source = source.replace(/\\[\s\S]|\[(?:\\[\s\S]|[^\]])*\]|\s+|#[^\n]*/g, (m) => (/^[\s#]/.test(m) ? '' : m));
  source = source
    .replace(/\[\[:(\w+):\]\]/g, (_, name: string) => `[${ownValue(posixClasses, name) ?? ''}]`)
    .replace(/\[:(\w+):\]/g, (_, name: string) => ownValue(posixClasses, name) ?? '')
    .replaceAll('\\A', '(?<![\\s\\S])')
    .replaceAll('\\z', '(?![\\s\\S])')
    .replaceAll('\\Z', '(?=\\n?(?![\\s\\S]))')
    .replaceAll('\\h', '[0-9a-fA-F]');
  const names: (string | null)[] = [];
  for (const group of source.matchAll(/\\[\s\S]|\[(?:\\[\s\S]|[^\]])*\]|\((?!\?)|\(\?<([A-Za-z_]\w*)>/g)) {
    if (group[0].startsWith('(')) names.push(group[1] ?? null);
  }
  const js = `${letters.includes('i') ? 'i' : ''}${/[sp]/.test(letters) ? 's' : ''}g`;
  try {
    return { expression: safeRegExp(source, js), global: letters.includes('g'), names };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new JqError(`${pattern} (at offset 0) is not a valid regex: ${reasonOf(error)}`);
  }
}

/** Why an expression is none, in Oniguruma's words. */
function reasonOf(error: SyntaxError): string {
  const reason = error.message.replace(/^.*: /, '');
  return reasons[reason] ?? reason.toLowerCase();
}

const reasons: Record<string, string> = {
  'Unterminated group': 'end pattern with unmatched parenthesis',
  "Unmatched ')'": 'unmatched close parenthesis',
  'Unterminated character class': 'premature end of char-class',
  'Nothing to repeat': 'target of repeat operator is not specified',
  '\\ at end of pattern': 'end pattern at escape',
};

const posixClasses: Record<string, string> = {
  ...{ alpha: 'A-Za-z', digit: '0-9', alnum: 'A-Za-z0-9', upper: 'A-Z', lower: 'a-z', space: '\\s', blank: ' \\t' },
  ...{ punct: '!-\\/:-@\\[-`{-~', xdigit: '0-9A-Fa-f', word: '\\w' },
};

/** The expression and its flags as `test`, `match` and the others take them: a string, or both in an array. */
function argumentsOf(value: Json, flags: Json): [pattern: string, flags: string] {
  const [pattern, own] = Array.isArray(value) ? [value[0] ?? null, value[1] ?? null] : [value, flags];
  if (typeof pattern !== 'string') throw new JqError(`${described(pattern)} cannot be matched, as it is not a string`);
  if (own !== null && typeof own !== 'string') throw new JqError(`${described(own)} is not a string`);
  return [pattern, own ?? ''];
}

/** One match: offsets and lengths in characters, not in UTF-16 units. */
export interface Match {
  /** Units, for cutting. */
  start: number;
  end: number;
  object: Map<string, Json>;
}

/** The matches of an expression in a text: the first, or all with the flag `g`. Throws JqError. */
export function* matches(text: Json, expression: Json, flags: Json): Generator<Match, void> {
  if (typeof text !== 'string') throw new JqError(`${described(text)} cannot be matched, as it is not a string`);
  const { expression: compiled, global, names } = compile(...argumentsOf(expression, flags));
  const points = (from: number, to: number) => [...text.slice(from, to)].length;
  let [units, offset] = [0, 0];
  for (const match of eachMatch(text, compiled, expression)) {
    const start = match.index;
    offset += points(units, start);
    units = start;
    const captures = match.slice(1).map((group: string | undefined, i): Json => {
      // JavaScript tells no places of groups: the first place of the text within the match.
      const at = group === undefined ? -1 : match[0].indexOf(group);
      return new Map<string, Json>([
        ['offset', group === undefined ? -1 : offset + points(start, start + at)],
        ['length', group === undefined ? 0 : [...group].length],
        ['string', group ?? null],
        ['name', names[i] ?? null],
      ]);
    });
    const object = new Map<string, Json>([
      ['offset', offset],
      ['length', [...match[0]].length],
      ['string', match[0]],
      ['captures', captures],
    ]);
    yield { start, end: start + match[0].length, object };
    if (!global) return;
  }
}

/** Throws JqError in Oniguruma's words where a match takes too long. */
function* eachMatch(text: string, compiled: RegExp, expression: Json): Generator<RegExpExecArray, void> {
  try {
    yield* text.matchAll(compiled);
  } catch (error) {
    if (!(error instanceof TooMuchWork)) throw error;
    const [pattern] = argumentsOf(expression, null);
    throw new JqError(`${pattern} (at offset 0) is not a valid regex: retry-limit-in-match over`);
  }
}

/** The named groups of a match, as `capture` gives them. */
export function namedCaptures(match: Match): Map<string, Json> {
  const named = new Map<string, Json>();
  for (const capture of match.object.get('captures') as Map<string, Json>[]) {
    const name = capture.get('name');
    if (typeof name === 'string') named.set(name, capture.get('string') ?? null);
  }
  return named;
}
