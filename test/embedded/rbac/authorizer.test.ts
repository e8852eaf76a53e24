import { describe, expect, it } from 'vitest';
import type { User } from '../../../src/embedded/api.ts';
import { createAuthorizer } from '../../../src/embedded/rbac/authorizer.ts';
import { bootstrapRbac } from '../../../src/embedded/rbac/bootstrap.ts';
import { clusterRole, clusterRoleBinding, Memory, role, roleBinding, subject } from './memory.ts';

const jane: User = { name: 'jane', groups: ['dev', 'system:authenticated'] };
const bob: User = { name: 'bob', groups: ['system:authenticated'] };
const app: User = {
  name: 'system:serviceaccount:swan:app',
  groups: ['system:serviceaccounts', 'system:serviceaccounts:swan', 'system:authenticated'],
};

function cluster(...objects: object[]) {
  const memory = new Memory([...bootstrapRbac(), ...objects]);
  const authorizer = createAuthorizer({ reader: memory, revision: () => memory.revision });
  const ask = (user: User, verb: string, resource: string, namespace?: string, more: object = {}) =>
    authorizer.authorize({ user, verb, resourceRequest: true, group: '', version: 'v1', resource, namespace, ...more });
  const path = (user: User, url: string) =>
    authorizer.authorize({ user, verb: 'get', resourceRequest: false, path: url });
  return { memory, authorizer, ask, path };
}

const readPods = { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] };

describe('RBAC', () => {
  it('denies what nothing grants, without a reason', () => {
    expect(cluster().ask(jane, 'list', 'pods', 'swan')).toEqual({ allowed: false, reason: '' });
  });

  it('names the binding, the role and the subject that allow', () => {
    const { ask } = cluster(
      role('swan', 'pods', [readPods]),
      roleBinding('swan', 'pods', 'Role/pods', [subject('Group', 'dev'), subject('ServiceAccount', 'app', 'swan')]),
    );
    expect(ask(jane, 'list', 'pods', 'swan').reason).toBe(
      'RBAC: allowed by RoleBinding "pods/swan" of Role "pods" to Group "dev"',
    );
    expect(ask(app, 'list', 'pods', 'swan').reason).toBe(
      'RBAC: allowed by RoleBinding "pods/swan" of Role "pods" to ServiceAccount "app/swan"',
    );
    expect(ask(bob, 'list', 'pods', 'swan').allowed).toBe(false);
  });

  it('denies list pods when the binding names another namespace', () => {
    const { ask } = cluster(
      role('goose', 'pods', [readPods]),
      roleBinding('goose', 'pods', 'Role/pods', [subject('ServiceAccount', 'app', 'swan')]),
    );
    expect(ask(app, 'list', 'pods', 'goose').allowed).toBe(true);
    expect(ask(app, 'list', 'pods', 'swan').allowed).toBe(false);
    expect(ask(app, 'list', 'pods').allowed).toBe(false);
  });

  it('reads a ServiceAccount subject without a namespace as one of the binding', () => {
    const { ask } = cluster(
      role('swan', 'pods', [readPods]),
      roleBinding('swan', 'pods', 'Role/pods', [{ kind: 'ServiceAccount', name: 'app' }]),
      clusterRole('nodes', [{ apiGroups: [''], resources: ['nodes'], verbs: ['list'] }]),
      clusterRoleBinding('nodes', 'nodes', [{ kind: 'ServiceAccount', name: 'app' }]),
    );
    expect(ask(app, 'get', 'pods', 'swan').allowed).toBe(true);
    expect(ask(app, 'list', 'nodes').allowed).toBe(false);
  });

  it('grants a ClusterRole through a RoleBinding in its namespace only', () => {
    const { ask } = cluster(
      roleBinding('swan', 'v', 'ClusterRole/view', [subject('Group', 'system:serviceaccounts:swan')]),
    );
    expect(ask(app, 'list', 'pods', 'swan').reason).toBe(
      'RBAC: allowed by RoleBinding "v/swan" of ClusterRole "view" to Group "system:serviceaccounts:swan"',
    );
    expect(ask(app, 'list', 'pods', 'other').allowed).toBe(false);
    expect(ask(app, 'get', 'secrets', 'swan').allowed).toBe(false);
  });

  it('tells of roles that are missing when nothing else allows', () => {
    const { ask } = cluster(
      roleBinding('swan', 'a', 'Role/podz', [subject('User', 'bob')]),
      roleBinding('swan', 'b', 'ClusterRole/gone', [subject('User', 'bob')]),
      roleBinding('swan', 'c', 'ClusterRole/view', [subject('User', 'bob')]),
    );
    expect(ask(bob, 'list', 'pods', 'swan').allowed).toBe(true);
    expect(ask(bob, 'list', 'secrets', 'swan').reason).toBe(
      'RBAC: [role.rbac.authorization.k8s.io "podz" not found, clusterrole.rbac.authorization.k8s.io "gone" not found]',
    );
  });

  it('follows every change at once', () => {
    const { memory, ask } = cluster(role('swan', 'pods', [readPods]));
    expect(ask(bob, 'list', 'pods', 'swan').allowed).toBe(false);
    memory.put(roleBinding('swan', 'b', 'Role/pods', [subject('User', 'bob')]));
    expect(ask(bob, 'list', 'pods', 'swan').allowed).toBe(true);
    memory.put(role('swan', 'pods', [{ ...readPods, verbs: ['get'] }]));
    expect(ask(bob, 'list', 'pods', 'swan').allowed).toBe(false);
    memory.put(role('swan', 'pods', [readPods]));
    expect(ask(bob, 'list', 'pods', 'swan').allowed).toBe(true);
    memory.remove('RoleBinding', 'swan', 'b');
    expect(ask(bob, 'list', 'pods', 'swan').allowed).toBe(false);
  });

  it('lets system:masters do everything, and anonymous see health and version', () => {
    const { ask, path } = cluster();
    const root = { name: 'x', groups: ['system:masters'] };
    expect(ask(root, 'delete', 'nodes')).toEqual({ allowed: true, reason: '' });
    const anonymous = { name: 'system:anonymous', groups: ['system:unauthenticated'] };
    expect(['/healthz', '/version', '/api', '/metrics'].map((url) => path(anonymous, url).allowed)).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect(path(jane, '/apis/apps/v1').reason).toBe(
      'RBAC: allowed by ClusterRoleBinding "system:discovery" of ClusterRole "system:discovery" to Group "system:authenticated"',
    );
  });

  it('decides more than 20 000 times a second', () => {
    const { ask } = cluster(
      role('swan', 'pods', [readPods]),
      roleBinding('swan', 'pods', 'Role/pods', [subject('ServiceAccount', 'app', 'swan')]),
    );
    const start = performance.now();
    for (let i = 0; i < 20_000; i++) ask(app, 'list', 'pods', 'swan');
    expect(performance.now() - start).toBeLessThan(1000);
  });
});

describe('the node authorizer', () => {
  const kubelet: User = { name: 'system:node:n1', groups: ['system:nodes', 'system:authenticated'] };
  const pod = (name: string, nodeName: string, secret: string) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'swan' },
    spec: {
      nodeName,
      serviceAccountName: 'app',
      containers: [],
      volumes: [{ name: 's', secret: { secretName: secret } }],
    },
  });

  it('says as recorded why it has no opinion', () => {
    const { ask } = cluster();
    expect(ask(kubelet, 'get', 'pods', 'swan').reason).toBe('No Object name found');
    expect(ask(kubelet, 'get', 'secrets', 'swan', { name: 's' }).reason).toBe(
      "no relationship found between node 'n1' and this object",
    );
  });

  it('allows what belongs to the Pods of its node', () => {
    const { ask } = cluster(pod('a', 'n1', 'mine'), pod('b', 'n2', 'other'));
    const allowed = (verb: string, resource: string, more: object) =>
      ask(kubelet, verb, resource, 'swan', more).allowed;
    expect(allowed('get', 'secrets', { name: 'mine' })).toBe(true);
    expect(allowed('get', 'secrets', { name: 'other' })).toBe(false);
    expect(allowed('get', 'pods', { name: 'a' })).toBe(true);
    expect(allowed('get', 'pods', { name: 'b' })).toBe(false);
    expect(allowed('list', 'pods', { fieldSelector: 'spec.nodeName=n1' })).toBe(true);
    expect(allowed('list', 'pods', { fieldSelector: 'spec.nodeName=n2' })).toBe(false);
    expect(allowed('create', 'serviceaccounts', { name: 'app', subresource: 'token' })).toBe(true);
    expect(allowed('create', 'serviceaccounts', { name: 'default', subresource: 'token' })).toBe(false);
    expect(allowed('create', 'events', {})).toBe(true);
    expect(ask(kubelet, 'get', 'nodes', undefined, { name: 'n2' }).reason).toBe(
      "node 'n1' cannot read 'n2', only its own Node object",
    );
  });
});
