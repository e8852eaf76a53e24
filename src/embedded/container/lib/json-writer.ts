/** Prints values as jq does: indented or on one line, in colours or not. */
import { formatNumber, formatString, type Json, sortedKeys } from './json.ts';

export interface Layout {
  /** One level of indentation; undefined: everything on one line. */
  indent: string | undefined;
  sortKeys: boolean;
  color: boolean;
  /** Everything beyond ASCII as escapes. */
  ascii: boolean;
}

const reset = '\x1b[0m';
const colors = { null: '1;30', false: '0;39', true: '0;39', number: '0;39', string: '0;32', container: '1;39' };
const keyColor = '34;1';

function colorOf(value: Json): string {
  if (value === null) return colors.null;
  if (typeof value === 'boolean') return value ? colors.true : colors.false;
  return typeof value === 'number' ? colors.number : typeof value === 'string' ? colors.string : colors.container;
}

const escapeBeyondAscii = (text: string) =>
  text.replace(/[^\x00-\x7f]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** The pieces of a value's text, in order. */
export function* pieces(value: Json, layout: Layout, depth = 0): Generator<string, void> {
  const scalar = (text: string) => (layout.ascii ? escapeBeyondAscii(text) : text);
  const start = layout.color ? `\x1b[${colorOf(value)}m` : '';
  const end = layout.color ? reset : '';
  if (!Array.isArray(value) && !(value instanceof Map)) {
    const text =
      typeof value === 'string'
        ? scalar(formatString(value))
        : typeof value === 'number'
          ? formatNumber(value)
          : String(value);
    yield start + text + end;
    return;
  }
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}'];
  const size = Array.isArray(value) ? value.length : value.size;
  if (size === 0) {
    yield start + open + (layout.color ? `${close}${reset}` : close);
    return;
  }
  const line = (level: number) => (layout.indent === undefined ? '' : `\n${layout.indent.repeat(level)}`);
  yield `${start}${open}`;
  let first = true;
  if (Array.isArray(value)) {
    for (const item of value) {
      yield `${first ? '' : `${start},`}${line(depth + 1)}`;
      yield* pieces(item, layout, depth + 1);
      first = false;
    }
  } else {
    for (const key of layout.sortKeys ? sortedKeys(value) : value.keys()) {
      const name = scalar(formatString(key));
      const colon = layout.indent === undefined ? ':' : ': ';
      yield `${first ? '' : `${start},`}${line(depth + 1)}`;
      yield layout.color ? `${reset}\x1b[${keyColor}m${name}${reset}${start}${colon}${reset}` : name + colon;
      yield* pieces(value.get(key) ?? null, layout, depth + 1);
      first = false;
    }
  }
  yield `${start}${line(depth)}${layout.color ? start : ''}${close}${end}`;
}
