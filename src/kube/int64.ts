/**
 * A whole number of 64 bits as Go's strconv.ParseInt reads it: annotations, labels and values of selectors hold such, and a
 * JavaScript number would lose the last digits of the larger ones. Undefined: it is none.
 */
export function parseInt64(text: string | undefined): bigint | undefined {
  if (text === undefined || !/^[+-]?\d+$/.test(text)) return undefined;
  const value = BigInt(text.replace('+', ''));
  return BigInt.asIntN(64, value) === value ? value : undefined;
}

/** For `sort`. */
export function compareInt64(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
