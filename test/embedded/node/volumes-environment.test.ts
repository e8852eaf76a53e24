import { afterEach, describe, expect, it, vi } from 'vitest';
import { environment, serviceVariables } from '../../../src/embedded/node/environment/environment.ts';
import { expand } from '../../../src/embedded/node/environment/expansion.ts';
import type { Container, Pod, Service } from '../../../src/kube/api.gen.ts';
import type { Stored } from '../../../src/kube/meta.ts';
import { quantityValue } from '../../../src/kube/quantity.ts';
import { configMaps, persistentVolumeClaims, persistentVolumes, pods, secrets } from '../../../src/kube/resources.ts';
import { startNode } from './harness.ts';

let stop = () => {};
afterEach(() => stop());

const meta = { uid: 'u', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' };
const service = (
  name: string,
  namespace: string,
  clusterIP: string,
  ports: NonNullable<Service['spec']>['ports'],
): Stored<Service> => ({
  metadata: { ...meta, name, namespace },
  spec: { clusterIP, ports },
});

describe('$(VAR)', () => {
  it.each([
    ['hello $(NS) $(UNDEFINED) $$(ESCAPED)', 'hello down $(UNDEFINED) $(ESCAPED)'],
    ['$(NS', '$(NS'],
    ['$$', '$'],
    ['$x', '$x'],
  ])('%s becomes %s', (text, expected) => {
    expect(expand(text, (name) => (name === 'NS' ? 'down' : undefined))).toBe(expected);
  });
});

describe('the environment of a container', () => {
  const container: Container = {
    name: 'c',
    image: 'x',
    resources: { requests: { cpu: '125m' }, limits: { cpu: '250m', memory: '32Mi' } },
    envFrom: [{ configMapRef: { name: 'cm' }, prefix: 'P_' }, { secretRef: { name: 'gone', optional: true } }],
    env: [
      { name: 'POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
      { name: 'APP', valueFrom: { fieldRef: { fieldPath: "metadata.labels['app']" } } },
      { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
      { name: 'MEM', valueFrom: { resourceFieldRef: { resource: 'limits.memory' } } },
      { name: 'CPU', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: '1m' } } },
      { name: 'CORES', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } },
      { name: 'KEY', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } },
      { name: 'GREETING', value: 'hi $(POD) at $(KUBERNETES_SERVICE_HOST)' },
    ],
  };
  const pod: Stored<Pod> = {
    metadata: { ...meta, name: 'down', namespace: 'ns', labels: { app: 'web' } },
    spec: { containers: [container] },
  };

  it('has envFrom, references, expansion and Services', () => {
    const env = environment(pod, container, {
      podIP: '10.244.0.9',
      hostIP: '172.18.0.2',
      allocatable: {},
      configMap: (_, name) => (name === 'cm' ? { metadata: { ...meta, name }, data: { a: '1' } } : undefined),
      secret: (_, name) => (name === 's' ? { metadata: { ...meta, name }, data: { k: 'dg==' } } : undefined),
      services: () => [service('kubernetes', 'default', '10.96.0.1', [{ name: 'https', port: 443 }])],
    });
    expect(Object.fromEntries(env.map((e) => [e.name, e.value]))).toMatchObject({
      P_a: '1',
      POD: 'down',
      APP: 'web',
      IP: '10.244.0.9',
      MEM: '33554432',
      CPU: '250',
      CORES: '1',
      KEY: 'v',
      GREETING: 'hi down at 10.96.0.1',
      KUBERNETES_SERVICE_PORT_HTTPS: '443',
      KUBERNETES_PORT: 'tcp://10.96.0.1:443',
      KUBERNETES_PORT_443_TCP_ADDR: '10.96.0.1',
    });
  });

  it('leaves Services of the namespace out without enableServiceLinks', () => {
    const services = [
      service('kubernetes', 'default', '10.96.0.1', [{ port: 443 }]),
      service('my-db', 'ns', '10.96.0.7', [{ port: 5432 }]),
      service('headless', 'ns', 'None', [{ port: 1 }]),
    ];
    expect(serviceVariables(pod, services).get('MY_DB_SERVICE_HOST')).toBe('10.96.0.7');
    expect(serviceVariables(pod, services).has('HEADLESS_SERVICE_HOST')).toBe(false);
    const without = serviceVariables({ ...pod, spec: { containers: [], enableServiceLinks: false } }, services);
    expect([...without.keys()].every((k) => k.startsWith('KUBERNETES_'))).toBe(true);
  });
});

describe('volumes', () => {
  async function node() {
    const n = await startNode();
    stop = n.stop;
    return n;
  }
  const mount = { volumeMounts: [{ name: 'v', mountPath: '/v' }] };

  it('projects a token bound to the Pod and replaces it at 80 % of its life', async () => {
    const { run, until, runtime, clock } = await node();
    const sources = [
      { serviceAccountToken: { path: 'token', expirationSeconds: 3607 } },
      { downwardAPI: { items: [{ path: 'namespace', fieldRef: { fieldPath: 'metadata.namespace' } }] } },
    ];
    await run('p', {
      containers: [{ name: 'c', image: 'x', ...mount }],
      volumes: [{ name: 'v', projected: { sources } }],
    });
    const pod = await until('p', (p) => p.status?.phase === 'Running');
    const volume = runtime.last('c').spec.mounts[0]?.volume;
    expect(volume).toMatchObject({ kind: 'files', id: `${pod.metadata.uid}/v` });
    const token = volume?.kind === 'files' && Buffer.from(volume.files.token?.content ?? []).toString();
    expect(token).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
    await clock.advance(0.79 * 3_607_000);
    expect(runtime.updated).toEqual([]);
    await clock.advance(0.02 * 3_607_000);
    expect(runtime.updated.map((u) => u.text)).toEqual([
      { token: expect.not.stringMatching(`^${token}$`), namespace: 'default' },
    ]);
  });

  it('keeps mounted ConfigMaps, Secrets and labels up to date', async () => {
    const { client, run, until, runtime } = await node();
    await client.create(configMaps, {
      kind: 'ConfigMap',
      metadata: { name: 'one', namespace: 'default' },
      data: { a: '1' },
    });
    await client.create(secrets, {
      kind: 'Secret',
      metadata: { name: 'two', namespace: 'default' },
      data: { b: 'Mg==' },
    });
    const sources = [
      { configMap: { name: 'one' } },
      { secret: { name: 'two', items: [{ key: 'b', path: 'dir/b', mode: 0o400 }] } },
      { downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }] } },
    ];
    await run(
      'p',
      { containers: [{ name: 'c', image: 'x', ...mount }], volumes: [{ name: 'v', projected: { sources } }] },
      { labels: { app: 'x', zone: 'eu' } },
    );
    await until('p', (p) => p.status?.phase === 'Running');
    const volume = runtime.last('c').spec.mounts[0]?.volume;
    const files = volume?.kind === 'files' ? volume.files : {};
    expect(Object.keys(files)).toEqual(['a', 'dir/b', 'labels']);
    expect(files['dir/b']?.mode).toBe(0o400);
    expect(Buffer.from(files.labels?.content ?? []).toString()).toBe('app="x"\nzone="eu"');
    // What goes to the containers' thread goes with all of the memory that it is cut from.
    for (const { content } of Object.values(files)) expect(content.buffer.byteLength).toBe(content.length);
    await client.patch(configMaps, 'default', 'one', 'merge', { data: { a: '2' } });
    await vi.waitFor(() => expect(runtime.updated.some((u) => u.text.a === '2')).toBe(true), { interval: 1 });
    await client.patch(pods, 'default', 'p', 'merge', { metadata: { labels: { zone: 'us' } } });
    await vi.waitFor(() => expect(runtime.updated.some((u) => u.text.labels?.includes('us'))).toBe(true), {
      interval: 1,
    });
  });

  it("gives a claim's Pods the tree of its volume, and waits until it is bound", async () => {
    const { run, api, runtime, advanceUntil, messages } = await node();
    const accessModes = ['ReadWriteOnce'];
    const storage = { accessModes, resources: { requests: { storage: '1Gi' } } };
    const claim = await api.client.create(persistentVolumeClaims, {
      metadata: { name: 'data', namespace: 'default' },
      spec: { volumeName: 'pv', ...storage },
    });
    await run('p', {
      containers: [{ name: 'c', image: 'busybox:1.36', volumeMounts: [{ name: 'd', mountPath: '/data' }] }],
      volumes: [{ name: 'd', persistentVolumeClaim: { claimName: 'data', readOnly: true } }],
    });
    await api.until(() => messages('FailedMount')[0]?.includes('error processing PVC default/data: PVC is not bound'));
    const claimRef = { namespace: 'default', name: 'data', uid: claim.metadata.uid };
    const spec = { hostPath: { path: '/srv/pv' }, claimRef, accessModes, capacity: { storage: '1Gi' } };
    await api.client.create(persistentVolumes, { metadata: { name: 'pv' }, spec });
    const bound = { status: { phase: 'Bound' } };
    await api.client.patch(persistentVolumeClaims, 'default', 'data', 'merge', bound, { subresource: 'status' });
    await advanceUntil('p', (pod) => pod.status?.phase === 'Running');
    expect(runtime.last('c').spec.mounts).toEqual([
      { mountPath: '/data', readOnly: true, volume: { kind: 'host', node: 'node-1', path: '/srv/pv', mode: 0o777 } },
    ]);
  });

  it('gives emptyDir and hostPath as trees and forgets emptyDir with the Pod', async () => {
    const { client, run, until, runtime, api } = await node();
    const volumes = [
      { name: 'v', emptyDir: { medium: 'Memory', sizeLimit: '16Mi' } },
      { name: 'h', hostPath: { path: '/tmp/x' } },
    ];
    const volumeMounts = [
      { name: 'v', mountPath: '/v', subPathExpr: '$(POD)' },
      { name: 'h', mountPath: '/h', readOnly: true },
    ];
    const env = [{ name: 'POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }];
    const { metadata } = await run('p', { containers: [{ name: 'c', image: 'x', volumeMounts, env }], volumes });
    await until('p', (p) => p.status?.phase === 'Running');
    expect(runtime.last('c').spec.mounts).toEqual([
      {
        mountPath: '/v',
        subPath: 'p',
        readOnly: false,
        volume: { kind: 'tree', id: `${metadata.uid}/v`, sizeBytes: 16 * 1024 * 1024, memory: true },
      },
      { mountPath: '/h', readOnly: true, volume: { kind: 'host', node: 'node-1', path: '/tmp/x' } },
    ]);
    await client.delete(pods, 'default', 'p');
    await api.until(() => api.all(pods).length === 0);
    await new Promise((resolve) => setImmediate(resolve));
    expect(runtime.removed).toContain(`${metadata.uid}/v`);
    expect(runtime.removed).not.toContain('host/node-1/tmp/x');
  });
});

describe('quantities', () => {
  it.each([
    ['100m', 1],
    ['1.5Gi', 1_610_612_736],
    ['2e3', 2000],
    ['1E', 1e18],
    ['0', 0],
    ['.5', 1],
  ])('%s is %d', (text, value) => expect(quantityValue(text)).toBe(value));
});
