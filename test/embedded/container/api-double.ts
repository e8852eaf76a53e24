import { generateKeyPairSync } from 'node:crypto';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { ClusterNetwork } from '../../../src/embedded/network-api.ts';
import { createCertificate, type Issuer } from '../../../src/embedded/pki/certificate.ts';
import { emptyNetwork } from './helpers.ts';

/** A request as the double saw it. */
export interface Seen {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: NodeJS.Dict<string | string[]>;
  body: string;
}

export type Answer = { status?: number; body: unknown; headers?: Record<string, string> };

/** A TLS server that answers like an API server where a test says so; its certificate is of its own authority. */
export class ApiDouble {
  readonly ca: string;
  readonly seen: Seen[] = [];
  readonly #server: Server;
  #answer: (request: Seen) => Answer | undefined = () => undefined;

  constructor() {
    const year = 365 * 24 * 3_600_000;
    const validity = { notBefore: Date.now() - 60_000, notAfter: Date.now() + year };
    const authority: Issuer = {
      subject: { commonName: 'kubernetes' },
      ...generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    };
    const server = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    this.ca = createCertificate(
      { subject: authority.subject, publicKey: authority.publicKey, usage: 'ca', ...validity },
      authority,
    );
    const names = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc', '10.96.0.1'];
    const cert = createCertificate(
      { subject: { commonName: 'kube-apiserver' }, publicKey: server.publicKey, usage: 'server', names, ...validity },
      authority,
    );
    this.#server = createServer(
      { cert, key: server.privateKey.export({ type: 'sec1', format: 'pem' }) },
      (request, response) => {
        const chunks: Buffer[] = [];
        request.on('data', (chunk: Buffer) => chunks.push(chunk));
        request.on('end', () => {
          const url = new URL(request.url ?? '/', 'https://x');
          const { method = 'GET', headers } = request;
          const seen: Seen = {
            method,
            path: url.pathname,
            query: url.searchParams,
            headers,
            body: Buffer.concat(chunks).toString(),
          };
          this.seen.push(seen);
          const {
            status = 200,
            body,
            headers: more,
          } = this.#answer(seen) ?? discovery(seen) ?? { status: 404, body: 'not found' };
          response.writeHead(status, { 'content-type': 'application/json', ...more });
          response.end(typeof body === 'string' ? body : JSON.stringify(body));
        });
      },
    );
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  close(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  /** What is answered from now on; undefined: discovery, or 404. */
  answer(answer: (request: Seen) => Answer | undefined): void {
    this.#answer = answer;
  }

  /** A cluster's network in which 10.96.0.1:443 leads here. */
  network(): ClusterNetwork {
    const { port } = this.#server.address() as AddressInfo;
    return emptyNetwork({
      route: async (_, { address, port: at, protocol }) => {
        if (protocol === 'UDP') return { kind: 'resolver' };
        if (address === '10.96.0.1' && at === 443) return { kind: 'api-server', host: '127.0.0.1', port };
        return address === '10.99.99.99' ? { kind: 'timeout' } : { kind: 'refused' };
      },
    });
  }
}

const verbs = ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'];
const resource = (name: string, kind: string, shortNames: string[], namespaced = true) => ({
  resource: name,
  responseKind: { group: '', version: '', kind },
  scope: namespaced ? 'Namespaced' : 'Cluster',
  singularResource: kind.toLowerCase(),
  shortNames,
  verbs,
  ...(name === 'pods'
    ? { categories: ['all'], subresources: [{ subresource: 'log', responseKind: { kind: 'Pod' }, verbs: ['get'] }] }
    : {}),
});
const groups = (items: unknown[]) => ({
  kind: 'APIGroupDiscoveryList',
  apiVersion: 'apidiscovery.k8s.io/v2',
  metadata: {},
  items,
});

function discovery({ path }: Seen): Answer | undefined {
  if (path === '/api') {
    const resources = [
      resource('pods', 'Pod', ['po']),
      resource('configmaps', 'ConfigMap', ['cm']),
      resource('nodes', 'Node', ['no'], false),
    ];
    return { body: groups([{ metadata: {}, versions: [{ version: 'v1', resources }] }]) };
  }
  if (path === '/apis') {
    const resources = [resource('deployments', 'Deployment', ['deploy'])];
    return { body: groups([{ metadata: { name: 'apps' }, versions: [{ version: 'v1', resources }] }]) };
  }
  return undefined;
}

/** A Status as the server sends it. */
export function failure(code: number, reason: string, message: string, details: object = {}): Answer {
  return {
    status: code,
    body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, details, code },
  };
}

/** What the kubelet mounts for a service account, and the variables it sets. */
export function serviceAccount(ca: string) {
  const text = (content: string) => ({ content: new TextEncoder().encode(content), mode: 0o644 });
  return {
    env: [
      { name: 'KUBERNETES_SERVICE_HOST', value: '10.96.0.1' },
      { name: 'KUBERNETES_SERVICE_PORT', value: '443' },
    ],
    // In place of a CoreDNS.
    hostAliases: [{ ip: '10.96.0.1', hostnames: ['kubernetes.default.svc'] }],
    mounts: [
      {
        mountPath: '/var/run/secrets/kubernetes.io/serviceaccount',
        readOnly: true,
        volume: {
          kind: 'files' as const,
          id: 'token',
          files: { token: text('good-token'), 'ca.crt': text(ca), namespace: text('project-swan') },
        },
      },
    ],
  };
}
