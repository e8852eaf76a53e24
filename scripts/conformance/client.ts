import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import type { Credentials } from '../../src/embedded/pki/pki.ts';

/** An answer, read to its end. */
export interface Answer {
  status: number;
  contentType: string | undefined;
  warnings: string[];
  text: string;
}

export interface Call {
  as: string;
  method: string;
  path: string;
  query?: Record<string, string | string[]>;
  headers?: Record<string, string | undefined>;
  body?: string | Buffer;
}

/**
 * The people of the recordings: admin, jane and bob with client certificates, ServiceAccounts (`sa:namespace:name`)
 * with tokens, anonymous, badtoken and badbasic. Each has connections of its own, HTTP/1.1 like the recorder's.
 */
export class People {
  readonly #server: string;
  readonly #ca: string;
  readonly #certificates: Readonly<Record<string, Credentials>>;
  readonly #agents = new Map<string, Agent>();
  readonly #tokens = new Map<string, Promise<string>>();

  constructor(server: string, ca: string, certificates: Readonly<Record<string, Credentials>>) {
    this.#server = server;
    this.#ca = ca;
    this.#certificates = certificates;
  }

  /** Rejects if there is no answer. `onHead` is called when the answer begins. */
  async call(call: Call, onHead?: () => void): Promise<Answer> {
    const response = await this.#send(call);
    onHead?.();
    const chunks: Buffer[] = [];
    for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
    const warnings: string[] = [];
    for (let i = 0; i < response.rawHeaders.length; i += 2) {
      if (response.rawHeaders[i]?.toLowerCase() === 'warning') warnings.push(response.rawHeaders[i + 1] ?? '');
    }
    return {
      status: response.statusCode ?? 0,
      contentType: response.headers['content-type'],
      warnings,
      text: Buffer.concat(chunks).toString(),
    };
  }

  /** The head of an answer that goes on, as that of a watch does. */
  stream(as: string, path: string, query: Record<string, string>): Promise<IncomingMessage> {
    return this.#send({ as, method: 'GET', path, query });
  }

  /** The token of a ServiceAccount, asked for once. */
  token(who: string): Promise<string> {
    let token = this.#tokens.get(who);
    if (!token) {
      token = this.#requestToken(who);
      this.#tokens.set(who, token);
    }
    return token;
  }

  close(): void {
    for (const agent of this.#agents.values()) agent.destroy();
  }

  async #send(call: Call): Promise<IncomingMessage> {
    const authorization = await this.#authorization(call.as);
    const headers: Record<string, string> = { 'User-Agent': 'recorder', Accept: 'application/json' };
    if (authorization) headers.Authorization = authorization;
    for (const [name, value] of Object.entries(call.headers ?? {})) {
      if (value === undefined) delete headers[name];
      else headers[name] = value;
    }
    if (call.body !== undefined) headers['Content-Length'] = String(Buffer.byteLength(call.body));
    const url = new URL(this.#server + encodeURI(call.path).replaceAll('%25', '%'));
    for (const [name, value] of Object.entries(call.query ?? {})) {
      for (const one of [value].flat()) url.searchParams.append(name, one);
    }
    return new Promise<IncomingMessage>((resolve, reject) => {
      const sent = request(url, { method: call.method, headers, agent: this.#agent(call.as) }, resolve);
      sent.setTimeout(60_000, () => sent.destroy(new Error('no answer within a minute')));
      sent.on('error', reject);
      sent.end(call.body);
    });
  }

  async #requestToken(who: string): Promise<string> {
    const [, namespace = '', name = ''] = who.split(':');
    const answer = await this.call({
      as: 'admin',
      method: 'POST',
      path: `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`,
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        spec: { expirationSeconds: 86400 },
      }),
    });
    const { status } = JSON.parse(answer.text) as { status?: { token?: string } };
    return status?.token ?? '';
  }

  async #authorization(who: string): Promise<string | undefined> {
    if (who.startsWith('sa:')) return `Bearer ${await this.token(who)}`;
    if (who === 'badtoken') return 'Bearer not-a-valid-token';
    return who === 'badbasic' ? `Basic ${Buffer.from('a:b').toString('base64')}` : undefined;
  }

  #agent(who: string): Agent {
    let agent = this.#agents.get(who);
    if (!agent) {
      const own = this.#certificates[who];
      agent = new Agent({ keepAlive: true, ca: this.#ca, ...(own && { cert: own.certificate, key: own.key }) });
      this.#agents.set(who, agent);
    }
    return agent;
  }
}
