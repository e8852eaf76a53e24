/** The words of jq's language. */

export class SyntaxFailure extends Error {}

export type Token =
  | { t: 'op' | 'keyword' | 'identifier' | 'field' | 'variable' | 'format'; text: string; at: number }
  | { t: 'number'; text: string; at: number }
  /** Texts and the programs between them. */
  | { t: 'string'; text: string; parts: (string | { source: string; at: number })[]; at: number }
  | { t: 'end'; text: ''; at: number };

const keywords = new Set(
  'def if then elif else end as reduce foreach try catch label import include and or'.split(' '),
);
const operators = [
  ...['?//', '//=', '|=', '+=', '-=', '*=', '/=', '%=', '==', '!=', '<=', '>=', '//', '..'],
  ...['.', '[', ']', '{', '}', '(', ')', '|', ',', ':', ';', '=', '<', '>', '+', '-', '*', '/', '%', '?', '$'],
];
const simple: Record<string, string> = {
  ...{ '"': '"', '\\': '\\', '/': '/' },
  ...{ b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' },
};

/** All words of a program. Throws SyntaxFailure. */
export function lex(source: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const rule = (pattern: RegExp) => {
    pattern.lastIndex = at;
    return pattern.exec(source)?.[0];
  };
  while (at < source.length) {
    const blank = rule(/(?:[ \t\r\n]+|#[^\n]*)+/y);
    if (blank !== undefined) {
      at += blank.length;
      continue;
    }
    if (source[at] === '"') {
      const token = lexString(source, at);
      tokens.push(token);
      at += token.text.length;
      continue;
    }
    const number = rule(/(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?/y);
    const field = number === undefined ? rule(/\.[A-Za-z_]\w*/y) : undefined;
    const variable = rule(/\$(?:__loc__\b|[A-Za-z_]\w*(?:::[A-Za-z_]\w*)*)/y);
    const format = rule(/@[A-Za-z0-9_]+/y);
    const name = rule(/[A-Za-z_]\w*(?:::[A-Za-z_]\w*)*/y);
    const operator = operators.find((o) => source.startsWith(o, at));
    const text = number ?? field ?? variable ?? format ?? name ?? operator;
    if (text === undefined) throw new SyntaxFailure('unexpected INVALID_CHARACTER');
    const t =
      number !== undefined
        ? 'number'
        : field !== undefined
          ? 'field'
          : variable !== undefined
            ? 'variable'
            : format !== undefined
              ? 'format'
              : name === undefined
                ? 'op'
                : keywords.has(name)
                  ? 'keyword'
                  : 'identifier';
    tokens.push({ t, text, at });
    at += text.length;
  }
  tokens.push({ t: 'end', text: '', at });
  return tokens;
}

/** A string that begins at `start` (its quote), with the programs in `\(...)` cut out. */
function lexString(source: string, start: number): Extract<Token, { t: 'string' }> {
  const parts: (string | { source: string; at: number })[] = [];
  let text = '';
  let i = start + 1;
  for (;;) {
    const c = source[i];
    if (c === undefined) throw new SyntaxFailure('unexpected end of file');
    if (c === '"') break;
    if (c !== '\\') {
      text += c;
      i++;
      continue;
    }
    const next = source[i + 1] ?? '';
    if (next === '(') {
      const end = closingParenthesis(source, i + 2);
      parts.push(text, { source: source.slice(i + 2, end), at: i + 2 });
      text = '';
      i = end + 1;
    } else if (next === 'u') {
      const hex = /^[0-9a-fA-F]{4}/.exec(source.slice(i + 2, i + 6))?.[0];
      if (hex === undefined) throw new SyntaxFailure('invalid \\uXXXX escape');
      text += String.fromCharCode(Number.parseInt(hex, 16));
      i += 6;
    } else {
      const plain = simple[next];
      if (plain === undefined) throw new SyntaxFailure('unexpected INVALID_CHARACTER');
      text += plain;
      i += 2;
    }
  }
  parts.push(text);
  return { t: 'string', text: source.slice(start, i + 1), parts, at: start };
}

/** Where the parenthesis that is open at `from` closes; strings within may have parentheses of their own. */
function closingParenthesis(source: string, from: number): number {
  let depth = 0;
  for (let i = from; i < source.length; i++) {
    const c = source[i];
    if (c === '"') i += lexString(source, i).text.length - 1;
    else if (c === '(') depth++;
    else if (c === ')' && depth-- === 0) return i;
  }
  throw new SyntaxFailure('unexpected end of file');
}
