import { ownValue } from '../../../../kernel/own.ts';
import { isSysError } from '../../kernel/errno.ts';
import { findExecutable } from '../../kernel/exec.ts';
import type { Process } from '../../kernel/process.ts';
import { join } from '../../lib/files.ts';
import { Output } from '../../lib/io.ts';
import { isBusybox, program, UsageError } from '../../lib/program.ts';
import { posixToJs, regexFault, safeRegExp } from '../../lib/regex.ts';
import { runCommand } from '../../lib/run-command.ts';
import { type Plan, primaries, type Reading, type Test, type Visit } from './primaries.ts';

class Parser implements Reading {
  readonly p: Process;
  readonly #args: readonly string[];
  readonly out: Output;
  #at = 0;
  acts = false;
  readonly plan: Plan = {
    test: () => true,
    maxDepth: Number.POSITIVE_INFINITY,
    minDepth: 0,
    depthFirst: false,
    follow: false,
    finish: async () => {},
  };
  readonly pruned = new Set<string>();

  constructor(p: Process, args: readonly string[], out: Output) {
    this.p = p;
    this.#args = args;
    this.out = out;
  }

  parse(): Plan {
    const test = this.#at < this.#args.length ? this.#or() : () => true;
    if (this.#at < this.#args.length) throw new UsageError(`unexpected argument '${this.#args[this.#at]}'`);
    this.plan.test = this.acts ? test : async (v) => (await test(v)) && (await this.print(v, '\n'));
    return this.plan;
  }

  async print(visit: Visit, end: string): Promise<boolean> {
    await this.out.write(visit.path + end);
    return true;
  }

  #or(): Test {
    let left = this.#and();
    while (this.#args[this.#at] === '-o' || this.#args[this.#at] === '-or') {
      this.#at++;
      const [a, b] = [left, this.#and()];
      left = async (v) => (await a(v)) || (await b(v));
    }
    return left;
  }

  #and(): Test {
    let left = this.#not();
    for (;;) {
      const next = this.#args[this.#at];
      if (next === undefined || next === '-o' || next === '-or' || next === ')') return left;
      if (next === '-a' || next === '-and') this.#at++;
      const [a, b] = [left, this.#not()];
      left = async (v) => (await a(v)) && (await b(v));
    }
  }

  #not(): Test {
    const next = this.#args[this.#at];
    if (next === '!' || next === '-not') {
      this.#at++;
      const inner = this.#not();
      return async (v) => !(await inner(v));
    }
    if (next === '(') {
      this.#at++;
      const inner = this.#or();
      if (this.#args[this.#at++] !== ')') throw new UsageError("missing ')'");
      return inner;
    }
    return this.#primary();
  }

  value(option: string): string {
    const value = this.#args[this.#at++];
    if (value === undefined)
      throw new UsageError(isBusybox(this.p) ? `${option}: requires an argument` : `missing argument to '${option}'`);
    return value;
  }

  regex(source: string): RegExp {
    try {
      return safeRegExp(`^(?:${posixToJs(source, false)})$`);
    } catch (error) {
      const fault = regexFault(error);
      throw new UsageError(
        isBusybox(this.p)
          ? `bad regex '${source}': ${fault}`
          : `failed to compile regular expression '${source}': ${fault}`,
      );
    }
  }

  number(option: string, of: (v: Visit) => number): Test {
    const match = /^([-+]?)(\d+)([cwbkMG]?)$/.exec(this.value(option));
    if (!match) throw new UsageError(`invalid argument to '${option}'`);
    const unit =
      { c: 1, w: 2, b: 512, k: 1024, M: 1024 ** 2, G: 1024 ** 3 }[match[3] ?? ''] ?? (option === '-size' ? 512 : 1);
    const wanted = Number(match[2]);
    return (v) => {
      const n = option === '-size' ? Math.ceil(of(v) / unit) : Math.floor(of(v));
      return match[1] === '+' ? n > wanted : match[1] === '-' ? n < wanted : n === wanted;
    };
  }

  #primary(): Test {
    const option = this.#args[this.#at++] ?? '';
    const primary = ownValue(primaries, option);
    if (primary) return primary(this, option);
    if (option.startsWith('-'))
      throw new UsageError(isBusybox(this.p) ? `unrecognized: ${option}` : `unknown predicate '${option}'`);
    throw new UsageError(`paths must precede expression: '${option}'`);
  }

  exec(): Test {
    const p = this.p;
    const words: string[] = [];
    for (;;) {
      const word = this.#args[this.#at++];
      if (word === undefined)
        throw new UsageError(isBusybox(p) ? '-exec: requires an argument' : "missing argument to '-exec'");
      if (word === ';') break;
      if (word === '+' && words.at(-1) === '{}') {
        words.pop();
        const paths: string[] = [];
        this.plan.finish = async () => {
          if (paths.length > 0) await runCommand(p, [...words, ...paths]);
        };
        return (v) => {
          paths.push(v.path);
          return true;
        };
      }
      words.push(word);
    }
    // Tells at once if there is no such command.
    findExecutable(p, words);
    return async (v) => {
      await this.out.flush();
      return (
        (await runCommand(
          p,
          words.map((w) => w.replaceAll('{}', v.path)),
        )) === 0
      );
    };
  }
}

export const find = program('find', async (p) => {
  const [link] = /^-[HLP]$/.exec(p.args[0] ?? '') ?? [];
  const args = p.args.slice(link === undefined ? 0 : 1);
  const first = args.findIndex((a) => /^[-!(]/.test(a) && a !== '-');
  const roots = args.slice(0, first < 0 ? args.length : first);
  const out = new Output(p);
  const parser = new Parser(p, first < 0 ? [] : args.slice(first), out);
  let plan: Plan;
  try {
    plan = parser.parse();
  } catch (error) {
    if (!isSysError(error, 'ENOENT')) throw error;
    throw new UsageError(`no such command or file: ${error.message}`);
  }
  plan.follow ||= link === '-L';
  let status = 0;
  const complain = async (path: string, error: Error) => {
    status = 1;
    await out.flush();
    await p.print(2, isBusybox(p) ? `find: ${path}: ${error.message}\n` : `find: '${path}': ${error.message}\n`);
  };
  /** A link that leads nowhere is itself. */
  const statOf = (path: string, depth: number) =>
    p.vfs.stat(p, path, (plan.follow || (depth === 0 && link === '-H')) && p.vfs.find(p, path) !== undefined);
  const visit = async (path: string, depth: number, above: readonly Visit['stat'][]): Promise<void> => {
    const turn = p.step(3);
    if (turn) await turn;
    let entry: Visit;
    try {
      entry = { path, stat: statOf(path, depth), depth };
    } catch (error) {
      if (!isSysError(error)) throw error;
      return complain(path, error);
    }
    if (above.some(({ node }) => node === entry.stat.node)) {
      return complain(path, new Error(`File system loop detected; '${path}' is part of the same file system loop`));
    }
    const apply = async () => {
      if (depth >= plan.minDepth) await plan.test(entry);
    };
    if (!plan.depthFirst) await apply();
    if (entry.stat.kind === 'dir' && depth < plan.maxDepth && !parser.pruned.has(path)) {
      try {
        for (const name of p.vfs.readdir(p, path)) await visit(join(path, name), depth + 1, [...above, entry.stat]);
      } catch (error) {
        if (!isSysError(error) || error.code === 'EPIPE') throw error;
        await complain(path, error);
      }
    }
    if (plan.depthFirst) await apply();
  };
  for (const root of roots.length > 0 ? roots : ['.']) await visit(root, 0, []);
  await plan.finish();
  await out.flush();
  return status;
});
