/** The primaries of find's expressions: tests, and what is done. */

import { ownValue } from '../../../../kernel/own.ts';
import type { Process } from '../../kernel/process.ts';
import type { FileStat } from '../../kernel/vfs.ts';
import { humanSize, listTime, modeString } from '../../lib/file-format.ts';
import { baseName, removeTree } from '../../lib/files.ts';
import type { Output } from '../../lib/io.ts';
import { groupName, userId, userName } from '../../lib/users.ts';
import { matchesPattern } from '../../sh/pattern.ts';

export interface Visit {
  path: string;
  stat: FileStat;
  depth: number;
}

export type Test = (visit: Visit) => Promise<boolean> | boolean;

export interface Plan {
  test: Test;
  maxDepth: number;
  minDepth: number;
  depthFirst: boolean;
  /** Links are what they lead to: -L, -follow. */
  follow: boolean;
  finish(): Promise<void>;
}

/** The reading of an expression, as its primaries see it. */
export interface Reading {
  readonly p: Process;
  readonly out: Output;
  readonly plan: Plan;
  /** Folders that are not entered. */
  readonly pruned: Set<string>;
  /** It does something itself; else the paths are printed. */
  acts: boolean;
  /** The argument of an option. Throws UsageError where there is none. */
  value(option: string): string;
  regex(source: string): RegExp;
  /** Compares with the number that an option has: `+3`, `-10k`. */
  number(option: string, of: (visit: Visit) => number): Test;
  print(visit: Visit, end: string): Promise<boolean>;
  /** Reads a command up to its `;` or `+`. */
  exec(): Test;
}

/** Reads what else belongs to a primary of an expression, and makes its test. */
type Primary = (reading: Reading, option: string) => Test;

/** A primary that changes how the tree is walked, and is always true. */
const setting =
  (set: (reading: Reading, option: string) => void): Primary =>
  (reading, option) => {
    set(reading, option);
    return () => true;
  };

/** A primary that does something, so that paths are not printed by themselves. */
const action =
  (make: Primary): Primary =>
  (reading, option) => {
    reading.acts = true;
    return make(reading, option);
  };

const named: Primary = (reading, option) => {
  const pattern = reading.value(option);
  return (v) => matchesPattern(baseName(v.path), pattern, option === '-iname');
};

const onPath: Primary = (reading, option) => {
  const pattern = reading.value(option);
  return (v) => matchesPattern(v.path, pattern);
};

const typeLetters = { file: 'f', generated: 'f', dir: 'd', link: 'l', device: 'c' };

const age =
  (unitMs: number): Primary =>
  (reading, option) => {
    const now = reading.p.container.clock.now();
    return reading.number(option, (v) => (now - v.stat.mtime) / unitMs);
  };

const access =
  (bits: number): Primary =>
  ({ p }) =>
  (v) =>
    p.vfs.may(p, v.stat.node, bits);

function permissions(reading: Reading, option: string): Test {
  const text = reading.value(option);
  const bits = Number.parseInt(text.replace(/^[-/+]/, ''), 8);
  if (text[0] === '-') return (v) => (v.stat.mode & bits) === bits;
  if (text[0] === '/') return (v) => (v.stat.mode & bits) !== 0;
  return (v) => (v.stat.mode & 0o7777) === bits;
}

function list({ p, out }: Reading): Test {
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

function printFormat(reading: Reading, option: string): Test {
  const { p, out } = reading;
  const format = reading.value(option);
  return async (visit) => {
    const text = format
      .replace(/%([a-zA-Z%])/g, (whole, letter: string) => ownValue(directives, letter)?.(visit, p) ?? whole)
      .replaceAll('\\n', '\n')
      .replaceAll('\\t', '\t');
    await out.write(text);
    return true;
  };
}

export const primaries: Readonly<Record<string, Primary>> = {
  '-name': named,
  '-iname': named,
  '-path': onPath,
  '-wholename': onPath,
  '-regex': (reading, option) => {
    const regex = reading.regex(reading.value(option));
    return (v) => regex.test(v.path);
  },
  '-type': (reading, option) => {
    const types = reading.value(option).split(',');
    return (v) => types.includes(typeLetters[v.stat.kind]);
  },
  '-maxdepth': setting((reading, option) => {
    reading.plan.maxDepth = Number(reading.value(option));
  }),
  '-mindepth': setting((reading, option) => {
    reading.plan.minDepth = Number(reading.value(option));
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
  '-size': (reading, option) => reading.number(option, (v) => v.stat.size),
  '-mtime': age(86_400_000),
  '-mmin': age(60_000),
  '-links': (reading, option) => reading.number(option, (v) => v.stat.nlink),
  '-newer': (reading, option) => {
    const than = reading.p.vfs.stat(reading.p, reading.value(option)).mtime;
    return (v) => v.stat.mtime > than;
  },
  '-empty':
    () =>
    ({ stat }) =>
      stat.node.kind === 'dir' ? stat.node.empty : stat.kind === 'file' && stat.size === 0,
  '-user': (reading, option) => {
    const uid = userId(reading.p, reading.value(option));
    return (v) => v.stat.uid === uid;
  },
  '-perm': permissions,
  '-executable': access(1),
  '-readable': access(4),
  '-writable': access(2),
  '-true': () => () => true,
  '-false': () => () => false,
  '-prune': (reading) => (v) => {
    reading.pruned.add(v.path);
    return true;
  },
  '-print': action((reading) => (v) => reading.print(v, '\n')),
  '-print0': action((reading) => (v) => reading.print(v, '\0')),
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
  '-exec': action((reading) => reading.exec()),
  '-ok': action((reading) => reading.exec()),
  '-execdir': action((reading) => reading.exec()),
};
