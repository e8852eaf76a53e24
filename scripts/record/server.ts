/** A real API server that is asked as the first user of a kubeconfig, over HTTP/1.1. */
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { parse } from 'yaml';

export interface Call {
  method: string;
  /** With its query, as it goes over the wire. */
  path: string;
  headers?: Readonly<Record<string, string>>;
  body?: string | Uint8Array;
}

export interface Answer {
  status: number;
  contentType: string | undefined;
  text: string;
}

export type Ask = (call: Call) => Promise<Answer>;

interface Kubeconfig {
  clusters: { cluster: { server: string; 'certificate-authority-data': string } }[];
  users: { user: { 'client-certificate-data': string; 'client-key-data': string } }[];
}

/** @param file a kubeconfig whose first cluster and user are meant, with the certificates in it */
export function openServer(file: string): Ask {
  const { clusters, users } = parse(readFileSync(file, 'utf8')) as Kubeconfig;
  const [cluster, user] = [clusters[0]?.cluster, users[0]?.user];
  if (!cluster || !user) throw new Error(`${file} names no cluster or no user`);
  const decoded = (text: string) => Buffer.from(text, 'base64').toString();
  const tls = {
    ca: decoded(cluster['certificate-authority-data']),
    cert: decoded(user['client-certificate-data']),
    key: decoded(user['client-key-data']),
  };
  return openAs(cluster.server, tls);
}

/** @param tls PEM: who signed the server's certificate, and the client's certificate and key */
export function openAs(url: string, tls: { ca: string; cert: string; key: string }): Ask {
  const { hostname: host, port } = new URL(url);
  const agent = new Agent({ keepAlive: true });
  return async ({ method, path, headers, body }) => {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const length = body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(body)) };
      const sent = request({ ...tls, host, port, method, path, headers: { ...headers, ...length }, agent }, resolve);
      sent.setTimeout(60_000, () => sent.destroy(new Error(`no answer to ${method} ${path}`)));
      sent.on('error', reject);
      sent.end(body);
    });
    const text = await textOf(response);
    return { status: response.statusCode ?? 0, contentType: response.headers['content-type'], text };
  };
}

/** Of an answer without an end what comes within this time. */
const patienceMs = 3000;

/** Resolves when the answer ends, breaks off or is followed for long enough. */
function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      response.destroy();
      resolve(Buffer.concat(chunks).toString());
    };
    const timer = setTimeout(done, patienceMs);
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.on('end', done);
    response.on('error', done);
  });
}
