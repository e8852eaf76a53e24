import { describe, expect, it } from 'vitest';
import type { User } from '../../../src/embedded/api.ts';
import { createAuthorizer } from '../../../src/embedded/rbac/authorizer.ts';
import { bootstrapRbac } from '../../../src/embedded/rbac/bootstrap.ts';
import { escalationCheck } from '../../../src/embedded/rbac/escalation.ts';
import type { AdmissionAttributes } from '../../../src/embedded/registry/admission.ts';
import { clusterRoleResource } from '../../../src/embedded/resources/cluster-roles.ts';
import { roleBindingResource } from '../../../src/embedded/resources/role-bindings.ts';
import { roleResource } from '../../../src/embedded/resources/roles.ts';
import { ManualClock } from '../../../src/kernel/clock.ts';
import type { KubeObject, Stored } from '../../../src/kube/meta.ts';
import { clusterRole, Memory, role, roleBinding, subject } from './memory.ts';

const jane: User = { name: 'jane', groups: ['dev', 'system:authenticated'] };
const held = [
  { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] },
  { apiGroups: [''], resources: ['configmaps'], verbs: ['get'], resourceNames: ['only'] },
];

function attempt(object: KubeObject, more: { extra?: unknown[]; old?: Stored; user?: User } = {}): string {
  const memory = new Memory([
    ...bootstrapRbac(),
    role('swan', 'held', [...held, ...(more.extra ?? [])]),
    roleBinding('swan', 'held', 'Role/held', [subject('User', 'jane')]),
  ]);
  const definition = [roleResource, clusterRoleResource, roleBindingResource].find((d) => d.kind === object.kind);
  const attributes: AdmissionAttributes = {
    definition: definition as AdmissionAttributes['definition'],
    operation: more.old ? 'UPDATE' : 'CREATE',
    namespace: object.metadata?.namespace,
    name: object.metadata?.name,
    object,
    oldObject: more.old,
    user: more.user ?? jane,
    dryRun: false,
    clock: new ManualClock(),
    warn() {},
    read: (r, namespace, name) => memory.read(r, namespace, name),
    listAll: (r, namespace) => memory.listAll(r, namespace),
    definitions: () => [],
    updateStatus: () => undefined,
  };
  try {
    escalationCheck(createAuthorizer({ reader: memory, revision: () => memory.revision })).mutate?.(attributes);
    return 'allowed';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const grant = (lines: string[], where: string) =>
  `${where} is forbidden: user "jane" (groups=["dev" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n${lines.join('\n')}`;
const secrets = { apiGroups: [''], resources: ['secrets'], verbs: ['get'] };

describe('escalation prevention', () => {
  it('lets a user write roles with what he holds', () => {
    expect(attempt(role('swan', 'e', [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }]))).toBe('allowed');
  });

  it('lists what is missing, sorted, verbs of one resource together', () => {
    const wanted = [
      { apiGroups: [''], resources: ['pods', 'services'], verbs: ['get', 'delete'] },
      { apiGroups: ['apps'], resources: ['deployments'], verbs: ['create'] },
      { apiGroups: [''], resources: ['configmaps'], resourceNames: ['only', 'x'], verbs: ['get'] },
    ];
    expect(attempt(role('swan', 'e4', wanted))).toBe(
      grant(
        [
          '{APIGroups:[""], Resources:["configmaps"], ResourceNames:["x"], Verbs:["get"]}',
          '{APIGroups:[""], Resources:["pods"], Verbs:["delete"]}',
          '{APIGroups:[""], Resources:["services"], Verbs:["get" "delete"]}',
          '{APIGroups:["apps"], Resources:["deployments"], Verbs:["create"]}',
        ],
        'roles.rbac.authorization.k8s.io "e4"',
      ),
    );
  });

  it('is lifted by the verb escalate, by * and for system:masters', () => {
    const rule = (verb: string) => ({ apiGroups: ['rbac.authorization.k8s.io'], resources: ['roles'], verbs: [verb] });
    const wanted = role('swan', 'e', [secrets]);
    expect(attempt(wanted, { extra: [rule('escalate')] })).toBe('allowed');
    expect(attempt(wanted, { extra: [rule('*')] })).toBe('allowed');
    expect(attempt(wanted, { extra: [rule('create')] })).not.toBe('allowed');
    expect(attempt(wanted, { user: { name: 'x', groups: ['system:masters'] } })).toBe('allowed');
  });

  it('does not mind updates that change nothing but owners and finalizers', () => {
    const old = new Memory().put(role('swan', 'e', [secrets]));
    expect(attempt({ ...old, metadata: { ...old.metadata, finalizers: [] } }, { old })).toBe('allowed');
    expect(attempt({ ...old, metadata: { ...old.metadata, labels: { a: 'b' } } }, { old })).not.toBe('allowed');
  });

  it('wants everything for an aggregationRule', () => {
    const aggregated = clusterRole('agg', [], { aggregationRule: { clusterRoleSelectors: [{}] } });
    expect(attempt(aggregated)).toBe(
      'clusterroles.rbac.authorization.k8s.io "agg" is forbidden: must have cluster-admin privileges to use the aggregationRule',
    );
  });

  it('checks what a binding gives away', () => {
    const bind = (ref: string, extra?: unknown[]) =>
      attempt(roleBinding('swan', 'b', ref, [subject('User', 'bob')]), { extra });
    expect(bind('Role/held')).toBe('allowed');
    expect(bind('ClusterRole/cluster-admin')).toBe(
      grant(
        ['{APIGroups:["*"], Resources:["*"], Verbs:["*"]}', '{NonResourceURLs:["*"], Verbs:["*"]}'],
        'rolebindings.rbac.authorization.k8s.io "b"',
      ),
    );
    expect(bind('ClusterRole/nope')).toBe('rolebindings.rbac.authorization.k8s.io "nope" not found');
    const mayBind = {
      apiGroups: ['rbac.authorization.k8s.io'],
      resources: ['clusterroles'],
      resourceNames: ['edit'],
      verbs: ['bind'],
    };
    expect(bind('ClusterRole/edit', [mayBind])).toBe('allowed');
    expect(bind('ClusterRole/view', [mayBind])).not.toBe('allowed');
  });
});
