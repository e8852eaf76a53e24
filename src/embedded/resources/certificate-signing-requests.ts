import type { CertificateSigningRequest } from '../../kube/api.gen.ts';
import { humanDuration } from '../../kube/duration.ts';
import { certificateSigningRequests } from '../../kube/resources.ts';
import type { StrategyContext } from '../definition.ts';
import { timestamp } from '../registry/metadata.ts';
import { defineResource } from './define.ts';
import { age, none } from './printing/common.ts';
import { validateDecisions, validateRequest, validateStatus } from './validate/certificate-request.ts';

/** Conditions get the times that their writers left out. */
function stampConditions(
  request: CertificateSigningRequest,
  old: CertificateSigningRequest,
  context: StrategyContext,
): void {
  const now = timestamp(context.clock.now());
  for (const condition of request.status?.conditions ?? []) {
    condition.lastUpdateTime ??= now;
    const same = old.status?.conditions?.find((c) => c.type === condition.type && c.status === condition.status);
    condition.lastTransitionTime ??= same?.lastTransitionTime ?? now;
  }
}

/** /approval decides and does not issue, /status issues and does not decide. */
function keepOthersPart(request: CertificateSigningRequest, old: CertificateSigningRequest, approval: boolean): void {
  const { certificate: _own, ...status } = request.status ?? {};
  if (approval) {
    request.status = { ...status, ...(old.status?.certificate && { certificate: old.status.certificate }) };
    return;
  }
  const decided = (of: CertificateSigningRequest) => (of.status?.conditions ?? []).filter((c) => isDecision(c.type));
  const others = (request.status?.conditions ?? []).filter((c) => !isDecision(c.type));
  const conditions = [...structuredClone(decided(old)), ...others];
  request.status = { ...request.status, ...(conditions.length > 0 && { conditions }) };
}

const isDecision = (type: string) => type === 'Approved' || type === 'Denied';

function conditionText({ status }: CertificateSigningRequest): string {
  const has = (type: string) => status?.conditions?.some((c) => c.type === type) ?? false;
  const decision = has('Denied') ? 'Denied' : has('Approved') ? 'Approved' : 'Pending';
  return [decision, ...(has('Failed') ? ['Failed'] : []), ...(status?.certificate ? ['Issued'] : [])].join(',');
}

export const certificateSigningRequestResource = defineResource<CertificateSigningRequest>({
  ...certificateSigningRequests,
  strategy: {
    nameRule: 'path-segment',
    generation: false,
    prepareForCreate(request, { user }) {
      // Who asks is not for the asker to say.
      const { username: _u, uid: _i, groups: _g, extra: _e, ...asked } = request.spec;
      request.spec = {
        ...asked,
        username: user.name,
        ...(user.uid && { uid: user.uid }),
        groups: [...user.groups],
        ...(user.extra && {
          extra: Object.fromEntries(Object.entries(user.extra).map(([key, values]) => [key, [...values]])),
        }),
      };
      request.status = {};
    },
    prepareForUpdate(request, old, context) {
      request.spec = structuredClone(old.spec);
      if (context.subresource === undefined) {
        request.status = structuredClone(old.status);
        return;
      }
      keepOthersPart(request, old, context.subresource === 'approval');
      stampConditions(request, old, context);
    },
    validate: (request, { operation }) => (operation === 'create' ? validateRequest(request) : validateStatus(request)),
    validateUpdate: (request, old, { subresource }) =>
      subresource === undefined ? [] : validateDecisions(request, old, subresource === 'approval'),
  },
  fieldSelectors: { 'spec.signerName': (request) => request.spec.signerName },
  cells: (request, now) => [
    request.metadata.name,
    age(request.metadata.creationTimestamp, now),
    request.spec.signerName || none,
    request.spec.username ?? '',
    request.spec.expirationSeconds === undefined ? none : humanDuration(request.spec.expirationSeconds),
    conditionText(request),
  ],
});
