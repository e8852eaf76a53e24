import { ownValue, setOwn } from '../../kernel/own.ts';
import type { FieldError, FieldPath } from '../errors/field.ts';
import * as field from '../errors/field.ts';
import { isMap, itemsOf, type JsonMap, listKeysOf, listTypeOf, propertyOf, type Schema, valuesOf } from './schema.ts';

/** Items that stand twice in lists of type `set` or `map`. */
export function listTypeFaults(value: unknown, schema: Schema | undefined, at: FieldPath = field.path()): FieldError[] {
  if (!schema) return [];
  if (Array.isArray(value)) {
    const items = itemsOf(schema);
    return [
      ...duplicates(value, schema, at),
      ...(items ? value.flatMap((item, i) => listTypeFaults(item, items, at.index(i))) : []),
    ];
  }
  if (!isMap(value)) return [];
  const values = valuesOf(schema);
  return Object.keys(value).flatMap((key) => {
    const property = propertyOf(schema, key);
    if (property) return listTypeFaults(value[key], property, at.child(key));
    return values ? listTypeFaults(value[key], values, at.key(key)) : [];
  });
}

function duplicates(value: readonly unknown[], schema: Schema, at: FieldPath): FieldError[] {
  switch (listTypeOf(schema)) {
    case 'set':
      return seconds(value).map((i) => field.duplicate(at.index(i), value[i]));
    case 'map': {
      const odd = value.findIndex((item) => item !== null && !isMap(item));
      if (odd >= 0) {
        return [field.invalid(at.index(odd), value[odd], 'must be an object for an array of list-type map')];
      }
      const keys = value.map((item) => keysOf(item, listKeysOf(schema)));
      return seconds(keys).map((i) => field.duplicate(at.index(i), keys[i]));
    }
    default:
      return [];
  }
}

function keysOf(item: unknown, names: readonly string[]): JsonMap {
  const keys: JsonMap = {};
  for (const name of names.toSorted())
    if (isMap(item) && ownValue(item, name) !== undefined) setOwn(keys, name, item[name]);
  return keys;
}

/** Where a value comes for the second time; later ones are not reported. */
function seconds(values: readonly unknown[]): number[] {
  const times = new Map<string, number>();
  return values.flatMap((value, i) => {
    const text = JSON.stringify(value, (_, inner: unknown) => (isMap(inner) ? sorted(inner) : inner));
    const before = times.get(text) ?? 0;
    times.set(text, before + 1);
    return before === 1 ? [i] : [];
  });
}

function sorted(map: JsonMap): JsonMap {
  return Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)));
}
