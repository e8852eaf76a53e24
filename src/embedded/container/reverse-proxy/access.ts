import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { ownValue } from '../../../kernel/own.ts';
import type { Peer } from '../kernel/network.ts';
import type { Process } from '../kernel/process.ts';
import { formatDate } from '../lib/format-date.ts';
import { forward, type Outcome, redirect, respond } from './proxy.ts';
import { hostsFor, pickBackend, type RequestFacts, routeFor, type VirtualHost } from './routing.ts';

/** How a listener chooses among its virtual hosts. */
export interface Listening {
  scheme: 'http' | 'https';
  hosts(): readonly VirtualHost[];
  /** How many labels `*.` stands for. */
  wildcard: 'one' | 'any';
}

/** Answers a request by the routes of a listener, and writes the access log as ingress-nginx does. */
export async function answer(
  p: Process,
  listening: Listening,
  request: IncomingMessage,
  response: ServerResponse,
  peer: Peer,
): Promise<void> {
  const started = p.container.clock.now();
  const outcome = await act(p, listening, request, response, peer);
  const now = p.container.clock.now();
  const time = formatDate(now, '%d/%b/%Y:%H:%M:%S +0000');
  const { upstream } = outcome;
  const served = upstream
    ? `[${upstream.name}] [] ${upstream.address} ${outcome.bytes} ${((now - started) / 1000).toFixed(3)} ${upstream.status ?? '-'}`
    : '[] [] - - - -';
  const line = `${peer.address} - - [${time}] "${request.method} ${request.url} HTTP/${request.httpVersion}" ${outcome.status} ${outcome.bytes} "${request.headers.referer ?? '-'}" "${request.headers['user-agent'] ?? '-'}" ${(request.url ?? '').length + 60} ${((now - started) / 1000).toFixed(3)} ${served} ${randomBytes(16).toString('hex')}`;
  await p.print(1, `${line}\n`);
}

async function act(
  p: Process,
  { scheme, hosts, wildcard }: Listening,
  request: IncomingMessage,
  response: ServerResponse,
  peer: Peer,
): Promise<Outcome> {
  const name = (request.headers.host ?? '').replace(/:\d+$/, '').toLowerCase();
  // What the most exact host has no route for is not looked for among the others.
  const [host] = hostsFor(hosts(), name, wildcard);
  const action = host && routeFor(host.routes, factsOf(request))?.action;
  if (!action) return respond(response, 404);
  if (action.kind === 'respond') return respond(response, action.status);
  if (action.kind === 'redirect') return redirect(request, response, action, scheme);
  const backend = pickBackend(action.backends, Math.random());
  // Nothing that weighs anything, or that there is.
  if (!backend || backend.endpoints === 'unresolved') return respond(response, 500);
  return forward(
    p,
    request,
    response,
    action,
    { name: backend.name, secure: backend.secure, endpoints: backend.endpoints },
    { ...peer, scheme },
  );
}

function factsOf(request: IncomingMessage): RequestFacts {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://x');
  return {
    method: request.method ?? 'GET',
    path: decodePath(pathname),
    query: searchParams,
    header: (name) => {
      const value = ownValue(request.headers, name.toLowerCase());
      return Array.isArray(value) ? value.join(',') : value;
    },
  };
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
