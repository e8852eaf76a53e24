import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { podGc } from '../../../src/embedded/controllers/nodes/pod-gc.ts';
import type { Taint } from '../../../src/kube/api.gen.ts';
import { nodes, pods } from '../../../src/kube/resources.ts';
import { type Plane, startPlane } from './plane.ts';

let plane: Plane;
beforeEach(async () => {
  plane = await startPlane(podGc);
  await plane.client.create(nodes, { metadata: { name: 'n' } });
});
afterEach(() => plane.stop());

async function pod(name: string, nodeName?: string): Promise<void> {
  const spec = { containers: [{ name: 'c', image: 'x' }], ...(nodeName && { nodeName }) };
  await plane.client.create(pods, { metadata: { name, namespace: 'default' }, spec });
}
const get = (name: string) => plane.informers.of(pods).get('default', name);

describe('the Pod garbage collector', () => {
  it('fails and deletes Pods of a node that has been gone for 40 seconds', async () => {
    await pod('p', 'n');
    const p = await plane.client.get(pods, 'default', 'p');
    await plane.report(p, { conditions: [{ type: 'Ready', status: 'True' }] });
    const conditions: unknown[] = [];
    plane.informers.of(pods).on({ delete: ({ status }) => conditions.push(status?.phase, status?.conditions) });
    await plane.pass(60);
    expect(get('p')).toBeDefined();
    await plane.client.delete(nodes, undefined, 'n');
    await plane.pass(50);
    expect(get('p')).toBeDefined();
    await plane.pass(30);
    expect(get('p')).toBeUndefined();
    expect(conditions).toMatchObject([
      'Failed',
      [
        { type: 'Ready' },
        { type: 'DisruptionTarget', reason: 'DeletionByPodGC', message: 'PodGC: node no longer exists' },
      ],
    ]);
  });

  it('spares them if the node comes back', async () => {
    await pod('p', 'n');
    await plane.client.delete(nodes, undefined, 'n');
    await plane.pass(30);
    await plane.client.create(nodes, { metadata: { name: 'n' } });
    await plane.pass(120);
    expect(get('p')).toBeDefined();
  });

  it('finishes off Pods that are being deleted on a node that is out of service', async () => {
    await pod('p', 'n');
    await plane.client.delete(pods, 'default', 'p');
    await plane.pass(40);
    expect(get('p')).toBeDefined();
    const taints: Taint[] = [{ key: 'node.kubernetes.io/out-of-service', value: 'x', effect: 'NoExecute' }];
    await plane.client.patch(nodes, undefined, 'n', 'merge', { spec: { taints } });
    await plane.pass(21);
    expect(get('p')).toBeUndefined();
  });
});
