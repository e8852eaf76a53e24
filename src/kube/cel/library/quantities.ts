/** `quantity('1Gi')`, and what can be asked of it. */
import { quantityNanos } from '../../quantity.ts';
import { canonicalQuantity } from '../../quantity-text.ts';
import type { Definitions } from '../functions.ts';
import { fail } from '../functions.ts';
import { Opaque } from '../values.ts';

const nano = 1_000_000_000n;
const largest = 1n << 63n;

/** An amount in units of 10^-9. */
export class Quantity extends Opaque {
  readonly typeName = 'kubernetes.Quantity';
  readonly nanos: bigint;

  constructor(nanos: bigint) {
    super();
    this.nanos = nanos;
  }

  equals(other: Opaque): boolean {
    return other instanceof Quantity && other.nanos === this.nanos;
  }
}

/** Why a text is no quantity; undefined if it is one. */
function fault(text: string): string | undefined {
  try {
    canonicalQuantity(text);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

function parse(text: string): Quantity {
  const why = fault(text);
  return why === undefined ? new Quantity(quantityNanos(text)) : fail(why);
}

const order = (a: Quantity, b: Quantity) => (a.nanos < b.nanos ? -1n : a.nanos > b.nanos ? 1n : 0n);
const isInteger = ({ nanos }: Quantity) => nanos % nano === 0n && nanos / nano < largest && nanos / nano >= -largest;

export const quantityLibrary: Definitions = {
  string_to_quantity: ['quantity(string) -> Quantity', parse],
  is_quantity_string: ['isQuantity(string) -> bool', (text: string) => fault(text) === undefined],
  quantity_sign: ['sign(Quantity) -> int', ({ nanos }: Quantity) => (nanos > 0n ? 1n : nanos < 0n ? -1n : 0n)],
  quantity_is_greater_than: [
    'Quantity.isGreaterThan(Quantity) -> bool',
    (a: Quantity, b: Quantity) => order(a, b) === 1n,
  ],
  quantity_is_less_than: ['Quantity.isLessThan(Quantity) -> bool', (a: Quantity, b: Quantity) => order(a, b) === -1n],
  quantity_compare_to: ['Quantity.compareTo(Quantity) -> int', order],
  quantity_get_float: ['Quantity.asApproximateFloat() -> double', ({ nanos }: Quantity) => Number(nanos) / 1e9],
  quantity_get_int: [
    'Quantity.asInteger() -> int',
    (value: Quantity) => (isInteger(value) ? value.nanos / nano : fail('cannot convert value to integer')),
  ],
  quantity_is_integer: ['Quantity.isInteger() -> bool', isInteger],
  quantity_add: ['Quantity.add(Quantity) -> Quantity', (a: Quantity, b: Quantity) => new Quantity(a.nanos + b.nanos)],
  quantity_add_int: ['Quantity.add(int) -> Quantity', (a: Quantity, b: bigint) => new Quantity(a.nanos + b * nano)],
  quantity_sub: ['Quantity.sub(Quantity) -> Quantity', (a: Quantity, b: Quantity) => new Quantity(a.nanos - b.nanos)],
  quantity_sub_int: ['Quantity.sub(int) -> Quantity', (a: Quantity, b: bigint) => new Quantity(a.nanos - b * nano)],
};
