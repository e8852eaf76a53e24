import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { request } from 'node:http';
import type { Duplex } from 'node:stream';
import { connect as tlsConnect } from 'node:tls';
import { sleep } from '../../../kernel/clock.ts';
import { quiet } from '../../../kernel/quiet.ts';
import type { EndpointSlice, Pod, Service } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { endpointSlices, services } from '../../../kube/resources.ts';
import { quote } from '../../errors/field.ts';
import { ApiError, badRequest, notFound, notSimulated } from '../../errors/status.ts';
import type { Exchange } from '../exchange.ts';
import type { HandlerContext, ResourceRequest } from './context.ts';

/** Where a proxied request goes. */
interface Target {
  address: string;
  port: number;
  secure: boolean;
}

/** How long kube-apiserver waits for a connection. */
const dialTimeoutMs = 30_000;

/**
 * The proxy subresource of Pods, Services and nodes: passes HTTP on to a Pod. The path after `proxy` is the other server's.
 * Fails with 400 and 404 as kube-apiserver words them, 503 if nobody answers.
 */
export async function proxyRequest(proxied: ResourceRequest, context: HandlerContext): Promise<void> {
  const { exchange, definition } = proxied;
  if (definition.resource === 'nodes') return proxyNode(proxied, context);
  const target = definition.resource === 'pods' ? podTarget(proxied, context) : serviceTarget(proxied, context);
  const path = pathBelow(exchange);
  if (path === '') {
    // Relative links of pages need the slash.
    const { search } = new URL(exchange.request.url ?? '/', 'https://localhost');
    exchange.reply.setHeader('Location', `${exchange.info.path}/${search}`);
    exchange.send(301, undefined, '');
    return;
  }
  const connection = await connect(target, exchange, context);
  const answer = await forward(exchange, path, target, connection);
  exchange.head(answer.statusCode ?? 502, endToEnd(answer.headers));
  await exchange.pipe(answer);
}

/** The kubelet's own paths; other ports of nodes are not simulated. */
async function proxyNode({ exchange, definition, name: id = '' }: ResourceRequest, context: HandlerContext) {
  const { name, port } = splitName(id, 'node');
  context.registry.get(definition, undefined, name);
  const agent = context.nodeAgent(name);
  if (port !== '' && port !== '10250') throw notSimulated(`the proxy subresource of nodes to port ${port}`);
  if (!agent) throw unavailable(`error trying to reach service: the kubelet of ${name} does not run`);
  const { method, query } = exchange.info;
  const [, base = '', below] = /^((?:\/[^/]+){4}\/proxy)([^?]*)/.exec(exchange.request.url ?? '') ?? [];
  const { upgrade } = exchange;
  const answer = await agent.answer({ method, path: below || '/', query, ...(upgrade && { upgrade }) });
  if (!answer) return;
  const { status, contentType, location, body } = answer;
  if (location !== undefined) {
    exchange.reply.setHeader('Location', location.startsWith('/') ? base + location : location);
  }
  if (typeof body === 'string') return exchange.send(status, contentType, body);
  exchange.head(status, {});
  exchange.flush();
  await exchange.pipe(body);
}

/** `[scheme:]name[:port]` */
function splitName(text: string, what: string): { name: string; port: string; secure: boolean } {
  const parts = text.split(':');
  if (parts.length === 1) return { name: text, port: '', secure: false };
  const [first = '', second = '', third = ''] = parts;
  if (parts.length === 2 && first !== '' && second !== '') return { name: first, port: second, secure: false };
  if (parts.length === 3 && (first === '' || first === 'http' || first === 'https') && second !== '') {
    return { name: second, port: third, secure: first === 'https' };
  }
  throw badRequest(`invalid ${what} request ${quote(text)}`);
}

function podTarget({ namespace, name: id = '', definition }: ResourceRequest, { registry }: HandlerContext): Target {
  const { name, port, secure } = splitName(id, 'pod');
  const pod = registry.get(definition, namespace, name) as Stored<Pod>;
  if (!pod.status?.podIP) throw badRequest('address not allowed');
  const declared = pod.spec?.containers.flatMap(({ ports = [] }) => ports)[0]?.containerPort;
  return { address: pod.status.podIP, port: Number(port) || declared || 80, secure };
}

function serviceTarget({ namespace = '', name: id = '' }: ResourceRequest, context: HandlerContext): Target {
  const { registry } = context;
  const { name, port, secure } = splitName(id, 'service');
  const service = registry.get(definitionOf(services, context), namespace, name) as Stored<Service>;
  const portName = servicePortName(service, port);
  const slices = registry.list(definitionOf(endpointSlices, context), {
    namespace,
    labelSelector: `kubernetes.io/service-name=${name}`,
  }).items as Stored<EndpointSlice>[];
  if (slices.length === 0) throw notFound(services, name);
  for (const slice of slices) {
    const number = slice.ports?.find((one) => (one.name ?? '') === portName)?.port;
    const ready = (slice.endpoints ?? []).filter(({ conditions }) => conditions?.ready !== false);
    const chosen = ready[Math.floor(Math.random() * ready.length)]?.addresses[0];
    if (number === undefined || chosen === undefined) continue;
    return { address: chosen, port: number, secure };
  }
  throw unavailable(`no endpoints available for service ${quote(name)}`);
}

function definitionOf(resource: typeof services | typeof endpointSlices, { registry }: HandlerContext) {
  const definition = registry.definition(resource);
  if (!definition) throw notSimulated(`the proxy without ${resource.resource}`);
  return definition;
}

/** The port's name in EndpointSlices; a port may be given by name or number, or be the only one. */
function servicePortName(service: Stored<Service>, port: string): string {
  const ports = service.spec?.ports ?? [];
  if (port === '') return ports.length === 1 ? (ports[0]?.name ?? '') : '';
  if (!/^\d+$/.test(port)) return port;
  const found = ports.find((one) => one.port === Number(port));
  if (found) return found.name ?? '';
  throw unavailable(`no service port ${port} found for service ${quote(service.metadata.name)}`);
}

const unavailable = (message: string) => new ApiError({ code: 503, reason: 'ServiceUnavailable', message });

/** What stands after `proxy` in the path, query and all, as it was sent. */
function pathBelow({ request: sent }: Exchange): string {
  // /api/v1/namespaces/NAMESPACE/RESOURCE/NAME come before.
  return /^(?:\/[^/]+){6}\/proxy(\/.*)/.exec(sent.url ?? '')?.[1] ?? '';
}

async function connect(
  { address, port, secure }: Target,
  { signal }: Exchange,
  context: HandlerContext,
): Promise<Duplex> {
  try {
    const socket = await context.dial(address, port);
    // As kube-apiserver: whose certificate it is, is not asked.
    return secure ? tlsConnect({ socket, rejectUnauthorized: false }) : socket;
  } catch (cause) {
    const lost = cause instanceof Error && 'code' in cause && cause.code === 'ETIMEDOUT';
    if (lost) await sleep(context.clock, dialTimeoutMs, signal);
    const why = lost ? 'i/o timeout' : 'connect: connection refused';
    throw unavailable(`error trying to reach service: dial tcp ${address}:${port}: ${why}`);
  }
}

/** Of the connection itself, not of the message (RFC 9110, 7.6.1). */
const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Headers without those of the connection itself. */
export function endToEnd(headers: IncomingHttpHeaders): Record<string, string | string[]> {
  const kept: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !hopByHop.has(name) && !name.startsWith(':')) kept[name] = value;
  }
  return kept;
}

function forward(
  exchange: Exchange,
  path: string,
  { address, port }: Target,
  connection: Duplex,
): Promise<IncomingMessage> {
  quiet(connection);
  return new Promise((resolve, reject) => {
    const headers = { ...endToEnd(exchange.headers), host: `${address}:${port}` };
    const sent = request(
      {
        method: exchange.info.method,
        path,
        headers,
        createConnection: () => connection,
        signal: exchange.signal,
      },
      resolve,
    );
    sent.on('error', (error) => reject(unavailable(`error trying to reach service: ${error.message}`)));
    exchange.request.pipe(sent);
  });
}
