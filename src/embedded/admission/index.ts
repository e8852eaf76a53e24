import { escalationCheck } from '../rbac/escalation.ts';
import type { Authorizer } from '../rbac/types.ts';
import type { AdmissionPlugin } from '../registry/admission.ts';
import { certificateApproval, certificateSigning, certificateSubjectRestriction } from './certificates.ts';
import { defaultIngressClass, defaultStorageClass } from './default-classes.ts';
import { defaultTolerationSeconds } from './default-toleration-seconds.ts';
import { limitRanger } from './limit-ranger.ts';
import { namespaceLifecycle } from './namespace-lifecycle.ts';
import { nodeRestriction } from './node-restriction.ts';
import { podSecurity } from './pod-security/pod-security.ts';
import { podTopologyLabels } from './pod-topology-labels.ts';
import { validatingAdmissionPolicy } from './policy/validating-admission-policy.ts';
import { priority } from './priority.ts';
import { resourceQuota } from './resource-quota.ts';
import { runtimeClass } from './runtime-class.ts';
import { serviceAccount } from './service-account.ts';
import { persistentVolumeClaimResize, storageObjectInUseProtection } from './storage-protection.ts';
import { taintNodesByCondition } from './taint-nodes-by-condition.ts';
import { mutatingAdmissionWebhook, validatingAdmissionWebhook } from './webhooks.ts';

/**
 * The admission plugins of a kubeadm control plane in kube-apiserver's order (the default ones, and NodeRestriction),
 * then the check of roles and bindings by what `authorizer` says the requester holds.
 */
export function defaultAdmission(authorizer: Authorizer): AdmissionPlugin[] {
  return [
    namespaceLifecycle,
    limitRanger,
    serviceAccount,
    nodeRestriction,
    taintNodesByCondition,
    podSecurity,
    podTopologyLabels,
    priority,
    defaultTolerationSeconds,
    defaultStorageClass,
    storageObjectInUseProtection,
    persistentVolumeClaimResize,
    runtimeClass,
    certificateApproval(authorizer),
    certificateSigning(authorizer),
    certificateSubjectRestriction,
    defaultIngressClass,
    mutatingAdmissionWebhook(authorizer),
    escalationCheck(authorizer),
    validatingAdmissionPolicy(authorizer),
    validatingAdmissionWebhook(authorizer),
    resourceQuota,
  ];
}
