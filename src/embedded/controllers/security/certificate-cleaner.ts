import { X509Certificate } from 'node:crypto';
import type { CertificateSigningRequest } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { certificateSigningRequests } from '../../../kube/resources.ts';
import type { Component } from '../../api.ts';
import { WorkQueue } from '../../client/work-queue.ts';
import { controllerClient } from '../identity.ts';

const hour = 3_600_000;

/** How long requests are kept, by what became of them. */
const kept = { Approved: hour, Denied: hour, Failed: hour, Pending: 24 * hour };

/** The moment at which a request has served its purpose. */
function endOf(request: Stored<CertificateSigningRequest>): number {
  const times = (request.status?.conditions ?? []).flatMap(({ type, lastUpdateTime, lastTransitionTime }) => {
    const time = Date.parse(lastUpdateTime ?? lastTransitionTime ?? request.metadata.creationTimestamp);
    return type === 'Approved' || type === 'Denied' || type === 'Failed' ? [time + kept[type]] : [];
  });
  const pending = times.length === 0 ? [Date.parse(request.metadata.creationTimestamp) + kept.Pending] : [];
  const { certificate } = request.status ?? {};
  return Math.min(...times, ...pending, ...(certificate ? [expiryOf(certificate)] : []));
}

function expiryOf(certificate: string): number {
  try {
    return Date.parse(new X509Certificate(Buffer.from(certificate, 'base64')).validTo);
  } catch {
    // Whoever signed it wrote no certificate: nothing ends.
    return Number.POSITIVE_INFINITY;
  }
}

/** Deletes CertificateSigningRequests that nobody needs any more. */
export const certificateCleaner: Component = {
  name: 'csrcleaner',
  start(context) {
    const { clock, signal, informers, report } = context;
    const client = controllerClient(context, 'certificate-controller');
    const requests = informers.of(certificateSigningRequests);
    const queue = new WorkQueue({
      clock,
      signal,
      report,
      async sync(name): Promise<{ after: number } | undefined> {
        const request = requests.get(undefined, name);
        if (!request) return undefined;
        const left = endOf(request) - clock.now();
        if (left > 0) return { after: left };
        await client.delete(certificateSigningRequests, undefined, name);
        return undefined;
      },
    });
    const enqueue = (request: Stored<CertificateSigningRequest>) => queue.add(request.metadata.name);
    requests.on({ add: enqueue, update: enqueue });
  },
};
