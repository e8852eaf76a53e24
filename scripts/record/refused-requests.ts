/** Requests that make no sense, or almost none: what a real server answers to them is what the embedded one has to answer. */

export interface RefusedRequest {
  method: string;
  /** With its query. */
  path: string;
  headers?: Record<string, string>;
  body?: string;
  /** The body in base64, where it is no text. */
  bytes?: string;
}

export const namespace = 'refusals';
const core = `/api/v1/namespaces/${namespace}`;
const apps = `/apis/apps/v1/namespaces/${namespace}`;
const widgets = `/apis/refusals.example.com/v1/namespaces/${namespace}/widgets`;
const configMap = `${core}/configmaps/c`;
const pod = `${core}/pods/pending`;
const running = `${core}/pods/running`;
const deployment = `${apps}/deployments/d`;
const json = { 'Content-Type': 'application/json' };

/** What has to exist, in this order. */
export const prepared: readonly { path: string; body: object }[] = [
  { path: '/api/v1/namespaces', body: { metadata: { name: namespace } } },
  {
    path: '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
    body: {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'widgets.refusals.example.com' },
      spec: {
        group: 'refusals.example.com',
        scope: 'Namespaced',
        names: { plural: 'widgets', kind: 'Widget' },
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            subresources: {
              status: {},
              scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' },
            },
            schema: {
              openAPIV3Schema: {
                type: 'object',
                properties: {
                  spec: { type: 'object', properties: { size: { type: 'string' }, replicas: { type: 'integer' } } },
                  status: { type: 'object', properties: { replicas: { type: 'integer' } } },
                },
              },
            },
          },
        ],
      },
    },
  },
  { path: `${core}/configmaps`, body: { metadata: { name: 'c', labels: { a: 'b' } }, data: { a: 'b' } } },
  {
    path: `${core}/pods`,
    body: {
      metadata: { name: 'pending' },
      spec: {
        nodeSelector: { no: 'node' },
        terminationGracePeriodSeconds: 1,
        containers: ['a', 'b'].map((name) => ({ name, image: 'busybox:1.36', ports: [{ containerPort: 80 }] })),
      },
    },
  },
  {
    path: `${core}/pods`,
    body: {
      metadata: { name: 'running' },
      spec: {
        terminationGracePeriodSeconds: 1,
        containers: [{ name: 'c', image: 'busybox:1.36', command: ['sleep', '100000'] }],
      },
    },
  },
  {
    path: `${apps}/deployments`,
    body: {
      metadata: { name: 'd' },
      spec: {
        replicas: 0,
        selector: { matchLabels: { app: 'd' } },
        template: { metadata: { labels: { app: 'd' } }, spec: { containers: [{ name: 'c', image: 'busybox:1.36' }] } },
      },
    },
  },
  { path: `${core}/services`, body: { metadata: { name: 's' }, spec: { ports: [{ port: 80 }] } } },
  {
    path: widgets,
    body: { apiVersion: 'refusals.example.com/v1', kind: 'Widget', metadata: { name: 'w' }, spec: { size: 'big' } },
  },
];

/** All requests, each once. */
export function refusedRequests(): RefusedRequest[] {
  return [
    ...listings(),
    ...watches(),
    ...views(),
    ...paths(),
    ...writeOptions(),
    ...deletions(),
    ...bodies(),
    ...patches(),
    ...subresources(),
    ...reviews(),
    ...streams(),
  ];
}

const get = (path: string, headers?: Record<string, string>): RefusedRequest => ({
  method: 'GET',
  path,
  ...(headers && { headers }),
});
const send = (method: string, path: string, body: unknown, headers: Record<string, string> = json): RefusedRequest => ({
  method,
  path,
  headers,
  body: typeof body === 'string' ? body : JSON.stringify(body),
});
const post = (path: string, body: unknown, headers?: Record<string, string>) => send('POST', path, body, headers);
const put = (path: string, body: unknown, headers?: Record<string, string>) => send('PUT', path, body, headers);
const encoded = encodeURIComponent;

const labelSelectors = [
  ...['a in (', 'a in', '!', 'a=b=c', '(', 'a notin ()', 'in in in', '-a=b', 'a=-b', 'a>b', 'a>1', 'a<1,b', 'a b', ','],
  ...['a,,b', 'a=b,', '=a', 'a==', '!a=b', 'a in (b', 'a in (b,', 'a in (b) c', 'a/b/c', 'a!', `${'x'.repeat(64)}=a`],
  ...[`a=${'x'.repeat(64)}`, 'a in b', 'a >', 'é=1', 'a;b', 'a in ()', 'a in (,)', 'a notin', '! a', 'a!=', 'A.B/c=d'],
];
const fieldSelectors = [
  ...['abc', 'metadata.name', 'spec.foo=bar', 'metadata.name=x,foo=bar', '=', '==', 'metadata.name!=a', ',', '=a'],
  ...['metadata.name=a\\', 'metadata.name=a\\b', 'metadata.name=a=b', 'metadata.name in (a)', 'metadata.labels=a'],
  ...[
    'metadata.namespace=other',
    'metadata.name=x,',
    '!metadata.name',
    'metadata.uid=1',
    'metadata.name=a,,metadata.name=b',
  ],
];
const token = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const continues = [
  ...[
    'abc',
    '!!!',
    'a',
    'ab',
    '%',
    ' ',
    'bnVsbA',
    token({}),
    token([]),
    token('x'),
    token({ v: 'v2', rv: 1, start: 'a' }),
  ],
  ...[token({ v: 'meta.k8s.io/v1', rv: 0, start: 'a' }), token({ v: 'meta.k8s.io/v1', rv: 'x', start: 'a' })],
  ...[token({ v: 'meta.k8s.io/v1', rv: 5 }), token({ v: 'meta.k8s.io/v1', rv: 5, start: '' }), token({ v: 1 })],
  ...[token({ v: 'meta.k8s.io/v1', rv: 5, start: '../../x' }), token({ v: 'meta.k8s.io/v1', rv: 5, start: 1 })],
  ...[token({ v: 'meta.k8s.io/v1', rv: 1.5, start: 'a' }), token({ v: 'meta.k8s.io/v1', rv: -2, start: 'a' })],
  Buffer.from('{"v":').toString('base64url'),
];
const numbers = ['abc', '-1', '1.5', '1e3', ' 1', '+1', '0x10', '9'.repeat(30), '9223372036854775808', '1_000', 'null'];

function listings(): RefusedRequest[] {
  const lists = [
    ...numbers.map((text) => `resourceVersion=${encoded(text)}`),
    ...['foo', 'Exact', 'NotOlderThan', 'exact', ''].flatMap((match) => [
      `resourceVersionMatch=${match}`,
      `resourceVersionMatch=${match}&resourceVersion=0`,
      `resourceVersionMatch=${match}&resourceVersion=abc`,
      `resourceVersionMatch=${match}&resourceVersion=1&continue=abc`,
    ]),
    'resourceVersion=18446744073709551615',
    'resourceVersion=999999999',
    'resourceVersion=1&resourceVersion=abc',
    'resourceVersion=abc&resourceVersion=1',
    ...numbers.map((text) => `limit=${encoded(text)}`),
    ...numbers.map((text) => `timeoutSeconds=${encoded(text)}`),
    ...continues.map((text) => `continue=${encoded(text)}`),
    `continue=${token({ v: 'meta.k8s.io/v1', rv: 5, start: 'a' })}&resourceVersion=7`,
    ...fieldSelectors.map((text) => `fieldSelector=${encoded(text)}`),
    ...labelSelectors.map((text) => `labelSelector=${encoded(text)}`),
    'sendInitialEvents=true',
    'sendInitialEvents=foo',
    'sendInitialEvents=false',
    'sendInitialEvents=',
    'sendInitialEvents=true&resourceVersionMatch=NotOlderThan',
    'allowWatchBookmarks=foo&limit=x',
    'limit=1&limit=abc',
    'limit=abc&limit=1',
    'labelSelector=a&labelSelector=(',
    'labelSelector=%zz',
    'a=b;c=d&limit=abc',
    'limit=abc&fieldSelector=(',
    'fieldSelector=foo&labelSelector=(',
    'LIMIT=abc&resourceVersion=x',
    'limit=&resourceVersion=&continue=&fieldSelector=&labelSelector=&timeoutSeconds=&x',
  ].map((query) => get(`${core}/configmaps?${query}`));
  return [
    ...lists,
    ...['fieldSelector=spec.foo%3Dbar', 'labelSelector=(', 'limit=abc', 'continue=abc', 'resourceVersion=abc'].flatMap(
      (query) => [get(`${widgets}?${query}`), get(`/api/v1/pods?${query}`), get(`/api/v1/namespaces?${query}`)],
    ),
    ...['abc', '-1', '1.5', '999999999', '9'.repeat(30)].flatMap((version) => [
      get(`${configMap}?resourceVersion=${version}`),
      get(`${widgets}/w?resourceVersion=${version}`),
      get(`${core}/configmaps/absent?resourceVersion=${version}`),
    ]),
  ];
}

function watches(): RefusedRequest[] {
  return [
    ...numbers.map((text) => `resourceVersion=${encoded(text)}`),
    ...numbers.map((text) => `timeoutSeconds=${encoded(text)}&resourceVersion=abc`),
    ...numbers.map((text) => `limit=${encoded(text)}&resourceVersion=abc`),
    ...['foo', 'Exact', 'NotOlderThan'].flatMap((match) => [
      `resourceVersionMatch=${match}`,
      `resourceVersionMatch=${match}&sendInitialEvents=false`,
      `resourceVersionMatch=${match}&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersion=abc`,
      `resourceVersionMatch=${match}&sendInitialEvents=true&continue=abc`,
    ]),
    'sendInitialEvents=true',
    'sendInitialEvents=foo',
    'sendInitialEvents=false',
    'sendInitialEvents=true&resourceVersionMatch=NotOlderThan',
    'continue=abc&resourceVersion=abc',
    'fieldSelector=spec.foo%3Dbar',
    'fieldSelector=abc',
    'labelSelector=(',
    'labelSelector=a%20in%20(',
  ].flatMap((query) => {
    const bounded = query.includes('timeoutSeconds') ? query : `${query}&timeoutSeconds=1`;
    return [get(`${core}/configmaps?watch=1&${bounded}`)];
  });
}

const views_ = [
  'application/json;as=Table;v=v1;g=meta.k8s.io',
  'application/json;as=Table;v=v2;g=meta.k8s.io',
  'application/json;as=Table;v=v1;g=foo',
  'application/json;as=Table;g=meta.k8s.io',
  'application/json;as=Table',
  'application/json;as=Foo;v=v1;g=meta.k8s.io',
  'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io',
  'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io',
  'application/json;as=Table;v=v1;g=meta.k8s.io,application/json',
  'application/vnd.kubernetes.protobuf;as=Table;v=v1;g=meta.k8s.io',
  'application/yaml;as=Table;v=v1;g=meta.k8s.io',
  'text/html',
  'text/html,application/json;q=0.5',
  'application/*',
  'application/xml,*/*;q=0',
  'foo',
  '*',
  '',
  ';',
  'application/json;q=x',
  'application/json;stream=watch',
  'application/json; charset=utf-8',
  'APPLICATION/JSON',
];

function views(): RefusedRequest[] {
  const review = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectRulesReview', spec: { namespace } };
  const access = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    spec: { user: 'x', resourceAttributes: { verb: 'get', resource: 'pods' } },
  };
  const [table = '', ...others] = views_;
  const tables = [table, others[5] ?? '', others[6] ?? '', others[7] ?? ''];
  return [
    ...views_.flatMap((accept) => [
      get(`${core}/configmaps?limit=1&labelSelector=none`, { Accept: accept }),
      get(`${core}/configmaps/absent`, { Accept: accept }),
      post('/apis/authorization.k8s.io/v1/subjectaccessreviews', access, { ...json, Accept: accept }),
      get(`${widgets}?labelSelector=none`, { Accept: accept }),
    ]),
    ...tables.flatMap((accept) => [
      post('/apis/authorization.k8s.io/v1/selfsubjectrulesreviews', review, { ...json, Accept: accept }),
      post(
        '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
        { spec: access.spec, kind: 'SelfSubjectAccessReview', apiVersion: 'authorization.k8s.io/v1' },
        { ...json, Accept: accept },
      ),
      post(
        `/apis/authorization.k8s.io/v1/namespaces/${namespace}/localsubjectaccessreviews`,
        { spec: { user: 'x', resourceAttributes: { namespace, verb: 'get', resource: 'pods' } } },
        { ...json, Accept: accept },
      ),
      post(
        '/apis/authentication.k8s.io/v1/tokenreviews',
        { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token: 'x' } },
        { ...json, Accept: accept },
      ),
      post('/apis/authentication.k8s.io/v1/selfsubjectreviews', {}, { ...json, Accept: accept }),
      get(`${deployment}/scale`, { Accept: accept }),
      get(`${widgets}/w/scale`, { Accept: accept }),
      put(`${deployment}/scale`, { spec: { replicas: 0 } }, { ...json, Accept: accept }),
      post(`${core}/serviceaccounts/absent/token`, { spec: { audiences: [] } }, { ...json, Accept: accept }),
      post(`${core}/pods/absent/eviction`, { metadata: { name: 'absent' } }, { ...json, Accept: accept }),
      post(`${core}/pods/absent/binding`, { target: { name: 'x' } }, { ...json, Accept: accept }),
      get(`${core}/pods/absent/log`, { Accept: accept }),
      get('/version', { Accept: accept }),
      get('/api', { Accept: accept }),
      get('/apis/apps/v1', { Accept: accept }),
      get('/openapi/v3', { Accept: accept }),
    ]),
    ...['foo', 'None', 'metadata'].map((include) =>
      get(`${core}/configmaps?includeObject=${include}&labelSelector=none`, { Accept: table }),
    ),
    get(`${core}/configmaps?watch=1&timeoutSeconds=1&resourceVersion=999999`, { Accept: 'application/yaml' }),
    get(`${core}/configmaps?watch=1&timeoutSeconds=1`, { Accept: 'text/html' }),
    get(`${widgets}?watch=1&timeoutSeconds=1`, { Accept: 'application/vnd.kubernetes.protobuf' }),
    get(`${widgets}/w`, { Accept: 'application/vnd.kubernetes.protobuf' }),
  ];
}

function paths(): RefusedRequest[] {
  const absent = [
    ...[
      '/api/v2/pods',
      '/api/v1/foos',
      '/apis/apps/v2/deployments',
      '/apis/foo/v1/bars',
      '/apis/apps/v1/foos/x',
      '/foo',
    ],
    ...['/api/v1/namespaces/x/nodes', '/api/v1/nodes/x/foo', `${core}/pods/pending/foo`, `${core}/pods/pending/log/x`],
    ...[
      `${configMap}/status`,
      `${configMap}/scale`,
      `${widgets}/w/foo`,
      `${widgets}/absent/status`,
      `${widgets}/w/scale/x`,
    ],
    ...['/api/v1/configmaps/c', '/api/v1/watch/foos', '/api/v1/proxy/nodes/x', `/api/v1/watch/namespaces/${namespace}`],
    ...[`${core}/configmaps/%zz`, `${core}/configmaps/a%2Fb`, `${core}/configmaps/..`, `${core}/configmaps/%00`],
    ...[
      `${core}/configmaps/A_b`,
      `${core}/configmaps/${'x'.repeat(254)}`,
      `${core}//configmaps`,
      `${core}/configmaps/c/`,
    ],
    ...['/apis/refusals.example.com/v2/widgets', '/apis/refusals.example.com/v1/foos', '/apis/refusals.example.com'],
    ...[
      '/apis/metrics.k8s.io/v1beta1/nodes',
      '/apis/apps',
      '/apis/apps/',
      '/api/v1/',
      '/apis/apps/v1/',
      '/api/',
      '/apis/',
    ],
    ...[
      '/openapi/v1',
      '/openapi/v3/foo',
      '/openapi/v2/foo',
      '/version/x',
      '/healthz/foo',
      '/metrics/foo',
      '/logs',
      '/logs/',
    ],
    ...[
      '/apis/authorization.k8s.io/v1/subjectaccessreviews',
      '/apis/authentication.k8s.io/v1/tokenreviews/x',
      '/ui',
      '/',
    ],
    ...['/api/v1/componentstatuses/foo', '/api/v1/namespaces/absent/pods/x', '/api/v1/namespaces/absent/configmaps'],
    ...[`/apis/${'x'.repeat(300)}/v1/foos`, '/api/v1/bindings', `${core}/bindings`, '/api/v1/pods/x/eviction'],
  ].map((path) => get(path));
  const methods = ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'FOO', 'TRACE'].flatMap((method) => [
    send(method, method === 'DELETE' ? '/api/v1/configmaps' : `${core}/configmaps${method === 'POST' ? '/c' : ''}`, {}),
    send(method, '/apis/authorization.k8s.io/v1/subjectaccessreviews', method === 'POST' ? '' : {}),
    send(method, '/api/v1/namespaces', method === 'POST' ? 'x' : {}),
    send(method, `${core}/pods/pending/log`, {}),
    send(method, `${deployment}/scale`, {}),
    send(method, `${widgets}${method === 'POST' ? '/w' : method === 'DELETE' ? '/absent' : ''}`, {}),
    send(method, '/version', {}),
    send(method, '/api/v1', {}),
    send(method, '/apis/apps', {}),
    send(method, '/healthz', {}),
    send(method, '/foo', {}),
  ]);
  return [
    ...absent,
    // What one of them would delete or change for good is no refusal.
    ...methods.filter(({ method, path }) => !(method === 'DELETE' && path === '/api/v1/namespaces')),
    post('/api/v1/configmaps', { metadata: { name: 'x' } }),
    post('/apis/refusals.example.com/v1/widgets', {}),
    post('/api/v1/namespaces/absent/configmaps', { metadata: { name: 'x' } }),
    put('/api/v1/namespaces/absent/configmaps/x', { metadata: { name: 'x' } }),
    post('/api/v1/namespaces/A_b/configmaps', { metadata: { name: 'x' } }),
  ];
}

const long = 'x'.repeat(129);

function writeOptions(): RefusedRequest[] {
  const options = [
    ...['dryRun=foo', 'dryRun=', 'dryRun=All&dryRun=foo', 'dryRun=all', 'dryRun=true', 'fieldValidation=foo'],
    ...[
      'fieldValidation=strict',
      `fieldManager=${long}`,
      'fieldManager=a%0Ab',
      'fieldManager=%00',
      'fieldManager=%C2%A0',
    ],
    ...['fieldManager=%F0%9F%98%80%07', `dryRun=x&fieldManager=${long}&fieldValidation=y`, 'force=true', 'force=foo'],
  ];
  const merge = { 'Content-Type': 'application/merge-patch+json' };
  const apply = { 'Content-Type': 'application/apply-patch+yaml' };
  const patched = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' } };
  return options.flatMap((query) => [
    // A body that is refused, too: what is said first shows the order of the checks.
    post(`${core}/configmaps?${query}`, { metadata: { name: 'A_b' } }),
    put(`${configMap}?${query}`, { metadata: { name: 'other' } }),
    send('PATCH', `${configMap}?${query}`, { metadata: { name: 'other' } }, merge),
    send('PATCH', `${configMap}?${query}`, { ...patched, data: { a: 1 } }, apply),
    send('PATCH', `${widgets}/w?${query}`, { spec: { size: 1 } }, merge),
    send('PATCH', `${configMap}?fieldManager=m&${query}`, { ...patched, metadata: { name: 'other' } }, apply),
  ]);
}

function deletions(): RefusedRequest[] {
  const queries = [
    ...numbers.map((text) => `gracePeriodSeconds=${encoded(text)}`),
    ...['propagationPolicy=foo', 'propagationPolicy=orphan', 'orphanDependents=foo', 'dryRun=foo', 'dryRun='],
    ...['orphanDependents=true&propagationPolicy=Orphan', 'propagationPolicy=&orphanDependents=', 'preconditions=x'],
    ...['ignoreStoreReadErrorWithClusterBreakingPotential=true', 'ignoreStoreReadErrorWithClusterBreakingPotential=x'],
  ];
  const options: unknown[] = [
    ...['', 'null', '[]', '"x"', '1', '{', 'garbage', '{}{}', '{"kind":"Foo"}', '{"apiVersion":"v2"}', '\u0000'],
    ...[
      { kind: 'DeleteOptions', apiVersion: 'apps/v1' },
      { kind: 'DeleteOptions', apiVersion: 'foo/v1' },
    ],
    ...[{ kind: 'Pod', apiVersion: 'v1' }, { gracePeriodSeconds: 'x' }, { gracePeriodSeconds: 1.5 }, { dryRun: 'All' }],
    ...[{ gracePeriodSeconds: -5, dryRun: ['All', 'x'] }, { propagationPolicy: 1 }, { propagationPolicy: 'foo' }],
    ...[{ preconditions: { uid: 'other' } }, { preconditions: { resourceVersion: '1' } }, { preconditions: 'x' }],
    ...[{ orphanDependents: true, propagationPolicy: 'Orphan' }, { foo: 'bar', dryRun: ['x'] }, { apiVersion: 1 }],
    ...[
      { preconditions: { resourceVersion: 'abc' } },
      { ignoreStoreReadErrorWithClusterBreakingPotential: true, dryRun: ['All'] },
    ],
  ];
  return [
    ...queries.flatMap((query) => [
      { method: 'DELETE', path: `${core}/pods/absent?${query}` },
      { method: 'DELETE', path: `${core}/configmaps?labelSelector=none&${query}` },
      { method: 'DELETE', path: `${widgets}/absent?${query}` },
    ]),
    ...options.flatMap((body) => [
      send('DELETE', configMapOr(body), body),
      send('DELETE', `${core}/configmaps?labelSelector=none`, body),
    ]),
    send('DELETE', `${core}/configmaps/absent`, '{}', { 'Content-Type': 'text/plain' }),
    send('DELETE', `${core}/configmaps/absent`, 'gracePeriodSeconds: x', { 'Content-Type': 'application/yaml' }),
    ...[
      'labelSelector=(',
      'fieldSelector=foo%3Dbar',
      'limit=x',
      'resourceVersion=x',
      'continue=x',
      'timeoutSeconds=x',
    ].map((query) => ({ method: 'DELETE', path: `${core}/configmaps?${query}` })),
  ];
}

/** What could succeed aims at nothing; preconditions need an object. */
function configMapOr(options: unknown): string {
  return JSON.stringify(options).includes('preconditions') ? configMap : `${core}/configmaps/absent`;
}

function bodies(): RefusedRequest[] {
  const texts: unknown[] = [
    ...[
      '',
      'null',
      '[]',
      '"x"',
      '1',
      'true',
      '{',
      '}',
      'garbage',
      '{}',
      '{}{}',
      '{"metadata":',
      '\u0000',
      '\ufeff{}',
      '{"a":1,}',
    ],
    ...[
      "{'a':1}",
      '{"a":NaN}',
      '{"a":1e999}',
      '{"a":"\\x"}',
      '{"a":"\t"}',
      '// x\n{}',
      '{"metadata":{"name":"A_b"}} x',
    ],
    ...[{ kind: 'Foo' }, { apiVersion: 'v2' }, { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'A_b' } }],
    ...[{ apiVersion: 'apps/v1', kind: 'Deployment' }, { apiVersion: 'foo/v1', kind: 'Foo' }, { apiVersion: 'a/b/c' }],
    ...[
      { apiVersion: 1 },
      { kind: 1 },
      { apiVersion: null, kind: null },
      { kind: 'configmap' },
      { kind: 'ConfigMapList' },
    ],
    ...[
      { metadata: { name: 'x', namespace: 'other' } },
      { metadata: { name: 1 } },
      { metadata: 'x' },
      { metadata: [] },
    ],
    ...[
      { metadata: { name: 'A_b' } },
      { metadata: { name: '' } },
      { metadata: { generateName: 'A_' } },
      { metadata: null },
    ],
    ...[{ metadata: { name: 'A_b', resourceVersion: '1' } }, { metadata: { name: 'y', resourceVersion: 'abc' } }],
    ...[{ metadata: { name: 'A_b', labels: { 'a b': 'c' } } }, { metadata: { name: 'A_b', labels: { a: 1 } } }],
    ...[{ metadata: { name: 'A_b', labels: [] } }, { metadata: { name: 'A_b', annotations: { 'A B': 'x' } } }],
    ...[{ metadata: { name: 'A_b', ownerReferences: [{}] } }, { metadata: { name: 'A_b', ownerReferences: {} } }],
    ...[{ metadata: { name: 'A_b', finalizers: ['x'] } }, { metadata: { name: 'A_b', finalizers: 'x' } }],
    ...[{ metadata: { name: 'A_b', managedFields: [{}] } }, { metadata: { name: 'A_b', creationTimestamp: 'x' } }],
    ...[{ metadata: { name: 'A_b', creationTimestamp: 1 } }, { metadata: { name: 'A_b', deletionTimestamp: 'x' } }],
    ...[{ metadata: { name: 'A_b', generation: 'x' } }, { metadata: { name: 'A_b', deletionGracePeriodSeconds: 1.5 } }],
    ...[{ metadata: { name: 'A_b' }, data: [] }, { metadata: { name: 'A_b' }, data: { a: 1 } }, { data: { a: null } }],
    ...[
      { metadata: { name: 'A_b' }, immutable: 'x' },
      { metadata: { name: 'A_b' }, binaryData: { a: '!' } },
    ],
    ...[{ metadata: { name: 'A_b' }, data: { 'a b': 'x' }, binaryData: { a: 1 } }, { items: [] }],
  ];
  const configMaps = `${core}/configmaps`;
  const strict = `${configMaps}?fieldValidation=Strict`;
  return [
    ...texts.flatMap((body) => [post(configMaps, body), put(configMap, body)]),
    ...texts.slice(0, 40).map((body) => post(widgets, body)),
    ...[
      { metadata: { name: 'x' }, foo: 1 },
      { metadata: { name: 'x', foo: 1 } },
      { metadata: { name: 'x' }, Data: {} },
    ].map((body) => post(strict, body)),
    post(strict, '{"metadata":{"name":"x"},"metadata":{"name":"y"}}'),
    post(strict, '{"metadata":{"name":"x","name":"y"},"data":{"a":"1","a":"2"}}'),
    post(`${widgets}?fieldValidation=Strict`, {
      apiVersion: 'refusals.example.com/v1',
      kind: 'Widget',
      metadata: { name: 'x' },
      spec: { foo: 1, size: 's' },
      bar: 1,
    }),
    post(`${widgets}?fieldValidation=Strict`, {
      apiVersion: 'refusals.example.com/v1',
      kind: 'Widget',
      metadata: { name: 'x', foo: 1 },
      spec: { size: 1, replicas: 1.5 },
    }),
    ...[
      'text/plain',
      'application/xml',
      'json',
      '/',
      ';',
      'application/json-patch+json',
      'application/json,text/plain',
      '*/*',
    ].flatMap((type) => [
      post(configMaps, { metadata: { name: 'A_b' } }, { 'Content-Type': type }),
      put(configMap, { metadata: { name: 'A_b' } }, { 'Content-Type': type }),
      post(widgets, {}, { 'Content-Type': type }),
      send('PATCH', configMap, {}, { 'Content-Type': type }),
      send('PATCH', `${widgets}/w`, {}, { 'Content-Type': type }),
    ]),
    ...['application/json; charset=latin1', 'APPLICATION/JSON', ' application/json', 'application/json;foo'].map(
      (type) => post(configMaps, { metadata: { name: 'A_b' } }, { 'Content-Type': type }),
    ),
    ...[
      'a: [',
      '- a',
      'x',
      ': :',
      '%YAML 9',
      'a: &a [*a]',
      'a: *b',
      '---\n---\n',
      '\t- a',
      'metadata: {name: A_b}\nmetadata: {name: x}',
    ].flatMap((text) => [
      post(configMaps, text, { 'Content-Type': 'application/yaml' }),
      post(widgets, text, { 'Content-Type': 'application/yaml' }),
    ]),
    ...['k8s\0', 'k8s\0\u0001', 'k8s', '', 'garbage', '{}', 'k8s\0\n\u0005\n\u0003foo'].flatMap((text) => [
      post(configMaps, text, { 'Content-Type': 'application/vnd.kubernetes.protobuf' }),
      post(widgets, text, { 'Content-Type': 'application/vnd.kubernetes.protobuf' }),
    ]),
    {
      method: 'POST',
      path: configMaps,
      headers: { ...json, 'Content-Encoding': 'gzip' },
      bytes: 'H4sIAAAAAAAAA6uuBQBDv6ajAgAAAA==',
    },
    { method: 'POST', path: configMaps, headers: { ...json, 'Content-Encoding': 'gzip' }, body: 'garbage' },
    post(configMaps, { metadata: { name: 'A_b' } }, { ...json, 'Content-Encoding': 'foo' }),
    ...[
      { metadata: { uid: 'x' } },
      { metadata: { resourceVersion: 'abc' } },
      { metadata: { resourceVersion: '1' } },
    ].map(({ metadata }) => put(configMap, { metadata: { name: 'c', ...metadata } })),
    put(configMap, { metadata: { name: 'c', namespace: 'other' } }),
    put(`${core}/configmaps/absent`, { metadata: { name: 'absent' } }),
    put(`${widgets}/w`, { apiVersion: 'refusals.example.com/v1', kind: 'Widget', metadata: { name: 'w' } }),
    put(`${widgets}/w`, { apiVersion: 'refusals.example.com/v1', kind: 'Widget', metadata: { name: 'x' } }),
    put(`${widgets}/w`, {
      apiVersion: 'refusals.example.com/v1',
      kind: 'Widget',
      metadata: { name: 'w', resourceVersion: 'abc' },
    }),
  ];
}

function patches(): RefusedRequest[] {
  const type = (name: string) => ({ 'Content-Type': `application/${name}` });
  const patch = (kind: string, path: string, body: unknown) => send('PATCH', path, body, type(kind));
  const texts = [
    '',
    'null',
    '[]',
    '{}x',
    '"x"',
    '1',
    '{',
    'garbage',
    '[1]',
    '[[]]',
    '[null]',
    '\u0000',
    '{"a":1,}',
    'true',
  ];
  const kinds = ['json-patch+json', 'merge-patch+json', 'strategic-merge-patch+json'];
  const operations: unknown[] = [
    [{}],
    [{ op: 'foo', path: '/data/a', value: 'x' }],
    [{ op: 'add' }],
    [{ op: 'add', path: '/data/a' }],
    [{ op: 'add', path: 'data', value: 1 }],
    [{ op: 'add', path: '', value: 1 }],
    [{ op: 'replace', path: '', value: {} }],
    [{ op: 'add', path: '/a/b/c', value: 1 }],
    [{ op: 'remove', path: '/data/none' }],
    [{ op: 'remove', path: '/none/x' }],
    [{ op: 'remove', path: '' }],
    [{ op: 'replace', path: '/data/none', value: 'x' }],
    [{ op: 'replace', path: '/none/x', value: 'x' }],
    [{ op: 'test', path: '/data/a', value: 'other' }],
    [{ op: 'test', path: '/data/none', value: 'x' }],
    [{ op: 'test', path: '/data/a' }],
    [{ op: 'move', path: '/data/x' }],
    [{ op: 'move', from: '/data/none', path: '/data/x' }],
    [{ op: 'copy', from: '/data/none', path: '/data/x' }],
    [{ op: 'copy', path: '/data/x' }],
    [{ op: 'add', path: '/metadata/finalizers/5', value: 'x' }],
    [{ op: 'add', path: '/metadata/labels/~2', value: 'x' }],
    [{ op: 'add', path: 1, value: 'x' }],
    [{ op: 1, path: '/data/a', value: 'x' }],
    [{ op: 'replace', path: '/metadata/name', value: 'other' }],
    [{ op: 'replace', path: '/kind', value: 'Pod' }],
    [{ op: 'replace', path: '/apiVersion', value: 'v2' }],
    [{ op: 'replace', path: '/data', value: 'x' }],
    [{ op: 'replace', path: '/data/a', value: 1 }],
    [{ op: 'replace', path: '/metadata', value: null }],
    [{ op: 'replace', path: '/metadata/resourceVersion', value: 'abc' }],
    [{ op: 'replace', path: '/metadata/uid', value: 'x' }],
    [{ op: 'replace', path: '/metadata/labels', value: [] }],
  ];
  const objects: unknown[] = [
    ...[
      { metadata: { name: 'other' } },
      { kind: 'Pod' },
      { apiVersion: 'v2' },
      { metadata: { uid: 'x' } },
      { metadata: null },
    ],
    ...[
      { metadata: { resourceVersion: 'abc' } },
      { metadata: { resourceVersion: '1' } },
      { data: 'x' },
      { data: { a: 1 } },
    ],
    ...[
      { metadata: { namespace: 'other' } },
      { metadata: 'x' },
      { metadata: { labels: 'x' } },
      { kind: 1 },
      { data: [1] },
    ],
    ...[{ apiVersion: null }, { kind: null }, { metadata: { name: null } }, { immutable: 'x' }],
  ];
  const strategic: unknown[] = [
    ...[
      { $patch: 'zz' },
      { $patch: 'replace' },
      { $patch: 'delete' },
      { $patch: 1 },
      { $patch: null },
      { $retainKeys: 'x' },
    ],
    ...[
      { $retainKeys: ['a'], spec: {} },
      { spec: { $patch: 'zz' } },
      { spec: { template: { $patch: 1 } } },
      { spec: 'x' },
    ],
    ...[{ spec: { strategy: { $retainKeys: ['type'], type: 'Recreate', rollingUpdate: {} } } }, { spec: null }],
    ...[
      { spec: { strategy: { $retainKeys: [1], type: 'Foo' } } },
      { spec: { replicas: 'x' } },
      { spec: { replicas: 1.5 } },
    ],
    ...[
      ...[
        'x',
        ['x'],
        [{ image: 'x' }],
        [{ name: 1 }],
        [{ name: 'c', $patch: 'zz' }],
        [{ $patch: 'delete' }],
        [['x']],
        {},
        [1],
      ],
      ...[
        [{ name: 'c' }, 'x'],
        [{ name: 'c', $patch: 'merge' }],
        [{ $patch: 'replace' }],
        [null],
        [{ name: 'c', ports: [{}] }],
      ],
      ...[[{ name: 'c', ports: [{ containerPort: 'x' }] }], [{ name: 'c', env: [{ name: 'a', value: 1 }] }]],
    ].map((containers) => ({ spec: { template: { spec: { containers } } } })),
    { spec: { template: { spec: { '$setElementOrder/containers': 'x' } } } },
    {
      spec: {
        template: { spec: { '$setElementOrder/containers': [{ x: 1 }], containers: [{ name: 'c', image: 'i' }] } },
      },
    },
    {
      spec: {
        template: { spec: { '$setElementOrder/containers': [{ name: 'd' }], containers: [{ name: 'c', image: 'i' }] } },
      },
    },
    { spec: { template: { spec: { '$setElementOrder/containers': ['c'], containers: [{ name: 'c', image: 'i' }] } } } },
    { metadata: { '$deleteFromPrimitiveList/finalizers': 'x' } },
    { metadata: { '$deleteFromPrimitiveList/finalizers': [{}] } },
    { metadata: { finalizers: [{ a: 1 }] } },
    { spec: { template: { spec: { '$deleteFromPrimitiveList/containers': ['c'] } } } },
  ];
  const applied: unknown[] = [
    ...['', 'null', '[]', 'x', 'a: [', '{', '- a', '---\n---\n', 'a: &a [*a]', '\t- a', '1', '\u0000'],
    ...[{}, { apiVersion: 'v1' }, { kind: 'ConfigMap' }, { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'c' } }],
    ...[
      { apiVersion: 'v2', kind: 'ConfigMap', metadata: { name: 'c' } },
      { apiVersion: 1, kind: 'ConfigMap' },
    ],
    ...[
      'name: other',
      'name: 1',
      'namespace: other',
      'managedFields: [{}]',
      'resourceVersion: "1"',
      'resourceVersion: abc',
      'uid: x',
    ].map((line) => `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: c, ${line} }`.replace('name: c, name', 'name')),
    ...[
      'data: x',
      'data: { a: 1 }',
      'data: []',
      'foo: 1',
      'data: { a: x, a: y }',
      'metadata: {}',
      'immutable: x',
      'data: null',
    ].map((line) => `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: c }\n${line}`),
  ];
  const duplicated = (fields: string) =>
    `apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: d }\nspec: { template: { spec: { containers: ${fields} } } }`;
  return [
    ...kinds.flatMap((kind) => texts.map((text) => patch(kind, configMap, text))),
    ...operations.flatMap((body) => [
      patch('json-patch+json', configMap, body),
      patch('json-patch+json', `${widgets}/w`, body),
    ]),
    ...objects.flatMap((body) => [
      patch('merge-patch+json', configMap, body),
      patch('strategic-merge-patch+json', configMap, body),
      patch('merge-patch+json', `${widgets}/w`, body),
    ]),
    ...strategic.map((body) => patch('strategic-merge-patch+json', deployment, body)),
    patch('strategic-merge-patch+json', configMap, { $patch: 'zz' }),
    patch('strategic-merge-patch+json', `${widgets}/w`, {}),
    ...applied.map((body) => patch('apply-patch+yaml', `${configMap}?fieldManager=m`, body)),
    ...[{ spec: { size: 1 } }, { spec: { foo: 1 } }, { foo: 1 }, { metadata: { name: 'x' } }].map((more) =>
      patch('apply-patch+yaml', `${widgets}/w?fieldManager=m`, {
        ...{ apiVersion: 'refusals.example.com/v1', kind: 'Widget', metadata: { name: 'w' } },
        ...more,
      }),
    ),
    ...[
      '[{ name: a }, { name: a }]',
      '[{ image: x }]',
      '[x]',
      '{}',
      '[{ name: c, foo: 1 }]',
      '[{ name: c, ports: [{ containerPort: x }] }]',
    ].map((fields) => patch('apply-patch+yaml', `${deployment}?fieldManager=m`, duplicated(fields))),
    ...kinds.flatMap((kind) => [
      patch(kind, `${core}/configmaps/absent`, kind.startsWith('json') ? [] : {}),
      patch(
        kind,
        `${deployment}/scale`,
        kind.startsWith('json') ? [{ op: 'replace', path: '/spec/replicas', value: 'x' }] : { spec: { replicas: -1 } },
      ),
      patch(kind, `${widgets}/absent`, kind.startsWith('json') ? [] : {}),
    ]),
    patch(
      'apply-patch+yaml',
      '/api/v1/namespaces/absent/configmaps/x?fieldManager=m',
      'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: x }',
    ),
    patch('apply-patch+cbor', configMap, '{}'),
    patch('foo', configMap, '{}'),
    send('PATCH', configMap, '{}', {}),
  ];
}

function subresources(): RefusedRequest[] {
  const scales: unknown[] = [
    ...[
      '',
      '{',
      'null',
      '[]',
      {},
      { spec: { replicas: -1 } },
      { spec: { replicas: 'x' } },
      { spec: { replicas: 2 ** 40 } },
    ],
    ...[
      { kind: 'Deployment', apiVersion: 'apps/v1' },
      { kind: 'Scale', apiVersion: 'apps/v1' },
      { metadata: { name: 'other' } },
    ],
    ...[{ metadata: { name: 'd', namespace: 'other' } }, { metadata: { name: 'd', resourceVersion: '1' } }],
    ...[{ metadata: { name: 'd', resourceVersion: 'abc' } }, { metadata: { name: 'd', uid: 'x' } }, { spec: 'x' }],
  ];
  const evictions: unknown[] = [
    ...['', '{', 'null', '[]', {}, { metadata: { name: 'other' } }, { apiVersion: 'policy/v2', kind: 'Eviction' }],
    ...[
      { kind: 'Pod', apiVersion: 'v1' },
      { metadata: { name: 'pending' }, deleteOptions: { dryRun: ['x'] } },
    ],
    ...[
      { metadata: { name: 'pending' }, deleteOptions: 'x' },
      { metadata: { name: 'pending' }, deleteOptions: { preconditions: { uid: 'x' } } },
    ],
    ...[
      { metadata: { name: 'pending' }, deleteOptions: { gracePeriodSeconds: 'x' } },
      { metadata: { name: 'pending', namespace: 'o' } },
    ],
    ...[{ metadata: { name: 'pending' }, deleteOptions: { propagationPolicy: 'x' } }],
  ];
  const bindings: unknown[] = [
    ...[
      '',
      '{',
      {},
      { target: {} },
      { metadata: { name: 'other' }, target: { name: 'x' } },
      { target: { kind: 'Pod', name: 'x' } },
    ],
    ...[
      { target: { kind: 'Node', name: '' } },
      { kind: 'Pod' },
      { target: 'x' },
      { metadata: { name: 'running' }, target: { name: 'n' } },
    ],
    ...[{ metadata: { name: 'running', uid: 'x' }, target: { name: 'n' } }],
  ];
  const tokens: unknown[] = [
    ...['', '{', 'null', {}, { spec: { expirationSeconds: 1 } }, { spec: { expirationSeconds: -1 } }, { kind: 'Foo' }],
    ...[{ spec: { expirationSeconds: 'x' } }, { spec: { expirationSeconds: 2 ** 33 } }, { spec: { audiences: 'x' } }],
    ...[{ spec: { boundObjectRef: { kind: 'Foo', apiVersion: 'v1', name: 'x' } } }, { spec: { boundObjectRef: {} } }],
    ...[
      { spec: { boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'absent' } } },
      { metadata: { name: 'other' } },
    ],
    ...[
      { spec: { boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'pending', uid: 'x' } } },
      { metadata: { namespace: 'o' } },
    ],
    ...[{ spec: { boundObjectRef: { kind: 'Pod', apiVersion: 'v2', name: 'pending' } } }],
  ].filter((body) => JSON.stringify(body) !== '{}');
  return [
    ...scales.flatMap((body) => [put(`${deployment}/scale`, body), put(`${widgets}/w/scale`, body)]),
    put(`${apps}/deployments/absent/scale`, { metadata: { name: 'absent' } }),
    ...evictions.map((body) => post(`${pod}/eviction?dryRun=All`, body)),
    ...evictions.slice(0, 6).map((body) => post(`${core}/pods/absent/eviction`, body)),
    ...bindings.flatMap((body) => [post(`${running}/binding`, body), post(`${core}/bindings`, body)]),
    ...tokens.map((body) => post(`${core}/serviceaccounts/default/token`, body)),
    post(`${core}/serviceaccounts/absent/token`, {}),
    post(`${core}/serviceaccounts/default/token?dryRun=foo`, {}),
    ...[
      '',
      '{',
      {},
      { metadata: { name: 'other' } },
      { spec: { finalizers: 'x' } },
      { metadata: { name: namespace, resourceVersion: '1' } },
    ].map((body) => put(`/api/v1/namespaces/${namespace}/finalize`, body)),
    ...['', '{', { metadata: { name: 'other' } }, { status: 'x' }, { status: { phase: 1 } }].flatMap((body) => [
      put(`${pod}/status`, body),
      put(`${widgets}/w/status`, body),
    ]),
    ...['', '{', { metadata: { name: 'other' } }, { spec: { ephemeralContainers: [{}] } }].flatMap((body) => [
      put(`${pod}/ephemeralcontainers`, body),
      put(`${pod}/resize`, body),
    ]),
    ...['approval', 'status'].map((sub) =>
      put(`/apis/certificates.k8s.io/v1/certificatesigningrequests/absent/${sub}`, { metadata: { name: 'absent' } }),
    ),
  ];
}

function reviews(): RefusedRequest[] {
  const attributes = { verb: 'get', resource: 'pods' };
  const access: unknown[] = [
    ...['', '{', 'null', '[]', {}, { spec: {} }, { spec: { user: 'x' } }, { spec: { resourceAttributes: attributes } }],
    ...[{ spec: { user: 'x', resourceAttributes: attributes, nonResourceAttributes: { path: '/', verb: 'get' } } }],
    ...[{ spec: 'x' }, { spec: { user: 1 } }, { spec: { user: 'x', resourceAttributes: 'x' } }, { kind: 'Foo' }],
    ...[
      { spec: { user: 'x', resourceAttributes: attributes }, metadata: { name: 'x' } },
      { metadata: { namespace: 'x' } },
    ],
    ...[
      { spec: { user: 'x', groups: 'x' } },
      { apiVersion: 'authorization.k8s.io/v1beta1', kind: 'SubjectAccessReview' },
    ],
    ...[{ fieldSelector: { rawSelector: 'a=b', requirements: [{ key: 'a', operator: 'In', values: ['b'] }] } }].map(
      (more) => ({
        spec: { user: 'x', resourceAttributes: { ...attributes, ...more } },
      }),
    ),
    ...[{ fieldSelector: { requirements: [{ key: 'a', operator: 'Foo' }] } }, { fieldSelector: {} }].map((more) => ({
      spec: { user: 'x', resourceAttributes: { ...attributes, ...more } },
    })),
    ...[
      { labelSelector: { requirements: [{ key: '', operator: 'In' }] } },
      { labelSelector: { rawSelector: '(' } },
    ].map((more) => ({
      spec: { user: 'x', resourceAttributes: { ...attributes, ...more } },
    })),
  ].filter(
    (body) =>
      JSON.stringify(body) !==
      '{"spec":{"user":"x","resourceAttributes":{"verb":"get","resource":"pods","labelSelector":{"rawSelector":"("}}}}',
  );
  const root = '/apis/authorization.k8s.io/v1';
  const local = `${root}/namespaces/${namespace}/localsubjectaccessreviews`;
  return [
    ...access.flatMap((body) => [
      post(`${root}/subjectaccessreviews`, body),
      post(`${root}/selfsubjectaccessreviews`, body),
      post(local, body),
    ]),
    post(local, { spec: { user: 'x', resourceAttributes: { ...attributes, namespace: 'other' } } }),
    post(local, { metadata: { namespace: 'other' }, spec: { user: 'x', resourceAttributes: attributes } }),
    post(local, { spec: { user: 'x', nonResourceAttributes: { path: '/', verb: 'get' } } }),
    ...['', '{', {}, { spec: {} }, { spec: 'x' }, { spec: { namespace: 1 } }].map((body) =>
      post(`${root}/selfsubjectrulesreviews`, body),
    ),
    ...['', '{', {}, { spec: {} }, { spec: { token: 1 } }, { spec: { token: 'x', audiences: 'x' } }].map((body) =>
      post('/apis/authentication.k8s.io/v1/tokenreviews', body),
    ),
    ...['', '{', { spec: {} }, { kind: 'Foo' }].map((body) =>
      post('/apis/authentication.k8s.io/v1/selfsubjectreviews', body),
    ),
    post(`${root}/subjectaccessreviews?dryRun=foo`, { spec: { user: 'x', resourceAttributes: attributes } }),
    post(`${root}/subjectaccessreviews?fieldValidation=Strict`, {
      spec: { user: 'x', foo: 1, resourceAttributes: attributes },
    }),
  ];
}

function streams(): RefusedRequest[] {
  const logs = [
    ...[
      '',
      'container=nope',
      'container=a&tailLines=-1',
      'container=',
      'previous=foo&container=nope',
      'follow=foo&container=nope',
    ],
    ...numbers.flatMap((text) =>
      ['tailLines', 'limitBytes', 'sinceSeconds'].map((name) => `container=a&${name}=${encoded(text)}`),
    ),
    ...[
      'limitBytes=0',
      'sinceSeconds=0',
      'sinceTime=foo',
      'sinceTime=2026-01-01',
      'sinceTime=2026-01-01T00:00:00Z&sinceSeconds=1',
    ],
    ...[
      'sinceTime=',
      'stream=Foo',
      'stream=Stdout&tailLines=1',
      'stream=stdout',
      'stream=',
      'limitBytes=-1&tailLines=-1&sinceSeconds=-1',
    ],
    ...['timestamps=foo', 'insecureSkipTLSVerifyBackend=foo', 'foo=bar', 'tailLines=1&tailLines=x', 'pretty=foo'],
  ];
  const commands = [
    ...[
      '',
      'command=ls',
      'stdout=1',
      'command=ls&stdout=1',
      'command=ls&stdout=foo',
      'container=nope&command=ls&stdout=1',
    ],
    ...['container=c&command=ls&stdin=1&tty=1&stderr=1', 'stdin=foo', 'tty=1', 'command=&stdout=1'],
  ];
  return [
    ...logs.map((query) => get(`${pod}/log?${query}`)),
    get(`${core}/pods/absent/log?tailLines=-1`),
    get(`${core}/pods/absent/log?container=x`),
    get(`${running}/log?container=nope`),
    get(`${running}/log?previous=true`),
    get(`${running}/log?stream=Stdout&tailLines=1`),
    ...commands.flatMap((query) => [
      post(`${running}/exec?${query}`, '', {}),
      get(`${running}/exec?${query}`),
      get(`${running}/attach?${query}`),
      get(`${pod}/exec?${query}`),
    ]),
    get(`${core}/pods/absent/exec?command=ls&stdout=1`),
    ...['', 'ports=80', 'ports=x', 'ports=0', 'ports=70000'].flatMap((query) => [
      get(`${running}/portforward?${query}`),
      post(`${running}/portforward?${query}`, '', {}),
    ]),
    get(`${pod}/portforward`),
    get(`${core}/pods/absent/portforward`),
    get(`${core}/pods/absent/proxy/`),
    get(`${core}/pods/a:b:c:d/proxy/`),
    get(`${core}/pods/pending:80/proxy/`),
    get(`${core}/services/absent/proxy/`),
    get(`${core}/services/s/proxy/`),
    get(`${core}/services/s:99/proxy/`),
    get(`${core}/services/foo:s:80/proxy/`),
    get('/api/v1/nodes/absent/proxy/'),
    get('/api/v1/nodes/absent/proxy/pods'),
    send('PUT', `${running}/exec`, '', {}),
    send('DELETE', `${running}/log`, '', {}),
  ];
}
