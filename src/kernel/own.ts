/**
 * What a table holds under a key that came from outside; nothing for `constructor` and what else every object inherits.
 * @param table a plain object; none holds nothing
 */
export const ownValue = <T>(table: Readonly<Record<string, T>> | null | undefined, key: string): T | undefined =>
  table && Object.hasOwn(table, key) ? table[key] : undefined;

/** Sets a key that came from outside; `__proto__` is a key like any other. */
export function setOwn<T>(table: Record<string, T>, key: string, value: NoInfer<T>): void {
  if (key === '__proto__') {
    Object.defineProperty(table, key, { value, writable: true, enumerable: true, configurable: true });
  } else table[key] = value;
}
