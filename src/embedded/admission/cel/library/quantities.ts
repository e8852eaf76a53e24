import type { Environment } from '@marcbachmann/cel-js';
import { quantityNanos } from '../../../../kube/quantity.ts';
import { canonicalQuantity } from '../../../codec/quantity-text.ts';
import { CelFailure } from '../failure.ts';

const nano = 1_000_000_000n;

/** An amount in units of 10^-9. */
class Quantity {
  readonly nanos: bigint;

  constructor(nanos: bigint) {
    this.nanos = nanos;
  }
}

function isQuantity(text: string): boolean {
  try {
    canonicalQuantity(text);
    return true;
  } catch {
    return false;
  }
}

function parse(text: string): Quantity {
  try {
    canonicalQuantity(text);
  } catch (error) {
    throw new CelFailure((error as Error).message);
  }
  return new Quantity(quantityNanos(text));
}

const compare = (a: Quantity, b: Quantity) => (a.nanos < b.nanos ? -1n : a.nanos > b.nanos ? 1n : 0n);

/** `quantity('1Gi')` and what can be asked of it. */
export function registerQuantities(environment: Environment): void {
  const q = 'kubernetes.Quantity';
  const whole = ({ nanos }: Quantity) => nanos % nano === 0n;
  const integer = (value: Quantity) => {
    if (!whole(value)) throw new CelFailure('cannot convert value to integer');
    return value.nanos / nano;
  };
  environment
    .registerType(q, Quantity)
    .registerFunction(`quantity(string): ${q}`, parse)
    .registerFunction('isQuantity(string): bool', isQuantity)
    .registerFunction(`${q}.isInteger(): bool`, whole)
    .registerFunction(`${q}.asInteger(): int`, integer)
    .registerFunction(`${q}.asApproximateFloat(): double`, ({ nanos }: Quantity) => Number(nanos) / 1e9)
    .registerFunction(`${q}.sign(): int`, ({ nanos }: Quantity) => (nanos > 0n ? 1n : nanos < 0n ? -1n : 0n))
    .registerFunction(`${q}.add(${q}): ${q}`, (a: Quantity, b: Quantity) => new Quantity(a.nanos + b.nanos))
    .registerFunction(`${q}.add(int): ${q}`, (a: Quantity, b: bigint) => new Quantity(a.nanos + b * nano))
    .registerFunction(`${q}.sub(${q}): ${q}`, (a: Quantity, b: Quantity) => new Quantity(a.nanos - b.nanos))
    .registerFunction(`${q}.sub(int): ${q}`, (a: Quantity, b: bigint) => new Quantity(a.nanos - b * nano))
    .registerFunction(`${q}.isLessThan(${q}): bool`, (a: Quantity, b: Quantity) => compare(a, b) < 0n)
    .registerFunction(`${q}.isGreaterThan(${q}): bool`, (a: Quantity, b: Quantity) => compare(a, b) > 0n)
    .registerFunction(`${q}.compareTo(${q}): int`, compare)
    .registerOperator(`${q} == ${q}`, (a: Quantity, b: Quantity) => a.nanos === b.nanos);
}
