/** Aggregation: the stages that count and group. */
import type { Document } from 'bson';
import { ownValue } from '../../../../kernel/own.ts';
import { compare, isDocument, numberOf } from './compare.ts';
import { MongoFault } from './fault.ts';
import { filter } from './match.ts';
import { project, valueAt } from './paths.ts';

/** `$field`, a literal, or a document of these. */
function evaluate(expression: unknown, document: Document): unknown {
  if (typeof expression === 'string' && expression.startsWith('$')) return valueAt(document, expression.slice(1));
  if (Array.isArray(expression)) return expression.map((item) => evaluate(item, document));
  if (!isDocument(expression)) return expression;
  const entries = Object.entries(expression);
  const operator = entries.find(([key]) => key.startsWith('$'));
  if (operator) throw new MongoFault(168, `Unrecognized expression '${operator[0]}'`);
  return Object.fromEntries(entries.map(([key, value]) => [key, evaluate(value, document) ?? null]));
}

const numbers = (values: readonly unknown[]) => values.map(numberOf).filter((n) => n !== undefined);
const sum = (values: readonly unknown[]) => numbers(values).reduce((a, b) => a + b, 0);
const bound = (values: readonly unknown[], sign: number) => {
  const [first, ...rest] = values.filter((v) => v !== undefined && v !== null);
  return rest.reduce((a, b) => (sign * compare(b, a) < 0 ? b : a), first) ?? null;
};

const accumulators: Readonly<Record<string, (values: unknown[]) => unknown>> = {
  $sum: sum,
  $avg: (values) => {
    const all = numbers(values);
    return all.length > 0 ? sum(all) / all.length : null;
  },
  $min: (values) => bound(values, 1),
  $max: (values) => bound(values, -1),
  $first: ([first]) => first ?? null,
  $last: (values) => values.at(-1) ?? null,
  $push: (values) => values.filter((v) => v !== undefined),
  $addToSet: (values) => {
    const set: unknown[] = [];
    for (const v of values) if (v !== undefined && !set.some((old) => compare(old, v) === 0)) set.push(v);
    return set;
  },
};

function group(documents: readonly Document[], wanted: unknown): Document[] {
  if (!isDocument(wanted)) throw new MongoFault(15_947, "a group's fields must be specified in an object");
  if (!('_id' in wanted)) throw new MongoFault(15_955, 'a group specification must include an _id');
  const fields = Object.entries(wanted).filter(([key]) => key !== '_id');
  const groups: { id: unknown; members: Document[] }[] = [];
  for (const document of documents) {
    const id = evaluate(wanted._id, document) ?? null;
    const found = groups.find((known) => compare(known.id, id) === 0);
    if (found) found.members.push(document);
    else groups.push({ id, members: [document] });
  }
  const accumulate = (field: string, how: unknown, members: Document[]) => {
    const [[name, expression] = ['', undefined], more] = isDocument(how) ? Object.entries(how) : [];
    if (name === '' || more) throw new MongoFault(40_234, `The field '${field}' must be an accumulator object`);
    if (name === '$count') return members.length;
    const accumulator = ownValue(accumulators, name);
    if (!accumulator) throw new MongoFault(15_952, `unknown group operator '${name}'`);
    return accumulator(members.map((member) => evaluate(expression, member)));
  };
  return groups.map(({ id, members }) => ({
    _id: id,
    ...Object.fromEntries(fields.map(([field, how]) => [field, accumulate(field, how, members)])),
  }));
}

/** Documents in the order of `{ field: 1, other: -1 }`. Throws MongoFault. */
export function sorted(documents: readonly Document[], wanted: unknown): Document[] {
  if (!isDocument(wanted)) throw new MongoFault(14, 'Expected field sort to be of type object');
  const keys = Object.entries(wanted).map(([path, direction]) => {
    if (direction !== 1 && direction !== -1)
      throw new MongoFault(15_975, '$sort key ordering must be 1 (for ascending) or -1 (for descending)');
    return { path, direction };
  });
  return [...documents].sort((a, b) => {
    for (const { path, direction } of keys) {
      const order = compare(valueAt(a, path), valueAt(b, path));
      if (order !== 0) return order * direction;
    }
    return 0;
  });
}

const stages: Readonly<Record<string, (documents: readonly Document[], wanted: unknown) => readonly Document[]>> = {
  $match: (documents, wanted) => {
    if (!isDocument(wanted)) throw new MongoFault(15_959, 'the match filter must be an expression in an object');
    return documents.filter(filter(wanted));
  },
  $count: (documents, wanted) => {
    if (typeof wanted !== 'string' || wanted === '')
      throw new MongoFault(40_156, 'the count field must be a non-empty string');
    return documents.length > 0 ? [{ [wanted]: documents.length }] : [];
  },
  $group: group,
  $sort: sorted,
  $limit: (documents, wanted) => documents.slice(0, Number(wanted)),
  $skip: (documents, wanted) => documents.slice(Number(wanted)),
  $project: (documents, wanted) => {
    if (!isDocument(wanted)) throw new MongoFault(15_969, '$project specification must be an object');
    return documents.map((document) => project(document, wanted));
  },
};

/** Runs a pipeline. Throws MongoFault: a stage is none of those that are known here. */
export function aggregate(documents: readonly Document[], pipeline: unknown): readonly Document[] {
  if (!Array.isArray(pipeline) || !pipeline.every(isDocument))
    throw new MongoFault(14, "A pipeline must be an array of objects: 'pipeline' option must be specified as an array");
  return pipeline.reduce<readonly Document[]>((found, stage) => {
    const [[name, wanted] = ['', undefined], more] = Object.entries(stage);
    if (name === '' || more)
      throw new MongoFault(40_323, 'A pipeline stage specification object must contain exactly one field.');
    const run = ownValue(stages, name);
    if (!run) throw new MongoFault(40_324, `Unrecognized pipeline stage name: '${name}'`);
    return run(found, wanted);
  }, documents);
}
