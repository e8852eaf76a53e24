import type { KubeObject } from '../../../../../kube/meta.ts';
import { describeAddress, describeServiceCidr } from './addresses.ts';
import { describeAutoscaler } from './autoscaler.ts';
import { describeCertificateRequest } from './certificate-request.ts';
import { describeAttributesClass, describeClaim, describeStorageClass, describeVolume } from './claims.ts';
import { describeConfigMap } from './config-map.ts';
import type { Describer } from './context.ts';
import { describeCronJob } from './cron-job.ts';
import { describeCsiNode } from './csi-node.ts';
import { describeDaemonSet } from './daemon-set.ts';
import { describeDeployment } from './deployment.ts';
import { describeEndpointSlice } from './endpoint-slice.ts';
import { describeEndpoints } from './endpoints-object.ts';
import { describeAnything } from './generic.ts';
import { describeIngress, describeIngressClass } from './ingress.ts';
import { describeJob } from './job.ts';
import { describeNetworkPolicy } from './network-policy.ts';
import { describeNode } from './node.ts';
import { describePod } from './pod.ts';
import { describeDisruptionBudget, describePriorityClass } from './policy.ts';
import { describeLimitRange, describeNamespace, describeResourceQuota } from './quota.ts';
import { describeRole, describeRoleBinding } from './rbac.ts';
import { describeReplicaSet, describeReplicationController } from './replica-set.ts';
import { describeSecret } from './secret.ts';
import { describeService } from './service.ts';
import { describeServiceAccount } from './service-account.ts';
import { describeStatefulSet } from './stateful-set.ts';

const describers: Readonly<Record<string, Describer<never>>> = {
  '/Pod': describePod,
  '/ReplicationController': describeReplicationController,
  '/Service': describeService,
  '/Endpoints': describeEndpoints,
  '/ConfigMap': describeConfigMap,
  '/Secret': describeSecret,
  '/ServiceAccount': describeServiceAccount,
  '/Namespace': describeNamespace,
  '/ResourceQuota': describeResourceQuota,
  '/LimitRange': describeLimitRange,
  '/Node': describeNode,
  '/PersistentVolume': describeVolume,
  '/PersistentVolumeClaim': describeClaim,
  'apps/Deployment': describeDeployment,
  'apps/ReplicaSet': describeReplicaSet,
  'apps/StatefulSet': describeStatefulSet,
  'apps/DaemonSet': describeDaemonSet,
  'autoscaling/HorizontalPodAutoscaler': describeAutoscaler,
  'batch/Job': describeJob,
  'batch/CronJob': describeCronJob,
  'networking.k8s.io/Ingress': describeIngress,
  'networking.k8s.io/IngressClass': describeIngressClass,
  'certificates.k8s.io/CertificateSigningRequest': describeCertificateRequest,
  'networking.k8s.io/IPAddress': describeAddress,
  'networking.k8s.io/ServiceCIDR': describeServiceCidr,
  'networking.k8s.io/NetworkPolicy': describeNetworkPolicy,
  'discovery.k8s.io/EndpointSlice': describeEndpointSlice,
  'rbac.authorization.k8s.io/Role': describeRole,
  'rbac.authorization.k8s.io/ClusterRole': describeRole,
  'rbac.authorization.k8s.io/RoleBinding': describeRoleBinding,
  'rbac.authorization.k8s.io/ClusterRoleBinding': describeRoleBinding,
  'storage.k8s.io/StorageClass': describeStorageClass,
  'storage.k8s.io/VolumeAttributesClass': describeAttributesClass,
  'storage.k8s.io/CSINode': describeCsiNode,
  'scheduling.k8s.io/PriorityClass': describePriorityClass,
  'policy/PodDisruptionBudget': describeDisruptionBudget,
};

/** Who describes objects of a kind; the server's objects are what the kind says. */
export function describerOf(group: string, kind: string): Describer<KubeObject> {
  return (describers[`${group}/${kind}`] as Describer<KubeObject> | undefined) ?? describeAnything;
}
