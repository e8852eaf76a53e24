import { createHmac, createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEmbeddedCluster, type EmbeddedCluster } from '../../../src/embedded/cluster.ts';
import { createCertificate } from '../../../src/embedded/pki/certificate.ts';
import { type Credentials, createPki, type SigningKey } from '../../../src/embedded/pki/pki.ts';
import { signToken } from '../../../src/embedded/server/authn/jwt.ts';
import { legacyToken } from '../../../src/embedded/server/authn/token-request.ts';
import { systemClock } from '../../../src/kernel/clock.ts';
import type { ServiceAccount } from '../../../src/kube/api.gen.ts';
import type { KubeObject, Resource, Stored } from '../../../src/kube/meta.ts';
import * as r from '../../../src/kube/resources.ts';
import { csr } from '../controllers/csr.ts';
import { type Asked, ask, type Question } from './ask.ts';

/**
 * What somebody tries who wants to be somebody else, or may do less than they want. One cluster for all of it; a Secret in
 * kube-system is what they are after, and no answer may hold its value.
 */
const jewel = Buffer.from('the jewel').toString('base64');
const crown = '/api/v1/namespaces/kube-system/secrets/crown';
const minute = 60_000;

let cluster: EmbeddedCluster;
/** A token of an account that may do everything: what is made of it must not work. */
let good: string;
/** People with few rights, and one without any. */
let people: Record<'mallory' | 'helper' | 'keeper' | 'requester' | 'approver' | 'inspector', Credentials>;
let robot: Stored<ServiceAccount>;

const send = (path: string, question: Question = {}): Promise<Asked> =>
  ask({ server: { url: cluster.url }, pki: cluster.pki }, path, question);
const create = (resource: Resource, object: object) => cluster.client.create(resource, object as KubeObject);
const bearer = (token: string): Question => ({ headers: { Authorization: `Bearer ${token}` } });
const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const claimsOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
const seconds = () => Math.floor(Date.now() / 1000);

/** The good token's claims, some of them others, signed by the cluster's own key: only the claims are wrong. */
const own = (claims: object) => signToken({ ...claimsOf(good), ...claims }, cluster.pki.serviceAccounts);
const kubernetes = (claims: object) => own({ 'kubernetes.io': { ...claimsOf(good)['kubernetes.io'], ...claims } });

/** The good token's payload under another head, signed by whatever `signer` makes of it. */
function reheaded(head: object, signer: (input: string) => Buffer): string {
  const input = `${encoded(head)}.${good.split('.')[1]}`;
  return `${input}.${signer(input).toString('base64url')}`;
}

const foreign = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });
const es256 = (key: Parameters<typeof sign>[2] & object) => (input: string) =>
  sign('sha256', Buffer.from(input), { key: key as never, dsaEncoding: 'ieee-p1363' });
const publicPem = () => cluster.pki.serviceAccounts.publicKey.export({ type: 'spki', format: 'pem' });

/** A certificate for system:masters that the cluster's own CA signed, some of it wrong. */
function certified(wrong: { usage?: 'server'; from?: number; to?: number; issuer?: Credentials }): Credentials {
  const { publicKey, privateKey } = foreign();
  const { usage = 'client', from = -minute, to = minute, issuer = cluster.pki.ca } = wrong;
  const subject = { commonName: 'thief', organizations: ['system:masters'] };
  const key = createPrivateKey(issuer.key);
  const by = {
    subject: { commonName: issuer === cluster.pki.ca ? 'kubernetes' : 'mallory' },
    privateKey: key,
    publicKey: createPublicKey(key),
  };
  const certificate = createCertificate(
    { subject, publicKey, usage, notBefore: Date.now() + from, notAfter: Date.now() + to },
    by,
  );
  const chain = issuer === cluster.pki.ca ? certificate : `${certificate}${issuer.certificate}`;
  return { certificate: chain, key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string };
}

beforeAll(async () => {
  cluster = await createEmbeddedCluster({ kubelet: false });
  const { issueClient } = cluster.pki;
  const person = (commonName: string) => issueClient({ commonName, organizations: ['dev'] });
  people = {
    mallory: person('mallory'),
    helper: person('helper'),
    keeper: person('keeper'),
    requester: person('requester'),
    approver: person('approver'),
    inspector: person('inspector'),
  };
  await create(r.secrets, { metadata: { name: 'crown', namespace: 'kube-system' }, data: { value: jewel } });
  await create(r.namespaces, { metadata: { name: 'shop' } });
  robot = (await create(r.serviceAccounts, {
    metadata: { name: 'robot', namespace: 'shop' },
  })) as Stored<ServiceAccount>;
  const grant = async (name: string, rules: object[], subject: object) => {
    await create(r.clusterRoles, { metadata: { name }, rules });
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name };
    await create(r.clusterRoleBindings, { metadata: { name }, roleRef, subjects: [subject] });
  };
  const user = (name: string) => ({ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name });
  const all = { apiGroups: ['*'], resources: ['*'], verbs: ['*'] };
  await grant('robot', [all], { kind: 'ServiceAccount', name: 'robot', namespace: 'shop' });
  await grant(
    'helper',
    [{ apiGroups: [''], resources: ['users'], verbs: ['impersonate'], resourceNames: ['bob', 'system:node:x'] }],
    user('helper'),
  );
  const rbac = { apiGroups: ['rbac.authorization.k8s.io'], verbs: ['get', 'create', 'update', 'patch'] };
  const kinds = ['roles', 'rolebindings', 'clusterroles', 'clusterrolebindings'];
  await grant('keeper', [{ ...rbac, resources: kinds }], user('keeper'));
  const requests = { apiGroups: ['certificates.k8s.io'], verbs: ['get', 'create', 'update', 'patch'] };
  const parts = ['', '/status', '/approval'].map((part) => `certificatesigningrequests${part}`);
  await grant('requester', [{ ...requests, resources: parts }], user('requester'));
  const signer = { apiGroups: ['certificates.k8s.io'], resources: ['signers'], verbs: ['approve', 'sign'] };
  await grant(
    'approver',
    [
      { ...requests, resources: parts },
      { ...signer, resourceNames: ['example.com/*'] },
    ],
    user('approver'),
  );
  await grant('inspector', [{ apiGroups: [''], resources: ['nodes', 'pods'], verbs: ['get'] }], user('inspector'));
  const tokens = '/api/v1/namespaces/shop/serviceaccounts/robot/token';
  const made = await send(tokens, { method: 'POST', body: {}, as: cluster.pki.admin });
  good = made.json.status.token;
});
afterAll(() => cluster.stop());

/** Whoever asks, and how; `refused`: what is answered. */
async function refusedWith(refused: number, path: string, question: Question): Promise<void> {
  const answer = await send(path, question);
  expect([answer.status, answer.text]).toEqual([refused, expect.not.stringContaining(jewel)]);
}

it('the jewel is there for those who may see it', async () => {
  expect((await send(crown, bearer(good))).text).toContain(jewel);
  expect((await send(crown, { as: cluster.pki.admin })).text).toContain(jewel);
  expect((await send(crown, { as: certified({}) })).text).toContain(jewel);
});

describe('a token', () => {
  const otherKey = (): SigningKey => {
    const pair = foreign();
    return { ...pair, id: cluster.pki.serviceAccounts.id };
  };
  it.each<[string, () => string | Promise<string>]>([
    ['that says alg none', () => reheaded({ alg: 'none' }, () => Buffer.alloc(0))],
    ['that says alg NonE', () => reheaded({ alg: 'NonE' }, () => Buffer.alloc(0))],
    ['without its signature', () => `${good.split('.').slice(0, 2).join('.')}.`],
    ['of two parts', () => good.split('.').slice(0, 2).join('.')],
    ['of four parts', () => `${good}.x`],
    ['with a signature of zeros', () => reheaded({ alg: 'ES256' }, () => Buffer.alloc(64))],
    [
      'signed by HS256 with the public key',
      () => reheaded({ alg: 'HS256' }, (input) => createHmac('sha256', publicPem()).update(input).digest()),
    ],
    [
      'signed by HS256 with nothing, its kid leading to /dev/null',
      () =>
        reheaded({ alg: 'HS256', kid: '../../../dev/null' }, (input) =>
          createHmac('sha256', '').update(input).digest(),
        ),
    ],
    ['signed by another key under the right kid', () => signToken(claimsOf(good), otherKey())],
    [
      'that brings its own key',
      () => {
        const { publicKey, privateKey } = foreign();
        return reheaded({ alg: 'ES256', jwk: publicKey.export({ format: 'jwk' }) }, es256(privateKey));
      },
    ],
    [
      'that says where its key is',
      () => reheaded({ alg: 'ES256', jku: 'https://example.com/keys' }, es256(foreign().privateKey)),
    ],
    [
      'signed by the key of the certificates',
      () => reheaded({ alg: 'ES256' }, es256(createPrivateKey(cluster.pki.ca.key))),
    ],
    [
      'whose subject was changed',
      () => {
        const [head, , signature] = good.split('.');
        return `${head}.${encoded({ ...claimsOf(good), sub: 'system:admin' })}.${signature}`;
      },
    ],
    ['that has expired', () => own({ exp: seconds() - 10 })],
    ['that is not good yet', () => own({ nbf: seconds() + 600, iat: seconds() + 600 })],
    ['for somebody else', () => own({ aud: ['vault'] })],
    ['for nobody', () => own({ aud: [] })],
    ['of another issuer', () => own({ iss: 'https://example.com' })],
    [
      'of an account of the same name that is another',
      () => kubernetes({ serviceaccount: { name: 'robot', uid: 'x' } }),
    ],
    ['of an account that never was', () => kubernetes({ serviceaccount: { name: 'ghost', uid: 'x' } })],
    ['bound to a Pod that is gone', () => kubernetes({ pod: { name: 'gone', uid: 'x' } })],
    ['bound to a Secret that is gone', () => kubernetes({ secret: { name: 'gone', uid: 'x' } })],
    ['bound to a node that is gone', () => kubernetes({ node: { name: 'gone', uid: 'x' } })],
    ['of a Secret that does not hold it', () => legacyToken(cluster.pki.serviceAccounts, robot, 'never')],
    ['as a node brings it to join', () => 'abcdef.0123456789abcdef'],
    ['of one character', () => '.'],
  ])('%s is refused', async (_, token) => {
    await refusedWith(401, crown, bearer(await token()));
  });

  it('ends with its account and its Secret, also where they come back', async () => {
    const brief = await create(r.serviceAccounts, { metadata: { name: 'brief', namespace: 'shop' } });
    const path = '/api/v1/namespaces/shop/serviceaccounts/brief/token';
    const made = await send(path, { method: 'POST', body: {}, as: cluster.pki.admin });
    const old = legacyToken(cluster.pki.serviceAccounts, brief as Stored<ServiceAccount>, 'old');
    const secret = {
      ...{
        metadata: { name: 'old', namespace: 'shop', annotations: { 'kubernetes.io/service-account.name': 'brief' } },
      },
      ...{ type: 'kubernetes.io/service-account-token', data: { token: Buffer.from(old).toString('base64') } },
    };
    await create(r.secrets, secret);
    for (const token of [made.json.status.token, old]) await refusedWith(403, crown, bearer(token));
    await cluster.client.delete(r.serviceAccounts, 'shop', 'brief');
    await create(r.serviceAccounts, { metadata: { name: 'brief', namespace: 'shop' } });
    for (const token of [made.json.status.token, old]) await refusedWith(401, crown, bearer(token));
  });
});

describe('a certificate', () => {
  it.each<[string, () => Credentials]>([
    ['of another authority', () => createPki(systemClock).admin],
    ['that was good for serving only', () => certified({ usage: 'server' })],
    ['of the server itself', () => cluster.pki.server],
    ['that has expired', () => certified({ from: -2 * minute, to: -minute })],
    ['that is not good yet', () => certified({ from: minute, to: 2 * minute })],
    ['that a mere user signed', () => certified({ issuer: people.mallory })],
  ])('%s is refused', async (_, credentials) => {
    await refusedWith(401, crown, { as: credentials() });
  });

  it('whose key one has not can not be used at all', async () => {
    const { certificate } = cluster.pki.admin;
    const { key } = people.mallory;
    await expect(send(crown, { as: { certificate, key } })).rejects.toThrow();
  });
});

describe('nobody', () => {
  it.each<[string, Question]>([
    ['without credentials', {}],
    ['with a password', { headers: { Authorization: `Basic ${Buffer.from('admin:admin').toString('base64')}` } }],
    ['with a proxy’s headers', { headers: { 'X-Remote-User': 'admin', 'X-Remote-Group': 'system:masters' } }],
    ['with a forwarded certificate', { headers: { 'X-Forwarded-Client-Cert': 'Subject="O=system:masters"' } }],
  ])('%s stays anonymous', async (_, question) => {
    await refusedWith(403, crown, question);
  });

  it('may act as somebody', async () => {
    await refusedWith(403, crown, { headers: { 'Impersonate-User': 'kubernetes-admin' } });
  });
});

describe('whoever has no rights', () => {
  it.each<[string, number, 'mallory' | 'helper', Record<string, string | string[]>]>([
    ['with a proxy’s headers', 403, 'mallory', { 'X-Remote-User': 'admin', 'X-Remote-Group': 'system:masters' }],
    ['as somebody else', 403, 'mallory', { 'Impersonate-User': 'kubernetes-admin' }],
    ['in another group', 403, 'mallory', { 'Impersonate-User': 'mallory', 'Impersonate-Group': 'system:masters' }],
    ['in a group alone', 400, 'mallory', { 'Impersonate-Group': 'system:masters' }],
    ['as an account', 403, 'mallory', { 'Impersonate-User': 'system:serviceaccount:shop:robot' }],
    ['as whom they may, who may not either', 403, 'helper', { 'Impersonate-User': 'bob' }],
    [
      'as whom they may, in system:masters',
      403,
      'helper',
      { 'Impersonate-User': 'bob', 'Impersonate-Group': 'system:masters' },
    ],
    [
      'in one group they may and another',
      403,
      'helper',
      { 'Impersonate-User': 'bob', 'Impersonate-Group': ['system:authenticated', 'system:masters'] },
    ],
    ['as whom they may, of another uid', 403, 'helper', { 'Impersonate-User': 'bob', 'Impersonate-Uid': '0' }],
    [
      'as whom they may, with more about them',
      403,
      'helper',
      { 'Impersonate-User': 'bob', 'Impersonate-Extra-Scopes': 'all' },
    ],
    [
      'with more about them in escapes',
      403,
      'helper',
      { 'Impersonate-User': 'bob', 'Impersonate-Extra-%73copes': 'all' },
    ],
    ['as a node without its group', 403, 'helper', { 'Impersonate-User': 'system:node:x' }],
    ['as two', 403, 'helper', { 'Impersonate-User': ['bob', 'kubernetes-admin'] }],
  ])('gets nothing %s', async (_, status, who, headers) => {
    await refusedWith(status, crown, { headers, as: people[who] });
  });

  it.each([
    ['/api/v1/namespaces/kube-system/secrets', 403],
    ['/api/v1/secrets', 403],
    ['/api/v1/secrets?watch=true', 403],
    ['/api/v1/watch/secrets', 403],
    ['/api/v1/watch/namespaces/kube-system/secrets/crown', 403],
    ['/api/v1/proxy/namespaces/kube-system/secrets/crown', 403],
    ['//api/v1/namespaces/kube-system/secrets/crown', 403],
    ['/api//v1/namespaces/kube-system/secrets/crown', 403],
    ['/api/v1//namespaces/kube-system/secrets/crown', 403],
    ['/./api/v1/namespaces/kube-system/secrets/crown', 403],
    ['/healthz/../api/v1/namespaces/kube-system/secrets/crown', 403],
    ['/version/%2e%2e/api/v1/namespaces/kube-system/secrets/crown', 403],
    ['/%61pi/v1/namespaces/kube-system/secrets/crown', 403],
    ['/api%2Fv1%2Fnamespaces%2Fkube-system%2Fsecrets%2Fcrown', 403],
    ['/api/v1/namespaces/shop%2F..%2Fkube-system/secrets/crown', 403],
    ['/api/v1/namespaces/shop/../kube-system/secrets/crown', 403],
    ['/api/v1/namespaces/kube-system/secrets/crown/', 403],
    ['/api/v1/namespaces/kube-system/secrets/crown/status', 403],
    ['/api/v1/namespaces/kube-system/secrets;x=/crown', 403],
    ['/API/v1/namespaces/kube-system/secrets/crown', 403],
    ['/api/v1/nodes/kubedrill-control-plane/proxy/pods', 403],
    ['/api/v1/nodes/https:kubedrill-control-plane:10250/proxy/runningpods/', 403],
    ['/metrics', 403],
    ['/debug/pprof/', 403],
    ['/logs/kube-apiserver.log', 403],
  ])('gets nothing by %s', async (path, status) => {
    await refusedWith(status, path, { as: people.mallory });
  });

  it.each(['exec?command=id', 'attach', 'portforward', 'log', 'proxy/', 'ephemeralcontainers', 'eviction'])(
    'gets to no Pod’s %s by the right to get Pods',
    async (path) => {
      await refusedWith(403, `/api/v1/namespaces/kube-system/pods/any/${path}`, { as: people.inspector });
    },
  );

  it('gets to no kubelet by the right to get nodes', async () => {
    await refusedWith(403, '/api/v1/nodes/kubedrill-control-plane/proxy/pods', { as: people.inspector });
  });
});

describe('whoever may write roles', () => {
  const base = '/apis/rbac.authorization.k8s.io/v1';
  const rules = [{ apiGroups: [''], resources: ['secrets'], verbs: ['get'] }];
  const reference = (name: string, kind = 'ClusterRole') => ({ apiGroup: 'rbac.authorization.k8s.io', kind, name });
  const self = [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'keeper' }];
  const metadata = (name: string) => ({ name, namespace: 'shop' });

  it.each<[string, string, string, object, string?]>([
    ['makes none with more', 'POST', `${base}/namespaces/shop/roles`, { metadata: metadata('a'), rules }],
    ['makes none for all', 'POST', `${base}/clusterroles`, { metadata: { name: 'a' }, rules }],
    [
      'makes none of stars',
      'POST',
      `${base}/clusterroles`,
      { metadata: { name: 'a' }, rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }] },
    ],
    [
      'makes none that may escalate',
      'POST',
      `${base}/clusterroles`,
      {
        metadata: { name: 'a' },
        rules: [{ apiGroups: ['rbac.authorization.k8s.io'], resources: ['clusterroles'], verbs: ['escalate', 'bind'] }],
      },
    ],
    [
      'makes none that may act as others',
      'POST',
      `${base}/clusterroles`,
      { metadata: { name: 'a' }, rules: [{ apiGroups: [''], resources: ['users', 'groups'], verbs: ['impersonate'] }] },
    ],
    [
      'makes none of paths',
      'POST',
      `${base}/clusterroles`,
      { metadata: { name: 'a' }, rules: [{ nonResourceURLs: ['*'], verbs: ['*'] }] },
    ],
    [
      'makes none that gathers others',
      'POST',
      `${base}/clusterroles`,
      { metadata: { name: 'a' }, rules: [], aggregationRule: { clusterRoleSelectors: [{ matchLabels: { a: 'b' } }] } },
    ],
    ['adds nothing to their own', 'PATCH', `${base}/clusterroles/keeper`, { rules }, 'application/merge-patch+json'],
    [
      'adds nothing by a path',
      'PATCH',
      `${base}/clusterroles/keeper`,
      [{ op: 'add', path: '/rules/-', value: rules[0] }],
      'application/json-patch+json',
    ],
    [
      'applies nothing more',
      'PATCH',
      `${base}/clusterroles/keeper?fieldManager=x&force=true`,
      { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name: 'keeper' }, rules },
      'application/apply-patch+yaml',
    ],
    [
      'binds nobody to cluster-admin',
      'POST',
      `${base}/clusterrolebindings`,
      { metadata: { name: 'a' }, roleRef: reference('cluster-admin'), subjects: self },
    ],
    [
      'binds nobody to it in a namespace',
      'POST',
      `${base}/namespaces/shop/rolebindings`,
      { metadata: metadata('a'), roleRef: reference('cluster-admin'), subjects: self },
    ],
    [
      'binds nobody to a role that gathers',
      'POST',
      `${base}/namespaces/kube-system/rolebindings`,
      { metadata: { name: 'a', namespace: 'kube-system' }, roleRef: reference('admin'), subjects: self },
    ],
    [
      'joins no binding',
      'PATCH',
      `${base}/clusterrolebindings/robot`,
      { subjects: self },
      'application/merge-patch+json',
    ],
    ['tries nothing out', 'POST', `${base}/clusterroles?dryRun=All`, { metadata: { name: 'a' }, rules }],
  ])('%s', async (_, method, path, body, type = 'application/json') => {
    await refusedWith(403, path, { method, body, as: people.keeper, headers: { 'Content-Type': type } });
  });

  it('gets no token of an account', async () => {
    const path = '/api/v1/namespaces/shop/serviceaccounts/robot/token';
    await refusedWith(403, path, { method: 'POST', body: {}, as: people.keeper });
  });
});

describe('whoever may ask for certificates', () => {
  const base = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
  const client = 'kubernetes.io/kube-apiserver-client';
  const request = (name: string, signerName: string, more: object = {}, organizations = ['dev']) => ({
    metadata: { name },
    spec: {
      ...{ request: csr({ commonName: 'thief', organizations }).request, signerName, usages: ['client auth'] },
      ...more,
    },
  });
  const approved = { conditions: [{ type: 'Approved', status: 'True', reason: 'Me', message: '' }] };
  const make = (body: object) => send(base, { method: 'POST', body, as: people.requester });

  it('gets none for system:masters', async () => {
    const body = request('masters', client, {}, ['dev', 'system:masters']);
    await refusedWith(403, base, { method: 'POST', body, as: people.requester });
  });

  it('asks in their own name', async () => {
    const made = await make(request('spoofed', client, { username: 'kubernetes-admin', groups: ['system:masters'] }));
    expect([made.status, made.json.spec.username, made.json.spec.groups]).toEqual([
      201,
      'requester',
      ['dev', 'system:authenticated'],
    ]);
  });

  it.each([
    ['approves none', 'approval', approved, 'requester'],
    ['signs none', 'status', { certificate: 'a certificate' }, 'requester'],
    ['approves none of a signer that is not theirs', 'approval', approved, 'approver'],
  ] as const)('%s', async (name, part, status, who) => {
    const id = name.replaceAll(' ', '-');
    await make(request(id, client));
    // One that is there already.
    const certificate = Buffer.from(cluster.pki.admin.certificate).toString('base64');
    const body = { status: 'certificate' in status ? { certificate } : status };
    const headers = { 'Content-Type': 'application/merge-patch+json' };
    await refusedWith(403, `${base}/${id}/${part}`, { method: 'PATCH', body, headers, as: people[who] });
  });

  it('gets no approval by asking as a kubelet would', async () => {
    const signer = 'kubernetes.io/kube-apiserver-client-kubelet';
    const made = await make(request('kubelet', signer, {}, ['system:nodes', 'system:masters']));
    expect(made.json?.status ?? {}).toEqual({});
    const { json } = await send(`${base}/kubelet`, { as: cluster.pki.admin });
    expect(json.status ?? {}).toEqual({});
  });
});
