import { createHash, randomUUID } from 'node:crypto';
import type { Clock } from '../../kernel/clock.ts';
import type { Lease } from '../../kube/api.gen.ts';
import { leases } from '../../kube/resources.ts';
import type { ApiClient, Component, ComponentContext } from '../api.ts';
import { isAlreadyExists, isNotFound } from '../controllers/failures.ts';
import { inBackground, refusals } from '../errors/background.ts';

const namespace = 'kube-system';

export type ControlPlanePart = 'kube-apiserver' | 'kube-controller-manager' | 'kube-scheduler';

/** client-go's leader election, and the identity of an API server (KEP-1965). All in seconds. */
const leader = { duration: 15, renew: 2 };
const identity = { duration: 3600, renew: 10 };

/** A Lease that one component of the control plane holds. */
interface Holding {
  name: string;
  holder: string;
  duration: number;
  renew: number;
  labels?: Record<string, string>;
  /** Whoever holds it leads: it says since when. */
  elected: boolean;
}

/** Keeps the Lease by which a part of the control plane on `node` shows that it leads, or which API server it is. */
export function controlPlaneLease(part: ControlPlanePart, node: string): Component {
  return {
    name: `lease/${part}`,
    start(context) {
      const user = { name: `system:${part}`, groups: ['system:masters', 'system:authenticated'] };
      return keep(context, context.client.as({ user, fieldManager: part }), holdingOf(part, node));
    },
  };
}

function holdingOf(part: ControlPlanePart, node: string): Holding {
  if (part !== 'kube-apiserver') return { name: part, holder: `${node}_${randomUUID()}`, ...leader, elected: true };
  const server = `apiserver-${base32(createHash('sha256').update(node).digest().subarray(0, 16))}`;
  return {
    name: server,
    holder: `${server}_${randomUUID()}`,
    ...identity,
    labels: { 'apiserver.kubernetes.io/identity': 'kube-apiserver', 'kubernetes.io/hostname': node },
    elected: false,
  };
}

/** Takes the Lease now and renews it from then on; resolves when it is taken. */
async function keep(context: ComponentContext, client: ApiClient, holding: Holding): Promise<void> {
  const { clock, signal } = context;
  // What fails now is tried again at the next turn.
  const attempt = (work: () => Promise<void>) => inBackground(context, `the Lease ${holding.name}`, work, refusals);
  await attempt(() => take(client, clock, holding));
  const again = () => {
    if (signal.aborted) return;
    void attempt(() => renew(client, clock, holding)).then(() => clock.after(holding.renew * 1000, again));
  };
  if (!signal.aborted) clock.after(holding.renew * 1000, again);
}

async function take(client: ApiClient, clock: Clock, holding: Holding): Promise<void> {
  const { name, holder, duration, labels, elected } = holding;
  const now = microTime(clock.now());
  const spec = { holderIdentity: holder, leaseDurationSeconds: duration, renewTime: now };
  const lease: Lease = {
    metadata: { name, namespace, ...(labels && { labels }) },
    spec: { ...spec, ...(elected && { acquireTime: now, leaseTransitions: 0 }) },
  };
  try {
    await client.create(leases, lease);
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    await renew(client, clock, holding);
  }
}

async function renew(client: ApiClient, clock: Clock, holding: Holding): Promise<void> {
  const { name, holder, duration, elected } = holding;
  const now = microTime(clock.now());
  try {
    const known = await client.get(leases, namespace, name);
    const taken = elected && known.spec?.holderIdentity !== holder;
    await client.update(leases, {
      ...known,
      spec: {
        ...known.spec,
        holderIdentity: holder,
        leaseDurationSeconds: duration,
        renewTime: now,
        ...(taken && { acquireTime: now, leaseTransitions: (known.spec?.leaseTransitions ?? 0) + 1 }),
      },
    });
  } catch (error) {
    if (!isNotFound(error)) throw error;
    await take(client, clock, holding);
  }
}

/** RFC 3339 with six digits. */
function microTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z');
}

/** RFC 4648, lower case, without padding. */
function base32(bytes: Uint8Array): string {
  const letters = 'abcdefghijklmnopqrstuvwxyz234567';
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('');
  return (bits.match(/.{1,5}/g) ?? []).map((group) => letters[Number.parseInt(group.padEnd(5, '0'), 2)]).join('');
}
