/** Which backend an HTTP request goes to: the same for Ingress and for the Gateway API. */
import { safeRegExp } from '../lib/regex.ts';

/**
 * `Prefix` compares element by element (`/a` is `/a` and `/a/b`, not `/ab`), `Literal` character by character;
 * `Pattern` is a regular expression from the path's start.
 */
export interface PathMatch {
  type: 'Exact' | 'Prefix' | 'Literal' | 'Pattern';
  value: string;
  /** Of a `Pattern`. */
  ignoreCase?: boolean;
}

/** `Pattern`: the value is a regular expression for the whole. */
export interface ValueMatch {
  type: 'Exact' | 'Pattern';
  name: string;
  value: string;
}

export interface RouteMatch {
  path: PathMatch;
  method?: string;
  headers?: readonly ValueMatch[];
  query?: readonly ValueMatch[];
}

export interface Endpoint {
  /** An address, or a name that is resolved when it is used (ExternalName). */
  address: string;
  port: number;
}

export interface Backend {
  /** As logs name it: `namespace-service-port`. */
  name: string;
  /** `unresolved`: what was named is not there, which is a fault of the route (500) and not of the backend (503). */
  endpoints: readonly Endpoint[] | 'unresolved';
  weight: number;
  /** Its server speaks TLS. */
  secure: boolean;
}

export interface HeaderChanges {
  set?: readonly { name: string; value: string }[];
  add?: readonly { name: string; value: string }[];
  remove?: readonly string[];
}

export interface Forward {
  kind: 'forward';
  backends: readonly Backend[];
  /** What the request's path becomes. */
  rewrite?: (path: string) => string;
  hostname?: string;
  requestHeaders?: HeaderChanges;
  responseHeaders?: HeaderChanges;
}

/** Parts that are left out stay as the client has them. */
export interface Redirect {
  kind: 'redirect';
  status: number;
  scheme?: string;
  hostname?: string;
  port?: number;
  path?: (path: string) => string;
}

export type Action = Forward | Redirect | { kind: 'respond'; status: number };

export interface Route {
  match: RouteMatch;
  action: Action;
}

/** What is served under a host name: exact, `*.domain`, or everything (empty). */
export interface VirtualHost {
  host: string;
  /** Among equally exact ones the first counts. */
  routes: readonly Route[];
}

export interface RequestFacts {
  method: string;
  /** Without the query. */
  path: string;
  query: URLSearchParams;
  header(name: string): string | undefined;
}

/** Whether a name is covered by a host: `*.a.b` covers one label more and, for Gateways, any number of them. */
export function hostCovers(host: string, name: string, labels: 'one' | 'any'): boolean {
  if (host === '' || host === name) return true;
  if (!host.startsWith('*.') || !name.endsWith(host.slice(1))) return false;
  return labels === 'any' || !name.slice(0, -host.length + 1).includes('.');
}

/** The virtual hosts that cover a name, the most exact ones first. */
export function hostsFor<T extends { host: string }>(hosts: readonly T[], name: string, labels: 'one' | 'any'): T[] {
  const exactness = ({ host }: T) => (host === '' ? -1 : host.startsWith('*') ? host.length : 1000 + host.length);
  return hosts.filter(({ host }) => hostCovers(host, name, labels)).sort((a, b) => exactness(b) - exactness(a));
}

/** The route with the most exact match: path, method, headers, query, then the order of the list. */
export function routeFor(routes: readonly Route[], request: RequestFacts): Route | undefined {
  return routes
    .filter(({ match }) => matches(match, request))
    .sort((a, b) => {
      const [one, other] = [exactness(a.match), exactness(b.match)];
      const at = one.findIndex((value, i) => value !== other[i]);
      return at < 0 ? 0 : (other[at] ?? 0) - (one[at] ?? 0);
    })[0];
}

function exactness({ path, method, headers = [], query = [] }: RouteMatch): number[] {
  return [path.type === 'Exact' ? 1 : 0, path.value.length, method ? 1 : 0, headers.length, query.length];
}

function matches(match: RouteMatch, request: RequestFacts): boolean {
  return (
    pathMatches(match.path, request.path) &&
    (match.method === undefined || match.method === request.method) &&
    (match.headers ?? []).every((one) => valueMatches(one, request.header(one.name))) &&
    (match.query ?? []).every((one) => valueMatches(one, request.query.get(one.name) ?? undefined))
  );
}

function pathMatches({ type, value, ignoreCase }: PathMatch, path: string): boolean {
  switch (type) {
    case 'Exact':
      return path === value;
    case 'Prefix': {
      const stem = value.replace(/\/+$/, '');
      return path === stem || path.startsWith(`${stem}/`);
    }
    case 'Literal':
      return path.startsWith(value);
    case 'Pattern':
      return pattern(`^${value}`, ignoreCase ? 'i' : '')?.test(path) ?? false;
  }
}

function valueMatches({ type, value }: ValueMatch, given: string | undefined): boolean {
  if (given === undefined) return false;
  return type === 'Exact' ? given === value : (pattern(`^(?:${value})$`, '')?.test(given) ?? false);
}

/** Undefined: it is no regular expression, and matches nothing. */
export function pattern(source: string, flags: string): RegExp | undefined {
  try {
    return safeRegExp(source, flags);
  } catch {
    return undefined;
  }
}

/** One of the backends, as often as their weights say; undefined where all of them weigh nothing. */
export function pickBackend(backends: readonly Backend[], random: number): Backend | undefined {
  const total = backends.reduce((sum, { weight }) => sum + weight, 0);
  let left = random * total;
  for (const backend of backends) {
    left -= backend.weight;
    if (left < 0) return backend;
  }
  return undefined;
}
