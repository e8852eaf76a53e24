/** What is known before an expression is ever run: values of constant parts, and those that can't have one. */
import type { Call, Expr } from './ast.ts';
import { Evaluation } from './evaluate.ts';
import { children } from './literals.ts';
import { patternFault } from './patterns.ts';
import { CelError } from './values.ts';

const conversions = new Set('bool bytes double duration dyn int string timestamp type uint'.split(' '));
const isConstant = (e: Expr) => e.kind === 'literal' || e.constant !== undefined;

/** Notes the values of lists, maps and conversions of constants in the expression. @throws CelError where there is none */
export function foldConstants(e: Expr): void {
  for (const part of children(e)) foldConstants(part);
  if (e.kind === 'call') checkPattern(e);
  if (isFoldable(e)) e.constant = { value: new Evaluation(new Map(), Number.POSITIVE_INFINITY).run(e) };
}

function isFoldable(e: Expr): boolean {
  if (e.kind === 'list') return e.optional.size === 0 && e.items.every(isConstant);
  if (e.kind === 'map')
    return e.entries.every(({ key, value, optional }) => !optional && isConstant(key) && isConstant(value));
  return e.kind === 'call' && !e.target && e.args.length === 1 && conversions.has(e.name) && e.args.every(isConstant);
}

function checkPattern({ name, args }: Call): void {
  const [pattern] = args;
  if ((name !== 'find' && name !== 'findAll') || pattern?.kind !== 'literal') return;
  const fault = patternFault(String(pattern.value));
  if (fault !== undefined) throw new CelError(fault);
}
