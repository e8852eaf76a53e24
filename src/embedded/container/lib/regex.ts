/** Regular expressions as POSIX tools, shells and others write them. */
import { ownValue } from '../../../kernel/own.ts';
import { MeteredRegExp } from '../regex/metered-regexp.ts';
import { TOO_BIG } from '../regex/parse.ts';

/**
 * A JavaScript regular expression from trusted syntax with untrusted content, which no text can make run without end.
 * Throws SyntaxError; matching throws TooMuchWork.
 */
export function safeRegExp(source: string, flags = ''): RegExp {
  return new MeteredRegExp(source, flags);
}

/** V8's reasons in glibc's words. */
const reasons: Record<string, string> = {
  'Nothing to repeat': 'Invalid preceding regular expression',
  'Unterminated group': 'Unmatched ( or \\(',
  "Unmatched ')'": 'Unmatched ) or \\)',
  'Unterminated character class': 'Unmatched [, [^, [:, [., or [=',
  'Range out of order in character class': 'Invalid range end',
  'numbers out of order in {} quantifier': 'Invalid content of \\{\\}',
  'Regular expression too large': TOO_BIG,
};

/** Why a text is no regular expression, as regerror says it. Throws what is no SyntaxError. */
export function regexFault(error: unknown): string {
  if (!(error instanceof SyntaxError)) throw error;
  const reason = error.message.replace(/^Invalid regular expression: [\s\S]*: /, '');
  return reasons[reason] ?? reason;
}

export function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}

const classes: Record<string, string> = {
  alpha: 'A-Za-z',
  digit: '0-9',
  alnum: 'A-Za-z0-9',
  upper: 'A-Z',
  lower: 'a-z',
  space: ' \\t\\n\\r\\f\\v',
  blank: ' \\t',
  punct: '!-\\/:-@\\[-`{-~',
  print: ' -~',
  graph: '!-~',
  cntrl: '\\x00-\\x1f\\x7f',
  xdigit: '0-9A-Fa-f',
};

/**
 * Reads a bracket expression that begins at `start` (its `[`). Returns JavaScript's class and the position after it;
 * undefined if it is not closed. `escapes`: a backslash quotes, as in shell patterns (not in POSIX expressions).
 */
export function bracketExpression(
  text: string,
  start: number,
  escapes: boolean,
): { source: string; end: number } | undefined {
  let i = start + 1;
  let negate = false;
  if (text[i] === '^' || (escapes && text[i] === '!')) {
    negate = true;
    i++;
  }
  let body = '';
  const first = i;
  for (; i < text.length; i++) {
    const c = text[i] ?? '';
    if (c === ']' && i > first) {
      return { source: `[${negate ? '^' : ''}${body}]`, end: i + 1 };
    }
    if (c === '[' && (text[i + 1] === ':' || text[i + 1] === '.' || text[i + 1] === '=')) {
      const close = text.indexOf(`${text[i + 1]}]`, i + 2);
      if (close > 0) {
        const name = text.slice(i + 2, close);
        body += text[i + 1] === ':' ? (ownValue(classes, name) ?? '') : escapeRegExp(name);
        i = close + 1;
        continue;
      }
    }
    if (escapes && c === '\\' && i + 1 < text.length) {
      body += escapeRegExp(text[++i] ?? '');
      continue;
    }
    if (c === '-' && i > first && text[i + 1] !== ']') body += '-';
    else body += escapeRegExp(c);
  }
  return undefined;
}

/** Translates a POSIX basic (`grep`, `sed`) or extended (`-E`) regular expression. Throws SyntaxError with sed's or grep's words. */
export function posixToJs(pattern: string, extended: boolean): string {
  let out = '';
  let depth = 0;
  /** Whether a `*` here has nothing to repeat and stands for itself. */
  let atStart = true;
  for (let i = 0; i < pattern.length; i++) {
    const c = pattern[i] ?? '';
    const next = pattern[i + 1];
    const escaped = c === '\\';
    const token = escaped ? (next ?? '') : c;
    // In basic syntax the operators are the escaped ones.
    const operator = '(){}|+?'.includes(token) && token !== '' && (escaped ? !extended : extended);
    if (escaped) i++;
    if (escaped && next === undefined) throw new SyntaxError('Trailing backslash');
    if (operator) {
      if (token === '(') {
        depth++;
        out += '(';
        atStart = true;
        continue;
      }
      if (token === ')') {
        if (depth === 0) {
          if (!extended) throw new SyntaxError('Unmatched ) or \\)');
          out += '\\)';
        } else {
          depth--;
          out += ')';
        }
      } else if (token === '|') {
        out += '|';
        atStart = true;
        continue;
      } else if (token === '{') {
        const interval = /^(\d*)(,?)(\d*)(\\?)\}/.exec(pattern.slice(i + 1));
        if (!interval || (interval[4] === '\\') === extended) out += '\\{';
        else {
          out += `{${interval[1] || '0'}${interval[2]}${interval[3]}}`;
          i += interval[0].length;
        }
      } else if (token === '}') out += '\\}';
      else out += atStart ? `\\${token}` : /[*+?]$/.test(out) && !/\\.$/.test(out) ? '' : token;
    } else if (escaped) {
      if (/[1-9]/.test(token)) out += `\\${token}`;
      else if (token === '<' || token === '>') out += '\\b';
      else if ('wWsSbB'.includes(token)) out += `\\${token}`;
      else if (token === 'n') out += '\\n';
      else if (token === 't') out += '\\t';
      else if (token === '`') out += '^';
      else if (token === "'") out += '$';
      else out += escapeRegExp(token);
    } else if (c === '[') {
      const bracket = bracketExpression(pattern, i, false);
      if (!bracket) throw new SyntaxError('Unmatched [, [^, [:, [., or [=');
      out += bracket.source === '[]' ? '(?!)' : bracket.source;
      i = bracket.end - 1;
    } else if (c === '*') {
      out += atStart ? '\\*' : /[^\\][*+?]$/.test(out) ? '' : '*';
    } else if (c === '.') out += '.';
    else if (c === '^') {
      out += extended || atStart ? '^' : '\\^';
      if (atStart) continue;
    } else if (c === '$') {
      const end =
        i === pattern.length - 1 ||
        (extended && (next === ')' || next === '|')) ||
        pattern.slice(i + 1, i + 3) === '\\)' ||
        pattern.slice(i + 1, i + 3) === '\\|';
      out += end ? '$' : '\\$';
    } else out += escapeRegExp(c);
    atStart = false;
  }
  if (depth > 0) throw new SyntaxError('Unmatched ( or \\(');
  return out;
}
