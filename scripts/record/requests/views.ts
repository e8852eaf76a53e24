/** What is asked for in the Accept header, and paths and methods that there are not. */
import {
  configMap,
  core,
  deployment,
  get,
  json,
  namespace,
  post,
  put,
  type RefusedRequest,
  send,
  widgets,
} from './shared.ts';

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

export function views(): RefusedRequest[] {
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

export function paths(): RefusedRequest[] {
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
