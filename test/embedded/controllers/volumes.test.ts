import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ephemeralVolumes } from '../../../src/embedded/controllers/storage/ephemeral-volume.ts';
import { localPathProvisioner } from '../../../src/embedded/controllers/storage/local-path-provisioner.ts';
import { claimProtection, volumeProtection } from '../../../src/embedded/controllers/storage/storage-protection.ts';
import { volumeBinder } from '../../../src/embedded/controllers/storage/volume-binder.ts';
import { volumeExpand } from '../../../src/embedded/controllers/storage/volume-expand.ts';
import { createScheduler } from '../../../src/embedded/scheduler/index.ts';
import type { PersistentVolumeSpec, PodSpec } from '../../../src/kube/api.gen.ts';
import { nodes, persistentVolumeClaims, persistentVolumes, pods, storageClasses } from '../../../src/kube/resources.ts';
import { type Plane, startPlane } from './plane.ts';

let plane: Plane;
beforeEach(async () => {
  plane = await startPlane(
    volumeBinder,
    volumeExpand,
    ephemeralVolumes,
    claimProtection,
    volumeProtection,
    createScheduler(),
    localPathProvisioner,
  );
  for (const name of ['node-1', 'node-2']) {
    const node = await plane.client.create(nodes, { metadata: { name, labels: { 'kubernetes.io/hostname': name } } });
    const spec = { ...node.spec, taints: [] };
    const ready = await plane.client.update(nodes, { ...node, spec });
    await plane.client.updateStatus(nodes, {
      ...ready,
      status: { allocatable: { cpu: '4', memory: '8Gi', pods: '9' } },
    });
  }
});
afterEach(() => plane.stop());

const claim = (name: string) => plane.informers.of(persistentVolumeClaims).get('default', name);
const volumes = () => plane.informers.of(persistentVolumes).list();
const nodeOf = (name: string) => plane.informers.of(pods).get('default', name)?.spec?.nodeName;

async function addClaim(name: string, storageClassName: string, storage = '1Gi', accessModes = ['ReadWriteOnce']) {
  const spec = { accessModes, storageClassName, resources: { requests: { storage } } };
  await plane.client.create(persistentVolumeClaims, { metadata: { name, namespace: 'default' }, spec });
  await plane.settle();
}

async function addVolume(name: string, spec: Partial<PersistentVolumeSpec>) {
  const defaults = { accessModes: ['ReadWriteOnce'], storageClassName: 'manual', hostPath: { path: '/srv' } };
  await plane.client.create(persistentVolumes, { metadata: { name }, spec: { ...defaults, ...spec } });
  await plane.settle();
}

async function addPod(name: string, volume: NonNullable<PodSpec['volumes']>[number], namespace = 'default') {
  const spec = { containers: [{ name: 'c', image: 'x' }], volumes: [volume] };
  await plane.client.create(pods, { metadata: { name, namespace }, spec });
  await plane.settle();
}
const using = (claimName: string) => ({ name: 'v', persistentVolumeClaim: { claimName } });

async function provisioner(allowVolumeExpansion = false) {
  await plane.client.create(storageClasses, {
    metadata: { name: 'standard' },
    provisioner: 'rancher.io/local-path',
    volumeBindingMode: 'WaitForFirstConsumer',
    allowVolumeExpansion,
  });
  await plane.namespace('local-path-storage');
  const metadata = { name: 'lpp', namespace: 'local-path-storage', labels: { app: 'local-path-provisioner' } };
  const pod = await plane.client.create(pods, { metadata, spec: { containers: [{ name: 'c', image: 'x' }] } });
  await plane.report(pod, { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] });
}

describe('volumes and claims', () => {
  it('find each other: the smallest that is large enough', async () => {
    await addVolume('big', { capacity: { storage: '9Gi' } });
    await addVolume('fits', { capacity: { storage: '2Gi' } });
    await addVolume('small', { capacity: { storage: '500Mi' } });
    await addClaim('c', 'manual');
    expect(claim('c')).toMatchObject({
      spec: { volumeName: 'fits' },
      status: { phase: 'Bound', capacity: { storage: '2Gi' } },
    });
  });

  it('say why a claim does not get the volume that it names', async () => {
    await addVolume('v', { capacity: { storage: '1Gi' } });
    const spec = {
      accessModes: ['ReadWriteMany'],
      storageClassName: 'manual',
      volumeName: 'v',
      resources: { requests: { storage: '1Gi' } },
    };
    await plane.client.create(persistentVolumeClaims, { metadata: { name: 'c', namespace: 'default' }, spec });
    await plane.settle();
    expect(plane.told()).toContain('VolumeMismatch: Cannot bind to requested volume "v": incompatible accessMode');
    expect(claim('c')?.status?.phase).toBe('Pending');
  });

  it('lose a claim with its volume', async () => {
    await addVolume('v', { capacity: { storage: '1Gi' } });
    await addClaim('c', 'manual');
    const volume = await plane.client.get(persistentVolumes, undefined, 'v');
    await plane.client.update(persistentVolumes, { ...volume, metadata: { ...volume.metadata, finalizers: [] } });
    await plane.client.delete(persistentVolumes, undefined, 'v');
    await plane.pass(1);
    expect(claim('c')?.status?.phase).toBe('Lost');
    await addPod('p', using('c'));
    expect(plane.told().some((text) => text.includes('bound to non-existent persistentvolume "v"'))).toBe(true);
  });

  it('take their Pods to the node of the volume', async () => {
    const matchExpressions = [{ key: 'kubernetes.io/hostname', operator: 'In', values: ['node-2'] }];
    const nodeAffinity = { required: { nodeSelectorTerms: [{ matchExpressions }] } };
    await addVolume('v', { capacity: { storage: '1Gi' }, nodeAffinity });
    await addClaim('c', 'manual');
    await addPod('p', using('c'));
    expect(nodeOf('p')).toBe('node-2');
  });
});

describe('the provisioner of local paths', () => {
  it('makes a volume on the node of the first consumer, and deletes it with its claim', async () => {
    await provisioner();
    await addClaim('c', 'standard');
    expect(plane.told()).toContain('WaitForFirstConsumer: waiting for first consumer to be created before binding');
    await addPod('p', using('c'));
    expect(nodeOf('p')).toBeUndefined();
    await plane.pass(3);
    const node = nodeOf('p');
    expect(claim('c')).toMatchObject({
      metadata: { annotations: { 'volume.kubernetes.io/selected-node': node } },
      status: { phase: 'Bound' },
    });
    expect(volumes()[0]?.spec?.hostPath?.path).toMatch(/^\/var\/local-path-provisioner\/pvc-[-0-9a-f]{36}_default_c$/);
    await plane.client.delete(pods, 'default', 'p', { gracePeriodSeconds: 0 });
    await plane.client.delete(persistentVolumeClaims, 'default', 'c');
    await plane.pass(2);
    expect([claim('c'), volumes()]).toEqual([undefined, []]);
  });

  it('does nothing while none of its Pods is ready', async () => {
    await provisioner();
    await plane.client.delete(pods, 'local-path-storage', 'lpp', { gracePeriodSeconds: 0 });
    await addClaim('c', 'standard');
    await addPod('p', using('c'));
    await plane.pass(20);
    expect(claim('c')?.status?.phase).toBe('Pending');
    expect(plane.told().some((text) => text.startsWith('ExternalProvisioning: '))).toBe(true);
  });

  it('serves no claim of many nodes', async () => {
    await provisioner();
    await addClaim('c', 'standard', '1Gi', ['ReadWriteMany']);
    await addPod('p', using('c'));
    await plane.pass(2);
    expect(plane.told()).toContain(
      'ProvisioningFailed: failed to provision volume with StorageClass "standard": NodePath only supports ReadWriteOnce and ReadWriteOncePod (1.22+) access modes',
    );
  });

  it('gives more room where the class allows it', async () => {
    await provisioner(true);
    await addClaim('c', 'standard');
    await addPod('p', using('c'));
    await plane.pass(3);
    const more = { spec: { resources: { requests: { storage: '3Gi' } } } };
    await plane.client.patch(persistentVolumeClaims, 'default', 'c', 'merge', more);
    await plane.settle();
    expect(claim('c')?.status?.capacity?.storage).toBe('3Gi');
    expect(volumes()[0]?.spec?.capacity?.storage).toBe('3Gi');
  });

  it("serves ephemeral volumes, whose claims are their Pods' own", async () => {
    await provisioner();
    const spec = {
      accessModes: ['ReadWriteOnce'],
      storageClassName: 'standard',
      resources: { requests: { storage: '1Gi' } },
    };
    await addPod('p', { name: 'scratch', ephemeral: { volumeClaimTemplate: { spec } } });
    await plane.pass(3);
    expect(claim('p-scratch')).toMatchObject({
      metadata: { ownerReferences: [{ kind: 'Pod', name: 'p' }] },
      status: { phase: 'Bound' },
    });
    expect(nodeOf('p')).toBeDefined();
  });
});
