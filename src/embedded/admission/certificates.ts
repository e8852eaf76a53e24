import type { CertificateSigningRequest } from '../../kube/api.gen.ts';
import { quote, sameJson } from '../errors/field.ts';
import { parseCertificateRequest } from '../pki/certificate-request.ts';
import type { Authorizer } from '../rbac/types.ts';
import type { AdmissionAttributes, AdmissionPlugin } from '../registry/admission.ts';
import { refusal } from './refuse.ts';

const clientSigner = 'kubernetes.io/kube-apiserver-client';

function isRequest({ definition }: AdmissionAttributes): boolean {
  return definition.group === 'certificates.k8s.io' && definition.resource === 'certificatesigningrequests';
}

/** Signers are given out by name, or all of a domain. */
function mayUse(authorizer: Authorizer, { user }: AdmissionAttributes, verb: string, signer: string): boolean {
  const [domain = ''] = signer.split('/');
  return [signer, `${domain}/*`].some(
    (name) =>
      authorizer.authorize({
        resourceRequest: true,
        user,
        verb,
        group: 'certificates.k8s.io',
        version: '*',
        resource: 'signers',
        name,
      }).allowed,
  );
}

/** Who decides on a request must be allowed to `approve` for its signer. */
export const certificateApproval = (authorizer: Authorizer): AdmissionPlugin => ({
  name: 'CertificateApproval',
  validate(attributes) {
    if (!isRequest(attributes) || attributes.operation !== 'UPDATE' || attributes.subresource !== 'approval') return;
    const signer = (attributes.oldObject as CertificateSigningRequest | undefined)?.spec.signerName ?? '';
    if (mayUse(authorizer, attributes, 'approve', signer)) return;
    throw refusal(attributes, `user not permitted to approve requests with signerName ${quote(signer)}`);
  },
});

/** Who issues a certificate must be allowed to `sign` for the signer. */
export const certificateSigning = (authorizer: Authorizer): AdmissionPlugin => ({
  name: 'CertificateSigning',
  validate(attributes) {
    if (!isRequest(attributes) || attributes.operation !== 'UPDATE' || attributes.subresource !== 'status') return;
    const request = attributes.object as CertificateSigningRequest | undefined;
    const old = attributes.oldObject as CertificateSigningRequest | undefined;
    const same = request?.status?.certificate === old?.status?.certificate;
    if (same && sameJson(request?.status?.conditions, old?.status?.conditions)) return;
    const signer = old?.spec.signerName ?? '';
    if (mayUse(authorizer, attributes, 'sign', signer)) return;
    throw refusal(attributes, `user not permitted to sign requests with signerName ${quote(signer)}`);
  },
});

/** Nobody becomes a member of system:masters by a certificate. */
export const certificateSubjectRestriction: AdmissionPlugin = {
  name: 'CertificateSubjectRestriction',
  validate(attributes) {
    if (!isRequest(attributes) || attributes.operation !== 'CREATE' || attributes.subresource !== undefined) return;
    const { spec } = attributes.object as CertificateSigningRequest;
    if (spec.signerName !== clientSigner) return;
    const { organizations } = parseCertificateRequest(Buffer.from(spec.request, 'base64').toString('latin1'));
    if (!organizations.includes('system:masters')) return;
    throw refusal(attributes, `use of ${clientSigner} signer with system:masters group is not allowed`);
  },
};
