import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { request } from 'node:https';
import { afterEach, describe, expect, it } from 'vitest';
import { createEmbeddedCluster, type EmbeddedCluster } from '../../../src/embedded/cluster.ts';
import { certificateApproving } from '../../../src/embedded/controllers/security/certificate-approving.ts';
import { certificateCleaner } from '../../../src/embedded/controllers/security/certificate-cleaner.ts';
import { certificateSigningController } from '../../../src/embedded/controllers/security/certificate-signing.ts';
import { toPem } from '../../../src/embedded/pki/certificate.ts';
import { parseCertificateRequest } from '../../../src/embedded/pki/certificate-request.ts';
import { createPki } from '../../../src/embedded/pki/pki.ts';
import { bootstrapRbac } from '../../../src/embedded/rbac/bootstrap.ts';
import { ManualClock } from '../../../src/kernel/clock.ts';
import type { CertificateSigningRequestSpec, ClusterRoleBinding } from '../../../src/kube/api.gen.ts';
import { certificateSigningRequests, clusterRoleBindings, clusterRoles } from '../../../src/kube/resources.ts';
import { refusal } from '../../helpers/control-plane.ts';
import { causes } from '../resources/api.ts';
import { csr } from './csr.ts';
import { startPlane } from './plane.ts';

const signerName = 'kubernetes.io/kube-apiserver-client';
const jane = { commonName: 'jane', organizations: ['dev'] };

async function plane(spec: Partial<CertificateSigningRequestSpec> = {}) {
  const pki = createPki(new ManualClock(Date.parse('2026-03-01T10:00:30Z')));
  const lab = await startPlane(certificateSigningController(pki.ca), certificateCleaner);
  for (const object of bootstrapRbac()) {
    if (object.metadata?.name !== 'system:controller:certificate-controller') continue;
    if (object.kind === 'ClusterRole') await lab.client.create(clusterRoles, object);
    else await lab.client.create(clusterRoleBindings, object as ClusterRoleBinding);
  }
  const made = await lab.client.create(certificateSigningRequests, {
    metadata: { name: 'r' },
    spec: { request: csr(jane).request, signerName, usages: ['client auth'], ...spec },
  });
  const decide = (type: string) =>
    lab.client.update(
      certificateSigningRequests,
      { ...made, status: { conditions: [{ type, status: 'True', reason: 'Test' }] } },
      { subresource: 'approval' },
    );
  const read = () => lab.client.get(certificateSigningRequests, undefined, 'r');
  return { ...lab, pki, decide, read };
}

describe('a CertificateSigningRequest', () => {
  it('is signed once it is approved, with the names and for the time that were asked for', async () => {
    const { decide, settle, read, pki, stop } = await plane({ expirationSeconds: 3600 });
    await settle();
    expect((await read()).status?.certificate).toBeUndefined();
    await decide('Approved');
    await settle();
    const { status } = await read();
    const certificate = new X509Certificate(Buffer.from(status?.certificate ?? '', 'base64'));
    expect(certificate.subject.split('\n').sort()).toEqual(['CN=jane', 'O=dev']);
    expect(certificate.verify(new X509Certificate(pki.ca.certificate).publicKey)).toBe(true);
    expect(certificate.ca).toBe(false);
    expect(Date.parse(certificate.validTo) - Date.parse(certificate.validFrom)).toBe(3_900_000);
    stop();
  });

  it('of other usages than its signer knows fails', async () => {
    const { decide, settle, read, stop } = await plane({ usages: ['server auth'] });
    await decide('Approved');
    await settle();
    expect((await read()).status?.conditions?.at(-1)).toMatchObject({
      type: 'Failed',
      reason: 'SignerValidationFailure',
      message: 'invalid usage for client certificate: server auth',
    });
    stop();
  });

  it('that was denied, or is for somebody else, is left alone, and goes after an hour', async () => {
    const { decide, settle, pass, read, informers, stop } = await plane({ signerName: 'example.com/other' });
    await decide('Denied');
    await settle();
    expect((await read()).status).not.toHaveProperty('certificate');
    await pass(3700);
    expect(informers.of(certificateSigningRequests).list()).toEqual([]);
    stop();
  });

  it('cannot be decided twice, nor name who asks', async () => {
    const { decide, read, client, stop } = await plane({ username: 'somebody' });
    expect((await read()).spec.username).toBe('kubernetes-admin');
    await decide('Approved');
    const denial = { status: { conditions: [{ type: 'Denied', status: 'True' }] } };
    const denied = client.patch(certificateSigningRequests, undefined, 'r', 'merge', denial, {
      subresource: 'approval',
    });
    expect(await causes(denied)).toEqual([
      'status.conditions: Forbidden: updates may not remove a condition of type "Approved"',
    ]);
    stop();
  });

  it('makes nobody a master', async () => {
    const masters = csr({ commonName: 'me', organizations: ['system:masters'] }).request;
    const { message } = await refusal(plane({ request: masters }));
    expect(message).toContain(`use of ${signerName} signer with system:masters group is not allowed`);
  });

  it('is read as it was written', () => {
    const { request: bytes } = csr({ ...jane, dnsNames: ['a.example.com'], ipAddresses: ['10.0.0.1'] });
    const parsed = parseCertificateRequest(Buffer.from(bytes, 'base64').toString());
    expect(parsed).toMatchObject({ ...jane, dnsNames: ['a.example.com'], ipAddresses: ['10.0.0.1'] });
    expect(parsed.signatureValid()).toBe(true);
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const forged = csr(jane, { ...other, publicKey: csr(jane).publicKey });
    expect(parseCertificateRequest(Buffer.from(forged.request, 'base64').toString()).signatureValid()).toBe(false);
    expect(() => parseCertificateRequest(toPem('CERTIFICATE REQUEST', Buffer.from([0x30, 0x05, 1])))).toThrow(/asn1/);
  });
});

describe('the client certificate of a kubelet', () => {
  const kubelet = { commonName: 'system:node:n1', organizations: ['system:nodes'] };
  const spec = {
    request: csr(kubelet).request,
    signerName: 'kubernetes.io/kube-apiserver-client-kubelet',
    usages: ['digital signature', 'client auth'],
  };
  const nodeClient = 'system:certificates.k8s.io:certificatesigningrequests:nodeclient';
  const selfNodeClient = 'system:certificates.k8s.io:certificatesigningrequests:selfnodeclient';

  /** Asks as somebody; the conditions once everybody has looked. */
  async function ask(user: { name: string; groups: string[] }, wanted: Partial<CertificateSigningRequestSpec> = {}) {
    const pki = createPki(new ManualClock(Date.parse('2026-03-01T10:00:30Z')));
    const lab = await startPlane(certificateSigningController(pki.ca), certificateApproving);
    const needed = ['system:controller:certificate-controller', nodeClient, selfNodeClient];
    for (const object of bootstrapRbac()) {
      if (!needed.includes(object.metadata?.name ?? '')) continue;
      if (object.kind === 'ClusterRole') await lab.client.create(clusterRoles, object);
      else await lab.client.create(clusterRoleBindings, object as ClusterRoleBinding);
    }
    // As kubeadm grants them.
    for (const [role, group] of [
      [nodeClient, 'system:bootstrappers'],
      [selfNodeClient, 'system:nodes'],
    ]) {
      await lab.client.create(clusterRoleBindings, {
        metadata: { name: `of-${group}`.replace(':', '-') },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role ?? '' },
        subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: group ?? '' }],
      });
    }
    const asker = lab.client.as({ user, fieldManager: 'kubelet' });
    await asker.create(certificateSigningRequests, { metadata: { name: 'r' }, spec: { ...spec, ...wanted } });
    await lab.settle();
    const { status } = await lab.client.get(certificateSigningRequests, undefined, 'r');
    lab.stop();
    return { conditions: status?.conditions ?? [], issued: status?.certificate !== undefined };
  }

  const joining = { name: 'system:bootstrap:abcdef', groups: ['system:bootstrappers'] };
  const renewing = { name: 'system:node:n1', groups: ['system:nodes'] };
  it.each([
    ['that joins', joining, 'Auto approving kubelet client certificate after SubjectAccessReview.'],
    ['that renews its own', renewing, 'Auto approving self kubelet client certificate after SubjectAccessReview.'],
  ])('%s is approved and issued', async (_, user, message) => {
    const { conditions, issued } = await ask(user);
    expect(conditions).toMatchObject([{ type: 'Approved', status: 'True', reason: 'AutoApproved', message }]);
    expect(issued).toBe(true);
  });

  it.each([
    ['asked for by another node', { name: 'system:node:n2', groups: ['system:nodes'] }, {}],
    ['asked for by anybody else', { name: 'jane', groups: ['dev'] }, {}],
    ['of another signer', joining, { signerName }],
    ['for other usages', joining, { usages: ['digital signature', 'client auth', 'server auth'] }],
    ['with other names', joining, { request: csr({ ...kubelet, dnsNames: ['n1'] }).request }],
  ])('%s waits for a person', async (_, user, wanted) => {
    expect(await ask(user, wanted)).toEqual({ conditions: [], issued: false });
  });
});

let cluster: EmbeddedCluster | undefined;
afterEach(() => cluster?.stop());

describe('an issued certificate', () => {
  it('authenticates', async () => {
    cluster = await createEmbeddedCluster({ kubelet: false });
    const { client, url, caCertificate, context } = cluster;
    const { request: bytes, privateKey } = csr(jane);
    const made = await client.create(certificateSigningRequests, {
      metadata: { name: 'jane' },
      spec: { request: bytes, signerName, usages: ['client auth'] },
    });
    const conditions = [{ type: 'Approved', status: 'True', reason: 'Test' }];
    await client.update(certificateSigningRequests, { ...made, status: { conditions } }, { subresource: 'approval' });
    const issued = await new Promise<string>((resolve) => {
      context.informers.of(certificateSigningRequests).on({
        update: ({ status }) => status?.certificate && resolve(Buffer.from(status.certificate, 'base64').toString()),
        add: ({ status }) => status?.certificate && resolve(Buffer.from(status.certificate, 'base64').toString()),
      });
    });
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' });
    const body = await new Promise<string>((resolve, reject) => {
      const review = '{"apiVersion":"authentication.k8s.io/v1","kind":"SelfSubjectReview"}';
      const post = request(
        `${url}/apis/authentication.k8s.io/v1/selfsubjectreviews`,
        { method: 'POST', ca: caCertificate, cert: issued, key, headers: { 'Content-Type': 'application/json' } },
        (response) => {
          let text = '';
          response.on('data', (chunk) => {
            text += chunk;
          });
          response.on('end', () => resolve(text));
        },
      );
      post.on('error', reject);
      post.end(review);
    });
    expect(JSON.parse(body).status.userInfo).toMatchObject({
      username: 'jane',
      groups: ['dev', 'system:authenticated'],
    });
  });
});
