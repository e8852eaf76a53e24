import type { Process } from '../kernel/process.ts';
import { statOf } from '../kernel/vfs.ts';
import { TooMuchWork } from '../kernel/work.ts';
import { posixToJs, regexFault, safeRegExp } from '../lib/regex.ts';
import type { Condition } from './ast.ts';
import { complain } from './complain.ts';
import { binaryOperators } from './condition-parser.ts';
import { matchesPattern } from './pattern.ts';
import type { Shell } from './shell.ts';

/** What follows `=~` is no regular expression, or takes too long. */
class RegexError extends Error {}

/** A wrong expression: the text after `[: `. */
export class TestError extends Error {}

const unary = new Set([...'bcdefghknoprstuwxzLSOGNaRv'].map((c) => `-${c}`));

/** The value of `test`'s arguments (without `]`). Throws TestError. */
export function evaluateTest(p: Process, args: readonly string[], isSet?: (name: string) => boolean): boolean {
  const test = new TestParser(p, args, isSet);
  return test.whole();
}

class TestParser {
  #at = 0;
  readonly #p: Process;
  readonly #args: readonly string[];
  readonly #isSet: ((name: string) => boolean) | undefined;

  constructor(p: Process, args: readonly string[], isSet: ((name: string) => boolean) | undefined) {
    this.#p = p;
    this.#args = args;
    this.#isSet = isSet;
  }

  whole(): boolean {
    const args = this.#args;
    const [a = '', b = '', c = ''] = args;
    // POSIX decides by the number of arguments first.
    if (args.length === 0) return false;
    if (args.length === 1) return a !== '';
    if (args.length === 2) {
      if (a === '!') return b === '';
      if (unary.has(a)) return this.#unary(a, b);
      throw new TestError(`${a}: unary operator expected`);
    }
    if (args.length === 3) {
      if (binaryOperators.has(b)) return compare(this.#p, a, b, c);
      if (b === '-a') return a !== '' && c !== '';
      if (b === '-o') return a !== '' || c !== '';
      if (a === '!') return !new TestParser(this.#p, args.slice(1), this.#isSet).whole();
      if (a === '(' && c === ')') return b !== '';
      throw new TestError(`${b}: binary operator expected`);
    }
    if (args.length === 4 && a === '!') return !new TestParser(this.#p, args.slice(1), this.#isSet).whole();
    const value = this.#or();
    if (this.#at < args.length) throw new TestError(`${args[this.#at - 1]}: unexpected operator`);
    return value;
  }

  #or(): boolean {
    let value = this.#and();
    while (this.#args[this.#at] === '-o') {
      this.#at++;
      const right = this.#and();
      value = value || right;
    }
    return value;
  }

  #and(): boolean {
    let value = this.#not();
    while (this.#args[this.#at] === '-a') {
      this.#at++;
      const right = this.#not();
      value = value && right;
    }
    return value;
  }

  #not(): boolean {
    if (this.#args[this.#at] === '!' && this.#args.length > this.#at + 1) {
      this.#at++;
      return !this.#not();
    }
    return this.#primary();
  }

  #primary(): boolean {
    const args = this.#args;
    const first = args[this.#at];
    const next = args[this.#at + 1];
    if (first === undefined) throw new TestError('argument expected');
    if (next !== undefined && binaryOperators.has(next) && args.length > this.#at + 2) {
      this.#at += 3;
      return compare(this.#p, first, next, args[this.#at - 1] ?? '');
    }
    if (first === '(') {
      this.#at++;
      const value = this.#or();
      if (args[this.#at] !== ')') throw new TestError('closing paren expected');
      this.#at++;
      return value;
    }
    if (unary.has(first) && next !== undefined) {
      this.#at += 2;
      return this.#unary(first, next);
    }
    this.#at++;
    return first !== '';
  }

  #unary(op: string, operand: string): boolean {
    if (op === '-v') return this.#isSet?.(operand) ?? false;
    return fileTest(this.#p, op, operand);
  }
}

function fileTest(p: Process, op: string, operand: string): boolean {
  if (op === '-n') return operand !== '';
  if (op === '-z') return operand === '';
  if (op === '-t') return p.fds.get(Number(operand))?.isTty ?? false;
  if (op === '-o') return false;
  const place = p.vfs.find(p, operand, op !== '-L' && op !== '-h');
  if (!place) return false;
  const stat = statOf(place.node);
  switch (op) {
    case '-L':
    case '-h':
      return stat.kind === 'link';
    case '-d':
      return stat.kind === 'dir';
    case '-f':
      return stat.kind === 'file' || stat.kind === 'generated';
    case '-s':
      return stat.size > 0;
    case '-r':
      return p.vfs.may(p, place.node, 4);
    case '-w':
      return p.vfs.may(p, place.node, 2) && !place.mount.readOnly;
    case '-x':
      return p.vfs.may(p, place.node, 1);
    case '-c':
      return stat.kind === 'device';
    case '-u':
      return (stat.mode & 0o4000) !== 0;
    case '-g':
      return (stat.mode & 0o2000) !== 0;
    case '-k':
      return (stat.mode & 0o1000) !== 0;
    case '-O':
      return stat.uid === p.uid;
    case '-G':
      return stat.gid === p.gid;
    case '-b':
    case '-p':
    case '-S':
      return false;
    default:
      return true;
  }
}

function integer(text: string): bigint {
  const trimmed = text.trim();
  if (!/^[-+]?\d+$/.test(trimmed)) throw new TestError(`${text}: integer expression expected`);
  return BigInt(trimmed.replace(/^\+/, ''));
}

function compare(p: Process, a: string, op: string, b: string): boolean {
  switch (op) {
    case '=':
    case '==':
      return a === b;
    case '!=':
      return a !== b;
    case '<':
      return a < b;
    case '>':
      return a > b;
    case '-eq':
      return integer(a) === integer(b);
    case '-ne':
      return integer(a) !== integer(b);
    case '-lt':
      return integer(a) < integer(b);
    case '-le':
      return integer(a) <= integer(b);
    case '-gt':
      return integer(a) > integer(b);
    case '-ge':
      return integer(a) >= integer(b);
  }
  const left = p.vfs.find(p, a)?.node;
  const right = p.vfs.find(p, b)?.node;
  if (op === '-ef') return left !== undefined && left === right;
  if (op === '-nt') return left !== undefined && (right === undefined || left.mtime > right.mtime);
  return right !== undefined && (left === undefined || left.mtime < right.mtime);
}

type Test = Extract<Condition, { t: 'unary' | 'binary' | 'word' }>;

/** One test of bash's `[[ ]]`: its status, which is 2, with a complaint, for what is no regular expression. */
export async function evaluateCondition(shell: Shell, c: Test): Promise<number> {
  try {
    return (await holds(shell, c)) ? 0 : 1;
  } catch (error) {
    if (!(error instanceof RegexError)) throw error;
    return complain(shell, '[[', error.message, 2);
  }
}

async function holds(shell: Shell, c: Test): Promise<boolean> {
  const { expander, p } = shell;
  if (c.t === 'word') return (await expander.text(c.word)) !== '';
  if (c.t === 'unary') {
    const operand = await expander.text(c.operand);
    if (c.op === '-v') return shell.variables.get(operand) !== undefined;
    return fileTest(p, c.op, operand);
  }
  const left = await expander.text(c.left);
  if (c.op === '=~') return matchRegex(shell, left, c.right);
  if (c.op === '=' || c.op === '==' || c.op === '!=') {
    const ignoreCase = shell.state.shopt.has('nocasematch');
    return matchesPattern(left, await expander.pattern(c.right), ignoreCase) === (c.op !== '!=');
  }
  const right = await expander.text(c.right);
  if (/^-[engl][qte]$/.test(c.op) && c.op !== '-ef') {
    const value = async (text: string) =>
      String(await expander.arithmetic({ parts: [{ t: 'lit', text, quoted: true }], raw: text }));
    return compare(p, await value(left), c.op, await value(right));
  }
  return compare(p, left, c.op, right);
}

async function matchRegex(
  shell: Shell,
  text: string,
  word: Extract<Condition, { t: 'binary' }>['right'],
): Promise<boolean> {
  // What is quoted means itself; the rest is an extended regular expression.
  let source = '';
  for (const part of word.parts) {
    const piece = await shell.expander.text({ parts: [part], raw: '' });
    source += part.quoted ? piece.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&') : piece;
  }
  let match: RegExpExecArray | null;
  try {
    match = safeRegExp(posixToJs(source, true)).exec(text);
  } catch (error) {
    const fault = error instanceof TooMuchWork ? error.message : regexFault(error);
    throw new RegexError(`invalid regular expression \`${source}': ${fault}`);
  }
  shell.state.variables.delete('BASH_REMATCH');
  for (const [i, group] of match?.entries() ?? []) shell.variables.setElement('BASH_REMATCH', String(i), group ?? '');
  return match !== null;
}
