import { once } from 'node:events';
import { connect } from 'node:http2';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configMaps, namespaces } from '../../../src/kube/resources.ts';
import { ask, open } from './ask.ts';
import { type Harness, startHarness } from './harness.ts';

let harness: Harness;
const base = '/api/v1/namespaces/shop/configmaps';

beforeAll(async () => {
  harness = await startHarness({ allow: ({ user }) => user.name !== 'system:anonymous' });
  await harness.create(namespaces, { metadata: { name: 'shop' } });
});
afterAll(() => harness.close());

const admin = (path: string, question: Parameters<typeof ask>[2] = {}) =>
  ask(harness, path, { as: harness.pki.admin, ...question });

/** Lines of a stream as they come. */
async function* lines(path: string): AsyncGenerator<string> {
  const response = await open(harness, path, { as: harness.pki.admin });
  let rest = '';
  for await (const chunk of response.setEncoding('utf8') as AsyncIterable<string>) {
    const parts = (rest + chunk).split('\n');
    rest = parts.pop() ?? '';
    yield* parts;
  }
}

describe('bodies', () => {
  it('above 3 MiB are refused with 413', async () => {
    const answer = await admin(base, { method: 'POST', body: 'x'.repeat(3 * 1024 * 1024 + 1) });
    expect(answer.status).toBe(413);
    expect(answer.json.message).toBe('Request entity too large: limit is 3145728');
  });

  it('in YAML are understood', async () => {
    const body = 'metadata: {name: fromyaml}\ndata: {k: v}\n';
    const answer = await admin(base, { method: 'POST', body, headers: { 'Content-Type': 'application/yaml' } });
    expect(answer.status).toBe(201);
    expect(answer.json).toMatchObject({ kind: 'ConfigMap', data: { k: 'v' } });
  });

  it('with unknown fields are warned of', async () => {
    const answer = await admin(base, { method: 'POST', body: { metadata: { name: 'warned' }, bogus: 1 } });
    expect(answer.headers.warning).toBe('299 - "unknown field \\"bogus\\""');
  });
});

describe('writes', () => {
  it('are owned by the first part of the User-Agent, or by ?fieldManager', async () => {
    const headers = { 'User-Agent': 'kubectl/v1.35 (linux)' };
    const first = await admin(base, { method: 'POST', body: { metadata: { name: 'm1' }, data: { a: '1' } }, headers });
    expect(first.json.metadata.managedFields[0].manager).toBe('kubectl');
    const second = await admin(`${base}?fieldManager=me`, {
      method: 'POST',
      body: { metadata: { name: 'm2' }, data: { a: '1' } },
    });
    expect(second.json.metadata.managedFields[0].manager).toBe('me');
  });

  it('of a dry run leave nothing', async () => {
    const answer = await admin(`${base}?dryRun=All`, { method: 'POST', body: { metadata: { name: 'dry' } } });
    expect(answer.status).toBe(201);
    expect((await admin(`${base}/dry`)).status).toBe(404);
  });
});

describe('answers', () => {
  it('are indented for people', async () => {
    const answer = await admin(`${base}/nope`, { headers: { 'User-Agent': 'curl/8.5.0' } });
    expect(answer.text.split('\n').slice(0, 6)).toEqual([
      '{',
      '  "kind": "Status",',
      '  "apiVersion": "v1",',
      '  "metadata": {},',
      '  "status": "Failure",',
      '  "message": "configmaps \\"nope\\" not found",',
    ]);
  });

  it('come over HTTP/2 as well, with the identity of the connection', async () => {
    const { certificate: cert, key } = harness.pki.admin;
    const session = connect(harness.server.url, { ca: harness.pki.ca.certificate, cert, key });
    const stream = session.request({ ':path': base });
    const [headers] = (await once(stream, 'response')) as [Record<string, unknown>];
    stream.resume();
    session.close();
    expect(headers[':status']).toBe(200);
  });

  it('of lists leave out the type of the items', async () => {
    const { json } = await admin(base);
    expect(json.kind).toBe('ConfigMapList');
    expect(json.items[0].kind).toBeUndefined();
  });
});

describe('watches', () => {
  it('send their head at once and each change as a line', async () => {
    const { json } = await admin(base);
    const stream = lines(`${base}?watch=1&resourceVersion=${json.metadata.resourceVersion}`);
    const next = stream.next();
    await harness.create(configMaps, { metadata: { name: 'live', namespace: 'shop' } });
    const event = JSON.parse((await next).value ?? '');
    expect([event.type, event.object.kind, event.object.metadata.name]).toEqual(['ADDED', 'ConfigMap', 'live']);
    await stream.return(undefined);
  });

  it('end after timeoutSeconds', async () => {
    const answer = await admin(`${base}?watch=1&timeoutSeconds=1&fieldSelector=metadata.name%3Dlive`);
    expect(answer.text.trim().split('\n')).toHaveLength(1);
  });

  it('that nothing can be shown in end with an ERROR event', async () => {
    const headers = { Accept: 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io' };
    const answer = await admin(`${base}?watch=1`, { headers });
    expect(answer.json).toMatchObject({ type: 'ERROR', object: { code: 406 } });
  });

  it('end when the server closes', async () => {
    const other = await startHarness();
    const response = await open(other, '/api/v1/configmaps?watch=1', { as: other.pki.admin });
    const over = once(response, 'close');
    response.on('error', () => undefined).resume();
    await other.close();
    await over;
  });
});

describe('paths', () => {
  it.each(['/constructor', '/__proto__/x', '/api/v1/namespaces/shop/configmaps/warned/toString', '/healthz/valueOf'])(
    'named like a property of every object (%s) are just unknown',
    async (path) => {
      expect((await admin(path)).status).toBe(404);
    },
  );

  it('that nobody serves are Go pages', async () => {
    const answer = await admin('/nope');
    expect([answer.status, answer.text]).toEqual([404, '404 page not found\n']);
  });

  it('tell health, one check or all', async () => {
    expect((await admin('/livez')).text).toBe('ok');
    expect((await admin('/readyz/ping')).text).toBe('ok');
    expect((await admin('/readyz?verbose')).text).toMatch(/^\[\+\]ping ok\n[\s\S]*\nreadyz check passed\n$/);
    expect((await admin('/readyz/bogus')).status).toBe(404);
  });

  it('are forbidden by name', async () => {
    const answer = await ask(harness, '/metrics');
    expect(answer.status).toBe(403);
    expect(answer.json.message).toBe('forbidden: User "system:anonymous" cannot get path "/metrics"');
  });

  it('count requests in /metrics', async () => {
    const { text } = await admin('/metrics');
    expect(text).toMatch(
      /apiserver_request_total\{code="201",group="",resource="configmaps",[^}]*verb="CREATE",[^}]*\} \d/,
    );
  });

  it('of aggregated discovery can be asked for again by ETag', async () => {
    const headers = { Accept: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json' };
    const first = await admin('/api', { headers });
    expect(first.headers['content-type']).toBe('application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList');
    expect(first.json.kind).toBe('APIGroupDiscoveryList');
    const again = await admin('/api', { headers: { ...headers, 'If-None-Match': String(first.headers.etag) } });
    expect(again.status).toBe(304);
  });

  it('of OpenAPI documents have the hash that the index tells', async () => {
    const index = await admin('/openapi/v3');
    const path = index.json.paths['api/v1'].serverRelativeURL as string;
    expect((await admin(path)).json.openapi).toBe('3.0.0');
    const moved = await admin('/openapi/v3/api/v1?hash=OLD');
    expect([moved.status, moved.headers.location]).toEqual([301, path]);
  });
});

describe('OpenAPI v2', () => {
  it('holds every type and says what a patch takes, in JSON', async () => {
    const { json } = await admin('/openapi/v2');
    const pod = json.definitions['io.k8s.api.core.v1.Pod'];
    expect(pod.properties.spec).toMatchObject({ $ref: '#/definitions/io.k8s.api.core.v1.PodSpec' });
    expect(pod['x-kubernetes-group-version-kind']).toEqual([{ group: '', kind: 'Pod', version: 'v1' }]);
    const { patch } = json.paths['/api/v1/namespaces/{namespace}/pods/{name}'];
    expect(patch['x-kubernetes-group-version-kind']).toMatchObject({ kind: 'Pod' });
    expect(patch.parameters.map(({ name }: { name: string }) => name)).toContain('fieldValidation');
  });

  it('comes in protobuf as kubectl asks for it', async () => {
    const accept = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf';
    const answer = await admin('/openapi/v2', { headers: { Accept: accept } });
    expect(answer.headers['content-type']).toBe('application/com.github.proto-openapi.spec.v2.v1.0+protobuf');
    // `1: "2.0"`, the first field of gnostic's Document.
    expect(answer.text.slice(0, 5)).toBe('\n\x032.0');
  });
});

describe('requests', () => {
  it('end with 504 when their time is over', async () => {
    const answer = await admin(`${base}?timeout=1ns`);
    expect(answer.status).toBe(504);
  });

  it('with methods that a path has not are 405', async () => {
    expect((await admin(base, { method: 'PUT', body: {} })).status).toBe(405);
    expect((await admin('/api/v1/namespaces/shop/nodes')).status).toBe(404);
  });
});
