/** The words and signs of SQL. */
import { type Dialect, fault, type SqlError } from './errors.ts';

export interface Token {
  t: 'word' | 'quoted' | 'string' | 'number' | 'op' | 'end';
  text: string;
  at: number;
}

/** With MySQL a backslash in quotes keeps what follows. */
const patterns = {
  mysql:
    /(\s+|--[^\n]*|\/\*[\s\S]*?\*\/|#[^\n]*)|('(?:[^'\\]|''|\\[\s\S])*')|("(?:[^"\\]|""|\\[\s\S])*")|(`[^`]*`)|(@@?[A-Za-z_][\w.]*)|([A-Za-z_][\w$]*)|(\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+)|(<=>|<=|>=|<>|!=|\|\||&&|::|->>|->|[-+*/%=<>(),.;@~])/y,
  postgres:
    /(\s+|--[^\n]*|\/\*[\s\S]*?\*\/)|('(?:[^']|'')*')|("(?:[^"]|"")*")|(`[^`]*`)|(@@?[A-Za-z_][\w.]*)|([A-Za-z_][\w$]*)|(\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+)|(<=>|<=|>=|<>|!=|\|\||&&|::|->>|->|[-+*/%=<>(),.;@~])/y,
};

const escapes: Record<string, string> = { n: '\n', t: '\t', r: '\r', 0: '\0' };

/** Reads tokens up to the end of the source. Throws SqlError. */
export function lex(source: string, dialect: Dialect): Token[] {
  const mysql = dialect.name === 'mysql';
  const pattern = patterns[dialect.name];
  const tokens: Token[] = [];
  const unquote = (quoted: string, quote: string) => {
    const inner = quoted.slice(1, -1).replaceAll(quote + quote, quote);
    return mysql ? inner.replace(/\\([\s\S])/g, (_, c: string) => escapes[c] ?? c) : inner;
  };
  for (let at = 0; at < source.length; ) {
    pattern.lastIndex = at;
    const match = pattern.exec(source);
    if (!match || (match[4] !== undefined && !mysql)) throw syntaxError(dialect, source, at, source[at] ?? '');
    const [text, blank, string, double, backtick, variable, word, number] = match;
    if (string !== undefined) tokens.push({ t: 'string', text: unquote(string, "'"), at });
    else if (double !== undefined) tokens.push({ t: mysql ? 'string' : 'quoted', text: unquote(double, '"'), at });
    else if (backtick !== undefined) tokens.push({ t: 'quoted', text: backtick.slice(1, -1), at });
    else if (variable !== undefined || word !== undefined) tokens.push({ t: 'word', text, at });
    else if (number !== undefined) tokens.push({ t: 'number', text, at });
    else if (blank === undefined) tokens.push({ t: 'op', text, at });
    at += text.length;
  }
  tokens.push({ t: 'end', text: '', at: source.length });
  return tokens;
}

/** What a server says of a token that it did not expect. */
export function syntaxError(dialect: Dialect, source: string, at: number, token: string): SqlError {
  const line = source.slice(0, at).split('\n').length;
  const server = dialect.maria ? 'MariaDB' : 'MySQL';
  const near = source.slice(at, at + 80);
  return fault(
    dialect,
    [
      1064,
      '42000',
      `You have an error in your SQL syntax; check the manual that corresponds to your ${server} server version for the right syntax to use near '${near}' at line ${line}`,
    ],
    ['42601', token === '' ? 'syntax error at end of input' : `syntax error at or near "${token}"`],
    { at },
  );
}
