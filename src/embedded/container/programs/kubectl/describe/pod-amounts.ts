/** What Pods ask for and may use, as sums of quantities. */
import { ownValue } from '../../../../../kernel/own.ts';
import type { Container, Pod } from '../../../../../kube/api.gen.ts';
import { milliValue, quantityNanos, quantityValue } from '../../../../../kube/quantity.ts';
import { type QuantityFormat, quantityFormat, quantityText } from '../../../../../kube/quantity-text.ts';

/** Amounts by resource, in units of 10^-9. */
export type Sums = Record<string, { nanos: bigint; format: QuantityFormat }>;

export interface PodAmounts {
  requests: Sums;
  limits: Sums;
}

function sums(amounts: Readonly<Record<string, string>> | undefined): Sums {
  return Object.fromEntries(
    Object.entries(amounts ?? {}).map(([name, text]) => [
      name,
      { nanos: quantityNanos(text), format: quantityFormat(text) },
    ]),
  );
}

export function addAmounts(total: Sums, more: Sums): void {
  for (const [name, { nanos, format }] of Object.entries(more)) {
    const known = ownValue(total, name);
    total[name] = known ? { ...known, nanos: known.nanos + nanos } : { nanos, format };
  }
}

function atLeast(total: Sums, least: Sums): void {
  for (const [name, amount] of Object.entries(least))
    if (amount.nanos > (ownValue(total, name)?.nanos ?? -1n)) total[name] = amount;
}

/** Containers and sidecars together, or its init containers at their worst (KEP-753), and overhead. */
export function podAmounts({ spec }: Pod): PodAmounts {
  const reckon = (side: 'requests' | 'limits'): Sums => {
    const of = ({ resources }: Container) => sums(resources?.[side]);
    const total: Sums = {};
    for (const container of spec?.containers ?? []) addAmounts(total, of(container));
    const sidecars: Sums = {};
    const worst: Sums = {};
    for (const container of spec?.initContainers ?? []) {
      const moment = { ...sidecars };
      addAmounts(moment, of(container));
      atLeast(worst, moment);
      if (container.restartPolicy !== 'Always') continue;
      addAmounts(sidecars, of(container));
      addAmounts(total, of(container));
    }
    atLeast(total, worst);
    Object.assign(total, sums(spec?.resources?.[side]));
    const overhead = sums(spec?.overhead);
    for (const [name, amount] of Object.entries(overhead))
      if (side === 'requests' || ownValue(total, name)) addAmounts(total, { [name]: amount });
    return total;
  };
  return { requests: reckon('requests'), limits: reckon('limits') };
}

/** `850m (21%)`, or the amount alone without a room that it is a part of. */
export function share(amounts: Sums, resource: string, room?: Readonly<Record<string, string>>): string {
  const { nanos, format } = ownValue(amounts, resource) ?? { nanos: 0n, format: 'decimal' };
  const text = quantityText(nanos, format);
  if (!room) return text;
  const count = resource === 'cpu' ? milliValue : quantityValue;
  const whole = count(ownValue(room, resource) ?? '0');
  return `${text} (${whole === 0 ? 0 : Math.trunc((count(text) / whole) * 100)}%)`;
}
