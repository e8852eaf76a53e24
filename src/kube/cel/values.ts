/**
 * Values of CEL at run time: null, booleans and strings as they are, int as bigint, double as number, bytes as Uint8Array, and
 * the classes below.
 */

import { boundedSize, step } from './work.ts';

/** An error of an evaluation, in cel-go's words. */
export class CelError extends Error {
  /** Without a stack: an expression may fail a million times, and go on. */
  constructor(message: string) {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(message);
    Error.stackTraceLimit = stackTraceLimit;
  }
}

export const noSuchOverload = () => new CelError('no such overload');

export class Uint {
  readonly value: bigint;

  constructor(value: bigint) {
    this.value = value;
  }
}

/** Nanoseconds since 1970. */
export class Timestamp {
  readonly ns: bigint;

  constructor(ns: bigint) {
    this.ns = ns;
  }
}

/** Nanoseconds. */
export class Duration {
  readonly ns: bigint;

  constructor(ns: bigint) {
    this.ns = ns;
  }
}

export class TypeValue {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

export class Optional {
  static readonly none = new Optional(undefined);
  readonly value: unknown;

  constructor(value: unknown) {
    this.value = value;
  }

  get hasValue(): boolean {
    return this.value !== undefined;
  }
}

/** A value of an abstract type: a quantity, an address. */
export abstract class Opaque {
  abstract readonly typeName: string;
  abstract equals(other: Opaque): boolean;
}

export abstract class CelList implements Iterable<unknown> {
  abstract readonly size: number;
  /** @throws CelError beyond the end */
  abstract at(index: number): unknown;

  *[Symbol.iterator](): Iterator<unknown> {
    for (let i = 0; i < this.size; i++) yield this.at(i);
  }

  equals(other: CelList): boolean {
    if (this.size !== other.size) return false;
    const theirs = other[Symbol.iterator]();
    for (const item of this) if (!celEquals(item, theirs.next().value)) return false;
    return true;
  }

  concat(other: CelList): CelList {
    return this.size + other.size <= 100 ? new ArrayList([...this, ...other]) : new JoinedList(this, other);
  }
}

/** Two lists, one after the other; nothing is copied. */
class JoinedList extends CelList {
  readonly size: number;
  readonly #left: CelList;
  readonly #right: CelList;

  constructor(left: CelList, right: CelList) {
    super();
    this.#left = left;
    this.#right = right;
    this.size = left.size + right.size;
    boundedSize(this.size);
  }

  at(given: number): unknown {
    let list: CelList = this;
    let index = given;
    while (list instanceof JoinedList) {
      const { size } = list.#left;
      if (index >= size && index < list.size) {
        index -= size;
        list = list.#right;
      } else list = list.#left;
      step();
    }
    return list.at(index);
  }

  override *[Symbol.iterator](): Iterator<unknown> {
    const left: CelList[] = [this];
    for (let list = left.pop(); list; list = left.pop()) {
      if (list instanceof JoinedList) left.push(list.#right, list.#left);
      else yield* list;
    }
  }
}

export class ArrayList extends CelList {
  readonly items: readonly unknown[];

  constructor(items: readonly unknown[]) {
    super();
    this.items = items;
  }

  get size(): number {
    return this.items.length;
  }

  at(index: number): unknown {
    if (index < 0 || index >= this.items.length) throw new CelError(`index out of bounds: ${index}`);
    return this.items[index];
  }
}

/** A list that only the evaluation of a macro knows: it grows in place. */
export class GrowingList extends ArrayList {
  readonly #own: unknown[];

  constructor() {
    const own: unknown[] = [];
    super(own);
    this.#own = own;
  }

  add(items: CelList): this {
    for (const item of items) this.#own.push(item);
    return this;
  }
}

export abstract class CelMap {
  abstract readonly size: number;
  /** Undefined: there is none. */
  abstract get(key: unknown): unknown;
  abstract keys(): Iterable<unknown>;

  has(key: unknown): boolean {
    return this.get(key) !== undefined;
  }

  equals(other: CelMap): boolean {
    return this.size === other.size && this.sameKeys(other);
  }

  /** Whether the other one has all of this, too. */
  protected sameKeys(other: CelMap): boolean {
    for (const key of this.keys()) {
      const [mine, theirs] = [this.get(key), other.get(key)];
      if (mine === undefined && theirs === undefined) continue;
      if (mine === undefined || theirs === undefined || !celEquals(mine, theirs)) return false;
    }
    return true;
  }
}

/** A map of any keys. */
export class PlainMap extends CelMap {
  readonly #entries = new Map<string, [key: unknown, value: unknown]>();

  constructor(entries: Iterable<readonly [unknown, unknown]>) {
    super();
    for (const [key, value] of entries) this.#entries.set(keyText(key), [key, value]);
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: unknown): unknown {
    return this.#entries.get(keyText(key))?.[1];
  }

  *keys(): Iterable<unknown> {
    for (const [key] of this.#entries.values()) yield key;
  }

  protected put(key: unknown, value: unknown): void {
    this.#entries.set(keyText(key), [key, value]);
  }
}

/** A map that only the evaluation of a macro knows: it grows in place. */
export class GrowingMap extends PlainMap {
  constructor() {
    super([]);
  }

  /** @throws CelError for a key that is there */
  add(key: unknown, value: unknown): this {
    if (this.has(key)) throw new CelError(`insert failed: key ${String(key)} already exists`);
    this.put(key, value);
    return this;
  }
}

/** A message or a resource: its fields are known by name. */
export abstract class CelObject {
  abstract readonly typeName: string;
  /** Undefined: the field is not set. */
  abstract get(field: string): unknown;
  abstract fields(): Iterable<string>;

  equals(other: CelObject): boolean {
    const names = new Set([...this.fields(), ...other.fields()]);
    for (const name of names) {
      const [mine, theirs] = [this.get(name), other.get(name)];
      if (mine === undefined || theirs === undefined || !celEquals(mine, theirs)) return false;
    }
    return true;
  }
}

/** Keys that are equal have the same text: 1, 1u and 1.0 are. */
function keyText(key: unknown): string {
  const number = numberOf(key);
  return number === undefined ? `${typeof key}:${String(key)}` : `n:${number}`;
}

/** The number of an int, uint or double; undefined for all else. */
export function numberOf(value: unknown): bigint | number | undefined {
  if (typeof value === 'bigint' || typeof value === 'number') return value;
  return value instanceof Uint ? value.value : undefined;
}

/** CEL's equality: numbers by value whatever their type, of different types nothing else is equal. */
export function celEquals(a: unknown, b: unknown): boolean {
  step();
  if (a === b) return true;
  const [x, y] = [numberOf(a), numberOf(b)];
  // biome-ignore lint/suspicious/noDoubleEquals: 1n == 1 is what is meant
  if (x !== undefined || y !== undefined) return x !== undefined && y !== undefined && x == y;
  if (a instanceof CelList) return b instanceof CelList && a.equals(b);
  if (a instanceof CelMap) return b instanceof CelMap && a.equals(b);
  if (a instanceof CelObject) return b instanceof CelObject && a.equals(b);
  if (a instanceof Timestamp) return b instanceof Timestamp && a.ns === b.ns;
  if (a instanceof Duration) return b instanceof Duration && a.ns === b.ns;
  if (a instanceof TypeValue) return b instanceof TypeValue && a.name === b.name;
  if (a instanceof Uint8Array) return b instanceof Uint8Array && Buffer.compare(a, b) === 0;
  if (a instanceof Opaque) return b instanceof Opaque && a.typeName === b.typeName && a.equals(b);
  if (a instanceof Optional && b instanceof Optional) {
    return a.hasValue === b.hasValue && (!a.hasValue || celEquals(a.value, b.value));
  }
  return false;
}

/** The name of a value's type: `int`, `list`, `google.protobuf.Timestamp`. */
export function typeNameOf(value: unknown): string {
  if (value === null) return 'null_type';
  if (typeof value === 'bigint') return 'int';
  if (typeof value === 'number') return 'double';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'string') return 'string';
  if (value instanceof Uint) return 'uint';
  if (value instanceof Uint8Array) return 'bytes';
  if (value instanceof CelList) return 'list';
  if (value instanceof CelMap) return 'map';
  if (value instanceof Timestamp) return 'google.protobuf.Timestamp';
  if (value instanceof Duration) return 'google.protobuf.Duration';
  if (value instanceof TypeValue) return 'type';
  if (value instanceof Optional) return 'optional_type';
  if (value instanceof CelObject || value instanceof Opaque) return value.typeName;
  return 'dyn';
}

/** How large a value is, as costs count it: characters, bytes, items; 1 for all else. */
export function sizeOf(value: unknown): number {
  if (typeof value === 'string') return characters(value);
  if (value instanceof Uint8Array) return value.length;
  if (value instanceof CelList || value instanceof CelMap) return value.size;
  if (value instanceof Optional && value.hasValue) return sizeOf(value.value);
  return 1;
}

/** The length of a string in code points. */
export function characters(text: string): number {
  let count = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0xdc00 || code > 0xdfff) count++;
  }
  return count;
}

/** Go reads whole numbers as int64 where they fit, and all others as float64. */
const isInt64 = (value: number) => Number.isInteger(value) && value >= -(2 ** 63) && value < 2 ** 63;

/** A JSON value without a schema. */
export function fromJson(value: unknown): unknown {
  if (typeof value === 'number') return isInt64(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return new ArrayList(value.map(fromJson));
  if (typeof value !== 'object' || value === null) return value ?? null;
  return new PlainMap(Object.entries(value).map(([key, item]) => [key, fromJson(item)] as const));
}
