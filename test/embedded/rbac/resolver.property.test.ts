import { describe, expect, it } from 'vitest';
import type { User } from '../../../src/embedded/api.ts';
import { createAuthorizer } from '../../../src/embedded/rbac/authorizer.ts';
import type { PolicyRule, Subject } from '../../../src/kube/api.gen.ts';
import { rulesAllow } from '../../../src/kube/rules.ts';
import fc from '../../helpers/fast-check.ts';
import { clusterRole, clusterRoleBinding, Memory, role, roleBinding } from './memory.ts';

const name = fc.constantFrom('a', 'b', 'c');
const space = fc.constantFrom('n1', 'n2');
const verb = fc.constantFrom('get', 'list', 'delete');
const rule: fc.Arbitrary<PolicyRule> = fc.record({
  apiGroups: fc.constant(['']),
  resources: fc.constantFrom(['pods'], ['secrets'], ['*']),
  verbs: fc.constantFrom(['get'], ['list', 'get'], ['*']),
});
const subject: fc.Arbitrary<Subject> = fc.oneof(
  fc.record({ kind: fc.constantFrom('User', 'Group'), name }),
  fc.record({ kind: fc.constant('ServiceAccount'), name, namespace: fc.option(space, { nil: undefined }) }),
);
const user: fc.Arbitrary<User> = fc.oneof(
  fc.record({ name, groups: fc.uniqueArray(name) }),
  fc.tuple(space, name).map(([ns, n]) => ({ name: `system:serviceaccount:${ns}:${n}`, groups: [] })),
);
const world = fc.record({
  clusterRoles: fc.uniqueArray(fc.record({ name, rules: fc.array(rule) }), { selector: (r) => r.name }),
  roles: fc.uniqueArray(fc.record({ name, space, rules: fc.array(rule) }), { selector: (r) => `${r.space}/${r.name}` }),
  clusterBindings: fc.array(fc.record({ role: name, subjects: fc.array(subject) })),
  bindings: fc.array(
    fc.record({ space, kind: fc.constantFrom('Role', 'ClusterRole'), role: name, subjects: fc.array(subject) }),
  ),
});

type World = typeof world extends fc.Arbitrary<infer T> ? T : never;

/** RBAC as the documentation tells it, without any index. */
function allowed(w: World, who: User, asked: { verb: string; resource: string; namespace?: string }) {
  const names = (subjects: Subject[], bindingSpace: string) =>
    subjects.some((s) =>
      s.kind === 'User'
        ? s.name === who.name
        : s.kind === 'Group'
          ? who.groups.includes(s.name)
          : who.name === `system:serviceaccount:${s.namespace ?? bindingSpace}:${s.name}`,
    );
  const clusterRules = (n: string) => w.clusterRoles.find((r) => r.name === n)?.rules ?? [];
  const rules = [
    ...w.clusterBindings.filter((b) => names(b.subjects, '')).flatMap((b) => clusterRules(b.role)),
    ...w.bindings
      .filter((b) => b.space === asked.namespace && names(b.subjects, b.space))
      .flatMap((b) =>
        b.kind === 'ClusterRole'
          ? clusterRules(b.role)
          : (w.roles.find((r) => r.space === b.space && r.name === b.role)?.rules ?? []),
      ),
  ];
  return rulesAllow(rules, { resourceRequest: true, group: '', ...asked });
}

function build(w: World, revision = 0): Memory {
  const objects = [
    ...w.clusterRoles.map((r) => clusterRole(r.name, r.rules)),
    ...w.roles.map((r) => role(r.space, r.name, r.rules)),
    ...w.clusterBindings.map((b, i) => clusterRoleBinding(`cb${i}`, b.role, b.subjects)),
    ...w.bindings.map((b, i) => roleBinding(b.space, `b${i}`, `${b.kind}/${b.role}`, b.subjects)),
  ];
  return new Memory(objects, revision);
}

describe('the resolver', () => {
  it('finds the same rules as a search through all bindings, also after changes', () => {
    const asked = fc.record({
      who: user,
      verb,
      resource: fc.constantFrom('pods', 'secrets'),
      namespace: fc.option(space, { nil: undefined }),
    });
    fc.assert(
      fc.property(world, world, fc.array(asked, { minLength: 1, maxLength: 8 }), (before, after, questions) => {
        let memory = build(before);
        let generation = 0;
        const authorizer = createAuthorizer({
          reader: {
            read: (r, namespace, n) => memory.read(r, namespace, n),
            listAll: (r, namespace) => memory.listAll(r, namespace),
          },
          revision: () => generation,
        });
        const check = (w: World) => {
          for (const { who, ...rest } of questions) {
            const decision = authorizer.authorize({
              user: who,
              resourceRequest: true,
              group: '',
              version: 'v1',
              ...rest,
            });
            expect(decision.allowed).toBe(allowed(w, who, rest));
          }
        };
        check(before);
        // Revisions go on, as in a store.
        memory = build(after, memory.revision);
        generation++;
        check(after);
      }),
      { numRuns: 300 },
    );
  });
});
