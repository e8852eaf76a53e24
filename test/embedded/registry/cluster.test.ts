import { afterEach, describe, expect, it } from 'vitest';
import {
  createEmbeddedCluster,
  type EmbeddedCluster,
  type EmbeddedClusterOptions,
} from '../../../src/embedded/cluster.ts';
import { ManualClock } from '../../../src/kernel/clock.ts';
import type { EndpointSlice } from '../../../src/kube/api.gen.ts';
import { KubeClient } from '../../../src/kube/client.ts';
import type { KubeObject, Resource, Stored } from '../../../src/kube/meta.ts';
import {
  clusterRoles,
  configMaps,
  deployments,
  endpointSlices,
  endpoints,
  namespaces,
  pods,
  priorityClasses,
  replicaSets,
  services,
} from '../../../src/kube/resources.ts';

const clusters: EmbeddedCluster[] = [];
afterEach(async () => {
  await Promise.all(clusters.splice(0).map((cluster) => cluster.stop()));
});

async function newCluster(options: EmbeddedClusterOptions = {}): Promise<EmbeddedCluster> {
  const report = (error: unknown) => {
    throw error;
  };
  const cluster = await createEmbeddedCluster({ report, ...options });
  clusters.push(cluster);
  return cluster;
}

/** Resolves when the objects of a namespace are as asked; told by their changes. */
function until<T extends KubeObject>(
  { context }: EmbeddedCluster,
  r: Resource<T>,
  namespace: string,
  fits: (items: Stored<T>[]) => boolean,
): Promise<Stored<T>[]> {
  const informer = context.informers.of(r);
  return new Promise((resolve) => {
    const look = () => {
      const items = informer.list(namespace);
      if (!fits(items)) return;
      queueMicrotask(() => stop());
      resolve(items);
    };
    const stop = informer.on({ add: look, update: look, delete: look });
    look();
  });
}

const web = {
  metadata: { name: 'web', namespace: 'lab' },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'nginx:1' }] } },
  },
};

describe('createEmbeddedCluster', () => {
  it('holds what a fresh control plane holds', async () => {
    const { client } = await newCluster();
    const names = async (r: Resource, namespace?: string) =>
      (await client.list(r, namespace)).items.map((item) => item.metadata.name);
    expect(await names(namespaces)).toEqual(['default', 'kube-node-lease', 'kube-public', 'kube-system']);
    expect(await names(priorityClasses)).toEqual(['system-cluster-critical', 'system-node-critical']);
    expect(await names(clusterRoles)).toContain('cluster-admin');
    expect(await names(configMaps, 'kube-system')).toContain('extension-apiserver-authentication');
    const service = await client.get(services, 'default', 'kubernetes');
    expect(service.spec?.clusterIP).toBe('10.96.0.1');
    const slice = await client.get(endpointSlices, 'default', 'kubernetes');
    expect(slice.ports?.[0]?.port).toBe(6443);
  });

  it('is reached with its kubeconfigs: as admin, and as somebody without rights', async () => {
    const cluster = await newCluster({ context: 'kubedrill-x' });
    expect(cluster.kubeconfig()).toContain('current-context: kubedrill-x');
    const admin = KubeClient.fromText(cluster.kubeconfig());
    expect((await admin.list(namespaces)).items).toHaveLength(4);
    const jane = KubeClient.fromText(cluster.kubeconfig('jane', ['dev']));
    await expect(jane.list(pods, 'default')).rejects.toThrow(/User "jane" cannot list resource "pods"/);
  });

  it('has its Service kubernetes back within ten seconds, with the endpoints that are right', async () => {
    const clock = new ManualClock();
    const cluster = await newCluster({ clock });
    const { client } = cluster;
    const [before] = (await client.get(endpointSlices, 'default', 'kubernetes')).endpoints;
    await client.delete(services, 'default', 'kubernetes');
    await until(cluster, endpoints, 'default', (items) => items.length === 0);
    await clock.advance(10_000);
    const [service] = await until(cluster, services, 'default', (items) => items.length === 1);
    expect(service?.spec).toMatchObject({ clusterIP: '10.96.0.1', ports: [{ port: 443, targetPort: 6443 }] });
    await until(cluster, endpoints, 'default', (items) => items.length === 1);
    await client.patch(endpointSlices, 'default', 'kubernetes', 'merge', { endpoints: [{ addresses: ['192.0.2.9'] }] });
    await clock.advance(10_000);
    const isRight = ([slice]: Stored<EndpointSlice>[]) =>
      slice?.endpoints[0]?.addresses[0] !== undefined && slice.endpoints[0].addresses[0] !== '192.0.2.9';
    const [slice] = await until(cluster, endpointSlices, 'default', isRight);
    expect(slice?.endpoints).toEqual([before]);
  });

  it('resets a changed, and a deleted, workload: the old template, no new ReplicaSet, new Pods', async () => {
    const cluster = await newCluster();
    const { client } = cluster;
    await client.create(namespaces, { metadata: { name: 'lab' } });
    await client.create(deployments, web);
    const first = await until(cluster, pods, 'lab', (items) => items.length === 2);
    await cluster.snapshot();
    const template = { spec: { containers: [{ name: 'c', image: 'nginx:2' }] } };
    await client.patch(deployments, 'lab', 'web', 'strategic', { spec: { replicas: 3, template } });
    await until(cluster, replicaSets, 'lab', (items) => items.length === 2);

    const start = performance.now();
    await cluster.reset();
    expect(performance.now() - start).toBeLessThan(500);
    const again = await until(cluster, pods, 'lab', (items) => items.length === 2);
    expect(again.some((pod) => first.some((old) => old.metadata.uid === pod.metadata.uid))).toBe(false);
    expect((await client.get(deployments, 'lab', 'web')).spec).toMatchObject({
      replicas: 2,
      template: { spec: { containers: [{ image: 'nginx:1' }] } },
    });
    expect((await client.list(replicaSets, 'lab')).items).toHaveLength(1);

    await client.delete(deployments, 'lab', 'web');
    await until(cluster, pods, 'lab', (items) => items.length === 0);
    await cluster.reset();
    await until(cluster, pods, 'lab', (items) => items.length === 2);
    expect((await client.list(replicaSets, 'lab')).items).toHaveLength(1);
  });

  it('brings a deleted namespace back with everything in it', async () => {
    const cluster = await newCluster();
    const { client } = cluster;
    await client.create(namespaces, { metadata: { name: 'lab' } });
    await client.create(deployments, web);
    await client.create(configMaps, { metadata: { name: 'c', namespace: 'lab' }, data: { k: 'v' } });
    await until(cluster, pods, 'lab', (items) => items.length === 2);
    await cluster.snapshot();
    await client.delete(namespaces, undefined, 'lab');
    await until(cluster, pods, 'lab', (items) => items.length === 0);
    await cluster.reset();
    await until(cluster, pods, 'lab', (items) => items.length === 2);
    expect((await client.get(configMaps, 'lab', 'c')).data).toEqual({ k: 'v' });
    expect((await client.get(namespaces, undefined, 'lab')).status?.phase).toBe('Active');
  });

  it('hosts ten labs side by side, each on a port of its own', async () => {
    const ten = await Promise.all(Array.from({ length: 10 }, () => newCluster()));
    expect(new Set(ten.map(({ port }) => port)).size).toBe(10);
  });
});
