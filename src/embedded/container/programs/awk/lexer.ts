/** awk's words and operators. */
import { UsageError } from '../../lib/program.ts';

export type Token = {
  t: 'number' | 'string' | 'regex' | 'name' | 'call' | 'op' | 'newline' | 'end';
  text: string;
  spaced: boolean;
};

export const keywords = new Set(
  'BEGIN END function func if else while for do break continue next nextfile exit return delete in getline print printf'.split(
    ' ',
  ),
);
const operators = [
  '**=',
  '&&',
  '||',
  '==',
  '!=',
  '<=',
  '>=',
  '+=',
  '-=',
  '*=',
  '/=',
  '%=',
  '^=',
  '**',
  '++',
  '--',
  '>>',
  '!~',
];

/** Reads tokens, one ahead. */
export abstract class AwkLexer {
  protected readonly source: string;
  protected at = 0;
  protected token: Token;
  protected previous: Token | undefined;

  constructor(source: string) {
    this.source = source;
    this.token = this.#scan();
  }

  protected fail(): never {
    const near =
      this.token.t === 'end' ? 'end of program' : this.token.t === 'newline' ? 'end of line' : `'${this.token.text}'`;
    throw new UsageError(`cmd. line:${this.source.slice(0, this.at).split('\n').length}: syntax error at ${near}`, 2);
  }

  #scan(): Token {
    const s = this.source;
    const from = this.at;
    for (;;) {
      const blank = /^(?:[ \t\r]|\\\r?\n|#[^\n]*)+/.exec(s.slice(this.at));
      if (!blank) break;
      this.at += blank[0].length;
    }
    const spaced = this.at > from;
    const c = s[this.at];
    const make = (t: Token['t'], text: string, length = text.length): Token => {
      this.at += length;
      return { t, text, spaced };
    };
    if (c === undefined) return make('end', '', 0);
    if (c === '\n') return make('newline', '\n');
    const rest = s.slice(this.at);
    if (c === '"') {
      const m = /^"((?:[^"\\\n]|\\[\s\S])*)"/.exec(rest);
      if (!m) this.fail();
      return make('string', plainText(m[1] ?? ''), m[0].length);
    }
    const number = /^(?:0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)/.exec(rest);
    if (number) return make('number', number[0]);
    const name = /^[A-Za-z_]\w*/.exec(rest);
    if (name) return make(rest[name[0].length] === '(' && !keywords.has(name[0]) ? 'call' : 'name', name[0]);
    if (c === '/' && this.#regexAllowed()) {
      const m = /^\/((?:[^/\\\n[]|\\.|\[\^?\]?(?:\[:\w+:\]|[^\]\n])*\])*)\//.exec(rest);
      if (!m) this.fail();
      return make('regex', m[1] ?? '', m[0].length);
    }
    return make('op', operators.find((o) => rest.startsWith(o)) ?? c);
  }

  /** A slash divides after a value, and begins an expression elsewhere. */
  #regexAllowed(): boolean {
    const p = this.previous;
    if (!p) return true;
    if (p.t === 'name') return keywords.has(p.text);
    return !(
      p.t === 'number' ||
      p.t === 'string' ||
      p.t === 'regex' ||
      (p.t === 'op' && /^(\)|\]|\$|\+\+|--)$/.test(p.text))
    );
  }

  protected take(): Token {
    const token = this.token;
    this.previous = token;
    this.token = this.#scan();
    return token;
  }
}

function plainText(text: string): string {
  const simple: Record<string, string> = {
    n: '\n',
    t: '\t',
    r: '\r',
    a: '\x07',
    b: '\b',
    f: '\f',
    v: '\v',
    '/': '/',
    '"': '"',
    '\\': '\\',
  };
  return text.replace(/\\(?:([0-7]{1,3})|([\s\S]))/g, (whole, octal?: string, c?: string) => {
    if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8));
    return c === undefined ? whole : (simple[c] ?? (c === '\n' ? '' : whole));
  });
}
