import { afterEach, describe, expect, it } from 'vitest';
import { garbageCollector } from '../../../src/embedded/controllers/lifecycle/garbage-collector.ts';
import type { ConfigMap, ObjectMeta, OwnerReference } from '../../../src/kube/api.gen.ts';
import type { Stored } from '../../../src/kube/meta.ts';
import { clusterRoles, configMaps } from '../../../src/kube/resources.ts';
import { type Plane, startPlane } from './plane.ts';

let plane: Plane;
afterEach(() => plane.stop());

const refTo = ({ metadata }: Stored, more: Partial<OwnerReference> = {}): OwnerReference => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  name: metadata.name,
  uid: metadata.uid,
  ...more,
});

async function make(name: string, metadata: ObjectMeta = {}): Promise<Stored<ConfigMap>> {
  return plane.client.create(configMaps, { metadata: { namespace: 'default', ...metadata, name } });
}

const get = (name: string, namespace = 'default') => plane.informers.of(configMaps).get(namespace, name);
const names = () =>
  plane.informers
    .of(configMaps)
    .list('default')
    .map(({ metadata }) => metadata.name);

describe('garbage collection', () => {
  it('takes what has lost all its owners, generation by generation', async () => {
    plane = await startPlane(garbageCollector);
    const owner = await make('owner');
    const child = await make('child', { ownerReferences: [refTo(owner)] });
    await make('grandchild', { ownerReferences: [refTo(child)] });
    await plane.settle();
    expect(names()).toEqual(['child', 'grandchild', 'owner']);
    await plane.client.delete(configMaps, 'default', 'owner');
    await plane.settle();
    expect(names()).toEqual([]);
  });

  it('takes what names an owner that never was, or another object of that name', async () => {
    plane = await startPlane(garbageCollector);
    const owner = await make('owner');
    await make('absent', { ownerReferences: [refTo(owner, { name: 'nobody' })] });
    await make('other', { ownerReferences: [refTo(owner, { uid: '11111111-2222-3333-4444-555555555555' })] });
    await plane.settle();
    expect(names()).toEqual(['owner']);
  });

  it('drops the references to owners that are gone while one is left', async () => {
    plane = await startPlane(garbageCollector);
    const [a, b] = [await make('a'), await make('b')];
    await make('child', { ownerReferences: [refTo(a), refTo(b)] });
    await plane.client.delete(configMaps, 'default', 'a');
    await plane.settle();
    expect(get('child')?.metadata.ownerReferences).toEqual([refTo(b)]);
  });

  it('leaves alone what has an owner of an unknown kind', async () => {
    plane = await startPlane(garbageCollector);
    const owner = await make('owner');
    await make('child', { ownerReferences: [refTo(owner, { apiVersion: 'example.com/v1', kind: 'Widget' })] });
    await plane.settle();
    await plane.client.delete(configMaps, 'default', 'owner');
    await plane.settle();
    expect(names()).toEqual(['child']);
  });

  it('deletes dependents first in the foreground, the blocking ones before the owner', async () => {
    plane = await startPlane(garbageCollector);
    const owner = await make('owner');
    await make('free', { ownerReferences: [refTo(owner)] });
    const held = { finalizers: ['example.com/x'], ownerReferences: [refTo(owner, { blockOwnerDeletion: true })] };
    await make('held', held);
    await plane.settle();
    await plane.client.delete(configMaps, 'default', 'owner', { propagationPolicy: 'Foreground' });
    await plane.settle();
    expect(names()).toEqual(['held', 'owner']);
    expect(get('held')?.metadata.deletionTimestamp).toBeDefined();
    await plane.client.patch(configMaps, 'default', 'held', 'merge', { metadata: { finalizers: null } });
    await plane.settle();
    expect(names()).toEqual([]);
  });

  it('does not wait for ever in a circle of owners', async () => {
    plane = await startPlane(garbageCollector);
    const a = await make('a');
    const b = await make('b', { ownerReferences: [refTo(a, { blockOwnerDeletion: true })] });
    const ownerReferences = [refTo(b, { blockOwnerDeletion: true })];
    await plane.client.patch(configMaps, 'default', 'a', 'merge', { metadata: { ownerReferences } });
    await plane.settle();
    await plane.client.delete(configMaps, 'default', 'a', { propagationPolicy: 'Foreground' });
    await plane.settle();
    expect(names()).toEqual([]);
  });

  it('orphans the dependents where that is asked for', async () => {
    plane = await startPlane(garbageCollector);
    const owner = await make('owner');
    await make('child', { ownerReferences: [refTo(owner)] });
    await plane.client.delete(configMaps, 'default', 'owner', { propagationPolicy: 'Orphan' });
    await plane.settle();
    expect(names()).toEqual(['child']);
    expect(get('child')?.metadata.ownerReferences).toBeUndefined();
  });

  it('does not accept an owner of another namespace, and says so', async () => {
    plane = await startPlane(garbageCollector);
    await plane.namespace('other');
    const owner = await make('owner');
    await make('child', { namespace: 'other', ownerReferences: [refTo(owner)] });
    await plane.settle();
    expect(get('child', 'other')).toBeUndefined();
    expect(plane.told()).toEqual([
      `OwnerRefInvalidNamespace: ownerRef [v1/ConfigMap, namespace: other, name: owner, uid: ${owner.metadata.uid}] does not exist in namespace "other"`,
    ]);
  });

  it('never deletes a cluster-scoped object that names a namespaced owner', async () => {
    plane = await startPlane(garbageCollector);
    const owner = await make('owner');
    await plane.client.create(clusterRoles, { metadata: { name: 'role', ownerReferences: [refTo(owner)] }, rules: [] });
    await plane.settle();
    await plane.client.delete(configMaps, 'default', 'owner');
    await plane.settle();
    expect(plane.informers.of(clusterRoles).get(undefined, 'role')).toBeDefined();
    expect(plane.told()).toHaveLength(1);
  });
});
