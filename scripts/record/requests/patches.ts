/** Patches of every type. */
import { configMap, core, deployment, type RefusedRequest, send, widgets } from './shared.ts';

export function patches(): RefusedRequest[] {
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
