import { describe, expect, it } from 'vitest';
import { configMaps, deployments, jobs, leases, namespaces, pods } from '../../../src/kube/resources.ts';
import { refusal } from '../../helpers/control-plane.ts';
import { apiServer, configMap, pod, shown } from './harness.ts';

describe('create', () => {
  it('sets what the server owns and nothing else', async () => {
    const { client } = await apiServer();
    const made = await client.create(configMaps, configMap('a', { uid: 'mine', generation: 7 }, { k: 'v' }));
    expect(made).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap', data: { k: 'v' } });
    expect(made.metadata.uid).toMatch(/^[0-9a-f]{8}-/);
    expect(made.metadata).toMatchObject({ creationTimestamp: '2026-01-01T00:00:00Z', generation: 7 });
  });

  it('makes names of the prefix and five letters that spell nothing', async () => {
    const { client } = await apiServer();
    const made = await client.create(configMaps, { metadata: { generateName: `${'x'.repeat(70)}-`, namespace: 'ns' } });
    expect(made.metadata.name).toMatch(/^x{58}[bcdfghjklmnpqrstvwxz2456789]{5}$/);
  });

  it('refuses with the exact words', async () => {
    const { client } = await apiServer();
    await client.create(configMaps, configMap('a'));
    const messages = [];
    for (const metadata of [
      { name: 'a' },
      { name: 'b', resourceVersion: '5' },
      { name: 'b', finalizers: ['nofqdn'] },
      { name: 'b', labels: { 'a b': 'c' } },
      {},
    ]) {
      const object = { metadata: { namespace: 'ns', ...metadata } };
      messages.push((await refusal(client.create(configMaps, object))).message?.slice(0, 90));
    }
    expect(messages).toEqual([
      'configmaps "a" already exists',
      'resourceVersion should not be set on objects to be created',
      'ConfigMap "b" is invalid: metadata.finalizers[0]: Invalid value: "nofqdn": name is neither',
      `ConfigMap "b" is invalid: metadata.labels: Invalid value: "a b": name part must consist of`,
      'ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required',
    ]);
  });

  it('changes nothing on dry run, but validates and answers as if', async () => {
    const { client, store } = await apiServer();
    const before = store.revision;
    const made = await client.create(configMaps, configMap('a'), { dryRun: true });
    expect(made.metadata.uid).toBeDefined();
    expect(made.metadata.resourceVersion).toBeUndefined();
    expect(await refusal(client.create(configMaps, configMap('A_'), { dryRun: true }))).toMatchObject({ code: 422 });
    expect(store.revision).toBe(before);
  });
});

describe('update', () => {
  it('writes nothing where nothing changes', async () => {
    const { client, clock, store } = await apiServer();
    const made = await client.create(configMaps, configMap('a', {}, { k: 'v' }));
    await clock.advance(5000);
    const before = store.revision;
    const again = await client.update(configMaps, made);
    expect(again.metadata.resourceVersion).toBe(made.metadata.resourceVersion);
    await client.patch(configMaps, 'ns', 'a', 'merge', { data: { k: 'v' } });
    expect(store.revision).toBe(before);
  });

  it('is optimistic where the client says so', async () => {
    const { client } = await apiServer();
    const made = await client.create(configMaps, configMap('a'));
    await client.update(configMaps, { ...made, data: { k: '1' } });
    expect(await refusal(client.update(configMaps, { ...made, data: { k: '2' } }))).toMatchObject({
      code: 409,
      reason: 'Conflict',
    });
    const { resourceVersion: _, ...metadata } = made.metadata;
    expect((await client.update(configMaps, { ...made, metadata, data: { k: '3' } })).data).toEqual({ k: '3' });
  });

  it('counts generations of the spec only, and keeps status and spec apart', async () => {
    const { client } = await apiServer();
    const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'nginx' }] } };
    const made = await client.create(deployments, {
      metadata: { name: 'd', namespace: 'ns' },
      spec: { selector: { matchLabels: { a: 'b' } }, template },
    });
    expect(made.metadata.generation).toBe(1);
    const spec = await client.patch(deployments, 'ns', 'd', 'strategic', {
      spec: { replicas: 3 },
      status: { replicas: 9 },
    });
    expect(spec.metadata.generation).toBe(2);
    expect(spec.status?.replicas ?? 0).toBe(0);
    const status = await client.patch(
      deployments,
      'ns',
      'd',
      'merge',
      { spec: { replicas: 7 }, status: { replicas: 3 } },
      { subresource: 'status' },
    );
    expect(status.metadata.generation).toBe(2);
    expect([status.spec?.replicas, status.status?.replicas]).toEqual([3, 3]);
    const scale = await client.patch(
      deployments,
      'ns',
      'd',
      'merge',
      { spec: { replicas: 5 } },
      { subresource: 'scale' },
    );
    expect(scale).toMatchObject({ kind: 'Scale', spec: { replicas: 5 }, status: { selector: 'a=b' } });
    expect((await client.get(deployments, 'ns', 'd')).metadata.generation).toBe(3);
  });

  it('makes a Lease that is not there, and nothing else', async () => {
    const { client } = await apiServer();
    const lease = { metadata: { name: 'l', namespace: 'ns' }, spec: { holderIdentity: 'me', leaseDurationSeconds: 1 } };
    expect((await client.update(leases, lease)).metadata.uid).toBeDefined();
    expect(await refusal(client.update(configMaps, configMap('x')))).toMatchObject({ code: 404 });
  });
});

describe('delete', () => {
  it('waits for finalizers, then goes with the last of them, seen as one deletion', async () => {
    const { client, clock, store, watch } = await apiServer();
    await client.create(configMaps, configMap('a', { finalizers: ['example.com/f'] }));
    const { events } = watch(configMaps, { namespace: 'ns', resourceVersion: String(store.revision) });
    await client.delete(configMaps, 'ns', 'a');
    await clock.advance(1000);
    await client.delete(configMaps, 'ns', 'a');
    const marked = await client.get(configMaps, 'ns', 'a');
    expect(marked.metadata).toMatchObject({
      deletionTimestamp: '2026-01-01T00:00:00Z',
      deletionGracePeriodSeconds: 0,
    });
    const patch = { metadata: { finalizers: ['example.com/f', 'example.com/g'] } };
    expect(await refusal(client.patch(configMaps, 'ns', 'a', 'merge', patch))).toMatchObject({ code: 422 });
    await client.patch(configMaps, 'ns', 'a', 'merge', { metadata: { finalizers: null } });
    await store.delivered();
    expect(events.map(shown)).toEqual(['MODIFIED a', 'DELETED a']);
  });

  it('gives scheduled Pods their grace, which may only get shorter', async () => {
    const { client } = await apiServer();
    await client.create(pods, pod('p', { nodeName: 'n1' }));
    const grace = async () => (await client.get(pods, 'ns', 'p')).metadata.deletionGracePeriodSeconds;
    await client.delete(pods, 'ns', 'p');
    expect(await grace()).toBe(30);
    await client.delete(pods, 'ns', 'p', { gracePeriodSeconds: 5 });
    await client.delete(pods, 'ns', 'p', { gracePeriodSeconds: 60 });
    expect(await grace()).toBe(5);
    await client.delete(pods, 'ns', 'p', { gracePeriodSeconds: 0 });
    expect(await refusal(client.get(pods, 'ns', 'p'))).toMatchObject({ code: 404 });
  });

  it('marks for the garbage collector what should wait for dependents, or leave them', async () => {
    const { client, context, registry, definition, warnings } = await apiServer();
    for (const name of ['f', 'o']) await client.create(configMaps, configMap(name));
    await client.delete(configMaps, 'ns', 'f', { propagationPolicy: 'Foreground' });
    await client.delete(configMaps, 'ns', 'o', { propagationPolicy: 'Orphan' });
    expect((await client.get(configMaps, 'ns', 'f')).metadata.finalizers).toEqual(['foregroundDeletion']);
    expect((await client.get(configMaps, 'ns', 'o')).metadata.finalizers).toEqual(['orphan']);
    const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'busybox' }] } };
    await client.create(jobs, { metadata: { name: 'j', namespace: 'ns' }, spec: { template } });
    await registry.delete(definition(jobs), 'ns', 'j', {}, context());
    expect(warnings.join()).toMatch(/^child pods are preserved by default when jobs are deleted/);
  });

  it('holds its preconditions', async () => {
    const { client } = await apiServer();
    await client.create(configMaps, configMap('a'));
    const uid = '11111111-2222-3333-4444-555555555555';
    expect(await refusal(client.delete(configMaps, 'ns', 'a', { preconditions: { uid } }))).toMatchObject({
      code: 409,
      message: expect.stringContaining(`the UID in the precondition (${uid}) does not match`),
    });
  });

  it('terminates a namespace until its finalizer is taken away', async () => {
    const { client, context, registry, definition } = await apiServer();
    await client.delete(namespaces, undefined, 'ns');
    const { status, metadata } = await client.get(namespaces, undefined, 'ns');
    expect([status?.phase, metadata.deletionTimestamp]).toEqual(['Terminating', '2026-01-01T00:00:00Z']);
    expect(await refusal(client.create(configMaps, configMap('late')))).toMatchObject({ code: 403 });
    const empty = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'ns' }, spec: { finalizers: [] } };
    await registry.update(definition(namespaces), undefined, 'ns', empty, context({ subresource: 'finalize' }));
    expect(await refusal(client.get(namespaces, undefined, 'ns'))).toMatchObject({ code: 404 });
  });
});
