import {
  type AndOr,
  type Assignment,
  type Command,
  type Pipeline,
  plainText,
  type Redirect,
  type Script,
  ShellSyntaxError,
  type Word,
} from './ast.ts';
import { parseCondition } from './condition-parser.ts';
import { Lexer, matchingParens, type Token } from './lexer.ts';

const reserved = new Set([
  ...['if', 'then', 'else', 'elif', 'fi', 'do', 'done', 'case', 'esac', 'while', 'until', 'for', 'in'],
  ...['{', '}', '!', 'function', '[['],
]);
const closing = new Set(['then', 'else', 'elif', 'fi', 'do', 'done', 'esac', '}']);

export interface ParserOptions {
  bash: boolean;
  firstLine?: number;
  aliases?: ReadonlyMap<string, string>;
}

/**
 * Parses a script one complete command at a time, as a shell reads it. Large because it is a hand-written parser: one method
 * a rule of the shell's grammar.
 */
export class Parser extends Lexer {
  #peeked: Token | undefined;
  readonly #options: ParserOptions;
  /** Aliases that are being expanded, to where their text ends. */
  #expanding = new Map<string, number>();

  constructor(source: string, options: ParserOptions) {
    super(source, options.bash, options.firstLine ?? 1);
    this.#options = options;
  }

  /** The next line's commands; undefined at the end. Throws ShellSyntaxError. */
  next(): Script | undefined {
    this.#skipNewlines();
    if (this.#peek().t === 'eof') return undefined;
    const script: Script = [];
    for (;;) {
      const item = this.#andOr();
      script.push(item);
      const token = this.#peek();
      if (token.t === 'newline') {
        this.#take();
        return script;
      }
      if (token.t === 'eof') return script;
      if (!item.ended) this.#unexpected(token);
      if (token.t === 'op' && token.op === ')') this.#unexpected(token);
    }
  }

  /** Whether nothing but blanks and comments is left, as far as can be told without parsing. */
  get exhausted(): boolean {
    const token = this.#peeked;
    if (token && token.t !== 'eof' && token.t !== 'newline') return false;
    return /^(?:\s|#[^\n]*(?:\n|$))*$/.test(this.source.slice(this.position));
  }

  /** Everything at once. */
  all(): Script {
    const script: Script = [];
    for (let part = this.next(); part; part = this.next()) script.push(...part);
    return script;
  }

  protected override substitution(): Script {
    const peeked = this.#peeked;
    this.#peeked = undefined;
    const body = this.#list((token) => token.t === 'op' && token.op === ')');
    this.#peeked = peeked;
    return body;
  }

  protected override parseText(text: string, line: number): Script {
    return new Parser(text, { ...this.#options, firstLine: line }).all();
  }

  #peek(): Token {
    this.#peeked ??= this.scan();
    return this.#peeked;
  }

  #take(): Token {
    const token = this.#peek();
    this.#peeked = undefined;
    return token;
  }

  #skipNewlines(): void {
    while (this.#peek().t === 'newline') this.#take();
  }

  #unexpected(token: Token, expecting?: string): never {
    const text =
      token.t === 'word'
        ? token.word.raw
        : token.t === 'op'
          ? token.op
          : token.t === 'newline'
            ? 'newline'
            : token.t === 'io'
              ? 'redirection'
              : undefined;
    throw new ShellSyntaxError({
      line: token.line,
      token: text,
      expecting,
      incomplete: token.t === 'eof',
    });
  }

  #isOp(token: Token, ...ops: string[]): boolean {
    return token.t === 'op' && ops.includes(token.op);
  }

  #keyword(token: Token): string | undefined {
    const text = token.t === 'word' ? plainText(token.word) : undefined;
    return text !== undefined && reserved.has(text) ? text : undefined;
  }

  /** Commands up to a token for which `ends` holds; takes that token. */
  #list(ends: (token: Token) => boolean, expecting?: string): Script {
    const script: Script = [];
    for (;;) {
      this.#skipNewlines();
      const token = this.#peek();
      if (ends(token)) {
        this.#take();
        return script;
      }
      if (token.t === 'eof') this.#unexpected(token, expecting ?? ')');
      const item = this.#andOr(expecting);
      script.push(item);
      const after = this.#peek();
      if (!item.ended && after.t !== 'newline' && !ends(after)) this.#unexpected(after, expecting);
    }
  }

  #words(...keywords: string[]): (token: Token) => boolean {
    return (token) => {
      const keyword = this.#keyword(token);
      return keyword !== undefined && keywords.includes(keyword);
    };
  }

  #andOr(expecting?: string): AndOr & { ended: boolean } {
    const start = this.#peek().start;
    const first = this.#pipeline(expecting);
    const rest: AndOr['rest'] = [];
    for (;;) {
      const token = this.#peek();
      if (token.t !== 'op' || (token.op !== '&&' && token.op !== '||')) break;
      this.#take();
      this.#skipNewlines();
      rest.push({ op: token.op, pipeline: this.#pipeline() });
    }
    const text = this.source.slice(start, this.#peek().start).trim();
    const end = this.#peek();
    const ended = this.#isOp(end, ';', '&');
    if (ended) this.#take();
    return { first, rest, background: this.#isOp(end, '&'), text, ended };
  }

  #pipeline(expecting?: string): Pipeline {
    let negate = false;
    while (this.#keyword(this.#peek()) === '!') {
      this.#take();
      negate = !negate;
    }
    const pipeline: Pipeline = { commands: [this.#command(expecting)], negate };
    for (;;) {
      const token = this.#peek();
      if (!this.#isOp(token, '|', '|&')) return pipeline;
      this.#take();
      this.#skipNewlines();
      if (this.#isOp(token, '|&')) {
        pipeline.mergeStderr ??= new Set();
        pipeline.mergeStderr.add(pipeline.commands.length);
      }
      pipeline.commands.push(this.#command());
    }
  }

  #command(expecting?: string): Command {
    const token = this.#peek();
    if (token.t === 'op' && token.op === '(') return this.#redirected(this.#subshell(token));
    const keyword = this.#keyword(token);
    if (keyword !== undefined) {
      const compound = this.#compound(keyword, token, expecting);
      if (compound) return compound;
    }
    if (token.t === 'op' && !/^[<>]|^&>/.test(token.op)) this.#unexpected(token, expecting);
    if (token.t === 'eof' || token.t === 'newline') this.#unexpected(token, expecting);
    return this.#simple(token.line);
  }

  #compound(keyword: string, token: Token, expecting: string | undefined): Command | undefined {
    const base = { line: token.line, redirects: [] };
    switch (keyword) {
      case '{':
        this.#take();
        return this.#redirected({ ...base, t: 'group', body: this.#list(this.#words('}'), '}') });
      case 'if':
        return this.#redirected(this.#if(base));
      case 'while':
      case 'until': {
        this.#take();
        const condition = this.#list(this.#words('do'), 'do');
        const body = this.#list(this.#words('done'), 'done');
        return this.#redirected({ ...base, t: 'loop', until: keyword === 'until', condition, body });
      }
      case 'for':
        return this.#redirected(this.#for(base));
      case 'case':
        return this.#redirected(this.#case(base));
      case 'function': {
        if (!this.bash) return undefined;
        this.#take();
        const name = this.#word('word').raw;
        if (this.#isOp(this.#peek(), '(')) {
          this.#take();
          this.#expectOp(')');
        }
        this.#skipNewlines();
        return { ...base, t: 'function', name, body: this.#command() };
      }
      case '[[': {
        // busybox' ash knows `[[` as a name of `[`; only bash parses it.
        if (!this.bash) return undefined;
        this.#take();
        const condition = parseCondition({
          peek: () => {
            while (this.#peek().t === 'newline') this.#take();
            const next = this.#peek();
            return next.t === 'word' ? next.word : next.t === 'op' ? next.op : undefined;
          },
          take: () => void this.#take(),
          regex: () => {
            this.skipBlanks();
            let depth = 0;
            return this.scanWord((c) => {
              if (c === '(') depth++;
              if (c === ')' && depth-- === 0) return true;
              return depth <= 0 && ' \t\n'.includes(c);
            });
          },
          fail: () => this.#unexpected(this.#peek()),
        });
        return this.#redirected({ ...base, t: 'condition', condition });
      }
      default:
        if (closing.has(keyword)) this.#unexpected(token, expecting);
        return undefined;
    }
  }

  #subshell(token: Token): Command {
    const base = { line: token.line, redirects: [] };
    if (this.bash && this.source[token.start + 1] === '(') {
      const end = matchingParens(this.source, token.start + 2);
      if (end !== undefined) {
        const expression = this.subWord(this.source.slice(token.start + 2, end), token.start);
        this.#peeked = undefined;
        this.position = end + 2;
        return { ...base, t: 'arith', expression };
      }
    }
    this.#take();
    return { ...base, t: 'subshell', body: this.#list((t) => this.#isOp(t, ')'), ')') };
  }

  #if(base: { line: number; redirects: Redirect[] }): Command {
    this.#take();
    const branches: { condition: Script; body: Script }[] = [];
    let otherwise: Script | undefined;
    let more = true;
    while (more) {
      const condition = this.#list(this.#words('then'), 'then');
      let end = '';
      const ends = (token: Token) => {
        const keyword = this.#keyword(token);
        if (keyword !== 'elif' && keyword !== 'else' && keyword !== 'fi') return false;
        end = keyword;
        return true;
      };
      branches.push({ condition, body: this.#list(ends, 'fi') });
      if (end === 'else') otherwise = this.#list(this.#words('fi'), 'fi');
      more = end === 'elif';
    }
    return { ...base, t: 'if', branches, otherwise };
  }

  #for(base: { line: number; redirects: Redirect[] }): Command {
    this.#take();
    const head = this.#peek();
    if (this.bash && head.t === 'op' && head.op === '(' && this.source[head.start + 1] === '(') {
      const end = matchingParens(this.source, head.start + 2);
      if (end === undefined) this.#unexpected(head);
      const [init = '', condition = '', update = ''] = this.source.slice(head.start + 2, end).split(';');
      this.#peeked = undefined;
      this.position = end + 2;
      if (this.#isOp(this.#peek(), ';')) this.#take();
      this.#skipNewlines();
      if (this.#keyword(this.#take()) !== 'do') this.#unexpected(head, 'do');
      const body = this.#list(this.#words('done'), 'done');
      const word = (text: string) => this.subWord(text, head.start);
      return { ...base, t: 'forArith', init: word(init), condition: word(condition), update: word(update), body };
    }
    const name = this.#word('word').raw;
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
      throw new ShellSyntaxError({ line: base.line, message: 'Bad for loop variable' });
    }
    this.#skipNewlines();
    let words: Word[] | undefined;
    if (this.#keyword(this.#peek()) === 'in') {
      this.#take();
      words = [];
      for (let token = this.#peek(); token.t === 'word'; token = this.#peek()) {
        words.push(token.word);
        this.#take();
      }
      const end = this.#peek();
      if (!this.#isOp(end, ';') && end.t !== 'newline') this.#unexpected(end, 'do');
      this.#take();
    } else if (this.#isOp(this.#peek(), ';')) this.#take();
    this.#skipNewlines();
    const token = this.#take();
    if (this.#keyword(token) !== 'do') this.#unexpected(token, 'do');
    return { ...base, t: 'for', name, words, body: this.#list(this.#words('done'), 'done') };
  }

  #case(base: { line: number; redirects: Redirect[] }): Command {
    this.#take();
    const word = this.#word('word');
    this.#skipNewlines();
    const opening = this.#take();
    if (this.#keyword(opening) !== 'in') this.#unexpected(opening, 'in');
    const items: Extract<Command, { t: 'case' }>['items'] = [];
    for (;;) {
      this.#skipNewlines();
      if (this.#keyword(this.#peek()) === 'esac') {
        this.#take();
        return { ...base, t: 'case', word, items };
      }
      if (this.#isOp(this.#peek(), '(')) this.#take();
      const patterns = [this.#word(')')];
      while (this.#isOp(this.#peek(), '|')) {
        this.#take();
        patterns.push(this.#word(')'));
      }
      this.#expectOp(')');
      const body: Script = [];
      let next: ';;' | ';&' | ';;&' = ';;';
      for (;;) {
        this.#skipNewlines();
        const token = this.#peek();
        if (this.#keyword(token) === 'esac') break;
        if (token.t === 'op' && (token.op === ';;' || token.op === ';&' || token.op === ';;&')) {
          next = token.op;
          this.#take();
          break;
        }
        if (token.t === 'eof') this.#unexpected(token, ';;');
        const item = this.#andOr(';;');
        body.push(item);
        const after = this.#peek();
        if (!item.ended && after.t !== 'newline' && !this.#isOp(after, ';;', ';&', ';;&')) {
          if (this.#keyword(after) !== 'esac') this.#unexpected(after, ';;');
        }
      }
      items.push({ patterns, body, next });
    }
  }

  #word(expecting: string): Word {
    const token = this.#take();
    if (token.t !== 'word') this.#unexpected(token, expecting);
    return token.word;
  }

  #expectOp(op: string): void {
    const token = this.#take();
    if (!this.#isOp(token, op)) this.#unexpected(token, op);
  }

  #redirected(command: Command): Command {
    for (let r = this.#redirect(); r; r = this.#redirect()) command.redirects.push(r);
    return command;
  }

  #redirect(): Redirect | undefined {
    const token = this.#peek();
    let fd: number | undefined;
    if (token.t === 'io') {
      fd = token.fd;
      this.#take();
    } else if (token.t !== 'op' || !/^[<>]|^&>/.test(token.op)) return undefined;
    const op = this.#take();
    if (op.t !== 'op') this.#unexpected(op);
    const target = this.#word('word');
    if (op.op === '<<' || op.op === '<<-') {
      return { fd, op: '<<', target: this.expectHereDoc(target, op.op === '<<-') };
    }
    return { fd, op: op.op as Redirect['op'], target };
  }

  #simple(line: number): Command {
    const command: Extract<Command, { t: 'simple' }> = { t: 'simple', line, redirects: [], assignments: [], words: [] };
    let aliasNext = true;
    for (;;) {
      const redirect = this.#redirect();
      if (redirect) {
        command.redirects.push(redirect);
        continue;
      }
      const token = this.#peek();
      if (token.t !== 'word') break;
      if (command.words.length === 0) {
        const assignment = this.#assignment(token);
        if (assignment) {
          command.assignments.push(assignment);
          continue;
        }
      }
      if (aliasNext) {
        const trailing = this.#expandAlias(token);
        if (trailing !== undefined) {
          if (command.words.length === 0 && this.#keyword(this.#peek()) !== undefined) return this.#command();
          continue;
        }
      }
      aliasNext = false;
      this.#take();
      command.words.push(token.word);
      if (command.words.length === 1 && this.#isOp(this.#peek(), '(') && command.assignments.length === 0) {
        return this.#functionDefinition(token, command.redirects);
      }
    }
    return command;
  }

  #functionDefinition(token: Extract<Token, { t: 'word' }>, redirects: Redirect[]): Command {
    const name = plainText(token.word);
    const open = this.#take();
    if (!this.#isOp(this.#peek(), ')') || name === undefined || redirects.length > 0) {
      this.#unexpected(this.#isOp(this.#peek(), ')') ? open : this.#peek());
    }
    this.#take();
    this.#skipNewlines();
    return { t: 'function', line: token.line, redirects: [], name, body: this.#command() };
  }

  #assignment(token: Extract<Token, { t: 'word' }>): Assignment | undefined {
    const pattern = this.bash ? /^([A-Za-z_][A-Za-z0-9_]*)(?:\[([^\]]*)\])?(\+?)=/ : /^([A-Za-z_][A-Za-z0-9_]*)()()=/;
    const match = pattern.exec(token.word.raw);
    if (!match) return undefined;
    const [head, name = '', index, plus] = match;
    this.#take();
    const after = this.source[this.position];
    const assignment: Assignment = { name, append: plus === '+', value: this.#withoutPrefix(token.word, head.length) };
    if (index) assignment.index = this.subWord(index, token.start);
    if (this.bash && after === '(' && token.word.raw.length === head.length) {
      this.#take();
      assignment.elements = [];
      for (;;) {
        this.#skipNewlines();
        const element = this.#take();
        if (this.#isOp(element, ')')) break;
        if (element.t !== 'word') this.#unexpected(element, ')');
        assignment.elements.push(element.word);
      }
    }
    return assignment;
  }

  /** The word after `name=`, which is always unquoted literal text. */
  #withoutPrefix(word: Word, length: number): Word {
    const parts = [...word.parts];
    let rest = length;
    while (rest > 0) {
      const part = parts[0];
      if (part?.t !== 'lit') break;
      if (part.text.length <= rest) {
        rest -= part.text.length;
        parts.shift();
      } else {
        parts[0] = { ...part, text: part.text.slice(rest) };
        rest = 0;
      }
    }
    return { parts, raw: word.raw.slice(length) };
  }

  /** Puts an alias' text in place of the word; undefined if it is none. */
  #expandAlias(token: Extract<Token, { t: 'word' }>): boolean | undefined {
    const aliases = this.#options.aliases;
    const name = plainText(token.word);
    if (!aliases || aliases.size === 0 || name === undefined) return undefined;
    const value = aliases.get(name);
    for (const [other, end] of this.#expanding) if (token.start >= end) this.#expanding.delete(other);
    if (value === undefined || this.#expanding.has(name)) return undefined;
    const before = this.source.slice(0, token.start);
    const after = this.source.slice(token.start + token.word.raw.length);
    const shift = value.length - token.word.raw.length;
    for (const [other, end] of this.#expanding) this.#expanding.set(other, end + shift);
    this.#expanding.set(name, token.start + value.length);
    this.source = before + value + after;
    this.position = token.start;
    this.#peeked = undefined;
    return value.endsWith(' ');
  }
}
