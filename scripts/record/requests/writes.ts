/** Options of writes and deletions. */
import { configMap, core, encoded, numbers, post, put, type RefusedRequest, send, widgets } from './shared.ts';

const long = 'x'.repeat(129);

export function writeOptions(): RefusedRequest[] {
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

export function deletions(): RefusedRequest[] {
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
