import { describe, expect, it } from 'vitest';
import * as resources from '../../../src/kube/resources.ts';
import type { PrintedObject } from '../../../src/kube/tables.ts';
import { isUnwell, standingOf, treeOf } from '../../../src/tui/cluster/tree.ts';

const object = (uid: string, more: Partial<PrintedObject> = {}): PrintedObject => ({
  resource: resources.pods,
  name: uid,
  namespace: 'shop',
  uid,
  cells: {},
  ...more,
});

const objects = [
  object('node', { resource: resources.nodes, namespace: undefined } as Partial<PrintedObject>),
  object('pod', { owner: 'set' }),
  object('set', { resource: resources.replicaSets, owner: 'web' }),
  object('web', { resource: resources.deployments }),
  object('dns', { namespace: 'kube-system' }),
  object('other', { namespace: 'bar' }),
  object('kube-root-ca.crt', { resource: resources.configMaps }),
  object('orphan', { owner: 'gone' }),
];

const shapeOf = (all: boolean) =>
  treeOf(objects, 'shop', all).map(({ namespace, rows }) => [
    namespace,
    ...rows.map((row) => `${'-'.repeat(row.depth)}${row.object.uid}`),
  ]);

describe('the tree of a cluster', () => {
  it('has what is owned below its owner, the namespace of the lab first, the cluster last', () => {
    expect(shapeOf(false)).toEqual([
      ['shop', 'web', '-set', '--pod', 'orphan'],
      ['bar', 'other'],
      ['', 'node'],
    ]);
  });

  it('has what belongs to the system only if it is asked for', () => {
    expect(shapeOf(true).map(([namespace]) => namespace)).toEqual(['shop', 'bar', 'kube-system', '']);
    expect(shapeOf(true)[0]).toContain('kube-root-ca.crt');
  });

  it('says how an object stands as the server prints it, and whether it is well', () => {
    const pod = (READY: string, STATUS: string) => object('p', { cells: { READY, STATUS, NODE: '<none>' } });
    expect(standingOf(pod('1/1', 'Running'))).toBe('1/1  Running');
    expect(isUnwell(pod('1/1', 'Running'))).toBe(false);
    expect(isUnwell(pod('0/1', 'Completed'))).toBe(false);
    expect(isUnwell(pod('0/1', 'Running'))).toBe(true);
    expect(isUnwell(pod('1/1', 'CrashLoopBackOff'))).toBe(true);
  });
});
