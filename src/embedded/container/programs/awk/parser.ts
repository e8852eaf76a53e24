/** awk's grammar into a tree. Large because it is one grammar, a method a rule. */

import { UsageError } from '../../lib/program.ts';
import { posixToJs, regexFault, safeRegExp } from '../../lib/regex.ts';
import { AwkLexer, keywords } from './lexer.ts';

export type Expr =
  | { t: 'number'; value: number }
  | { t: 'string'; value: string }
  | { t: 'regex'; regex: RegExp }
  | { t: 'var'; name: string }
  | { t: 'field'; index: Expr }
  | { t: 'element'; name: string; keys: Expr[] }
  | { t: 'assign'; op: string; target: Expr; value: Expr }
  | { t: 'step'; op: '++' | '--'; prefix: boolean; target: Expr }
  | { t: 'unary'; op: string; operand: Expr }
  | { t: 'binary'; op: string; left: Expr; right: Expr }
  | { t: 'match'; negate: boolean; text: Expr; pattern: Expr }
  | { t: 'in'; keys: Expr[]; name: string }
  | { t: 'ternary'; condition: Expr; yes: Expr; no: Expr }
  | { t: 'call'; name: string; args: Expr[] }
  | { t: 'getline'; target: Expr | undefined; file: Expr | undefined; command: Expr | undefined };

export type Statement =
  | { t: 'expr'; expr: Expr }
  | { t: 'print'; format: boolean; args: Expr[]; to: { op: string; target: Expr } | undefined }
  | { t: 'block'; body: Statement[] }
  | { t: 'if'; condition: Expr; yes: Statement; no: Statement | undefined }
  | { t: 'while'; condition: Expr; body: Statement; atLeastOnce: boolean }
  | {
      t: 'for';
      init: Statement | undefined;
      condition: Expr | undefined;
      update: Statement | undefined;
      body: Statement;
    }
  | { t: 'forIn'; name: string; array: string; body: Statement }
  | { t: 'next' | 'break' | 'continue' | 'nextfile' }
  | { t: 'exit' | 'return'; value: Expr | undefined }
  | { t: 'delete'; name: string; keys: Expr[] | undefined };

export interface Rule {
  kind: 'BEGIN' | 'END' | 'main';
  pattern: Expr | undefined;
  /** Second pattern of a range. */
  until: Expr | undefined;
  body: Statement[] | undefined;
}

export interface AwkProgram {
  rules: Rule[];
  functions: Map<string, { parameters: string[]; body: Statement[] }>;
}

/** Parses a program. Throws UsageError with what is wrong. */
export function parseAwk(source: string): AwkProgram {
  return new AwkParser(source).program();
}

/** Large because it is one grammar, a method a rule. */
class AwkParser extends AwkLexer {
  #noIn = 0;
  #noGreater = 0;

  #is(text: string): boolean {
    return (this.token.t === 'op' || this.token.t === 'name') && this.token.text === text;
  }

  #accept(text: string): boolean {
    if (!this.#is(text)) return false;
    this.take();
    return true;
  }

  #expect(text: string): void {
    if (!this.#accept(text)) this.fail();
  }

  #skipNewlines(): void {
    while (this.token.t === 'newline') this.take();
  }

  #skipTerminators(): void {
    while (this.token.t === 'newline' || this.#is(';')) this.take();
  }

  program(): AwkProgram {
    const program: AwkProgram = { rules: [], functions: new Map() };
    for (;;) {
      this.#skipTerminators();
      if (this.token.t === 'end') return program;
      if (this.#is('function') || this.#is('func')) {
        this.take();
        const name = this.take().text;
        this.#expect('(');
        const parameters: string[] = [];
        while (!this.#is(')')) {
          parameters.push(this.take().text);
          if (!this.#accept(',')) break;
        }
        this.#expect(')');
        this.#skipNewlines();
        program.functions.set(name, { parameters, body: this.#block() });
        continue;
      }
      const rule: Rule = { kind: 'main', pattern: undefined, until: undefined, body: undefined };
      if (this.#is('BEGIN') || this.#is('END')) rule.kind = this.take().text as 'BEGIN' | 'END';
      else if (!this.#is('{')) {
        rule.pattern = this.#expression();
        if (this.#accept(',')) {
          this.#skipNewlines();
          rule.until = this.#expression();
        }
      }
      if (this.#is('{')) rule.body = this.#block();
      else if (rule.kind !== 'main') this.fail();
      program.rules.push(rule);
    }
  }

  #block(): Statement[] {
    this.#expect('{');
    const body: Statement[] = [];
    for (;;) {
      this.#skipTerminators();
      if (this.#accept('}')) return body;
      if (this.token.t === 'end') this.fail();
      body.push(this.#statement());
    }
  }

  #endOfStatement(): void {
    if (this.token.t === 'newline' || this.#is(';')) this.take();
    else if (!this.#is('}') && this.token.t !== 'end') this.fail();
  }

  #statement(): Statement {
    if (this.#is('{')) return { t: 'block', body: this.#block() };
    if (this.#accept(';')) return { t: 'block', body: [] };
    if (this.#accept('if')) {
      this.#expect('(');
      const condition = this.#expression();
      this.#expect(')');
      this.#skipNewlines();
      const yes = this.#statement();
      const [at, token, previous] = [this.at, this.token, this.previous];
      this.#skipTerminators();
      if (this.#accept('else')) {
        this.#skipNewlines();
        return { t: 'if', condition, yes, no: this.#statement() };
      }
      [this.at, this.token, this.previous] = [at, token, previous];
      return { t: 'if', condition, yes, no: undefined };
    }
    if (this.#accept('while')) {
      this.#expect('(');
      const condition = this.#expression();
      this.#expect(')');
      if (this.#accept(';')) return { t: 'while', condition, body: { t: 'block', body: [] }, atLeastOnce: false };
      this.#skipNewlines();
      return { t: 'while', condition, body: this.#statement(), atLeastOnce: false };
    }
    if (this.#accept('do')) {
      this.#skipNewlines();
      const body = this.#statement();
      this.#skipTerminators();
      this.#expect('while');
      this.#expect('(');
      const condition = this.#expression();
      this.#expect(')');
      this.#endOfStatement();
      return { t: 'while', condition, body, atLeastOnce: true };
    }
    if (this.#accept('for')) return this.#for();
    const statement = this.#simple();
    this.#endOfStatement();
    return statement;
  }

  #for(): Statement {
    this.#expect('(');
    if (this.token.t === 'name' && /^\s*in\s+\w+\s*\)/.test(this.source.slice(this.at))) {
      const name = this.take().text;
      this.take();
      const array = this.take().text;
      this.#expect(')');
      this.#skipNewlines();
      return { t: 'forIn', name, array, body: this.#statement() };
    }
    const init = this.#is(';') ? undefined : this.#simple();
    this.#expect(';');
    this.#skipNewlines();
    const condition = this.#is(';') ? undefined : this.#expression();
    this.#expect(';');
    this.#skipNewlines();
    const update = this.#is(')') ? undefined : this.#simple();
    this.#expect(')');
    this.#skipNewlines();
    const body: Statement = this.#accept(';') ? { t: 'block', body: [] } : this.#statement();
    return { t: 'for', init, condition, update, body };
  }

  #simple(): Statement {
    for (const word of ['next', 'nextfile', 'break', 'continue'] as const) if (this.#accept(word)) return { t: word };
    for (const word of ['exit', 'return'] as const) {
      if (!this.#accept(word)) continue;
      const ends = this.token.t === 'newline' || this.token.t === 'end' || this.#is(';') || this.#is('}');
      return { t: word, value: ends ? undefined : this.#expression() };
    }
    if (this.#accept('delete')) {
      const name = this.take().text;
      return { t: 'delete', name, keys: this.#accept('[') ? this.#keys() : undefined };
    }
    if (this.#is('print') || this.#is('printf')) return this.#print();
    return { t: 'expr', expr: this.#expression() };
  }

  #keys(): Expr[] {
    const keys = [this.#expression()];
    while (this.#accept(',')) keys.push(this.#expression());
    this.#expect(']');
    return keys;
  }

  #print(): Statement {
    const format = this.take().text === 'printf';
    const args: Expr[] = [];
    this.#noGreater++;
    const ends = () =>
      this.token.t === 'newline' || this.token.t === 'end' || ['}', ';', '>', '>>', '|'].some((o) => this.#is(o));
    if (!ends()) {
      const grouped = this.#is('(');
      args.push(...this.#list());
      // `print (a, b)`: the parentheses enclose the list.
      if (grouped && args.length === 1 && args[0]?.t === 'call' && args[0].name === ' list')
        args.splice(0, 1, ...args[0].args);
    }
    this.#noGreater--;
    let to: { op: string; target: Expr } | undefined;
    if (this.#is('>') || this.#is('>>') || this.#is('|')) to = { op: this.take().text, target: this.#concatenation() };
    return { t: 'print', format, args, to };
  }

  #list(): Expr[] {
    const list = [this.#expression()];
    while (this.#accept(',')) {
      this.#skipNewlines();
      list.push(this.#expression());
    }
    return list;
  }

  #expression(): Expr {
    const left = this.#ternary();
    const op = this.token.t === 'op' && /^([-+*/%^]|\*\*)?=$/.test(this.token.text) ? this.token.text : undefined;
    if (op === undefined || !(left.t === 'var' || left.t === 'field' || left.t === 'element')) return left;
    this.take();
    this.#skipNewlines();
    return { t: 'assign', op: op.slice(0, -1), target: left, value: this.#expression() };
  }

  #ternary(): Expr {
    const condition = this.#or();
    if (!this.#accept('?')) return condition;
    this.#skipNewlines();
    const yes = this.#expression();
    this.#skipNewlines();
    this.#expect(':');
    this.#skipNewlines();
    return { t: 'ternary', condition, yes, no: this.#expression() };
  }

  #or(): Expr {
    let left = this.#and();
    while (this.#accept('||')) {
      this.#skipNewlines();
      left = { t: 'binary', op: '||', left, right: this.#and() };
    }
    return left;
  }

  #and(): Expr {
    let left = this.#in();
    while (this.#accept('&&')) {
      this.#skipNewlines();
      left = { t: 'binary', op: '&&', left, right: this.#in() };
    }
    return left;
  }

  #in(): Expr {
    let left = this.#matching();
    while (this.#noIn === 0 && this.#accept('in')) {
      const keys: Expr[] = left.t === 'call' && left.name === ' list' ? left.args : [left];
      left = { t: 'in', keys, name: this.take().text };
    }
    return left;
  }

  #matching(): Expr {
    let left = this.#comparison();
    while (this.#is('~') || this.#is('!~')) {
      const negate = this.take().text === '!~';
      left = { t: 'match', negate, text: left, pattern: this.#comparison() };
    }
    return left;
  }

  #comparison(): Expr {
    const left = this.#concatenation();
    for (const op of ['<', '<=', '==', '!=', '>=', '>']) {
      if (!this.#is(op) || (op === '>' && this.#noGreater > 0)) continue;
      this.take();
      return { t: 'binary', op, left, right: this.#concatenation() };
    }
    if (this.#is('|') && /^\s*getline/.test(this.source.slice(this.at))) {
      this.take();
      this.take();
      return { t: 'getline', target: this.#lvalue(), file: undefined, command: left };
    }
    return left;
  }

  #concatenation(): Expr {
    let left = this.#additive();
    for (;;) {
      const { t, text } = this.token;
      const starts =
        t === 'number' ||
        t === 'string' ||
        t === 'call' ||
        t === 'regex' ||
        (t === 'name' && !keywords.has(text)) ||
        (t === 'op' && /^([$!(]|[-+]|\+\+|--)$/.test(text) && !(text === '-' || text === '+'));
      if (!starts || (t === 'name' && text === 'in')) return left;
      left = { t: 'binary', op: ' ', left, right: this.#additive() };
    }
  }

  #additive(): Expr {
    let left = this.#multiplicative();
    while (this.#is('+') || this.#is('-')) {
      const op = this.take().text;
      left = { t: 'binary', op, left, right: this.#multiplicative() };
    }
    return left;
  }

  #multiplicative(): Expr {
    let left = this.#unary();
    while (this.#is('*') || this.#is('/') || this.#is('%')) {
      const op = this.take().text;
      left = { t: 'binary', op, left, right: this.#unary() };
    }
    return left;
  }

  #unary(): Expr {
    for (const op of ['!', '-', '+']) {
      if (this.#accept(op)) return { t: 'unary', op, operand: this.#unary() };
    }
    return this.#power();
  }

  #power(): Expr {
    const left = this.#postfix();
    if (!this.#is('^') && !this.#is('**')) return left;
    this.take();
    return { t: 'binary', op: '^', left, right: this.#unary() };
  }

  #postfix(): Expr {
    const operand = this.#primary();
    const assignable = operand.t === 'var' || operand.t === 'field' || operand.t === 'element';
    if (assignable && (this.#is('++') || this.#is('--'))) {
      return { t: 'step', op: this.take().text as '++' | '--', prefix: false, target: operand };
    }
    return operand;
  }

  #lvalue(): Expr | undefined {
    if (this.#is('$') || (this.token.t === 'name' && !keywords.has(this.token.text))) return this.#primary();
    return undefined;
  }

  #primary(): Expr {
    const token = this.take();
    if (token.t === 'number') return { t: 'number', value: Number(token.text) };
    if (token.t === 'string') return { t: 'string', value: token.text };
    if (token.t === 'regex') return { t: 'regex', regex: compileRegex(token.text) };
    if (token.t === 'call') {
      this.#expect('(');
      const outer = this.#noGreater;
      this.#noGreater = 0;
      this.#skipNewlines();
      const args = this.#is(')') ? [] : this.#list();
      this.#skipNewlines();
      this.#expect(')');
      this.#noGreater = outer;
      return { t: 'call', name: token.text, args };
    }
    if (token.t === 'op') {
      if (token.text === '$') {
        const step = this.#is('++') || this.#is('--') ? (this.take().text as '++' | '--') : undefined;
        const inner = this.#primary();
        return { t: 'field', index: step ? { t: 'step', op: step, prefix: true, target: inner } : inner };
      }
      if (token.text === '++' || token.text === '--')
        return { t: 'step', op: token.text, prefix: true, target: this.#primary() };
      if (token.text === '-' || token.text === '+' || token.text === '!')
        return { t: 'unary', op: token.text, operand: this.#primary() };
      if (token.text === '(') {
        const [outer, noIn] = [this.#noGreater, this.#noIn];
        this.#noGreater = 0;
        this.#noIn = 0;
        const list = this.#list();
        this.#expect(')');
        [this.#noGreater, this.#noIn] = [outer, noIn];
        const [only] = list;
        // Parentheses keep an expression from being taken for an assignment's target.
        if (list.length === 1 && only) return only.t === 'var' ? only : { t: 'call', name: ' group', args: [only] };
        return { t: 'call', name: ' list', args: list };
      }
    }
    if (token.t === 'name') {
      if (token.text === 'getline') {
        const target = this.#lvalue();
        const file = this.#accept('<') ? this.#primary() : undefined;
        return { t: 'getline', target, file, command: undefined };
      }
      if (token.text === 'length') return { t: 'call', name: 'length', args: [] };
      if (keywords.has(token.text)) this.fail();
      if (this.#accept('[')) return { t: 'element', name: token.text, keys: this.#keys() };
      return { t: 'var', name: token.text };
    }
    this.fail();
  }
}

/** An extended regular expression. Throws UsageError. */
export function compileRegex(source: string): RegExp {
  try {
    return safeRegExp(posixToJs(source.replaceAll('\\/', '/'), true), 'g');
  } catch (error) {
    throw new UsageError(`bad regex '${source}': ${regexFault(error)}`, 2);
  }
}
