import { describe, expect, it } from 'vitest';
import { ScalingHistory } from '../../../src/embedded/controllers/scaling/hpa-behavior.ts';
import { byAverage, byUtilization } from '../../../src/embedded/controllers/scaling/hpa-replicas.ts';
import type { Pod } from '../../../src/kube/api.gen.ts';
import type { Stored } from '../../../src/kube/meta.ts';

const now = Date.parse('2026-01-01T01:00:00Z');
const spec = { maxReplicas: 10, minReplicas: 1, scaleTargetRef: { kind: 'Deployment', name: 'd' } };

function pod(name: string, more: { request?: string; phase?: string } = {}): Stored<Pod> {
  const { request = '100m', phase = 'Running' } = more;
  return {
    metadata: { name, uid: name, resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' },
    spec: { containers: [{ name: 'c', image: 'x', resources: { requests: { cpu: request } } }] },
    status: {
      phase,
      startTime: '2026-01-01T00:00:00Z',
      conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T00:00:10Z' }],
    },
  };
}

function question(used: Record<string, number>, pods: Stored<Pod>[]) {
  const samples = new Map(Object.entries(used).map(([name, value]) => [name, { value, at: now, windowMs: 15_000 }]));
  return { current: pods.length, pods, samples, resource: 'cpu', tolerance: { up: 0.1, down: 0.1 }, now };
}

describe('replicas that bring usage to its target', () => {
  it('grow with usage, and stay where it is nearly right', () => {
    const pods = [pod('a'), pod('b')];
    expect(byUtilization(question({ a: 100, b: 100 }, pods), 50)).toEqual({
      replicas: 4,
      utilization: 100,
      average: 100,
    });
    expect(byUtilization(question({ a: 54, b: 54 }, pods), 50)).toMatchObject({ replicas: 2, utilization: 54 });
    expect(byAverage(question({ a: 300, b: 100 }, pods), 100)).toEqual({ replicas: 4, average: 200 });
  });

  it('take Pods without numbers to be busy on the way down', () => {
    const pods = [pod('a'), pod('b'), pod('c')];
    expect(byUtilization(question({ a: 10, b: 10 }, pods), 50).replicas).toBe(3);
  });

  it('take Pods that start to be idle on the way up', () => {
    const pods = [pod('a'), pod('b', { phase: 'Pending' })];
    expect(byUtilization(question({ a: 200 }, pods), 50).replicas).toBe(4);
  });

  it('need requests', () => {
    const bare = pod('a');
    bare.spec = { containers: [{ name: 'c', image: 'x' }] };
    expect(() => byUtilization(question({ a: 1 }, [bare]), 50)).toThrow(
      'missing request for cpu in container c of Pod a',
    );
  });
});

describe('the history of an autoscaler', () => {
  it('holds back for five minutes before it shrinks', () => {
    const history = new ScalingHistory();
    history.begin(4, now);
    expect(history.judge(spec, 4, 1, now + 15_000)).toMatchObject({
      replicas: 4,
      able: { reason: 'ScaleDownStabilized' },
    });
    expect(history.judge(spec, 4, 1, now + 301_000)).toMatchObject({
      replicas: 1,
      able: { reason: 'ReadyForNewScale' },
    });
  });

  it('at most doubles, and keeps to its bounds', () => {
    const history = new ScalingHistory();
    expect(history.judge(spec, 3, 9, now)).toMatchObject({
      replicas: 6,
      limited: { limited: true, reason: 'ScaleUpLimit' },
    });
    expect(history.judge(spec, 6, 20, now)).toMatchObject({ replicas: 10, limited: { reason: 'TooManyReplicas' } });
  });

  it('goes at the pace of its policies', () => {
    const policies = [{ type: 'Pods', value: 1, periodSeconds: 60 }];
    const behavior = {
      scaleUp: { stabilizationWindowSeconds: 0, selectPolicy: 'Max', policies },
      scaleDown: { stabilizationWindowSeconds: 0, selectPolicy: 'Max', policies },
    };
    const slow = { ...spec, behavior };
    const history = new ScalingHistory();
    expect(history.judge(slow, 2, 5, now).replicas).toBe(3);
    history.scaled(2, 3, now);
    expect(history.judge(slow, 3, 5, now + 30_000).replicas).toBe(3);
    expect(history.judge(slow, 3, 5, now + 61_000).replicas).toBe(4);
    expect(history.judge(slow, 4, 1, now + 200_000)).toMatchObject({
      replicas: 3,
      limited: { limited: true, reason: 'ScaleDownLimit' },
    });
  });
});
