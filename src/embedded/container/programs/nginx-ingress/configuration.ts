/** How ingress-nginx reads Ingresses: https://kubernetes.github.io/ingress-nginx/user-guide/ */
import type { Ingress, IngressBackend, IngressClass, Secret } from '../../../../kube/api.gen.ts';
import type { Stored } from '../../../../kube/meta.ts';
import type { Certificate } from '../../reverse-proxy/certificates.ts';
import {
  type Action,
  type Backend,
  type PathMatch,
  pattern,
  type Route,
  type VirtualHost,
} from '../../reverse-proxy/routing.ts';
import { certificateOf, endpointsOf, named, type ServiceObjects } from '../../reverse-proxy/services.ts';

export interface IngressObjects extends ServiceObjects {
  ingresses: readonly Stored<Ingress>[];
  classes: readonly Stored<IngressClass>[];
  secrets: readonly Stored<Secret>[];
}

export interface IngressSettings {
  /** IngressClasses of this controller are served: `k8s.io/ingress-nginx`. */
  controllerClass: string;
  /** Value of the old annotation kubernetes.io/ingress.class. */
  ingressClass: string;
  /** Serve Ingresses that name no class as well. */
  withoutClass: boolean;
}

/** What is served over HTTP, over HTTPS, and with which certificates. */
export interface IngressConfiguration {
  served: readonly Stored<Ingress>[];
  http: readonly VirtualHost[];
  https: readonly VirtualHost[];
  certificates: readonly Certificate[];
  /** What the controller's log complains of. */
  warnings: readonly string[];
}

const annotation = ({ metadata }: Stored<Ingress>, name: string) =>
  metadata.annotations?.[`nginx.ingress.kubernetes.io/${name}`];

/** Oldest Ingress first: of two that claim the same path the older one has it. */
export function ingressConfiguration(objects: IngressObjects, settings: IngressSettings): IngressConfiguration {
  const warnings: string[] = [];
  const served = objects.ingresses
    .filter((ingress) => isServed(ingress, objects.classes, settings))
    .sort((a, b) => (a.metadata.creationTimestamp < b.metadata.creationTimestamp ? -1 : 1));
  const http = new Map<string, Route[]>();
  const https = new Map<string, Route[]>();
  const certificates: Certificate[] = [];
  const add = (to: Map<string, Route[]>, host: string, route: Route) => to.set(host, [...(to.get(host) ?? []), route]);
  for (const ingress of served) {
    const secured = new Set<string>();
    for (const { hosts = [''], secretName } of ingress.spec?.tls ?? []) {
      for (const host of hosts) secured.add(host);
      const key = `${ingress.metadata.namespace}/${secretName}`;
      const secret = named(objects.secrets, ingress.metadata.namespace, secretName ?? '');
      const certificate = certificateOf(secret);
      if (certificate) certificates.push(...hosts.map((host) => ({ host, ...certificate })));
      else if (secretName)
        warnings.push(
          `Error getting SSL certificate "${key}": local SSL certificate ${key} was not found. Using default certificate`,
        );
    }
    for (const { host, route } of routesOf(ingress, objects, warnings)) {
      add(https, host, route);
      add(http, host, redirects(ingress, secured.has(host)) ? { match: route.match, action: toHttps } : route);
    }
  }
  const hosts = (from: Map<string, Route[]>) => [...from].map(([host, routes]): VirtualHost => ({ host, routes }));
  return { served, http: hosts(http), https: hosts(https), certificates, warnings: [...new Set(warnings)] };
}

function isServed(
  ingress: Stored<Ingress>,
  classes: readonly Stored<IngressClass>[],
  settings: IngressSettings,
): boolean {
  const name = ingress.spec?.ingressClassName;
  if (name !== undefined) {
    return classes.find(({ metadata }) => metadata.name === name)?.spec?.controller === settings.controllerClass;
  }
  const old = ingress.metadata.annotations?.['kubernetes.io/ingress.class'];
  return old === undefined ? settings.withoutClass : old === settings.ingressClass;
}

const toHttps: Action = { kind: 'redirect', status: 308, scheme: 'https' };

function redirects(ingress: Stored<Ingress>, secured: boolean): boolean {
  if (annotation(ingress, 'force-ssl-redirect') === 'true') return true;
  return secured && annotation(ingress, 'ssl-redirect') !== 'false';
}

function routesOf(
  ingress: Stored<Ingress>,
  objects: ServiceObjects,
  warnings: string[],
): { host: string; route: Route }[] {
  const { rules = [], defaultBackend } = ingress.spec ?? {};
  const target = (backend: IngressBackend, path: string) => actionOf(ingress, backend, path, objects, warnings);
  const all = rules.flatMap(({ host = '', http }) =>
    (http?.paths ?? []).map(({ path = '/', pathType, backend }) => ({
      host,
      route: { match: { path: pathMatch(ingress, path, pathType) }, action: target(backend, path) },
    })),
  );
  if (!defaultBackend) return all;
  // What no rule of the Ingress takes goes to its default backend, and so do hosts that nobody names.
  const hosts = new Set(['', ...rules.map(({ host = '' }) => host)]);
  const rest = { match: { path: { type: 'Literal', value: '/' } as const }, action: target(defaultBackend, '/') };
  return [...all, ...[...hosts].map((host) => ({ host, route: rest }))];
}

function pathMatch(ingress: Stored<Ingress>, value: string, pathType: string | undefined): PathMatch {
  if (pathType === 'Exact') return { type: 'Exact', value };
  if (isPattern(ingress)) return { type: 'Pattern', value, ignoreCase: true };
  return { type: pathType === 'Prefix' ? 'Prefix' : 'Literal', value };
}

/** A rewritten target turns every path of the Ingress into a pattern. */
const isPattern = (ingress: Stored<Ingress>) =>
  annotation(ingress, 'use-regex') === 'true' || annotation(ingress, 'rewrite-target') !== undefined;

function actionOf(
  ingress: Stored<Ingress>,
  { service: wanted }: IngressBackend,
  path: string,
  objects: ServiceObjects,
  warnings: string[],
): Action {
  const namespace = ingress.metadata.namespace ?? '';
  const key = `${namespace}/${wanted?.name}`;
  const service = named(objects.services, namespace, wanted?.name ?? '');
  const endpoints = service && endpointsOf(objects, service, wanted?.port ?? {});
  if (!service)
    warnings.push(`Error obtaining Endpoints for Service "${key}": no object matching key "${key}" in local store`);
  else if (!endpoints?.length) warnings.push(`Service "${key}" does not have any active Endpoint.`);
  const backend: Backend = {
    name: `${namespace}-${wanted?.name}-${wanted?.port?.name ?? wanted?.port?.number}`,
    endpoints: endpoints ?? [],
    weight: 1,
    secure: annotation(ingress, 'backend-protocol')?.toUpperCase() === 'HTTPS',
  };
  const rewrite = rewriteOf(path, annotation(ingress, 'rewrite-target'));
  return { kind: 'forward', backends: [backend], ...(rewrite && { rewrite }) };
}

/** The target replaces the whole path; `$1` stands for a group of the pattern. */
function rewriteOf(path: string, target: string | undefined): ((path: string) => string) | undefined {
  if (target === undefined) return undefined;
  const groups = pattern(`^${path}`, 'i');
  return (from) => target.replace(/\$(\d)/g, (_, n: string) => groups?.exec(from)?.[Number(n)] ?? '');
}
