import { describe, expect, it } from 'vitest';
import { readRecording } from '../../../scripts/conformance/recordings.ts';
import type { ResourceDefinition, StrategyContext } from '../../../src/embedded/definition.ts';
import { invalid } from '../../../src/embedded/errors/status.ts';
import { validateMeta } from '../../../src/embedded/registry/metadata.ts';
import { clusterRoleBindingResource } from '../../../src/embedded/resources/cluster-role-bindings.ts';
import { clusterRoleResource } from '../../../src/embedded/resources/cluster-roles.ts';
import { roleBindingResource } from '../../../src/embedded/resources/role-bindings.ts';
import { roleResource } from '../../../src/embedded/resources/roles.ts';
import type { KubeObject, Stored } from '../../../src/kube/meta.ts';
import { Memory, roleBinding, subject } from './memory.ts';

const definitions = [
  roleResource,
  clusterRoleResource,
  roleBindingResource,
  clusterRoleBindingResource,
] as ResourceDefinition[];
const context = { operation: 'create' } as StrategyContext;

/** What the registry answers to this object; undefined: it is stored. */
function refusal(d: ResourceDefinition, object: KubeObject): object | undefined {
  d.strategy.defaults?.(object);
  const errors = [...validateMeta(d, object), ...(d.strategy.validate?.(object, context) ?? [])];
  return errors.length === 0 ? undefined : invalid(d, object.metadata?.name ?? '', errors).status;
}

const find = (resource: string) => {
  const d = definitions.find((x) => x.resource === resource);
  if (!d) throw new Error(resource);
  return d;
};

describe('roles and bindings', () => {
  it('name every problem of every rule', () => {
    const object = {
      metadata: { name: 'bad', namespace: 'swan' },
      rules: [
        { verbs: ['get'] },
        { resources: ['pods'], apiGroups: [''] },
        { nonResourceURLs: ['/healthz'], verbs: ['get'] },
      ],
    };
    expect(refusal(find('roles'), object)).toMatchObject({
      message:
        'Role.rbac.authorization.k8s.io "bad" is invalid: [rules[0].apiGroups: Required value: resource rules must supply at least one api group, rules[0].resources: Required value: resource rules must supply at least one resource, rules[1].verbs: Required value: verbs must contain at least one value, rules[2].nonResourceURLs: Invalid value: ["/healthz"]: namespaced rules cannot apply to non-resource URLs]',
    });
  });

  it('want a selector in an aggregationRule', () => {
    expect(refusal(find('clusterroles'), { metadata: { name: 'a' }, aggregationRule: {} } as KubeObject)).toMatchObject(
      {
        message:
          'ClusterRole.rbac.authorization.k8s.io "a" is invalid: aggregationRule.clusterRoleSelectors: Required value: at least one clusterRoleSelector required if aggregationRule is non-nil',
      },
    );
  });

  it('keep their roleRef', () => {
    const old = new Memory().put(roleBinding('swan', 'b', 'Role/r', [subject('User', 'jane')]));
    const changed = { ...old, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'other' } };
    expect(find('rolebindings').strategy.validateUpdate?.(changed, old, context)).toEqual([
      {
        field: 'roleRef',
        reason: 'FieldValueInvalid',
        message:
          'Invalid value: {"APIGroup":"rbac.authorization.k8s.io","Kind":"Role","Name":"other"}: cannot change roleRef',
      },
    ]);
  });

  it('show whom they bind', () => {
    const binding = roleBinding('swan', 'b', 'ClusterRole/view', [
      subject('User', 'a'),
      subject('User', 'b'),
      subject('Group', 'g'),
      subject('ServiceAccount', 's', 'n'),
    ]);
    const stored = new Memory().put(binding) as Stored;
    expect(find('rolebindings').cells(stored, Date.parse('2026-01-01T00:00:05Z'))).toEqual([
      'b',
      'ClusterRole/view',
      '5s',
      'a, b',
      'g',
      'n/s',
    ]);
  });
});

interface Exchange {
  name: string;
  method: string;
  path: string;
  body: KubeObject;
  status: number;
  response: object;
}

describe('validation as recorded', () => {
  const exchanges = readRecording('exchanges/validation.jsonl')
    .split('\n')
    .filter((line) => line.includes('"/apis/rbac.authorization.k8s.io/'))
    .map((line) => JSON.parse(line) as Exchange)
    .filter((e) => e.method === 'POST');

  it.each(exchanges.map((e) => [e.name, e] as const))('%s', (_name, { path, body, status, response }) => {
    const [resource = ''] = path.split('/').slice(-1);
    const namespace = /namespaces\/([^/]+)/.exec(path)?.[1];
    const object = { ...body, metadata: { ...body.metadata, ...(namespace && { namespace }) } };
    expect(refusal(find(resource), object)).toEqual(status === 422 ? response : undefined);
  });
});
