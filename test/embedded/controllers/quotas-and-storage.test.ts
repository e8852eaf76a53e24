import { describe, expect, it } from 'vitest';
import { resourceQuotaController } from '../../../src/embedded/controllers/lifecycle/resource-quota.ts';
import { serviceAddresses, serviceRanges } from '../../../src/embedded/controllers/services/service-addresses.ts';
import { claimProtection, volumeProtection } from '../../../src/embedded/controllers/storage/storage-protection.ts';
import {
  configMaps,
  ipAddresses,
  persistentVolumeClaims,
  persistentVolumes,
  pods,
  resourceQuotas,
  serviceCIDRs,
  services,
} from '../../../src/kube/resources.ts';

import { startPlane } from './plane.ts';

const pod = (name: string, more: object = {}) => ({
  metadata: { name, namespace: 'default' },
  spec: { containers: [{ name: 'c', image: 'nginx', resources: { requests: { cpu: '100m' } } }], ...more },
});

describe('the quota controller', () => {
  it('says what is used, and gives back what is gone or has ended', async () => {
    const lab = await startPlane(resourceQuotaController);
    const { client } = lab;
    await client.create(pods, pod('early'));
    const hard = { pods: '5', 'requests.cpu': '1', 'count/configmaps': '3' };
    await client.create(resourceQuotas, { metadata: { name: 'q', namespace: 'default' }, spec: { hard } });
    await lab.settle();
    const status = async () => (await client.get(resourceQuotas, 'default', 'q')).status;
    expect(await status()).toEqual({ hard, used: { pods: '1', 'requests.cpu': '100m', 'count/configmaps': '0' } });
    const second = await client.create(pods, pod('second'));
    await client.create(configMaps, { metadata: { name: 'c', namespace: 'default' } });
    await lab.settle();
    expect((await status())?.used).toEqual({ pods: '2', 'requests.cpu': '200m', 'count/configmaps': '1' });
    await lab.report(second, { phase: 'Succeeded' });
    await client.delete(configMaps, 'default', 'c');
    await lab.settle();
    expect((await status())?.used).toEqual({ pods: '1', 'requests.cpu': '100m', 'count/configmaps': '0' });
    lab.stop();
  });
});

describe('protected storage', () => {
  it('goes when nobody uses it any more', async () => {
    const lab = await startPlane(claimProtection, volumeProtection);
    const { client, informers } = lab;
    const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } };
    await client.create(persistentVolumeClaims, { metadata: { name: 'data', namespace: 'default' }, spec });
    const volumes = [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }];
    await client.create(pods, pod('user', { volumes, nodeName: 'n' }));
    await client.delete(persistentVolumeClaims, 'default', 'data');
    await lab.settle();
    expect(informers.of(persistentVolumeClaims).list()).toHaveLength(1);
    await client.delete(pods, 'default', 'user', { gracePeriodSeconds: 0 });
    await lab.settle();
    expect(informers.of(persistentVolumeClaims).list()).toEqual([]);
    lab.stop();
  });

  it('stays while a volume is bound', async () => {
    const lab = await startPlane(volumeProtection);
    const { client, informers } = lab;
    const spec = { accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' }, hostPath: { path: '/x' } };
    await client.create(persistentVolumes, { metadata: { name: 'pv' }, spec });
    const phase = (value: string) =>
      client.patch(
        persistentVolumes,
        undefined,
        'pv',
        'merge',
        { status: { phase: value } },
        { subresource: 'status' },
      );
    await phase('Bound');
    await client.delete(persistentVolumes, undefined, 'pv');
    await lab.settle();
    expect(informers.of(persistentVolumes).list()).toHaveLength(1);
    await phase('Released');
    await lab.settle();
    expect(informers.of(persistentVolumes).list()).toEqual([]);
    lab.stop();
  });
});

describe('addresses of Services', () => {
  it('are objects while the Service is there', async () => {
    const lab = await startPlane(serviceAddresses, serviceRanges);
    const { client, informers } = lab;
    await client.create(serviceCIDRs, { metadata: { name: 'kubernetes' }, spec: { cidrs: ['10.96.0.0/12'] } });
    const made = await client.create(services, {
      metadata: { name: 's', namespace: 'default' },
      spec: { ports: [{ port: 80 }] },
    });
    await lab.settle();
    expect(informers.of(ipAddresses).list()).toMatchObject([
      {
        metadata: { name: made.spec?.clusterIP, labels: { 'ipaddress.kubernetes.io/ip-family': 'IPv4' } },
        spec: { parentRef: { resource: 'services', namespace: 'default', name: 's' } },
      },
    ]);
    expect(informers.of(serviceCIDRs).get(undefined, 'kubernetes')?.status?.conditions).toMatchObject([
      { type: 'Ready', status: 'True' },
    ]);
    await client.delete(services, 'default', 's');
    await lab.settle();
    expect(informers.of(ipAddresses).list()).toEqual([]);
    lab.stop();
  });
});
