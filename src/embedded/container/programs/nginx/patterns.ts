import { safeRegExp } from '../../lib/regex.ts';
import { configError, type Position } from './parse.ts';

/** A regular expression of the configuration. PCRE's names for groups are JavaScript's but for `(?P<`. Throws ConfigError. */
export function compilePattern(source: string, caseless: boolean, at: Position): RegExp {
  const [, inline = '', rest = source] = /^\(\?(i)\)([\s\S]*)$/.exec(source) ?? [];
  try {
    return safeRegExp(rest.replaceAll('(?P<', '(?<'), caseless || inline !== '' ? 'i' : '');
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const why = /: ([^:]+)$/.exec(error.message)?.[1]?.toLowerCase() ?? 'syntax error';
    throw configError(`pcre2_compile() failed: ${why} in "${source}" at "${source}"`, at);
  }
}

/** The names of its groups, as variables they become. */
export function groupNames(source: string): string[] {
  return [...source.matchAll(/\(\?P?<([A-Za-z_]\w*)>/g)].map(([, name = '']) => name.toLowerCase());
}
