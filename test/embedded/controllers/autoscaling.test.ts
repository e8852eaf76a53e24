import { afterEach, describe, expect, it } from 'vitest';
import type { RemoteReader } from '../../../src/embedded/client/client.ts';
import { ApiError } from '../../../src/embedded/errors/status.ts';
import type { HorizontalPodAutoscalerSpec, MetricSpec } from '../../../src/kube/api.gen.ts';
import { deployments, horizontalPodAutoscalers, pods } from '../../../src/kube/resources.ts';
import { workloadPlane } from './workload-plane.ts';

let stop = () => {};
afterEach(() => stop());

/** A plane with a Deployment whose Pods use `use.cpu`, as somebody's metrics API tells. */
async function busyPlane() {
  const use: { cpu: string; failure?: ApiError } = { cpu: '0' };
  const remote: RemoteReader = {
    async list(_, namespace, { labelSelector }) {
      if (use.failure) throw use.failure;
      expect([namespace, labelSelector]).toEqual(['default', 'app=a']);
      const timestamp = new Date(p.clock.now()).toISOString();
      const items = p.list(pods).map(({ metadata: { name } }) => ({
        metadata: { name, namespace: 'default' },
        ...{ timestamp, window: '15.01s', containers: [{ name: 'c', usage: { cpu: use.cpu, memory: '2Mi' } }] },
      }));
      return { items: items as never[], resourceVersion: '' };
    },
  };
  const p = await workloadPlane(1, remote);
  stop = p.stop;
  const labels = { app: 'a' };
  const containers = [{ name: 'c', image: 'x', resources: { requests: { cpu: '100m' } } }];
  await p.client.create(deployments, {
    metadata: { name: 'web', namespace: 'default' },
    spec: { replicas: 1, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers } } },
  });
  const autoscale = (metrics: MetricSpec[], more: Partial<HorizontalPodAutoscalerSpec> = {}) =>
    p.client.create(horizontalPodAutoscalers, {
      metadata: { name: 'web', namespace: 'default' },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
        maxReplicas: 4,
        metrics,
        ...more,
      },
    });
  const replicas = () => p.get(deployments, 'web')?.spec?.replicas;
  const condition = (type: string) =>
    p.get(horizontalPodAutoscalers, 'web')?.status?.conditions?.find((c) => c.type === type);
  return { ...p, use, autoscale, replicas, condition };
}

const cpu = { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } };

describe('an autoscaler', () => {
  it('takes a busy Deployment up, and down again when its window is over', async () => {
    const { autoscale, use, until, replicas, events, get, clock } = await busyPlane();
    use.cpu = '99500u';
    const scaleDown = { stabilizationWindowSeconds: 60 };
    await autoscale([{ type: 'Resource', resource: cpu }], { behavior: { scaleDown } });
    await until(() => replicas() === 4);
    expect(get(horizontalPodAutoscalers, 'web')?.status?.currentMetrics).toEqual([
      { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 100, averageValue: '100m' } } },
    ]);
    const quiet = clock.now();
    use.cpu = '1m';
    await until(() => replicas() === 1);
    expect(clock.now() - quiet).toBeGreaterThanOrEqual(45_000);
    expect(events('SuccessfulRescale')).toEqual([
      'New size: 2; reason: cpu resource utilization (percentage of request) above target',
      'New size: 4; reason: cpu resource utilization (percentage of request) above target',
      'New size: 1; reason: All metrics below target',
    ]);
  });

  it('goes by one container, and by amounts', async () => {
    const { autoscale, use, until, replicas } = await busyPlane();
    use.cpu = '60m';
    const target = { type: 'AverageValue', averageValue: '20m' };
    await autoscale([{ type: 'ContainerResource', containerResource: { name: 'cpu', container: 'c', target } }]);
    await until(() => replicas() === 3);
  });

  it.each([
    [404, 'the server could not find the requested resource (get pods.metrics.k8s.io)'],
    [503, 'the server is currently unable to handle the request (get pods.metrics.k8s.io)'],
  ])('says why it can do nothing where the metrics API answers %d', async (code, message) => {
    const { autoscale, use, until, condition, events, replicas } = await busyPlane();
    use.failure = new ApiError({ code, message });
    await autoscale([{ type: 'Resource', resource: cpu }]);
    await until(() => condition('ScalingActive')?.reason === 'FailedGetResourceMetric');
    const why = `failed to get cpu utilization: unable to get metrics for resource cpu: unable to fetch metrics from resource metrics API: ${message}`;
    expect(condition('ScalingActive')?.message).toBe(`the HPA was unable to compute the replica count: ${why}`);
    expect(events('FailedGetResourceMetric')).toEqual([why]);
    expect(replicas()).toBe(1);
  });
});
