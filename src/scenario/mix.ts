/** A small integer hash (the finalizer of MurmurHash3): the same seed gives the same names everywhere. */
export function mix(seed: number, index: number): number {
  let h = Math.imul(seed + 0x9e3779b9 * (index + 1), 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
