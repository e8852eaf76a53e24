/** YAML bodies, as the server's YAML 1.1 reader takes them and its writer writes them. */

import {
  Document,
  isScalar,
  type Pair,
  parseDocument,
  Scalar,
  type ScalarTag,
  type Tags,
  visit,
  type YAMLError,
} from 'yaml';
import { setOwn } from '../../kernel/own.ts';
import { maxDepth, plainValue } from './go-json.ts';

/** Not YAML; the message is the server's, beginning with `yaml: `. */
export class YamlSyntaxError extends Error {}

/** Times and sexagesimal numbers stay strings, as on the server, and so does a dot without digits. */
const readTags = (tags: Tags): Tags =>
  tags.flatMap((tag) => {
    if (typeof tag === 'string') return tag;
    if (tag.tag.endsWith(':timestamp') || tag.format === 'TIME') return [];
    if ('test' in tag && tag.test?.test('.')) return { ...tag, test: /^[-+]?(?:\d[\d_]*\.[\d_]*|\.\d[\d_]*)$/ };
    return tag;
  });

/**
 * Reads the first document of a YAML text into JSON values, keys sorted (as Go writes the maps that it goes through).
 * @returns the value, and `line 6: key "a" already set in map` for each key that stands twice
 * @throws YamlSyntaxError
 */
export function parseYaml(text: string): { value: unknown; duplicates: string[] } {
  try {
    return readYaml(text);
  } catch (error) {
    // The library goes down into nested values with the stack.
    if (error instanceof RangeError) throw tooDeep();
    throw error;
  }
}

const configurations = new Map<string, unknown>();
const mostConfigurations = 32;

/**
 * What `parseYaml` makes of a configuration file. Those that were asked for last are remembered: programs read one several
 * times, and all clusters of a process have the same ones. Shared: not to be changed.
 * @throws YamlSyntaxError
 */
export function readConfiguration(text: string): unknown {
  const value = configurations.has(text) ? configurations.get(text) : parseYaml(text).value;
  configurations.delete(text);
  configurations.set(text, value);
  const [oldest = ''] = configurations.keys();
  if (configurations.size > mostConfigurations) configurations.delete(oldest);
  return value;
}

function readYaml(text: string): { value: unknown; duplicates: string[] } {
  const lines = lineCounter(text);
  const document = parseDocument(text, { version: '1.1', uniqueKeys: false, logLevel: 'silent', customTags: readTags });
  const [error] = document.errors;
  // Whatever follows the first document is not looked at.
  if (error && error.code !== 'MULTIPLE_DOCS') throw new YamlSyntaxError(`yaml: ${errorText(error, text, lines)}`);
  const duplicates: string[] = [];
  visit(document, {
    Map(_, map) {
      const seen = new Set<unknown>();
      for (const { key } of map.items as Pair<unknown, unknown>[]) {
        if (!isScalar(key) || key.value === '<<') continue;
        if (seen.has(key.value)) {
          duplicates.push(
            `line ${lines(key.range?.[0] ?? 0) + 1}: key ${JSON.stringify(key.value)} already set in map`,
          );
        }
        seen.add(key.value);
      }
    },
  });
  try {
    return { value: jsonable(document.toJS({ mapAsMap: true })), duplicates };
  } catch (failure) {
    if (failure instanceof YamlSyntaxError || failure instanceof RangeError) throw failure;
    if (/Excessive alias count/.test((failure as Error).message)) {
      throw new YamlSyntaxError('yaml: document contains excessive aliasing');
    }
    const anchor = /Unresolved alias .*: (.*)$/.exec((failure as Error).message)?.[1];
    if (anchor) throw new YamlSyntaxError(`yaml: unknown anchor '${anchor}' referenced`);
    throw new YamlSyntaxError(`yaml: ${(failure as Error).message}`, { cause: failure });
  }
}

const tooDeep = () => new YamlSyntaxError('yaml: exceeded max depth of 10000');

function jsonable(value: unknown, depth = 0): unknown {
  if (depth > maxDepth) throw tooDeep();
  if (Array.isArray(value)) return value.map((item) => jsonable(item, depth + 1));
  if (value instanceof Uint8Array) return Buffer.from(value).toString('latin1');
  if (!(value instanceof Map)) return value;
  const entries = [...value].map(([key, item]) => [String(key), item] as const);
  const object: Record<string, unknown> = {};
  for (const [key, item] of entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
    setOwn(object, key, jsonable(item, depth + 1));
  return object;
}

function lineCounter(text: string): (offset: number) => number {
  return (offset) => text.slice(0, offset).split('\n').length - 1;
}

/** What the server's reader says of the same mistake; its line is that before the one of a misplaced token. */
function errorText(error: YAMLError, text: string, lines: (offset: number) => number): string {
  const line = lines(error.pos[0]);
  const at = (n: number, what: string) => (n > 0 ? `line ${n}: ${what}` : what);
  // The end of the text counts as the beginning of a line of its own.
  const end = lines(text.length) + (text.endsWith('\n') || text === '' ? 0 : 1);
  if (error.message.includes('Flow map') || error.message.includes('Flow sequence')) {
    const before = text.trimEnd().at(-1) ?? '';
    if ('[{,:'.includes(before)) return at(end, 'did not find expected node content');
    return at(end, `did not find expected ',' or '${error.message.includes('Flow map') ? '}' : ']'}'`);
  }
  switch (error.code) {
    case 'TAB_AS_INDENT': {
      const previous = text.split('\n')[line - 1] ?? '';
      const inScalar = /[:-]\s+[^\s#'"|>&*!{[]/.test(previous);
      return at(
        line + 1,
        `found ${inScalar ? 'a tab character that violates indentation' : 'character that cannot start any token'}`,
      );
    }
    case 'BLOCK_AS_IMPLICIT_KEY':
      return at(line > 0 ? line + 1 : 0, 'mapping values are not allowed in this context');
    case 'BAD_SCALAR_START':
      return at(line > 0 ? line + 1 : 0, 'found character that cannot start any token');
    case 'MISSING_CHAR':
      if (error.message.includes('quote')) return at(end, 'found unexpected end of stream');
      return at(line + 1, "could not find expected ':'");
    default:
      return at(line, 'did not find expected key');
  }
}

/** Scalars that are no strings; without tests, so that the library leaves the quoting of strings to `looksTyped`. */
const writeTags: Tags = ['null', 'boolean', 'number'].map(
  (type): ScalarTag => ({
    tag: `tag:yaml.org,2002:${type}`,
    default: true,
    identify: (value) => (value === null ? 'null' : typeof value) === type,
    resolve: (text) => text,
    stringify: ({ value }) => String(value),
  }),
);

/** Writes a JSON value as the server does: keys sorted, lists not indented, strings quoted only where they must be. */
export function stringifyYaml(value: unknown): string {
  const document = new Document(plainValue(value), {
    schema: 'failsafe',
    customTags: writeTags,
    aliasDuplicateObjects: false,
    sortMapEntries: (a, b) => naturalOrder(keyText(a.key), keyText(b.key)),
  });
  visit(document, {
    Scalar(_, scalar) {
      if (typeof scalar.value !== 'string') return;
      if (scalar.value.includes('\n')) scalar.type = Scalar.BLOCK_LITERAL;
      else if (looksTyped(scalar.value)) scalar.type = Scalar.QUOTE_DOUBLE;
    },
  });
  return document.toString({ indentSeq: false, lineWidth: 0, singleQuote: true });
}

/** Whether the reader would take the plain text for something else than a string. */
function looksTyped(text: string): boolean {
  return (
    /^(?:~|null|Null|NULL|y|Y|yes|Yes|YES|on|On|ON|n|N|no|No|NO|off|Off|OFF|true|True|TRUE|false|False|FALSE|<<|)$/.test(
      text,
    ) ||
    /^[-+]?(?:\d[\d_]*|0b[01_]+|0x[\da-fA-F_]+|0o?[0-7_]+)$/.test(text) ||
    /^[-+]?(?:\.\d+|\d[\d_]*(?:\.[\d_]*)?)(?:[eE][-+]?\d+)?$/.test(text) ||
    /^[-+]?\.(?:inf|Inf|INF)$|^\.(?:nan|NaN|NAN)$/.test(text) ||
    /^[-+]?\d[\d_]*(?::[0-5]?\d)+(?:\.[\d_]*)?$/.test(text) ||
    /^\d{4}-\d\d?-\d\d?(?:(?:[Tt]|\s+)\d\d?:\d\d:\d\d.*)?$/.test(text)
  );
}

function keyText(key: unknown): string {
  return String(isScalar(key) ? key.value : key);
}

/** Letters by their code, numbers in them by their value, as the server's writer sorts keys. */
function naturalOrder(a: string, b: string): number {
  const parts = (text: string) => text.match(/\d+|\D/gu) ?? [];
  const [left, right] = [parts(a), parts(b)];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const [x = '', y = ''] = [left[i], right[i]];
    if (x === y) continue;
    const letters = [/\p{L}/u.test(x), /\p{L}/u.test(y)];
    if (letters[0] !== letters[1]) return letters[0] ? 1 : -1;
    if (/^\d/.test(x) && /^\d/.test(y)) return Number(x) - Number(y) || x.length - y.length;
    return x < y ? -1 : 1;
  }
  return left.length - right.length;
}
