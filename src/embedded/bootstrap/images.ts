import type { ImageDescription } from '../api.ts';

/**
 * The images of the control plane's own Pods. They only stand there: the real work is done by the cluster itself. Probes
 * find what they ask for.
 */
export const systemImages: readonly ImageDescription[] = [
  {
    name: 'registry.k8s.io/coredns/coredns',
    tags: ['v1.13.1'],
    service: {
      logs: ['.:53', 'CoreDNS-1.13.1', 'linux/amd64, go1.25.2'],
      ports: [
        { port: 8080, routes: { '/health': { body: 'OK' } } },
        { port: 8181, routes: { '/ready': { body: 'OK' } } },
        { port: 9153, routes: { '/metrics': { body: '' } } },
        { port: 53, protocol: 'tcp', routes: { '/': { body: '' } } },
      ],
    },
  },
  {
    name: 'registry.k8s.io/kube-proxy',
    tags: ['v1.35.4'],
    service: {},
  },
  {
    name: 'registry.k8s.io/etcd',
    tags: ['3.6.6-0'],
    service: { ports: [{ port: 2381, routes: { '/livez': { body: 'ok' }, '/readyz': { body: 'ok' } } }] },
  },
  {
    name: 'registry.k8s.io/kube-apiserver',
    tags: ['v1.35.4'],
    service: {
      ports: [
        { port: 6443, routes: { '/livez': { body: 'ok' }, '/readyz': { body: 'ok' }, '/healthz': { body: 'ok' } } },
      ],
    },
  },
  {
    name: 'registry.k8s.io/kube-controller-manager',
    tags: ['v1.35.4'],
    service: { ports: [{ port: 10257, routes: { '/healthz': { body: 'ok' } } }] },
  },
  {
    name: 'registry.k8s.io/kube-scheduler',
    tags: ['v1.35.4'],
    service: {
      ports: [
        { port: 10259, routes: { '/livez': { body: 'ok' }, '/readyz': { body: 'ok' }, '/healthz': { body: 'ok' } } },
      ],
    },
  },
];
