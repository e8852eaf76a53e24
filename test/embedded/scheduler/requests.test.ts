import { describe, expect, it } from 'vitest';
import type { Pod } from '../../../src/kube/api.gen.ts';
import type { Stored } from '../../../src/kube/meta.ts';
import { podRequests } from '../../../src/kube/requests.ts';

/** A Pod that wishes for `wanted` and holds `held`. */
const pod = (wanted: string, held?: string, reason?: 'Deferred' | 'Infeasible'): Stored<Pod> => ({
  metadata: { name: 'p', uid: 'u', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' },
  spec: { containers: [{ name: 'c', image: 'x', resources: { requests: { cpu: wanted } } }] },
  status: {
    ...(reason && { conditions: [{ type: 'PodResizePending', status: 'True', reason }] }),
    ...(held && {
      containerStatuses: [
        {
          ...{ name: 'c', image: 'x', imageID: '', ready: true, restartCount: 0 },
          ...{ allocatedResources: { cpu: held }, resources: { requests: { cpu: held } } },
        },
      ],
    }),
  },
});

describe('what a Pod takes of its node', () => {
  it.each([
    ['what it asks for', pod('1'), 1000],
    ['what it holds, until a smaller wish is granted', pod('1', '2'), 2000],
    ['what it waits for', pod('3', '2', 'Deferred'), 3000],
    ['what it holds, if its wish is hopeless', pod('30', '2', 'Infeasible'), 2000],
  ])('is %s', (_, one, cpu) => expect(podRequests(one)).toEqual({ cpu }));
});
