/** Validation of a value against an OpenAPI schema: kube-openapi's validator, which apiextensions-apiserver uses. */

import { matchesPattern, patternFault } from '../../kube/cel/patterns.ts';
import { formatCheck } from '../../kube/cel/string-formats.ts';
import type { FieldError } from '../errors/field.ts';
import type { Correlation } from './correlation.ts';
import { additionalOf, isIntOrString, isMap, itemsOf, type JsonMap, type Schema } from './schema.ts';
import { type Fault, faults, fieldErrors, goFloat, type Result } from './value-faults.ts';

/**
 * All faults of a value.
 * @param correlation with what was there before: faults of unchanged values are forgiven (ratcheting, KEP-4008)
 */
export function valueFaults(value: unknown, schema: Schema, correlation?: Correlation): Fault[] {
  return check(value, schema, '', correlation).faults;
}

/** The same as causes of a 422. @param at where the value lies, if it is not the whole object */
export function validateValue(value: unknown, schema: Schema, at = '', correlation?: Correlation): FieldError[] {
  return fieldErrors(valueFaults(value, schema, correlation), at);
}

function check(value: unknown, schema: Schema, path: string, correlation: Correlation | undefined): Result {
  const result = checkAll(value, schema, path, correlation);
  if (result.faults.length > 0 && correlation?.unchanged) return { faults: [], matches: result.matches };
  return result;
}

function checkAll(value: unknown, schema: Schema, path: string, correlation: Correlation | undefined): Result {
  const result: Result = { faults: [], matches: 0 };
  const add = (found: Result) => {
    result.faults.push(...found.faults);
    result.matches += found.matches;
  };
  if (value === null || value === undefined) {
    add(checkType(null, schema, path));
    add(checkEnum(null, schema, path));
    return result;
  }
  const run = (found: Result) => {
    add(found);
    result.matches++;
  };
  if (typesOf(schema).length > 0 || formatCheck(schema.format)) run(checkType(value, schema, path));
  run(checkJoined(value, schema, path, correlation));
  if (typeof value === 'string') {
    run(one(stringFault(value, schema, path)));
    const format = formatCheck(schema.format);
    if (format) run(one(format(value) ? undefined : faults.type(path, schema.format ?? '', value)));
  }
  if (typeof value === 'number') run({ faults: numberFaults(value, schema, path), matches: 1 });
  if (Array.isArray(value)) run(checkItems(value, schema, path, correlation));
  run(checkEnum(value, schema, path));
  if (isMap(value)) run(checkFields(value, schema, path, correlation));
  result.matches++;
  return result;
}

const one = (fault: Fault | undefined, matches = 0): Result => ({ faults: fault ? [fault] : [], matches });

function typesOf(schema: Schema): string[] {
  if (isIntOrString(schema)) return ['integer', 'string'];
  return schema.type ? [schema.type] : [];
}

function checkType(value: unknown, schema: Schema, path: string): Result {
  const types = typesOf(schema);
  if (value === null) {
    const missing = types.length > 0 && schema.nullable !== true;
    return missing ? one(faults.type(path, types.join(','), 'null')) : { faults: [], matches: 1 };
  }
  const format = formatCheck(schema.format) ? (schema.format ?? '') : '';
  const given = typeOf(value);
  const fits = types.includes(given) || (given === 'integer' && types.includes('number'));
  const textual = given === 'string' || given === 'array';
  if (format !== '' && !textual && !fits) {
    const formats: Record<string, string> = { integer: 'int64', number: 'float64' };
    return one(faults.type(path, format, formats[given] ?? ''));
  }
  if (format !== '' && textual && !types.includes('number') && !types.includes('integer')) {
    return { faults: [], matches: 1 };
  }
  return fits ? { faults: [], matches: 1 } : one(faults.type(path, types.join(','), given));
}

function typeOf(value: unknown): string {
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return Array.isArray(value) ? 'array' : typeof value;
}

/** allOf, anyOf, oneOf, not. */
function checkJoined(value: unknown, schema: Schema, path: string, correlation: Correlation | undefined): Result {
  const result: Result = { faults: [], matches: 1 };
  const merge = (found: Result | undefined) => {
    result.faults.push(...(found?.faults ?? []));
    result.matches += found?.matches ?? 0;
  };
  const { anyOf = [], oneOf = [], allOf = [], not } = schema;
  if (anyOf.length > 0) {
    const { best, passed } = alternatives(value, anyOf, path, correlation, true);
    if (passed === 0) result.faults.push(faults.joined(path, 'must validate at least one schema (anyOf)'));
    merge(best);
  }
  if (oneOf.length > 0) {
    const { best, passed } = alternatives(value, oneOf, path, correlation, false);
    if (passed !== 1) {
      const found = passed === 0 ? 'Found none valid' : `Found ${passed} valid alternatives`;
      result.faults.push(faults.joined(path, `must validate one and only one schema (oneOf). ${found}`));
    }
    if (passed <= 1) merge(best);
  }
  if (allOf.length > 0) {
    const results = allOf.map((part) => checkAll(value, part, path, correlation));
    for (const found of results) merge(found);
    const valid = results.filter((found) => found.faults.length === 0).length;
    if (valid !== allOf.length) {
      const none = valid === 0 ? '. None validated' : '';
      result.faults.push(faults.joined(path, `must validate all the schemas (allOf)${none}`));
    }
  }
  if (not && checkAll(value, not, path, correlation).faults.length === 0) {
    result.faults.push(faults.joined(path, 'must not validate the schema (not)'));
  }
  return result;
}

/** The result of the first alternative that fits, else of the one that came closest. */
function alternatives(
  value: unknown,
  schemas: readonly Schema[],
  path: string,
  correlation: Correlation | undefined,
  first: boolean,
) {
  let best: Result | undefined;
  let success: Result | undefined;
  let passed = 0;
  for (const schema of schemas) {
    const found = checkAll(value, schema, path, correlation);
    if (found.faults.length === 0) {
      passed++;
      success ??= found;
      if (first) break;
    } else if (!best || found.matches > best.matches) best = found;
  }
  return { best: success ?? best, passed };
}

function stringFault(value: string, schema: Schema, path: string): Fault | undefined {
  const { maxLength, minLength, pattern } = schema;
  const length = maxLength === undefined && minLength === undefined ? 0 : [...value].length;
  if (maxLength !== undefined && length > maxLength) return faults.tooLong(path, maxLength, value);
  if (minLength !== undefined && length < minLength) {
    return faults.other(path, value, `should be at least ${minLength} chars long`);
  }
  if (!pattern || matchesPattern(pattern, value)) return undefined;
  const broken = patternFault(pattern);
  return faults.other(
    path,
    value,
    `should match '${broken === undefined ? pattern : `${pattern}, but pattern is invalid: ${broken}`}'`,
  );
}

function numberFaults(value: number, schema: Schema, path: string): Fault[] {
  const { multipleOf, maximum, minimum, exclusiveMaximum, exclusiveMinimum } = schema;
  const found: Fault[] = [];
  const fault = (text: string) => found.push(faults.other(path, value, text));
  // Of integers the bounds are taken as integers, too.
  const bound = (limit: number) => (Number.isInteger(value) ? Math.trunc(limit) : limit);
  if (multipleOf !== undefined) {
    const factor = bound(multipleOf);
    if (factor <= 0) {
      const message = `factor MultipleOf declared for ${path} must be positive: ${goFloat(factor)}`;
      found.push({ path, kind: 'other', value: factor, message });
    } else if (!isWhole(factor < 1 ? (1 / factor) * value : value / factor)) {
      fault(`should be a multiple of ${goFloat(factor)}`);
    }
  }
  if (maximum !== undefined) {
    const limit = bound(maximum);
    if (exclusiveMaximum ? value >= limit : value > limit) {
      fault(`should be less than ${exclusiveMaximum ? '' : 'or equal to '}${goFloat(limit)}`);
    }
  }
  if (minimum !== undefined) {
    const limit = bound(minimum);
    if (exclusiveMinimum ? value <= limit : value < limit) {
      fault(`should be greater than ${exclusiveMinimum ? '' : 'or equal to '}${goFloat(limit)}`);
    }
  }
  return found;
}

function isWhole(value: number): boolean {
  return Math.abs(value - Math.round(value)) < 1e-9;
}

function checkItems(
  value: readonly unknown[],
  schema: Schema,
  path: string,
  correlation: Correlation | undefined,
): Result {
  const result: Result = { faults: [], matches: 1 };
  const items = itemsOf(schema);
  if (items) {
    for (const [i, item] of value.entries()) {
      const found = check(item, items, `${path}[${i}]`, correlation?.index(i));
      result.faults.push(...found.faults);
      result.matches += found.matches;
    }
  }
  const { minItems, maxItems } = schema;
  if (minItems !== undefined && value.length < minItems) {
    result.faults.push(faults.other(path, value.length, `should have at least ${minItems} items`));
  }
  if (maxItems !== undefined && value.length > maxItems) {
    result.faults.push(faults.tooMany(path, maxItems, value.length));
  }
  return result;
}

function checkEnum(value: unknown, schema: Schema, path: string): Result {
  const allowed = schema.enum ?? [];
  if (allowed.length === 0) return { faults: [], matches: 0 };
  const text = JSON.stringify(value);
  return one(
    value !== null && allowed.some((one) => JSON.stringify(one) === text)
      ? undefined
      : faults.notAllowed(path, value, allowed),
  );
}

function checkFields(value: JsonMap, schema: Schema, path: string, correlation: Correlation | undefined): Result {
  const result: Result = { faults: [], matches: 0 };
  const merge = (found: Result) => {
    result.faults.push(...found.faults);
    result.matches += found.matches;
  };
  const { properties = {}, required = [], minProperties, maxProperties } = schema;
  const size = Object.keys(value).length;
  if (minProperties !== undefined && size < minProperties) {
    result.faults.push(faults.other(path, size, `should have at least ${minProperties} properties`));
  }
  if (maxProperties !== undefined && size > maxProperties) {
    result.faults.push(faults.tooMany(path, maxProperties, size));
  }
  // apiVersion and kind of the object itself are the request's: they never count as unchanged.
  const below = (name: string) =>
    path === '' && (name === 'kind' || name === 'apiVersion') ? undefined : correlation?.key(name);
  const additional = additionalOf(schema);
  for (const name of Object.keys(value)) {
    if (Object.hasOwn(properties, name)) continue;
    if (additional === false) result.faults.push({ ...faults.other(path, name, ''), message: forbidden(path, name) });
    else if (isMap(additional)) merge(check(value[name], additional as Schema, `${path}.${name}`, below(name)));
  }
  for (const [name, property] of Object.entries(properties)) {
    if (!Object.hasOwn(value, name)) continue;
    merge(check(value[name], property, path === '' ? name : `${path}.${name}`, below(name)));
  }
  for (const name of required) {
    if (!Object.hasOwn(value, name)) result.faults.push(faults.required(`${path}.${name}`));
  }
  return result;
}

const forbidden = (path: string, name: string) => `${path}.${name} in body is a forbidden property`;
