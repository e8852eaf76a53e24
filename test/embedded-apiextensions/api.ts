import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { createEmbeddedCluster, type EmbeddedCluster } from '../../src/embedded/cluster.ts';

export interface Answer {
  status: number;
  warnings: string[];
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever came
  body: any;
}

export interface Asking {
  body?: unknown;
  type?: string;
  accept?: string;
}

/** The API over HTTP, without controllers and nodes. */
export interface Api {
  cluster: EmbeddedCluster;
  ask(method: string, path: string, asking?: Asking): Promise<Answer>;
  get(path: string, accept?: string): Promise<Answer>;
  post(path: string, body: unknown): Promise<Answer>;
  put(path: string, body: unknown): Promise<Answer>;
  patch(path: string, type: string, body: unknown): Promise<Answer>;
  delete(path: string): Promise<Answer>;
  /** Creates a definition and waits until its kind is served. */
  define(name: string, spec: Record<string, unknown>): Promise<Answer>;
  stop(): Promise<void>;
}

export const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

export async function startApi(folder?: string): Promise<Api> {
  const cluster = await createEmbeddedCluster({
    controllers: false,
    kubelet: false,
    ...(folder !== undefined && { folder }),
  });
  const { certificate: cert, key } = cluster.pki.admin;
  const ask: Api['ask'] = async (
    method,
    path,
    { body, type = 'application/json', accept = 'application/json' } = {},
  ) => {
    const headers = { accept, ...(body !== undefined && { 'content-type': type }) };
    const sent = request(cluster.url + path, { method, headers, cert, key, ca: cluster.caCertificate, agent: false });
    sent.end(body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body));
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    const chunks: Buffer[] = [];
    for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    const warning = response.headers.warning ?? '';
    const warnings = [...String(warning).matchAll(/299 - "((?:\\.|[^"\\])*)"/g)].map(([, one = '']) =>
      one.replace(/\\(.)/g, '$1'),
    );
    return { status: response.statusCode ?? 0, warnings, body: /^[{[]/.test(text) ? JSON.parse(text) : text };
  };
  return {
    cluster,
    ask,
    get: (path, accept) => ask('GET', path, { ...(accept !== undefined && { accept }) }),
    post: (path, body) => ask('POST', path, { body }),
    put: (path, body) => ask('PUT', path, { body }),
    patch: (path, type, body) => ask('PATCH', path, { body, type }),
    delete: (path) => ask('DELETE', path),
    define: (name, spec) =>
      ask('POST', definitions, {
        body: { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name }, spec },
      }),
    stop: () => cluster.stop(),
  };
}
