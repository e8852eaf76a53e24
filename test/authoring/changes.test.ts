import { expect, it } from 'vitest';
import { changesBetween } from '../../src/authoring/changes.ts';
import type { Stored } from '../../src/kube/meta.ts';

const role = (name: string, resource: string, more: object = {}) =>
  [
    `/clusterroles/${name}`,
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name },
      rules: [{ apiGroups: [''], resources: [resource], verbs: ['get'] }],
      ...more,
    } as unknown as Stored,
  ] as const;
const aggregated = { aggregationRule: { clusterRoleSelectors: [{ matchLabels: { to: 'view' } }] } };

it('sees what was written, not what a controller made of it', () => {
  const before = new Map([role('part', 'pods'), role('view', 'pods', aggregated)]);
  const after = new Map([role('part', 'nodes'), role('view', 'nodes', aggregated)]);
  expect(changesBetween(before, after).map((change) => change.after?.metadata?.name)).toEqual(['part']);
});
