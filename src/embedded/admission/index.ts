import { escalationCheck } from '../rbac/escalation.ts';
import type { Authorizer } from '../rbac/types.ts';
import { defaultTolerationSeconds } from './default-toleration-seconds.ts';
import { namespaceLifecycle } from './namespace-lifecycle.ts';
import { nodeRestriction } from './node-restriction.ts';
import { podSecurity } from './pod-security/pod-security.ts';
import { priority } from './priority.ts';
import { runtimeClass } from './runtime-class.ts';
import { serviceAccount } from './service-account.ts';
import { taintNodesByCondition } from './taint-nodes-by-condition.ts';
import type { AdmissionPlugin } from './types.ts';

/**
 * The admission plugins of a kubeadm control plane in kube-apiserver's order (the default ones, and NodeRestriction),
 * then the check of roles and bindings by what `authorizer` says the requester holds.
 */
export function defaultAdmission(authorizer: Authorizer): AdmissionPlugin[] {
  return [
    namespaceLifecycle,
    serviceAccount,
    nodeRestriction,
    taintNodesByCondition,
    podSecurity,
    priority,
    defaultTolerationSeconds,
    runtimeClass,
    escalationCheck(authorizer),
  ];
}
