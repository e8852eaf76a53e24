import { describe, expect, it } from 'vitest';
import { canI } from '../../src/checks/access/can-i.ts';
import { leastPrivilege } from '../../src/checks/access/least-privilege.ts';
import type { CheckType } from '../../src/checks/types.ts';
import { binding, fakeView, role, swan } from '../helpers/fake-view.ts';

const listPods = '[{ apiGroups: [""], resources: [pods], verbs: [list] }]';

function judge<S>(type: CheckType<S>, spec: object, objects: string, baseline?: string) {
  return type.evaluate(type.schema.parse(spec), fakeView({ objects, ...(baseline ? { baseline } : {}) }));
}

describe('canI', () => {
  const subject = { workload: 'deployment/api-client', namespace: 'project-swan' };
  const ask = (objects: string, more: object = {}) =>
    judge(canI, { subject, verb: 'list', resource: 'pods', namespace: 'project-swan', ...more }, objects);

  it('passes with a Role and a RoleBinding, whatever their names', async () => {
    expect(await ask(swan() + role(listPods) + binding())).toMatchObject({ status: 'pass', actual: 'allowed' });
  });

  it('names the missing binding where there is none', async () => {
    const outcome = await ask(swan());
    expect(outcome).toMatchObject({ status: 'fail', expected: 'allowed', actual: 'denied' });
    expect(outcome.why).toBe(
      'none of the rules that ServiceAccount project-swan/default has allows it to list pods in namespace project-swan',
    );
    expect(outcome.evidence.map((e) => e.text)).toContain(
      'kubectl auth can-i list pods -n project-swan --as=system:serviceaccount:project-swan:default',
    );
  });

  it.each([
    [
      'the binding is in another namespace',
      role(listPods, 'pod-reader', 'default') + binding({ namespace: 'default' }),
      'RoleBinding pod-reader is in namespace default: it gives rights there, not in project-swan',
    ],
    [
      'the subject is of another namespace',
      role(listPods) + binding({ subject: '{ kind: ServiceAccount, name: default, namespace: default }' }),
      'RoleBinding pod-reader names ServiceAccount default of namespace default, not of project-swan',
    ],
    [
      'the subject is a User',
      role(listPods) + binding({ subject: '{ kind: User, name: default }' }),
      'RoleBinding pod-reader names a User default, but the Pods are a ServiceAccount',
    ],
    [
      'the verb is missing',
      role('[{ apiGroups: [""], resources: [pods], verbs: [get, watch] }]') + binding(),
      'Role pod-reader allows get, watch on pods but not list',
    ],
    [
      'the API group is wrong',
      role('[{ apiGroups: [apps], resources: [pods], verbs: [list] }]') + binding(),
      'Role pod-reader names pods in API group "apps", but pods belongs to ""',
    ],
    [
      'the role does not exist',
      binding({ role: 'podz' }),
      'RoleBinding pod-reader refers to Role podz, which does not exist',
    ],
    [
      'another account has the right',
      role(listPods) + binding({ subject: '{ kind: ServiceAccount, name: pod-lister, namespace: project-swan }' }),
      'RoleBinding pod-reader gives the right to ServiceAccount project-swan/pod-lister, but the Pods run as default',
    ],
    [
      'names limit the rule',
      role('[{ apiGroups: [""], resources: [pods], verbs: [list], resourceNames: [a] }]') + binding(),
      'Role pod-reader is limited to the names a, which never covers list',
    ],
  ])('tells that %s', async (_, objects, why) => {
    expect(await ask(swan() + objects)).toMatchObject({ status: 'fail', why });
  });

  it('asks about the ServiceAccount that the Pods use', async () => {
    const granted =
      role(listPods) + binding({ subject: '{ kind: ServiceAccount, name: pod-lister, namespace: project-swan }' });
    expect(await ask(swan('pod-lister') + granted)).toMatchObject({ status: 'pass' });
  });

  it('fails, also for a deny, where the ServiceAccount does not exist', async () => {
    const spec = {
      subject: { serviceAccount: 'ghost', namespace: 'project-swan' },
      verb: 'list',
      resource: 'pods',
      namespace: 'project-swan',
      expect: 'deny',
    };
    const outcome = await judge(canI, spec, swan());
    expect(outcome).toMatchObject({
      status: 'fail',
      why: 'the ServiceAccount ghost does not exist in namespace project-swan',
    });
  });

  it('expects a deny, and tells what allows it', async () => {
    expect(await ask(swan(), { expect: 'deny' })).toMatchObject({ status: 'pass', actual: 'denied' });
    const outcome = await ask(swan() + role(listPods) + binding(), { expect: 'deny' });
    expect(outcome).toMatchObject({ status: 'fail', why: 'allowed by RoleBinding pod-reader' });
  });

  it('tells a subresource from its resource', async () => {
    const objects = swan() + role('[{ apiGroups: [""], resources: [pods], verbs: [get] }]') + binding();
    const outcome = await ask(objects, { verb: 'get', subresource: 'log' });
    expect(outcome.why).toBe('Role pod-reader allows get on pods, which does not include the subresource pods/log');
    expect(outcome.evidence.map((e) => e.text)).toContain(
      'kubectl auth can-i get pods --subresource=log -n project-swan --as=system:serviceaccount:project-swan:default',
    );
  });

  it('takes either a resource or a path', () => {
    expect(canI.schema.safeParse({ subject, verb: 'get' }).success).toBe(false);
    expect(canI.schema.safeParse({ subject, verb: 'get', path: '/metrics' }).success).toBe(true);
  });
});

describe('leastPrivilege', () => {
  const spec = {
    subject: { workload: 'deployment/api-client', namespace: 'project-swan' },
    namespace: 'project-swan',
    required: [{ verbs: ['list'], resources: ['pods'] }],
    allowed: [{ verbs: ['get', 'watch'], resources: ['pods'] }],
  };
  const everyone = `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: system:discovery }
rules: [{ nonResourceURLs: [/api, /api/*], verbs: [get] }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: { name: system:discovery }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: system:discovery }
subjects: [{ apiGroup: rbac.authorization.k8s.io, kind: Group, name: system:authenticated }]
---
`;
  const start = swan() + everyone;
  const measure = (objects: string) => judge(leastPrivilege, spec, start + objects, start);
  const clusterRole = (rules: string) => `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: lists-pods }
rules: ${rules}
---
`;
  const through = (kind: 'RoleBinding' | 'ClusterRoleBinding') => `
apiVersion: rbac.authorization.k8s.io/v1
kind: ${kind}
metadata: { name: lists-pods${kind === 'RoleBinding' ? ', namespace: project-swan' : ''} }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: lists-pods }
subjects: [{ kind: ServiceAccount, name: default, namespace: project-swan }]
---
`;

  it('fails while a required right is missing', async () => {
    expect(await measure('')).toMatchObject({ status: 'fail', actual: 'missing: list pods' });
  });

  it.each([
    ['a Role', role(listPods) + binding()],
    [
      'a Role with all that is allowed',
      role('[{ apiGroups: [""], resources: [pods], verbs: [get, list, watch] }]') + binding(),
    ],
    ['a ClusterRole through a RoleBinding', clusterRole(listPods) + through('RoleBinding')],
    [
      'a group of the ServiceAccount',
      role(listPods) +
        binding({
          subject: '{ kind: Group, name: "system:serviceaccounts:project-swan", apiGroup: rbac.authorization.k8s.io }',
        }),
    ],
  ])('passes with %s', async (_, objects) => {
    expect(await measure(objects)).toMatchObject({ status: 'pass', actual: 'exactly that' });
  });

  it.each([
    [
      'another verb',
      role('[{ apiGroups: [""], resources: [pods], verbs: [list, delete] }]') + binding(),
      'more: delete pods',
    ],
    [
      'another resource',
      role('[{ apiGroups: [""], resources: [pods, secrets], verbs: [list] }]') + binding(),
      'more: list secrets',
    ],
    ['a wildcard', role('[{ apiGroups: [""], resources: ["*"], verbs: [list] }]') + binding(), 'more: list *'],
    ['the whole cluster', clusterRole(listPods) + through('ClusterRoleBinding'), 'more: list pods'],
    [
      'another namespace',
      role(listPods) + binding() + role(listPods, 'pod-reader', 'default') + binding({ namespace: 'default' }),
      'more: list pods',
    ],
  ])('tells of an excess by %s', async (_, objects, actual) => {
    expect(await measure(objects)).toMatchObject({ status: 'fail', actual });
  });

  it('names the way of the excess', async () => {
    const outcome = await measure(role('[{ apiGroups: [""], resources: [pods], verbs: [list, delete] }]') + binding());
    expect(outcome.why).toBe(
      'Role pod-reader (rule 1, by RoleBinding pod-reader) gives delete pods in namespace project-swan',
    );
  });

  it.each(['system:authenticated', 'system:serviceaccounts', 'system:unauthenticated'])(
    'does not take a binding for the right one that serves the group %s as well',
    async (group) => {
      const wide = binding().replace(
        'subjects: [',
        `subjects: [{ apiGroup: rbac.authorization.k8s.io, kind: Group, name: "${group}" }, `,
      );
      expect(await measure(role(listPods) + wide)).toMatchObject({
        status: 'fail',
        why: `RoleBinding pod-reader gives Role pod-reader to the whole group ${group}`,
      });
      const open = { ...spec, sharedWith: 'everyone' };
      expect(await judge(leastPrivilege, open, start + role(listPods) + wide, start)).toMatchObject({ status: 'pass' });
    },
  );

  it('counts rights that were given to everybody after set-up', async () => {
    const late = everyone
      .replaceAll('system:discovery', 'late')
      .replace('nonResourceURLs: [/api, /api/*], verbs: [get]', 'apiGroups: [""], resources: [secrets], verbs: [get]');
    expect(await measure(role(listPods) + binding() + late)).toMatchObject({
      status: 'fail',
      actual: 'more: get secrets',
    });
  });
});
