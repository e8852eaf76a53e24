import { expect, it } from 'vitest';
import { mutantsOf } from '../../src/authoring/mutants.ts';
import { clusterRoles } from '../../src/kube/resources.ts';

it('makes mutants of a ClusterRole whose rules are null', () => {
  const after = { metadata: { name: 'nothing' }, rules: null };
  const names = mutantsOf([{ resource: clusterRoles, after }] as never).map(({ name }) => name);
  expect(names).toContain('ClusterRole nothing: left out');
});
