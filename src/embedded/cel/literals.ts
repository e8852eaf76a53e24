/** What can be told of literals before they are ever evaluated: patterns, times and formats that are none. */
import type { Call, Expr, Issue } from './ast.ts';
import { formatFault } from './library/format-text.ts';
import { patternFault } from './patterns.ts';
import { parseDuration, parseTimestamp } from './time.ts';
import { typeName } from './types.ts';
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

function children(e: Expr): readonly Expr[] {
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
  return calls.flatMap((call) => [...argumentIssue(call), ...formatIssue(call)]);
}

function argumentIssue({ name, args }: Call): Issue[] {
  const check = Object.hasOwn(argumentChecks, name) ? argumentChecks[name] : undefined;
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
