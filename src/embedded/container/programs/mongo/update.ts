/** What an update makes of a document. */
import type { Document } from 'bson';
import { ownValue } from '../../../../kernel/own.ts';
import { compare, isDocument, numberOf } from './compare.ts';
import { MongoFault } from './fault.ts';
import { filter } from './match.ts';
import { setAt, structuredCopy, valueAt } from './paths.ts';

type Change = (document: Document, path: string, value: unknown) => void;

function listAt(document: Document, path: string, operator: string): unknown[] {
  const found = valueAt(document, path) ?? [];
  if (!Array.isArray(found))
    throw new MongoFault(2, `The field '${path}' must be an array but is of type ${typeof found} (${operator})`);
  return [...found];
}

/** `$each` or one value. */
const items = (value: unknown): unknown[] => (isDocument(value) && Array.isArray(value.$each) ? value.$each : [value]);

const arithmetic =
  (name: string, combine: (a: number, b: number) => number, missing: (b: number) => number): Change =>
  (document, path, value) => {
    const by = numberOf(value);
    const old = valueAt(document, path);
    if (by === undefined)
      throw new MongoFault(14, `Cannot ${name} with non-numeric argument: {${path}: ${JSON.stringify(value)}}`);
    const number = old === undefined ? undefined : numberOf(old);
    if (old !== undefined && number === undefined)
      throw new MongoFault(14, `Cannot apply $${name === 'increment' ? 'inc' : 'mul'} to a value of non-numeric type.`);
    setAt(document, path, number === undefined ? missing(by) : combine(number, by));
  };

const operators: Readonly<Record<string, Change>> = {
  $set: (document, path, value) => setAt(document, path, value),
  $unset: (document, path) => setAt(document, path, undefined),
  $inc: arithmetic(
    'increment',
    (a, b) => a + b,
    (b) => b,
  ),
  $mul: arithmetic(
    'multiply',
    (a, b) => a * b,
    () => 0,
  ),
  $min: (document, path, value) => {
    const old = valueAt(document, path);
    if (old === undefined || compare(value, old) < 0) setAt(document, path, value);
  },
  $max: (document, path, value) => {
    const old = valueAt(document, path);
    if (old === undefined || compare(value, old) > 0) setAt(document, path, value);
  },
  $rename: (document, path, value) => {
    const old = valueAt(document, path);
    if (old === undefined) return;
    setAt(document, path, undefined);
    setAt(document, String(value), old);
  },
  $push: (document, path, value) => setAt(document, path, [...listAt(document, path, '$push'), ...items(value)]),
  $addToSet: (document, path, value) => {
    const list = listAt(document, path, '$addToSet');
    for (const item of items(value)) if (!list.some((old) => compare(old, item) === 0)) list.push(item);
    setAt(document, path, list);
  },
  $pull: (document, path, value) => {
    const isFilter = isDocument(value);
    const test = isFilter && !Object.keys(value)[0]?.startsWith('$') ? filter(value) : filter({ v: value });
    const wrapped = isFilter && !Object.keys(value)[0]?.startsWith('$');
    const list = listAt(document, path, '$pull');
    setAt(
      document,
      path,
      list.filter((item) => !test(wrapped ? item : { v: item })),
    );
  },
  $pop: (document, path, value) => {
    const list = listAt(document, path, '$pop');
    setAt(document, path, Number(value) < 0 ? list.slice(1) : list.slice(0, -1));
  },
};

/** The changed copy of a document. `inserting`: an upsert's. Throws MongoFault. */
export function updated(document: Document, update: unknown, inserting = false): Document {
  if (!isDocument(update)) throw new MongoFault(9, 'Update argument must be an object, and a pipeline is not offered');
  const entries = Object.entries(update);
  if (!entries[0]?.[0].startsWith('$'))
    return { ...(document._id !== undefined && { _id: document._id }), ...structuredCopy(update) };
  const copy = structuredCopy(document);
  for (const [name, fields] of entries) {
    const change = name === '$setOnInsert' ? ownValue(operators, '$set') : ownValue(operators, name);
    if (!change)
      throw new MongoFault(
        9,
        `Unknown modifier: ${name}. Expected a valid update modifier or pipeline-style update specified as an array`,
      );
    if (!isDocument(fields))
      throw new MongoFault(9, `Modifiers operate on fields but we found type ${typeof fields} instead.`);
    if (name === '$setOnInsert' && !inserting) continue;
    for (const [path, value] of Object.entries(fields)) change(copy, path, structuredCopy(value));
  }
  if (document._id !== undefined && compare(document._id, copy._id) !== 0)
    throw new MongoFault(66, "Performing an update on the path '_id' would modify the immutable field '_id'");
  return copy;
}
