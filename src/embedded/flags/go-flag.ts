import type { FlagSet } from './flag-set.ts';
import { FlagError, ParsedFlags } from './pflag.ts';
import { faultOfValue, parseBool } from './values.ts';

/** What etcd says of a value that is no URL; undefined: it is one. */
function faultOfUrls(text: string): string | undefined {
  for (const url of text.split(',').map((item) => item.trim())) {
    if (/^[^/?#]*:/.test(url) && !/^[a-z][a-z\d+.-]*:/i.test(url)) {
      return `parse ${JSON.stringify(url)}: first path segment in URL cannot contain colon`;
    }
    if (!/^(https?|unixs?):/.test(url)) return `URL scheme must be http, https, unix, or unixs: ${url}`;
  }
  return undefined;
}

/** Numbers and times of Go's own package: it says no more than this of one that is none. */
const plain: Readonly<Record<string, string>> = {
  ...{ duration: 'duration', int: 'int', int64: 'int', uint: 'uint', uint64: 'uint' },
};

/**
 * Reads a command line as Go's own flag package does: one dash or two, and it ends with the first that is no flag.
 * `selections`: what flags of the type `select` may be, `gates` which feature gates there are.
 * @throws FlagError for the first argument that is wrong
 */
export function parseGoFlags(
  set: FlagSet,
  args: readonly string[],
  known: { selections: Readonly<Record<string, readonly string[]>>; gates: readonly string[] },
): ParsedFlags {
  const parsed = new ParsedFlags();
  const rest = [...args];
  while (rest.length > 0) {
    const arg = rest[0] ?? '';
    if (!/^-./.test(arg)) break;
    rest.shift();
    if (arg === '--') break;
    const body = arg.replace(/^--?/, '');
    if (/^[-=]/.test(body)) throw new FlagError(`bad flag syntax: ${arg}`);
    const cut = body.indexOf('=');
    const name = cut < 0 ? body : body.slice(0, cut);
    const flag = set.flags.get(name);
    if (!flag) throw new FlagError(`flag provided but not defined: -${name}`);
    const value = cut >= 0 ? body.slice(cut + 1) : (flag.alone ?? rest.shift());
    if (value === undefined) throw new FlagError(`flag needs an argument: -${name}`);
    if (flag.type === 'bool') {
      if (parseBool(value) === undefined) {
        throw new FlagError(`invalid boolean value ${JSON.stringify(value)} for -${name}: parse error`);
      }
    } else {
      const fault = faultOf(flag.type, value, known.gates, known.selections[name]);
      if (fault !== undefined) {
        throw new FlagError(`invalid value ${JSON.stringify(value)} for flag -${name}: ${fault}`);
      }
    }
    parsed.add(name, value);
  }
  parsed.operands.push(...rest);
  return parsed;
}

function faultOf(
  type: string,
  value: string,
  gates: readonly string[],
  selection: readonly string[] | undefined,
): string | undefined {
  const number = plain[type];
  if (number) return faultOfValue(number, value) === undefined ? undefined : 'parse error';
  if (type === 'urls') return faultOfUrls(value);
  if (selection) return selection.includes(value) ? undefined : 'invalid value';
  if (type === 'gates') {
    for (const item of value.split(',').filter(Boolean)) {
      const gate = item.slice(0, item.includes('=') ? item.indexOf('=') : undefined);
      if (!item.includes('=')) return `missing bool value for ${gate}`;
      if (!gates.includes(gate)) return `unrecognized feature gate: ${gate}`;
    }
  }
  return undefined;
}
