import { expect, it } from 'vitest';
import { stuckAfter } from '../../../src/embedded/controllers/workloads/deployment-status.ts';
import type { Deployment } from '../../../src/kube/api.gen.ts';
import type { Stored } from '../../../src/kube/meta.ts';

it('takes a condition that was written without its time for an old one: looked at in a second, not at once for ever', () => {
  const deployment = {
    metadata: { name: 'web', namespace: 'shop', uid: 'u', resourceVersion: '1', creationTimestamp: '' },
    spec: { replicas: 2, progressDeadlineSeconds: 600, selector: {}, template: {} },
    status: { replicas: 1, conditions: [{ type: 'Progressing', status: 'True', reason: 'ReplicaSetUpdated' }] },
  } as unknown as Stored<Deployment>;
  expect(stuckAfter(deployment, { replicas: 1 }, Date.parse('2026-01-01T00:00:00Z'))).toBe(1_000);
});
