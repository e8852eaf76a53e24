/** Dotted paths into documents. */
import type { Document } from 'bson';
import { isDocument } from './compare.ts';
import { MongoFault } from './fault.ts';

/** Sets a key as the document's own, whatever it is called. */
function setKey(document: Document, key: string, value: unknown): void {
  Object.defineProperty(document, key, { value, writable: true, enumerable: true, configurable: true });
}

const own = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? (value as Document)[key] : undefined;

/** Every value that a path leads to, through the elements of lists too. */
export function valuesAt(value: unknown, path: readonly string[]): unknown[] {
  const [key, ...rest] = path;
  if (key === undefined) return [value];
  if (Array.isArray(value)) {
    const through = value.filter(isDocument).flatMap((item) => valuesAt(item, path));
    return /^\d+$/.test(key) ? [...valuesAt(value[Number(key)], rest), ...through] : through;
  }
  return isDocument(value) && Object.hasOwn(value, key) ? valuesAt(own(value, key), rest) : [];
}

/** The one value that a path leads to. */
export function valueAt(document: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>(own, document);
}

/** Sets what a path leads to; `undefined` removes it. Throws MongoFault 28: something that is no document is in the way. */
export function setAt(document: Document, path: string, value: unknown): void {
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  let at: Document = document;
  for (const key of keys) {
    let next = own(at, key);
    if (next === undefined) {
      if (value === undefined) return;
      next = {};
      setKey(at, key, next);
    }
    if (!isDocument(next) && !Array.isArray(next)) {
      if (value === undefined) return;
      throw new MongoFault(28, `Cannot create field '${last}' in element {${key}: ${JSON.stringify(next)}}`);
    }
    at = next;
  }
  if (value === undefined) delete at[last];
  else setKey(at, last, value);
}

/** The fields that a find or $project wants. Throws MongoFault. */
export function project(document: Document, wanted: Document): Document {
  const entries = Object.entries(wanted).filter(([key]) => key !== '_id');
  const [first] = entries;
  const including = first ? Boolean(first[1]) : Boolean(wanted._id ?? false);
  for (const [key, value] of entries) {
    if (typeof value !== 'number' && typeof value !== 'boolean')
      throw new MongoFault(31_325, `Unknown expression in projection: ${key}`);
    if (Boolean(value) !== including)
      throw new MongoFault(
        including ? 31_254 : 31_253,
        `Cannot do ${including ? 'exclusion' : 'inclusion'} on field ${key} in ${including ? 'inclusion' : 'exclusion'} projection`,
      );
  }
  const idWanted = wanted._id === undefined || Boolean(wanted._id);
  if (!including) {
    const rest = structuredCopy(document);
    for (const [key] of entries) setAt(rest, key, undefined);
    if (!idWanted) delete rest._id;
    return rest;
  }
  const found: Document = {};
  if (idWanted && document._id !== undefined) found._id = document._id;
  for (const [key] of entries) {
    const value = valueAt(document, key);
    if (value !== undefined) setAt(found, key, value);
  }
  return found;
}

/** A copy of the documents and lists in a document; other values are never changed in place. */
export function structuredCopy<T>(value: T): T {
  if (Array.isArray(value)) return value.map(structuredCopy) as T;
  if (!isDocument(value)) return value;
  const copy: Document = {};
  for (const [key, item] of Object.entries(value)) setKey(copy, key, structuredCopy(item));
  return copy as T;
}
