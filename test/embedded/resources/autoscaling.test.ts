import { describe, expect, it } from 'vitest';
import { toV1, toV2 } from '../../../src/embedded/resources/autoscaling/convert.ts';
import type {
  AutoscalingV1HorizontalPodAutoscaler,
  HorizontalPodAutoscaler,
  MetricSpec,
} from '../../../src/kube/api.gen.ts';
import type { Resource, Stored } from '../../../src/kube/meta.ts';
import { horizontalPodAutoscalers } from '../../../src/kube/resources.ts';
import fc from '../../helpers/fast-check.ts';
import { api } from './api.ts';

const v1: Resource<AutoscalingV1HorizontalPodAutoscaler> = {
  group: 'autoscaling',
  version: 'v1',
  resource: 'horizontalpodautoscalers',
  kind: 'HorizontalPodAutoscaler',
  namespaced: true,
};
const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' };
const metadata = { name: 'h', namespace: 'lab' };

describe('HorizontalPodAutoscalers', () => {
  it('are one object in two versions', async () => {
    const { client } = await api();
    const old = await client.create(v1, {
      metadata,
      spec: { scaleTargetRef, maxReplicas: 5, targetCPUUtilizationPercentage: 60 },
    });
    expect(old.spec).toMatchObject({ minReplicas: 1, targetCPUUtilizationPercentage: 60 });
    const now = await client.get(horizontalPodAutoscalers, 'lab', 'h');
    expect(now.spec?.metrics).toEqual([
      { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 60 } } },
    ]);
    const memory = {
      type: 'Resource',
      resource: { name: 'memory', target: { type: 'AverageValue', averageValue: '100Mi' } },
    };
    await client.patch(horizontalPodAutoscalers, 'lab', 'h', 'merge', { spec: { metrics: [memory] } });
    const seen = await client.get(v1, 'lab', 'h');
    expect(seen.spec).not.toHaveProperty('targetCPUUtilizationPercentage');
    expect(seen.metadata.annotations).toEqual({
      'autoscaling.alpha.kubernetes.io/metrics':
        '[{"type":"Resource","resource":{"name":"memory","targetAverageValue":"100Mi"}}]',
    });
    await client.delete(v1, 'lab', 'h');
    expect((await client.list(horizontalPodAutoscalers, 'lab')).items).toEqual([]);
  });

  it('measure the processor if nothing is said, and fill in a behavior that is begun', async () => {
    const { client } = await api();
    const made = await client.create(horizontalPodAutoscalers, {
      metadata,
      spec: { scaleTargetRef, maxReplicas: 3, behavior: { scaleDown: { stabilizationWindowSeconds: 60 } } },
    });
    expect(made.spec?.metrics?.[0]?.resource?.target).toEqual({ type: 'Utilization', averageUtilization: 80 });
    expect(made.spec?.behavior).toEqual({
      scaleDown: {
        stabilizationWindowSeconds: 60,
        selectPolicy: 'Max',
        policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }],
      },
      scaleUp: {
        stabilizationWindowSeconds: 0,
        selectPolicy: 'Max',
        policies: [
          { type: 'Pods', value: 4, periodSeconds: 15 },
          { type: 'Percent', value: 100, periodSeconds: 15 },
        ],
      },
    });
  });

  const name = fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/);
  const amount = fc.integer({ min: 1, max: 1000 }).map(String);
  const metric: fc.Arbitrary<MetricSpec> = fc.oneof(
    fc.record({ name, averageValue: amount }).map(({ name: n, averageValue }) => ({
      type: 'Resource',
      resource: { name: n, target: { type: 'AverageValue', averageValue } },
    })),
    fc.record({ name, averageValue: amount }).map(({ name: n, averageValue }) => ({
      type: 'Pods',
      pods: { metric: { name: n }, target: { type: 'AverageValue', averageValue } },
    })),
    fc.record({ name, value: amount }).map(({ name: n, value }) => ({
      type: 'External',
      external: { metric: { name: n }, target: { type: 'Value', value } },
    })),
    fc.record({ name, value: amount }).map(({ name: n, value }) => ({
      type: 'Object',
      object: {
        describedObject: { apiVersion: 'v1', kind: 'Service', name: n },
        metric: { name: n },
        target: { type: 'Value', value },
      },
    })),
    fc.record({ name, utilization: fc.integer({ min: 1, max: 100 }) }).map(({ name: n, utilization }) => ({
      type: 'ContainerResource',
      containerResource: {
        name: 'cpu',
        container: n,
        target: { type: 'Utilization', averageUtilization: utilization },
      },
    })),
  );

  it('lose nothing on the way through the older version', () => {
    fc.assert(
      fc.property(fc.array(metric, { minLength: 1, maxLength: 6 }), (metrics) => {
        const stored = {
          apiVersion: 'autoscaling/v2',
          kind: 'HorizontalPodAutoscaler',
          metadata: { name: 'h', uid: 'u', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' },
          spec: { scaleTargetRef, minReplicas: 1, maxReplicas: 3, metrics },
          status: { desiredReplicas: 0 },
        } as Stored<HorizontalPodAutoscaler>;
        expect(toV2(toV1(stored))).toEqual(stored);
      }),
    );
  });
});
