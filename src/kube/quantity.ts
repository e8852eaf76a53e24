/** Kubernetes quantities (`100m`, `1.5Gi`, `2e3`) as exact numbers. */

const nano = 1_000_000_000n;

const suffixes: Readonly<Record<string, readonly [base: bigint, exponent: number]>> = {
  '': [10n, 0],
  n: [10n, -9],
  u: [10n, -6],
  m: [10n, -3],
  k: [10n, 3],
  M: [10n, 6],
  G: [10n, 9],
  T: [10n, 12],
  P: [10n, 15],
  E: [10n, 18],
  Ki: [2n, 10],
  Mi: [2n, 20],
  Gi: [2n, 30],
  Ti: [2n, 40],
  Pi: [2n, 50],
  Ei: [2n, 60],
};

const shape = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3})|([numkMGTPE]|[KMGTPE]i))?$/;

/**
 * The quantity in units of 10^-9, rounded up (as Kubernetes does below nano).
 * Throws a RangeError for a text that is not a quantity.
 */
export function quantityNanos(text: string | number): bigint {
  const match = shape.exec(String(text));
  const whole = match?.[2] ?? '';
  const fraction = match?.[3] ?? '';
  if (!match || whole + fraction === '') throw new RangeError(`not a quantity: ${text}`);
  const [base, exponent] = match[4] !== undefined ? [10n, Number(match[4])] : (suffixes[match[5] ?? ''] ?? [10n, 0]);
  let value = BigInt(whole + fraction) * nano;
  let divisor = 10n ** BigInt(fraction.length);
  if (exponent >= 0) value *= base ** BigInt(exponent);
  else divisor *= base ** BigInt(-exponent);
  const rounded = (value + divisor - 1n) / divisor;
  return match[1] === '-' ? -rounded : rounded;
}

/** The quantity as a whole number of `divisor` (default `1`), rounded up: `quantityValue('1500m')` is 2. */
export function quantityValue(text: string | number, divisor: string | number = '1'): number {
  return Number(ceilDivide(quantityNanos(text), quantityNanos(divisor)));
}

/** The quantity in thousandths, rounded up: what cpu is counted in. */
export function milliValue(text: string | number): number {
  return Number(ceilDivide(quantityNanos(text), nano / 1000n));
}

/** Negative, zero or positive as `a` is less than, equal to or more than `b`. */
export function compareQuantities(a: string | number, b: string | number): number {
  const difference = quantityNanos(a) - quantityNanos(b);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

function ceilDivide(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor;
  return value % divisor !== 0n && value > 0n ? quotient + 1n : quotient;
}
