/** Arithmetic of resource lists (`{ cpu: '500m', memory: '1Gi' }`), as apiserver's pkg/quota does it. */
import { ownValue } from '../../kernel/own.ts';
import { compareQuantities, quantityNanos } from '../../kube/quantity.ts';
import { quantityFormat, quantityText } from '../../kube/quantity-text.ts';

export type Amounts = Readonly<Record<string, string>>;

/** A sum keeps the notation of its first part, unless that is zero. */
function combine(a: string | undefined, b: string, sign: 1n | -1n): string {
  const first = a === undefined ? 0n : quantityNanos(a);
  const format = quantityFormat(a === undefined || first === 0n ? b : a);
  return quantityText(first + sign * quantityNanos(b), format);
}

export function add(a: Amounts, b: Amounts): Record<string, string> {
  const sum: Record<string, string> = { ...a };
  for (const [name, value] of Object.entries(b)) sum[name] = combine(ownValue(sum, name), value, 1n);
  return sum;
}

/** `a` less `b`, never below zero; of the names of `a`. */
export function subtract(a: Amounts, b: Amounts): Record<string, string> {
  return Object.fromEntries(
    Object.entries(a).map(([name, value]) => {
      const less = ownValue(b, name);
      const rest = less === undefined ? value : combine(value, less, -1n);
      return [name, compareQuantities(rest, '0') < 0 ? '0' : rest];
    }),
  );
}

/** For each name the larger amount. */
export function larger(a: Amounts, b: Amounts): Record<string, string> {
  const result: Record<string, string> = { ...a };
  for (const [name, value] of Object.entries(b)) {
    const known = ownValue(result, name);
    if (known === undefined || compareQuantities(value, known) > 0) result[name] = value;
  }
  return result;
}

/** Only those of the given names. */
export function only(amounts: Amounts, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const amount = ownValue(amounts, name);
      return amount === undefined ? [] : [[name, amount]];
    }),
  );
}

export const isZero = (amounts: Amounts) => Object.values(amounts).every((value) => quantityNanos(value) === 0n);

/** `requests.cpu=600m,requests.memory=1Gi`, by name. */
export function amountsText(amounts: Amounts): string {
  return Object.keys(amounts)
    .sort()
    .map((name) => `${name}=${amounts[name]}`)
    .join(',');
}
