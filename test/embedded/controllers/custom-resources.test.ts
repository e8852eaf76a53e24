/** What controllers do for all kinds they do for custom ones, too. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { garbageCollector } from '../../../src/embedded/controllers/lifecycle/garbage-collector.ts';
import { namespaceController } from '../../../src/embedded/controllers/lifecycle/namespace.ts';
import { resourceQuotaController } from '../../../src/embedded/controllers/lifecycle/resource-quota.ts';
import { podAutoscaler } from '../../../src/embedded/controllers/scaling/hpa.ts';
import type { Resource } from '../../../src/kube/meta.ts';
import {
  configMaps,
  customResourceDefinitions,
  horizontalPodAutoscalers,
  namespaces,
  resourceQuotas,
} from '../../../src/kube/resources.ts';
import { startPlane } from './plane.ts';

const anything = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
const version = (name: string, more: object) => ({
  ...{ name, served: true, storage: false, schema: { openAPIV3Schema: anything } },
  ...more,
});
const scale = {
  ...{ specReplicasPath: '.spec.wanted', statusReplicasPath: '.status.there', labelSelectorPath: '.status.selector' },
};
const things = { group: 'example.com', version: 'v1', resource: 'things', kind: 'Thing', namespaced: true } as Resource;
const olds = { group: 'example.com', version: 'v1', resource: 'olds', kind: 'Old', namespaced: true } as Resource;

let lab: Awaited<ReturnType<typeof startPlane>>;
beforeAll(async () => {
  lab = await startPlane(namespaceController, garbageCollector, resourceQuotaController, podAutoscaler);
  const define = (plural: string, kind: string, versions: ReturnType<typeof version>[]) =>
    lab.client.create(customResourceDefinitions, {
      metadata: { name: `${plural}.example.com` },
      spec: { group: 'example.com', scope: 'Namespaced', names: { plural, kind }, versions },
    });
  await define('things', 'Thing', [version('v1', { storage: true, subresources: { scale } }), version('v2', {})]);
  // What is stored is served in another version only.
  await define('olds', 'Old', [version('v1', {}), version('v0', { storage: true, served: false })]);
  await lab.settle();
  // The garbage collector looks for new kinds now and then.
  await lab.pass(31);
});
afterAll(() => lab.stop());

const names = async (resource: Resource, namespace: string) =>
  (await lab.client.list(resource, namespace)).items.map(({ metadata }) => metadata.name);

describe('custom resources', () => {
  it('take what they own with them, and go with what owns them, in whatever version', async () => {
    const { metadata } = await lab.client.create(things, { metadata: { name: 'parent', namespace: 'default' } });
    const owner = { kind: 'Thing', name: 'parent', uid: metadata.uid };
    const owned = (apiVersion: string) => ({ namespace: 'default', ownerReferences: [{ ...owner, apiVersion }] });
    await lab.client.create(configMaps, { metadata: { name: 'a', ...owned('example.com/v1') } });
    await lab.client.create(things, { metadata: { name: 'b', ...owned('example.com/v2') } });
    await lab.client.create(olds, { metadata: { name: 'c', ...owned('example.com/v1') } });
    await lab.settle();
    expect([await names(configMaps, 'default'), await names(things, 'default'), await names(olds, 'default')]).toEqual([
      ['a'],
      ['b', 'parent'],
      ['c'],
    ]);
    await lab.client.delete(things, 'default', 'parent');
    await lab.settle();
    expect([await names(configMaps, 'default'), await names(things, 'default'), await names(olds, 'default')]).toEqual([
      [],
      [],
      [],
    ]);
  });

  it('are scaled by autoscalers, within their bounds at least', async () => {
    const body = {
      metadata: { name: 'scaled', namespace: 'default' },
      spec: { wanted: 1 },
      status: { selector: 'app=a' },
    };
    await lab.client.create(things, body);
    const scaleTargetRef = { apiVersion: 'example.com/v1', kind: 'Thing', name: 'scaled' };
    const spec = { scaleTargetRef, minReplicas: 3, maxReplicas: 5 };
    await lab.client.create(horizontalPodAutoscalers, { metadata: { name: 'a', namespace: 'default' }, spec });
    const wanted = async () => (await lab.client.get(things, 'default', 'scaled')) as { spec?: { wanted?: number } };
    await lab.pass(16);
    expect((await wanted()).spec?.wanted).toBe(3);
    await lab.client.patch(things, 'default', 'scaled', 'merge', { spec: { wanted: 9 } });
    await lab.pass(16);
    expect((await wanted()).spec?.wanted).toBe(5);
    const { status } = await lab.client.get(horizontalPodAutoscalers, 'default', 'a');
    expect(status?.conditions).toContainEqual(expect.objectContaining({ type: 'AbleToScale', status: 'True' }));
    await lab.client.delete(horizontalPodAutoscalers, 'default', 'a');
    await lab.client.delete(things, 'default', 'scaled');
  });

  it('are counted by quotas', async () => {
    await lab.client.create(things, { metadata: { name: 'one', namespace: 'default' } });
    const hard = { 'count/things.example.com': '2', 'count/olds.example.com': '1' };
    await lab.client.create(resourceQuotas, { metadata: { name: 'q', namespace: 'default' }, spec: { hard } });
    await lab.settle();
    await lab.client.create(things, { metadata: { name: 'two', namespace: 'default' } });
    await lab.client.create(olds, { metadata: { name: 'one', namespace: 'default' } });
    await lab.settle();
    const { status } = await lab.client.get(resourceQuotas, 'default', 'q');
    expect(status?.used).toEqual({ 'count/things.example.com': '2', 'count/olds.example.com': '1' });
    await expect(lab.client.create(things, { metadata: { name: 'three', namespace: 'default' } })).rejects.toThrow(
      'exceeded quota: q, requested: count/things.example.com=1, used: count/things.example.com=2, limited: count/things.example.com=2',
    );
  });

  it('go with their namespace', async () => {
    await lab.namespace('gone');
    for (const resource of [things, olds]) {
      await lab.client.create(resource, { metadata: { name: 'left', namespace: 'gone' } });
    }
    await lab.client.delete(namespaces, undefined, 'gone');
    await lab.settle();
    expect([await names(things, 'gone'), await names(olds, 'gone')]).toEqual([[], []]);
    expect(lab.informers.of(namespaces).get(undefined, 'gone')).toBeUndefined();
  });
});
