/** Quantities as apimachinery's resource.Quantity reads and writes them. */

/** Not a quantity; the message is Kubernetes' own. */
export class QuantityError extends Error {}

const wrongFormat = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const decimal = new Map([
  ['n', -9],
  ['u', -6],
  ['m', -3],
  ['', 0],
  ['k', 3],
  ['M', 6],
  ['G', 9],
  ['T', 12],
  ['P', 15],
  ['E', 18],
]);
const binary = new Map([
  ['Ki', 10],
  ['Mi', 20],
  ['Gi', 30],
  ['Ti', 40],
  ['Pi', 50],
  ['Ei', 60],
]);
const nanos = 10n ** 9n;
const largest = (2n ** 63n - 1n) * nanos;

/**
 * The canonical form: no fraction, the largest suffix that needs none (`0.5` is `500m`, `1024Mi` is `1Gi`).
 * @param roundToMilli as the defaults of ResourceLists do: no finer than a thousandth, rounded up
 * @throws QuantityError
 */
export function canonicalQuantity(text: string, roundToMilli = false): string {
  const match = /^([+-]?)([0-9]*)(?:\.([0-9]*))?([eEinumkKMGTP]*)([-+]?[0-9]*)$/.exec(text);
  if (!match || !/^[+-]?[0-9.]/.test(text)) throw new QuantityError(wrongFormat);
  const [, sign, whole = '', fraction = '', letters = '', exponentText = ''] = match;
  const suffix = letters + exponentText;
  let format: QuantityFormat = 'decimal';
  let value = BigInt(`${whole}${fraction}` === '' ? missingDigits() : `${whole}${fraction}`) * nanos;
  let divisor = 10n ** BigInt(fraction.length);
  const exponent = decimal.get(suffix);
  const shift = binary.get(suffix);
  if (exponent !== undefined) {
    if (exponent < 0) divisor *= 10n ** BigInt(-exponent);
    else value *= 10n ** BigInt(exponent);
  } else if (shift !== undefined) {
    format = 'binary';
    value <<= BigInt(shift);
  } else if (/^[eE][-+]?[0-9]{1,3}$/.test(suffix)) {
    format = 'exponent';
    const power = Number(suffix.slice(1));
    if (power < 0) divisor *= 10n ** BigInt(-power);
    else value *= 10n ** BigInt(power);
  } else throw new QuantityError("unable to parse quantity's suffix");
  // What is finer than nano is rounded up, away from zero; what needs more than 18 digits is capped.
  value = (value + divisor - 1n) / divisor;
  const short = format !== 'binary' && whole.length + fraction.length <= 18;
  if (!short && value > largest) value = largest;
  if (roundToMilli) {
    const milli = nanos / 1000n;
    value = sign === '-' ? (value / milli) * milli : ((value + milli - 1n) / milli) * milli;
  }
  const written = write(value, format);
  return sign === '-' && written !== '0' ? `-${written}` : written;
}

function missingDigits(): never {
  throw new QuantityError('unable to parse numeric part of quantity');
}

export type QuantityFormat = 'decimal' | 'exponent' | 'binary';

/** How a quantity was written; a sum is written as its first part was. */
export function quantityFormat(text: string): QuantityFormat {
  if (text.endsWith('i')) return 'binary';
  return /[eE][-+]?\d+$/.test(text) ? 'exponent' : 'decimal';
}

/** The canonical text of an amount in units of 10^-9. */
export function quantityText(value: bigint, format: QuantityFormat): string {
  return value < 0n ? `-${write(-value, format)}` : write(value, format);
}

/** `value` in units of 10^-9, not negative. */
function write(value: bigint, format: QuantityFormat): string {
  if (value === 0n) return '0';
  if (format === 'binary' && value >= 1024n * nanos && value % nanos === 0n) {
    let number = value / nanos;
    let power = 0;
    for (; number % 1024n === 0n && power < 60; power += 10) number /= 1024n;
    const suffix = [...binary].find(([, shift]) => shift === power)?.[0] ?? '';
    return `${number}${suffix}`;
  }
  let number = value;
  let power = -9;
  const most = format === 'exponent' ? Number.POSITIVE_INFINITY : 18;
  for (; number % 1000n === 0n && power < most; power += 3) number /= 1000n;
  if (format === 'exponent') return power === 0 ? `${number}` : `${number}e${power}`;
  const suffix = [...decimal].find(([, exponent]) => exponent === power)?.[0] ?? '';
  return `${number}${suffix}`;
}
