import type { ResourceDefinition } from '../definition.ts';
import { apiServiceResource } from './api-services.ts';
import { bindingResource } from './bindings.ts';
import { certificateSigningRequestResource } from './certificate-signing-requests.ts';
import { clusterRoleBindingResource } from './cluster-role-bindings.ts';
import { clusterRoleResource } from './cluster-roles.ts';
import { componentStatusResource } from './component-statuses.ts';
import { configMapResource } from './config-maps.ts';
import { controllerRevisionResource } from './controller-revisions.ts';
import { cronJobResource } from './cron-jobs.ts';
import { csiDriverResource } from './csi-drivers.ts';
import { csiNodeResource } from './csi-nodes.ts';
import { csiStorageCapacityResource } from './csi-storage-capacities.ts';
import { customResourceDefinitionResource } from './custom-resource-definitions.ts';
import { daemonSetResource } from './daemon-sets.ts';
import { deploymentResource } from './deployments.ts';
import {
  deviceClassResource,
  resourceClaimResource,
  resourceClaimTemplateResource,
  resourceSliceResource,
} from './dynamic-resources.ts';
import { endpointSliceResource } from './endpoint-slices.ts';
import { endpointsResource } from './endpoints.ts';
import { eventResource, newEventResource } from './events.ts';
import { flowSchemaResource, priorityLevelConfigurationResource } from './flow-control.ts';
import { horizontalPodAutoscalerResource, horizontalPodAutoscalerV1Resource } from './horizontal-pod-autoscalers.ts';
import { ingressClassResource } from './ingress-classes.ts';
import { ingressResource } from './ingresses.ts';
import { ipAddressResource } from './ip-addresses.ts';
import { jobResource } from './jobs.ts';
import { leaseResource } from './leases.ts';
import { limitRangeResource } from './limit-ranges.ts';
import { namespaceResource } from './namespaces.ts';
import { networkPolicyResource } from './network-policies.ts';
import { nodeResource } from './nodes.ts';
import { persistentVolumeClaimResource } from './persistent-volume-claims.ts';
import { persistentVolumeResource } from './persistent-volumes.ts';
import { podDisruptionBudgetResource } from './pod-disruption-budgets.ts';
import { podTemplateResource } from './pod-templates.ts';
import { podResource } from './pods.ts';
import { priorityClassResource } from './priority-classes.ts';
import { replicaSetResource } from './replica-sets.ts';
import { replicationControllerResource } from './replication-controllers.ts';
import { resourceQuotaResource } from './resource-quotas.ts';
import { roleBindingResource } from './role-bindings.ts';
import { roleResource } from './roles.ts';
import { runtimeClassResource } from './runtime-classes.ts';
import { secretResource } from './secrets.ts';
import { selfSubjectReviewResource } from './self-subject-reviews.ts';
import { serviceAccountResource } from './service-accounts.ts';
import { serviceCIDRResource } from './service-cidrs.ts';
import { serviceResource } from './services.ts';
import { statefulSetResource } from './stateful-sets.ts';
import { storageClassResource } from './storage-classes.ts';
import {
  localSubjectAccessReviewResource,
  selfSubjectAccessReviewResource,
  selfSubjectRulesReviewResource,
  subjectAccessReviewResource,
} from './subject-access-reviews.ts';
import { tokenReviewResource } from './token-reviews.ts';
import { validatingAdmissionPolicyResource } from './validating-admission-policies.ts';
import { validatingAdmissionPolicyBindingResource } from './validating-admission-policy-bindings.ts';
import { volumeAttachmentResource } from './volume-attachments.ts';
import { volumeAttributesClassResource } from './volume-attributes-classes.ts';
import {
  mutatingWebhookConfigurationResource,
  validatingWebhookConfigurationResource,
} from './webhook-configurations.ts';

/** Every built-in kind. Adding a kind is adding its file and one line here. */
export const builtinResources: readonly ResourceDefinition[] = [
  bindingResource,
  configMapResource,
  endpointsResource,
  eventResource,
  namespaceResource,
  nodeResource,
  podResource,
  podTemplateResource,
  replicationControllerResource,
  secretResource,
  serviceAccountResource,
  serviceResource,
  newEventResource,
  controllerRevisionResource,
  daemonSetResource,
  deploymentResource,
  replicaSetResource,
  selfSubjectReviewResource,
  tokenReviewResource,
  localSubjectAccessReviewResource,
  selfSubjectAccessReviewResource,
  selfSubjectRulesReviewResource,
  subjectAccessReviewResource,
  cronJobResource,
  jobResource,
  clusterRoleBindingResource,
  clusterRoleResource,
  roleBindingResource,
  roleResource,
  priorityClassResource,
  leaseResource,
  endpointSliceResource,
  statefulSetResource,
  ingressResource,
  ingressClassResource,
  networkPolicyResource,
  podDisruptionBudgetResource,
  runtimeClassResource,
  persistentVolumeResource,
  persistentVolumeClaimResource,
  storageClassResource,
  limitRangeResource,
  resourceQuotaResource,
  serviceCIDRResource,
  ipAddressResource,
  horizontalPodAutoscalerResource,
  horizontalPodAutoscalerV1Resource,
  certificateSigningRequestResource,
  csiDriverResource,
  csiNodeResource,
  volumeAttachmentResource,
  csiStorageCapacityResource,
  volumeAttributesClassResource,
  customResourceDefinitionResource,
  validatingAdmissionPolicyResource,
  validatingAdmissionPolicyBindingResource,
  validatingWebhookConfigurationResource,
  mutatingWebhookConfigurationResource,
  apiServiceResource,
  flowSchemaResource,
  priorityLevelConfigurationResource,
  deviceClassResource,
  resourceClaimResource,
  resourceClaimTemplateResource,
  resourceSliceResource,
  componentStatusResource,
];
