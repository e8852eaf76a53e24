import type { Duplex } from 'node:stream';
import type { Node, Pod } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { nodes } from '../../../kube/resources.ts';
import { parseTime, TimeError } from '../../codec/go-time.ts';
import * as field from '../../errors/field.ts';
import { ApiError, badRequest, internalError, invalid } from '../../errors/status.ts';
import type { NodeAgent } from '../../node-api.ts';
import type { Exchange } from '../exchange.ts';
import { requireAllowed } from '../filters/authorization.ts';
import { parseGoBoolean, parseGoInteger, parseOptionalBoolean } from '../query.ts';
import type { CommandStreams } from '../streams/command-channel.ts';
import { serveCommand } from '../streams/command-upgrade.ts';
import { forwardByChannels, portChannels, portsAsked } from '../streams/port-channels.ts';
import { runPortForward } from '../streams/port-forward.ts';
import { translatedFailure } from '../streams/remote-command.ts';
import { acceptSpdy, acceptWebSocket, offeredProtocols, webSocketStream } from '../streams/upgrade.ts';
import type { HandlerContext, ResourceHandler, ResourceRequest } from './context.ts';
import { proxyRequest } from './proxy.ts';

const proxied = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'];

/** Subresources that connect to a kubelet, by `resource/subresource` of the core group. */
export const connectHandlers = new Map<string, { methods: readonly string[]; handle: ResourceHandler }>([
  ['pods/log', { methods: ['GET'], handle: podLog }],
  ['pods/exec', { methods: ['GET', 'POST'], handle: podCommand }],
  ['pods/attach', { methods: ['GET', 'POST'], handle: podCommand }],
  ['pods/portforward', { methods: ['GET', 'POST'], handle: podPortForward }],
  ...['pods/proxy', 'services/proxy', 'nodes/proxy'].map(
    (key) => [key, { methods: proxied, handle: proxyRequest }] as const,
  ),
]);

function podOf({ definition, namespace, name = '' }: ResourceRequest, { registry }: HandlerContext): Stored<Pod> {
  return registry.get(definition, namespace, name) as Stored<Pod>;
}

/** The container that a log, exec or attach is about. @throws 400 in kube-apiserver's words */
function containerOf(pod: Stored<Pod>, asked: string | null): string {
  const { containers = [], initContainers = [], ephemeralContainers = [] } = pod.spec ?? {};
  const names = [...initContainers, ...containers, ...ephemeralContainers].map(({ name }) => name);
  const { name } = pod.metadata;
  if (asked) {
    if (names.includes(asked)) return asked;
    throw badRequest(`container ${asked} is not valid for pod ${name}`);
  }
  const [only, ...others] = containers;
  if (only && others.length === 0) return only.name;
  throw badRequest(`a container name must be specified for pod ${name}, choose one of: [${names.join(' ')}]`);
}

function agentOf(pod: Stored<Pod>, context: HandlerContext): NodeAgent {
  const node = pod.spec?.nodeName ?? '';
  const agent = context.nodeAgent(node);
  if (agent) return agent;
  throw internalError(`error dialing backend: ${notDialled(node, context)}`);
}

const kubeletPort = 10_250;

/** Why no kubelet answers: there is no such node, or nothing listens there. */
function notDialled(name: string, context: HandlerContext): string {
  const address = addressOf(name, context);
  if (address === undefined) return `dial tcp: lookup ${name}: no such host`;
  return `dial tcp ${address}:${kubeletPort}: connect: connection refused`;
}

function addressOf(name: string, { registry }: HandlerContext): string | undefined {
  const definition = registry.definition(nodes);
  const [node] = definition ? registry.list(definition, { fieldSelector: `metadata.name=${name}` }).items : [];
  return (node as Stored<Node> | undefined)?.status?.addresses?.find(({ type }) => type === 'InternalIP')?.address;
}

function requireHost(pod: Stored<Pod>): void {
  if (!pod.spec?.nodeName) throw badRequest(`pod ${pod.metadata.name} does not have a host assigned`);
}

async function podLog(request: ResourceRequest, context: HandlerContext): Promise<void> {
  const { exchange, name = '' } = request;
  const options = logOptions(exchange, name);
  const pod = podOf(request, context);
  const container = containerOf(pod, exchange.info.query.get('container'));
  if (!pod.spec?.nodeName) return exchange.send(204, undefined, '');
  const agent = context.nodeAgent(pod.spec.nodeName);
  if (!agent) {
    const host = addressOf(pod.spec.nodeName, context) ?? pod.spec.nodeName;
    const url = `https://${host}:${kubeletPort}/containerLogs/${pod.metadata.namespace}/${name}/${container}`;
    throw new ApiError({ code: 500, message: `Get "${url}": ${notDialled(pod.spec.nodeName, context)}` });
  }
  const log = await agent.logs(pod, { ...options, container, signal: exchange.signal });
  exchange.head(200, { 'Content-Type': 'text/plain' });
  exchange.flush();
  await exchange.pipe(log);
}

/** @throws 400 for what is no number, 422 for what doesn't fit */
function logOptions({ info: { query } }: Exchange, name: string) {
  const tailLines = parseGoInteger(query, 'tailLines');
  const limitBytes = parseGoInteger(query, 'limitBytes');
  const sinceSeconds = parseGoInteger(query, 'sinceSeconds');
  const sinceTime = query.get('sinceTime') || undefined;
  if (sinceTime !== undefined) checkTime(sinceTime);
  const errors = [];
  // Of the feature gate PodLogsQuerySplitStreams, which is off.
  if (query.has('stream')) errors.push(field.forbidden('stream', 'may not be specified'));
  if (tailLines !== undefined && tailLines < 0) {
    errors.push(field.invalid('tailLines', tailLines, 'must be greater than or equal to 0'));
  }
  if (limitBytes !== undefined && limitBytes < 1) {
    errors.push(field.invalid('limitBytes', limitBytes, 'must be greater than 0'));
  }
  if (sinceSeconds !== undefined && sinceTime !== undefined) {
    errors.push(field.forbidden('[]', 'at most one of `sinceTime` or `sinceSeconds` may be specified'));
  } else if (sinceSeconds !== undefined && sinceSeconds < 1) {
    errors.push(field.invalid('sinceSeconds', sinceSeconds, 'must be greater than 0'));
  }
  if (errors.length > 0) throw invalid({ group: '', kind: 'PodLogOptions' }, name, errors);
  return {
    tailLines,
    limitBytes,
    sinceSeconds,
    sinceTime,
    follow: parseGoBoolean(query, 'follow'),
    previous: parseGoBoolean(query, 'previous'),
    timestamps: parseGoBoolean(query, 'timestamps'),
  };
}

/** @throws 400 in the words of Go's time package */
function checkTime(text: string): void {
  try {
    parseTime(text, 'seconds');
  } catch (error) {
    throw error instanceof TimeError ? badRequest(error.message) : error;
  }
}

/** exec and attach: a WebSocket (kubectl 1.31 and later) or SPDY (before). */
async function podCommand(request: ResourceRequest, context: HandlerContext): Promise<void> {
  const { exchange, subresource } = request;
  const { query } = exchange.info;
  requireCreate(request, context);
  const pod = podOf(request, context);
  const container = containerOf(pod, query.get('container'));
  requireHost(pod);
  const { upgrade } = exchange;
  if (!upgrade) throw badRequest('Upgrade request required');
  const streams: CommandStreams = {
    stdin: parseGoBoolean(query, 'stdin'),
    stdout: parseOptionalBoolean(query, 'stdout') ?? subresource === 'attach',
    stderr: parseOptionalBoolean(query, 'stderr') ?? subresource === 'attach',
    tty: parseGoBoolean(query, 'tty'),
  };
  // A terminal has one output.
  if (streams.tty) streams.stderr = false;
  if (!streams.stdin && !streams.stdout && !streams.stderr) {
    throw badRequest('you must specify at least 1 of stdin, stdout, stderr');
  }
  const agent = agentOf(pod, context);
  const options = { container, stdin: streams.stdin, tty: streams.tty };
  const start = () =>
    subresource === 'exec'
      ? agent.exec(pod, { ...options, command: query.getAll('command') })
      : agent.attach(pod, options);
  return serveCommand(upgrade, streams, start, translatedFailure);
}

/** kubectl's; client libraries speak the other. */
const tunnel = 'SPDY/3.1+portforward.k8s.io';

async function podPortForward(request: ResourceRequest, context: HandlerContext): Promise<void> {
  const { exchange } = request;
  requireCreate(request, context);
  checkPorts(exchange);
  const pod = podOf(request, context);
  requireHost(pod);
  const { upgrade } = exchange;
  if (!upgrade) throw badRequest('Upgrade request required');
  const agent = agentOf(pod, context);
  const connect = (port: number) => agent.portForward(pod, port);
  let transport: Duplex;
  if (upgrade.protocol === 'websocket') {
    const offered = offeredProtocols(exchange);
    if (!offered.includes(tunnel)) {
      if (!offered.includes(portChannels)) {
        throw badRequest(`unable to upgrade: the server knows ${tunnel} and ${portChannels}`);
      }
      const ports = portsAsked(exchange.info.query.getAll('ports'));
      return forwardByChannels(await acceptWebSocket(upgrade, portChannels), ports, connect);
    }
    transport = webSocketStream(await acceptWebSocket(upgrade, tunnel));
  } else transport = acceptSpdy(upgrade, 'portforward.k8s.io');
  await runPortForward(transport, connect);
}

/** @throws 400 for what is no 31-bit number, as the API server reads it */
function checkPorts({ info: { query } }: Exchange): void {
  for (const text of query.getAll('ports').flatMap((one) => one.split(','))) {
    const why = !/^\d+$/.test(text) ? 'invalid syntax' : Number(text) > 65_535 ? 'value out of range' : undefined;
    if (why) throw badRequest(`cannot convert to []int32: strconv.ParseUint: parsing ${field.quote(text)}: ${why}`);
  }
}

/**
 * A WebSocket begins with a GET, so "get" was checked; since v1.35 "create" is needed as well
 * (feature gate AuthorizePodWebsocketUpgradeCreatePermission), as it always was for SPDY's POST.
 */
function requireCreate({ exchange, namespace, name, subresource }: ResourceRequest, context: HandlerContext): void {
  if (exchange.upgrade?.protocol !== 'websocket') return;
  requireAllowed(context.authorizer, {
    user: exchange.user,
    verb: 'create',
    resourceRequest: true,
    group: '',
    version: 'v1',
    resource: 'pods',
    ...(subresource !== undefined && { subresource }),
    ...(namespace !== undefined && { namespace }),
    ...(name !== undefined && { name }),
  });
}
