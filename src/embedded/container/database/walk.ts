/** What an expression is made of. */
import type { Expression, Select } from './ast.ts';
import { aggregates } from './functions.ts';

/** The expressions right inside of one; those of queries in it are not. */
export function partsOf(e: Expression): Expression[] {
  switch (e.t) {
    case 'call':
      return e.args;
    case 'binary':
      return [e.left, e.right];
    case 'not':
    case 'negate':
    case 'null-test':
    case 'in-query':
    case 'cast':
      return [e.of];
    case 'in':
      return [e.of, ...e.list];
    case 'case':
      return [...(e.of ? [e.of] : []), ...e.whens.flat(), ...(e.otherwise ? [e.otherwise] : [])];
    default:
      return [];
  }
}

const queries = new WeakMap<Expression, Select[]>();

/** The queries in an expression; not those that are inside of them. */
export function queriesIn(e: Expression): readonly Select[] {
  let found = queries.get(e);
  if (!found) {
    found = partsOf(e).flatMap((part) => [...queriesIn(part)]);
    if (e.t === 'in-query' || e.t === 'exists' || e.t === 'scalar') found.push(e.query);
    queries.set(e, found);
  }
  return found;
}

export const isAggregate = (e: Expression): boolean => e.t === 'call' && aggregates.has(e.name);

export const hasAggregate = (e: Expression): boolean => isAggregate(e) || partsOf(e).some(hasAggregate);

/** An expression with others in the place of its parts, where `by` gives one. */
export function replaced(e: Expression, by: (part: Expression) => Expression | undefined): Expression {
  const other = by(e);
  if (other) return other;
  const inner = (part: Expression) => replaced(part, by);
  switch (e.t) {
    case 'call':
      return { ...e, args: e.args.map(inner) };
    case 'binary':
      return { ...e, left: inner(e.left), right: inner(e.right) };
    case 'not':
    case 'negate':
    case 'null-test':
    case 'in-query':
    case 'cast':
      return { ...e, of: inner(e.of) };
    case 'in':
      return { ...e, of: inner(e.of), list: e.list.map(inner) };
    case 'case':
      return {
        ...e,
        of: e.of && inner(e.of),
        whens: e.whens.map(([when, then]) => [inner(when), inner(then)]),
        otherwise: e.otherwise && inner(e.otherwise),
      };
    default:
      return e;
  }
}

/** Whether a query in an expression is one of which only is asked whether it has rows. */
export const isExists = (e: Expression, query: Select): boolean =>
  (e.t === 'exists' && e.query === query) || partsOf(e).some((part) => isExists(part, query));
