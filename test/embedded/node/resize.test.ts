import { afterEach, describe, expect, it } from 'vitest';
import type { ContainerResizePolicy, ResourceRequirements } from '../../../src/kube/api.gen.ts';
import { pods } from '../../../src/kube/resources.ts';
import { condition, first, startNode } from './harness.ts';

let stop = () => {};
afterEach(() => stop());

const cpu = (requests: string, limits?: string): ResourceRequirements => ({
  requests: { cpu: requests },
  ...(limits && { limits: { cpu: limits } }),
});

async function node() {
  const n = await startNode();
  stop = n.stop;
  const container = (resources: ResourceRequirements, resizePolicy?: ContainerResizePolicy[]) => ({
    ...{ name: 'c', image: 'busybox:1.36', resources },
    ...(resizePolicy && { resizePolicy }),
  });
  return {
    ...n,
    async start(name: string, resources: ResourceRequirements, resizePolicy?: ContainerResizePolicy[]) {
      await n.run(name, { containers: [container(resources, resizePolicy)] });
      await n.until(name, (p) => first(p).started === true);
    },
    async resize(name: string, resources: ResourceRequirements, resizePolicy?: ContainerResizePolicy[]) {
      const spec = { containers: [container(resources, resizePolicy)] };
      await n.client.patch(pods, 'default', name, 'strategic', { spec }, { subresource: 'resize' });
    },
  };
}

describe('resizing a Pod in place', () => {
  it('gives running containers other limits, and tells', async () => {
    const { start, resize, until, runtime, messages } = await node();
    await start('p', cpu('100m', '200m'));
    await resize('p', cpu('300m', '600m'));
    const pod = await until('p', (p) => first(p).resources?.requests?.cpu === '300m');
    expect(first(pod)).toMatchObject({
      restartCount: 0,
      allocatedResources: { cpu: '300m' },
      resources: cpu('300m', '600m'),
    });
    expect(runtime.last('c').limits).toEqual([cpu('300m', '600m')]);
    const summary =
      '{"containers":[{"name":"c","resources":{"limits":{"cpu":"600m"},"requests":{"cpu":"300m"}}}],"generation":2}';
    expect(messages('ResizeStarted')).toEqual([`Pod resize started: ${summary}`]);
    expect(messages('ResizeCompleted')).toEqual([`Pod resize completed: ${summary}`]);
    expect(condition(pod, 'PodResizeInProgress')).toBeUndefined();
  });

  it('starts containers anew whose policy wants that', async () => {
    const { start, resize, until, runtime, messages } = await node();
    const policy = [{ resourceName: 'memory', restartPolicy: 'RestartContainer' }];
    const memory = (limit: string) => ({ limits: { memory: limit }, requests: { memory: '10Mi' } });
    await start('p', memory('20Mi'), policy);
    runtime.last('c').onTerm = () => {};
    const old = runtime.last('c');
    await resize('p', memory('40Mi'), policy);
    const under = await until('p', (p) => condition(p, 'PodResizeInProgress') !== undefined);
    expect(condition(under, 'PodResizeInProgress')).toMatchObject({ status: 'True', observedGeneration: 2 });
    expect(first(under).resources).toEqual(memory('20Mi'));
    old.end(143);
    const pod = await until('p', (p) => first(p).restartCount === 1 && first(p).started === true);
    expect(first(pod).resources).toEqual(memory('40Mi'));
    expect(runtime.last('c').spec.resources).toEqual(memory('40Mi'));
    expect(messages('Killing')).toEqual(['Container c resize requires restart']);
    await until('p', (p) => condition(p, 'PodResizeInProgress') === undefined);
    expect(messages('ResizeCompleted')).toHaveLength(1);
  });

  it('leaves everything as it is where the node is too small', async () => {
    const { start, resize, until, messages } = await node();
    await start('p', cpu('100m'));
    await resize('p', cpu('5'));
    const pod = await until('p', (p) => condition(p, 'PodResizePending') !== undefined);
    const message = "Node didn't have enough capacity: cpu, requested: 5000, capacity: 4000";
    expect(condition(pod, 'PodResizePending')).toMatchObject({ status: 'True', reason: 'Infeasible', message });
    expect(first(pod)).toMatchObject({ allocatedResources: { cpu: '100m' }, resources: cpu('100m') });
    expect(messages('ResizeInfeasible')).toEqual([
      `Pod resize Infeasible: {"containers":[{"name":"c","resources":{"requests":{"cpu":"5"}}}],"generation":2,"error":"${message}"}`,
    ]);
    await resize('p', cpu('100m'));
    await until('p', (p) => condition(p, 'PodResizePending') === undefined);
    expect(messages('ResizeStarted')).toEqual([]);
  });

  it('waits for room that other Pods hold', async () => {
    const { start, resize, until, client, clock, messages, pod } = await node();
    await start('p', cpu('1'));
    await start('other', cpu('2'));
    await resize('p', cpu('3'));
    const waiting = await until('p', (p) => condition(p, 'PodResizePending') !== undefined);
    expect(condition(waiting, 'PodResizePending')).toMatchObject({
      reason: 'Deferred',
      message: "Node didn't have enough resource: cpu, requested: 3000, used: 2000, capacity: 4000",
    });
    expect(messages('ResizeDeferred')).toHaveLength(1);
    await client.delete(pods, 'default', 'other', { gracePeriodSeconds: 0 });
    for (let i = 0; i < 100 && condition(pod('p'), 'PodResizePending'); i++) await clock.advance(500);
    const done = await until('p', (p) => first(p).resources?.requests?.cpu === '3');
    expect(condition(done, 'PodResizePending')).toBeUndefined();
    expect(messages('ResizeCompleted')).toHaveLength(1);
  });
});
