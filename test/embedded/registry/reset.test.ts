import { describe, expect, it } from 'vitest';
import { recordObjects, restoreBaseline } from '../../../src/embedded/cluster/baseline.ts';
import type { KubeObject } from '../../../src/kube/meta.ts';
import {
  configMaps,
  endpointSlices,
  endpoints,
  events,
  jobs,
  leases,
  namespaces,
  persistentVolumeClaims,
  persistentVolumes,
  pods,
  roleBindings,
  roles,
  secrets,
  serviceAccounts,
  services,
} from '../../../src/kube/resources.ts';
import { refusal } from '../../helpers/control-plane.ts';
import { apiServer, configMap, pod, shown } from './harness.ts';

const ownerUid = /(k:\{\\"uid\\":\\")[-0-9a-f]+/g;

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
  const baseline = recordObjects(store);
  const view = () =>
    [...store.all()]
      .map(({ bucket, id, object }) => {
        const { resourceVersion: _, uid: __, creationTimestamp: ___, generation: ____, ...metadata } = object.metadata;
        const managedFields = metadata.managedFields?.map((entry) => JSON.stringify(entry).replace(ownerUid, '$1'));
        return [`${bucket} ${id}`, { ...object, metadata: { ...metadata, managedFields, ownerReferences: undefined } }];
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

  it('brings back endpoints that somebody wrote, and leaves those of selectors to their controllers', async () => {
    const { client, store, clock } = await apiServer();
    const subsets = (ip: string) => [{ addresses: [{ ip }], ports: [{ port: 80 }] }];
    const byHand = { name: 'by-hand', namespace: 'ns' };
    const labels = { 'endpoints.kubernetes.io/managed-by': 'endpoint-controller' };
    for (const name of ['by-hand', 'selected'])
      await client.create(services, { metadata: { name, namespace: 'ns' }, spec: { ports: [{ port: 80 }] } });
    await client.create(endpoints, { metadata: byHand, subsets: subsets('192.0.2.1') });
    await client.create(endpoints, { metadata: { name: 'selected', namespace: 'ns', labels }, subsets: [] });
    const slice = { addressType: 'IPv4', endpoints: [{ addresses: ['192.0.2.1'] }], ports: [{ port: 80 }] };
    await client.create(endpointSlices, { metadata: byHand, ...slice });
    const baseline = recordObjects(store);

    await client.patch(endpoints, 'ns', 'by-hand', 'merge', { subsets: subsets('192.0.2.9') });
    await client.delete(endpointSlices, 'ns', 'by-hand');
    await client.patch(endpoints, 'ns', 'selected', 'merge', { subsets: subsets('10.244.0.7') });
    restoreBaseline(store, baseline, clock.now());
    const addressOf = async (name: string) =>
      (await client.get(endpoints, 'ns', name)).subsets?.[0]?.addresses?.[0]?.ip;
    expect(await addressOf('by-hand')).toBe('192.0.2.1');
    expect((await client.get(endpointSlices, 'ns', 'by-hand')).endpoints[0]?.addresses).toEqual(['192.0.2.1']);
    expect(await addressOf('selected')).toBe('10.244.0.7');
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
    expect(await refusal(client.get(configMaps, 'ns', 'new'))).toMatchObject({ code: 404 });
  });

  it('names what was made again by its new uid wherever the old one stood', async () => {
    const { client, store, clock } = await apiServer();
    const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'busybox:1.36' }] } };
    const job = await client.create(jobs, { metadata: { name: 'j', namespace: 'ns' }, spec: { template } });
    const claim = await client.create(persistentVolumeClaims, {
      metadata: { name: 'c', namespace: 'ns' },
      spec: { accessModes: ['ReadWriteOnce'], storageClassName: '', resources: { requests: { storage: '1Gi' } } },
    });
    await client.create(persistentVolumes, {
      metadata: { name: 'v' },
      spec: {
        accessModes: ['ReadWriteOnce'],
        capacity: { storage: '1Gi' },
        hostPath: { path: '/v' },
        claimRef: { namespace: 'ns', name: 'c', uid: claim.metadata.uid },
      },
    });
    const account = await client.get(serviceAccounts, 'ns', 'default');
    const annotations = {
      'kubernetes.io/service-account.name': 'default',
      'kubernetes.io/service-account.uid': account.metadata.uid,
    };
    const type = 'kubernetes.io/service-account-token';
    const data = { token: 'dA==', namespace: 'bnM=' };
    await client.create(secrets, { metadata: { name: 't', namespace: 'ns', annotations }, type, data });
    const baseline = recordObjects(store);
    await client.delete(jobs, 'ns', 'j', { propagationPolicy: 'Background' });
    await client.delete(persistentVolumeClaims, 'ns', 'c');
    await client.delete(serviceAccounts, 'ns', 'default');
    restoreBaseline(store, baseline, clock.now());

    const { uid } = (await client.get(jobs, 'ns', 'j')).metadata;
    expect(uid).not.toBe(job.metadata.uid);
    const { spec } = await client.get(jobs, 'ns', 'j');
    expect(spec?.selector?.matchLabels).toEqual({ 'batch.kubernetes.io/controller-uid': uid });
    expect(spec?.template.metadata?.labels).toMatchObject({ 'controller-uid': uid });
    expect(JSON.stringify(await client.get(jobs, 'ns', 'j'))).not.toContain(job.metadata.uid);
    const volume = await client.get(persistentVolumes, undefined, 'v');
    expect(volume.spec?.claimRef?.uid).toBe((await client.get(persistentVolumeClaims, 'ns', 'c')).metadata.uid);
    // Its token was signed for the account before: the controller makes another one.
    const secret = await client.get(secrets, 'ns', 't');
    expect(secret.data).toEqual({ namespace: 'bnM=' });
    expect(secret.metadata.annotations?.['kubernetes.io/service-account.uid']).toBe(
      (await client.get(serviceAccounts, 'ns', 'default')).metadata.uid,
    );
  });

  it('leaves Pods alone that had ended, but for what was done to them since', async () => {
    const { client, store, clock } = await apiServer();
    await client.create(pods, pod('ended'));
    await client.create(pods, pod('ran'));
    const end = (name: string, phase: string) =>
      client.patch(pods, 'ns', name, 'merge', { status: { phase } }, { subresource: 'status' });
    await end('ended', 'Succeeded');
    await end('ran', 'Running');
    const ended = await client.get(pods, 'ns', 'ended');
    const baseline = recordObjects(store);
    await client.patch(pods, 'ns', 'ended', 'merge', { metadata: { labels: { mine: 'yes' } } });
    await end('ran', 'Failed');
    restoreBaseline(store, baseline, clock.now());
    const kept = await client.get(pods, 'ns', 'ended');
    expect(kept.metadata.uid).toBe(ended.metadata.uid);
    expect(kept.metadata.labels).toEqual(ended.metadata.labels);
    expect(kept.status?.phase).toBe('Succeeded');
    expect((await client.get(pods, 'ns', 'ran')).status?.phase).toBe('Pending');
  });

  it('brings back the status where no controller would', async () => {
    const { store, clock } = await apiServer();
    const bucket = 'depot.example.com/parcels';
    const metadata = { name: 'p', namespace: 'ns', uid: 'u', creationTimestamp: '' };
    const parcel = { apiVersion: 'depot.example.com/v1', kind: 'Parcel', metadata };
    store.create(bucket, 'ns/p', { ...parcel, status: { sent: false } } as KubeObject);
    const baseline = recordObjects(store);
    store.update(bucket, 'ns/p', { ...parcel, status: { sent: true } } as KubeObject);
    restoreBaseline(store, baseline, clock.now());
    expect(store.get(bucket, 'ns/p')).toMatchObject({ status: { sent: false } });
  });

  it('leaves Leases alone by which nodes say that they live, and no others', async () => {
    const { client, store, clock } = await apiServer();
    await client.create(namespaces, { metadata: { name: 'kube-node-lease' } });
    const baseline = recordObjects(store);
    await client.create(leases, { metadata: { name: 'node', namespace: 'kube-node-lease' } });
    await client.create(leases, { metadata: { name: 'mine', namespace: 'ns' } });
    restoreBaseline(store, baseline, clock.now());
    expect((await client.get(leases, 'kube-node-lease', 'node')).metadata.name).toBe('node');
    expect(await refusal(client.get(leases, 'ns', 'mine'))).toMatchObject({ code: 404 });
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
