/** What can be told of literals before they are ever evaluated: patterns, times and formats that are none. */
import { ownValue } from '../../kernel/own.ts';
import type { Call, Expr, Issue } from './ast.ts';
import { formatFault } from './library/format-text.ts';
import { patternFault } from './patterns.ts';
import { parseDuration, parseTimestamp } from './time.ts';
import { type CelType, formatType, sameType, typeName, unwrapOptional } from './types.ts';
import { CelError } from './values.ts';

const argumentChecks: Readonly<Record<string, (text: string) => unknown>> = {
  duration: parseDuration,
  timestamp: parseTimestamp,
  matches: (text) => {
    const fault = patternFault(text);
    if (fault !== undefined) throw new CelError(fault);
  },
};

/** Everything that an expression consists of, itself first. */
export function* parts(e: Expr): Generator<Expr> {
  yield e;
  for (const part of children(e)) yield* parts(part);
}

/** What an expression directly consists of. */
export function children(e: Expr): readonly Expr[] {
  switch (e.kind) {
    case 'select':
      return [e.operand];
    case 'call':
      return e.target ? [e.target, ...e.args] : e.args;
    case 'list':
      return e.items;
    case 'map':
      return e.entries.flatMap(({ key, value }) => [key, value]);
    case 'struct':
      return e.fields.map(({ value }) => value);
    case 'comprehension':
      return [e.range, e.init, e.condition, e.step, e.result];
    default:
      return [];
  }
}

/** The faults of literals in a checked expression. */
export function literalIssues(expression: Expr): Issue[] {
  const calls = [...parts(expression)].filter((part) => part.kind === 'call');
  return [...calls.flatMap((call) => [...argumentIssue(call), ...formatIssue(call)]), ...mixedIssues(expression)];
}

/** Lists and maps hold values of one type; those that are formatted need not. */
function mixedIssues(e: Expr): Issue[] {
  if (e.kind === 'call' && e.name === 'format') return [];
  const below = children(e).flatMap(mixedIssues);
  if (e.kind === 'list') return [...mixed(e.items, e.optional), ...below];
  if (e.kind !== 'map') return below;
  const optional = new Set(e.entries.flatMap((entry, i) => (entry.optional ? [i] : [])));
  const keys = e.entries.map(({ key }) => key);
  return [
    ...mixed(keys, new Set()),
    ...mixed(
      e.entries.map(({ value }) => value),
      optional,
    ),
    ...below,
  ];
}

function mixed(items: readonly Expr[], optional: ReadonlySet<number>): Issue[] {
  const typeOf = (item: Expr, i: number): CelType => {
    const type: CelType = item.type ?? { kind: 'dyn' };
    return optional.has(i) ? unwrapOptional(type)[0] : type;
  };
  const [first] = items;
  const wanted = first && typeOf(first, 0);
  const odd = items.findIndex((item, i) => wanted !== undefined && !sameType(wanted, typeOf(item, i)));
  const item = items[odd];
  if (!item || !wanted) return [];
  return [
    { at: item.at, message: `expected type '${formatType(wanted)}' but found '${formatType(typeOf(item, odd))}'` },
  ];
}

function argumentIssue({ name, args }: Call): Issue[] {
  const check = ownValue(argumentChecks, name);
  const [first] = args;
  if (!check || first?.kind !== 'literal' || typeof first.value !== 'string') return [];
  try {
    check(first.value);
    return [];
  } catch {
    return [{ at: first.at, message: `invalid ${name} argument` }];
  }
}

function formatIssue({ name, target, args, at }: Call): Issue[] {
  const [list] = args;
  if (name !== 'format' || target?.kind !== 'literal' || list?.kind !== 'list' || typeof target.value !== 'string')
    return [];
  try {
    const types = list.items.map((item) => (item.type ? typeName(item.type) : 'dyn'));
    const fault = formatFault(target.value, types);
    return fault ? [{ at: list.items[fault.argument ?? -1]?.at ?? at, message: fault.message }] : [];
  } catch (error) {
    if (!(error instanceof CelError)) throw error;
    return [{ at, message: error.message }];
  }
}
