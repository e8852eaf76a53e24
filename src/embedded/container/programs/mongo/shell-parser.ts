/** The part of JavaScript that lines for the shell are made of: expressions, declarations of variables, arrow functions. */

export type Expression =
  | { t: 'literal'; value: unknown }
  | { t: 'regex'; source: string; flags: string }
  | { t: 'list'; items: Expression[] }
  | { t: 'document'; entries: [key: string, value: Expression][] }
  | { t: 'name'; name: string }
  | { t: 'member'; of: Expression; key: Expression; text: string }
  | { t: 'call'; callee: Expression; args: Expression[]; text: string }
  | { t: 'unary'; operator: string; of: Expression }
  | { t: 'binary'; operator: string; left: Expression; right: Expression }
  | { t: 'choice'; test: Expression; yes: Expression; no: Expression }
  | { t: 'assign'; name: string; value: Expression; declares: boolean }
  | { t: 'arrow'; names: string[]; body: Expression };

interface Token {
  kind: 'name' | 'number' | 'string' | 'regex' | 'sign' | 'end';
  text: string;
  value?: unknown;
  at: number;
  end: number;
  /** Whether a line ends before it. */
  newLine: boolean;
}

/** What Babel's parser says, with the line it is in. */
export class ShellSyntaxError extends Error {
  constructor(message: string, source: string, at: number) {
    const before = source.slice(0, at).split('\n');
    const [line, column] = [before.length, before.at(-1)?.length ?? 0];
    const rows = source.split('\n').map((text, i) => {
      const row = `${i + 1 === line ? '>' : ' '} ${i + 1} | ${text}`;
      return i + 1 === line ? `${row}\n    | ${' '.repeat(column)}^` : row;
    });
    super(`${message} (${line}:${column})\n\n${rows.join('\n')}\n`);
  }
}

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', 0: '\0' };
const unescaped = (text: string) =>
  text.replace(/\\(?:u([\da-fA-F]{4})|x([\da-fA-F]{2})|([\s\S]))/g, (_all, u, x, one: string) =>
    (u ?? x)
      ? String.fromCharCode(Number.parseInt(u ?? x, 16))
      : Object.hasOwn(escapes, one)
        ? (escapes[one] ?? '')
        : one,
  );

const patterns = {
  space: /(?:\s|\/\/[^\n]*|\/\*[\s\S]*?\*\/)*/y,
  name: /[A-Za-z_$][\w$]*/y,
  number: /0[xX][\da-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y,
  string: /'(?:[^'\\\n]|\\[\s\S])*'|"(?:[^"\\\n]|\\[\s\S])*"|`(?:[^`\\$]|\\[\s\S]|\$(?!\{))*`/y,
  regex: /\/((?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+)\/([a-z]*)/y,
  sign: /===|!==|==|!=|<=|>=|&&|\|\||=>|[{}[\]().,;:?<>+\-*/%!=]/y,
};

function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const match = (kind: keyof typeof patterns) => {
    const pattern = patterns[kind];
    pattern.lastIndex = at;
    return pattern.exec(source);
  };
  for (;;) {
    const space = match('space')?.[0] ?? '';
    at += space.length;
    const newLine = space.includes('\n');
    if (at >= source.length) return [...tokens, { kind: 'end', text: '', at, end: at, newLine }];
    const last = tokens.at(-1);
    const operand = last && (last.kind !== 'sign' || /^[)\]}]$/.test(last.text));
    const regex = operand ? null : match('regex');
    const found =
      (regex && (['regex', regex] as const)) ??
      (['name', 'number', 'string', 'sign'] as const).map((kind) => [kind, match(kind)] as const).find(([, m]) => m);
    const [kind, text] = [found?.[0] ?? 'sign', found?.[1]?.[0]];
    if (text === undefined)
      throw new ShellSyntaxError(
        /^["'`]/.test(source[at] ?? '') ? 'Unterminated string constant.' : `Unexpected character '${source[at]}'.`,
        source,
        at,
      );
    const value =
      kind === 'number'
        ? Number(text)
        : kind === 'string'
          ? unescaped(text.slice(1, -1))
          : kind === 'regex'
            ? regex
            : undefined;
    tokens.push({ kind, text, value, at, end: at + text.length, newLine });
    at += text.length;
  }
}

const levels = [['||'], ['&&'], ['==', '!=', '===', '!=='], ['<', '>', '<=', '>='], ['+', '-'], ['*', '/', '%']];
const statements =
  /^(if|for|while|do|switch|function|class|try|throw|return|with|break|continue|import|export|debugger|async|await|yield|delete|typeof|void|in|instanceof)$/;
const MAX_DEPTH = 200;

class Parser {
  readonly #source: string;
  readonly #tokens: Token[];
  #i = 0;
  #depth = 0;

  constructor(source: string) {
    this.#source = source;
    this.#tokens = tokenize(source);
  }

  program(): Expression[] {
    const all: Expression[] = [];
    for (;;) {
      while (this.#take(';'));
      if (this.#ended) return all;
      all.push(this.#statement());
      if (!this.#ended && !this.#is(';') && !this.#token.newLine) throw this.#unexpected('Missing semicolon.');
    }
  }

  get #token(): Token {
    return this.#tokens[this.#i] as Token;
  }

  get #ended(): boolean {
    return this.#token.kind === 'end';
  }

  #is(text: string): boolean {
    return this.#token.kind === 'sign' && this.#token.text === text;
  }

  #take(text: string): boolean {
    if (!this.#is(text)) return false;
    this.#i++;
    return true;
  }

  #expect(text: string): void {
    if (!this.#take(text)) throw this.#unexpected();
  }

  #unexpected(message = 'Unexpected token'): ShellSyntaxError {
    return new ShellSyntaxError(message, this.#source, this.#token.at);
  }

  #name(): string {
    const { kind, text } = this.#token;
    if (kind !== 'name') throw this.#unexpected();
    this.#i++;
    return text;
  }

  #statement(): Expression {
    if (!/^(var|let|const)$/.test(this.#token.text)) return this.#expression();
    this.#i++;
    const name = this.#name();
    const value: Expression = this.#take('=') ? this.#expression() : { t: 'literal', value: undefined };
    return { t: 'assign', name, value, declares: true };
  }

  #expression(): Expression {
    if (++this.#depth > MAX_DEPTH) throw this.#unexpected('Maximum call stack size exceeded');
    try {
      return this.#arrow() ?? this.#choice();
    } finally {
      this.#depth--;
    }
  }

  /** `x => …`, `(x, y) => …` */
  #arrow(): Expression | undefined {
    const start = this.#i;
    const names: string[] = [];
    if (this.#take('(')) {
      while (this.#token.kind === 'name') {
        names.push(this.#name());
        if (!this.#take(',')) break;
      }
      if (!this.#take(')')) names.length = 0;
    } else if (this.#token.kind === 'name') names.push(this.#name());
    if (this.#i > start && this.#take('=>')) return { t: 'arrow', names, body: this.#expression() };
    this.#i = start;
    return undefined;
  }

  #choice(): Expression {
    const test = this.#binary(0);
    if (test.t === 'name' && this.#take('='))
      return { t: 'assign', name: test.name, value: this.#expression(), declares: false };
    if (!this.#take('?')) return test;
    const yes = this.#expression();
    this.#expect(':');
    return { t: 'choice', test, yes, no: this.#expression() };
  }

  #binary(level: number): Expression {
    const operators = levels[level];
    if (!operators) return this.#unary();
    let left = this.#binary(level + 1);
    while (this.#token.kind === 'sign' && operators.includes(this.#token.text)) {
      const operator = this.#token.text;
      this.#i++;
      left = { t: 'binary', operator, left, right: this.#binary(level + 1) };
    }
    return left;
  }

  #unary(): Expression {
    for (const operator of ['!', '-', '+'])
      if (this.#take(operator)) return { t: 'unary', operator, of: this.#unary() };
    return this.#postfix();
  }

  #postfix(): Expression {
    const start = this.#token.at;
    // `new Date()` and `Date()` mean the same to the shell's own types.
    if (this.#token.kind === 'name' && this.#token.text === 'new') this.#i++;
    let found = this.#primary();
    for (;;) {
      const text = this.#source.slice(start, this.#tokens[this.#i - 1]?.end);
      if (this.#take('.')) found = { t: 'member', of: found, key: { t: 'literal', value: this.#name() }, text };
      else if (this.#take('[')) {
        found = { t: 'member', of: found, key: this.#expression(), text };
        this.#expect(']');
      } else if (this.#take('(')) found = { t: 'call', callee: found, args: this.#items(')'), text };
      else return found;
    }
  }

  #items(end: string): Expression[] {
    const items: Expression[] = [];
    while (!this.#take(end)) {
      items.push(this.#expression());
      if (!this.#is(end)) this.#expect(',');
    }
    return items;
  }

  #primary(): Expression {
    const token = this.#token;
    if (token.kind === 'end' || statements.test(token.text)) throw this.#unexpected();
    this.#i++;
    switch (token.kind) {
      case 'number':
      case 'string':
        return { t: 'literal', value: token.value };
      case 'regex': {
        const [, source = '', flags = ''] = token.value as RegExpExecArray;
        try {
          new RegExp(source, flags);
        } catch (error) {
          if (!(error instanceof SyntaxError)) throw error;
          throw new ShellSyntaxError(error.message, this.#source, token.at);
        }
        return { t: 'regex', source, flags };
      }
      case 'name': {
        const constants = new Map<string, unknown>([
          ['true', true],
          ['false', false],
          ['null', null],
          ['undefined', undefined],
        ]);
        if (constants.has(token.text)) return { t: 'literal', value: constants.get(token.text) };
        return { t: 'name', name: token.text };
      }
    }
    if (token.text === '(') {
      const inner = this.#expression();
      this.#expect(')');
      return inner;
    }
    if (token.text === '[') return { t: 'list', items: this.#items(']') };
    if (token.text === '{') return this.#document();
    this.#i--;
    throw this.#unexpected();
  }

  #document(): Expression {
    const entries: [string, Expression][] = [];
    while (!this.#take('}')) {
      const { kind, text, value } = this.#token;
      if (kind === 'end' || kind === 'sign' || kind === 'regex') throw this.#unexpected();
      this.#i++;
      const key = kind === 'name' ? text : String(value);
      const short: Expression = { t: 'name', name: key };
      entries.push([key, this.#take(':') ? this.#expression() : kind === 'name' ? short : this.#needColon()]);
      if (!this.#is('}')) this.#expect(',');
    }
    return { t: 'document', entries };
  }

  #needColon(): never {
    throw this.#unexpected();
  }
}

/** Reads a script's statements. Throws ShellSyntaxError: it is wrong, or more of JavaScript than is known here. */
export function parseShell(source: string): Expression[] {
  return new Parser(source).program();
}
