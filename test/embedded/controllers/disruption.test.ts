import { describe, expect, it } from 'vitest';
import { disruptionController } from '../../../src/embedded/controllers/scaling/disruption.ts';
import { deploymentController } from '../../../src/embedded/controllers/workloads/deployment.ts';
import { replicaSetController } from '../../../src/embedded/controllers/workloads/replicaset.ts';
import type { PodDisruptionBudgetSpec } from '../../../src/kube/api.gen.ts';
import { deployments, podDisruptionBudgets, pods } from '../../../src/kube/resources.ts';
import { refusal } from '../../helpers/control-plane.ts';
import { startPlane } from './plane.ts';

/** Three ready Pods of a Deployment, and a budget. */
async function lab(spec: PodDisruptionBudgetSpec) {
  const plane = await startPlane(disruptionController, deploymentController, replicaSetController);
  const { client, informers } = plane;
  const matchLabels = { app: 'a' };
  await client.create(deployments, {
    metadata: { name: 'd', namespace: 'default' },
    spec: {
      replicas: 3,
      selector: { matchLabels },
      template: { metadata: { labels: matchLabels }, spec: { containers: [{ name: 'c', image: 'nginx' }] } },
    },
  });
  await client.create(podDisruptionBudgets, {
    metadata: { name: 'b', namespace: 'default' },
    spec: { selector: { matchLabels }, ...spec },
  });
  await plane.settle();
  for (const pod of informers.of(pods).list()) {
    await plane.report(pod, { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] });
  }
  const status = () => informers.of(podDisruptionBudgets).get('default', 'b')?.status;
  return { ...plane, status };
}

describe('the disruption controller', () => {
  it.each([
    [{ minAvailable: 2 }, { desiredHealthy: 2, disruptionsAllowed: 1 }],
    [{ minAvailable: '50%' }, { desiredHealthy: 2, disruptionsAllowed: 1 }],
    [{ maxUnavailable: 1 }, { desiredHealthy: 2, disruptionsAllowed: 1 }],
    [{ maxUnavailable: '50%' }, { desiredHealthy: 1, disruptionsAllowed: 2 }],
    [{ minAvailable: 9 }, { desiredHealthy: 9, disruptionsAllowed: 0 }],
  ] as [PodDisruptionBudgetSpec, object][])('of %j allows what is left', async (spec, expected) => {
    const { status, stop } = await lab(spec);
    expect(status()).toMatchObject({ expectedPods: 3, currentHealthy: 3, observedGeneration: 1, ...expected });
    stop();
  });

  it('lets one Pod go after the other', async () => {
    const { client, informers, status, settle, stop } = await lab({ minAvailable: 2 });
    const [first, second] = informers.of(pods).list();
    const evict = (name = '') => client.createSubresource(pods, 'default', name, 'eviction', { metadata: { name } });
    await evict(first?.metadata.name);
    await settle();
    expect(status()).toMatchObject({ disruptionsAllowed: 0, currentHealthy: 2 });
    expect((await refusal(evict(second?.metadata.name))).code).toBe(429);
    stop();
  });

  it('allows nothing while nobody can say how many Pods there should be', async () => {
    const plane = await startPlane(disruptionController);
    const { client, informers } = plane;
    const labels = { app: 'a' };
    const owner = { apiVersion: 'batch/v1', kind: 'Job', name: 'j', uid: 'u', controller: true };
    const spec = { containers: [{ name: 'c', image: 'x' }] };
    await client.create(pods, {
      metadata: { name: 'p', namespace: 'default', labels, ownerReferences: [owner] },
      spec,
    });
    await client.create(podDisruptionBudgets, {
      metadata: { name: 'b', namespace: 'default' },
      spec: { selector: { matchLabels: labels }, maxUnavailable: 1 },
    });
    await plane.settle();
    const message = 'jobs.batch does not implement the scale subresource';
    expect(informers.of(podDisruptionBudgets).get('default', 'b')?.status).toMatchObject({
      disruptionsAllowed: 0,
      conditions: [{ type: 'DisruptionAllowed', status: 'False', reason: 'SyncFailed', message }],
    });
    expect(plane.told()).toContain(
      `CalculateExpectedPodCountFailed: Failed to calculate the number of expected pods: ${message}`,
    );
    plane.stop();
  });

  it('forgets about a Pod that was to go and stayed', async () => {
    const { client, informers, clock, pass, settle, stop } = await lab({ minAvailable: 2 });
    const [pod] = informers.of(pods).list();
    const name = pod?.metadata.name ?? '';
    const condition = {
      type: 'DisruptionTarget',
      status: 'True',
      reason: 'X',
      lastTransitionTime: new Date(clock.now()).toISOString().replace(/\.\d+/, ''),
    };
    await client.patch(
      pods,
      'default',
      name,
      'strategic',
      { status: { conditions: [condition] } },
      { subresource: 'status' },
    );
    await settle();
    await pass(121);
    const left = informers
      .of(pods)
      .get('default', name)
      ?.status?.conditions?.find((c) => c.type === 'DisruptionTarget');
    expect(left).toMatchObject({ status: 'False' });
    expect(left).not.toHaveProperty('reason');
    stop();
  });

  it('says that there is nobody to protect', async () => {
    const plane = await startPlane(disruptionController);
    await plane.client.create(podDisruptionBudgets, {
      metadata: { name: 'b', namespace: 'default' },
      spec: { minAvailable: 1, selector: { matchLabels: { app: 'nobody' } } },
    });
    await plane.settle();
    expect(plane.told()).toContain('NoPods: No matching pods found');
    plane.stop();
  });
});
