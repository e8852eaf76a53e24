import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { connect as tlsConnect } from 'node:tls';
import type { Clock } from '../../kernel/clock.ts';
import { quiet } from '../../kernel/quiet.ts';
import type { APIService, Status } from '../../kube/api.gen.ts';
import { groupResource, type KubeObject, type Resource, type Stored } from '../../kube/meta.ts';
import { apiServices, services } from '../../kube/resources.ts';
import type { ListOptions, User } from '../api.ts';
import type { RemoteReader } from '../client/client.ts';
import type { RemoteGroup } from '../codec/discovery.ts';
import type { ObjectReader, ResourceDefinition } from '../definition.ts';
import { SyncError } from '../errors/background.ts';
import { ApiError } from '../errors/status.ts';
import type { Dial } from '../network/dialer.ts';
import type { Credentials } from '../pki/pki.ts';
import { isAvailable } from './conditions.ts';
import { RemoteGroups } from './groups.ts';

export interface AggregatorOptions {
  reader: ObjectReader;
  /** What is served here, and so nowhere else. */
  definitions(): readonly ResourceDefinition[];
  dial: Dial;
  clock: Clock;
  /** By which servers elsewhere know that it is this one who asks. */
  frontProxy: Credentials;
}

/** A request to a server elsewhere. */
export interface RemoteRequest {
  method: string;
  /** With the query. */
  path: string;
  headers: IncomingHttpHeaders;
  user: User;
  signal?: AbortSignal;
  body?: { pipe(to: NodeJS.WritableStream): unknown };
}

/** No answer came; the message is Go's. */
export class RemoteError extends SyncError {}

/** How long an answer to a question of our own may take. */
const timeoutMs = 5000;

/** Passes requests for the groups of APIServices that name a Service on to that Service, as kube-aggregator does. */
export class Aggregator implements RemoteReader {
  readonly #options: AggregatorOptions;
  readonly #groups: RemoteGroups;

  constructor(options: AggregatorOptions) {
    this.#options = options;
    this.#groups = new RemoteGroups(() => this.services());
  }

  /** The APIServices whose groups are served elsewhere. */
  services(): Stored<APIService>[] {
    return this.#options.reader.listAll(apiServices).filter((service) => this.#isRemote(service));
  }

  #isRemote({ spec }: APIService): boolean {
    if (!spec?.service) return false;
    return !this.#options.definitions().some((d) => d.group === spec.group && d.version === spec.version);
  }

  service(group: string, version: string): Stored<APIService> | undefined {
    const found = this.#options.reader.read(apiServices, undefined, `${version}.${group}`);
    return found && this.#isRemote(found) ? found : undefined;
  }

  /** What discovery says of the groups that are served elsewhere. */
  groups(): readonly RemoteGroup[] {
    return this.#groups.list();
  }

  /** `group/version` of those whose servers did not answer when they were asked last, by name. */
  staleGroups(): string[] {
    return this.groups()
      .flatMap(({ group, versions }) =>
        versions.filter(({ freshness }) => freshness === 'Stale').map(({ version }) => `${group}/${version}`),
      )
      .sort();
  }

  /** What a server elsewhere said of itself when it was asked last; undefined: it did not answer. */
  learn(service: string, resources: unknown): void {
    this.#groups.learn(service, resources);
  }

  /** `10.96.3.4:443` */
  address({ spec }: APIService): string {
    const { namespace, name = '', port = 443 } = spec?.service ?? {};
    const found = this.#options.reader.read(services, namespace, name);
    return `${found?.spec?.clusterIP ?? 'None'}:${port}`;
  }

  /** Sends a request on. Rejects with a RemoteError if no answer comes. */
  async send(service: APIService, sent: RemoteRequest): Promise<IncomingMessage> {
    const address = this.address(service);
    const [host = '', port = '443'] = address.split(':');
    const servername = `${service.spec?.service?.name}.${service.spec?.service?.namespace}.svc`;
    const socket = await this.#options.dial(host, Number(port)).catch((error: unknown) => {
      const lost = error instanceof Error && 'code' in error && error.code === 'ETIMEDOUT';
      throw new RemoteError(`dial tcp ${address}: ${lost ? 'i/o timeout' : 'connect: connection refused'}`);
    });
    const { caBundle } = service.spec ?? {};
    const { certificate: cert, key } = this.#options.frontProxy;
    const connection = quiet(
      tlsConnect({
        ...{ socket, cert, key, servername, ALPNProtocols: ['http/1.1'] },
        rejectUnauthorized: service.spec?.insecureSkipTLSVerify !== true,
        ...(caBundle && { ca: Buffer.from(caBundle, 'base64') }),
      }),
    );
    const { method, path, headers, user, signal, body } = sent;
    return new Promise((resolve, reject) => {
      const outgoing = request(
        {
          ...{ method, path, signal, createConnection: () => connection },
          headers: { ...headers, ...identity(user), host: address },
        },
        resolve,
      );
      outgoing.on('error', (error) => {
        socket.destroy();
        reject(new RemoteError(signal?.aborted ? 'context deadline exceeded' : wordsOf(error)));
      });
      if (body) body.pipe(outgoing);
      else outgoing.end();
    });
  }

  /** A GET of our own, as `user`. Rejects with a RemoteError if no answer comes in time. */
  async get(service: APIService, path: string, user: User): Promise<{ status: number; body: string }> {
    const late = new AbortController();
    const timer = this.#options.clock.after(timeoutMs, () => late.abort());
    try {
      const headers = { accept: 'application/json' };
      const answer = await this.send(service, { method: 'GET', path, headers, user, signal: late.signal });
      return { status: answer.statusCode ?? 502, body: await text(answer) };
    } finally {
      timer.cancel();
    }
  }

  /** Rejects with an ApiError in client-go's words. */
  async list<T extends KubeObject>(
    resource: Resource<T>,
    namespace: string | undefined,
    { labelSelector, fieldSelector }: ListOptions,
    user: User,
  ): Promise<{ items: Stored<T>[]; resourceVersion: string }> {
    const { group, version } = resource;
    const service = this.service(group, version);
    if (!service) throw failure(404, resource);
    if (!isAvailable(service)) throw failure(503, resource);
    const query = new URLSearchParams({
      ...(labelSelector && { labelSelector }),
      ...(fieldSelector && { fieldSelector }),
    });
    const scope = namespace === undefined ? '' : `/namespaces/${namespace}`;
    const path = `/apis/${group}/${version}${scope}/${resource.resource}?${query}`;
    const { status, body } = await this.get(service, path, user).catch((error: unknown) => {
      if (error instanceof RemoteError) throw failure(503, resource);
      throw error;
    });
    const parsed = parse(body);
    if (status >= 200 && status < 300 && parsed && 'items' in parsed) {
      const { items, metadata } = parsed as unknown as { items: Stored<T>[]; metadata?: { resourceVersion?: string } };
      return { items, resourceVersion: metadata?.resourceVersion ?? '' };
    }
    if (parsed?.kind === 'Status') {
      const { message = '', ...rest } = parsed as Partial<Status>;
      throw new ApiError({ ...rest, code: status, message });
    }
    throw failure(status, resource);
  }
}

function parse(body: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** What client-go makes of an answer that says nothing itself. */
function failure(code: number, resource: Resource): ApiError {
  const where = `(get ${groupResource(resource)})`;
  if (code === 404) {
    return new ApiError({
      ...{ code, reason: 'NotFound', message: `the server could not find the requested resource ${where}` },
    });
  }
  if (code === 503) {
    return new ApiError({
      ...{ code, reason: 'ServiceUnavailable' },
      message: `the server is currently unable to handle the request ${where}`,
    });
  }
  return new ApiError({ code, message: `an error on the server has prevented the request from succeeding ${where}` });
}

/** Who asks, for a server that trusts this one (request header authentication). */
function identity({ name, groups, extra = {} }: User): Record<string, string | string[]> {
  const more = Object.entries(extra).map(([key, values]): [string, string[]] => [
    `x-remote-extra-${encodeURIComponent(key).toLowerCase()}`,
    [...values],
  ]);
  return { 'x-remote-user': name, 'x-remote-group': [...groups], ...Object.fromEntries(more) };
}

/** Node's errors of connections in Go's words, as far as they differ. */
function wordsOf(error: Error): string {
  const code = 'code' in error ? String(error.code) : '';
  if (code === 'ECONNRESET') return 'EOF';
  if (/SELF_SIGNED|UNABLE_TO|ISSUER/.test(code))
    return 'tls: failed to verify certificate: x509: certificate signed by unknown authority';
  if (/wrong.version|packet.length/i.test(`${code} ${error.message}`))
    return 'tls: first record does not look like a TLS handshake';
  return error.message;
}
