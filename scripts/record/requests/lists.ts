/** Lists and watches: selectors, versions, pages. */
import { configMap, core, encoded, get, numbers, type RefusedRequest, widgets } from './shared.ts';

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

export function listings(): RefusedRequest[] {
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

export function watches(): RefusedRequest[] {
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
