/** Flags of etcdctl and etcdutl as pflag reads them, and how its help lists them. */

/** Printed after `Error: `; then it exits with the code. */
export class CommandError extends Error {
  readonly code: number;

  constructor(message: string, code = 1) {
    super(message);
    this.code = code;
  }
}

/** pkg/cobrautl's exit codes. */
export const exitCodes = { error: 1, badFeature: 4, interrupted: 5, badArgs: 128 };
export const badArgs = (message: string): CommandError => new CommandError(message, exitCodes.badArgs);

export interface Flag {
  name: string;
  short?: string;
  type: 'text' | 'number' | 'bool' | 'duration';
  /** As help shows it: `""`, `[127.0.0.1:2379]`, `5s`. */
  initial: string;
  help: string;
}

export const flag = (name: string, type: Flag['type'], initial: string, help: string, short?: string): Flag => ({
  ...{ name, type, initial, help },
  ...(short !== undefined && { short }),
});

/** What was given on a command line. */
export class Flags {
  readonly args: string[] = [];
  readonly #values = new Map<string, string>();

  has(name: string): boolean {
    return this.#values.has(name);
  }

  set(name: string, value: string): void {
    this.#values.set(name, value);
  }

  text(name: string): string {
    return this.#values.get(name) ?? '';
  }

  is(name: string): boolean {
    return this.#values.get(name) === 'true';
  }

  /** Zero where it was not given. */
  number(name: string): number {
    return Number(this.#values.get(name) ?? 0);
  }

  /** In milliseconds. */
  duration(name: string, otherwise: number): number {
    const text = this.#values.get(name);
    return text === undefined ? otherwise : (parseDuration(text) ?? otherwise);
  }
}

/** A flag that is not known, or a value that it cannot have. */
export class FlagError extends Error {}

/** Flags may stand anywhere; `--` ends them. Throws FlagError. */
export function parseFlags(words: readonly string[], known: readonly Flag[]): Flags {
  const flags = new Flags();
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    if (word === '--') {
      flags.args.push(...words.slice(i + 1));
      break;
    }
    if (!word.startsWith('-') || word === '-') {
      flags.args.push(word);
      continue;
    }
    const long = word.startsWith('--');
    const [, label = '', given] = /^-{1,2}([^=]*)(?:=(.*))?$/s.exec(word) ?? [];
    const found = known.find(({ name, short }) => (long ? name === label : short === label[0]));
    if (!found)
      throw new FlagError(long ? `unknown flag: --${label}` : `unknown shorthand flag: '${label[0]}' in -${label}`);
    const joined = long || label.length === 1 ? given : label.slice(1) + (given === undefined ? '' : `=${given}`);
    const value = joined ?? (found.type === 'bool' ? 'true' : words[++i]);
    if (value === undefined)
      throw new FlagError(
        long ? `flag needs an argument: --${label}` : `flag needs an argument: '${label}' in -${label}`,
      );
    check(found, value);
    flags.set(found.name, value);
  }
  return flags;
}

function check({ name, short, type }: Flag, value: string): void {
  const label = short === undefined ? `--${name}` : `-${short}, --${name}`;
  const invalid = (why: string) => new FlagError(`invalid argument "${value}" for "${label}" flag: ${why}`);
  if (type === 'number' && !/^-?\d+$/.test(value))
    throw invalid(`strconv.ParseInt: parsing "${value}": invalid syntax`);
  if (type === 'bool' && !/^(true|false)$/.test(value))
    throw invalid(`strconv.ParseBool: parsing "${value}": invalid syntax`);
  if (type === 'duration' && parseDuration(value) === undefined) throw invalid(durationFault(value));
}

const durationFault = (text: string) =>
  /^\d+$/.test(text) ? `time: missing unit in duration "${text}"` : `time: invalid duration "${text}"`;

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

function parseDuration(text: string): number | undefined {
  if (!/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(text)) return undefined;
  return [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)].reduce(
    (sum, [, value, unit]) => sum + Number(value) * (unitMs[unit ?? ''] ?? 0),
    0,
  );
}

/** Two columns as Go's tabwriter sets them with tabs of 8. */
export function columns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.ceil((Math.max(...rows.map(([left]) => left.length)) + 1) / 8) * 8;
  return rows.map(([left, right]) => `${left}${'\t'.repeat(Math.ceil((width - left.length) / 8))}${right}\n`).join('');
}

/** The flags as etcdctl's help lists them. */
export function flagUsages(flags: readonly Flag[]): string {
  const sorted = [...flags].sort((a, b) => (a.name < b.name ? -1 : 1));
  return columns(
    sorted.map(({ name, short, type, initial, help }) => {
      const label = short === undefined ? `      --${name}` : `  -${short}, --${name}`;
      return [`${label}${type === 'bool' ? `[=${initial}]` : `=${initial}`}`, help];
    }),
  );
}
