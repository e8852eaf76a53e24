/** Whatever is sent, there is an answer with a Status, and the server goes on. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect as connectHttp2 } from 'node:http2';
import { connect, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeProtobuf } from '../../../src/embedded/codec/protobuf.ts';
import { builtinResources } from '../../../src/embedded/resources/index.ts';
import { apiVersionOf, type KubeObject } from '../../../src/kube/meta.ts';
import fc from '../../helpers/fast-check.ts';
import { type Asked, type Question, serve } from './requests.ts';

let served: Awaited<ReturnType<typeof serve>>;
beforeAll(async () => {
  served = await serve();
});
afterAll(() => served.stop());

/** An answer that a client can make something of, and no fault behind it. */
function expectSane(question: Question, { status, contentType, text }: Asked): void {
  const shown = `${question.method ?? 'GET'} ${question.path} -> ${status} ${text.slice(0, 300)}`;
  expect(served.faults.splice(0), shown).toEqual([]);
  if (status < 500) return;
  expect(contentType, shown).toBe('application/json');
  expect(JSON.parse(text), shown).toMatchObject({ kind: 'Status', status: 'Failure', code: status });
}

const check = (questions: fc.Arbitrary<Question>, runs: number) =>
  fc.assert(
    fc.asyncProperty(questions, async (question) => expectSane(question, await served.ask(question))),
    { numRuns: runs },
  );

const collections = builtinResources.map(({ group, version, resource, namespaced }) => {
  const prefix = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  return namespaced ? `${prefix}/namespaces/default/${resource}` : `${prefix}/${resource}`;
});
const collection = fc.constantFrom(...collections);
const verb = fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'TRACE', 'PROPFIND');

const oddName = fc.constantFrom(
  ...['', '.', '..', '%00', '%2F', '%2e%2e', '%', '%zz', '%C0%80', '__proto__', 'constructor', 'toString', '~', '*'],
  ...['-', 'A', 'a'.repeat(300), 'x'.repeat(8000), ';', '@', '0', 'status', 'scale', 'log', 'watch', 'proxy', '%F0%9F'],
);
const segment = fc.oneof(
  oddName,
  fc.constantFrom('api', 'apis', 'v1', 'apps', 'namespaces', 'default', 'pods', 'watch', 'openapi', 'v3', 'healthz'),
  fc.string({ maxLength: 12 }).map(encodeURIComponent),
);
const path = fc.oneof(
  fc.array(segment, { maxLength: 9 }).map((parts) => `/${parts.join('/')}`),
  fc.tuple(collection, fc.array(segment, { maxLength: 3 })).map(([base, parts]) => [base, ...parts].join('/')),
);
const parameter = fc.constantFrom(
  ...['watch', 'limit', 'continue', 'resourceVersion', 'resourceVersionMatch', 'timeoutSeconds', 'labelSelector'],
  ...[
    'fieldSelector',
    'pretty',
    'dryRun',
    'fieldManager',
    'fieldValidation',
    'force',
    'propagationPolicy',
    'container',
  ],
  ...[
    'gracePeriodSeconds',
    'sendInitialEvents',
    'allowWatchBookmarks',
    'includeObject',
    'tailLines',
    'command',
    '__proto__',
  ],
);
const value = fc.oneof(
  fc.constantFrom(
    '',
    '1',
    '-1',
    '0',
    'true',
    'All',
    '9'.repeat(40),
    '1e3',
    '%',
    '%00',
    '%ff',
    'a=b',
    'a in (',
    '!!',
    '(',
  ),
  fc.constantFrom(
    'metadata.name=x',
    'a=b,c!=d',
    'NotOlderThan',
    'Exact',
    'eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MX0',
    '=',
  ),
  fc.string({ maxLength: 20 }).map(encodeURIComponent),
);
const query = fc
  .array(fc.tuple(parameter, value), { maxLength: 4 })
  .map((pairs) => (pairs.length === 0 ? '' : `?${pairs.map(([name, text]) => `${name}=${text}`).join('&')}`));
const url = fc.tuple(path, query).map(([one, other]) => (one + other).replace(/[^\x21-\x7e]/g, encodeURIComponent));

const mediaType = fc.constantFrom(
  ...['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf', 'text/plain', '', '*/*', 'x', '/'],
  ...['application/json-patch+json', 'application/merge-patch+json', 'application/strategic-merge-patch+json'],
  ...['application/apply-patch+yaml', 'application/json;as=Table;v=v1;g=meta.k8s.io', 'application/json;as=;v=;g='],
  ...['application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io', 'application/json; charset=ebcdic', ';;;,,,;q=x'],
  'application/json;q=0.1,*/*;q=9',
);
const headerText = fc.string({ maxLength: 30 }).map((text) => text.replace(/[^\x20-\x7e]/g, '?'));
const headers = fc.record(
  {
    Accept: mediaType,
    'Content-Type': mediaType,
    'User-Agent': headerText,
    'Impersonate-User': headerText,
    'Impersonate-Group': headerText,
    'Impersonate-Uid': headerText,
    'Impersonate-Extra-%zz': headerText,
    Authorization: fc.oneof(headerText, fc.constantFrom('Bearer', 'Bearer ', 'Bearer a.b.c', 'Bearer e30.e30.e30')),
  },
  { requiredKeys: [] },
);

/** JSON that looks like an object of the API until one looks closer. */
const field = fc.constantFrom(
  ...[
    'metadata',
    'name',
    'namespace',
    'labels',
    'annotations',
    'spec',
    'status',
    'template',
    'containers',
    'ports',
    'env',
  ],
  ...[
    'selector',
    'matchLabels',
    'rules',
    'data',
    'kind',
    'apiVersion',
    'managedFields',
    'ownerReferences',
    'finalizers',
  ],
  ...[
    'resources',
    'limits',
    'cpu',
    'replicas',
    'items',
    'volumes',
    '$patch',
    '$setElementOrder/containers',
    '__proto__',
  ],
  ...['op', 'path', 'value', 'subjects', 'roleRef', 'creationTimestamp', 'uid', 'generateName', 'constructor', ''],
);
const leaf = fc.oneof(
  fc.string({ maxLength: 8 }),
  fc.constantFrom(
    null,
    true,
    0,
    -1,
    1e30,
    0.5,
    2 ** 53,
    '1Gi',
    '2026-01-01T00:00:00Z',
    '\u0000',
    '\ud800',
    'v1',
    'Pod',
    '/',
  ),
);
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    leaf,
    fc.dictionary(field, tie('value'), { maxKeys: 5 }),
    fc.array(tie('value'), { maxLength: 3 }),
  ),
})).value;
const objectText = fc
  .tuple(fc.dictionary(field, json, { maxKeys: 6 }), fc.dictionary(field, json, { maxKeys: 5 }), fc.boolean())
  .map(([object, metadata, plain]) =>
    JSON.stringify(plain ? object : { ...object, metadata: { name: 'x', ...metadata } }),
  );
const brokenText = fc.oneof(
  fc.tuple(objectText, fc.nat(200)).map(([text, at]) => text.slice(0, at)),
  fc.tuple(objectText, fc.nat(200), fc.string({ maxLength: 3 })).map(([t, at, x]) => t.slice(0, at) + x + t.slice(at)),
  fc.constantFrom(
    ...[
      '',
      'null',
      '[]',
      '"x"',
      '1',
      '{',
      '}',
      '\u0000',
      '{"a":1}{"b":2}',
      '[['.repeat(50_000),
      '{"a":'.repeat(50_000),
    ],
    ...[
      'a: &a [*a, *a]',
      'a: *b',
      '%YAML 9',
      '--- \n---',
      '? ?',
      '!!js/function x',
      '\t- a',
      `a: ${'['.repeat(20_000)}`,
    ],
    ...[`{"kind":"Pod","apiVersion":"v1","metadata":{"name":"${'n'.repeat(100_000)}"}}`, '{"metadata":{"name":1e999}}'],
    `a0: &a0 x\n${Array.from({ length: 30 }, (_, n) => `a${n + 1}: &a${n + 1} [${`*a${n},`.repeat(9)}*a${n}]`).join('\n')}`,
  ),
);

const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'x', labels: { a: 'b' }, creationTimestamp: null },
  spec: { containers: [{ name: 'c', image: 'i', ports: [{ containerPort: 80 }] }] },
};
const protobufBytes = fc
  .tuple(fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { maxLength: 6 }), fc.option(fc.nat(400)), fc.uint8Array())
  .map(([changes, cut, tail]) => {
    const bytes = Buffer.concat([encodeProtobuf(pod), tail]);
    for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
    return cut === null ? bytes : bytes.subarray(0, cut % bytes.length);
  });

/** Objects as a real server sent them, with the path to create them again in `default`. */
const recordedObjects = readFileSync(
  new URL('../../../fixtures/kubernetes/protobuf-samples.jsonl', import.meta.url),
  'utf8',
)
  .trim()
  .split('\n')
  .flatMap((line) => {
    const { json: object } = JSON.parse(line) as { json: KubeObject };
    const definition = builtinResources.find((d) => apiVersionOf(d) === object.apiVersion && d.kind === object.kind);
    if (!definition || !object.metadata?.name) return [];
    const { name, namespace, labels, annotations } = object.metadata;
    const metadata = { name, labels, annotations, ...(namespace && { namespace: 'default' }) };
    const path = collections[builtinResources.indexOf(definition)] ?? '';
    return [{ path, object: JSON.parse(JSON.stringify({ ...object, metadata })) as KubeObject }];
  });

/** The object with one of its values, the `at`th in some order, replaced. */
function changedAt(object: KubeObject, at: number, replacement: unknown): unknown {
  const copy = structuredClone(object);
  const places: (() => void)[] = [];
  const walk = (holder: Record<string, unknown>) => {
    for (const [key, value] of Object.entries(holder)) {
      places.push(() => {
        holder[key] = replacement;
      });
      if (typeof value === 'object' && value !== null) walk(value as Record<string, unknown>);
    }
  };
  walk(copy as Record<string, unknown>);
  places[at % places.length]?.();
  return copy;
}

const body = fc.oneof(objectText, brokenText, protobufBytes, fc.uint8Array({ maxLength: 60 }));

describe('malformed requests', () => {
  it('with paths, queries and headers of any kind are answered', () =>
    check(fc.record({ method: verb, path: url, headers }, { requiredKeys: ['path', 'method'] }), 400));

  it('with bodies that are no objects, in any type, are answered', () =>
    check(
      fc.record({
        method: fc.constantFrom('POST', 'PUT', 'PATCH', 'DELETE'),
        path: fc
          .tuple(collection, fc.constantFrom('', '/x', '/x/status', '/x/scale', '/x/token', '/x/eviction'), query)
          .map((parts) => parts.join('').replace(/[^\x21-\x7e]/g, encodeURIComponent)),
        headers: fc.record({ 'Content-Type': mediaType, Accept: mediaType }, { requiredKeys: [] }),
        body,
      }),
      400,
    ));

  it('with protobuf that was damaged on its way are answered', () =>
    check(
      fc.record({
        method: fc.constant('POST'),
        path: fc.constantFrom('/api/v1/namespaces/default/pods', '/apis/apps/v1/namespaces/default/deployments'),
        headers: fc.constant({ 'Content-Type': 'application/vnd.kubernetes.protobuf' }),
        body: protobufBytes,
      }),
      200,
    ));

  it('with patches of any kind to what exists are answered', async () => {
    const { client } = served.cluster;
    const pods = { group: '', version: 'v1', resource: 'pods', kind: 'Pod', namespaced: true };
    await client.create(
      { ...pods, resource: 'serviceaccounts', kind: 'ServiceAccount' },
      {
        metadata: { name: 'default', namespace: 'default' },
      },
    );
    await client.create(pods, { ...pod, metadata: { name: 'patched', namespace: 'default' } });
    const operation = fc.record(
      {
        op: fc.constantFrom('add', 'remove', 'replace', 'move', 'copy', 'test', 'x', ''),
        path: fc
          .array(fc.oneof(field, fc.constantFrom('0', '-', '-1', '~', '~1')))
          .map((parts) => `/${parts.join('/')}`),
        from: fc.constantFrom('/spec', '/metadata/labels', '', '/'),
        value: json,
      },
      { requiredKeys: [] },
    );
    await check(
      fc.record({
        method: fc.constant('PATCH'),
        path: fc
          .tuple(fc.constantFrom('', '/status', '/ephemeralcontainers', '/resize'), fc.constantFrom('', '&force=true'))
          .map(([sub, force]) => `/api/v1/namespaces/default/pods/patched${sub}?fieldManager=m${force}`),
        headers: fc.record({
          'Content-Type': fc.constantFrom(
            'application/json-patch+json',
            'application/merge-patch+json',
            'application/strategic-merge-patch+json',
            'application/apply-patch+yaml',
          ),
        }),
        body: fc.oneof(
          objectText,
          brokenText,
          fc.array(operation, { maxLength: 4 }).map((all) => JSON.stringify(all)),
        ),
      }),
      200,
    );
  });

  it('with an object of any kind that is almost right are answered', () =>
    check(
      fc
        .tuple(fc.constantFrom(...recordedObjects), fc.nat(), fc.oneof(leaf, json), fc.boolean())
        .map(([{ path, object }, at, replacement, update]) => ({
          method: update ? 'PUT' : 'POST',
          path: update ? `${path}/${object.metadata?.name}` : path,
          headers: { 'Content-Type': 'application/json' },
          body: JSON.stringify(changedAt(object, at, replacement)),
        })),
      400,
    ));

  it('larger than the limit are refused, whatever their length says', async () => {
    const path = '/api/v1/namespaces/default/configmaps';
    const headers = { 'Content-Type': 'application/json' };
    const large = await served.ask({ method: 'POST', path, headers, body: Buffer.alloc(3 * 1024 * 1024 + 1, ' ') });
    expect(large.status).toBe(413);
    const chunk = `10000\r\n${' '.repeat(0x10000)}\r\n`;
    const head = `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`;
    const answer = await raw(head + chunk.repeat(49));
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  });
});

/** Writes bytes into a connection of kubernetes-admin; what came back when the server was done, or when it closed. */
async function raw(bytes: string | Uint8Array): Promise<string> {
  const socket = await connection();
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
    if (/\r\n\r\n/.test(text)) socket.destroy();
  });
  socket.on('error', () => undefined);
  socket.end(bytes);
  await once(socket, 'close');
  return text;
}

async function connection(alpn = 'http/1.1'): Promise<TLSSocket> {
  const { cluster } = served;
  const { certificate, key } = cluster.pki.admin;
  const socket = connect({
    host: '127.0.0.1',
    port: cluster.port,
    ca: cluster.caCertificate,
    cert: certificate,
    key,
    ALPNProtocols: [alpn],
  });
  await once(socket, 'secureConnect');
  return socket;
}

describe('raw connections', () => {
  const heads = fc.constantFrom(
    'GET / HTTP/1.1\r\n\r\n',
    'GET /\x00 HTTP/1.1\r\nHost: x\r\n\r\n',
    'GET /api/v1/pods HTTP/9.9\r\nHost: x\r\n\r\n',
    'GET http://[::1/api HTTP/1.1\r\nHost: x\r\n\r\n',
    'GET * HTTP/1.1\r\nHost: x\r\n\r\n',
    'CONNECT example.com:443 HTTP/1.1\r\nHost: x\r\n\r\n',
    'POST /api/v1/namespaces HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n',
    'POST /api/v1/namespaces HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{}',
    'POST /api/v1/namespaces HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
    'GET /api/v1/pods?watch=1 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
    'GET /api/v1/namespaces/a/pods/b/exec HTTP/1.1\r\nHost: x\r\nUpgrade: SPDY/3.1\r\nConnection: Upgrade\r\n\r\n\x80\x03\x00',
    `GET / HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(100_000)}\r\n\r\n`,
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x00',
  );
  const garbage = fc.oneof(
    heads.map((text) => Buffer.from(text, 'latin1')),
    fc.uint8Array({ maxLength: 200 }),
    fc.tuple(heads, fc.nat(60), fc.nat(255)).map(([text, at, byte]) => {
      const bytes = Buffer.from(text, 'latin1');
      bytes[at % bytes.length] = byte;
      return bytes;
    }),
  );

  const alive = async () => {
    expect((await served.ask({ path: '/readyz' })).status).toBe(200);
    expect(served.faults).toEqual([]);
  };

  it('that speak no HTTP do no harm', async () => {
    await fc.assert(
      fc.asyncProperty(garbage, async (bytes) => void (await raw(bytes))),
      { numRuns: 100 },
    );
    await alive();
  });

  it('that break HTTP/2 do no harm', async () => {
    const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00', 'latin1');
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 100 }), async (bytes) => {
        const socket = await connection('h2');
        socket.on('error', () => undefined).resume();
        socket.end(Buffer.concat([preface, bytes]));
        await once(socket, 'close');
      }),
      { numRuns: 50 },
    );
    await alive();
  });

  it('that are cut in the middle of a request do no harm', async () => {
    const { cluster } = served;
    const { certificate, key } = cluster.pki.admin;
    for (let n = 0; n < 20; n++) {
      const session = connectHttp2(cluster.url, { ca: cluster.caCertificate, cert: certificate, key });
      await once(session, 'connect');
      const stream = session.request({
        ':method': 'POST',
        ':path': '/api/v1/namespaces',
        'content-type': 'application/json',
      });
      stream.on('error', () => undefined);
      stream.write('{"metadata":');
      session.destroy();
      await once(session, 'close');
    }
    await alive();
  });
});
