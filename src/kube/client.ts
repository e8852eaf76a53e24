import { readFile } from 'node:fs/promises';
import { HttpMethod, KubeConfig, RequestContext } from '@kubernetes/client-node';
import { Agent, type Dispatcher, request } from 'undici';
import { EnvironmentError } from '../kernel/errors.ts';
import { type ExecOptions, ExecRefused, type ExecResult, execInPod } from './exec.ts';
import { apiVersionOf, type KubeList, type KubeObject, type Resource, type Status, type Stored } from './meta.ts';

type Response = Dispatcher.ResponseData<unknown>;

/** The API server answered with a failure; `status` is what it said. */
export class KubeError extends Error {
  readonly status: Status;

  constructor(status: Status, options?: ErrorOptions) {
    super(status.message ?? status.reason ?? `status ${status.code}`, options);
    this.name = 'KubeError';
    this.status = status;
  }

  get code(): number {
    return this.status.code ?? 0;
  }
}

/** True for a 404 of the API server. */
export function isNotFound(error: unknown): boolean {
  return error instanceof KubeError && error.code === 404;
}

export interface RequestOptions {
  query?: Record<string, string | number | boolean | undefined>;
  body?: unknown;
  contentType?: string;
  accept?: string;
  signal?: AbortSignal;
}

export interface KubeWatchEvent<T extends KubeObject> {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  object: Stored<T>;
}

/** `/apis/apps/v1/namespaces/x/deployments/y/scale`. */
export function pathOf(r: Resource, namespace?: string, name?: string, subresource?: string): string {
  const parts = [r.group === '' ? '/api' : `/apis/${r.group}`, r.version];
  if (namespace !== undefined && r.namespaced) parts.push('namespaces', encodeURIComponent(namespace));
  parts.push(r.resource);
  if (name !== undefined) parts.push(encodeURIComponent(name));
  if (subresource) parts.push(subresource);
  return parts.join('/');
}

/**
 * A client of any cluster, by kubeconfig: credentials come from client-node, one pool of connections serves all
 * requests. Failures are `KubeError` (the server said no) or `EnvironmentError` (it could not be asked).
 */
export class KubeClient {
  readonly context: string;
  readonly server: string;
  readonly #config: KubeConfig;
  #credentials: { headers: Record<string, string>; dispatcher: Dispatcher } | undefined;

  private constructor(config: KubeConfig) {
    this.#config = config;
    this.context = config.getCurrentContext();
    this.server = config.getCurrentCluster()?.server ?? '';
  }

  /** Reads a kubeconfig file; `context` other than its current one if given. */
  static async fromFile(file: string, context?: string): Promise<KubeClient> {
    let text: string;
    try {
      text = await readFile(file, 'utf8');
    } catch (cause) {
      throw new EnvironmentError(
        { what: `the kubeconfig ${file} cannot be read`, why: (cause as Error).message },
        { cause },
      );
    }
    return KubeClient.fromText(text, context);
  }

  static fromText(text: string, context?: string): KubeClient {
    const config = new KubeConfig();
    config.loadFromString(text);
    if (context) config.setCurrentContext(context);
    if (!config.getCurrentCluster()) {
      throw new EnvironmentError({ what: `the kubeconfig has no cluster for context "${config.getCurrentContext()}"` });
    }
    return new KubeClient(config);
  }

  /** One request; the parsed JSON of the answer. */
  async request<T>(method: string, path: string, options: RequestOptions = {}): Promise<T> {
    const { body } = await this.#send(method, path, options);
    return (await body.json()) as T;
  }

  get<T extends KubeObject>(r: Resource<T>, namespace: string | undefined, name: string): Promise<Stored<T>> {
    return this.request('GET', pathOf(r, namespace, name));
  }

  /** `get`, with undefined where there is no such object (or no such resource). */
  async find<T extends KubeObject>(
    r: Resource<T>,
    namespace: string | undefined,
    name: string,
    options: Pick<RequestOptions, 'signal'> = {},
  ): Promise<Stored<T> | undefined> {
    try {
      return await this.request('GET', pathOf(r, namespace, name), options);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async list<T extends KubeObject>(
    r: Resource<T>,
    namespace?: string,
    query: RequestOptions['query'] = {},
    options: Pick<RequestOptions, 'signal'> = {},
  ): Promise<KubeList<Stored<T>>> {
    const list = await this.request<KubeList<Stored<T>>>('GET', pathOf(r, namespace), { ...options, query });
    // Items of a list come without their type; give it back so that each stands alone.
    for (const item of list.items) Object.assign(item, { apiVersion: apiVersionOf(r), kind: r.kind });
    return list;
  }

  create<T extends KubeObject>(r: Resource<T>, object: T, query: RequestOptions['query'] = {}): Promise<Stored<T>> {
    return this.request('POST', pathOf(r, object.metadata?.namespace), { body: object, query });
  }

  /** Server-side apply with `force`; the field manager is ours. */
  apply<T extends KubeObject>(r: Resource<T>, object: T, fieldManager: string): Promise<Stored<T>> {
    return this.request('PATCH', pathOf(r, object.metadata?.namespace, object.metadata?.name), {
      body: object,
      contentType: 'application/apply-patch+yaml',
      query: { fieldManager, force: true },
    });
  }

  async delete(
    r: Resource,
    namespace: string | undefined,
    name: string,
    query: RequestOptions['query'] = {},
  ): Promise<void> {
    await this.request('DELETE', pathOf(r, namespace, name), { query });
  }

  /** Events of a watch, until the server ends it or `signal` aborts. */
  async *watch<T extends KubeObject>(
    r: Resource<T>,
    namespace: string | undefined,
    query: RequestOptions['query'],
    signal: AbortSignal,
    options: Pick<RequestOptions, 'accept'> = {},
  ): AsyncGenerator<KubeWatchEvent<T>> {
    const { body } = await this.#send('GET', pathOf(r, namespace), {
      ...options,
      query: { ...query, watch: true },
      signal,
    });
    for await (const line of lines(body, signal)) yield JSON.parse(line) as KubeWatchEvent<T>;
  }

  /** Lines of a container's log, without the line ends; with `follow` until the container ends or `signal` aborts. */
  async *logs(
    namespace: string,
    pod: string,
    query: RequestOptions['query'],
    signal: AbortSignal,
  ): AsyncGenerator<string> {
    const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}/log`;
    const { body } = await this.#send('GET', path, { query, signal, accept: '*/*' });
    yield* lines(body, signal);
  }

  /**
   * Runs a command in a container of a Pod to its end. Rejects with a KubeError if the server refuses, with an
   * EnvironmentError if it can't be asked, with the signal's reason if that aborts.
   */
  async exec(namespace: string, pod: string, command: readonly string[], options: ExecOptions): Promise<ExecResult> {
    const tls: import('node:https').RequestOptions = {};
    await this.#config.applyToHTTPSOptions(tls);
    const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}`;
    try {
      return await execInPod(this.server, path, command, tls, options);
    } catch (error) {
      if (!(error instanceof ExecRefused)) throw error;
      const { code, message } = error;
      throw new KubeError({ kind: 'Status', status: 'Failure', code, message }, { cause: error });
    }
  }

  /** Closes the pool of connections. */
  async close(): Promise<void> {
    await this.#credentials?.dispatcher.destroy();
    this.#credentials = undefined;
  }

  async #send(method: string, path: string, options: RequestOptions): Promise<Response> {
    const url = new URL(this.server + path);
    for (const [key, value] of Object.entries(options.query ?? {})) {
      if (value !== undefined) url.searchParams.set(key, String(value));
    }
    const headers: Record<string, string> = { Accept: options.accept ?? 'application/json', 'User-Agent': 'kubedrill' };
    const init: { body?: string } = {};
    if (options.body !== undefined) {
      init.body = JSON.stringify(options.body);
      headers['Content-Type'] = options.contentType ?? 'application/json';
    }
    let response: Response;
    try {
      const dispatcher = await this.#authenticate(headers);
      const asked = { method, headers, dispatcher, signal: options.signal ?? null, ...init };
      response = await followed(url, asked);
    } catch (cause) {
      if (options.signal?.aborted) throw options.signal.reason;
      throw new EnvironmentError(
        { what: `the cluster at ${this.server} does not answer`, why: reasonOf(cause) },
        { cause },
      );
    }
    if (response.statusCode < 300) return response;
    throw new KubeError(await statusOf(response));
  }

  /**
   * Adds the credentials' headers and returns the pool of connections, which is created once. Certificates and tokens
   * that stand in the kubeconfig are read once; what a plug-in or a file may renew is asked for every time.
   */
  async #authenticate(headers: Record<string, string>): Promise<Dispatcher> {
    const user = this.#config.getCurrentUser();
    const renewable = Boolean(user?.exec ?? user?.authProvider);
    if (!this.#credentials || renewable) {
      const context = new RequestContext(this.server, HttpMethod.GET);
      await this.#config.applySecurityAuthentication(context);
      const dispatcher = context.getDispatcher() as Dispatcher | undefined;
      if (this.#credentials) void dispatcher?.destroy();
      this.#credentials = {
        headers: context.getHeaders(),
        dispatcher: this.#credentials?.dispatcher ?? dispatcher ?? new Agent(),
      };
    }
    Object.assign(headers, this.#credentials.headers);
    return this.#credentials.dispatcher;
  }
}

/** How often a server may send a reader elsewhere. */
const longestWay = 10;

/** Sends a request; a GET goes where its server sends it, as that of a Service's proxy without its last slash does. */
async function followed(to: URL, options: Parameters<typeof request>[1] & { method: string }): Promise<Response> {
  let url = to;
  for (let redirects = 0; ; redirects++) {
    const response = await request(url, options);
    const { location } = response.headers;
    const moved = response.statusCode >= 301 && response.statusCode <= 308 && typeof location === 'string';
    if (!moved || options.method !== 'GET' || redirects === longestWay) return response;
    const next = new URL(location, url);
    // Credentials are for this server.
    if (next.origin !== url.origin) return response;
    await response.body.dump();
    url = next;
  }
}

/** A line of a log, or an event of a watch, that is longer than this is not kept in memory whole, characters. */
const longestLine = 8 * 2 ** 20;

/** The lines of a body; of one that is too long its beginning. */
async function* lines(body: Response['body'], signal: AbortSignal): AsyncGenerator<string> {
  body.setEncoding('utf8');
  let rest = '';
  try {
    for await (const chunk of body as AsyncIterable<string>) {
      const parts = chunk.split('\n');
      parts[0] = rest.length < longestLine ? rest + (parts[0] ?? '') : rest;
      rest = parts.pop() ?? '';
      yield* parts;
    }
  } catch (cause) {
    if (signal.aborted) return;
    throw new EnvironmentError({ what: 'the connection to the cluster broke', why: reasonOf(cause) }, { cause });
  }
  if (rest !== '') yield rest;
}

async function statusOf({ statusCode, statusText, body }: Response): Promise<Status> {
  const text = await body.text();
  try {
    const status = JSON.parse(text) as Status;
    if (status.kind === 'Status') return { ...status, code: status.code ?? statusCode };
  } catch {
    // Not every failure is a Status: proxies and unknown paths answer with text.
  }
  return { kind: 'Status', status: 'Failure', code: statusCode, message: text.trim() || statusText };
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
}
