/** What may stand in a query with groups: what is grouped by, and aggregates. */
import type { Expression } from './ast.ts';
import { type Dialect, fault } from './errors.ts';
import type { Frame } from './frame.ts';
import { isAggregate, partsOf } from './walk.ts';

/** Throws the server's error for a column that has more than one value in a group. */
export function checkGrouped(
  dialect: Dialect,
  frame: Frame,
  groups: readonly Expression[],
  {
    items,
    having,
    order,
  }: { items: readonly Expression[]; having: Expression | undefined; order: readonly Expression[] },
): void {
  const same = (e: Expression) => textOf(e, frame);
  const allowed = new Set(groups.map(same));
  const grouped = new Set(groups.flatMap((e) => (e.t === 'column' ? [frame.find(e).index] : [])));
  /** A table's key decides what its other columns are. */
  const decided = frame.relations.filter(
    ({ key, columns, start }) =>
      key.length > 0 && key.every((name) => grouped.has(start + columns.findIndex((column) => column.name === name))),
  );
  const wrong = (e: Expression): Extract<Expression, { t: 'column' }> | undefined => {
    if (isAggregate(e) || allowed.has(same(e))) return undefined;
    if (e.t !== 'column') return partsOf(e).map(wrong).find(Boolean);
    const place = frame.find(e);
    return place.frame !== frame || decided.includes(place.relation) ? undefined : e;
  };
  for (const [i, e] of [...items, ...(having ? [having] : []), ...order].entries()) {
    const column = wrong(e);
    if (!column) continue;
    const { relation } = frame.find(column);
    const full = `${relation.database === undefined ? '' : `${relation.database}.`}${relation.alias}.${column.name}`;
    const place =
      i < items.length
        ? `Expression #${i + 1} of SELECT list`
        : having && i === items.length
          ? 'HAVING clause'
          : `Expression #${i - items.length - (having ? 1 : 0) + 1} of ORDER BY`;
    throw fault(
      dialect,
      groups.length === 0
        ? [
            1140,
            '42000',
            `In aggregated query without GROUP BY, expression #${i + 1} of SELECT list contains nonaggregated column '${full}'; this is incompatible with sql_mode=only_full_group_by`,
          ]
        : [
            1055,
            '42000',
            `${place} is not in GROUP BY clause and contains nonaggregated column '${full}' which is not functionally dependent on columns in GROUP BY clause; this is incompatible with sql_mode=only_full_group_by`,
          ],
      [
        '42803',
        `column "${relation.alias}.${column.name}" must appear in the GROUP BY clause or be used in an aggregate function`,
      ],
      { at: column.at },
    );
  }
}

/** The same for expressions that mean the same. */
function textOf(e: Expression, frame: Frame): string {
  return JSON.stringify(e, (key, value) => {
    if (key === 'at') return undefined;
    return value?.t === 'column' && typeof value.name === 'string'
      ? { column: frame.has(value) ? frame.find(value).index : value.name }
      : value;
  });
}
