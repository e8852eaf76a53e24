/** The values of awk's expressions. */

import { ownValue } from '../../../../kernel/own.ts';
import type { Process } from '../../kernel/process.ts';
import type { Output } from '../../lib/io.ts';
import { UsageError } from '../../lib/program.ts';
import { builtins, type Evaluation, Random } from './builtins.ts';
import { plainFunctions } from './functions.ts';
import type { MainInput } from './main-input.ts';
import { compileRegex, type Expr } from './parser.ts';
import type { AwkStreams } from './streams.ts';
import { arithmetic, compare, inputValue, toNumber, truth, type Value } from './values.ts';
import type { Variables } from './variables.ts';

export interface EvaluatorOptions {
  p: Process;
  variables: Variables;
  input: MainInput;
  out: Output;
  streams: AwkStreams;
  /** Calls a function of the program. */
  callFunction(name: string, args: readonly Expr[]): Promise<Value>;
}

export class Evaluator implements Evaluation {
  readonly p: Process;
  readonly variables: Variables;
  readonly out: Output;
  readonly streams: AwkStreams;
  readonly random = new Random();
  readonly #input: MainInput;
  readonly #callFunction: EvaluatorOptions['callFunction'];

  constructor({ p, variables, input, out, streams, callFunction }: EvaluatorOptions) {
    this.p = p;
    this.variables = variables;
    this.out = out;
    this.streams = streams;
    this.#input = input;
    this.#callFunction = callFunction;
  }

  async regex(e: Expr | undefined): Promise<RegExp> {
    if (e?.t === 'regex') return e.regex;
    return compileRegex(e ? this.variables.text(await this.eval(e)) : '');
  }

  /** The key that indices make together. */
  async key(keys: readonly Expr[]): Promise<string> {
    const parts: string[] = [];
    for (const key of keys) parts.push(this.variables.text(await this.eval(key)));
    return parts.join(this.variables.text(this.variables.get('SUBSEP')));
  }

  async eval(e: Expr): Promise<Value> {
    switch (e.t) {
      case 'number':
      case 'string':
        return e.value;
      case 'regex':
        e.regex.lastIndex = 0;
        return e.regex.test(this.variables.record) ? 1 : 0;
      case 'var':
        return this.variables.get(e.name);
      case 'field': {
        const index = Math.floor(toNumber(await this.eval(e.index)));
        if (index < 0) throw new UsageError('cmd. line:1: access to negative field', 2);
        return this.variables.field(index);
      }
      case 'element':
        return this.variables.element(e.name, await this.key(e.keys));
      case 'assign': {
        const value = await this.eval(e.value);
        const result = e.op === '' ? value : arithmetic(e.op === '**' ? '^' : e.op, await this.eval(e.target), value);
        await this.assign(e.target, result);
        return result;
      }
      case 'step': {
        const before = toNumber(await this.eval(e.target));
        const after = e.op === '++' ? before + 1 : before - 1;
        await this.assign(e.target, after);
        return e.prefix ? after : before;
      }
      case 'unary': {
        const value = await this.eval(e.operand);
        return e.op === '!' ? (truth(value) ? 0 : 1) : e.op === '-' ? -toNumber(value) : toNumber(value);
      }
      case 'binary':
        return this.#binary(e);
      case 'match': {
        const regex = await this.regex(e.pattern);
        regex.lastIndex = 0;
        return regex.test(this.variables.text(await this.eval(e.text))) !== e.negate ? 1 : 0;
      }
      case 'in':
        return this.variables.array(e.name).has(await this.key(e.keys)) ? 1 : 0;
      case 'ternary':
        return this.eval(truth(await this.eval(e.condition)) ? e.yes : e.no);
      case 'call':
        return this.#call(e.name, e.args);
      case 'getline':
        return this.#getline(e);
    }
  }

  async #binary(e: Extract<Expr, { t: 'binary' }>): Promise<Value> {
    const left = await this.eval(e.left);
    if (e.op === '&&') return truth(left) && truth(await this.eval(e.right)) ? 1 : 0;
    if (e.op === '||') return truth(left) || truth(await this.eval(e.right)) ? 1 : 0;
    const right = await this.eval(e.right);
    if (e.op === ' ') {
      const joined = this.variables.text(left) + this.variables.text(right);
      if (joined.length > 1024) this.p.charge(joined.length >> 3);
      return joined;
    }
    if (/^[<>=!]/.test(e.op)) return compare(e.op, left, right, this.variables.convfmt) ? 1 : 0;
    return arithmetic(e.op, left, right);
  }

  async assign(target: Expr, value: Value): Promise<void> {
    if (target.t === 'var') this.variables.set(target.name, value);
    else if (target.t === 'field')
      this.variables.setField(Math.floor(toNumber(await this.eval(target.index))), this.variables.text(value));
    else if (target.t === 'element') this.variables.setElement(target.name, await this.key(target.keys), value);
  }

  async #call(name: string, args: readonly Expr[]): Promise<Value> {
    const [first] = args;
    if (name === ' group' && first) return this.eval(first);
    const builtin = ownValue(builtins, name);
    if (builtin) return builtin(this, args);
    const plain = ownValue(plainFunctions, name);
    if (!plain) return this.#callFunction(name, args);
    const values: Value[] = [];
    for (const arg of args) values.push(await this.eval(arg));
    return plain(values, (value) => this.variables.text(value));
  }

  async #getline({ target, file, command }: Expr & { t: 'getline' }): Promise<number> {
    const from = file ?? command;
    let line: string | undefined;
    if (from) {
      const name = this.variables.text(await this.eval(from));
      const reader = await this.streams.inputFor(name, command !== undefined);
      if (!reader) return -1;
      line = await reader.next();
      if (line !== undefined && command) this.#input.count('NR');
    } else line = await this.#input.next();
    if (line === undefined) return 0;
    if (target) await this.assign(target, inputValue(line));
    else this.variables.record = line;
    return 1;
  }
}
