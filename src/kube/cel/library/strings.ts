/** cel-go's string extensions (version 2), and Kubernetes' regular expressions. */
import type { Definitions } from '../functions.ts';
import { fail } from '../functions.ts';
import { findPattern, patternFault } from '../patterns.ts';
import { ArrayList, type CelList } from '../values.ts';
import { bounded, boundedLength } from '../work.ts';
import { formatText } from './format-text.ts';

const outOfRange = (index: bigint | number) => fail(`index out of range: ${index}`);

function charAt(text: string, index: bigint): string {
  const runes = [...text];
  if (index < 0n || index > runes.length) return outOfRange(index);
  return runes[Number(index)] ?? '';
}

/** Whether `part` stands at a position of `runes`. */
const standsAt = (runes: readonly string[], part: readonly string[], at: number) =>
  part.every((rune, i) => runes[at + i] === rune);

function indexOf(text: string, part: string, offset = 0n): bigint {
  if (part === '') return offset;
  if (offset < 0n) return outOfRange(offset);
  const [runes, wanted] = [[...text], [...part]];
  for (let i = Number(offset); i <= runes.length - wanted.length; i++) if (standsAt(runes, wanted, i)) return BigInt(i);
  return -1n;
}

function lastIndexOf(text: string, part: string, offset?: bigint): bigint {
  const [runes, wanted] = [[...text], [...part]];
  if (part === '') return offset ?? BigInt(runes.length);
  if (offset !== undefined && offset < 0n) return outOfRange(offset);
  if (offset !== undefined && offset >= runes.length) return -1n;
  const last = runes.length - wanted.length;
  for (let i = Math.min(Number(offset ?? last), last); i >= 0; i--) if (standsAt(runes, wanted, i)) return BigInt(i);
  return -1n;
}

function replace(text: string, old: string, now: string, limit = -1n): string {
  // Nothing is found before, between and after all characters.
  const parts = old === '' ? ['', ...text, ''] : text.split(old);
  const count = limit < 0n ? parts.length - 1 : Math.min(Number(limit), parts.length - 1);
  boundedLength(text.length + count * now.length);
  return parts.map((part, i) => part + (i < count ? now : i < parts.length - 1 ? old : '')).join('');
}

function split(text: string, separator: string, limit = -1n): CelList {
  const parts = separator === '' ? [...text] : text.split(separator);
  if (limit === 0n) return new ArrayList([]);
  if (limit < 0n || limit >= parts.length) return new ArrayList(parts);
  const first = parts.slice(0, Number(limit) - 1);
  return new ArrayList([...first, parts.slice(Number(limit) - 1).join(separator)]);
}

function substring(text: string, start: bigint, end?: bigint): string {
  const runes = [...text];
  if (end !== undefined && start > end) return fail(`invalid substring range. start: ${start}, end: ${end}`);
  for (const index of [start, end ?? start]) if (index < 0n || index > runes.length) outOfRange(index);
  return runes.slice(Number(start), end === undefined ? undefined : Number(end)).join('');
}

function join(list: CelList, separator = ''): string {
  let joined = '';
  let isFirst = true;
  for (const item of list) {
    if (typeof item !== 'string') return fail(`join: invalid input: ${String(item)}`);
    joined = bounded(joined + (isFirst ? item : separator + item));
    isFirst = false;
  }
  return joined;
}

const escapes: Readonly<Record<string, string>> = {
  ...{ '\x07': '\\a', '\b': '\\b', '\f': '\\f', '\n': '\\n', '\r': '\\r' },
  ...{ '\t': '\\t', '\v': '\\v', '\\': '\\\\', '"': '\\"' },
};
const quote = (text: string) => bounded(`"${[...text].map((rune) => escapes[rune] ?? rune).join('')}"`);

export const stringLibrary: Definitions = {
  string_char_at_int: ['string.charAt(int) -> string', charAt],
  string_index_of_string: ['string.indexOf(string) -> int', (text: string, part: string) => indexOf(text, part)],
  string_index_of_string_int: ['string.indexOf(string, int) -> int', indexOf],
  string_last_index_of_string: [
    'string.lastIndexOf(string) -> int',
    (text: string, part: string) => lastIndexOf(text, part),
  ],
  string_last_index_of_string_int: ['string.lastIndexOf(string, int) -> int', lastIndexOf],
  string_lower_ascii: [
    'string.lowerAscii() -> string',
    (text: string) => text.replace(/[A-Z]+/g, (found) => found.toLowerCase()),
  ],
  string_upper_ascii: [
    'string.upperAscii() -> string',
    (text: string) => text.replace(/[a-z]+/g, (found) => found.toUpperCase()),
  ],
  string_replace_string_string: [
    'string.replace(string, string) -> string',
    (text: string, old: string, now: string) => replace(text, old, now),
  ],
  string_replace_string_string_int: ['string.replace(string, string, int) -> string', replace],
  string_split_string: ['string.split(string) -> list(string)', (text: string, by: string) => split(text, by)],
  string_split_string_int: ['string.split(string, int) -> list(string)', split],
  string_substring_int: ['string.substring(int) -> string', (text: string, start: bigint) => substring(text, start)],
  string_substring_int_int: ['string.substring(int, int) -> string', substring],
  string_trim: ['string.trim() -> string', (text: string) => text.replace(/^[\s\x85]+|[\s\x85]+$/g, '')],
  string_format: ['string.format(list(dyn)) -> string', (text: string, args: CelList) => formatText(text, [...args])],
  strings_quote: ['strings.quote(string) -> string', quote],
  list_join: ['list(string).join() -> string', (list: CelList) => join(list)],
  list_join_string: ['list(string).join(string) -> string', join],
};

function found(text: string, pattern: string, limit: number): string[] {
  const fault = patternFault(pattern);
  return fault === undefined ? findPattern(pattern, text, limit) : fail(`Illegal regex: ${fault}`);
}

export const regexLibrary: Definitions = {
  string_find_string: [
    'string.find(string) -> string',
    (text: string, pattern: string) => found(text, pattern, 1)[0] ?? '',
  ],
  string_find_all_string: [
    'string.findAll(string) -> list(string)',
    (text: string, pattern: string) => new ArrayList(found(text, pattern, -1)),
  ],
  string_find_all_string_int: [
    'string.findAll(string, int) -> list(string)',
    (text: string, pattern: string, limit: bigint) => new ArrayList(found(text, pattern, Number(limit))),
  ],
};
