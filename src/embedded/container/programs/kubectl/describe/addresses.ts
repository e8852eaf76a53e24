/** Where the addresses of Services come from. */
import type { IPAddress, ServiceCIDR } from '../../../../../kube/api.gen.ts';
import type { Describer } from './context.ts';
import { writeEvents } from './events.ts';
import { timeText, writeMetadata } from './format.ts';

export const describeAddress: Describer<IPAddress> = async (w, address, context) => {
  writeMetadata(w, address);
  const { group = '', resource, namespace = '', name } = address.spec?.parentRef ?? {};
  w.write(0, 'Parent Reference:\n');
  w.write(1, `Group:\t${group}\n`);
  w.write(1, `Resource:\t${resource ?? ''}\n`);
  w.write(1, `Namespace:\t${namespace}\n`);
  w.write(1, `Name:\t${name ?? ''}\n`);
  await writeEvents(w, address, context);
};

export const describeServiceCidr: Describer<ServiceCIDR> = async (w, range, context) => {
  writeMetadata(w, range);
  w.write(0, `CIDRs:\t${(range.spec?.cidrs ?? []).join(', ')}\n`);
  const conditions = range.status?.conditions ?? [];
  if (conditions.length > 0) {
    w.write(0, 'Status:\n');
    w.write(0, 'Conditions:\n');
    w.write(1, 'Type\tStatus\tLastTransitionTime\tReason\tMessage\n');
    w.write(1, '----\t------\t------------------\t------\t-------\n');
    for (const c of conditions)
      w.write(1, `${c.type}\t${c.status}\t${timeText(c.lastTransitionTime)}\t${c.reason}\t${c.message}\n`);
  }
  await writeEvents(w, range, context);
};
