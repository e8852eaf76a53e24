import type { Component } from '../api.ts';
import { workloadControllers } from '../controllers/index.ts';
import { garbageCollector } from '../controllers/lifecycle/garbage-collector.ts';
import { namespaceController } from '../controllers/lifecycle/namespace.ts';
import { policyStatus } from '../controllers/lifecycle/policy-status.ts';
import { resourceQuotaController } from '../controllers/lifecycle/resource-quota.ts';
import { nodeIpam } from '../controllers/nodes/node-ipam.ts';
import { nodeLifecycle } from '../controllers/nodes/node-lifecycle.ts';
import { nodeTtl } from '../controllers/nodes/node-ttl.ts';
import { podGc } from '../controllers/nodes/pod-gc.ts';
import { taintEviction } from '../controllers/nodes/taint-eviction.ts';
import { disruptionController } from '../controllers/scaling/disruption.ts';
import { podAutoscaler } from '../controllers/scaling/hpa.ts';
import { certificateApproving } from '../controllers/security/certificate-approving.ts';
import { certificateCleaner } from '../controllers/security/certificate-cleaner.ts';
import { certificateSigningController } from '../controllers/security/certificate-signing.ts';
import { clusterRoleAggregation } from '../controllers/security/cluster-role-aggregation.ts';
import { rootCaPublisher } from '../controllers/security/root-ca-publisher.ts';
import { serviceAccountController } from '../controllers/security/serviceaccount.ts';
import { serviceAccountTokenController } from '../controllers/security/serviceaccount-token.ts';
import { endpointSliceController } from '../controllers/services/endpoint-slice.ts';
import { endpointSliceMirroring } from '../controllers/services/endpoint-slice-mirroring.ts';
import { endpointsController } from '../controllers/services/endpoints.ts';
import { serviceAddresses, serviceRanges } from '../controllers/services/service-addresses.ts';
import { ephemeralVolumes } from '../controllers/storage/ephemeral-volume.ts';
import { claimProtection, volumeProtection } from '../controllers/storage/storage-protection.ts';
import { volumeBinder } from '../controllers/storage/volume-binder.ts';
import { volumeExpand } from '../controllers/storage/volume-expand.ts';
import type { Pki } from '../pki/pki.ts';
import { signToken } from '../server/authn/jwt.ts';

/** The controllers of kube-controller-manager, in its order. */
export function controllers(pki: Pick<Pki, 'serviceAccounts' | 'ca'>): Component[] {
  return [
    serviceAccountController,
    serviceAccountTokenController((claims) => signToken(claims, pki.serviceAccounts)),
    rootCaPublisher,
    namespaceController,
    clusterRoleAggregation,
    disruptionController,
    podAutoscaler,
    resourceQuotaController,
    volumeBinder,
    volumeExpand,
    ephemeralVolumes,
    claimProtection,
    volumeProtection,
    serviceRanges,
    serviceAddresses,
    certificateSigningController(pki.ca),
    certificateApproving,
    certificateCleaner,
    policyStatus,
    garbageCollector,
    podGc,
    nodeIpam,
    nodeTtl,
    nodeLifecycle,
    taintEviction,
    endpointsController,
    endpointSliceController,
    endpointSliceMirroring,
    ...workloadControllers(),
  ];
}
