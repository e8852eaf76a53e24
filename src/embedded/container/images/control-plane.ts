/** Images of Kubernetes itself: they run, log what one expects, and answer their health checks. */
import { posix } from 'node:path';
import type { ImageDescription } from '../../container-api.ts';
import { layOut, pathEnv } from './layouts.ts';
import { noSystem } from './systems.ts';
import { pattern } from './tags.ts';
import type { ImageFamily } from './types.ts';

type Service = NonNullable<ImageDescription['service']>;
type Port = NonNullable<Service['ports']>[number];

/** Kubernetes' own lines. */
const kubernetesTags = /^v1\.(2[4-9]|3[0-6])\.\d{1,2}$/;
const ok = { body: 'ok' };
const health = (port: number, protocol: Port['protocol'] = 'http'): Port => ({
  port,
  protocol,
  routes: { '/healthz': ok, '/livez': ok, '/readyz': ok, '/': { status: 404, body: '404 page not found\n' } },
});

/** A klog line; `service` puts the time in for `{klog}`. */
const klog = (where: string, text: string) => `I{klog}       1 ${where}] ${text}`;

interface Component {
  repository: string;
  tags: RegExp;
  /** The tags as people read them: `<first> to <last>`. */
  shown: string;
  /** Where its program is, and the other names it is found by. */
  path: string;
  sizeBytes: number;
  user?: number;
  /** Cores, MiB: what it was seen to use in a cluster with little to do. */
  needs?: readonly [cores: number, mebibytes: number];
  entrypoint?: boolean;
  /** Which program it is. Default: one that does what `service` says. */
  program?: string;
  /** Programs beside it, in the same folder. */
  more?: readonly string[];
  service?: Service;
}

const components: Component[] = [
  {
    repository: 'registry.k8s.io/kube-apiserver',
    needs: [0.045, 247],
    tags: kubernetesTags,
    shown: 'v1.24.0 to v1.36.2',
    path: '/usr/local/bin/kube-apiserver',
    program: 'kube-apiserver',
    sizeBytes: 103_363_204,
    service: {
      logs: [
        klog(
          'dynamic_cafile_content.go:161',
          '"Starting controller" name="client-ca-bundle::/etc/kubernetes/pki/ca.crt"',
        ),
        klog('secure_serving.go:211', 'Serving securely on [::]:6443'),
        klog('cache.go:39', 'Caches are synced for RemoteAvailability controller'),
        klog('shared_informer.go:356', '"Caches are synced" controller="node_authorizer"'),
        klog('storage_scheduling.go:111', 'all system priority classes are created successfully or already exist.'),
      ],
      ports: [{ ...health(6443, 'https') }],
    },
  },
  {
    repository: 'registry.k8s.io/kube-controller-manager',
    needs: [0.014, 59],
    tags: kubernetesTags,
    shown: 'v1.24.0 to v1.36.2',
    path: '/usr/local/bin/kube-controller-manager',
    program: 'kube-controller-manager',
    sizeBytes: 93_577_895,
    service: {
      logs: [klog('secure_serving.go:211', 'Serving securely on 127.0.0.1:10257')],
      ports: [health(10257, 'https')],
    },
  },
  {
    repository: 'registry.k8s.io/kube-scheduler',
    needs: [0.006, 21],
    tags: kubernetesTags,
    shown: 'v1.24.0 to v1.36.2',
    path: '/usr/local/bin/kube-scheduler',
    program: 'kube-scheduler',
    sizeBytes: 71_373_443,
    service: {
      logs: [klog('secure_serving.go:211', 'Serving securely on 127.0.0.1:10259')],
      ports: [health(10259, 'https')],
    },
  },
  {
    repository: 'registry.k8s.io/kube-proxy',
    needs: [0.001, 13],
    tags: kubernetesTags,
    shown: 'v1.24.0 to v1.36.2',
    path: '/usr/local/bin/kube-proxy',
    program: 'kube-proxy',
    sizeBytes: 85_617_255,
    service: {
      logs: [
        klog('server.go:527', '"Version info" version="v1.35.4"'),
        klog('config.go:200', '"Starting service config controller"'),
        klog('shared_informer.go:356', '"Caches are synced" controller="service config"'),
        klog('shared_informer.go:356', '"Caches are synced" controller="endpoint slice config"'),
      ],
      ports: [health(10256), { port: 10249, routes: { '/healthz': ok, '/proxyMode': { body: 'iptables' } } }],
    },
  },
  {
    repository: 'registry.k8s.io/etcd',
    needs: [0.021, 41],
    tags: /^3\.[4-6]\.\d{1,2}-\d$/,
    shown: '3.4.0-0 to 3.6.6-0',
    path: '/usr/local/bin/etcd',
    program: 'etcd',
    more: ['etcdctl', 'etcdutl'],
    sizeBytes: 44_104_015,
    service: {
      logs: [
        '{"level":"info","ts":"{iso}","caller":"etcdserver/server.go:2409","msg":"cluster version is updated","cluster-version":"3.6"}',
        '{"level":"info","ts":"{iso}","caller":"embed/serve.go:210","msg":"serving client traffic securely","traffic":"grpc+http","address":"127.0.0.1:2379"}',
      ],
      ports: [
        { port: 2380, protocol: 'tcp', routes: { '/': { body: '' } } },
        {
          port: 2381,
          routes: {
            '/health': { body: '{"health":"true","reason":""}' },
            '/livez': ok,
            '/readyz': ok,
          },
        },
      ],
    },
  },
  {
    repository: 'registry.k8s.io/coredns/coredns',
    needs: [0.0012, 11],
    tags: /^v1\.(8|9|1[0-3])\.\d{1,2}$/,
    shown: 'v1.8.0 to v1.13.1',
    path: '/coredns',
    sizeBytes: 76_623_200,
    entrypoint: true,
    user: 65532,
    program: 'coredns',
  },
  {
    repository: 'registry.k8s.io/ingress-nginx/controller',
    needs: [0.002, 80],
    tags: /^v1\.\d{1,2}\.\d$/,
    shown: 'v1.0.0 to v1.14.0',
    path: '/nginx-ingress-controller',
    sizeBytes: 109_800_000,
    entrypoint: true,
    user: 101,
    program: 'nginx-ingress-controller',
  },
  {
    repository: 'ghcr.io/nginx/nginx-gateway-fabric',
    needs: [0.002, 40],
    tags: /^\d\.\d{1,2}\.\d$/,
    shown: '1.0.0 to 2.2.0',
    path: '/usr/bin/gateway',
    sizeBytes: 68_400_000,
    entrypoint: true,
    user: 101,
    program: 'nginx-gateway',
  },
  {
    repository: 'registry.k8s.io/metrics-server/metrics-server',
    needs: [0.0026, 19],
    tags: /^v0\.[4-8]\.\d$/,
    shown: 'v0.4.0 to v0.8.0',
    path: '/metrics-server',
    sizeBytes: 69_967_041,
    entrypoint: true,
    user: 65534,
    program: 'metrics-server',
  },
  {
    repository: 'docker.io/rancher/local-path-provisioner',
    needs: [0.0001, 9],
    tags: /^v0\.0\.\d{2}$/,
    shown: 'v0.0.10 to v0.0.32',
    path: '/usr/bin/local-path-provisioner',
    sizeBytes: 42_868_875,
    entrypoint: true,
    service: { logs: ['time="{iso}" level=info msg="Starting provisioner"'] },
  },
  {
    repository: 'docker.io/kindest/kindnetd',
    needs: [0.001, 9],
    tags: /^v\d{8}-[0-9a-f]+$/,
    shown: 'v20250512-df8de77b',
    path: '/bin/kindnetd',
    sizeBytes: 38_500_000,
    service: {
      logs: [
        klog('main.go:109', 'connected to apiserver: https://10.96.0.1:443'),
        klog('main.go:139', 'Handling node with IPs'),
      ],
    },
  },
  {
    repository: 'registry.k8s.io/networking/kube-network-policies',
    needs: [0.0018, 12],
    tags: /^v0\.\d{1,2}\.\d$/,
    shown: 'v0.1.0 to v0.9.2',
    path: '/bin/netpol',
    sizeBytes: 54_984_249,
    entrypoint: true,
    service: { logs: [klog('main.go:96', 'Starting network policies controller')] },
  },
];

export const controlPlane: readonly ImageFamily[] = [
  ...components.map(
    (c): ImageFamily => ({
      repository: c.repository,
      about: `part of a cluster: ${posix.basename(c.path)}`,
      tags: pattern(c.tags, [c.shown]),
      content: () => ({
        ...{ system: noSystem, sizeBytes: c.sizeBytes, env: pathEnv, service: c.service },
        // Static Pods name their command; the images have none of their own but the ones with an entrypoint.
        ...(c.entrypoint ? { entrypoint: [c.path] } : { cmd: [c.path] }),
        ...(c.user !== undefined && { user: c.user }),
        ...(c.needs && { needs: { cores: c.needs[0], memoryBytes: c.needs[1] * 1024 ** 2 } }),
        files: (tree) => {
          layOut(tree, noSystem);
          tree.program(c.path, c.program ?? 'service').programs(posix.dirname(c.path), c.more ?? []);
        },
      }),
    }),
  ),
  ...(['registry.k8s.io/pause', 'k8s.gcr.io/pause'] as const).map(
    (repository): ImageFamily => ({
      repository,
      about: 'does nothing until it is ended',
      tags: pattern(/^(latest|3\.([1-9]|10)(\.\d)?)$/, ['latest', '3.1 to 3.10']),
      content: () => ({
        ...{ system: noSystem, sizeBytes: 689_837, entrypoint: ['/pause'], env: pathEnv, user: 65535, group: 65535 },
        files: (tree) => {
          layOut(tree, noSystem);
          tree.program('/pause', 'pause');
        },
      }),
    }),
  ),
];
