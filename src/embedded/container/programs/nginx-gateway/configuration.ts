/** How Gateways and HTTPRoutes come together: https://gateway-api.sigs.k8s.io/reference/spec/ */
import { isDeepStrictEqual } from 'node:util';
import type { Namespace, Secret } from '../../../../kube/api.gen.ts';
import type { Stored } from '../../../../kube/meta.ts';
import { selectorMatches } from '../../../../kube/selectors.ts';
import type { Certificate } from '../../reverse-proxy/certificates.ts';
import { hostCovers, type Route, type VirtualHost } from '../../reverse-proxy/routing.ts';
import { certificateOf, named, type ServiceObjects } from '../../reverse-proxy/services.ts';
import { conditionsOf, type Finding, no, yes } from './conditions.ts';
import { routesOf } from './http-route.ts';
import type {
  Gateway,
  GatewayClass,
  HttpRoute,
  Listener,
  ListenerStatus,
  ParentReference,
  ParentStatus,
} from './types.ts';

export interface GatewayObjects extends ServiceObjects {
  classes: readonly GatewayClass[];
  gateways: readonly Gateway[];
  routes: readonly HttpRoute[];
  namespaces: readonly Stored<Namespace>[];
  secrets: readonly Stored<Secret>[];
}

/** One port, with the hosts of all listeners that share it. */
export interface ServedPort {
  port: number;
  secure: boolean;
  hosts: readonly VirtualHost[];
  certificates: readonly Certificate[];
}

/** A status that is not what it should be, by the object's path in the API. */
export interface StatusUpdate {
  path: string;
  status: object;
}

export interface GatewayConfiguration {
  ports: readonly ServedPort[];
  statuses: readonly StatusUpdate[];
}

export interface GatewaySettings {
  /** GatewayClasses of this name are served. */
  controllerName: string;
  /** Where Gateways are reached; undefined: not known yet. */
  address: string | undefined;
  /** RFC 3339. */
  now: string;
}

const group = 'gateway.networking.k8s.io';
const base = `/apis/${group}/v1`;

interface Bound {
  gateway: Gateway;
  listener: Listener;
  /** Why it serves nothing, if so. */
  findings: Finding[];
  usable: boolean;
  certificate?: { cert: string; key: string };
  attached: Set<HttpRoute>;
  hosts: Map<string, Route[]>;
}

/** What is served at which port, and what the status of each object is to say. */
export function gatewayConfiguration(objects: GatewayObjects, settings: GatewaySettings): GatewayConfiguration {
  const classes = objects.classes.filter(({ spec }) => spec.controllerName === settings.controllerName);
  const gateways = objects.gateways
    .filter(({ spec }) => classes.some((c) => c.metadata.name === spec.gatewayClassName))
    .sort(oldestFirst);
  const bound = gateways.flatMap((gateway, i) => {
    // They share the ports of one proxy; who was there first keeps them.
    const rivals = gateways.slice(0, i + 1).flatMap(({ spec }) => spec.listeners);
    return gateway.spec.listeners.map((listener) => bind(gateway, listener, rivals, objects));
  });
  // Among equal matches the older route counts, then the one whose name comes first.
  const routes = [...objects.routes].sort(oldestFirst);
  const routeStatuses = routes.flatMap((route) => attachRoute(route, bound, gateways, objects, settings));
  return {
    ports: portsOf(bound),
    statuses: [
      ...classes.flatMap((one) => classStatus(one, settings)),
      ...gateways.flatMap((one) =>
        gatewayStatus(
          one,
          bound.filter(({ gateway }) => gateway === one),
          settings,
        ),
      ),
      ...routeStatuses,
    ],
  };
}

const order = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
const keyOf = ({ metadata }: Stored) => `${metadata.namespace}/${metadata.name}`;
const oldestFirst = (a: Stored, b: Stored) =>
  order(a.metadata.creationTimestamp, b.metadata.creationTimestamp) || order(keyOf(a), keyOf(b));

/** Nothing, where the status says so already. */
function update(path: string, before: object | undefined, status: object): StatusUpdate[] {
  const same = Object.entries(status).every(([key, value]) =>
    isDeepStrictEqual((before as Record<string, unknown> | undefined)?.[key] ?? null, value),
  );
  return same ? [] : [{ path, status }];
}

/** @param rivals the Gateway's own listeners and those of older Gateways */
function bind(gateway: Gateway, listener: Listener, rivals: readonly Listener[], objects: GatewayObjects): Bound {
  const conflict = rivals.some(({ port, protocol }) => port === listener.port && protocol !== listener.protocol);
  const conflictText = `Multiple listeners for the same port ${listener.port} specify incompatible protocols; ensure only one protocol per port`;
  const made = (usable: boolean, accepted: Finding, resolved: Finding, certificate?: Bound['certificate']): Bound => ({
    ...{ gateway, listener, usable, attached: new Set(), hosts: new Map() },
    ...(certificate && { certificate }),
    findings: [
      accepted,
      usable
        ? yes('Programmed', 'Programmed', 'Listener is programmed')
        : no('Programmed', 'Invalid', accepted.message),
      resolved,
      conflict ? yes('Conflicted', 'ProtocolConflict', conflictText) : no('Conflicted', 'NoConflicts', 'No conflicts'),
    ],
  });
  const accepted = yes('Accepted', 'Accepted', 'Listener is accepted');
  const resolved = yes('ResolvedRefs', 'ResolvedRefs', 'All references are resolved');
  const { protocol, tls } = listener;
  if (protocol !== 'HTTP' && protocol !== 'HTTPS') {
    const why = `protocol: Unsupported value: "${protocol}": supported values: "HTTP", "HTTPS"`;
    return made(false, no('Accepted', 'UnsupportedProtocol', why), resolved);
  }
  if (conflict) return made(false, no('Accepted', 'ProtocolConflict', conflictText), resolved);
  if (protocol === 'HTTP') return made(true, accepted, resolved);
  const [ref] = tls?.certificateRefs ?? [];
  const namespace = ref?.namespace ?? gateway.metadata.namespace;
  const fault = (reason: string, why: string) =>
    made(false, no('Accepted', reason, why), no('ResolvedRefs', reason, why));
  if (!ref)
    return fault(
      'InvalidCertificateRef',
      'tls.certificateRefs: Required value: certificateRefs must be defined for TLS mode terminate',
    );
  if (namespace !== gateway.metadata.namespace) {
    return fault(
      'RefNotPermitted',
      `Certificate ref to secret ${namespace}/${ref.name} not permitted by any ReferenceGrant`,
    );
  }
  const secret = named(objects.secrets, namespace, ref.name);
  const certificate = certificateOf(secret);
  if (!certificate) {
    const why = secret ? 'TLS secret is invalid' : 'secret does not exist';
    return fault('InvalidCertificateRef', `tls.certificateRefs[0]: Invalid value: "${namespace}/${ref.name}": ${why}`);
  }
  return made(true, accepted, resolved, certificate);
}

/** Puts the routes into the listeners that take them; the status of what it says of its parents. */
function attachRoute(
  route: HttpRoute,
  bound: readonly Bound[],
  gateways: readonly Gateway[],
  objects: GatewayObjects,
  settings: GatewaySettings,
): StatusUpdate[] {
  const { routes, resolved } = routesOf(route, objects);
  const mine: ParentStatus[] = [];
  for (const parentRef of route.spec.parentRefs ?? []) {
    const gateway = gatewayOf(route, parentRef, gateways);
    if (!gateway) continue;
    const accepted = attach(
      route,
      parentRef,
      bound.filter((one) => one.gateway === gateway),
      routes,
      objects,
    );
    const before = route.status?.parents?.find(
      (one) => one.controllerName === settings.controllerName && sameParent(one.parentRef, parentRef),
    );
    const conditions = conditionsOf([accepted, resolved], before?.conditions, route.metadata.generation, settings.now);
    mine.push({ parentRef, controllerName: settings.controllerName, conditions });
  }
  const others = (route.status?.parents ?? []).filter((one) => one.controllerName !== settings.controllerName);
  if (mine.length === 0 && others.length === (route.status?.parents ?? []).length) return [];
  const path = `${base}/namespaces/${route.metadata.namespace}/httproutes/${route.metadata.name}`;
  return update(path, route.status, { parents: [...others, ...mine] });
}

const sameParent = (a: ParentReference, b: ParentReference) =>
  a.name === b.name && a.namespace === b.namespace && a.sectionName === b.sectionName && a.port === b.port;

function gatewayOf(
  { metadata }: HttpRoute,
  { group: of = group, kind = 'Gateway', name, namespace = metadata.namespace }: ParentReference,
  gateways: readonly Gateway[],
): Gateway | undefined {
  return of === group && kind === 'Gateway' ? named(gateways, namespace, name) : undefined;
}

function attach(
  route: HttpRoute,
  { sectionName, port }: ParentReference,
  listeners: readonly Bound[],
  routes: readonly Route[],
  objects: GatewayObjects,
): Finding {
  const wanted = listeners.filter(
    ({ listener }) =>
      (sectionName === undefined || listener.name === sectionName) && (port === undefined || listener.port === port),
  );
  if (wanted.length === 0) return no('Accepted', 'NoMatchingParent', 'Listener is not found for this parent ref');
  const allowed = wanted.filter((one) => admits(one, route, objects));
  if (allowed.length === 0) return no('Accepted', 'NotAllowedByListeners', 'HTTPRoute is not allowed by any listener');
  const fitting = allowed.filter(({ listener }) => sharedHosts(listener, route).length > 0);
  if (fitting.length === 0) {
    return no('Accepted', 'NoMatchingListenerHostname', 'Listener hostname does not match the HTTPRoute hostnames');
  }
  const usable = fitting.filter((one) => one.usable);
  for (const one of fitting) one.attached.add(route);
  for (const { listener, hosts } of usable) {
    for (const host of sharedHosts(listener, route)) hosts.set(host, [...(hosts.get(host) ?? []), ...routes]);
  }
  if (usable.length === 0) return no('Accepted', 'InvalidListener', 'Listener is invalid for this parent ref');
  return yes('Accepted', 'Accepted', 'The route is accepted');
}

function admits({ gateway, listener }: Bound, { metadata }: HttpRoute, { namespaces }: GatewayObjects): boolean {
  const { from = 'Same', selector } = listener.allowedRoutes?.namespaces ?? {};
  if (from === 'All') return true;
  if (from === 'Same') return metadata.namespace === gateway.metadata.namespace;
  const labels = namespaces.find((one) => one.metadata.name === metadata.namespace)?.metadata.labels;
  return from === 'Selector' && selectorMatches(selector, labels);
}

/** The host names that a listener and a route have in common: of two that overlap the more exact one. */
function sharedHosts({ hostname = '' }: Listener, { spec }: HttpRoute): string[] {
  const hostnames = spec.hostnames?.length ? spec.hostnames : [''];
  return hostnames.flatMap((host) => {
    if (host === '' || hostCovers(host, hostname, 'any')) return [hostname];
    return hostCovers(hostname, host, 'any') ? [host] : [];
  });
}

function portsOf(bound: readonly Bound[]): ServedPort[] {
  const ports = new Map<number, ServedPort>();
  for (const { listener, usable, certificate, hosts } of bound) {
    if (!usable) continue;
    const before = ports.get(listener.port);
    const own = certificate ? [{ host: listener.hostname ?? '', ...certificate }] : [];
    const merged = new Map(before?.hosts.map(({ host, routes }) => [host, routes]));
    for (const [host, routes] of hosts) merged.set(host, [...(merged.get(host) ?? []), ...routes]);
    ports.set(listener.port, {
      ...{ port: listener.port, secure: listener.protocol === 'HTTPS' },
      hosts: [...merged].map(([host, routes]) => ({ host, routes })),
      certificates: [...(before?.certificates ?? []), ...own],
    });
  }
  return [...ports.values()];
}

function classStatus({ metadata, status }: GatewayClass, { now }: GatewaySettings): StatusUpdate[] {
  const findings = [
    yes('Accepted', 'Accepted', 'GatewayClass is accepted'),
    yes('SupportedVersion', 'SupportedVersion', 'Gateway API CRD versions are supported'),
  ];
  const conditions = conditionsOf(findings, status?.conditions, metadata.generation, now);
  return update(`${base}/gatewayclasses/${metadata.name}`, status, { conditions });
}

function gatewayStatus(gateway: Gateway, bound: readonly Bound[], { address, now }: GatewaySettings): StatusUpdate[] {
  const { metadata, status } = gateway;
  const usable = bound.some((one) => one.usable);
  const all = bound.every((one) => one.usable);
  const findings = !usable
    ? [
        no('Accepted', 'ListenersNotValid', 'Gateway has no valid listeners'),
        no('Programmed', 'Invalid', 'Gateway has no valid listeners'),
      ]
    : [
        all
          ? yes('Accepted', 'Accepted', 'Gateway is accepted')
          : yes('Accepted', 'ListenersNotValid', 'Gateway has at least one valid listener'),
        yes('Programmed', 'Programmed', 'Gateway is programmed'),
      ];
  const listeners = bound.map(({ listener, findings: own, attached }): ListenerStatus => {
    const before = status?.listeners?.find(({ name }) => name === listener.name)?.conditions;
    const routed = listener.protocol === 'HTTP' || listener.protocol === 'HTTPS';
    return {
      name: listener.name,
      supportedKinds: routed ? [{ group, kind: 'HTTPRoute' }] : [],
      attachedRoutes: attached.size,
      conditions: conditionsOf(own, before, metadata.generation, now),
    };
  });
  return update(`${base}/namespaces/${metadata.namespace}/gateways/${metadata.name}`, status, {
    // Null takes out what is there no more.
    addresses: usable && address !== undefined ? [{ type: 'IPAddress', value: address }] : null,
    conditions: conditionsOf(findings, status?.conditions, metadata.generation, now),
    listeners,
  });
}
