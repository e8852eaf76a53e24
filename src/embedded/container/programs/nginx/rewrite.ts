/** The rewrite module: set, if, return, rewrite, break, in the order in which they are written. */
import { isSysError } from '../../kernel/errno.ts';
import { type Condition, conditionOf } from './conditions.ts';
import type { Exchange } from './exchange.ts';
import type { Directive } from './parse.ts';
import { patternOf } from './patterns.ts';
import { Scope } from './scope.ts';
import { textOf } from './text.ts';

/** What a block's rewrites came to. */
export type Rewritten =
  | { kind: 'next' }
  /** The location of the changed URI is looked for again. */
  | { kind: 'again' }
  | { kind: 'return'; status: number; text?: string };

const scopes = new WeakMap<Directive, Scope>();

/** The scope of an `if` block; its directives inherit from `around`. */
function scopeOf(d: Directive, around: Scope): Scope {
  let scope = scopes.get(d);
  if (!scope) {
    scope = new Scope('if', d.block ?? [], around);
    scopes.set(d, scope);
  }
  return scope;
}

/** Runs the rewrite directives of `scope`; an `if` that holds becomes the scope of the request. */
export function rewrite(x: Exchange, scope: Scope): Rewritten {
  for (const d of scope.directives) {
    const [first = '', second, flag] = d.args;
    if (d.name === 'set') x.set(first.slice(1), x.fill(second ?? ''));
    else if (d.name === 'break') return { kind: 'next' };
    else if (d.name === 'return') return returned(x, first, second);
    else if (d.name === 'if') {
      if (!holds(x, conditionOf(d))) continue;
      const inner = scopeOf(d, scope);
      // A block of a server's `if` hands on nothing but what it sets or returns.
      if (scope.kind !== 'server') x.scope = inner;
      const result = rewrite(x, inner);
      if (result.kind !== 'next') return result;
      if (inner.own('break').length > 0) return result;
    } else if (d.name === 'rewrite') {
      const result = rewriteUri(x, d, first, second ?? '', flag);
      if (result) return result;
    }
  }
  return { kind: 'next' };
}

function returned(x: Exchange, first: string, second: string | undefined): Rewritten {
  if (!/^\d+$/.test(first)) return { kind: 'return', status: 302, text: x.fill(first) };
  return { kind: 'return', status: Number(first), ...(second !== undefined && { text: x.fill(second) }) };
}

function rewriteUri(
  x: Exchange,
  d: Directive,
  source: string,
  to: string,
  flag: string | undefined,
): Rewritten | undefined {
  const groups = patternOf(d, source, false).exec(x.uri);
  if (!groups) return undefined;
  x.setGroups(groups);
  const target = x.fill(to);
  if (flag === 'redirect' || flag === 'permanent' || /^(https?:\/\/|\$scheme)/.test(to)) {
    const args = to.endsWith('?') || x.args === '' ? '' : `${target.includes('?') ? '&' : '?'}${x.args}`;
    const text = `${target.replace(/\?$/, '')}${args}`;
    return { kind: 'return', status: flag === 'permanent' ? 301 : 302, text };
  }
  const [path = '', ...query] = target.split('?');
  const given = query.join('?');
  // A question mark at the end keeps the arguments of before away.
  if (!to.endsWith('?')) x.args = [given, x.args].filter((a) => a !== '').join('&');
  else x.args = given;
  x.uri = path.startsWith('/') ? path : `/${path}`;
  if (flag === 'break') return { kind: 'next' };
  if (flag === 'last') return { kind: 'again' };
  // Goes on with the changed URI; where the block ends its location is looked for again.
  x.changed = true;
  return undefined;
}

function holds(x: Exchange, { value: source, operator, operand, directive }: Condition): boolean {
  const value = textOf(source).fill(x);
  const wanted = !operator.startsWith('!');
  switch (operator.replace(/^!/, '')) {
    case '':
      return value !== '' && value !== '0';
    case '=':
      return (value === x.fill(operand)) === wanted;
    case '~':
    case '~*': {
      const groups = patternOf(directive, operand, operator.endsWith('*')).exec(value);
      if (groups) x.setGroups(groups);
      return (groups !== null) === wanted;
    }
    case '-f':
      return (kindOf(x, value) === 'file') === wanted;
    case '-d':
      return (kindOf(x, value) === 'dir') === wanted;
    default:
      return (kindOf(x, value) !== undefined) === wanted;
  }
}

/** What is at a path of the container. */
export function kindOf(x: Exchange, path: string): string | undefined {
  try {
    return x.site.p.vfs.find(x.site.p, path)?.node.kind;
  } catch (error) {
    if (!isSysError(error)) throw error;
    return undefined;
  }
}
