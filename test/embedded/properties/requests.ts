import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { createEmbeddedCluster, type EmbeddedCluster } from '../../../src/embedded/cluster.ts';

export interface Asked {
  status: number;
  contentType: string;
  warning: string;
  text: string;
}

export interface Question {
  method?: string;
  /** With its query, as it goes over the wire. */
  path: string;
  headers?: Record<string, string>;
  body?: string | Uint8Array;
}

/** A cluster that serves its API, and what went wrong in it. */
export interface Served {
  /** Faults that were answered with an internal error, with the request they came from. */
  faults: string[];
  ask(question: Question): Promise<Asked>;
  stop(): Promise<void>;
}

/** No answer within this: the server hangs. */
const patience = 15_000;

/**
 * A server without controllers in this process, asked as kubernetes-admin. A watch is answered by its head; what has no
 * answer for long is an error.
 */
export async function serve(): Promise<Served & { cluster: EmbeddedCluster }> {
  const faults: string[] = [];
  const cluster = await createEmbeddedCluster({
    controllers: false,
    report: (error, where) => faults.push(`${where}: ${error instanceof Error ? error.stack : String(error)}`),
  });
  const { certificate, key } = cluster.pki.admin;
  const agent = new Agent({ keepAlive: true, ca: cluster.caCertificate, cert: certificate, key });
  return {
    cluster,
    faults,
    ask: (question) => ask(cluster.url, agent, question),
    async stop() {
      agent.destroy();
      await cluster.stop();
    },
  };
}

interface Told {
  fault?: string;
  url?: string;
  ca?: string;
  certificate?: string;
  key?: string;
}

/** As `serve`, in a process of its own: one that hangs does not hang who asks. */
export async function serveApart(): Promise<Served> {
  const child = fork(join(import.meta.dirname, 'served-child.ts'), { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const faults: string[] = [];
  const [told] = (await once(child, 'message')) as [Told];
  child.on('message', ({ fault }: Told) => fault && faults.push(fault));
  const { url = '', ca, certificate: cert, key } = told;
  const agent = new Agent({ keepAlive: true, ca, cert, key });
  return {
    faults,
    ask: (question) => ask(url, agent, question),
    async stop() {
      agent.destroy();
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

async function ask(url: string, agent: Agent, question: Question): Promise<Asked> {
  const { method = 'GET', path, headers = {}, body } = question;
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const { hostname: host, port } = new URL(url);
    const length = body === undefined ? undefined : String(Buffer.byteLength(body));
    const sent = request(
      { host, port, path, method, agent, headers: { ...headers, ...(length && { 'Content-Length': length }) } },
      resolve,
    );
    sent.setTimeout(patience, () => sent.destroy(new Error(`no answer to ${method} ${path}`)));
    sent.on('error', reject);
    sent.end(body);
  });
  const contentType = response.headers['content-type'] ?? '';
  const warning = response.headers.warning ?? '';
  const status = response.statusCode ?? 0;
  if (response.headers['content-length'] === undefined && status === 200) {
    response.destroy();
    return { status, contentType, warning, text: '' };
  }
  const chunks: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
  return { status, contentType, warning, text: Buffer.concat(chunks).toString() };
}
