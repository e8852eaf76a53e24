import { MATCH_WORK, TooMuchWork, work } from '../kernel/work.ts';
import { bracketExpression, escapeRegExp, regexFault, safeRegExp } from '../lib/regex.ts';
import { TOO_BIG } from '../regex/parse.ts';

/** Whether an unquoted `*`, `?` or `[` is in a pattern (a backslash quotes). */
export function hasGlob(pattern: string): boolean {
  for (let i = 0; i < pattern.length; i++) {
    const c = pattern[i];
    if (c === '\\') i++;
    else if (c === '*' || c === '?' || c === '[') return true;
  }
  return false;
}

/** JavaScript source of a shell pattern; a backslash quotes the next character. */
export function patternSource(pattern: string, lazy = false): string {
  let out = '';
  for (let i = 0; i < pattern.length; i++) {
    const c = pattern[i] ?? '';
    if (c === '\\' && i + 1 < pattern.length) out += escapeRegExp(pattern[++i] ?? '');
    else if (c === '*') {
      while (pattern[i + 1] === '*') i++;
      out += lazy ? '[\\s\\S]*?' : '[\\s\\S]*';
    } else if (c === '?') out += '[\\s\\S]';
    else if (c === '[') {
      const bracket = bracketExpression(pattern, i, true);
      if (bracket && bracket.source !== '[]') {
        out += bracket.source;
        i = bracket.end - 1;
      } else out += '\\[';
    } else out += escapeRegExp(c);
  }
  return out;
}

/** The expression of a shell pattern. What is none, such as `[z-a]`, matches nothing. Throws TooMuchWork where it is too big. */
function patternExpression(source: string, flags = ''): RegExp {
  try {
    return safeRegExp(source, flags);
  } catch (error) {
    if (regexFault(error) === TOO_BIG) throw new TooMuchWork();
    return /(?!)/g;
  }
}

const cache = new Map<string, RegExp>();

/** Whether all of `text` matches a shell pattern, as in `case`. */
export function matchesPattern(text: string, pattern: string, ignoreCase = false): boolean {
  if (!hasGlob(pattern)) {
    const plain = pattern.replace(/\\([\s\S])/g, '$1');
    return ignoreCase ? text.toLowerCase() === plain.toLowerCase() : text === plain;
  }
  const key = `${ignoreCase ? 'i' : ''}:${pattern}`;
  let regex = cache.get(key);
  if (!regex) {
    regex = patternExpression(`^${patternSource(pattern)}$`, ignoreCase ? 'i' : '');
    if (cache.size > 500) cache.clear();
    cache.set(key, regex);
  }
  return regex.test(text);
}

/** `${x#p}`, `##`, `%`, `%%`: the text without the matching prefix or suffix. */
export function removeMatch(text: string, pattern: string, op: '#' | '##' | '%' | '%%'): string {
  const prefix = op[0] === '#';
  const longest = op.length === 2;
  if (!hasGlob(pattern)) {
    const plain = pattern.replace(/\\([\s\S])/g, '$1');
    if (prefix) return text.startsWith(plain) ? text.slice(plain.length) : text;
    return text.endsWith(plain) && plain !== '' ? text.slice(0, -plain.length) : text;
  }
  if (prefix) {
    const match = patternExpression(`^${patternSource(pattern, !longest)}`).exec(text);
    return match ? text.slice(match[0].length) : text;
  }
  // The suffix: an anchored search finds the leftmost start, which is the longest; the shortest is looked for from the end.
  const whole = patternExpression(`^${patternSource(pattern)}$`);
  if (longest) {
    for (let i = 0; i <= text.length; i++) if (whole.test(text.slice(i))) return text.slice(0, i);
    return text;
  }
  for (let i = text.length; i >= 0; i--) if (whole.test(text.slice(i))) return text.slice(0, i);
  return text;
}

/** bash's `${x/p/r}`: the first or all longest matches; `#` and `%` before the pattern anchor it. */
export function replaceMatch(text: string, pattern: string, replacement: string, all: boolean): string {
  let source = pattern;
  let [start, end] = ['', ''];
  if (!all && source.startsWith('#')) {
    start = '^';
    source = source.slice(1);
  } else if (!all && source.startsWith('%')) {
    end = '$';
    source = source.slice(1);
  }
  if (source === '') return text;
  return text.replace(patternExpression(`${start}(?:${patternSource(source)})${end}`, all ? 'g' : ''), () => {
    work(MATCH_WORK + (replacement.length >> 2));
    return replacement;
  });
}

/** Quotes a text so that it means itself in a pattern. */
export function quotePattern(text: string): string {
  return text.replace(/[\\*?[\]!^-]/g, '\\$&');
}
