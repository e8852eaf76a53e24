/** Functions of awk that do more than compute with the values of their arguments. */

import type { Process } from '../../kernel/process.ts';
import { MATCH_WORK, work } from '../../kernel/work.ts';
import type { Output } from '../../lib/io.ts';
import { safeRegExp } from '../../lib/regex.ts';
import { startCommand } from '../../lib/run-command.ts';
import { formatValues } from './functions.ts';
import type { Expr } from './parser.ts';
import type { AwkStreams } from './streams.ts';
import { inputValue, toNumber, type Value } from './values.ts';
import type { Variables } from './variables.ts';

/** What functions ask of whoever evaluates their arguments. */
export interface Evaluation {
  readonly p: Process;
  readonly variables: Variables;
  readonly out: Output;
  readonly streams: AwkStreams;
  readonly random: Random;
  eval(e: Expr): Promise<Value>;
  /** The regular expression that an expression is, or that its text stands for. */
  regex(e: Expr | undefined): Promise<RegExp>;
  assign(target: Expr, value: Value): Promise<void>;
}

type Builtin = (run: Evaluation, args: readonly Expr[]) => Promise<Value>;

/** Numbers that come in the same order after the same seed. */
export class Random {
  #seed = 0;
  #last = 1;

  next(): number {
    this.#last = (this.#last * 48_271) % 2_147_483_647;
    return this.#last / 2_147_483_647;
  }

  /** Begins anew; returns the seed before. */
  seed(seed: number): number {
    const before = this.#seed;
    this.#seed = seed;
    this.#last = (Math.abs(Math.floor(seed)) % 2_147_483_646) + 1;
    return before;
  }
}

/** An argument's text; the record where it is not given. */
async function textOf(run: Evaluation, e: Expr | undefined): Promise<string> {
  return e ? run.variables.text(await run.eval(e)) : run.variables.record;
}

const seconds = ({ p }: Evaluation) => Math.floor(p.container.clock.now() / 1000);

/** What `sprintf` and `printf` make of their arguments. */
export async function format(run: Evaluation, args: readonly Expr[]): Promise<string> {
  const values: Value[] = [];
  for (const arg of args) values.push(await run.eval(arg));
  return formatValues(values, (value) => run.variables.text(value));
}

async function split(run: Evaluation, [text, array, separator]: readonly Expr[]): Promise<Value> {
  const { variables } = run;
  const source = await textOf(run, text);
  const by = separator ? (separator.t === 'regex' ? separator.regex : await run.eval(separator)) : variables.get('FS');
  const items = variables.array(array?.t === 'var' ? array.name : '');
  items.clear();
  variables.splitText(source, by).forEach((part, i) => {
    items.set(String(i + 1), inputValue(part));
  });
  run.p.charge(2 * source.length);
  return items.size;
}

const substitute =
  (flags: '' | 'g'): Builtin =>
  async (run, [pattern, replacement, target]) => {
    const regex = await run.regex(pattern);
    const raw = replacement ? run.variables.text(await run.eval(replacement)) : '';
    const where: Expr = target ?? { t: 'field', index: { t: 'number', value: 0 } };
    const source = run.variables.text(await run.eval(where));
    let count = 0;
    const result = source.replace(safeRegExp(regex.source, flags), (match) => {
      count++;
      work(MATCH_WORK + (raw.length >> 2));
      return raw.replace(/\\\\|\\&|&/g, (m) => (m === '&' ? match : m.slice(1)));
    });
    if (count > 0) await run.assign(where, result);
    return count;
  };

async function substituted(run: Evaluation, [pattern, by, how, target]: readonly Expr[]): Promise<Value> {
  const regex = await run.regex(pattern);
  const replacement = (await textOf(run, by))
    .replace(/\$/g, '$$$$')
    .replace(/\\(\d)/g, '$$$1')
    .replace(/(?<!\\)&/g, '$$&');
  const flags = /^[gG]/.test(await textOf(run, how)) ? 'g' : '';
  return (await textOf(run, target)).replace(safeRegExp(regex.source, flags), replacement);
}

async function match(run: Evaluation, [text, pattern]: readonly Expr[]): Promise<Value> {
  const regex = await run.regex(pattern);
  const found = safeRegExp(regex.source).exec(await textOf(run, text));
  run.variables.setGlobal('RSTART', found ? found.index + 1 : 0);
  run.variables.setGlobal('RLENGTH', found ? found[0].length : -1);
  return found ? found.index + 1 : 0;
}

export const builtins: Readonly<Record<string, Builtin>> = {
  length: async (run, [of]) => {
    if (of?.t === 'var' && run.variables.cell(of.name)?.t === 'array') return run.variables.array(of.name).size;
    return [...(await textOf(run, of))].length;
  },
  split,
  sub: substitute(''),
  gsub: substitute('g'),
  gensub: substituted,
  match,
  sprintf: format,
  rand: async ({ random }) => random.next(),
  srand: async (run, [seed]) => run.random.seed(seed ? toNumber(await run.eval(seed)) : seconds(run)),
  systime: async (run) => seconds(run),
  system: async (run, [command]) => {
    await run.out.flush();
    return (await run.p.wait(startCommand(run.p, ['sh', '-c', await textOf(run, command)]))).code;
  },
  close: async (run, [name]) => run.streams.close(await textOf(run, name)),
  fflush: async ({ out }) => {
    await out.flush();
    return 0;
  },
};
