import { describe, expect, it } from 'vitest';
import type { LimitRangeItem, Pod, ResourceQuotaSpec, ResourceRequirements } from '../../../src/kube/api.gen.ts';
import { configMaps, limitRanges, pods, resourceQuotas, services } from '../../../src/kube/resources.ts';
import { refusal } from '../../helpers/control-plane.ts';
import { api, podOf } from '../resources/api.ts';

const asking_ = (resources: ResourceRequirements, name = 'p'): Pod =>
  podOf({ containers: [{ name: 'c', image: 'nginx', resources }] }, name);

async function limited(...limits: LimitRangeItem[]) {
  const { client } = await api();
  await client.create(limitRanges, { metadata: { name: 'l', namespace: 'lab' }, spec: { limits } });
  return client;
}

describe('LimitRanger', () => {
  it('fills in what containers leave out, and says so', async () => {
    const client = await limited({ type: 'Container', default: { cpu: '500m' }, defaultRequest: { memory: '64Mi' } });
    const pod = await client.create(pods, podOf());
    expect(pod.spec?.containers[0]?.resources).toEqual({
      limits: { cpu: '500m' },
      requests: { cpu: '500m', memory: '64Mi' },
    });
    expect(pod.metadata.annotations?.['kubernetes.io/limit-ranger']).toBe(
      'LimitRanger plugin set: cpu, memory request for container c; cpu limit for container c',
    );
  });

  it.each([
    [
      { type: 'Container', min: { cpu: '1' } },
      { requests: { cpu: '10m' } },
      'minimum cpu usage per Container is 1, but request is 10m',
    ],
    [
      { type: 'Container', min: { memory: '1Mi' } },
      {},
      'minimum memory usage per Container is 1Mi.  No request is specified',
    ],
    [{ type: 'Pod', max: { memory: '1Gi' } }, {}, 'maximum memory usage per Pod is 1Gi.  No limit is specified'],
    [
      { type: 'Container', maxLimitRequestRatio: { cpu: '2' } },
      { requests: { cpu: '1' }, limits: { cpu: '3' } },
      'cpu max limit to request ratio per Container is 2, but provided ratio is 3.000000',
    ],
  ] as [LimitRangeItem, ResourceRequirements, string][])('holds Pods to %j', async (item, resources, expected) => {
    const client = await limited(item);
    const created = refusal(client.create(pods, asking_(resources)));
    // A minimum is the default request where nothing else is said.
    if (item.min?.memory) await expect(created).rejects.toThrow('not refused');
    else expect((await created).message).toBe(`pods "p" is forbidden: ${expected}`);
  });

  it('counts init containers by their worst, sidecars with the rest', async () => {
    const client = await limited({ type: 'Pod', max: { cpu: '2' } });
    const container = (name: string, cpu: string, restartPolicy?: string) => ({
      name,
      image: 'nginx',
      resources: { limits: { cpu } },
      ...(restartPolicy && { restartPolicy }),
    });
    const pod = podOf({
      initContainers: [container('side', '500m', 'Always'), container('once', '1')],
      containers: [container('c', '1500m')],
    });
    await client.create(pods, pod);
    const bigger = podOf({ ...pod.spec, containers: [container('c', '1600m')] }, 'q');
    expect((await refusal(client.create(pods, bigger))).message).toContain('but limit is 2100m');
  });
});

/** A quota whose status says what it limits and that nothing is used. */
async function quota(spec: ResourceQuotaSpec) {
  const { client } = await api();
  const metadata = { name: 'q', namespace: 'lab' };
  const made = await client.create(resourceQuotas, { metadata, spec });
  const hard = spec.hard ?? {};
  const used = Object.fromEntries(Object.keys(hard).map((name) => [name, '0']));
  await client.updateStatus(resourceQuotas, { ...made, status: { hard, used } });
  const usage = async () => (await client.get(resourceQuotas, 'lab', 'q')).status?.used;
  return { client, usage };
}

describe('ResourceQuota', () => {
  it('counts what is made until there is no room', async () => {
    const { client, usage } = await quota({ hard: { pods: '2', 'requests.cpu': '1' } });
    const asking = { requests: { cpu: '300m' } };
    await client.create(pods, asking_(asking, 'a'));
    await client.create(pods, asking_(asking, 'b'));
    expect(await usage()).toEqual({ pods: '2', 'requests.cpu': '600m' });
    expect((await refusal(client.create(pods, asking_({ requests: { cpu: '500m' } }, 'd')))).message).toBe(
      'pods "d" is forbidden: exceeded quota: q, requested: pods=1,requests.cpu=500m, used: pods=2,requests.cpu=600m, limited: pods=2,requests.cpu=1',
    );
  });

  it('does not count what is only tried', async () => {
    const { client, usage } = await quota({ hard: { configmaps: '1' } });
    await client.create(configMaps, { metadata: { name: 'c', namespace: 'lab' } }, { dryRun: true });
    expect(await usage()).toEqual({ configmaps: '0' });
  });

  it('wants every container to say what is limited', async () => {
    const { client } = await quota({ hard: { 'limits.memory': '1Gi', 'requests.cpu': '1' } });
    expect((await refusal(client.create(pods, podOf()))).message).toBe(
      'pods "p" is forbidden: failed quota: q: must specify limits.memory for: c; requests.cpu for: c',
    );
  });

  it('counts the difference of an update', async () => {
    const { client, usage } = await quota({ hard: { 'services.nodeports': '1', services: '5' } });
    const spec = { ports: [{ port: 80 }] };
    await client.create(services, { metadata: { name: 's', namespace: 'lab' }, spec });
    await client.patch(services, 'lab', 's', 'merge', { spec: { type: 'NodePort' } });
    expect(await usage()).toEqual({ services: '1', 'services.nodeports': '1' });
  });

  it.each([
    [['BestEffort'], podOf(), true],
    [['NotBestEffort'], podOf(), false],
    [['Terminating'], podOf({ activeDeadlineSeconds: 9 }), true],
    [['NotTerminating'], podOf({ activeDeadlineSeconds: 9 }), false],
  ] as [string[], Pod, boolean][])('of scope %j counts what it means', async (scopes, pod, counted) => {
    const { client } = await quota({ hard: { pods: '0' }, scopes });
    const created = client.create(pods, pod);
    if (counted) expect((await refusal(created)).message).toContain('exceeded quota: q');
    else await created;
  });
});
