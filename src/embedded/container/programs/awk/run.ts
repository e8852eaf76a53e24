/** Runs awk programs. */

import { ownValue } from '../../../../kernel/own.ts';
import { isSysError } from '../../kernel/errno.ts';
import type { Process } from '../../kernel/process.ts';
import { MATCH_WORK, work } from '../../kernel/work.ts';
import { lines, Output } from '../../lib/io.ts';
import { formatPrintf } from '../../lib/printf.ts';
import { UsageError } from '../../lib/program.ts';
import { safeRegExp } from '../../lib/regex.ts';
import { startCommand } from '../../lib/run-command.ts';
import { formatValues, plainFunctions } from './functions.ts';
import { type AwkProgram, compileRegex, type Expr, type Rule, type Statement } from './parser.ts';
import { AwkStreams } from './streams.ts';
import { arithmetic, type Cell, compare, inputValue, toNumber, toText, truth, type Value } from './values.ts';

class Jump extends Error {
  readonly kind: 'next' | 'nextfile' | 'exit' | 'break' | 'continue' | 'return';
  readonly value: Value;

  constructor(kind: Jump['kind'], value: Value = '') {
    super(kind);
    this.kind = kind;
    this.value = value;
  }
}

export class AwkRun {
  readonly #p: Process;
  readonly #program: AwkProgram;
  readonly #globals = new Map<string, Cell>();
  #frames: Map<string, Cell>[] = [];
  #record = '';
  #fields: string[] | undefined;
  readonly #out: Output;
  readonly #streams: AwkStreams;
  #main: AsyncGenerator<{ text: string; end: string }> | undefined;
  #ranges = new Set<Rule>();
  #seed = 0;
  #random = 1;

  constructor(p: Process, program: AwkProgram) {
    this.#p = p;
    this.#program = program;
    this.#out = new Output(p);
    this.#streams = new AwkStreams(p, this.#out);
    const defaults: Record<string, Value> = {
      FS: ' ',
      OFS: ' ',
      ORS: '\n',
      RS: '\n',
      NR: 0,
      NF: 0,
      FNR: 0,
      SUBSEP: '\x1c',
      CONVFMT: '%.6g',
      OFMT: '%.6g',
      RSTART: 0,
      RLENGTH: -1,
      FILENAME: '',
    };
    for (const [name, value] of Object.entries(defaults)) this.setVariable(name, value);
    const environ = new Map<string, Value>([...p.env].map(([k, v]) => [k, inputValue(v)]));
    this.#globals.set('ENVIRON', { t: 'array', items: environ });
  }

  setVariable(name: string, value: Value): void {
    this.#globals.set(name, { t: 'scalar', value });
  }

  /** Runs everything; resolves with the exit code. */
  async run(args: readonly string[]): Promise<number> {
    const argv = new Map<string, Value>([
      ['0', 'awk'],
      ...args.map((a, i) => [String(i + 1), inputValue(a)] as [string, Value]),
    ]);
    this.#globals.set('ARGV', { t: 'array', items: argv });
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
        this.#main = this.#records(args);
        for (let record = await this.#main.next(); !record.done; record = await this.#main.next())
          await this.#each(record.value.text);
      });
    }
    // `exit` in a main rule still runs END; in END it ends at once.
    await guard(async () => {
      for (const rule of rules) if (rule.kind === 'END') await this.#block(rule.body ?? []);
    });
    await this.#out.flush();
    await this.#streams.closeAll();
    return this.#inputFailed && code === 0 ? 2 : code;
  }

  #inputFailed = false;

  async *#records(args: readonly string[]): AsyncGenerator<{ text: string; end: string }> {
    let files = 0;
    for (const arg of args) {
      const assignment = /^([A-Za-z_]\w*)=([\s\S]*)$/.exec(arg);
      if (assignment) {
        this.setVariable(assignment[1] ?? '', inputValue(assignment[2] ?? ''));
        continue;
      }
      files++;
      this.setVariable('FILENAME', arg);
      this.setVariable('FNR', 0);
      if (arg === '-') {
        yield* this.#split(0);
        continue;
      }
      let fd: number;
      try {
        fd = this.#p.addFd(this.#p.vfs.open(this.#p, arg, { read: true }));
      } catch (error) {
        if (!isSysError(error)) throw error;
        this.#inputFailed = true;
        await this.#out.flush();
        await this.#p.print(2, `awk: ${arg}: ${error.message}\n`);
        continue;
      }
      yield* this.#split(fd);
      this.#p.setFd(fd, undefined);
    }
    if (files === 0) yield* this.#split(0);
  }

  async *#split(fd: number): AsyncGenerator<{ text: string; end: string }> {
    const rs = this.text(this.#get('RS'));
    if (rs === '\n') yield* lines(this.#p, fd, this.#out);
    else if (rs === '') {
      // Paragraphs.
      const all = (await this.#p.readAllText(fd)).replace(/^\n+/, '');
      for (const text of all.split(/\n{2,}/)) if (text !== '') yield { text: text.replace(/\n$/, ''), end: '\n' };
    } else if (rs.length === 1) yield* lines(this.#p, fd, this.#out, rs);
    else {
      const all = await this.#p.readAllText(fd);
      for (const text of all.split(compileRegex(rs))) if (text !== '') yield { text, end: '\n' };
    }
  }

  async #each(text: string): Promise<void> {
    this.#count();
    this.#setRecord(text);
    try {
      for (const rule of this.#program.rules) {
        if (rule.kind !== 'main' || !(await this.#matches(rule))) continue;
        if (rule.body) await this.#block(rule.body);
        else await this.#out.write(this.#record + this.text(this.#get('ORS')));
      }
    } catch (error) {
      if (!(error instanceof Jump) || (error.kind !== 'next' && error.kind !== 'nextfile')) throw error;
    }
  }

  #count(): void {
    this.setVariable('NR', toNumber(this.#get('NR')) + 1);
    this.setVariable('FNR', toNumber(this.#get('FNR')) + 1);
  }

  async #matches(rule: Rule): Promise<boolean> {
    if (!rule.pattern) return true;
    if (!rule.until) return truth(await this.#eval(rule.pattern));
    if (!this.#ranges.has(rule)) {
      if (!truth(await this.#eval(rule.pattern))) return false;
      this.#ranges.add(rule);
    }
    if (truth(await this.#eval(rule.until))) this.#ranges.delete(rule);
    return true;
  }

  // ------------------------------------------------------------ records and variables

  #setRecord(text: string): void {
    this.#record = text;
    this.#fields = undefined;
    this.#globals.delete('NF');
  }

  #splitFields(): string[] {
    if (!this.#fields) {
      this.#fields = this.#splitText(this.#record, this.#get('FS'));
      this.#globals.set('NF', { t: 'scalar', value: this.#fields.length });
    }
    return this.#fields;
  }

  #splitText(text: string, separator: Value | RegExp): string[] {
    if (separator instanceof RegExp)
      return text === '' ? [] : text.split(separator.global ? safeRegExp(separator.source) : separator);
    const fs = this.text(separator);
    if (fs === ' ') return text.trim() === '' ? [] : text.trim().split(/[ \t\n]+/);
    if (text === '') return [];
    if (fs === '') return [...text];
    if (fs.length === 1 && fs !== ' ') return text.split(fs === '\\' ? '\\' : fs);
    return text.split(safeRegExp(compileRegex(fs).source));
  }

  #cell(name: string): Cell | undefined {
    return this.#frames.at(-1)?.get(name) ?? this.#globals.get(name);
  }

  #get(name: string): Value {
    if (name === 'NF') this.#splitFields();
    const cell = this.#cell(name);
    return cell?.t === 'scalar' ? cell.value : '';
  }

  #array(name: string): Map<string, Value> {
    const cell = this.#cell(name);
    if (cell?.t === 'array') return cell.items;
    const items = new Map<string, Value>();
    const frame = this.#frames.at(-1);
    if (frame?.has(name)) frame.set(name, { t: 'array', items });
    else this.#globals.set(name, { t: 'array', items });
    return items;
  }

  #set(name: string, value: Value): void {
    const frame = this.#frames.at(-1);
    if (frame?.has(name)) {
      frame.set(name, { t: 'scalar', value });
      return;
    }
    if (name === 'NF') {
      const fields = this.#splitFields();
      const count = Math.max(0, Math.floor(toNumber(value)));
      fields.length = Math.min(fields.length, count);
      while (fields.length < count) fields.push('');
      this.#record = fields.join(this.text(this.#get('OFS')));
    }
    this.#globals.set(name, { t: 'scalar', value });
  }

  #setField(index: number, value: string): void {
    if (index === 0) return this.#setRecord(value);
    const fields = this.#splitFields();
    while (fields.length < index) fields.push('');
    fields[index - 1] = value;
    this.#globals.set('NF', { t: 'scalar', value: fields.length });
    this.#record = fields.join(this.text(this.#get('OFS')));
  }

  // ------------------------------------------------------------ values

  text(value: Value): string {
    return toText(value, this.#convfmt);
  }

  get #convfmt(): string {
    const cell = this.#globals.get('CONVFMT');
    return cell?.t === 'scalar' && typeof cell.value === 'string' ? cell.value : '%.6g';
  }

  async #regex(expr: Expr): Promise<RegExp> {
    if (expr.t === 'regex') return expr.regex;
    return compileRegex(this.text(await this.#eval(expr)));
  }

  async #key(keys: readonly Expr[]): Promise<string> {
    const parts: string[] = [];
    for (const key of keys) parts.push(this.text(await this.#eval(key)));
    return parts.join(this.text(this.#get('SUBSEP')));
  }

  async #eval(e: Expr): Promise<Value> {
    switch (e.t) {
      case 'number':
      case 'string':
        return e.value;
      case 'regex':
        e.regex.lastIndex = 0;
        return e.regex.test(this.#record) ? 1 : 0;
      case 'var':
        return this.#get(e.name);
      case 'field': {
        const index = Math.floor(toNumber(await this.#eval(e.index)));
        if (index < 0) throw new UsageError('cmd. line:1: access to negative field', 2);
        return index === 0 ? inputValue(this.#record) : inputValue(this.#splitFields()[index - 1] ?? '');
      }
      case 'element': {
        const items = this.#array(e.name);
        const key = await this.#key(e.keys);
        if (!items.has(key)) {
          this.#p.charge(2 * key.length + 48);
          items.set(key, '');
        }
        return items.get(key) ?? '';
      }
      case 'assign': {
        const value = await this.#eval(e.value);
        const result = e.op === '' ? value : arithmetic(e.op === '**' ? '^' : e.op, await this.#eval(e.target), value);
        await this.#assign(e.target, result);
        return result;
      }
      case 'step': {
        const before = toNumber(await this.#eval(e.target));
        const after = e.op === '++' ? before + 1 : before - 1;
        await this.#assign(e.target, after);
        return e.prefix ? after : before;
      }
      case 'unary': {
        const value = await this.#eval(e.operand);
        return e.op === '!' ? (truth(value) ? 0 : 1) : e.op === '-' ? -toNumber(value) : toNumber(value);
      }
      case 'binary':
        return this.#binary(e);
      case 'match': {
        const regex = await this.#regex(e.pattern);
        regex.lastIndex = 0;
        return regex.test(this.text(await this.#eval(e.text))) !== e.negate ? 1 : 0;
      }
      case 'in':
        return this.#array(e.name).has(await this.#key(e.keys)) ? 1 : 0;
      case 'ternary':
        return this.#eval(truth(await this.#eval(e.condition)) ? e.yes : e.no);
      case 'call':
        return this.#call(e.name, e.args);
      case 'getline':
        return this.#getline(e);
    }
  }

  async #binary(e: Extract<Expr, { t: 'binary' }>): Promise<Value> {
    const left = await this.#eval(e.left);
    if (e.op === '&&') return truth(left) && truth(await this.#eval(e.right)) ? 1 : 0;
    if (e.op === '||') return truth(left) || truth(await this.#eval(e.right)) ? 1 : 0;
    const right = await this.#eval(e.right);
    if (e.op === ' ') {
      const joined = this.text(left) + this.text(right);
      if (joined.length > 1024) this.#p.charge(joined.length >> 3);
      return joined;
    }
    if (/^[<>=!]/.test(e.op)) return compare(e.op, left, right, this.#convfmt) ? 1 : 0;
    return arithmetic(e.op, left, right);
  }

  async #assign(target: Expr, value: Value): Promise<void> {
    if (target.t === 'var') this.#set(target.name, value);
    else if (target.t === 'field')
      this.#setField(Math.floor(toNumber(await this.#eval(target.index))), this.text(value));
    else if (target.t === 'element') {
      this.#p.charge(typeof value === 'string' ? 2 * value.length + 48 : 48);
      this.#array(target.name).set(await this.#key(target.keys), value);
    }
  }

  async #call(name: string, args: readonly Expr[]): Promise<Value> {
    const [first, second, third] = args;
    if (name === ' group' && first) return this.#eval(first);
    const text = async (e: Expr | undefined) => (e ? this.text(await this.#eval(e)) : this.#record);
    const number = async (e: Expr | undefined) => (e ? toNumber(await this.#eval(e)) : 0);
    switch (name) {
      case 'length':
        if (first?.t === 'var' && this.#cell(first.name)?.t === 'array') return this.#array(first.name).size;
        return [...(await text(first))].length;
      case 'split': {
        const source = await text(first);
        const separator = third ? (third.t === 'regex' ? third.regex : await this.#eval(third)) : this.#get('FS');
        const items = this.#array(second?.t === 'var' ? second.name : '');
        items.clear();
        this.#splitText(source, separator).forEach((part, i) => {
          items.set(String(i + 1), inputValue(part));
        });
        this.#p.charge(2 * source.length);
        return items.size;
      }
      case 'sub':
      case 'gsub':
        return this.#substitute(name === 'gsub', args);
      case 'gensub': {
        const regex = await this.#regex(first ?? { t: 'string', value: '' });
        const replacement = (await text(second))
          .replace(/\$/g, '$$$$')
          .replace(/\\(\d)/g, '$$$1')
          .replace(/(?<!\\)&/g, '$$&');
        const how = await text(third);
        const flags = /^[gG]/.test(how) ? 'g' : '';
        return (args[3] ? await text(args[3]) : this.#record).replace(safeRegExp(regex.source, flags), replacement);
      }
      case 'match': {
        const regex = await this.#regex(second ?? { t: 'string', value: '' });
        const found = safeRegExp(regex.source).exec(await text(first));
        this.setVariable('RSTART', found ? found.index + 1 : 0);
        this.setVariable('RLENGTH', found ? found[0].length : -1);
        return found ? found.index + 1 : 0;
      }
      case 'sprintf':
        return this.#format(args);
      case 'rand':
        this.#random = (this.#random * 48_271) % 2_147_483_647;
        return this.#random / 2_147_483_647;
      case 'srand': {
        const before = this.#seed;
        this.#seed = first ? await number(first) : Math.floor(this.#p.container.clock.now() / 1000);
        this.#random = (Math.abs(Math.floor(this.#seed)) % 2_147_483_646) + 1;
        return before;
      }
      case 'systime':
        return Math.floor(this.#p.container.clock.now() / 1000);
      case 'system': {
        await this.#out.flush();
        return (await this.#p.wait(startCommand(this.#p, ['sh', '-c', await text(first)]))).code;
      }
      case 'close':
        return this.#streams.close(await text(first));
      case 'fflush':
        await this.#out.flush();
        return 0;
    }
    const plain = ownValue(plainFunctions, name);
    if (!plain) return this.#callFunction(name, args);
    const values: Value[] = [];
    for (const arg of args) values.push(await this.#eval(arg));
    return plain(values, (value) => this.text(value));
  }

  async #callFunction(name: string, args: readonly Expr[]): Promise<Value> {
    const called = this.#program.functions.get(name);
    if (!called) throw new UsageError(`cmd. line:1: call to undefined function '${name}'`, 2);
    if (this.#frames.length > 500) throw new UsageError(`function ${name}: nesting too deep`, 2);
    const frame = new Map<string, Cell>();
    for (const [i, parameter] of called.parameters.entries()) {
      const arg = args[i];
      if (arg?.t === 'var') {
        const cell = this.#cell(arg.name);
        // An array, or a name that may become one: shared with the caller.
        if (cell?.t === 'array') frame.set(parameter, cell);
        else
          frame.set(
            parameter,
            cell ? { t: 'scalar', value: this.#get(arg.name) } : { t: 'array', items: this.#array(arg.name) },
          );
      } else frame.set(parameter, { t: 'scalar', value: arg ? await this.#eval(arg) : '' });
    }
    this.#frames.push(frame);
    try {
      await this.#block(called.body);
      return '';
    } catch (error) {
      if (!(error instanceof Jump) || error.kind !== 'return') throw error;
      return error.value;
    } finally {
      this.#frames.pop();
    }
  }

  async #substitute(all: boolean, args: readonly Expr[]): Promise<number> {
    const [pattern, replacement, target] = args;
    const regex = await this.#regex(pattern ?? { t: 'string', value: '' });
    const raw = replacement ? this.text(await this.#eval(replacement)) : '';
    const where: Expr = target ?? { t: 'field', index: { t: 'number', value: 0 } };
    const source = this.text(await this.#eval(where));
    let count = 0;
    const result = source.replace(safeRegExp(regex.source, all ? 'g' : ''), (match) => {
      count++;
      work(MATCH_WORK + (raw.length >> 2));
      return raw.replace(/\\\\|\\&|&/g, (m) => (m === '&' ? match : m.slice(1)));
    });
    if (count > 0) await this.#assign(where, result);
    return count;
  }

  async #format(args: readonly Expr[]): Promise<string> {
    const values: Value[] = [];
    for (const arg of args) values.push(await this.#eval(arg));
    return formatValues(values, (value) => this.text(value));
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
        await this.#eval(s.expr);
        return;
      case 'print':
        return this.#print(s);
      case 'block':
        return this.#block(s.body);
      case 'if':
        if (truth(await this.#eval(s.condition))) await this.#statement(s.yes);
        else if (s.no) await this.#statement(s.no);
        return;
      case 'while':
        if (s.atLeastOnce && !(await this.#loop(s.body))) return;
        while (truth(await this.#eval(s.condition))) if (!(await this.#loop(s.body))) return;
        return;
      case 'for':
        if (s.init) await this.#statement(s.init);
        while (!s.condition || truth(await this.#eval(s.condition))) {
          if (!(await this.#loop(s.body))) return;
          if (s.update) await this.#statement(s.update);
        }
        return;
      case 'forIn':
        for (const key of [...this.#array(s.array).keys()]) {
          this.#set(s.name, inputValue(key));
          if (!(await this.#loop(s.body))) return;
        }
        return;
      case 'delete':
        if (s.keys) this.#array(s.name).delete(await this.#key(s.keys));
        else this.#array(s.name).clear();
        return;
      case 'exit':
      case 'return':
        throw new Jump(s.t, s.value ? await this.#eval(s.value) : '');
      default:
        throw new Jump(s.t);
    }
  }

  async #print(s: Extract<Statement, { t: 'print' }>): Promise<void> {
    let text: string;
    if (s.format) text = await this.#format(s.args);
    else if (s.args.length === 0) text = this.#record + this.text(this.#get('ORS'));
    else {
      const parts: string[] = [];
      for (const arg of s.args) {
        const value = await this.#eval(arg);
        const plain = typeof value === 'number' && !Number.isInteger(value);
        parts.push(plain ? formatPrintf(this.text(this.#get('OFMT')), [String(value)]).text : this.text(value));
      }
      text = parts.join(this.text(this.#get('OFS'))) + this.text(this.#get('ORS'));
    }
    if (!s.to) return this.#out.write(text);
    const name = this.text(await this.#eval(s.to.target));
    await (await this.#streams.outputFor(s.to.op, name)).write(text);
  }

  async #getline(e: Extract<Expr, { t: 'getline' }>): Promise<number> {
    let line: string | undefined;
    if (!e.file && !e.command) {
      const next = await (this.#main ?? this.#records([])).next();
      if (next.done) return 0;
      line = next.value.text;
      this.#count();
    } else {
      const name = this.text(await this.#eval((e.file ?? e.command) as Expr));
      const reader = await this.#streams.inputFor(name, e.command !== undefined);
      if (!reader) return -1;
      line = await reader.next();
      if (line === undefined) return 0;
      if (e.command) this.setVariable('NR', toNumber(this.#get('NR')) + 1);
    }
    if (e.target) await this.#assign(e.target, inputValue(line));
    else this.#setRecord(line);
    return 1;
  }
}
