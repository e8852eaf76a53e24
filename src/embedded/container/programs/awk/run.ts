/** Runs awk programs. */

import type { Process } from '../../kernel/process.ts';
import { Output } from '../../lib/io.ts';
import { formatPrintf } from '../../lib/printf.ts';
import { UsageError } from '../../lib/program.ts';
import { format } from './builtins.ts';
import { Evaluator } from './evaluator.ts';
import { Jump } from './jump.ts';
import { MainInput } from './main-input.ts';
import type { AwkProgram, Expr, Rule, Statement } from './parser.ts';
import { AwkStreams } from './streams.ts';
import { type Cell, inputValue, toNumber, truth, type Value } from './values.ts';
import { Variables } from './variables.ts';

export class AwkRun {
  readonly #p: Process;
  readonly #program: AwkProgram;
  readonly #variables: Variables;
  readonly #out: Output;
  readonly #streams: AwkStreams;
  readonly #input: MainInput;
  readonly #evaluator: Evaluator;
  readonly #ranges = new Set<Rule>();

  constructor(p: Process, program: AwkProgram) {
    this.#p = p;
    this.#program = program;
    this.#variables = new Variables(p);
    this.#out = new Output(p);
    this.#streams = new AwkStreams(p, this.#out);
    this.#input = new MainInput(p, this.#variables, this.#out);
    this.#evaluator = new Evaluator({
      p,
      variables: this.#variables,
      input: this.#input,
      out: this.#out,
      streams: this.#streams,
      callFunction: (name, args) => this.#callFunction(name, args),
    });
  }

  setVariable(name: string, value: Value): void {
    this.#variables.setGlobal(name, value);
  }

  /** Runs everything; resolves with the exit code. */
  async run(args: readonly string[]): Promise<number> {
    const argv = new Map<string, Value>([
      ['0', 'awk'],
      ...args.map((a, i) => [String(i + 1), inputValue(a)] as [string, Value]),
    ]);
    this.#variables.setGlobalArray('ARGV', argv);
    this.setVariable('ARGC', args.length + 1);
    const { rules } = this.#program;
    let code = 0;
    let exited = false;
    const guard = async (work: () => Promise<void>) => {
      try {
        await work();
      } catch (error) {
        if (!(error instanceof Jump) || error.kind !== 'exit') throw error;
        if (error.value !== '') code = toNumber(error.value);
        exited = true;
      }
    };
    await guard(async () => {
      for (const rule of rules) if (rule.kind === 'BEGIN') await this.#block(rule.body ?? []);
    });
    if (!exited && rules.some((r) => r.kind !== 'BEGIN')) {
      await guard(async () => {
        this.#input.open(args);
        for (let record = await this.#input.next(); record !== undefined; record = await this.#input.next())
          await this.#each(record);
      });
    }
    // `exit` in a main rule still runs END; in END it ends at once.
    await guard(async () => {
      for (const rule of rules) if (rule.kind === 'END') await this.#block(rule.body ?? []);
    });
    await this.#out.flush();
    await this.#streams.closeAll();
    return this.#input.failed && code === 0 ? 2 : code;
  }

  async #each(text: string): Promise<void> {
    this.#variables.record = text;
    try {
      for (const rule of this.#program.rules) {
        if (rule.kind !== 'main' || !(await this.#matches(rule))) continue;
        if (rule.body) await this.#block(rule.body);
        else await this.#out.write(this.#variables.record + this.#variables.text(this.#variables.get('ORS')));
      }
    } catch (error) {
      if (!(error instanceof Jump) || (error.kind !== 'next' && error.kind !== 'nextfile')) throw error;
    }
  }

  async #matches(rule: Rule): Promise<boolean> {
    if (!rule.pattern) return true;
    if (!rule.until) return truth(await this.#evaluator.eval(rule.pattern));
    if (!this.#ranges.has(rule)) {
      if (!truth(await this.#evaluator.eval(rule.pattern))) return false;
      this.#ranges.add(rule);
    }
    if (truth(await this.#evaluator.eval(rule.until))) this.#ranges.delete(rule);
    return true;
  }

  async #callFunction(name: string, args: readonly Expr[]): Promise<Value> {
    const called = this.#program.functions.get(name);
    if (!called) throw new UsageError(`cmd. line:1: call to undefined function '${name}'`, 2);
    if (this.#variables.depth > 500) throw new UsageError(`function ${name}: nesting too deep`, 2);
    const frame = new Map<string, Cell>();
    for (const [i, parameter] of called.parameters.entries()) {
      const arg = args[i];
      if (arg?.t === 'var') {
        const cell = this.#variables.cell(arg.name);
        // An array, or a name that may become one: shared with the caller.
        if (cell?.t === 'array') frame.set(parameter, cell);
        else
          frame.set(
            parameter,
            cell
              ? { t: 'scalar', value: this.#variables.get(arg.name) }
              : { t: 'array', items: this.#variables.array(arg.name) },
          );
      } else frame.set(parameter, { t: 'scalar', value: arg ? await this.#evaluator.eval(arg) : '' });
    }
    this.#variables.enter(frame);
    try {
      await this.#block(called.body);
      return '';
    } catch (error) {
      if (!(error instanceof Jump) || error.kind !== 'return') throw error;
      return error.value;
    } finally {
      this.#variables.leave();
    }
  }

  // ------------------------------------------------------------ statements

  async #block(body: readonly Statement[]): Promise<void> {
    for (const statement of body) await this.#statement(statement);
  }

  async #loop(body: Statement): Promise<boolean> {
    const turn = this.#p.step(2);
    if (turn) await turn;
    try {
      await this.#statement(body);
    } catch (error) {
      if (!(error instanceof Jump)) throw error;
      if (error.kind === 'break') return false;
      if (error.kind !== 'continue') throw error;
    }
    return true;
  }

  async #statement(s: Statement): Promise<void> {
    const turn = this.#p.step(1);
    if (turn) await turn;
    switch (s.t) {
      case 'expr':
        await this.#evaluator.eval(s.expr);
        return;
      case 'print':
        return this.#print(s);
      case 'block':
        return this.#block(s.body);
      case 'if':
        if (truth(await this.#evaluator.eval(s.condition))) await this.#statement(s.yes);
        else if (s.no) await this.#statement(s.no);
        return;
      case 'while':
        if (s.atLeastOnce && !(await this.#loop(s.body))) return;
        while (truth(await this.#evaluator.eval(s.condition))) if (!(await this.#loop(s.body))) return;
        return;
      case 'for':
        if (s.init) await this.#statement(s.init);
        while (!s.condition || truth(await this.#evaluator.eval(s.condition))) {
          if (!(await this.#loop(s.body))) return;
          if (s.update) await this.#statement(s.update);
        }
        return;
      case 'forIn':
        for (const key of [...this.#variables.array(s.array).keys()]) {
          this.#variables.set(s.name, inputValue(key));
          if (!(await this.#loop(s.body))) return;
        }
        return;
      case 'delete':
        if (s.keys) this.#variables.array(s.name).delete(await this.#evaluator.key(s.keys));
        else this.#variables.array(s.name).clear();
        return;
      case 'exit':
      case 'return':
        throw new Jump(s.t, s.value ? await this.#evaluator.eval(s.value) : '');
      default:
        throw new Jump(s.t);
    }
  }

  async #print(s: Extract<Statement, { t: 'print' }>): Promise<void> {
    let text: string;
    if (s.format) text = await format(this.#evaluator, s.args);
    else if (s.args.length === 0) text = this.#variables.record + this.#variables.text(this.#variables.get('ORS'));
    else {
      const parts: string[] = [];
      for (const arg of s.args) {
        const value = await this.#evaluator.eval(arg);
        const plain = typeof value === 'number' && !Number.isInteger(value);
        parts.push(
          plain
            ? formatPrintf(this.#variables.text(this.#variables.get('OFMT')), [String(value)]).text
            : this.#variables.text(value),
        );
      }
      text =
        parts.join(this.#variables.text(this.#variables.get('OFS'))) + this.#variables.text(this.#variables.get('ORS'));
    }
    if (!s.to) return this.#out.write(text);
    const name = this.#variables.text(await this.#evaluator.eval(s.to.target));
    await (await this.#streams.outputFor(s.to.op, name)).write(text);
  }
}
