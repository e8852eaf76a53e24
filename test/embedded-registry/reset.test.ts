import { describe, expect, it } from 'vitest';
import { captureBaseline, restoreBaseline } from '../../src/embedded/cluster/baseline.ts';
import {
  configMaps,
  events,
  namespaces,
  pods,
  roleBindings,
  roles,
  secrets,
  services,
} from '../../src/kube/resources.ts';
import { apiServer, configMap, failure, pod, shown } from './harness.ts';

/** What a person sees of the API: everything but what only the server counts. */
async function lab() {
  const api = await apiServer();
  const { client, store, clock } = api;
  await client.create(configMaps, configMap('kept', {}, { k: 'v' }));
  await client.create(configMaps, configMap('owner'));
  const owner = await client.get(configMaps, 'ns', 'owner');
  const reference = { apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: owner.metadata.uid };
  await client.create(configMaps, configMap('dependent', { ownerReferences: [reference] }));
  await client.create(secrets, { metadata: { name: 's', namespace: 'ns' }, immutable: true, data: { k: 'dg==' } });
  await client.create(services, { metadata: { name: 'svc', namespace: 'ns' }, spec: { ports: [{ port: 80 }] } });
  await client.create(pods, pod('bare', { nodeName: 'n1' }));
  const baseline = captureBaseline(store);
  const view = () =>
    [...store.all()]
      .map(({ bucket, id, object }) => {
        const { resourceVersion: _, uid: __, creationTimestamp: ___, generation: ____, ...metadata } = object.metadata;
        return [`${bucket} ${id}`, { ...object, metadata: { ...metadata, ownerReferences: undefined } }];
      })
      .sort() as [string, unknown][];
  return { ...api, baseline, view, reset: () => restoreBaseline(store, baseline, clock.now()) };
}

describe('reset', () => {
  it('does nothing where nothing happened, but replaces running Pods', async () => {
    const { store, client, reset } = await lab();
    const kept = await client.get(configMaps, 'ns', 'kept');
    const bare = await client.get(pods, 'ns', 'bare');
    reset();
    expect((await client.get(configMaps, 'ns', 'kept')).metadata).toEqual(kept.metadata);
    const again = await client.get(pods, 'ns', 'bare');
    expect(again.metadata.uid).not.toBe(bare.metadata.uid);
    expect(again.spec?.nodeName).toBeUndefined();
    expect(again.status?.phase).toBe('Pending');
    expect(store.revision).toBeGreaterThan(Number(bare.metadata.resourceVersion));
  });

  it('takes every trace of a fix away', async () => {
    const { client, view, reset } = await lab();
    reset();
    const before = view();
    const rules = [{ apiGroups: [''], resources: ['pods'], verbs: ['list'] }];
    await client.create(roles, { metadata: { name: 'fix', namespace: 'ns', finalizers: ['example.com/f'] }, rules });
    await client.create(roleBindings, {
      metadata: { name: 'fix', namespace: 'ns' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'fix' },
      subjects: [{ kind: 'ServiceAccount', name: 'default', namespace: 'ns' }],
    });
    await client.create(namespaces, { metadata: { name: 'new' } });
    await client.create(configMaps, { metadata: { name: 'x', namespace: 'new' } });
    await client.patch(configMaps, 'ns', 'kept', 'merge', { data: { k: 'w' }, metadata: { labels: { a: 'b' } } });
    await client.delete(configMaps, 'ns', 'owner');
    await client.delete(secrets, 'ns', 's');
    await client.delete(services, 'ns', 'svc');
    await client.create(secrets, { metadata: { name: 's', namespace: 'ns' }, data: { k: 'b3RoZXI=' } });
    await client.create(pods, pod('extra'));
    const event = {
      metadata: { name: 'e', namespace: 'ns' },
      involvedObject: { kind: 'Pod', namespace: 'ns', name: 'extra' },
    };
    await client.create(events, event);
    reset();
    expect(view()).toEqual(before);
    const owner = await client.get(configMaps, 'ns', 'owner');
    const dependent = await client.get(configMaps, 'ns', 'dependent');
    expect(dependent.metadata.ownerReferences?.[0]?.uid).toBe(owner.metadata.uid);
  });

  it('brings back a namespace that is being deleted, with all that was in it', async () => {
    const { client, view, reset } = await lab();
    reset();
    const before = view();
    await client.delete(namespaces, undefined, 'ns');
    await client.delete(configMaps, 'ns', 'kept');
    reset();
    expect(view()).toEqual(before);
    expect(await client.create(configMaps, configMap('after'))).toBeDefined();
  });

  it('is seen by watchers as ordinary writes with rising revisions', async () => {
    const { client, store, watch, reset } = await lab();
    await client.patch(configMaps, 'ns', 'kept', 'merge', { data: { k: 'w' } });
    await client.create(configMaps, configMap('new'));
    await client.delete(configMaps, 'ns', 'owner');
    const { events: seen } = watch(configMaps, { namespace: 'ns', resourceVersion: String(store.revision) });
    reset();
    await store.delivered();
    expect(seen.map(shown).sort()).toEqual(['ADDED owner', 'DELETED new', 'MODIFIED dependent', 'MODIFIED kept']);
    const revisions = seen.map((e) => (e.type === 'ADDED' ? Number(e.object.metadata.resourceVersion) : 0));
    expect(Math.max(...revisions)).toBeLessThanOrEqual(store.revision);
    expect(await failure(client.get(configMaps, 'ns', 'new'))).toMatchObject({ code: 404 });
  });

  it('counts generations up, never back', async () => {
    const { client, reset } = await lab();
    const changed = await client.patch(pods, 'ns', 'bare', 'merge', { metadata: { labels: { x: 'y' } } });
    expect(changed.metadata.generation).toBe(1);
    const port = { spec: { ports: [{ port: 81 }] } };
    await client.patch(services, 'ns', 'svc', 'merge', port);
    reset();
    expect((await client.get(services, 'ns', 'svc')).spec?.ports?.[0]?.port).toBe(80);
  });
});
