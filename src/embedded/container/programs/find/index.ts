/** find. Large because its primaries are one table, read and evaluated alike. */
import { ownValue } from '../../../kernel/own.ts';
import { isSysError } from '../kernel/errno.ts';
import { findExecutable } from '../kernel/exec.ts';
import type { Process } from '../kernel/process.ts';
import type { FileStat } from '../kernel/vfs.ts';
import { humanSize, listTime, modeString } from '../lib/file-format.ts';
import { baseName, join, removeTree } from '../lib/files.ts';
import { Output } from '../lib/io.ts';
import { isBusybox, program, UsageError } from '../lib/program.ts';
import { posixToJs, regexFault, safeRegExp } from '../lib/regex.ts';
import { runCommand } from '../lib/run-command.ts';
import { groupName, userId, userName } from '../lib/users.ts';
import { matchesPattern } from '../sh/pattern.ts';

interface Visit {
  path: string;
  stat: FileStat;
  depth: number;
}

type Test = (visit: Visit) => Promise<boolean> | boolean;

interface Plan {
  test: Test;
  maxDepth: number;
  minDepth: number;
  depthFirst: boolean;
  /** Links are what they lead to: -L, -follow. */
  follow: boolean;
  finish(): Promise<void>;
}

class Parser {
  readonly p: Process;
  readonly #args: readonly string[];
  readonly out: Output;
  #at = 0;
  /** It does something itself; else the paths are printed. */
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

  /** The argument of an option. Throws UsageError where there is none. */
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

  /** Compares with the number that an option has: `+3`, `-10k`. */
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

  /** Reads a command up to its `;` or `+`. */
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

/** Reads what else belongs to a primary of an expression, and makes its test. */
type Primary = (parser: Parser, option: string) => Test;

/** A primary that changes how the tree is walked, and is always true. */
const setting =
  (set: (parser: Parser, option: string) => void): Primary =>
  (parser, option) => {
    set(parser, option);
    return () => true;
  };

/** A primary that does something, so that paths are not printed by themselves. */
const action =
  (make: Primary): Primary =>
  (parser, option) => {
    parser.acts = true;
    return make(parser, option);
  };

const named: Primary = (parser, option) => {
  const pattern = parser.value(option);
  return (v) => matchesPattern(baseName(v.path), pattern, option === '-iname');
};

const onPath: Primary = (parser, option) => {
  const pattern = parser.value(option);
  return (v) => matchesPattern(v.path, pattern);
};

const typeLetters = { file: 'f', generated: 'f', dir: 'd', link: 'l', device: 'c' };

const age =
  (unitMs: number): Primary =>
  (parser, option) => {
    const now = parser.p.container.clock.now();
    return parser.number(option, (v) => (now - v.stat.mtime) / unitMs);
  };

const access =
  (bits: number): Primary =>
  ({ p }) =>
  (v) =>
    p.vfs.may(p, v.stat.node, bits);

function permissions(parser: Parser, option: string): Test {
  const text = parser.value(option);
  const bits = Number.parseInt(text.replace(/^[-/+]/, ''), 8);
  if (text[0] === '-') return (v) => (v.stat.mode & bits) === bits;
  if (text[0] === '/') return (v) => (v.stat.mode & bits) !== 0;
  return (v) => (v.stat.mode & 0o7777) === bits;
}

function list({ p, out }: Parser): Test {
  const now = p.container.clock.now();
  return async ({ path, stat }) => {
    const columns = [
      String(stat.ino).padStart(8),
      String(Math.ceil(stat.size / 1024)).padStart(4),
      modeString(stat),
      String(stat.nlink).padStart(3),
      (userName(p, stat.uid) ?? String(stat.uid)).padEnd(8),
      (groupName(p, stat.gid) ?? String(stat.gid)).padEnd(8),
      String(stat.size).padStart(8),
      listTime(stat.mtime, now),
      path,
    ];
    await out.write(`${columns.join(' ')}\n`);
    return true;
  };
}

/** What `-printf` knows after a `%`. */
const directives: Readonly<Record<string, (visit: Visit, p: Process) => string>> = {
  p: ({ path }) => path,
  f: ({ path }) => baseName(path),
  s: ({ stat }) => String(stat.size),
  m: ({ stat }) => stat.mode.toString(8),
  M: ({ stat }) => modeString(stat),
  u: ({ stat }, p) => userName(p, stat.uid) ?? '',
  k: ({ stat }) => humanSize(stat.size),
  y: ({ stat }) => (stat.kind === 'dir' ? 'd' : stat.kind === 'link' ? 'l' : 'f'),
  d: ({ depth }) => String(depth),
  '%': () => '%',
};

function printFormat(parser: Parser, option: string): Test {
  const { p, out } = parser;
  const format = parser.value(option);
  return async (visit) => {
    const text = format
      .replace(/%([a-zA-Z%])/g, (whole, letter: string) => ownValue(directives, letter)?.(visit, p) ?? whole)
      .replaceAll('\\n', '\n')
      .replaceAll('\\t', '\t');
    await out.write(text);
    return true;
  };
}

const primaries: Readonly<Record<string, Primary>> = {
  '-name': named,
  '-iname': named,
  '-path': onPath,
  '-wholename': onPath,
  '-regex': (parser, option) => {
    const regex = parser.regex(parser.value(option));
    return (v) => regex.test(v.path);
  },
  '-type': (parser, option) => {
    const types = parser.value(option).split(',');
    return (v) => types.includes(typeLetters[v.stat.kind]);
  },
  '-maxdepth': setting((parser, option) => {
    parser.plan.maxDepth = Number(parser.value(option));
  }),
  '-mindepth': setting((parser, option) => {
    parser.plan.minDepth = Number(parser.value(option));
  }),
  '-depth': setting(({ plan }) => {
    plan.depthFirst = true;
  }),
  '-follow': setting(({ plan }) => {
    plan.follow = true;
  }),
  // There is one file system.
  '-xdev': () => () => true,
  '-mount': () => () => true,
  '-size': (parser, option) => parser.number(option, (v) => v.stat.size),
  '-mtime': age(86_400_000),
  '-mmin': age(60_000),
  '-links': (parser, option) => parser.number(option, (v) => v.stat.nlink),
  '-newer': (parser, option) => {
    const than = parser.p.vfs.stat(parser.p, parser.value(option)).mtime;
    return (v) => v.stat.mtime > than;
  },
  '-empty':
    () =>
    ({ stat }) =>
      stat.node.kind === 'dir' ? stat.node.empty : stat.kind === 'file' && stat.size === 0,
  '-user': (parser, option) => {
    const uid = userId(parser.p, parser.value(option));
    return (v) => v.stat.uid === uid;
  },
  '-perm': permissions,
  '-executable': access(1),
  '-readable': access(4),
  '-writable': access(2),
  '-true': () => () => true,
  '-false': () => () => false,
  '-prune': (parser) => (v) => {
    parser.pruned.add(v.path);
    return true;
  },
  '-print': action((parser) => (v) => parser.print(v, '\n')),
  '-print0': action((parser) => (v) => parser.print(v, '\0')),
  '-ls': action(list),
  '-printf': action(printFormat),
  '-delete': action(({ p, plan }) => {
    plan.depthFirst = true;
    return async (v) => {
      await removeTree(p, v.path);
      return true;
    };
  }),
  '-quit': action(({ p, out }) => async () => {
    await out.flush();
    return p.exit(0);
  }),
  '-exec': action((parser) => parser.exec()),
  '-ok': action((parser) => parser.exec()),
  '-execdir': action((parser) => parser.exec()),
};

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
