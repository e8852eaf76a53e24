/** Subresources, reviews and streams. */
import {
  apps,
  core,
  deployment,
  encoded,
  get,
  namespace,
  numbers,
  pod,
  post,
  put,
  type RefusedRequest,
  running,
  send,
  widgets,
} from './shared.ts';

export function subresources(): RefusedRequest[] {
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

export function reviews(): RefusedRequest[] {
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

export function streams(): RefusedRequest[] {
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
