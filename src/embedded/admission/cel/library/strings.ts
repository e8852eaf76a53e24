import type { Environment } from '@marcbachmann/cel-js';
import { RE2JS } from 're2js';
import { CelFailure } from '../failure.ts';

const patterns = new Map<string, RE2JS>();

function pattern(text: string): RE2JS {
  let known = patterns.get(text);
  if (!known) {
    try {
      known = RE2JS.compile(text);
    } catch (error) {
      throw new CelFailure((error as Error).message);
    }
    if (patterns.size > 500) patterns.clear();
    patterns.set(text, known);
  }
  return known;
}

function findAll(text: string, regex: string, limit: bigint): string[] {
  const found: string[] = [];
  const matcher = pattern(regex).matcher(text);
  while (found.length !== Number(limit) && matcher.find()) found.push(matcher.group() ?? '');
  return found;
}

function replace(text: string, from: string, to: string, count: bigint): string {
  if (count < 0n) return text.replaceAll(from, () => to);
  let result = '';
  let rest = text;
  for (let i = 0n; i < count; i++) {
    const at = rest.indexOf(from);
    if (at < 0) break;
    result += rest.slice(0, at) + to;
    rest = rest.slice(at + from.length);
  }
  return result + rest;
}

/** `%s`, `%d`, `%f`, ... of the strings extension. */
function format(template: string, values: readonly unknown[]): string {
  let next = 0;
  return template.replace(
    /%(?:%|(?:\.(\d+))?([sdfebxXo]))/g,
    (_clause, precision: string | undefined, verb?: string) => {
      if (verb === undefined) return '%';
      if (next >= values.length) throw new CelFailure(`error during formatting: index ${next} out of range`);
      const value = values[next++];
      switch (verb) {
        case 's':
          return display(value);
        case 'd':
          return String(value);
        case 'f':
          return Number(value).toFixed(Number(precision ?? 6));
        case 'e':
          return Number(value).toExponential(Number(precision ?? 6));
        case 'b':
          return (typeof value === 'boolean' ? (value ? 1 : 0) : BigInt(value as bigint)).toString(2);
        case 'o':
          return BigInt(value as bigint).toString(8);
        default: {
          const hex =
            typeof value === 'string' ? Buffer.from(value).toString('hex') : BigInt(value as bigint).toString(16);
          return verb === 'X' ? hex.toUpperCase() : hex;
        }
      }
    },
  );
}

function display(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return `[${value.map(display).join(', ')}]`;
  if (typeof value !== 'object') return String(value);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, item]) => `${key}: ${display(item)}`).join(', ')}}`;
}

/** What Kubernetes and the strings extension add to strings. */
export function registerStrings(environment: Environment): void {
  const matches = (text: string, regex: string) => pattern(regex).matcher(text).find();
  environment
    .registerFunction('string.matchesRe2(string): bool', matches)
    .registerFunction('matchesRe2(string, string): bool', matches)
    .registerFunction('string.find(string): string', (text: string, regex: string) => findAll(text, regex, 1n)[0] ?? '')
    .registerFunction('string.findAll(string): list<string>', (text: string, regex: string) =>
      findAll(text, regex, -1n),
    )
    .registerFunction('string.findAll(string, int): list<string>', findAll)
    .registerFunction('string.charAt(int): string', (text: string, at: bigint) => [...text][Number(at)] ?? '')
    .registerFunction('string.replace(string, string): string', (text: string, from: string, to: string) =>
      replace(text, from, to, -1n),
    )
    .registerFunction('string.replace(string, string, int): string', replace)
    .registerFunction('string.reverse(): string', (text: string) => [...text].reverse().join(''))
    .registerFunction('string.format(list): string', format);
}
