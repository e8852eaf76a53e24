import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { createSecureServer, type Http2SecureServer, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock } from '../../kernel/clock.ts';
import type { Aggregator } from '../aggregation/aggregator.ts';
import type { ObjectReader } from '../definition.ts';
import type { NodeAgent } from '../node-api.ts';
import type { Pki } from '../pki/pki.ts';
import type { Authorizer } from '../rbac/types.ts';
import type { Registry } from '../registry/types.ts';
import type { Upgrade } from '../upgrade.ts';
import { createAuthenticator } from './authn/authenticator.ts';
import { createTokenAuthenticator } from './authn/service-account-tokens.ts';
import { Exchange, type ServerReply, type ServerRequest } from './exchange.ts';
import { aggregation } from './filters/aggregation.ts';
import { authentication } from './filters/authentication.ts';
import { authorization } from './filters/authorization.ts';
import { chain } from './filters/chain.ts';
import { counting } from './filters/counting.ts';
import { errorRecovery } from './filters/error-recovery.ts';
import { impersonation } from './filters/impersonation.ts';
import { requestTimeout } from './filters/request-timeout.ts';
import type { HandlerContext } from './handlers/context.ts';
import { badRequestPage, notFoundPage } from './handlers/pages.ts';
import { createPathHandler } from './handlers/paths.ts';
import { type MemoryBudget, processBudget } from './memory-budget.ts';
import { RequestCounters } from './metrics.ts';
import { isUnreadable } from './request-info.ts';
import { Responder } from './respond.ts';
import { routeResource } from './router.ts';
import { upgradeOf } from './streams/upgrade.ts';

export interface ApiServerOptions {
  registry: Registry;
  /** Current state, for what tokens are bound to. */
  reader: ObjectReader;
  authorizer: Authorizer;
  /** The kubelet of a node; undefined if there is none: logs and exec fail then as with a node that is down. */
  nodeAgent(nodeName: string): NodeAgent | undefined;
  /** Reaches Pods for the proxy subresource: see `HandlerContext`. */
  dial: HandlerContext['dial'];
  /** Reaches the servers of groups that are not served here. */
  aggregator: Aggregator;
  clock: Clock;
  pki: Pki;
  /** 0 or left out: a free one. */
  port?: number;
  host?: string;
  /** Host and port by which clients in the cluster's network reach this server. Default: where it listens. */
  advertised?: string;
  /** Actions that a POST to their path runs, for tools; subject to authorization like any path. */
  debugPaths?: Readonly<Record<string, () => void>>;
  /** Bounds what clients make the process keep. Default: the one that all servers of the process share. */
  budget?: MemoryBudget;
  /** Told of faults of ours (a request is then answered with 500). */
  report?(error: unknown, request: string): void;
}

export interface ApiServer {
  readonly host: string;
  readonly port: number;
  /** `https://127.0.0.1:port` */
  readonly url: string;
  /** Ends all watches and streams and stops listening. */
  close(): Promise<void>;
}

/**
 * Serves the Kubernetes API over TLS: HTTP/2 and HTTP/1.1, WebSockets and SPDY for streams. Resolves when it listens.
 * Rejects with the system's error (EADDRINUSE) if it can't.
 */
export async function createApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const { registry, authorizer, clock, pki, host = '127.0.0.1', budget = processBudget } = options;
  const context: HandlerContext = {
    registry,
    authorizer,
    clock,
    nodeAgent: options.nodeAgent,
    dial: options.dial,
    responder: new Responder(() => clock.now()),
    counters: new RequestCounters(),
    budget,
  };
  const address = { url: '' };
  const handle = requestHandler(options, context, address);
  const active = new Set<Exchange>();
  const run = async (request: ServerRequest, reply: ServerReply, upgrade?: Upgrade) => {
    const exchange = new Exchange(request, reply, upgrade, budget);
    if (isUnreadable(request.url ?? '/')) return badRequestPage(exchange);
    active.add(exchange);
    try {
      await handle(exchange);
    } finally {
      active.delete(exchange);
    }
  };

  const server = tlsServer(pki);
  server.on('request', (request: ServerRequest, reply: ServerReply) => void run(request, reply));
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const { reply, upgrade } = upgradeOf(request, socket, head);
    void run(request, reply, upgrade);
  });
  const connections = trackConnections(server);

  server.listen(options.port ?? 0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  address.url = `https://${host}:${port}`;
  return {
    host,
    port,
    url: address.url,
    async close() {
      for (const exchange of active) exchange.abort();
      const closed = once(server, 'close');
      server.close();
      connections.destroy();
      await closed;
    },
  };
}

/** The filters, and behind them what answers. `address` is known once the server listens. */
function requestHandler(
  options: ApiServerOptions,
  context: HandlerContext,
  address: { readonly url: string },
): (exchange: Exchange) => Promise<void> {
  const { reader, authorizer, aggregator, clock, pki } = options;
  const tokens = createTokenAuthenticator(pki.serviceAccounts, reader, clock);
  const handlePath = createPathHandler({
    ...context,
    aggregator,
    pki,
    advertisedUrl: () => (options.advertised === undefined ? address.url : `https://${options.advertised}`),
    debugPaths: new Map(Object.entries(options.debugPaths ?? {})),
  });
  return chain(
    [
      counting(context.counters, clock),
      errorRecovery(options.report ?? (() => undefined)),
      requestTimeout(clock),
      authentication(createAuthenticator(tokens)),
      impersonation(authorizer),
      authorization(authorizer),
      aggregation(aggregator),
    ],
    async (exchange) => {
      if (!exchange.info.isResourceRequest) return handlePath(exchange);
      const run = routeResource(exchange, context);
      return run ? run() : notFoundPage(exchange);
    },
  );
}

function tlsServer(pki: ApiServerOptions['pki']): Http2SecureServer {
  const server = createSecureServer({
    key: pki.server.key,
    cert: pki.server.certificate,
    ca: pki.ca.certificate,
    requestCert: true,
    // Clients without a certificate bring a token, or are anonymous.
    rejectUnauthorized: false,
    allowHTTP1: true,
    minVersion: 'TLSv1.2',
    settings: { maxConcurrentStreams: 250 },
    // MB: with Node's 10 a client that asks for a few large lists at a time is told to calm down.
    maxSessionMemory: 256,
  });
  // For HTTP/1.1; Node's 5 s cut off clients that come back later. Go's servers, kube-apiserver among them, wait 90 s.
  Object.assign(server, { keepAliveTimeout: 90_000 });
  return server;
}

function trackConnections(server: Http2SecureServer): { destroy(): void } {
  const sockets = new Set<Socket>();
  const sessions = new Set<ServerHttp2Session>();
  let isOver = false;
  // Before TLS is agreed on, too: who was about to connect would hold a server that is closed.
  server.on('connection', (socket) => {
    if (isOver) return void socket.destroy();
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('secureConnection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    // A client that breaks off is no fault of ours.
    socket.on('error', () => undefined);
  });
  server.on('session', (session) => {
    sessions.add(session);
    session.on('close', () => sessions.delete(session));
    session.on('error', () => undefined);
  });
  server.on('sessionError', () => undefined);
  server.on('tlsClientError', () => undefined);
  return {
    destroy() {
      isOver = true;
      for (const session of sessions) session.destroy();
      for (const socket of sockets) socket.destroy();
    },
  };
}
