/** The tokens of CEL. */
import type { Issue } from './ast.ts';

export interface Token {
  kind: 'ident' | 'int' | 'uint' | 'double' | 'string' | 'bytes' | 'punctuation' | 'end';
  /** As written; of strings the value, of bytes the value in Latin-1. */
  text: string;
  at: number;
  /** As written, for messages. */
  raw: string;
}

const patterns: readonly [Token['kind'] | 'space', RegExp][] = [
  ['space', /(?:[ \t\r\n\f]+|\/\/[^\n]*)/y],
  ['double', /(?:\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\.\d+(?:[eE][+-]?\d+)?)/y],
  ['uint', /(?:0x[0-9a-fA-F]+|\d+)[uU]/y],
  ['int', /(?:0x[0-9a-fA-F]+|\d+)/y],
  [
    'bytes',
    /[bB][rR]?(?:"""(?:\\(?:[abfnrtv"'`\\?]|[xX][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-3][0-7]{2})|(?!""")[^\\])*"""|'''(?:\\(?:[abfnrtv"'`\\?]|[xX][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-3][0-7]{2})|(?!''')[^\\])*'''|"(?:\\(?:[abfnrtv"'`\\?]|[xX][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-3][0-7]{2})|[^"\\\n\r])*"|'(?:\\(?:[abfnrtv"'`\\?]|[xX][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-3][0-7]{2})|[^'\\\n\r])*')/y,
  ],
  [
    'string',
    /(?:[rR](?:"""(?:(?!""")[\s\S])*"""|'''(?:(?!''')[\s\S])*'''|"[^"\n\r]*"|'[^'\n\r]*')|"""(?:\\(?:[abfnrtv"'`\\?]|[xX][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-3][0-7]{2})|(?!""")[^\\])*"""|'''(?:\\(?:[abfnrtv"'`\\?]|[xX][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-3][0-7]{2})|(?!''')[^\\])*'''|"(?:\\(?:[abfnrtv"'`\\?]|[xX][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-3][0-7]{2})|[^"\\\n\r])*"|'(?:\\(?:[abfnrtv"'`\\?]|[xX][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-3][0-7]{2})|[^'\\\n\r])*')/y,
  ],
  ['ident', /(?:[A-Za-z_][A-Za-z0-9_]*|`[A-Za-z0-9_.\-/ ]+`)/y],
  ['punctuation', /(?:==|!=|<=|>=|&&|\|\||[<>[\]{}().,?:+\-*/%!])/y],
];

export interface Tokens {
  tokens: readonly Token[];
  issues: Issue[];
}

/** A string as far as it is one: to the end of the line, or to an escape that there is none of. */
const unclosed =
  /^(["'])(?:\\(?:[abfnrtv"'`\\?]|[xX][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-3][0-7]{2})|(?!\1)[^\\\n\r])*(?:\\(?:[xX][0-9a-fA-F]?|u[0-9a-fA-F]{0,3}|U[0-9a-fA-F]{0,7}|[0-3][0-7]?)?[\s\S]?|[\n\r])?|^[&|=][\s\S]|^`[A-Za-z0-9_.\-/ ]*/;

/** Splits a text into tokens; characters that belong to none are told and left out. */
export function tokenize(source: string): Tokens {
  const tokens: Token[] = [];
  const issues: Issue[] = [];
  let at = 0;
  next: while (at < source.length) {
    for (const [kind, pattern] of patterns) {
      pattern.lastIndex = at;
      const raw = pattern.exec(source)?.[0];
      if (raw === undefined) continue;
      if (kind !== 'space') {
        try {
          const text = kind === 'string' || kind === 'bytes' ? literalText(raw, kind) : raw;
          tokens.push({ kind, text, at, raw });
        } catch (error) {
          issues.push({ at, message: (error as Error).message });
          tokens.push({ kind, text: '', at, raw });
        }
      }
      at += raw.length;
      continue next;
    }
    const rest = unclosed.exec(source.slice(at))?.[0] ?? source.charAt(at);
    issues.push({ at, message: `Syntax error: token recognition error at: '${rest}'` });
    at += rest.length;
  }
  tokens.push({ kind: 'end', text: '<EOF>', at: source.length, raw: '<EOF>' });
  return { tokens, issues };
}

const escapes: Readonly<Record<string, string>> = {
  ...{ a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' },
  ...{ '\\': '\\', "'": "'", '"': '"', '`': '`', '?': '?' },
};

/** The value of a string or bytes literal. @throws Error if an escape is none */
function literalText(raw: string, kind: 'string' | 'bytes'): string {
  const prefix = /^[bBrR]*/.exec(raw)?.[0] ?? '';
  const quoted = raw.slice(prefix.length);
  const fence = /^("""|''')/.test(quoted) ? 3 : 1;
  const inner = quoted.slice(fence, quoted.length - fence).replace(/\r\n?/g, '\n');
  const plain = kind === 'bytes' ? (text: string) => Buffer.from(text).toString('latin1') : (text: string) => text;
  if (/r/i.test(prefix)) return plain(inner);
  return inner.replace(
    /\\(x[\s\S]{2}|X[\s\S]{2}|u[\s\S]{4}|U[\s\S]{8}|[0-3][0-7]{2}|[\s\S])|[^\\]+/g,
    (all, escaped?: string) => {
      if (escaped === undefined) return plain(all);
      const known = escapes[escaped];
      if (known !== undefined) return known;
      const digits = /^[0-7]{3}$/.test(escaped) ? Number.parseInt(escaped, 8) : hexOf(escaped.slice(1));
      if (Number.isNaN(digits) || digits > 0x10ffff) throw new Error('unable to unescape string');
      if (kind === 'bytes' && /^[uU]/.test(escaped)) throw new Error('unable to unescape string');
      return kind === 'bytes' ? String.fromCharCode(digits) : String.fromCodePoint(digits);
    },
  );
}

const hexOf = (text: string) => (/^[0-9a-fA-F]+$/.test(text) ? Number.parseInt(text, 16) : Number.NaN);
