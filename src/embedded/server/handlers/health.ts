import { ownValue } from '../../../kernel/own.ts';
import type { Exchange } from '../exchange.ts';
import { notFoundPage } from './pages.ts';

/** The checks of a v1.35 API server, in its order, as recorded. */
const started = [
  'start-apiserver-admission-initializer',
  'generic-apiserver-start-informers',
  'priority-and-fairness-config-consumer',
  'priority-and-fairness-filter',
  'storage-object-count-tracker-hook',
  'start-apiextensions-informers',
  'start-apiextensions-controllers',
  'crd-informer-synced',
  'start-system-namespaces-controller',
  'start-cluster-authentication-info-controller',
  'start-kube-apiserver-identity-lease-controller',
  'start-kube-apiserver-identity-lease-garbage-collector',
  'start-legacy-token-tracking-controller',
  'start-service-ip-repair-controllers',
  'rbac/bootstrap-roles',
  'scheduling/bootstrap-system-priority-classes',
  'priority-and-fairness-config-producer',
  'bootstrap-controller',
  'start-kubernetes-service-cidr-controller',
  'aggregator-reload-proxy-client-cert',
  'start-kube-aggregator-informers',
  'apiservice-status-local-available-controller',
  'apiservice-status-remote-available-controller',
  'apiservice-registration-controller',
  'apiservice-discovery-controller',
  'kube-apiserver-autoregistration',
].map((hook) => `poststarthook/${hook}`);
const last = [
  'autoregister-completion',
  'poststarthook/apiservice-openapi-controller',
  'poststarthook/apiservice-openapiv3-controller',
];

const checks: Record<string, readonly string[]> = {
  healthz: ['ping', 'log', 'etcd', ...started, ...last],
  livez: ['ping', 'log', 'etcd', ...started, ...last],
  readyz: ['ping', 'log', 'etcd', 'etcd-readiness', 'informer-sync', ...started, ...last, 'shutdown'],
};

/** All paths of health checks, for the list at `/`. */
export const healthPaths: readonly string[] = Object.entries(checks).flatMap(([root, names]) => [
  `/${root}`,
  ...names.map((name) => `/${root}/${name}`),
]);

/** /healthz, /livez, /readyz and their single checks; `?verbose` lists them, `?exclude=` leaves some out. */
export function health(exchange: Exchange, segments: readonly string[]): void {
  const [root = '', ...rest] = segments;
  const names = ownValue(checks, root);
  const { query } = exchange.info;
  if (!names || (rest.length > 0 && !names.includes(rest.join('/')))) {
    notFoundPage(exchange);
    return;
  }
  exchange.reply.setHeader('X-Content-Type-Options', 'nosniff');
  const type = 'text/plain; charset=utf-8';
  // A server that answers is healthy: everything that is checked lives in this process.
  if (rest.length > 0 || !query.has('verbose')) {
    exchange.send(200, type, 'ok');
    return;
  }
  const excluded = query.getAll('exclude');
  const lines = names.map((name) => `[+]${name} ${excluded.includes(name) ? 'excluded: ok' : 'ok'}`);
  exchange.send(200, type, `${lines.join('\n')}\n${root} check passed\n`);
}
