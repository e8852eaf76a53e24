import { describe, expect, it } from 'vitest';
import type { PersistentVolume, PersistentVolumeClaim } from '../../../src/kube/api.gen.ts';
import { persistentVolumeClaims, persistentVolumes, storageClasses } from '../../../src/kube/resources.ts';
import { refusal } from '../../helpers/control-plane.ts';
import { api, causes } from './api.ts';

const claimOf = (spec: PersistentVolumeClaim['spec'] = {}, name = 'data'): PersistentVolumeClaim => ({
  metadata: { name, namespace: 'lab' },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...spec },
});

const volumeOf = (spec: PersistentVolume['spec'] = {}, name = 'pv'): PersistentVolume => ({
  metadata: { name },
  spec: { accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' }, hostPath: { path: '/data' }, ...spec },
});

describe('PersistentVolumeClaims', () => {
  it('wait, held by a finalizer', async () => {
    const { client } = await api();
    expect(await client.create(persistentVolumeClaims, claimOf())).toMatchObject({
      metadata: { finalizers: ['kubernetes.io/pvc-protection'] },
      spec: { volumeMode: 'Filesystem' },
      status: { phase: 'Pending' },
    });
  });

  it('drop a data source of a kind that only dataSourceRef may name, and copy one that both may', async () => {
    const { client } = await api();
    const other = claimOf({ dataSource: { kind: 'Thing', name: 't', apiGroup: 'example.com' } }, 'other');
    expect((await client.create(persistentVolumeClaims, other)).spec).not.toHaveProperty('dataSource');
    const clone = claimOf({ dataSource: { kind: 'PersistentVolumeClaim', name: 'other' } }, 'clone');
    expect((await client.create(persistentVolumeClaims, clone)).spec?.dataSourceRef).toMatchObject({
      kind: 'PersistentVolumeClaim',
      name: 'other',
    });
  });

  it('are told what they lack', async () => {
    const { client } = await api();
    const lacking = { metadata: { name: 'x', namespace: 'lab' }, spec: {} };
    expect(await causes(client.create(persistentVolumeClaims, lacking))).toEqual([
      'spec.accessModes: Required value: at least 1 access mode is required',
      'spec.resources[storage]: Required value',
    ]);
  });

  it('show in Go words what of their spec cannot change', async () => {
    const { client } = await api();
    await client.create(persistentVolumeClaims, claimOf());
    const status = await refusal(
      client.patch(persistentVolumeClaims, 'lab', 'data', 'merge', { spec: { accessModes: ['ReadWriteMany'] } }),
    );
    expect(status.message).toContain('spec is immutable after creation except resources.requests');
    expect(status.message).toContain('-  "ReadWriteOnce"\n+  "ReadWriteMany"');
  });

  it('grow once bound if their class lets them, and never shrink below what they have', async () => {
    const { client } = await api();
    await client.create(storageClasses, {
      metadata: { name: 'fast' },
      provisioner: 'example.com/p',
      allowVolumeExpansion: true,
    });
    await client.create(persistentVolumeClaims, claimOf({ storageClassName: 'fast' }));
    const resize = (storage: string) =>
      client.patch(persistentVolumeClaims, 'lab', 'data', 'merge', { spec: { resources: { requests: { storage } } } });
    expect((await refusal(resize('2Gi'))).message).toContain('spec is immutable');
    const bound = { status: { phase: 'Bound', capacity: { storage: '1Gi' } } };
    await client.patch(persistentVolumeClaims, 'lab', 'data', 'merge', bound, { subresource: 'status' });
    expect((await resize('2Gi')).spec?.resources?.requests?.storage).toBe('2Gi');
    expect(await causes(resize('500Mi'))).toEqual([
      'spec.resources.requests.storage: Forbidden: field can not be less than status.capacity',
    ]);
  });

  it('cannot grow without such a class', async () => {
    const { client } = await api();
    await client.create(persistentVolumeClaims, claimOf({ storageClassName: 'none' }));
    const bound = { status: { phase: 'Bound' } };
    await client.patch(persistentVolumeClaims, 'lab', 'data', 'merge', bound, { subresource: 'status' });
    const grown = { spec: { resources: { requests: { storage: '2Gi' } } } };
    const status = await refusal(client.patch(persistentVolumeClaims, 'lab', 'data', 'merge', grown));
    expect([status.code, status.message]).toEqual([
      403,
      'persistentvolumeclaims "data" is forbidden: only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
    ]);
  });

  it('get the youngest of the default classes', async () => {
    const { client, clock } = await api();
    const annotations = { 'storageclass.kubernetes.io/is-default-class': 'true' };
    for (const name of ['old', 'new']) {
      await client.create(storageClasses, { metadata: { name, annotations }, provisioner: 'example.com/p' });
      await clock.advance(2000);
    }
    expect((await client.create(persistentVolumeClaims, claimOf())).spec?.storageClassName).toBe('new');
    const asked = await client.create(persistentVolumeClaims, claimOf({ storageClassName: '' }, 'none'));
    expect(asked.spec?.storageClassName).toBe('');
  });
});

describe('PersistentVolumes', () => {
  it('note when their phase last changed', async () => {
    const { client, clock } = await api();
    const made = await client.create(persistentVolumes, volumeOf());
    expect(made).toMatchObject({
      metadata: { finalizers: ['kubernetes.io/pv-protection'] },
      spec: { persistentVolumeReclaimPolicy: 'Retain', hostPath: { type: '' } },
      status: { phase: 'Pending' },
    });
    await clock.advance(60_000);
    const available = { status: { phase: 'Available' } };
    const later = await client.patch(persistentVolumes, undefined, 'pv', 'merge', available, { subresource: 'status' });
    expect(later.status?.lastPhaseTransitionTime).not.toBe(made.status?.lastPhaseTransitionTime);
  });

  it.each([
    [{ hostPath: undefined }, ['spec: Required value: must specify a volume type']],
    [{ nfs: { server: 's', path: '/' } }, ['spec.nfs: Forbidden: may not specify more than 1 volume type']],
    [
      { capacity: {} },
      ['spec.capacity: Required value', 'spec.capacity: Unsupported value: {}: supported values: "storage"'],
    ],
    [
      { hostPath: undefined, local: { path: '/x' } },
      ['spec.nodeAffinity: Required value: Local volume requires node affinity'],
    ],
    [
      { accessModes: ['ReadWriteOncePod', 'ReadWriteOnce'] },
      ['spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes'],
    ],
    [
      { hostPath: undefined, csi: { driver: 'd.example.com', volumeHandle: '' } },
      ['spec.csi.volumeHandle: Required value'],
    ],
  ] as [PersistentVolume['spec'], string[]][])('refuse %j', async (spec, expected) => {
    const { client } = await api();
    const found = await causes(client.create(persistentVolumes, volumeOf(spec)));
    expect(found.map((cause) => cause.replace('null: supported', '{}: supported'))).toEqual(expected);
  });

  it('keep their source', async () => {
    const { client } = await api();
    await client.create(persistentVolumes, volumeOf());
    const change = { spec: { hostPath: { path: '/other' } } };
    const status = await refusal(client.patch(persistentVolumes, undefined, 'pv', 'merge', change));
    expect(status.message).toContain('-  "Path": "/data",\n+  "Path": "/other",');
  });
});

describe('StorageClasses', () => {
  it('only change whether volumes may grow', async () => {
    const { client } = await api();
    await client.create(storageClasses, { metadata: { name: 's' }, provisioner: 'example.com/p' });
    const change = { parameters: { a: 'b' }, reclaimPolicy: 'Retain', volumeBindingMode: 'WaitForFirstConsumer' };
    expect(await causes(client.patch(storageClasses, undefined, 's', 'merge', change))).toEqual([
      'parameters: Forbidden: updates to parameters are forbidden.',
      'reclaimPolicy: Forbidden: updates to reclaimPolicy are forbidden.',
      'volumeBindingMode: Invalid value: "WaitForFirstConsumer": field is immutable',
    ]);
    const grows = await client.patch(storageClasses, undefined, 's', 'merge', { allowVolumeExpansion: true });
    expect(grows.allowVolumeExpansion).toBe(true);
  });
});
