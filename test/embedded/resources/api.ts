/** The API of a cluster in this process: all built-in kinds, admission, handlers; no server and no controllers. */
import type { Pod, PodSpec } from '../../../src/kube/api.gen.ts';
import { refusal, startControlPlane } from '../../helpers/control-plane.ts';

/** With the namespace `lab` and its default ServiceAccount. */
export const api = () => startControlPlane({ namespaces: ['lab'] });

/** `field: message` of every cause. */
export async function causes(request: Promise<unknown>): Promise<string[]> {
  const status = await refusal(request);
  return (status.details?.causes ?? []).map((cause) => `${cause.field}: ${cause.message}`);
}

export const podOf = (spec: Partial<PodSpec> = {}, name = 'p'): Pod => ({
  metadata: { name, namespace: 'lab' },
  spec: { containers: [{ name: 'c', image: 'nginx' }], ...spec },
});
