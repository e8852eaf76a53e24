import { describe, expect, it } from 'vitest';
import type { User } from '../../../src/embedded/api.ts';
import { createAuthorizer } from '../../../src/embedded/rbac/authorizer.ts';
import { bootstrapRbac } from '../../../src/embedded/rbac/bootstrap.ts';
import { impersonatedUser, impersonationChecks } from '../../../src/embedded/rbac/impersonation.ts';
import { accessReviewHandlers } from '../../../src/embedded/rbac/reviews.ts';
import { authenticationReviewHandlers } from '../../../src/embedded/rbac/token-review.ts';
import type { CreateHandler } from '../../../src/embedded/registry/types.ts';
import { ManualClock } from '../../../src/kernel/clock.ts';
import { Memory, role, roleBinding, subject } from './memory.ts';

const jane: User = { name: 'jane', groups: ['dev', 'system:authenticated'] };
const memory = new Memory([
  ...bootstrapRbac(),
  role('swan', 'pods', [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }]),
  roleBinding('swan', 'pods', 'Role/pods', [subject('User', 'jane')]),
  roleBinding('swan', 'z', 'Role/nope', [subject('User', 'jane')]),
]);
const authorizer = createAuthorizer({ reader: memory, revision: () => memory.revision });
const handlers: Record<string, CreateHandler> = {
  ...accessReviewHandlers(authorizer),
  ...authenticationReviewHandlers({
    clock: new ManualClock(),
    authenticateToken: async (token) =>
      token === 'good' ? { user: jane, audiences: ['api'] } : { error: 'invalid bearer token' },
  }),
};

async function create(path: string, object: object, user = jane, namespace?: string): Promise<Record<string, unknown>> {
  const handler = handlers[path];
  if (!handler) throw new Error(path);
  const unused = {} as never;
  return (await handler({
    definition: unused,
    registry: unused,
    namespace,
    name: undefined,
    object: { metadata: {}, ...object },
    context: { user, fieldManager: 'test', dryRun: false, fieldValidation: 'Strict', warn() {} },
  })) as Record<string, unknown>;
}

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => 'no failure',
    (error: { status: unknown }) => error.status,
  );

const attributes = (verb: string) => ({ resourceAttributes: { verb, resource: 'pods', namespace: 'swan' } });
const self = 'authorization.k8s.io/selfsubjectaccessreviews';
const other = 'authorization.k8s.io/subjectaccessreviews';
const local = 'authorization.k8s.io/localsubjectaccessreviews';
const rules = 'authorization.k8s.io/selfsubjectrulesreviews';

describe('access reviews', () => {
  it('say who allows, and name dangling bindings where nobody does', async () => {
    expect((await create(self, { spec: attributes('get') })).status).toEqual({
      allowed: true,
      reason: 'RBAC: allowed by RoleBinding "pods/swan" of Role "pods" to User "jane"',
    });
    expect((await create(self, { spec: attributes('delete') })).status).toEqual({
      allowed: false,
      reason: 'RBAC: role.rbac.authorization.k8s.io "nope" not found',
    });
  });

  it('judge the named user with the named groups only', async () => {
    const review = { spec: { user: 'bob', groups: [], ...attributes('get') } };
    expect(await create(other, review)).toMatchObject({ status: { allowed: false } });
    expect((await create(other, review)).spec).not.toHaveProperty('groups');
    expect(await create(other, { spec: { groups: ['system:masters'], ...attributes('get') } })).toMatchObject({
      status: { allowed: true },
    });
  });

  it('are refused with the recorded messages', async () => {
    expect(await failure(create(self, { spec: {} }))).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      code: 422,
      reason: 'Invalid',
      message:
        '.authorization.k8s.io "" is invalid: spec.resourceAttributes: Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified',
      details: {
        group: 'authorization.k8s.io',
        causes: [
          {
            field: 'spec.resourceAttributes',
            message:
              'Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified',
            reason: 'FieldValueInvalid',
          },
        ],
      },
    });
    expect(
      await failure(
        create(self, { spec: { ...attributes('get'), nonResourceAttributes: { path: '/', verb: 'get' } } }),
      ),
    ).toMatchObject({
      message:
        '.authorization.k8s.io "" is invalid: spec.nonResourceAttributes: Invalid value: {"Path":"/","Verb":"get"}: cannot be specified in combination with resourceAttributes',
    });
    expect(await failure(create(other, { spec: { user: '', ...attributes('get') } }))).toMatchObject({
      message:
        '.authorization.k8s.io "" is invalid: spec.user: Invalid value: "": at least one of user or group must be specified',
    });
    expect(await failure(create(local, { spec: { user: 'x', ...attributes('get') } }, jane, 'goose'))).toMatchObject({
      message:
        '.authorization.k8s.io "" is invalid: spec.resourceAttributes.namespace: Invalid value: "swan": must match metadata.namespace',
    });
    expect(await failure(create(rules, { spec: {} }))).toMatchObject({ code: 400, message: 'no namespace on request' });
  });

  it('list the rules of the asker and what could not be resolved', async () => {
    const { spec, status } = await create(rules, { spec: { namespace: 'swan' } });
    expect(spec).toEqual({});
    expect(status).toMatchObject({
      incomplete: false,
      evaluationError: 'role.rbac.authorization.k8s.io "nope" not found',
      resourceRules: [
        { apiGroups: ['authorization.k8s.io'], verbs: ['create'] },
        { apiGroups: ['authentication.k8s.io'], verbs: ['create'] },
        { apiGroups: [''], resources: ['pods'], verbs: ['get'] },
      ],
    });
  });
});

describe('authentication reviews', () => {
  it('say whose a token is', async () => {
    const path = 'authentication.k8s.io/tokenreviews';
    expect((await create(path, { spec: { token: 'good' } })).status).toEqual({
      authenticated: true,
      audiences: ['api'],
      user: { username: 'jane', groups: ['dev', 'system:authenticated'] },
    });
    expect((await create(path, { spec: { token: 'bad' } })).status).toEqual({
      error: 'invalid bearer token',
      user: {},
    });
    expect(await failure(create(path, { spec: { token: '' } }))).toMatchObject({
      code: 400,
      message: 'token is required for TokenReview in authentication',
    });
  });

  it('say who asks', async () => {
    expect(await create('authentication.k8s.io/selfsubjectreviews', {})).toMatchObject({
      metadata: { creationTimestamp: '2026-01-01T00:00:00Z' },
      status: { userInfo: { username: 'jane', groups: ['dev', 'system:authenticated'] } },
    });
  });
});

describe('impersonation', () => {
  it('is asked for piece by piece', () => {
    const target = { name: 'system:serviceaccount:swan:app', uid: 'u', groups: ['g'], extra: { scopes: ['a'] } };
    const texts = impersonationChecks(jane, target).map((a) =>
      a.resourceRequest
        ? `${a.verb} ${a.group}/${a.resource}/${a.subresource ?? ''} ${a.namespace ?? ''}/${a.name}`
        : '',
    );
    expect(texts).toEqual([
      'impersonate /serviceaccounts/ swan/app',
      'impersonate /groups/ /g',
      'impersonate authentication.k8s.io/userextras/scopes /a',
      'impersonate authentication.k8s.io/uids/ /u',
    ]);
  });

  it('gives service accounts their groups and everybody but anonymous system:authenticated', () => {
    const groups = (name: string, ...named: string[]) => impersonatedUser({ name, groups: named }).groups;
    expect(groups('jane')).toEqual(['system:authenticated']);
    expect(groups('jane', 'dev')).toEqual(['dev', 'system:authenticated']);
    expect(groups('system:anonymous')).toEqual(['system:unauthenticated']);
    expect(groups('system:serviceaccount:swan:app')).toEqual([
      'system:serviceaccounts',
      'system:serviceaccounts:swan',
      'system:authenticated',
    ]);
  });
});
