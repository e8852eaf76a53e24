/** kubectl's command line: pflag's rules and words. */
import { ownValue } from '../../../../kernel/own.ts';

/** The command was called wrongly, or it failed by itself: printed as `error: ...`. */
export class KubectlError extends Error {
  readonly code: number;
  /** False: the text stands alone, without `error:`. */
  readonly prefixed: boolean;

  constructor(message: string, options: { code?: number; prefixed?: boolean } = {}) {
    super(message);
    this.code = options.code ?? 1;
    this.prefixed = options.prefixed ?? true;
  }
}

/** `string`: takes a value; `bool`: `--x` or `--x=false`; `optional`: `--x` means its second word. */
export type FlagKind = 'string' | 'bool' | readonly ['optional', string];
export type FlagSet = Readonly<Record<string, { kind: FlagKind; short?: string }>>;

export const globalFlags: FlagSet = {
  namespace: { kind: 'string', short: 'n' },
  server: { kind: 'string', short: 's' },
  token: { kind: 'string' },
  kubeconfig: { kind: 'string' },
  context: { kind: 'string' },
  cluster: { kind: 'string' },
  user: { kind: 'string' },
  as: { kind: 'string' },
  'as-group': { kind: 'string' },
  'as-uid': { kind: 'string' },
  'certificate-authority': { kind: 'string' },
  'client-certificate': { kind: 'string' },
  'client-key': { kind: 'string' },
  'insecure-skip-tls-verify': { kind: 'bool' },
  'tls-server-name': { kind: 'string' },
  'request-timeout': { kind: 'string' },
  'cache-dir': { kind: 'string' },
  v: { kind: 'string', short: 'v' },
  help: { kind: 'bool', short: 'h' },
  'warnings-as-errors': { kind: 'bool' },
  username: { kind: 'string' },
  password: { kind: 'string' },
};

export class Flags {
  readonly #values: Map<string, string[]>;
  readonly args: string[];
  /** What came after `--`. */
  readonly rest: string[] | undefined;

  constructor(values: Map<string, string[]>, args: string[], rest: string[] | undefined) {
    this.#values = values;
    this.args = args;
    this.rest = rest;
  }

  get(name: string): string | undefined {
    return this.#values.get(name)?.at(-1);
  }

  all(name: string): string[] {
    return this.#values.get(name) ?? [];
  }

  /** Values that may also be separated by commas. */
  list(name: string): string[] {
    return this.all(name).flatMap((v) => v.split(','));
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  bool(name: string): boolean {
    return this.get(name) === 'true';
  }

  /** Seconds of `10s`, `1m30s`; undefined if the flag is missing. */
  duration(name: string): number | undefined {
    const text = this.get(name);
    if (text === undefined) return undefined;
    if (/^\d+$/.test(text)) return Number(text);
    if (!/^(\d+(\.\d+)?(h|m|s|ms))+$/.test(text)) {
      throw new KubectlError(`invalid argument "${text}" for "--${name}" flag: time: invalid duration "${text}"`);
    }
    const units: Record<string, number> = { h: 3600, m: 60, s: 1, ms: 0.001 };
    let seconds = 0;
    for (const m of text.matchAll(/(\d+(?:\.\d+)?)(h|ms|m|s)/g)) seconds += Number(m[1]) * (units[m[2] ?? ''] ?? 0);
    return seconds;
  }
}

/** Reads a command's flags; `path` is what `--help` is offered for. */
export function parseFlags(argv: readonly string[], own: FlagSet, path: string): Flags {
  const known: FlagSet = { ...globalFlags, ...own };
  const values = new Map<string, string[]>();
  const args: string[] = [];
  let rest: string[] | undefined;
  const usage = (text: string) => new KubectlError(`${text}\nSee '${path} --help' for usage.`);
  const set = (name: string, value: string) => values.set(name, [...(values.get(name) ?? []), value]);
  const shorts = new Map(Object.entries(known).flatMap(([name, f]) => (f.short ? [[f.short, name] as const] : [])));
  for (let i = 0; i < argv.length; i++) {
    const arg = argv[i] ?? '';
    if (arg === '--') {
      rest = argv.slice(i + 1);
      break;
    }
    if (arg.startsWith('--')) {
      const at = arg.indexOf('=');
      const name = at < 0 ? arg.slice(2) : arg.slice(2, at);
      const flag = ownValue(known, name);
      if (!flag) throw usage(`unknown flag: --${name}`);
      const given = at < 0 ? undefined : arg.slice(at + 1);
      if (given !== undefined) set(name, flag.kind === 'bool' && given === '' ? 'true' : given);
      else if (flag.kind === 'bool') set(name, 'true');
      else if (flag.kind !== 'string') set(name, flag.kind[1]);
      else {
        const next = argv[++i];
        if (next === undefined) throw usage(`flag needs an argument: --${name}`);
        set(name, next);
      }
    } else if (arg.startsWith('-') && arg !== '-') {
      for (let at = 1; at < arg.length; at++) {
        const letter = arg[at] ?? '';
        const name = shorts.get(letter);
        const flag = name === undefined ? undefined : ownValue(known, name);
        if (name === undefined || !flag) throw usage(`unknown shorthand flag: '${letter}' in ${arg}`);
        if (flag.kind === 'bool' && arg[at + 1] !== '=') {
          set(name, 'true');
          continue;
        }
        let value = arg.slice(at + 1).replace(/^=/, '');
        if (value === '') {
          const next = argv[++i];
          if (next === undefined) throw usage(`flag needs an argument: '${letter}' in ${arg}`);
          value = next;
        }
        set(name, value);
        break;
      }
    } else args.push(arg);
  }
  return new Flags(values, args, rest);
}
