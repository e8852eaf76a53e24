import { describe, expect, it } from 'vitest';
import { parseImageFailure } from '../../src/kube/image-failure.ts';
import { describeProbe, parseProbeFailure } from '../../src/kube/probes.ts';
import { parseRefusal } from '../../src/kube/refusal-message.ts';
import { parseSchedulingMessage } from '../../src/kube/scheduling-message.ts';
import {
  isUnauthorized,
  parseConnectionFailure,
  parseMissingFile,
  parseUnknownHost,
} from '../../src/kube/spoken-errors.ts';
import { readClaims } from '../../src/kube/token-claims.ts';

describe('parseSchedulingMessage', () => {
  it('takes the reasons apart and leaves preemption out', () => {
    const message =
      "0/5 nodes are available: 1 node(s) had untolerated taint(s), 2 Insufficient cpu, 2 node(s) didn't match Pod's node affinity/selector. no new claims to deallocate, preemption: 0/5 nodes are available: 2 No preemption victims found for incoming pod, 3 Preemption is not helpful for scheduling.";
    expect(parseSchedulingMessage(message)).toEqual({
      nodes: 5,
      reasons: [
        { count: 1, text: 'node(s) had untolerated taint(s)' },
        { count: 2, text: 'Insufficient cpu' },
        { count: 2, text: "node(s) didn't match Pod's node affinity/selector" },
      ],
    });
  });

  it('reads taints as older schedulers name them', () => {
    const message =
      '0/1 nodes are available: 1 node(s) had untolerated taint {node.kubernetes.io/not-ready: }. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.';
    expect(parseSchedulingMessage(message)?.reasons).toEqual([
      { count: 1, text: 'node(s) had untolerated taint {node.kubernetes.io/not-ready: }' },
    ]);
  });

  it('reads what is about the Pod and so holds for every node', () => {
    const claims =
      '0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found. no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.';
    expect(parseSchedulingMessage(claims)?.reasons).toEqual([
      { text: 'pod has unbound immediate PersistentVolumeClaims' },
    ]);
    const missing = '0/2 nodes are available: persistentvolumeclaim "data" not found. preemption: not helpful.';
    expect(parseSchedulingMessage(missing)?.reasons).toEqual([{ text: 'persistentvolumeclaim "data" not found' }]);
  });

  it('knows no other text', () => {
    expect(parseSchedulingMessage('running PreBind plugin "VolumeBinding": timed out')).toBeUndefined();
    expect(parseSchedulingMessage('0/0 nodes are available')).toEqual({ nodes: 0, reasons: [] });
  });
});

describe('parseRefusal', () => {
  it.each([
    [
      'pods "web-x" is forbidden: exceeded quota: small, requested: pods=1,requests.cpu=500m, used: pods=1,requests.cpu=1, limited: pods=1,requests.cpu=1',
      {
        by: 'quota',
        quota: 'small',
        over: [
          { resource: 'pods', requested: '1', used: '1', hard: '1' },
          { resource: 'requests.cpu', requested: '500m', used: '1', hard: '1' },
        ],
      },
    ],
    [
      'Error creating: pods "web-x" is forbidden: failed quota: cpu: must specify limits.cpu for: app,side; requests.cpu for: app',
      { by: 'quota-unspecified', quota: 'cpu', resources: ['limits.cpu', 'requests.cpu'] },
    ],
    [
      'pods "app" is forbidden: [maximum cpu usage per Container is 1, but limit is 2, minimum memory usage per Pod is 64Mi, but request is 16Mi]',
      {
        by: 'limit-range',
        broken: [
          {
            rule: 'maximum',
            type: 'Container',
            resource: 'cpu',
            text: 'maximum cpu usage per Container is 1, but limit is 2',
          },
          {
            rule: 'minimum',
            type: 'Pod',
            resource: 'memory',
            text: 'minimum memory usage per Pod is 64Mi, but request is 16Mi',
          },
        ],
      },
    ],
    [
      'pods "app" is forbidden: cpu max limit to request ratio per Container is 2, but provided ratio is 4.000000',
      {
        by: 'limit-range',
        broken: [
          {
            rule: 'ratio',
            type: 'Container',
            resource: 'cpu',
            text: 'cpu max limit to request ratio per Container is 2, but provided ratio is 4.000000',
          },
        ],
      },
    ],
    [
      'pods "app" is forbidden: violates PodSecurity "baseline:v1.35": privileged (container "app" must not set securityContext.privileged=true), host namespaces (hostNetwork=true, hostPID=true)',
      { by: 'pod-security', level: 'baseline', version: 'v1.35', violations: ['privileged', 'host namespaces'] },
    ],
    [
      "pods \"app\" is forbidden: ValidatingAdmissionPolicy 'no-latest' with binding 'everywhere' denied request: name a tag: not latest",
      { by: 'policy', policy: 'no-latest', binding: 'everywhere', message: 'name a tag: not latest' },
    ],
    [
      'admission webhook "images.example.com" denied the request: not signed',
      { by: 'webhook', webhook: 'images.example.com', message: 'not signed' },
    ],
    [
      'pods "web-x" is forbidden: error looking up service account shop/robot: serviceaccount "robot" not found',
      { by: 'service-account', namespace: 'shop', name: 'robot' },
    ],
    [
      'pods "p" is forbidden: unable to create new content in namespace shop because it is being terminated',
      { by: 'namespace', namespace: 'shop' },
    ],
    ['pods "x" is forbidden: no PriorityClass with name high was found', { by: 'priority-class', name: 'high' }],
    ['pods is forbidden: User "jane" cannot list resource "pods" in API group "" in the namespace "shop"', undefined],
  ])('%s', (message, refusal) => expect(parseRefusal(message)).toEqual(refusal));
});

describe('parseImageFailure', () => {
  const containerd = (end: string) =>
    `Failed to pull image "x.example/app:1": rpc error: code = Unknown desc = failed to pull and unpack image "x.example/app:1": failed to resolve reference "x.example/app:1": ${end}`;

  it.each([
    [
      'denied',
      'pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed',
    ],
    ['denied', 'failed to authorize: failed to fetch oauth token: unexpected status: 401 Unauthorized'],
    ['not-found', 'x.example/app:1: not found'],
    [
      'unknown-host',
      'failed to do request: Head "https://x.example/v2/app/manifests/1": dial tcp: lookup x.example on 10.96.0.10:53: no such host',
    ],
    ['unreachable', 'failed to do request: Head "https://x.example/v2/": dial tcp 10.0.0.1:443: i/o timeout'],
    [
      'untrusted',
      'failed to do request: Head "https://x.example/v2/": tls: failed to verify certificate: x509: certificate signed by unknown authority',
    ],
    [
      'rate-limit',
      'unexpected status code 429 Too Many Requests: toomanyrequests: You have reached your pull rate limit',
    ],
    ['unknown', 'something else'],
  ])('%s: %s', (cause, end) => expect(parseImageFailure(containerd(end))).toEqual({ cause, said: end }));
});

describe('probes', () => {
  it('describes them as kubectl does', () => {
    expect(describeProbe({ httpGet: { path: '/healthz', port: 8080 } })).toBe('http-get http://:8080/healthz');
    expect(describeProbe({ httpGet: { scheme: 'HTTPS', host: 'h', port: 'web' } })).toBe('http-get https://h:web/');
    expect(describeProbe({ tcpSocket: { port: 80 } })).toBe('tcp-socket :80');
    expect(describeProbe({ exec: { command: ['cat', '/tmp/ready'] } })).toBe('exec [cat /tmp/ready]');
    expect(describeProbe({ grpc: { port: 9090, service: 'health' } })).toBe('grpc <pod>:9090 health');
  });

  it('reads what came of them', () => {
    expect(parseProbeFailure('Readiness probe failed: HTTP probe failed with statuscode: 503')).toEqual({
      probe: 'readiness',
      said: 'HTTP probe failed with statuscode: 503',
    });
    expect(parseProbeFailure('Liveness probe errored and resulted in unknown state: rpc error')).toEqual({
      probe: 'liveness',
      said: 'rpc error',
    });
    expect(parseProbeFailure('Container app failed liveness probe, will be restarted')).toBeUndefined();
  });
});

describe('what programs say', () => {
  it.each([
    'error: You must be logged in to the server (Unauthorized)',
    'error: You must be logged in to the server (the server has asked for the client to provide credentials)',
    '{"kind":"Status","status":"Failure","message":"Unauthorized","reason":"Unauthorized","code":401}',
    'wget: server returned error: HTTP/1.1 401 Unauthorized',
    'curl: (22) The requested URL returned error: 401',
  ])('a 401: %s', (line) => expect(isUnauthorized(line)).toBe(true));

  it.each([
    'Error from server (Forbidden): pods is forbidden: User "system:anonymous" cannot list resource "pods"',
    'HTTP/1.1 403 Forbidden',
    'listening on port 4010',
  ])('no 401: %s', (line) => expect(isUnauthorized(line)).toBe(false));

  it.each([
    ["wget: bad address 'api:8080'", 'api'],
    ['curl: (6) Could not resolve host: api.shop', 'api.shop'],
    ["** server can't find db.shop.svc.cluster.local: NXDOMAIN", 'db.shop.svc.cluster.local'],
    ['dial tcp: lookup db on 10.96.0.10:53: no such host', 'db'],
    ['Error: getaddrinfo ENOTFOUND redis', 'redis'],
    ['psql: error: could not translate host name "db" to address: Name or service not known', 'db'],
    ['connected', undefined],
  ])('a name: %s', (line, host) => expect(parseUnknownHost(line)).toBe(host));

  it.each([
    ["wget: can't connect to remote host (10.96.3.4): Connection refused", { host: '10.96.3.4' }],
    ['dial tcp 10.96.3.4:5432: connect: connection refused', { host: '10.96.3.4', port: 5432 }],
    ['curl: (7) Failed to connect to shop port 8080 after 1 ms: Connection refused', { host: 'shop', port: 8080 }],
    ['Error: connect ECONNREFUSED 10.96.3.4:6379', { host: '10.96.3.4', port: 6379 }],
    ['connection to db:5432 timed out', { host: 'db', port: 5432 }],
    ['listening on 0.0.0.0:80', undefined],
  ])('a connection: %s', (line, connection) => expect(parseConnectionFailure(line)).toEqual(connection));

  it('a file', () => {
    expect(parseMissingFile("cat: can't open '/etc/app/a.ini': No such file or directory")).toBe('/etc/app/a.ini');
    expect(parseMissingFile("Error: ENOENT: no such file or directory, open '/data/db.json'")).toBe('/data/db.json');
    expect(parseMissingFile('opened /etc/app/a.ini')).toBeUndefined();
  });
});

describe('readClaims', () => {
  const token = (claims: object) => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`;

  it('reads a bound token', () => {
    const claims = {
      sub: 'system:serviceaccount:shop:bot',
      aud: ['vault'],
      exp: 1_700_000_000,
      'kubernetes.io': {
        namespace: 'shop',
        serviceaccount: { name: 'bot', uid: 'a' },
        pod: { name: 'bot-1', uid: 'p' },
      },
    };
    expect(readClaims(token(claims))).toEqual({
      subject: 'system:serviceaccount:shop:bot',
      audiences: ['vault'],
      expires: 1_700_000_000_000,
      namespace: 'shop',
      account: { name: 'bot', uid: 'a' },
      pod: { name: 'bot-1', uid: 'p' },
    });
  });

  it('reads a token of a Secret', () => {
    const claims = {
      sub: 'system:serviceaccount:shop:bot',
      'kubernetes.io/serviceaccount/namespace': 'shop',
      'kubernetes.io/serviceaccount/service-account.name': 'bot',
      'kubernetes.io/serviceaccount/service-account.uid': 'a',
    };
    expect(readClaims(token(claims))).toEqual({
      subject: 'system:serviceaccount:shop:bot',
      audiences: [],
      namespace: 'shop',
      account: { name: 'bot', uid: 'a' },
    });
  });

  it('knows what is none', () => {
    for (const text of ['', 'hunter2', 'a.b.c', 'a.b']) expect(readClaims(text)).toBeUndefined();
  });
});
