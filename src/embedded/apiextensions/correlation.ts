/** Which value of the old object a value of the new one stands for: errors of what did not change are forgiven (KEP-4008). */
import { ownValue } from '../../kernel/own.ts';
import { equalJson } from '../registry/core.ts';
import { fieldOf, isMap, itemsOf, type JsonMap, listKeysOf, listTypeOf, type Schema } from './schema.ts';

export class Correlation {
  readonly value: unknown;
  readonly old: unknown;
  readonly #schema: Schema;
  #same: boolean | undefined;
  #byKeys: Map<string, unknown> | undefined;

  constructor(value: unknown, old: unknown, schema: Schema) {
    this.value = value;
    this.old = old;
    this.#schema = schema;
  }

  /** Nothing has changed here, or below. */
  get unchanged(): boolean {
    this.#same ??= this.value !== null && this.old !== null && equalJson(this.value, this.old);
    return this.#same;
  }

  /** Undefined if there was no such field, or nothing says what it is. */
  key(name: string): Correlation | undefined {
    const { value, old } = this;
    if (!isMap(value) || !isMap(old) || !Object.hasOwn(value, name) || !Object.hasOwn(old, name)) return undefined;
    const schema = fieldOf(this.#schema, name);
    return schema && new Correlation(value[name], old[name], schema);
  }

  /** Only items of keyed lists can be found again. */
  index(i: number): Correlation | undefined {
    const { value, old } = this;
    const items = itemsOf(this.#schema);
    if (!Array.isArray(value) || !Array.isArray(old) || !items || listTypeOf(this.#schema) !== 'map') return undefined;
    this.#byKeys ??= byKeys(old, listKeysOf(this.#schema));
    const before = isMap(value[i]) ? this.#byKeys.get(keyText(value[i], listKeysOf(this.#schema))) : undefined;
    return before === undefined ? undefined : new Correlation(value[i], before, items);
  }
}

/** The items of a keyed list by their keys, for `keyText`. */
export function byKeys(items: readonly unknown[], keys: readonly string[]): Map<string, unknown> {
  const found = new Map<string, unknown>();
  for (const item of items) {
    if (!isMap(item)) continue;
    const text = keyText(item, keys);
    if (!found.has(text)) found.set(text, item);
  }
  return found;
}

export function keyText(item: JsonMap, keys: readonly string[]): string {
  return JSON.stringify(keys.map((key) => ownValue(item, key) ?? null));
}
