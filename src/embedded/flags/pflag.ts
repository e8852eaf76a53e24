import type { Flag, FlagSet } from './flag-set.ts';
import { faultOfValue } from './values.ts';

/** Why a command line can't be read, in the words of the library that reads it. */
export class FlagError extends Error {}

/** What a command line says: every value that a flag was given, in order, and what is no flag. */
export class ParsedFlags {
  readonly values = new Map<string, string[]>();
  readonly operands: string[] = [];

  /** The last value; undefined: it was not given. */
  get(name: string): string | undefined {
    return this.values.get(name)?.at(-1);
  }

  /** Every value of a list, commas taken apart. */
  list(name: string): string[] {
    return (this.values.get(name) ?? []).flatMap((value) => value.split(','));
  }

  has(name: string): boolean {
    return this.values.has(name);
  }

  add(name: string, value: string): void {
    this.values.set(name, [...(this.values.get(name) ?? []), value]);
  }
}

/**
 * Reads a command line as spf13/pflag does, underscores in names as dashes (Kubernetes' WordSepNormalizeFunc).
 * @throws FlagError for the first argument that is wrong
 */
export function parsePflags(set: FlagSet, args: readonly string[]): ParsedFlags {
  const parsed = new ParsedFlags();
  const rest = [...args];
  const put = (flag: Flag, value: string) => {
    const fault = faultOfValue(flag.type, value);
    if (fault !== undefined) {
      const name = `${flag.shorthand ? `-${flag.shorthand}, ` : ''}--${flag.name}`;
      throw new FlagError(`invalid argument ${JSON.stringify(value)} for "${name}" flag: ${fault}`);
    }
    parsed.add(flag.name, value);
  };
  while (rest.length > 0) {
    const arg = rest.shift() ?? '';
    if (arg === '--') {
      parsed.operands.push(...rest);
      break;
    }
    if (arg.startsWith('--')) long(set, arg, rest, put);
    else if (arg.startsWith('-') && arg !== '-') short(set, arg, rest, put);
    else parsed.operands.push(arg);
  }
  return parsed;
}

type Put = (flag: Flag, value: string) => void;

function long(set: FlagSet, arg: string, rest: string[], put: Put): void {
  const body = arg.slice(2);
  if (/^[-=]/.test(body)) throw new FlagError(`bad flag syntax: ${arg}`);
  const cut = body.indexOf('=');
  const name = cut < 0 ? body : body.slice(0, cut);
  const flag = set.flags.get(name.replaceAll('_', '-'));
  if (!flag) throw new FlagError(`unknown flag: --${name}`);
  if (cut >= 0) return put(flag, body.slice(cut + 1));
  if (flag.alone !== undefined) return put(flag, flag.alone);
  const next = rest.shift();
  if (next === undefined) throw new FlagError(`flag needs an argument: --${name}`);
  put(flag, next);
}

function short(set: FlagSet, arg: string, rest: string[], put: Put): void {
  let letters = arg.slice(1);
  while (letters !== '') {
    const letter = letters[0] ?? '';
    const flag = set.flags.get(set.shorthands.get(letter) ?? '');
    if (!flag) throw new FlagError(`unknown shorthand flag: '${letter}' in -${letters}`);
    const value = letters.slice(1);
    if (value.startsWith('=') && value.length > 1) return put(flag, value.slice(1));
    if (flag.alone !== undefined) put(flag, flag.alone);
    else if (value !== '') return put(flag, value);
    else {
      const next = rest.shift();
      if (next === undefined) throw new FlagError(`flag needs an argument: '${letter}' in -${letters}`);
      return put(flag, next);
    }
    letters = value;
  }
}
