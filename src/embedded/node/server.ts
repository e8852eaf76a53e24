import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { TLSSocket } from 'node:tls';
import type { Clock } from '../../kernel/clock.ts';
import { ownValue } from '../../kernel/own.ts';
import type { TokenReview } from '../../kube/api.gen.ts';
import type { Resource } from '../../kube/meta.ts';
import { subjectAccessReviews } from '../../kube/resources.ts';
import type { ApiClient, User } from '../api.ts';
import type { HttpAnswer, KubeletRequest } from '../node-api.ts';
import { createCertificate, type Issuer } from '../pki/certificate.ts';
import { isApiError } from '../registry/status.ts';
import { bearerToken } from '../server/authn/authenticator.ts';
import { authenticateCertificate } from '../server/authn/client-certificate.ts';
import type { Upgrade } from '../server/exchange.ts';
import { upgradeOf } from '../server/streams/upgrade.ts';
import { routeOf } from './kubelet-api/routes.ts';

export interface KubeletServerOptions {
  nodeName: string;
  clock: Clock;
  /** As the node: tokens are reviewed and rights asked for by it. */
  client: ApiClient;
  /** PEM: who signs client certificates. */
  caCertificate: string;
  answer(request: KubeletRequest): Promise<HttpAnswer | undefined>;
}

const tokenReviews: Resource<TokenReview> = {
  ...{ group: 'authentication.k8s.io', version: 'v1', resource: 'tokenreviews', kind: 'TokenReview' },
  namespaced: false,
};

const year = 365 * 24 * 3_600_000;

/** The kubelet's port 10250 for clients in the cluster's network; listens from the first time that it is asked for. */
export class KubeletServer {
  readonly #options: KubeletServerOptions;
  #server: Promise<Server> | undefined;
  /** Connections that speak something else than HTTP. */
  readonly #upgraded = new Set<Duplex>();

  constructor(options: KubeletServerOptions) {
    this.#options = options;
  }

  /** Where it listens on this machine. */
  async address(): Promise<{ host: string; port: number }> {
    this.#server ??= this.#listen();
    const { port } = (await this.#server).address() as AddressInfo;
    return { host: '127.0.0.1', port };
  }

  async close(): Promise<void> {
    const server = await this.#server;
    server?.closeAllConnections();
    for (const socket of this.#upgraded) socket.destroy();
    server?.close();
  }

  async #listen(): Promise<Server> {
    const { caCertificate } = this.#options;
    const server = createServer(
      { ...this.#certificate(), ca: caCertificate, requestCert: true, rejectUnauthorized: false },
      (request, response) => {
        this.#handle(request, response).catch((error: unknown) => fail(response, error));
      },
    );
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      this.#upgraded.add(socket);
      socket.once('close', () => this.#upgraded.delete(socket));
      const { reply, upgrade } = upgradeOf(request, socket, head);
      this.#handle(request, reply, upgrade).catch((error: unknown) => {
        if (!upgrade?.taken) fail(reply, error);
        else socket.destroy();
      });
    });
    server.unref();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return server;
  }

  /** Signed by itself, with the node's name and no addresses: what kubeadm leaves a kubelet with. */
  #certificate(): { key: string; cert: string } {
    const { nodeName, clock } = this.#options;
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const issuer: Issuer = { subject: { commonName: `${nodeName}-ca` }, privateKey, publicKey };
    const now = clock.now();
    const validity = { notBefore: now - 3_600_000, notAfter: now + year };
    const request = { subject: { commonName: nodeName }, publicKey, usage: 'server' as const, names: [nodeName] };
    return {
      cert: createCertificate({ ...request, ...validity }, issuer),
      key: privateKey.export({ type: 'sec1', format: 'pem' }).toString(),
    };
  }

  async #handle(request: IncomingMessage, response: ServerResponse, upgrade?: Upgrade): Promise<void> {
    const user = await this.#user(request);
    if (!user) return send(response, 401, 'Unauthorized');
    const { pathname, searchParams: query } = new URL(request.url ?? '/', 'https://kubelet');
    const { method = 'GET' } = request;
    const route = routeOf(pathname);
    // What is not served needs no right.
    if (route.kind === 'served') {
      const verb = ownValue(verbs, method) ?? '';
      const { subresources } = route;
      if (!(await this.#mayDo(user, verb, subresources))) {
        const what = `user=${user.name}, verb=${verb}, resource=nodes, subresource(s)=[${subresources.join(' ')}]`;
        return send(response, 403, `Forbidden (${what})\n`);
      }
    }
    const answer = await this.#options.answer({ method, path: pathname, query, ...(upgrade && { upgrade }) });
    if (!answer) return;
    const { status, contentType, location, body } = answer;
    if (location !== undefined) response.setHeader('Location', location);
    if (typeof body === 'string') return send(response, status, body, contentType);
    response.writeHead(status);
    await pipeline(body, response);
  }

  async #user({ socket, headers }: IncomingMessage): Promise<User | undefined> {
    const byCertificate = authenticateCertificate(socket, socket as TLSSocket);
    if (byCertificate) return 'user' in byCertificate ? byCertificate.user : undefined;
    const token = bearerToken(headers.authorization);
    if (token === undefined) return undefined;
    const { status } = await this.#options.client.create(tokenReviews, { spec: { token } });
    if (!status?.authenticated || !status.user?.username) return undefined;
    return { name: status.user.username, groups: status.user.groups ?? [] };
  }

  /** One of the subresources is enough (KEP-2862). */
  async #mayDo({ name, groups }: User, verb: string, subresources: readonly string[]): Promise<boolean> {
    const { client, nodeName } = this.#options;
    for (const subresource of subresources) {
      const resourceAttributes = { verb, version: 'v1', resource: 'nodes', subresource, name: nodeName };
      const spec = { user: name, groups: [...groups], resourceAttributes };
      const { status } = await client.create(subjectAccessReviews, { spec });
      if (status?.allowed) return true;
    }
    return false;
  }
}

/** What the kubelet asks for, by the request's method. */
const verbs: Readonly<Record<string, string>> = {
  ...{ GET: 'get', HEAD: 'get', POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' },
};

function send(response: ServerResponse, status: number, body: string, type = 'text/plain; charset=utf-8'): void {
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) });
  response.end(body);
}

/** A failure of ours, or a refusal that carries its Status. */
function fail(response: ServerResponse, error: unknown): void {
  const { status } = isApiError(error) ? error : { status: undefined };
  send(response, status?.code ?? 500, `${status?.message ?? 'internal error'}\n`);
}
