/** The API of a cluster in this process: all built-in kinds, admission, handlers; no server and no controllers. */
import { createControlPlane } from '../../src/embedded/cluster/control-plane.ts';
import { isApiError } from '../../src/embedded/errors/status.ts';
import { createPki } from '../../src/embedded/pki/pki.ts';
import { builtinResources } from '../../src/embedded/resources/index.ts';
import { ManualClock } from '../../src/kernel/clock.ts';
import type { Pod, PodSpec, Status } from '../../src/kube/api.gen.ts';
import { namespaces, serviceAccounts } from '../../src/kube/resources.ts';

/** With the namespace `lab` and its default ServiceAccount. */
export async function api() {
  const clock = new ManualClock();
  const plane = createControlPlane({ clock, pki: createPki(clock), definitions: builtinResources });
  const { client } = plane;
  await client.create(namespaces, { metadata: { name: 'lab' } });
  await client.create(serviceAccounts, { metadata: { name: 'default', namespace: 'lab' } });
  return { clock, client, registry: plane.registry };
}

/** The Status that a request is refused with. */
export async function refusal(request: Promise<unknown>): Promise<Status> {
  try {
    await request;
  } catch (error) {
    if (isApiError(error)) return error.status;
    throw error;
  }
  throw new Error('the request was not refused');
}

/** `field: message` of every cause. */
export async function causes(request: Promise<unknown>): Promise<string[]> {
  const status = await refusal(request);
  return (status.details?.causes ?? []).map((cause) => `${cause.field}: ${cause.message}`);
}

export const podOf = (spec: Partial<PodSpec> = {}, name = 'p'): Pod => ({
  metadata: { name, namespace: 'lab' },
  spec: { containers: [{ name: 'c', image: 'nginx' }], ...spec },
});
