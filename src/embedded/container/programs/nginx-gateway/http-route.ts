/** What an HTTPRoute's rules mean: https://gateway-api.sigs.k8s.io/reference/spec/#httproute */

import type { Action, Backend, PathMatch, Route, RouteMatch, ValueMatch } from '../../reverse-proxy/routing.ts';
import { endpointsOf, named, type ServiceObjects } from '../../reverse-proxy/services.ts';
import { type Finding, no, yes } from './conditions.ts';
import type { BackendReference, Filter, HttpRoute, HttpRouteMatch, HttpRouteRule, PathModifier } from './types.ts';

/** The routes of all rules, and whether what they refer to is there. */
export function routesOf(route: HttpRoute, objects: ServiceObjects): { routes: Route[]; resolved: Finding } {
  const routes: Route[] = [];
  let fault: Finding | undefined;
  for (const [i, rule] of (route.spec.rules ?? []).entries()) {
    const targets = (rule.backendRefs ?? []).map((ref, j) =>
      backendOf(route, ref, `spec.rules[${i}].backendRefs[${j}]`, objects),
    );
    fault ??= targets.find((target) => target.fault)?.fault;
    for (const match of matchesOf(rule)) {
      const backends = targets.map(({ backend }) => backend);
      routes.push({ match: routeMatch(match), action: actionOf(rule, match, backends) });
    }
  }
  return { routes, resolved: fault ?? yes('ResolvedRefs', 'ResolvedRefs', 'All references are resolved') };
}

const matchesOf = ({ matches = [] }: HttpRouteRule): HttpRouteMatch[] => (matches.length > 0 ? matches : [{}]);

function routeMatch({ path, method, headers = [], queryParams = [] }: HttpRouteMatch): RouteMatch {
  return {
    path: pathMatch(path),
    ...(method !== undefined && { method }),
    headers: headers.map(valueMatch),
    query: queryParams.map(valueMatch),
  };
}

function pathMatch({ type = 'PathPrefix', value = '/' }: NonNullable<HttpRouteMatch['path']> = {}): PathMatch {
  if (type === 'Exact') return { type, value };
  return { type: type === 'RegularExpression' ? 'Pattern' : 'Prefix', value };
}

function valueMatch({ type, name, value }: { type?: string; name: string; value: string }): ValueMatch {
  return { type: type === 'RegularExpression' ? 'Pattern' : 'Exact', name, value };
}

/** The share of a reference that leads nowhere is answered with 500. */
function backendOf(
  { metadata }: HttpRoute,
  ref: BackendReference,
  at: string,
  objects: ServiceObjects,
): { backend: Backend; fault?: Finding } {
  const { group = '', kind = 'Service', name, port, weight = 1 } = ref;
  const namespace = ref.namespace ?? metadata.namespace;
  const common = { name: `${namespace}_${name}_${port}`, weight, secure: false };
  const bad = (reason: string, message: string) => ({
    backend: { ...common, endpoints: 'unresolved' as const },
    fault: no('ResolvedRefs', reason, message),
  });
  if (group !== '' || kind !== 'Service') {
    return bad('InvalidKind', `${at}.kind: Unsupported value: "${kind}": supported values: "Service"`);
  }
  if (namespace !== metadata.namespace) {
    return bad('RefNotPermitted', `Backend ref to Service ${namespace}/${name} not permitted by any ReferenceGrant`);
  }
  const service = named(objects.services, namespace, name);
  if (!service) return bad('BackendNotFound', `${at}.name: Not found: "${name}"`);
  const endpoints = endpointsOf(objects, service, port === undefined ? {} : { number: port });
  if (!endpoints) return bad('BackendNotFound', `${at}.port: Not found: ${port}`);
  return { backend: { ...common, endpoints } };
}

function actionOf({ filters = [] }: HttpRouteRule, match: HttpRouteMatch, backends: readonly Backend[]): Action {
  const filter = (type: string) => filters.find((one) => one.type === type);
  const prefix = match.path?.value ?? '/';
  const redirect = filter('RequestRedirect')?.requestRedirect;
  if (redirect) {
    const { scheme, hostname, port, statusCode = 302, path } = redirect;
    return {
      ...{ kind: 'redirect', status: statusCode },
      ...(scheme !== undefined && { scheme }),
      ...(hostname !== undefined && { hostname }),
      ...(port !== undefined && { port }),
      ...(path && { path: pathChange(path, prefix) }),
    };
  }
  if (backends.length === 0) return { kind: 'respond', status: 500 };
  return { kind: 'forward', backends, ...forwardChanges(filter, prefix) };
}

function forwardChanges(filter: (type: string) => Filter | undefined, prefix: string) {
  const rewrite = filter('URLRewrite')?.urlRewrite;
  const request = filter('RequestHeaderModifier')?.requestHeaderModifier;
  const response = filter('ResponseHeaderModifier')?.responseHeaderModifier;
  return {
    ...(rewrite?.hostname !== undefined && { hostname: rewrite.hostname }),
    ...(rewrite?.path && { rewrite: pathChange(rewrite.path, prefix) }),
    ...(request && { requestHeaders: request }),
    ...(response && { responseHeaders: response }),
  };
}

function pathChange(change: PathModifier, prefix: string): (path: string) => string {
  if (change.type === 'ReplaceFullPath') return () => change.replaceFullPath ?? '/';
  const [from, to] = [prefix, change.replacePrefixMatch ?? '/'].map((text) => text.replace(/\/+$/, '')) as [
    string,
    string,
  ];
  return (path) => `${to}${path.slice(from.length)}` || '/';
}
