import { createPrivateKey } from 'node:crypto';
import { ownValue } from '../../../kernel/own.ts';
import type { CertificateSigningRequest, CertificateSigningRequestCondition } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { certificateSigningRequests } from '../../../kube/resources.ts';
import type { Component } from '../../api.ts';
import { WorkQueue } from '../../client/work-queue.ts';
import { type ParsedRequest, parseCertificateRequest } from '../../pki/certificate-request.ts';
import type { Credentials } from '../../pki/pki.ts';
import { signRequest } from '../../pki/sign-request.ts';
import { timestamp } from '../../registry/metadata.ts';
import { controllerClient } from '../identity.ts';

const domain = 'kubernetes.io/';
export const kubeletClientSigner = `${domain}kube-apiserver-client-kubelet`;
const backdateMs = 5 * 60_000;
const longestSeconds = 365 * 24 * 3600;
const shortestSeconds = 600;

/** Why a signer refuses a request; undefined if it is one that it signs. */
type Check = (request: ParsedRequest, usages: readonly string[]) => string | undefined;

const clientUsages = ['digital signature', 'key encipherment', 'client auth'];

const checkClient: Check = (_request, usages) => {
  const wrong = usages.find((usage) => !clientUsages.includes(usage));
  if (wrong !== undefined) return `invalid usage for client certificate: ${wrong}`;
  return usages.includes('client auth') ? undefined : 'missing required usage: client auth';
};

function checkNodeSubject({ organizations, commonName }: ParsedRequest): string | undefined {
  if (organizations.length !== 1 || organizations[0] !== 'system:nodes')
    return 'subject organization is not system:nodes';
  return commonName.startsWith('system:node:') ? undefined : 'subject common name does not begin with system:node:';
}

/** Usages have to be these, the encipherment of keys (of RSA) is free. */
function checkUsages(usages: readonly string[], wanted: string): string | undefined {
  const rest = usages.filter((usage) => usage !== 'key encipherment').sort();
  const exact = rest.length === 2 && rest.includes('digital signature') && rest.includes(wanted);
  return exact ? undefined : `usages did not match [digital signature,${wanted}]`;
}

/** Why a request is none of a kubelet's client. */
export const checkKubeletClient: Check = (request, usages) => {
  if (request.dnsNames.length > 0) return 'DNS subjectAltNames are not allowed';
  if (request.emailAddresses.length > 0) return 'Email subjectAltNames are not allowed';
  if (request.ipAddresses.length > 0) return 'IP subjectAltNames are not allowed';
  if (request.uris.length > 0) return 'URI subjectAltNames are not allowed';
  return checkNodeSubject(request) ?? checkUsages(usages, 'client auth');
};

const checkKubeletServing: Check = (request, usages) => {
  if (request.dnsNames.length === 0 && request.ipAddresses.length === 0) {
    return 'DNS or IP subjectAltName is required';
  }
  if (request.emailAddresses.length > 0) return 'Email subjectAltNames are not allowed';
  if (request.uris.length > 0) return 'URI subjectAltNames are not allowed';
  return checkNodeSubject(request) ?? checkUsages(usages, 'server auth');
};

const signers: Readonly<Record<string, Check>> = {
  [`${domain}kube-apiserver-client`]: checkClient,
  [kubeletClientSigner]: checkKubeletClient,
  [`${domain}kubelet-serving`]: checkKubeletServing,
};

const hasCondition = (request: CertificateSigningRequest, type: string) =>
  request.status?.conditions?.some((condition) => condition.type === type) ?? false;

/** Issues certificates for approved requests of Kubernetes' own signers, from the cluster's CA. */
export function certificateSigningController(ca: Credentials): Component {
  return {
    name: 'csrsigning',
    start(context) {
      const { clock, signal, informers, report } = context;
      const client = controllerClient(context, 'certificate-controller');
      const requests = informers.of(certificateSigningRequests);

      async function sync(name: string): Promise<void> {
        const request = requests.get(undefined, name);
        if (!request || !isOurs(request)) return;
        const status = { ...request.status };
        const answer = issue(request);
        if ('certificate' in answer) status.certificate = Buffer.from(answer.certificate).toString('base64');
        else status.conditions = [...(status.conditions ?? []), failure(answer.refused)];
        await client.updateStatus(certificateSigningRequests, { ...request, status });
      }

      function issue(request: Stored<CertificateSigningRequest>): { certificate: string } | { refused: string } {
        const { request: bytes, usages = [], signerName, expirationSeconds } = request.spec;
        const parsed = parseCertificateRequest(Buffer.from(bytes, 'base64').toString('latin1'));
        const refused = ownValue(signers, signerName)?.(parsed, usages);
        if (refused !== undefined) return { refused };
        const seconds = Math.min(Math.max(expirationSeconds ?? longestSeconds, shortestSeconds), longestSeconds);
        const now = clock.now();
        const validity = { notBefore: now - backdateMs, notAfter: now + seconds * 1000 };
        const signing = { certificate: ca.certificate, privateKey: createPrivateKey(ca.key) };
        return { certificate: signRequest(parsed, usages, validity, signing) };
      }

      function failure(message: string): CertificateSigningRequestCondition {
        return {
          type: 'Failed',
          status: 'True',
          reason: 'SignerValidationFailure',
          message,
          lastUpdateTime: timestamp(clock.now()),
        };
      }

      const queue = new WorkQueue({ clock, signal, report, sync });
      const enqueue = (request: Stored<CertificateSigningRequest>) => queue.add(request.metadata.name);
      requests.on({ add: enqueue, update: enqueue });
    },
  };
}

/** Approved, not answered yet, and for a signer of ours. */
const isOurs = (request: CertificateSigningRequest) =>
  ownValue(signers, request.spec.signerName) !== undefined &&
  hasCondition(request, 'Approved') &&
  !hasCondition(request, 'Denied') &&
  !hasCondition(request, 'Failed') &&
  !request.status?.certificate;
