/** How the shells print values. */
import { inspect } from 'node:util';
import { Binary, type Document, Long, ObjectId } from 'bson';
import { isDocument } from './compare.ts';

class Shown {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  [inspect.custom](): string {
    return this.#text;
  }
}

function constructed(value: unknown, quote: string): string | undefined {
  if (value instanceof ObjectId) return `ObjectId(${quote}${value.toHexString()}${quote})`;
  if (value instanceof Date) return `ISODate(${quote}${value.toISOString()}${quote})`;
  if (value instanceof Long) return quote === "'" ? `Long('${value}')` : `NumberLong(${value})`;
  if (value instanceof Binary)
    return `Binary.createFromBase64('${Buffer.from(value.buffer).toString('base64')}', ${value.sub_type})`;
  return undefined;
}

function presentable(value: unknown): unknown {
  const text = constructed(value, "'");
  if (text !== undefined) return new Shown(text);
  if (Array.isArray(value)) return value.map(presentable);
  if (!isDocument(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, presentable(item)]));
}

/** As mongosh does: text as it is, the rest as Node.js shows it. */
export function shellText(value: unknown): string {
  return typeof value === 'string' ? value : inspect(presentable(value), { depth: 6, compact: 3, breakLength: 80 });
}

/** As the old mongo does: JSON with spaces, on one line where that is short. */
export function legacyText(value: unknown, indent = ''): string {
  if (typeof value === 'string' && indent === '') return value;
  return legacyValue(value, indent);
}

function legacyValue(value: unknown, indent: string): string {
  const text = constructed(value, '"');
  if (text !== undefined) return text;
  if (value === undefined) return 'undefined';
  if (Array.isArray(value))
    return value.length === 0 ? '[ ]' : `[ ${value.map((v) => legacyValue(v, indent)).join(', ')} ]`;
  if (!isDocument(value)) return JSON.stringify(value) ?? String(value);
  const line = legacyLine(value);
  if (line.length < 80) return line;
  const deeper = `${indent}\t`;
  const rows = Object.entries(value).map(([key, item]) => `${deeper}"${key}" : ${legacyValue(item, deeper)}`);
  return `{\n${rows.join(',\n')}\n${indent}}`;
}

/** A document on one line. */
export function legacyLine(value: Document): string {
  const parts = Object.entries(value).map(
    ([key, item]) => `"${key}" : ${isDocument(item) ? legacyLine(item) : legacyValue(item, '')}`,
  );
  return parts.length === 0 ? '{ }' : `{ ${parts.join(', ')} }`;
}
