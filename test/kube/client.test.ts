import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { KubeClient } from '../../src/kube/client.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A client of a server that answers as reported, with a token. */
async function clientOf(answer: RequestListener): Promise<KubeClient> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = KubeClient.fromText(
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'c',
      contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
      clusters: [{ name: 'c', cluster: { server: `http://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true } }],
      users: [{ name: 'u', user: { token: 'secret' } }],
    }),
  );
  cleanups.push(
    () => server.close(),
    () => client.close(),
  );
  return client;
}

async function linesOf(client: KubeClient): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of client.logs('default', 'p', {}, new AbortController().signal)) lines.push(line);
  return lines;
}

describe('the client of a cluster', () => {
  it('goes where a server sends a GET', async () => {
    const client = await clientOf((request, response) => {
      if (request.url === '/there/') response.end(JSON.stringify({ authorization: request.headers.authorization }));
      else response.writeHead(301, { Location: '/there/' }).end('moved');
    });
    expect(await client.request('GET', '/there')).toEqual({ authorization: 'Bearer secret' });
    await expect(client.request('POST', '/there')).rejects.toThrow('moved');
  });

  it('goes nowhere else with its credentials, and not in circles', async () => {
    const client = await clientOf((request, response) => {
      const to = request.url === '/circle' ? '/circle' : 'http://localhost:1/';
      response.writeHead(302, { Location: to }).end(`to ${to}`);
    });
    await expect(client.request('GET', '/away')).rejects.toThrow('to http://localhost:1/');
    await expect(client.request('GET', '/circle')).rejects.toThrow('to /circle');
  });

  it('reads lines however they come', async () => {
    const text = Buffer.from('erste\nzweite: ä\n\nletzte');
    const client = await clientOf(async (_, response) => {
      response.flushHeaders();
      for (const byte of text) await new Promise<void>((resolve) => response.write(Buffer.of(byte), () => resolve()));
      response.end();
    });
    expect(await linesOf(client)).toEqual(['erste', 'zweite: ä', '', 'letzte']);
  });

  it('tells of a stream that breaks off', async () => {
    const client = await clientOf((_, response) => {
      response.write('one\ntw', () => response.destroy());
    });
    await expect(linesOf(client)).rejects.toThrow('the connection to the cluster broke');
  });

  it('tells why a server cannot be asked, and what it refuses', async () => {
    const refusing = await clientOf((_, response) => response.writeHead(503).end('not now'));
    await expect(refusing.request('GET', '/')).rejects.toMatchObject({ code: 503, message: 'not now' });
    const gone = await clientOf((_, response) => response.destroy());
    await expect(gone.request('GET', '/')).rejects.toThrow('does not answer');
  });
});
