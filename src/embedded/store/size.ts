/** Bytes of an object, remembered: stored objects never change and are shared by their readers. */
const sizes = new WeakMap<object, number>();

/** About so many bytes does an object take, as JSON or in memory. Counted once for each object. */
export function approximateBytes(object: object): number {
  let bytes = sizes.get(object);
  if (bytes === undefined) {
    bytes = count(object);
    sizes.set(object, bytes);
  }
  return bytes;
}

function count(value: unknown): number {
  if (typeof value === 'string') return value.length + 2;
  if (typeof value !== 'object' || value === null) return 8;
  let bytes = 2;
  if (Array.isArray(value)) {
    for (const item of value) bytes += count(item) + 1;
    return bytes;
  }
  for (const key in value) bytes += key.length + 4 + count((value as Record<string, unknown>)[key]);
  return bytes;
}
