import { readFile } from 'node:fs/promises';
import { Agent, Pool } from 'undici';
import { parse } from 'yaml';

interface Kubeconfig {
  'current-context': string;
  contexts: { name: string; context: { cluster: string; user: string } }[];
  clusters: { name: string; cluster: { server: string; 'certificate-authority-data': string } }[];
  users: { name: string; user: { 'client-certificate-data': string; 'client-key-data': string } }[];
}

export interface Call {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  path: string;
  headers?: Record<string, string>;
  body?: string;
}

/** How a server is asked. */
export interface Wire {
  /** Kept connections; with HTTP/2 requests at a time on one connection, as kubectl and Go's clients have it. */
  concurrency: number;
  http2: boolean;
}

/** An API server under test, asked with a client certificate. */
export class Peer {
  readonly #pool: Pool;
  readonly #streams: Agent;
  readonly #server: string;

  private constructor(server: string, connect: { ca: string; cert: string; key: string }, wire: Wire) {
    const { http2: allowH2, concurrency } = wire;
    const [connections, pipelining] = allowH2 ? [1, concurrency] : [concurrency, 1];
    this.#server = server;
    this.#pool = new Pool(server, { connect, connections, pipelining, allowH2 });
    this.#streams = new Agent({ connect, pipelining: 1, allowH2: false });
  }

  /** Opens what the current context of a kubeconfig with embedded certificates names. */
  static async open(kubeconfig: string, wire: Wire): Promise<Peer> {
    const config = parse(await readFile(kubeconfig, 'utf8')) as Kubeconfig;
    const context = config.contexts.find(({ name }) => name === config['current-context'])?.context;
    const cluster = config.clusters.find(({ name }) => name === context?.cluster)?.cluster;
    const user = config.users.find(({ name }) => name === context?.user)?.user;
    if (!cluster || !user) throw new Error(`${kubeconfig} has no current context`);
    const decode = (text: string) => Buffer.from(text, 'base64').toString();
    const connect = {
      ca: decode(cluster['certificate-authority-data']),
      cert: decode(user['client-certificate-data']),
      key: decode(user['client-key-data']),
    };
    return new Peer(cluster.server, connect, wire);
  }

  /** Sends a request and reads the answer to its end. @throws if it is no success */
  async call({ method = 'GET', path, headers, body }: Call): Promise<string> {
    const answer = await this.#pool.request({ method, path, headers: headers ?? null, body: body ?? null });
    const text = await answer.body.text();
    if (answer.statusCode >= 300) throw new Error(`${method} ${path}: ${answer.statusCode} ${text.slice(0, 300)}`);
    return text;
  }

  /** Follows a stream of lines on a connection of its own; resolves when it has begun. */
  async follow(path: string, line: (text: string) => void, signal: AbortSignal): Promise<void> {
    const { body } = await this.#streams.request({ origin: this.#server, method: 'GET', path, signal });
    body.setEncoding('utf8');
    let rest = '';
    body.on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const one of lines) line(one);
    });
    body.on('error', () => undefined);
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
    await this.#streams.destroy();
  }
}
