import type { Process } from '../kernel/process.ts';
import { isBusybox, UsageError } from './program.ts';

/** Parsed options of a command. */
export class Options {
  readonly #values = new Map<string, string[]>();
  readonly operands: string[] = [];

  add(option: string, value: string): void {
    const list = this.#values.get(option);
    if (list) list.push(value);
    else this.#values.set(option, [value]);
  }

  has(...options: string[]): boolean {
    return options.some((o) => this.#values.has(o));
  }

  /** The last value. */
  get(option: string): string | undefined {
    return this.#values.get(option)?.at(-1);
  }

  all(option: string): readonly string[] {
    return this.#values.get(option) ?? [];
  }

  /** A number, or a usage error. */
  number(option: string): number | undefined {
    const text = this.get(option);
    if (text === undefined) return undefined;
    if (!/^[-+]?\d+(\.\d+)?$/.test(text)) throw new UsageError(`invalid number '${text}'`);
    return Number(text);
  }
}

/**
 * Reads options as getopt_long does. `short`: letters, `:` after those with a value (`n:qv`); `long`: their long
 * names (`{lines: 'n'}`); a value `x::` in `long` has an optional argument. `stop`: options end at the first operand.
 */
export function parseOptions(
  p: Process,
  short: string,
  long: Readonly<Record<string, string>> = {},
  settings: { stop?: boolean; args?: readonly string[]; code?: number } = {},
): Options {
  const options = new Options();
  const args = settings.args ?? p.args;
  const code = settings.code ?? 1;
  const takesValue = (letter: string) => short[short.indexOf(letter) + 1] === ':';
  let i = 0;
  for (; i < args.length; i++) {
    const arg = args[i] ?? '';
    if (arg === '--') {
      i++;
      break;
    }
    if (arg.startsWith('--')) {
      const [name = '', ...values] = arg.slice(2).split('=');
      const value = values.length > 0 ? values.join('=') : undefined;
      const key = longOption(long, name);
      if (key === undefined) throw unknown(p, arg, code);
      const letter = key.replace(/:+$/, '');
      if (key.endsWith('::')) options.add(letter, value ?? '');
      else if (letter.length > 1 ? key.endsWith(':') : takesValue(letter)) {
        const given = value ?? args[++i];
        if (given === undefined) throw new UsageError(`option '--${name}' requires an argument`, code);
        options.add(letter, given);
      } else options.add(letter, value ?? '');
    } else if (arg.startsWith('-') && arg !== '-') {
      for (let at = 1; at < arg.length; at++) {
        const letter = arg[at] ?? '';
        if (letter === ':' || !short.includes(letter)) throw unknown(p, `-${letter}`, code);
        if (!takesValue(letter)) {
          options.add(letter, '');
          continue;
        }
        const value = at + 1 < arg.length ? arg.slice(at + 1) : args[++i];
        if (value === undefined)
          throw new UsageError(
            isBusybox(p) ? `option requires an argument: ${letter}` : `option requires an argument -- '${letter}'`,
            code,
          );
        options.add(letter, value);
        break;
      }
    } else if (settings.stop) break;
    else options.operands.push(arg);
  }
  options.operands.push(...args.slice(i));
  return options;
}

function longOption(long: Readonly<Record<string, string>>, name: string): string | undefined {
  if (Object.hasOwn(long, name)) return long[name];
  const matching = Object.keys(long).filter((key) => key.startsWith(name));
  return matching.length === 1 ? long[matching[0] ?? ''] : undefined;
}

function unknown(p: Process, option: string, code: number): UsageError {
  if (isBusybox(p)) return new UsageError(`unrecognized option: ${option.replace(/^-+/, '')}`, code);
  const text = option.startsWith('--') ? `unrecognized option '${option}'` : `invalid option -- '${option.slice(1)}'`;
  return new UsageError(`${text}\nTry '${p.name} --help' for more information.`, code);
}
