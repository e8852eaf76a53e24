import type { CertificateSigningRequest } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { certificateSigningRequests, subjectAccessReviews } from '../../../kube/resources.ts';
import type { Component } from '../../api.ts';
import { WorkQueue } from '../../client/work-queue.ts';
import { type ParsedRequest, parseCertificateRequest } from '../../pki/certificate-request.ts';
import { controllerClient } from '../identity.ts';
import { checkKubeletClient, kubeletClientSigner } from './certificate-signing.ts';

/** What may be asked for without a person's approval, by those with the right to create this subresource. */
interface Recognizer {
  recognizes(request: CertificateSigningRequest, parsed: ParsedRequest): boolean;
  subresource: string;
  message: string;
}

const isNodeClient = ({ spec }: CertificateSigningRequest, parsed: ParsedRequest) =>
  spec.signerName === kubeletClientSigner && checkKubeletClient(parsed, spec.usages ?? []) === undefined;

const recognizers: readonly Recognizer[] = [
  {
    recognizes: (request, parsed) => request.spec.username === parsed.commonName && isNodeClient(request, parsed),
    subresource: 'selfnodeclient',
    message: 'Auto approving self kubelet client certificate after SubjectAccessReview.',
  },
  {
    recognizes: isNodeClient,
    subresource: 'nodeclient',
    message: 'Auto approving kubelet client certificate after SubjectAccessReview.',
  },
];

/** Approves the client certificates of kubelets, for nodes that renew theirs and for those that join. */
export const certificateApproving: Component = {
  name: 'csrapproving',
  start(context) {
    const { clock, signal, informers, report } = context;
    const client = controllerClient(context, 'certificate-controller');
    const requests = informers.of(certificateSigningRequests);

    /** Whether whoever asks has the right that stands for the approval. */
    async function permitted({ spec }: CertificateSigningRequest, subresource: string): Promise<boolean> {
      const { username: user, uid, groups, extra } = spec;
      const review = await client.create(subjectAccessReviews, {
        spec: {
          ...{ user, groups, ...(uid && { uid }), ...(extra && { extra }) },
          resourceAttributes: {
            ...{ group: 'certificates.k8s.io', version: '*', resource: 'certificatesigningrequests' },
            ...{ verb: 'create', subresource },
          },
        },
      });
      return review.status?.allowed ?? false;
    }

    async function sync(name: string): Promise<void> {
      const request = requests.get(undefined, name);
      if (!request || request.status?.certificate || isDecided(request)) return;
      const parsed = parseCertificateRequest(Buffer.from(request.spec.request, 'base64').toString('latin1'));
      for (const { recognizes, subresource, message } of recognizers) {
        if (!recognizes(request, parsed) || !(await permitted(request, subresource))) continue;
        const approved = { type: 'Approved', status: 'True', reason: 'AutoApproved', message };
        const status = { ...request.status, conditions: [...(request.status?.conditions ?? []), approved] };
        await client.update(certificateSigningRequests, { ...request, status }, { subresource: 'approval' });
        return;
      }
    }

    const queue = new WorkQueue({ clock, signal, report, sync });
    const enqueue = (request: Stored<CertificateSigningRequest>) => queue.add(request.metadata.name);
    requests.on({ add: enqueue, update: enqueue });
  },
};

const isDecided = ({ status }: CertificateSigningRequest) =>
  status?.conditions?.some(({ type }) => type === 'Approved' || type === 'Denied') ?? false;
