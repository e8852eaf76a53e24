import { describe, expect, it } from 'vitest';
import type { Informer, Informers } from '../../src/embedded/api.ts';
import { createClusterNetwork } from '../../src/embedded/network/index.ts';
import type { EndpointSlice, Pod, Service } from '../../src/kube/api.gen.ts';
import type { KubeObject, Resource, Stored } from '../../src/kube/meta.ts';

/** Informers over objects that stand still. */
function informersOf(objects: KubeObject[]): Informers {
  return {
    of<T extends KubeObject>(r: Resource<T>): Informer<T> {
      const list = (namespace?: string) =>
        objects.filter((o) => o.kind === r.kind && (!namespace || o.metadata?.namespace === namespace)) as Stored<T>[];
      return {
        list,
        get: (namespace, name) => list(namespace).find((o) => o.metadata.name === name),
        byOwner: () => [],
        on: () => () => {},
      };
    },
  };
}

const meta = (name: string, namespace = 'default', labels = {}) => ({ name, namespace, uid: `uid-${name}`, labels });
const service = (name: string, spec: Service['spec'], namespace = 'default') => ({
  kind: 'Service',
  metadata: meta(name, namespace),
  spec,
});
const slice = (
  of: string,
  addresses: { ip: string; ready?: boolean; hostname?: string }[],
  port: number,
  namespace = 'default',
): EndpointSlice => ({
  kind: 'EndpointSlice',
  metadata: meta(`${of}-x`, namespace, { 'kubernetes.io/service-name': of }),
  addressType: 'IPv4',
  endpoints: addresses.map(({ ip, ready = true, hostname }) => ({ addresses: [ip], conditions: { ready }, hostname })),
  ports: [{ name: '', port, protocol: 'TCP' }],
});
const pod = (name: string, podIP: string, more: Pod = {}): Pod => ({
  kind: 'Pod',
  metadata: meta(name, more.metadata?.namespace, more.metadata?.labels ?? {}),
  spec: { containers: [{ name: 'c' }], ...more.spec },
  status: { podIP, phase: 'Running', ...more.status },
});
const ports = (port: number, targetPort = port) => [{ port, targetPort, protocol: 'TCP' }];

const dns = [
  service(
    'kube-dns',
    { clusterIP: '10.96.0.10', clusterIPs: ['10.96.0.10'], ports: [{ ...ports(53)[0], port: 53 }] },
    'kube-system',
  ),
  slice('kube-dns', [{ ip: '10.244.0.2' }], 53, 'kube-system'),
  pod('coredns', '10.244.0.2', { metadata: { namespace: 'kube-system', labels: { 'k8s-app': 'kube-dns' } } }),
];
const web = [
  service('web', {
    clusterIP: '10.96.5.5',
    clusterIPs: ['10.96.5.5'],
    ports: [{ ...ports(80, 8080)[0], port: 80, nodePort: 30080 }],
    type: 'NodePort',
  }),
  slice('web', [{ ip: '10.244.0.7' }, { ip: '10.244.0.8', ready: false }], 8080),
  pod('web-1', '10.244.0.7'),
  pod('web-2', '10.244.0.8'),
];
const objects: KubeObject[] = [
  ...dns,
  ...web,
  service('kubernetes', {
    clusterIP: '10.96.0.1',
    clusterIPs: ['10.96.0.1'],
    ports: [{ ...ports(443, 6443)[0], port: 443 }],
  }),
  slice('kubernetes', [{ ip: '172.18.0.2' }], 6443),
  service('empty', { clusterIP: '10.96.7.7', clusterIPs: ['10.96.7.7'], ports: [{ ...ports(80)[0], port: 80 }] }),
  service('headless', { clusterIP: 'None', clusterIPs: ['None'] }),
  slice(
    'headless',
    [
      { ip: '10.244.0.7', hostname: 'one' },
      { ip: '10.244.0.9', ready: false },
    ],
    80,
  ),
  service('alias', { type: 'ExternalName', externalName: 'web.default.svc.cluster.local' }),
  {
    kind: 'Node',
    metadata: { name: 'n', labels: { 'node-role.kubernetes.io/control-plane': '' } },
    status: { addresses: [{ type: 'InternalIP', address: '172.18.0.2' }] },
  } as KubeObject,
];
const cluster = {
  caCertificate: '',
  apiServer: { host: '127.0.0.1', port: 4444 },
  serviceCidr: '10.96.0.0/16',
  podCidr: '10.244.0.0/16',
};
const network = createClusterNetwork({ informers: informersOf(objects), cluster });
const from = { namespace: 'default', podName: 'web-1' };

describe('DNS', () => {
  it.each([
    ['kubernetes.default.svc.cluster.local', ['10.96.0.1']],
    ['web.default.svc.cluster.local', ['10.96.5.5']],
    ['headless.default.svc.cluster.local', ['10.244.0.7']],
    ['one.headless.default.svc.cluster.local', ['10.244.0.7']],
    ['alias.default.svc.cluster.local', ['10.96.5.5']],
    ['10-244-0-7.default.pod.cluster.local', ['10.244.0.7']],
    ['web.default', []],
    ['web.other.svc.cluster.local', []],
    ['example.com', []],
  ])('answers %s', async (name, addresses) => {
    expect(await network.lookup(name)).toEqual(addresses);
    expect(await network.lookup(name, '10.96.0.10')).toEqual(addresses);
  });

  it('is silent where no nameserver is, and refuses where it has no endpoints', async () => {
    await expect(network.lookup('web.default.svc.cluster.local', '192.0.2.1')).rejects.toMatchObject({
      code: 'ETIMEDOUT',
    });
    const down = createClusterNetwork({ informers: informersOf([...dns.slice(0, 1), ...web]), cluster });
    await expect(down.lookup('web.default.svc.cluster.local')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});

describe('routes', () => {
  it.each([
    ['the API server by its Service', '10.96.0.1', 443, { kind: 'api-server', host: '127.0.0.1', port: 4444 }],
    ['the API server by its node', '172.18.0.2', 6443, { kind: 'api-server', host: '127.0.0.1', port: 4444 }],
    ['ready endpoints of a Service', '10.96.5.5', 80, { kind: 'container', podUid: 'uid-web-1', port: 8080 }],
    ['the same by a node port', '172.18.0.2', 30080, { kind: 'container', podUid: 'uid-web-1', port: 8080 }],
    ['Pods by their address', '10.244.0.8', 99, { kind: 'container', podUid: 'uid-web-2', port: 99 }],
    ['nobody, where a Service has no endpoints', '10.96.7.7', 80, { kind: 'refused' }],
    ['nowhere, at other ports of a Service', '10.96.5.5', 81, { kind: 'timeout' }],
    ['nowhere, where nothing has the address', '10.244.9.9', 80, { kind: 'timeout' }],
    ['nowhere outside of the cluster', '8.8.8.8', 443, { kind: 'timeout' }],
  ])('lead to %s', async (_, address, port, route) => {
    expect(await network.route(from, address, port)).toEqual(route);
  });
});
