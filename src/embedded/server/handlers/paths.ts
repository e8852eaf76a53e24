import { groupsOf } from '../../codec/discovery.ts';
import { methodNotAllowed } from '../../errors/status.ts';
import { keySet } from '../authn/jwt.ts';
import { serviceAccountIssuer } from '../authn/service-account-tokens.ts';
import type { Exchange } from '../exchange.ts';
import { prettyJson } from '../json.ts';
import { requireAcceptable } from '../negotiation.ts';
import { splitPath } from '../request-info.ts';
import { wantsPretty } from '../respond.ts';
import { versionInfo } from '../version.ts';
import { discovery } from './discovery.ts';
import { health, healthPaths } from './health.ts';
import { openApi } from './openapi.ts';
import { notFoundPage } from './pages.ts';
import type { PathContext } from './path-context.ts';

type PathHandler = (exchange: Exchange, segments: readonly string[], context: PathContext) => void;

const jsonTypes = ['application/json'];

/** By the first segment. */
const handlers = new Map<string, PathHandler>([
  ['api', discovery],
  ['apis', discovery],
  ['healthz', health],
  ['livez', health],
  ['readyz', health],
  ['version', version],
  ['metrics', metrics],
  ['openapi', openApi],
  ['.well-known', openIdConfiguration],
  ['openid', openIdKeys],
  ['debug', debug],
]);

/** Answers all that is no resource: discovery, OpenAPI, health, version, metrics, OpenID, the list of paths at `/`. */
export function createPathHandler(context: PathContext): (exchange: Exchange) => void {
  return (exchange) => {
    const segments = splitPath(exchange.info.path);
    if (segments.length === 0) return pathList(exchange, context);
    const handle = handlers.get(segments[0] ?? '') ?? notFoundPage;
    handle(exchange, segments, context);
  };
}

function sendJson(exchange: Exchange, value: unknown, contentType = 'application/json'): void {
  exchange.send(200, contentType, wantsPretty(exchange) ? prettyJson(value) : JSON.stringify(value));
}

function version(exchange: Exchange, segments: readonly string[]): void {
  if (segments.length > 1) {
    notFoundPage(exchange);
    return;
  }
  if (exchange.info.method !== 'GET') throw methodNotAllowed();
  requireAcceptable(exchange.headers.accept, jsonTypes);
  exchange.send(200, 'application/json', prettyJson(versionInfo));
}

function metrics(exchange: Exchange, segments: readonly string[], { counters, registry }: PathContext): void {
  if (segments.length > 1 && segments[1] !== 'slis') {
    notFoundPage(exchange);
    return;
  }
  const { heapUsed, rss } = process.memoryUsage();
  const text = counters.text({
    apiserver_registered_resources: { help: 'Kinds that are served.', value: registry.definitions().length },
    process_resident_memory_bytes: { help: 'Resident memory size in bytes.', value: rss },
    process_heap_bytes: { help: 'JavaScript heap in use in bytes.', value: heapUsed },
  });
  exchange.send(200, 'text/plain; version=0.0.4; charset=utf-8', text);
}

/** What others need to check ServiceAccount tokens (KEP-1393). */
function openIdConfiguration(exchange: Exchange, segments: readonly string[], { advertisedUrl }: PathContext): void {
  if (segments.join('/') !== '.well-known/openid-configuration') {
    notFoundPage(exchange);
    return;
  }
  requireAcceptable(exchange.headers.accept, jsonTypes);
  sendJson(exchange, {
    issuer: serviceAccountIssuer,
    jwks_uri: `${advertisedUrl()}/openid/v1/jwks`,
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['ES256'],
  });
}

function openIdKeys(exchange: Exchange, segments: readonly string[], { pki }: PathContext): void {
  if (segments.join('/') !== 'openid/v1/jwks') {
    notFoundPage(exchange);
    return;
  }
  const type = 'application/jwk-set+json';
  requireAcceptable(exchange.headers.accept, [type]);
  sendJson(exchange, keySet(pki.serviceAccounts), type);
}

function debug(exchange: Exchange, segments: readonly string[], { debugPaths }: PathContext): void {
  const action = debugPaths.get(`/${segments.join('/')}`);
  if (!action) {
    notFoundPage(exchange);
    return;
  }
  if (exchange.info.method !== 'POST') throw methodNotAllowed();
  action();
  exchange.send(200, 'text/plain; charset=utf-8', 'ok');
}

const otherPaths = [
  '/.well-known/openid-configuration',
  '/metrics',
  '/metrics/slis',
  '/openapi/v2',
  '/openapi/v3',
  '/openapi/v3/',
  '/openid/v1/jwks',
  '/version',
];

function pathList(exchange: Exchange, { registry, aggregator }: PathContext): void {
  const remote = aggregator
    .groups()
    .map(({ group, versions }) => ({ group, versions: versions.map((v) => v.version) }));
  const groups = [...groupsOf(registry.definitions()), ...remote];
  const paths = groups.flatMap(({ group, versions }) =>
    group === ''
      ? ['/api', ...versions.map((one) => `/api/${one}`)]
      : [`/apis/${group}`, ...versions.map((one) => `/apis/${group}/${one}`)],
  );
  const all = [...paths, '/apis', '/apis/', ...otherPaths, ...healthPaths];
  exchange.send(200, 'application/json', prettyJson({ paths: all.sort((a, b) => (a < b ? -1 : 1)) }));
}
