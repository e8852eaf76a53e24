import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import type { Credentials, Pki } from '../../../src/embedded/pki/pki.ts';

export interface Asked {
  status: number;
  headers: IncomingMessage['headers'];
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever came
  json: any;
}

export interface Question {
  method?: string;
  headers?: Record<string, string | string[]>;
  body?: unknown;
  as?: Credentials;
}

/** Who is asked, and the authority that vouches for them. */
export interface Server {
  server: { url: string };
  pki: Pick<Pki, 'ca'>;
}

/** One request over HTTP/1.1; without `as` nobody in particular asks. */
export async function open(to: Server, path: string, question: Question = {}): Promise<IncomingMessage> {
  const { method = 'GET', headers = {}, body, as } = question;
  const sent = request(to.server.url + path, {
    method,
    headers: {
      Accept: 'application/json',
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
      ...headers,
    },
    ca: to.pki.ca.certificate,
    ...(as && { cert: as.certificate, key: as.key }),
    agent: false,
  });
  sent.end(body === undefined || typeof body === 'string' ? body : JSON.stringify(body));
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return response;
}

export async function ask(to: Server, path: string, question: Question = {}): Promise<Asked> {
  const response = await open(to, path, question);
  const chunks: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    json = undefined;
  }
  return { status: response.statusCode ?? 0, headers: response.headers, text, json };
}
