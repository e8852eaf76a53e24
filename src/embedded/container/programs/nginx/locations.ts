import { configError, type Directive } from './parse.ts';
import { compilePattern } from './patterns.ts';
import { Scope } from './scope.ts';

export interface Location {
  scope: Scope;
  modifier: '' | '=' | '^~' | '~' | '~*' | '@';
  /** Path, regular expression, or the name after `@`. */
  pattern: string;
  regex?: RegExp;
  inner: Location[];
}

/** Reads a `location` block; `inside` reads those in it. Throws ConfigError. */
export function readLocation(d: Directive, around: Scope, inside: (scope: Scope) => Location[]): Location {
  const scope = new Scope('location', d.block ?? [], around);
  const [first = '', second] = d.args;
  let modifier: string;
  let pattern: string;
  if (second !== undefined) {
    if (!/^(=|\^~|~\*?)$/.test(first)) throw configError(`invalid location modifier "${first}"`, d);
    [modifier, pattern] = [first, second];
  } else [, modifier = '', pattern = ''] = /^(=|\^~|~\*|~|@)?([\s\S]*)$/.exec(first) ?? [];
  const location: Location = { scope, modifier: modifier as Location['modifier'], pattern, inner: [] };
  if (modifier === '~' || modifier === '~*') location.regex = compilePattern(pattern, modifier === '~*', d);
  if (scope.own('alias').length > 0 && scope.own('root').length > 0) {
    throw configError('"root" directive is duplicate, "alias" directive was specified earlier', d);
  }
  location.inner = inside(scope);
  return location;
}

export interface Match {
  location: Location;
  /** Of a regular expression: for `$1` and named groups. */
  groups?: RegExpExecArray;
  /** `/docs` was asked for, and there is only a location `/docs/` that hands on: nginx redirects. */
  slash?: boolean;
}

/** The location of a decoded path: exact, then the longest prefix, then the first regular expression unless `^~`. */
export function findLocation(locations: readonly Location[], path: string): Match | undefined {
  const exact = locations.find((l) => l.modifier === '=' && l.pattern === path);
  if (exact) return { location: exact };
  const prefixes = locations.filter((l) => (l.modifier === '' || l.modifier === '^~') && path.startsWith(l.pattern));
  const longest = prefixes.reduce<Location | undefined>(
    (best, l) => (best && best.pattern.length >= l.pattern.length ? best : l),
    undefined,
  );
  const deeper = longest && findLocation(longest.inner, path);
  // What a location within matches exactly, or by an expression, is final.
  if (deeper && (deeper.location.regex || deeper.location.modifier === '=')) return deeper;
  const best = deeper?.location ?? longest;
  if (best?.modifier !== '^~') {
    for (const location of locations) {
      const groups = location.regex?.exec(path);
      if (groups) return findLocation(location.inner, path) ?? { location, groups };
    }
  }
  if (best) return deeper ?? { location: best };
  return undefined;
}

/** Where only a slash is missing before a location that hands requests on. */
export function findSlashed(locations: readonly Location[], path: string): Location | undefined {
  return locations.find(
    (l) =>
      (l.modifier === '' || l.modifier === '^~') && l.pattern === `${path}/` && l.scope.own('proxy_pass').length > 0,
  );
}
