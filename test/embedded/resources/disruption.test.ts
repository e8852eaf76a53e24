import { describe, expect, it } from 'vitest';
import type { PodDisruptionBudgetSpec, Status } from '../../../src/kube/api.gen.ts';
import { podDisruptionBudgets, pods } from '../../../src/kube/resources.ts';
import { refusal } from '../../helpers/control-plane.ts';
import { api, podOf } from './api.ts';

async function lab(spec: PodDisruptionBudgetSpec, pod: { ready?: boolean; phase?: string } = {}) {
  const { client } = await api();
  await client.create(pods, { ...podOf(), metadata: { name: 'p', namespace: 'lab', labels: { app: 'a' } } });
  const { ready = true, phase = 'Running' } = pod;
  const status = { phase, conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] };
  await client.patch(pods, 'lab', 'p', 'merge', { status }, { subresource: 'status' });
  const metadata = { name: 'b', namespace: 'lab' };
  await client.create(podDisruptionBudgets, { metadata, spec: { selector: { matchLabels: { app: 'a' } }, ...spec } });
  const observe = (counts: object) =>
    client.patch(
      podDisruptionBudgets,
      'lab',
      'b',
      'merge',
      { status: { observedGeneration: 1, ...counts } },
      { subresource: 'status' },
    );
  const evict = () => client.createSubresource(pods, 'lab', 'p', 'eviction', { metadata: { name: 'p' } });
  return { client, observe, evict };
}

const cause = ({ details }: Status) => details?.causes?.[0]?.message;

describe('an eviction', () => {
  it('waits for a budget that nobody has looked at yet', async () => {
    const { evict } = await lab({ minAvailable: 1 });
    const status = await refusal(evict());
    expect(status).toMatchObject({ code: 429, details: { retryAfterSeconds: 10 } });
    expect(cause(status)).toBe('The disruption budget b is still being processed by the server.');
  });

  it('is refused where the budget is spent', async () => {
    const { evict, observe, client } = await lab({ minAvailable: 1 });
    await observe({ currentHealthy: 1, desiredHealthy: 1, disruptionsAllowed: 0, expectedPods: 1 });
    expect(cause(await refusal(evict()))).toBe('The disruption budget b needs 1 healthy pods and has 1 currently');
    expect((await client.get(pods, 'lab', 'p')).metadata.deletionTimestamp).toBeUndefined();
  });

  it('takes one disruption and notes the Pod', async () => {
    const { evict, observe, client } = await lab({ minAvailable: 1 });
    await observe({ currentHealthy: 2, desiredHealthy: 1, disruptionsAllowed: 1, expectedPods: 2 });
    await evict();
    const { status } = await client.get(podDisruptionBudgets, 'lab', 'b');
    expect(status).toMatchObject({
      disruptionsAllowed: 0,
      conditions: [{ type: 'DisruptionAllowed', status: 'False', reason: 'InsufficientPods' }],
    });
    expect(Object.keys(status?.disruptedPods ?? {})).toEqual(['p']);
  });

  it('lets unready Pods go if that is allowed always, or costs nothing', async () => {
    const always = await lab({ minAvailable: 1, unhealthyPodEvictionPolicy: 'AlwaysAllow' }, { ready: false });
    await always.evict();
    const met = await lab({ minAvailable: 1 }, { ready: false });
    await met.observe({ currentHealthy: 1, desiredHealthy: 1, disruptionsAllowed: 0, expectedPods: 2 });
    await met.evict();
  });

  it('does not ask budgets about Pods that never ran', async () => {
    const { evict } = await lab({ minAvailable: 1 }, { phase: 'Pending' });
    await evict();
  });

  it('cannot choose between two budgets', async () => {
    const { evict, client } = await lab({ minAvailable: 1 });
    const selector = { matchLabels: { app: 'a' } };
    await client.create(podDisruptionBudgets, { metadata: { name: 'c', namespace: 'lab' }, spec: { selector } });
    expect(await refusal(evict())).toMatchObject({
      code: 500,
      message: 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    });
  });
});
