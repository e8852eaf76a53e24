/** What goes wrong in the background: expected refusals are nobody's concern, everything else is reported. */
import { expect, it } from 'vitest';
import { RemoteError } from '../../../src/embedded/aggregation/aggregator.ts';
import type { ApiClient, Component } from '../../../src/embedded/api.ts';
import { componentContext } from '../../../src/embedded/cluster/context.ts';
import { createControlPlane } from '../../../src/embedded/cluster/control-plane.ts';
import { controlPlaneLease } from '../../../src/embedded/cluster/leader-leases.ts';
import { podGc } from '../../../src/embedded/controllers/nodes/pod-gc.ts';
import { rootCaPublisher } from '../../../src/embedded/controllers/security/root-ca-publisher.ts';
import { expecting, inBackground, isFault } from '../../../src/embedded/errors/background.ts';
import { forbidden, notFound } from '../../../src/embedded/errors/status.ts';
import { createPki } from '../../../src/embedded/pki/pki.ts';
import { builtinResources } from '../../../src/embedded/resources/index.ts';
import { createScheduler } from '../../../src/embedded/scheduler/index.ts';
import { ManualClock } from '../../../src/kernel/clock.ts';
import { namespaces, nodes, pods, serviceAccounts } from '../../../src/kube/resources.ts';

const pod = { group: '', resource: 'pods' };
const bug = new TypeError('cannot read properties of undefined');

/** What is reported while a component runs whose writes all fail with `failure`. */
async function reportsOf(component: Component, failure: Error): Promise<{ reports: string[]; writes: number }> {
  const clock = new ManualClock();
  const abort = new AbortController();
  const control = createControlPlane({ clock, pki: createPki(clock), definitions: builtinResources });
  const reports: string[] = [];
  const facts = {
    caCertificate: 'PEM',
    apiServer: { host: '127.0.0.1', port: 1 },
    serviceCidr: '10.96.0.0/12',
    podCidr: '10.244.0.0/16',
  };
  const report = (error: unknown, where: string) => void reports.push(`${where}: ${(error as Error).message}`);
  const context = componentContext(control, clock, abort.signal, facts, undefined, report);
  const { client } = control;
  await client.create(namespaces, { metadata: { name: 'default' } });
  await client.create(serviceAccounts, { metadata: { name: 'default', namespace: 'default' } });
  const containers = [{ name: 'web', image: 'nginx' }];
  await client.create(pods, {
    metadata: { name: 'lost', namespace: 'default' },
    spec: { nodeName: 'gone', containers },
  });
  await client.create(pods, { metadata: { name: 'new', namespace: 'default' }, spec: { containers } });
  await client.create(nodes, { metadata: { name: 'small' }, status: { allocatable: { pods: '0' } } });
  let writes = 0;
  const fail = () => {
    writes++;
    return Promise.reject(failure);
  };
  const failing: ApiClient = Object.assign(Object.create(context.client) as ApiClient, {
    ...{ create: fail, update: fail, updateStatus: fail, patch: fail, delete: fail, createSubresource: fail },
    get: context.client.get.bind(context.client),
    as: () => failing,
  });
  await component.start({ ...context, client: failing });
  await clock.advance(90_000);
  abort.abort();
  return { reports, writes };
}

it.each([
  ['a controller that looks every period', podGc, 'collecting Pods'],
  ['a controller with a queue', rootCaPublisher, 'a controller at default'],
  ['the scheduler', createScheduler(), 'scheduling a Pod'],
  ['a Lease', controlPlaneLease('kube-scheduler', 'node'), 'the Lease kube-scheduler'],
])('reports a request of %s that fails unexpectedly', async (_, component, where) => {
  const { reports } = await reportsOf(component, bug);
  expect(new Set(reports)).toEqual(new Set([`${where}: ${bug.message}`]));
});

it.each([
  ['a controller that looks every period', podGc],
  ['a controller with a queue', rootCaPublisher],
  ['the scheduler', createScheduler()],
  ['a Lease', controlPlaneLease('kube-scheduler', 'node')],
])('reports no request of %s that the cluster refuses', async (_, component) => {
  for (const refusal of [notFound(pod, 'new'), forbidden(pod, 'new', 'a policy says no')]) {
    const { reports, writes } = await reportsOf(component, refusal);
    expect(reports).toEqual([]);
    expect(writes).toBeGreaterThan(0);
  }
});

it('lets only the expected reasons of a request pass', async () => {
  expect(await expecting(['NotFound'], Promise.resolve(1))).toBe(1);
  expect(await expecting(['NotFound'], Promise.reject(notFound(pod, 'web')))).toBeUndefined();
  await expect(expecting(['Conflict'], Promise.reject(notFound(pod, 'web')))).rejects.toThrow('not found');
  await expect(expecting(['Conflict'], Promise.reject(bug))).rejects.toBe(bug);
});

it('reports nothing of work in the background that fails because of the end', async () => {
  const abort = new AbortController();
  const reports: unknown[] = [];
  const background = { signal: abort.signal, report: (error: unknown) => void reports.push(error) };
  await inBackground(background, 'work', () => Promise.reject(bug));
  expect(reports).toEqual([bug]);
  abort.abort();
  await inBackground(background, 'work', () => Promise.reject(bug));
  expect(reports).toEqual([bug]);
});

it('takes a server elsewhere that does not answer for no fault', () => {
  expect(isFault(new RemoteError('connection refused'))).toBe(false);
  expect(isFault(bug)).toBe(true);
});
