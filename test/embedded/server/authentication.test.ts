import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPki } from '../../../src/embedded/pki/pki.ts';
import { legacyToken } from '../../../src/embedded/server/authn/token-request.ts';
import { ManualClock, systemClock } from '../../../src/kernel/clock.ts';
import type { Pod, Secret, ServiceAccount, TokenRequest } from '../../../src/kube/api.gen.ts';
import type { Stored } from '../../../src/kube/meta.ts';
import { namespaces, nodes, pods, secrets, serviceAccounts } from '../../../src/kube/resources.ts';
import { ask } from './ask.ts';
import { type Harness, startHarness } from './harness.ts';

const whoami = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
const tokenPath = '/api/v1/namespaces/shop/serviceaccounts/robot/token';

let harness: Harness;
let clock: ManualClock;

beforeAll(async () => {
  clock = new ManualClock(Date.now());
  harness = await startHarness({ clock, allow: ({ user, verb }) => user.name !== 'jane' || verb !== 'impersonate' });
  await harness.create(namespaces, { metadata: { name: 'shop' } });
  await harness.create(nodes, { metadata: { name: 'n1' } });
  await harness.create(serviceAccounts, { metadata: { name: 'robot', namespace: 'shop' } });
});
afterAll(() => harness.close());

async function userOf(headers: Record<string, string | string[]>, as?: { certificate: string; key: string }) {
  const answer = await ask(harness, whoami, { method: 'POST', body: {}, headers, ...(as && { as }) });
  return answer.status === 201 ? answer.json.status.userInfo : answer.status;
}

async function requestToken(spec: unknown = {}): Promise<NonNullable<TokenRequest['status']>> {
  const answer = await ask(harness, tokenPath, { method: 'POST', body: { spec }, as: harness.pki.admin });
  expect(answer.status).toBe(201);
  return answer.json.status;
}

const token = async (spec?: unknown): Promise<string> => (await requestToken(spec)).token;

const bearer = (value: string) => ({ Authorization: `Bearer ${value}` });
const claimsOf = (value: string) => JSON.parse(Buffer.from(value.split('.')[1] ?? '', 'base64url').toString());

describe('client certificates', () => {
  it('are the user and the groups that the subject names', async () => {
    const jane = harness.pki.issueClient({ commonName: 'jane', organizations: ['dev', 'ops'] });
    const user = await userOf({}, jane);
    expect(user).toMatchObject({ username: 'jane', groups: ['dev', 'ops', 'system:authenticated'] });
    expect(user.extra['authentication.kubernetes.io/credential-id'][0]).toMatch(/^X509SHA256=[0-9a-f]{64}$/);
  });

  it('of another authority are refused', async () => {
    const stranger = createPki(systemClock).issueClient({ commonName: 'jane' });
    expect(await userOf({}, stranger)).toBe(401);
  });

  it('are not needed: without credentials one is anonymous', async () => {
    expect(await userOf({})).toEqual({ username: 'system:anonymous', groups: ['system:unauthenticated'] });
    expect(await userOf({ Authorization: 'Basic YTpi' })).toMatchObject({ username: 'system:anonymous' });
  });
});

describe('tokens', () => {
  it('are refused with 401 when they are none', async () => {
    const answer = await ask(harness, '/version', { headers: bearer('nonsense') });
    expect(answer.status).toBe(401);
    expect(answer.json).toMatchObject({ kind: 'Status', reason: 'Unauthorized', message: 'Unauthorized' });
  });

  it('of TokenRequest carry the claims that kube-apiserver gives them', async () => {
    const value = await token({ expirationSeconds: 600 });
    const claims = claimsOf(value);
    expect(Object.keys(claims)).toEqual(['aud', 'exp', 'iat', 'iss', 'jti', 'kubernetes.io', 'nbf', 'sub']);
    expect(claims).toMatchObject({
      aud: ['https://kubernetes.default.svc.cluster.local'],
      iss: 'https://kubernetes.default.svc.cluster.local',
      sub: 'system:serviceaccount:shop:robot',
      'kubernetes.io': { namespace: 'shop', serviceaccount: { name: 'robot' } },
    });
    expect(claims.exp - claims.iat).toBe(600);
    const user = await userOf(bearer(value));
    expect(user).toMatchObject({
      username: 'system:serviceaccount:shop:robot',
      groups: ['system:serviceaccounts', 'system:serviceaccounts:shop', 'system:authenticated'],
      extra: { 'authentication.kubernetes.io/credential-id': [`JTI=${claims.jti}`] },
    });
  });

  it('for another audience are no good here', async () => {
    expect(await userOf(bearer(await token({ audiences: ['vault'] })))).toBe(401);
  });

  it('that somebody else signed, or changed, are refused', async () => {
    const [head, payload, signature] = (await token()).split('.') as [string, string, string];
    const forged = { ...JSON.parse(Buffer.from(payload, 'base64url').toString()), sub: 'system:serviceaccount:x:y' };
    expect(
      await userOf(bearer(`${head}.${Buffer.from(JSON.stringify(forged)).toString('base64url')}.${signature}`)),
    ).toBe(401);
    const none = Buffer.from('{"alg":"none"}').toString('base64url');
    expect(await userOf(bearer(`${none}.${payload}.`))).toBe(401);
  });

  it('end with their time', async () => {
    const value = await token({ expirationSeconds: 600 });
    await clock.advance(599_000);
    expect(await userOf(bearer(value))).toMatchObject({ username: 'system:serviceaccount:shop:robot' });
    await clock.advance(2_000);
    expect(await userOf(bearer(value))).toBe(401);
  });

  it('bound to a Pod know it and its node, live a year behind a warning, and end with the Pod', async () => {
    const pod: Pod = {
      metadata: { name: 'web', namespace: 'shop' },
      spec: { serviceAccountName: 'robot', nodeName: 'n1', containers: [] },
    };
    const { metadata } = (await harness.create(pods, pod)) as Stored<Pod>;
    const spec = {
      expirationSeconds: 3607,
      boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: 'web', uid: metadata.uid },
    };
    const { token: value, expirationTimestamp } = await requestToken(spec);
    const claims = claimsOf(value);
    // By this kubelets renew it: every 48 minutes, not once a day.
    expect(Date.parse(expirationTimestamp) / 1000 - claims.iat).toBe(3607);
    expect(Object.keys(claims['kubernetes.io'])).toEqual(['namespace', 'node', 'pod', 'serviceaccount', 'warnafter']);
    expect(claims['kubernetes.io'].pod).toEqual({ name: 'web', uid: metadata.uid });
    expect(claims.exp - claims.iat).toBe(365 * 24 * 3600);
    expect(claims['kubernetes.io'].warnafter - claims.iat).toBe(3607);
    expect((await userOf(bearer(value))).extra).toMatchObject({
      'authentication.kubernetes.io/pod-name': ['web'],
      'authentication.kubernetes.io/node-name': ['n1'],
    });
    await harness.client.delete(pods, 'shop', 'web', { gracePeriodSeconds: 0 });
    expect(await userOf(bearer(value))).toBe(401);
  });

  it('of Secrets live as long as the Secret holds them', async () => {
    const account = (await harness.client.get(serviceAccounts, 'shop', 'robot')) as Stored<ServiceAccount>;
    const value = legacyToken(harness.pki.serviceAccounts, account, 'old');
    const data = { token: Buffer.from(value).toString('base64') };
    await harness.create(secrets, { metadata: { name: 'old', namespace: 'shop' }, data } as Secret);
    expect(await userOf(bearer(value))).toMatchObject({ username: 'system:serviceaccount:shop:robot' });
    await harness.client.delete(secrets, 'shop', 'old');
    expect(await userOf(bearer(value))).toBe(401);
  });

  it('end with their account, also when one of the same name comes back', async () => {
    await harness.create(serviceAccounts, { metadata: { name: 'brief', namespace: 'shop' } });
    const path = tokenPath.replace('robot', 'brief');
    const { json } = await ask(harness, path, { method: 'POST', body: {}, as: harness.pki.admin });
    expect(await userOf(bearer(json.status.token))).toMatchObject({ username: 'system:serviceaccount:shop:brief' });
    await harness.client.delete(serviceAccounts, 'shop', 'brief');
    await harness.create(serviceAccounts, { metadata: { name: 'brief', namespace: 'shop' } });
    expect(await userOf(bearer(json.status.token))).toBe(401);
  });

  it.each([
    [
      { expirationSeconds: 5 },
      422,
      'TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 5: may not specify a duration less than 10 minutes',
    ],
    [{ boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: 'gone' } }, 404, 'pods "gone" not found'],
    [
      { boundObjectRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' } },
      400,
      'cannot bind token to object of type apps/v1, Kind=Deployment',
    ],
  ])('are not made for %j', async (spec, status, message) => {
    const answer = await ask(harness, tokenPath, { method: 'POST', body: { spec }, as: harness.pki.admin });
    expect([answer.status, answer.json.message]).toEqual([status, message]);
  });
});

describe('impersonation', () => {
  it('acts as somebody else, with the groups that are asked for', async () => {
    const headers = {
      'Impersonate-User': 'zed',
      'Impersonate-Group': ['dev', 'a,b'],
      'Impersonate-Uid': '7',
      'Impersonate-Extra-Scopes': 'x',
    };
    expect(await userOf(headers, harness.pki.admin)).toEqual({
      username: 'zed',
      uid: '7',
      groups: ['dev', 'a,b', 'system:authenticated'],
      extra: { scopes: ['x'] },
    });
  });

  it('has to be allowed for each of them', async () => {
    const jane = harness.pki.issueClient({ commonName: 'jane' });
    const answer = await ask(harness, whoami, {
      method: 'POST',
      body: {},
      headers: { 'Impersonate-User': 'bob' },
      as: jane,
    });
    expect(answer.status).toBe(403);
    expect(answer.json.message).toBe(
      'users "bob" is forbidden: User "jane" cannot impersonate resource "users" in API group "" at the cluster scope',
    );
  });

  it('needs a user', async () => {
    const answer = await ask(harness, whoami, {
      method: 'POST',
      body: {},
      headers: { 'Impersonate-Group': 'dev' },
      as: harness.pki.admin,
    });
    expect([answer.status, answer.json.message]).toEqual([
      400,
      'requested [{Group  dev    }] without impersonating a user',
    ]);
  });
});
