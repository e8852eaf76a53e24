/** Query filters. */
import { BSONRegExp, type Document } from 'bson';
import { ownValue } from '../../../../kernel/own.ts';
import { safeRegExp } from '../../lib/regex.ts';
import { compare, isDocument, rank } from './compare.ts';
import { MongoFault } from './fault.ts';
import { valuesAt } from './paths.ts';

export type Test = (value: unknown) => boolean;

const bad = (message: string) => new MongoFault(2, message);

/** What a value is looked at as: itself, and each element of a list. */
const candidates = (values: readonly unknown[]) =>
  values.flatMap((value) => (Array.isArray(value) ? [value, ...value] : [value]));

const some =
  (test: Test) =>
  (values: readonly unknown[]): boolean =>
    candidates(values.length > 0 ? values : [undefined]).some(test);

/** Comparisons by size hold between values of one type only. */
const sized = (wanted: unknown, holds: (order: number) => boolean) =>
  some((value) => rank(value) === rank(wanted) && holds(compare(value, wanted)));

function regex(wanted: unknown, options = ''): Test {
  const given =
    wanted instanceof RegExp
      ? { source: wanted.source, flags: wanted.flags }
      : wanted instanceof BSONRegExp
        ? { source: wanted.pattern, flags: wanted.options }
        : { source: String(wanted), flags: '' };
  try {
    const compiled = safeRegExp(
      given.source,
      [...new Set(given.flags + options)].filter((f) => 'imsu'.includes(f)).join(''),
    );
    return (value) => typeof value === 'string' && compiled.test(value);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new MongoFault(51_091, `Regular expression is invalid: ${error.message}`);
  }
}

const equals = (wanted: unknown) =>
  some(
    wanted instanceof RegExp || wanted instanceof BSONRegExp ? regex(wanted) : (value) => compare(value, wanted) === 0,
  );

function list(name: string, value: unknown): unknown[] {
  if (!Array.isArray(value)) throw bad(`${name} needs an array`);
  return value;
}

type ValuesTest = (values: readonly unknown[]) => boolean;
const not =
  (test: ValuesTest): ValuesTest =>
  (values) =>
    !test(values);
const isIn = (name: string, value: unknown): ValuesTest => {
  const tests = list(name, value).map(equals);
  return (values) => tests.some((test) => test(values));
};

const operators: Readonly<Record<string, (wanted: unknown, all: Document) => ValuesTest>> = {
  $eq: equals,
  $ne: (wanted) => not(equals(wanted)),
  $gt: (wanted) => sized(wanted, (order) => order > 0),
  $gte: (wanted) => sized(wanted, (order) => order >= 0),
  $lt: (wanted) => sized(wanted, (order) => order < 0),
  $lte: (wanted) => sized(wanted, (order) => order <= 0),
  $in: (wanted) => isIn('$in', wanted),
  $nin: (wanted) => not(isIn('$nin', wanted)),
  $exists: (wanted) => (values) => values.length > 0 === Boolean(wanted),
  $regex: (wanted, all) => some(regex(wanted, String(all.$options ?? ''))),
  $options: (_wanted, all) => {
    if (!('$regex' in all)) throw bad('$options needs a $regex');
    return () => true;
  },
  $not: (wanted) => {
    if (wanted instanceof RegExp || wanted instanceof BSONRegExp) return not(equals(wanted));
    if (!isDocument(wanted)) throw bad('$not needs a regex or a document');
    return not(condition(wanted));
  },
  $size: (wanted) => (values) => values.some((value) => Array.isArray(value) && value.length === Number(wanted)),
  $all: (wanted) => {
    const tests = list('$all', wanted).map(equals);
    return (values) => tests.length > 0 && tests.every((test) => test(values));
  },
  $elemMatch: (wanted) => {
    if (!isDocument(wanted)) throw bad('$elemMatch needs an Object');
    const isOperators = Object.keys(wanted)[0]?.startsWith('$') === true;
    const test = isOperators ? condition(wanted) : undefined;
    const inner = test ? (value: unknown) => test([value]) : filter(wanted);
    return (values) => values.some((value) => Array.isArray(value) && value.some(inner));
  },
};

/** `{ $gt: 1, $lt: 5 }` */
function condition(wanted: Document): ValuesTest {
  const tests = Object.entries(wanted).map(([name, value]) => {
    const operator = ownValue(operators, name);
    if (!operator) throw bad(`unknown operator: ${name}`);
    return operator(value, wanted);
  });
  return (values) => tests.every((test) => test(values));
}

function branches(name: string, value: unknown): Test[] {
  const all = Array.isArray(value) ? value : [];
  if (all.length === 0 || !all.every(isDocument)) throw bad(`${name} must be a nonempty array`);
  return all.map(filter);
}

/** Reads a filter. Throws MongoFault 2. */
export function filter(wanted: Document): Test {
  const tests = Object.entries(wanted).map(([key, value]): Test => {
    if (key.startsWith('$')) {
      if (!['$and', '$or', '$nor'].includes(key)) throw bad(`unknown top level operator: ${key}`);
      const all = branches(key, value);
      if (key === '$and') return (document) => all.every((test) => test(document));
      return (document) => all.some((test) => test(document)) === (key === '$or');
    }
    const path = key.split('.');
    const isCondition = isDocument(value) && Object.keys(value)[0]?.startsWith('$') === true;
    const test = isCondition ? condition(value) : equals(value);
    return (document) => test(valuesAt(document, path));
  });
  return (document) => tests.every((test) => test(document));
}
