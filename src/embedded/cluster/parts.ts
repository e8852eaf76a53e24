import type { Component } from '../api.ts';
import { certificateApproving } from '../controllers/certificate-approving.ts';
import { certificateCleaner } from '../controllers/certificate-cleaner.ts';
import { certificateSigningController } from '../controllers/certificate-signing.ts';
import { clusterRoleAggregation } from '../controllers/cluster-role-aggregation.ts';
import { disruptionController } from '../controllers/disruption.ts';
import { endpointSliceController } from '../controllers/endpoint-slice.ts';
import { endpointSliceMirroring } from '../controllers/endpoint-slice-mirroring.ts';
import { endpointsController } from '../controllers/endpoints.ts';
import { ephemeralVolumes } from '../controllers/ephemeral-volume.ts';
import { garbageCollector } from '../controllers/garbage-collector.ts';
import { podAutoscaler } from '../controllers/hpa.ts';
import { workloadControllers } from '../controllers/index.ts';
import { namespaceController } from '../controllers/namespace.ts';
import { nodeIpam } from '../controllers/node-ipam.ts';
import { nodeLifecycle } from '../controllers/node-lifecycle.ts';
import { nodeTtl } from '../controllers/node-ttl.ts';
import { podGc } from '../controllers/pod-gc.ts';
import { policyStatus } from '../controllers/policy-status.ts';
import { resourceQuotaController } from '../controllers/resource-quota.ts';
import { rootCaPublisher } from '../controllers/root-ca-publisher.ts';
import { serviceAddresses, serviceRanges } from '../controllers/service-addresses.ts';
import { serviceAccountController } from '../controllers/serviceaccount.ts';
import { serviceAccountTokenController } from '../controllers/serviceaccount-token.ts';
import { claimProtection, volumeProtection } from '../controllers/storage-protection.ts';
import { taintEviction } from '../controllers/taint-eviction.ts';
import { volumeBinder } from '../controllers/volume-binder.ts';
import { volumeExpand } from '../controllers/volume-expand.ts';
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
