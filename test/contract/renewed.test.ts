/** Embedded clusters that are used again, as those of proofs are: nothing of one use may be found in the next. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installAddon } from '../../src/cluster/addons/install.ts';
import type { Cluster } from '../../src/cluster/provider.ts';
import { createEmbeddedProvider, type EmbeddedProvider } from '../../src/daemon/embedded-provider.ts';
import { KubeClient } from '../../src/kube/client.ts';
import { Kubectl } from './kubectl.ts';
import { normalisedObjects } from './objects.ts';
import { ScratchFolder } from './scratch.ts';

const damages = join(import.meta.dirname, '..', '..', 'fixtures', 'damage');
const damage = (name: string) => readFileSync(join(damages, name), 'utf8');
const scratch = new ScratchFolder();
let embedded: EmbeddedProvider;
let created = 0;

beforeAll(async () => {
  embedded = await createEmbeddedProvider(scratch.path, { lasting: false });
});
afterAll(async () => {
  await embedded.stop();
  scratch.remove();
});

const take = (nodes = 1) => embedded.provider.create({ name: `use-${++created}`, nodes }, () => undefined);
const giveBack = async ({ id }: Cluster) => embedded.provider.release?.(id);
const kept = async () => (await embedded.provider.kept?.())?.map(({ id }) => id) ?? [];

/** What a user can find of others on a cluster. */
async function found(cluster: Cluster) {
  const kubectl = await Kubectl.on(cluster);
  await cluster.systemRuns?.();
  await kubectl.run('rollout', 'status', 'daemonset', '-n', 'kube-system', '--timeout=60s');
  // Every cluster has keys and an address of its own.
  const own = [/-----BEGIN [A-Z ]+-----.*?-----END [A-Z ]+-----(\\n)?/g, /LS0t[A-Za-z0-9+/=]+/g, cluster.server];
  const text = own.reduce<string>(
    (all, one) => all.replaceAll(one, 'its own'),
    JSON.stringify(await normalisedObjects(kubectl)),
  );
  const columns = 'custom-columns=A:.metadata.namespace,B:.metadata.name,C:.involvedObject.namespace';
  const get = async (types: string) =>
    (await kubectl.run('get', types, '-A', '--no-headers', '-o', columns)).trim().split(/\s*\n/).sort();
  return {
    objects: JSON.parse(text) as Record<string, unknown>,
    network: (await get('endpoints,endpointslices,ipaddresses')).map((line) => line.replace(/-[a-z0-9]{5}\b/, '')),
    leases: await get('leases'),
    // Of what the cluster's own parts do there are more or fewer each time.
    events: (await get('events')).filter((line) => !/ (kube-system|local-path-storage|<none>)$/.test(line)),
    restarts: (await kubectl.run('get', 'pods', '-A', '-o', 'jsonpath={..restartCount}')).replaceAll(/[0 ]/g, ''),
  };
}

describe('a cluster that is given back', () => {
  let fresh: Awaited<ReturnType<typeof found>>;
  beforeAll(async () => {
    const cluster = await take();
    fresh = await found(cluster);
    await cluster.dispose();
  });

  it('differs in nothing from what it was as soon as it is made', async () => {
    const cluster = await take();
    expect(await cluster.differences()).toEqual([]);
    await cluster.dispose();
  });

  // Those that reach beyond the namespaces of a scenario.
  const far = /^(10|12|14|16|18|21|26|28|29|31|32|34|35|36)-/;
  const files = readdirSync(damages).filter((name) => far.test(name));
  describe.concurrent('is as new', () => {
    it.each(files)('after %s', { timeout: 180_000 }, async (file) => {
      const cluster = await take();
      const kubectl = await Kubectl.on(cluster);
      const world = readdirSync(join(damages, 'world')).sort();
      for (const name of world) {
        await kubectl.apply(damage(join('world', name)));
        await kubectl.run('wait', '--for=condition=Established', 'crd/parcels.depot.example.com', '--timeout=60s');
      }
      await kubectl.run('rollout', 'status', 'deployment/web', '-n', 'shop', '--timeout=90s');
      await cluster.snapshot();
      await kubectl.script(join(damages, file), damage(file));
      await giveBack(cluster);
      const next = await take();
      expect(await found(next)).toEqual(fresh);
      await giveBack(next);
    });
  });

  it('was used for many of these, one after the other', async () => {
    expect(await embedded.provider.list()).toEqual([]);
    const all = await kept();
    expect(all.length).toBeGreaterThan(0);
    expect(all.length).toBeLessThan(files.length / 2);
  });

  const pod = (volume: object) =>
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'writer', namespace: 'default' },
      spec: {
        containers: [
          {
            name: 'c',
            image: 'busybox:1.36',
            command: ['sh', '-c', 'echo mine > /data/left; sleep 1d'],
            volumeMounts: [{ name: 'data', mountPath: '/data' }],
          },
        ],
        volumes: [{ name: 'data', ...volume }],
      },
    });
  const runs = (kubectl: Kubectl) => kubectl.run('wait', 'pod/writer', '--for=condition=Ready', '--timeout=60s');
  const claim = JSON.stringify({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'data', namespace: 'default' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Mi' } } },
  });

  it.each<[string, (kubectl: Kubectl, cluster: Cluster) => Promise<unknown>]>([
    [
      'a command ran on its node',
      async (kubectl, cluster) => {
        const node = await kubectl.run('get', 'nodes', '-o', 'jsonpath={.items[0].metadata.name}');
        const shell = await cluster.nodeProcess?.(node, { command: ['touch', '/mnt/left'], tty: false });
        expect(await shell?.exit).toBe(0);
      },
    ],
    [
      'a command ran in a Pod that stays',
      async (kubectl) => {
        const etcd = await kubectl.run('get', 'pods', '-n', 'kube-system', '-l', 'component=etcd', '-o', 'name');
        await kubectl.run('exec', '-n', 'kube-system', etcd, '--', 'etcdctl', 'version');
      },
    ],
    [
      "a Pod wrote to its node's disk",
      async (kubectl) => {
        await kubectl.apply(pod({ hostPath: { path: '/mnt/data', type: 'DirectoryOrCreate' } }));
        await runs(kubectl);
      },
    ],
    [
      'a Pod had a claim',
      async (kubectl) => {
        await kubectl.apply(claim);
        await kubectl.apply(pod({ persistentVolumeClaim: { claimName: 'data' } }));
        await runs(kubectl);
      },
    ],
    [
      'an addon ran among its own Pods',
      async (kubectl, { kubeconfig }) => {
        const client = await KubeClient.fromFile(kubeconfig);
        await installAddon(client, 'metrics-server', new AbortController().signal);
        await client.close();
        await kubectl.run('rollout', 'status', 'deployment/metrics-server', '-n', 'kube-system', '--timeout=60s');
      },
    ],
    [
      'a Pod of its own was replaced',
      async (kubectl) => {
        await kubectl.run('delete', 'pod', '-n', 'kube-system', '-l', 'k8s-app=kube-proxy', '--now');
        await kubectl.run('rollout', 'status', 'daemonset/kube-proxy', '-n', 'kube-system', '--timeout=60s');
      },
    ],
  ])('is not used again if %s', { timeout: 60_000 }, async (_, use) => {
    const cluster = await take();
    await use(await Kubectl.on(cluster), cluster);
    await giveBack(cluster);
    expect(await kept()).not.toContain(cluster.id);
    expect(existsSync(cluster.kubeconfig)).toBe(false);
  });

  it('does not wait for the grace periods of what runs in it', { timeout: 60_000 }, async () => {
    const cluster = await take();
    const kubectl = await Kubectl.on(cluster);
    const stubborn = ['sh', '-c', 'trap "" TERM; while :; do sleep 1; done'];
    const lifecycle = { preStop: { exec: { command: ['sleep', '600'] } } };
    const containers = [{ name: 'c', image: 'busybox:1.36', command: stubborn, lifecycle }];
    await kubectl.apply(
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'writer', namespace: 'default' },
        spec: { terminationGracePeriodSeconds: 600, containers },
      }),
    );
    await runs(kubectl);
    await giveBack(cluster);
    // What waits longer is no longer kept.
    expect(await kept()).toContain(cluster.id);
  });

  it('is given to those who want as many nodes', async () => {
    for (const { id } of (await embedded.provider.kept?.()) ?? []) await embedded.provider.delete(id);
    const [one, three] = [await take(), await take(3)];
    await giveBack(one);
    const other = await take(3);
    expect(other.id).not.toBe(one.id);
    await giveBack(three);
    expect([(await take(3)).id, (await take()).id]).toEqual([three.id, one.id]);
  });
});
