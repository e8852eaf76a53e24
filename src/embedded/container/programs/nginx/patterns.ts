import { safeRegExp } from '../../lib/regex.ts';
import { TOO_BIG } from '../../regex/parse.ts';
import { configError, type Directive, type Position } from './parse.ts';

/** A regular expression of the configuration. PCRE's names for groups are JavaScript's but for `(?P<`. Throws ConfigError. */
export function compilePattern(source: string, caseless: boolean, at: Position): RegExp {
  const [, inline = '', rest = source] = /^\(\?(i)\)([\s\S]*)$/.exec(source) ?? [];
  try {
    return safeRegExp(rest.replaceAll('(?P<', '(?<'), caseless || inline !== '' ? 'i' : '');
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const reason = /: ([^:]+)$/.exec(error.message)?.[1]?.toLowerCase() ?? 'syntax error';
    const why = error.message === TOO_BIG ? 'regular expression is too large' : reason;
    throw configError(`pcre2_compile() failed: ${why} in "${source}" at "${source}"`, at);
  }
}

const patterns = new WeakMap<Directive, RegExp>();

/** The expression of a directive that has one, as it was compiled first. Throws ConfigError. */
export function patternOf(d: Directive, source: string, caseless: boolean): RegExp {
  let regex = patterns.get(d);
  if (!regex) {
    regex = compilePattern(source, caseless, d);
    patterns.set(d, regex);
  }
  return regex;
}

/** The names of its groups, as variables they become. */
export function groupNames(source: string): string[] {
  return [...source.matchAll(/\(\?P?<([A-Za-z_]\w*)>/g)].map(([, name = '']) => name.toLowerCase());
}
