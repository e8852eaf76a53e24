import { createHash } from 'node:crypto';
import type { KubeObject } from '../../../kube/meta.ts';
import {
  aggregatedDiscovery,
  aggregatedDiscoveryType,
  apiVersions,
  groupDiscovery,
  groupList,
  type RemoteGroup,
  resourceList,
} from '../../codec/discovery.ts';
import { encodeProtobuf } from '../../codec/protobuf.ts';
import type { ResourceDefinition } from '../../definition.ts';
import { methodNotAllowed, notFoundPath } from '../../errors/status.ts';
import type { Exchange } from '../exchange.ts';
import { prettyJson } from '../json.ts';
import { negotiateOutput, requireAcceptable } from '../negotiation.ts';
import { wantsPretty } from '../respond.ts';
import { knowsGroup } from '../router.ts';
import { notFoundPage } from './pages.ts';
import type { PathContext } from './path-context.ts';

const documentTypes = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'];

/** `/api`, `/apis` and what lies below them down to the lists of resources. */
export function discovery(exchange: Exchange, segments: readonly string[], context: PathContext): void {
  const [root = '', first, second] = segments;
  const { registry, aggregator } = context;
  if (segments.length === 1) {
    rootDocument(exchange, root as 'api' | 'apis', context);
    return;
  }
  const group = root === 'api' ? '' : (first ?? '');
  const version = root === 'api' ? first : second;
  const remote = root === 'apis' ? aggregator.groups() : [];
  const elsewhere = version === undefined && remote.some((one) => one.group === group);
  if (!elsewhere && !knowsGroup(registry, root, group)) {
    notFoundPage(exchange);
    return;
  }
  const definitions = registry.definitions();
  const document =
    version === undefined ? groupDiscovery(definitions, group, remote) : resourceList(definitions, group, version);
  if (!document) throw notFoundPath();
  // The handlers of a group, as of all groups, look at no method.
  if (version !== undefined) requireGet(exchange);
  requireAcceptable(exchange.headers.accept, documentTypes);
  send(exchange, context, document);
}

/** The aggregated form for clients that know it (KEP-3352), else the old one. */
function rootDocument(exchange: Exchange, root: 'api' | 'apis', context: PathContext): void {
  const { registry, aggregator } = context;
  const remote = aggregator.groups();
  const aggregated = aggregatedFormOf(exchange.headers.accept);
  if (aggregated) {
    const { body, etag } = aggregate(registry.definitions(), remote, root, aggregated);
    exchange.reply.setHeader('Etag', etag);
    exchange.reply.setHeader('Vary', 'Accept');
    if (exchange.headers['if-none-match'] === etag) {
      exchange.send(304, undefined, '');
      return;
    }
    exchange.send(200, aggregatedDiscoveryType(aggregated.mediaType, aggregated.version), body);
    return;
  }
  // The aggregator's own handler at /apis looks at no method.
  if (root === 'api') requireGet(exchange);
  const { host } = new URL(context.advertisedUrl());
  send(exchange, context, root === 'api' ? apiVersions(host) : groupList(registry.definitions(), remote));
}

interface AggregatedForm {
  mediaType: 'application/json' | 'application/vnd.kubernetes.protobuf';
  version: 'v2' | 'v2beta1';
}

function aggregatedFormOf(accept: string | undefined): AggregatedForm | undefined {
  for (const clause of (accept ?? '').split(',')) {
    const [type = '', ...parameters] = clause.split(';').map((part) => part.trim());
    if (type !== 'application/json' && type !== 'application/vnd.kubernetes.protobuf') continue;
    const given = new Set(parameters);
    // The first clause that can be served wins: what comes after plain JSON is not wanted more than it.
    if (!parameters.some((parameter) => /^(as|g|v)=/.test(parameter))) return undefined;
    if (!given.has('as=APIGroupDiscoveryList') || !given.has('g=apidiscovery.k8s.io')) continue;
    if (given.has('v=v2')) return { mediaType: type, version: 'v2' };
    if (given.has('v=v2beta1') && type === 'application/json') return { mediaType: type, version: 'v2beta1' };
  }
  return undefined;
}

const aggregates = new WeakMap<
  readonly ResourceDefinition[],
  Map<string, { body: string | Uint8Array; etag: string }>
>();

/** Created once for each list of definitions, and what is served elsewhere. */
function aggregate(
  definitions: readonly ResourceDefinition[],
  remote: readonly RemoteGroup[],
  root: 'api' | 'apis',
  form: AggregatedForm,
) {
  const created = aggregates.get(definitions) ?? new Map<string, { body: string | Uint8Array; etag: string }>();
  aggregates.set(definitions, created);
  const key = `${root} ${form.mediaType} ${form.version} ${JSON.stringify(remote)}`;
  let known = created.get(key);
  if (!known) {
    const document = aggregatedDiscovery(definitions, root, form.version, remote);
    const json = JSON.stringify(document);
    const etag = `"${createHash('sha512').update(json).digest('hex').toUpperCase()}"`;
    known = { body: form.mediaType === 'application/json' ? json : encodeProtobuf(document), etag };
    created.set(key, known);
  }
  return known;
}

function requireGet(exchange: Exchange): void {
  if (exchange.info.method !== 'GET') throw methodNotAllowed();
}

function send(exchange: Exchange, { responder }: PathContext, document: Record<string, unknown>): void {
  const pretty = wantsPretty(exchange);
  const output = negotiateOutput(exchange.headers.accept, { transforms: false, protobuf: true, pretty });
  if (output.mediaType === 'application/json') {
    const text = output.pretty ? prettyJson(document) : `${JSON.stringify(document)}\n`;
    exchange.send(200, output.mediaType, text);
    return;
  }
  responder.document(exchange, output, document as KubeObject);
}
