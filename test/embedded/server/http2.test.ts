import { once } from 'node:events';
import { type ClientHttp2Session, connect } from 'node:http2';
import { afterEach, describe, expect, it } from 'vitest';
import type { ConfigMap } from '../../../src/kube/api.gen.ts';
import { configMaps, namespaces } from '../../../src/kube/resources.ts';
import { type Harness, startHarness } from './harness.ts';

let harness: Harness;
afterEach(() => harness.close());

async function get(session: ClientHttp2Session, path: string): Promise<{ status: number; length: number }> {
  const stream = session.request({ ':path': path, accept: 'application/json' });
  const head = once(stream, 'response') as Promise<[{ ':status': number }]>;
  let length = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) length += chunk.length;
  const [{ ':status': status }] = await head;
  return { status, length };
}

describe('HTTP/2', () => {
  it('carries several large lists at the same time on one connection', async () => {
    harness = await startHarness();
    await harness.create(namespaces, { metadata: { name: 'ns' } });
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) {
      const large: ConfigMap = { metadata: { name, namespace: 'ns' }, data: { text: 'x'.repeat(500_000) } };
      await harness.create(configMaps, large);
    }
    const { certificate: cert, key } = harness.pki.admin;
    const session = connect(harness.server.url, { ca: harness.pki.ca.certificate, cert, key });
    const lists = Array.from({ length: 12 }, () => get(session, '/api/v1/namespaces/ns/configmaps'));
    for (const { status, length } of await Promise.all(lists)) {
      expect(status).toBe(200);
      expect(length).toBeGreaterThan(3_000_000);
    }
    session.close();
  });
});
