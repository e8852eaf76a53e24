import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeProtobuf, encodeProtobuf } from '../../../src/embedded/codec/protobuf.ts';
import { configMaps, namespaces } from '../../../src/kube/resources.ts';
import { type Harness, startHarness } from './harness.ts';

interface Recorded {
  name: string;
  protobufBase64?: string;
  frames?: { base64: string }[];
}

const recorded = new Map(
  readFileSync(new URL('../../../fixtures/kubernetes/protobuf-extra.jsonl', import.meta.url), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Recorded)
    .map((row) => [row.name, row]),
);
const protobuf = 'application/vnd.kubernetes.protobuf';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
  await harness.create(namespaces, { metadata: { name: 'default' } });
});
afterAll(() => harness.close());

async function get(
  path: string,
  accept: string,
  body?: Uint8Array,
): Promise<{ response: IncomingMessage; bytes: Buffer }> {
  const { certificate: cert, key } = harness.pki.admin;
  const headers = { Accept: accept, ...(body && { 'Content-Type': protobuf }) };
  const options = { ca: harness.pki.ca.certificate, cert, key, agent: false, headers, method: body ? 'POST' : 'GET' };
  const sent = request(harness.server.url + path, options).end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return { response, bytes: await buffer(response) };
}

describe('protobuf', () => {
  it('of a failure is the recorded one, byte for byte', async () => {
    const { response, bytes } = await get('/api/v1/namespaces/default/pods/nope', protobuf);
    expect([response.statusCode, response.headers['content-type']]).toEqual([404, protobuf]);
    expect(bytes.toString('base64')).toBe(recorded.get('Status 404')?.protobufBase64);
  });

  it('bodies are taken as kubectl sends them', async () => {
    const body = encodeProtobuf({ kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'sent' }, data: { k: 'v' } });
    const { response, bytes } = await get('/api/v1/namespaces/default/configmaps', protobuf, body);
    expect(response.statusCode).toBe(201);
    expect(decodeProtobuf(bytes)).toMatchObject({ kind: 'ConfigMap', object: { data: { k: 'v' } } });
  });

  it('is not to be had for Tables', async () => {
    const { response, bytes } = await get('/api/v1/namespaces', `${protobuf};as=Table;v=v1;g=meta.k8s.io`);
    expect([response.statusCode, response.headers['content-type']]).toEqual([406, 'application/json']);
    expect(JSON.parse(bytes.toString()).message).toMatch(/^only the following media types are accepted: /);
  });

  it('of discovery says what it is', async () => {
    const type = `${protobuf};g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList`;
    const { response, bytes } = await get('/apis', type);
    expect(response.headers['content-type']).toBe(type);
    expect(decodeProtobuf(bytes).kind).toBe('APIGroupDiscoveryList');
    const plain = await get('/apis', protobuf);
    expect(decodeProtobuf(plain.bytes).kind).toBe('APIGroupList');
  });

  it('of a watch comes in frames: a length, then a WatchEvent', async () => {
    await harness.create(configMaps, { metadata: { name: 'one', namespace: 'default' } });
    const path = '/api/v1/namespaces/default/configmaps?watch=1&timeoutSeconds=1&fieldSelector=metadata.name%3Done';
    const { response, bytes } = await get(path, protobuf);
    expect(response.headers['content-type']).toBe(`${protobuf};stream=watch`);
    expect(bytes.readUInt32BE(0)).toBe(bytes.length - 4);
    const event = Buffer.from(recorded.get('watch stream')?.frames?.[0]?.base64 ?? '', 'base64');
    // `1: "ADDED"`, then `2:` the object, as recorded.
    expect(bytes.subarray(4, 12)).toEqual(event.subarray(0, 8));
    expect(decodeProtobuf(bytes.subarray(bytes.indexOf('k8s\0'))).kind).toBe('ConfigMap');
  });
});
