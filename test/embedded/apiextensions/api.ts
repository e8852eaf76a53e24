import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { createInterface } from 'node:readline';
import { createEmbeddedCluster, type EmbeddedCluster } from '../../../src/embedded/cluster.ts';

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
  /** Creates a definition; its kind is served when the answer is here. */
  define(name: string, spec: Record<string, unknown>): Promise<Answer>;
  /** Reads a definition, changes its spec and writes it back. */
  // biome-ignore lint/suspicious/noExplicitAny: tests change whatever there is
  redefine(name: string, change: (spec: any) => void): Promise<Answer>;
  /** Opens a watch; resolves when it has begun. */
  watch(path: string): Promise<OpenWatch>;
  stop(): Promise<void>;
}

/** A watch: what came, as `ADDED name`, and its end. */
export interface OpenWatch {
  events: string[];
  ended: Promise<unknown>;
}

/** Where things are. */
export const thingsPath = '/apis/example.com/v1/namespaces/default/things';

/** An object of `example.com/v1`, Kind Thing. */
export const thing = (name: string, spec?: unknown, more: Record<string, unknown> = {}) => ({
  ...{ apiVersion: 'example.com/v1', kind: 'Thing', metadata: { name } },
  ...(spec !== undefined && { spec }),
  ...more,
});

export const object = (properties: Record<string, unknown>, more: Record<string, unknown> = {}) => ({
  ...{ type: 'object', properties },
  ...more,
});

/** A version of the definition of things: its spec has this schema, its status takes anything. */
export const thingVersion = (name: string, spec: unknown, more: Record<string, unknown> = {}) => ({
  ...{ name, served: true, storage: name === 'v1' },
  schema: {
    openAPIV3Schema: object({ spec, status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } }),
  },
  ...more,
});

/** The definition of things.example.com. */
export const things = (versions: unknown[], more: Record<string, unknown> = {}) => ({
  ...{ group: 'example.com', scope: 'Namespaced', names: { plural: 'things', kind: 'Thing' }, versions },
  ...more,
});

export const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

export async function startApi(folder?: string): Promise<Api> {
  const cluster = await createEmbeddedCluster({
    controllers: false,
    kubelet: false,
    ...(folder !== undefined && { folder }),
  });
  const { certificate: cert, key } = cluster.pki.admin;
  const tls = { cert, key, ca: cluster.caCertificate, agent: false as const };
  const ask: Api['ask'] = async (
    method,
    path,
    { body, type = 'application/json', accept = 'application/json' } = {},
  ) => {
    const headers = { accept, ...(body !== undefined && { 'content-type': type }) };
    const sent = request(cluster.url + path, { ...tls, method, headers });
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
    async redefine(name, change) {
      const { body } = await ask('GET', `${definitions}/${name}`);
      change(body.spec);
      return ask('PUT', `${definitions}/${name}`, { body });
    },
    async watch(path) {
      const [response] = (await once(request(`${cluster.url + path}?watch=true`, tls).end(), 'response')) as [
        IncomingMessage,
      ];
      const events: string[] = [];
      createInterface(response).on('line', (line) => {
        const { type, object } = JSON.parse(line);
        events.push(`${type} ${object.metadata.name}`);
      });
      return { events, ended: once(response, 'end') };
    },
    stop: () => cluster.stop(),
  };
}
