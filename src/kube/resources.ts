import type * as api from './api.gen.ts';
import type { KubeObject, Resource } from './meta.ts';

function resource<T extends KubeObject>(
  group: string,
  version: string,
  name: string,
  kind: string,
  namespaced: boolean,
): Resource<T> {
  return { group, version, resource: name, kind, namespaced };
}

export const namespaces = resource<api.Namespace>('', 'v1', 'namespaces', 'Namespace', false);
export const nodes = resource<api.Node>('', 'v1', 'nodes', 'Node', false);
export const pods = resource<api.Pod>('', 'v1', 'pods', 'Pod', true);
export const services = resource<api.Service>('', 'v1', 'services', 'Service', true);
export const endpoints = resource<api.Endpoints>('', 'v1', 'endpoints', 'Endpoints', true);
export const configMaps = resource<api.ConfigMap>('', 'v1', 'configmaps', 'ConfigMap', true);
export const secrets = resource<api.Secret>('', 'v1', 'secrets', 'Secret', true);
export const replicationControllers = resource<api.ReplicationController>(
  '',
  'v1',
  'replicationcontrollers',
  'ReplicationController',
  true,
);
export const serviceAccounts = resource<api.ServiceAccount>('', 'v1', 'serviceaccounts', 'ServiceAccount', true);
export const events = resource<api.Event>('', 'v1', 'events', 'Event', true);
export const deployments = resource<api.Deployment>('apps', 'v1', 'deployments', 'Deployment', true);
export const replicaSets = resource<api.ReplicaSet>('apps', 'v1', 'replicasets', 'ReplicaSet', true);
export const daemonSets = resource<api.DaemonSet>('apps', 'v1', 'daemonsets', 'DaemonSet', true);
export const controllerRevisions = resource<api.ControllerRevision>(
  'apps',
  'v1',
  'controllerrevisions',
  'ControllerRevision',
  true,
);
export const jobs = resource<api.Job>('batch', 'v1', 'jobs', 'Job', true);
export const cronJobs = resource<api.CronJob>('batch', 'v1', 'cronjobs', 'CronJob', true);
export const leases = resource<api.Lease>('coordination.k8s.io', 'v1', 'leases', 'Lease', true);
export const endpointSlices = resource<api.EndpointSlice>(
  'discovery.k8s.io',
  'v1',
  'endpointslices',
  'EndpointSlice',
  true,
);
export const roles = resource<api.Role>('rbac.authorization.k8s.io', 'v1', 'roles', 'Role', true);
export const roleBindings = resource<api.RoleBinding>(
  'rbac.authorization.k8s.io',
  'v1',
  'rolebindings',
  'RoleBinding',
  true,
);
export const clusterRoles = resource<api.ClusterRole>(
  'rbac.authorization.k8s.io',
  'v1',
  'clusterroles',
  'ClusterRole',
  false,
);
export const clusterRoleBindings = resource<api.ClusterRoleBinding>(
  'rbac.authorization.k8s.io',
  'v1',
  'clusterrolebindings',
  'ClusterRoleBinding',
  false,
);
export const subjectAccessReviews = resource<api.SubjectAccessReview>(
  'authorization.k8s.io',
  'v1',
  'subjectaccessreviews',
  'SubjectAccessReview',
  false,
);
export const priorityClasses = resource<api.PriorityClass>(
  'scheduling.k8s.io',
  'v1',
  'priorityclasses',
  'PriorityClass',
  false,
);
export const statefulSets = resource<api.StatefulSet>('apps', 'v1', 'statefulsets', 'StatefulSet', true);
export const persistentVolumes = resource<api.PersistentVolume>(
  '',
  'v1',
  'persistentvolumes',
  'PersistentVolume',
  false,
);
export const persistentVolumeClaims = resource<api.PersistentVolumeClaim>(
  '',
  'v1',
  'persistentvolumeclaims',
  'PersistentVolumeClaim',
  true,
);
export const resourceQuotas = resource<api.ResourceQuota>('', 'v1', 'resourcequotas', 'ResourceQuota', true);
export const limitRanges = resource<api.LimitRange>('', 'v1', 'limitranges', 'LimitRange', true);
export const ingresses = resource<api.Ingress>('networking.k8s.io', 'v1', 'ingresses', 'Ingress', true);
export const ingressClasses = resource<api.IngressClass>(
  'networking.k8s.io',
  'v1',
  'ingressclasses',
  'IngressClass',
  false,
);
export const networkPolicies = resource<api.NetworkPolicy>(
  'networking.k8s.io',
  'v1',
  'networkpolicies',
  'NetworkPolicy',
  true,
);
export const serviceCIDRs = resource<api.ServiceCIDR>('networking.k8s.io', 'v1', 'servicecidrs', 'ServiceCIDR', false);
export const ipAddresses = resource<api.IPAddress>('networking.k8s.io', 'v1', 'ipaddresses', 'IPAddress', false);
export const podDisruptionBudgets = resource<api.PodDisruptionBudget>(
  'policy',
  'v1',
  'poddisruptionbudgets',
  'PodDisruptionBudget',
  true,
);
export const horizontalPodAutoscalers = resource<api.HorizontalPodAutoscaler>(
  'autoscaling',
  'v2',
  'horizontalpodautoscalers',
  'HorizontalPodAutoscaler',
  true,
);
export const storageClasses = resource<api.StorageClass>(
  'storage.k8s.io',
  'v1',
  'storageclasses',
  'StorageClass',
  false,
);
export const csiDrivers = resource<api.CSIDriver>('storage.k8s.io', 'v1', 'csidrivers', 'CSIDriver', false);
export const csiNodes = resource<api.CSINode>('storage.k8s.io', 'v1', 'csinodes', 'CSINode', false);
export const volumeAttachments = resource<api.VolumeAttachment>(
  'storage.k8s.io',
  'v1',
  'volumeattachments',
  'VolumeAttachment',
  false,
);
export const certificateSigningRequests = resource<api.CertificateSigningRequest>(
  'certificates.k8s.io',
  'v1',
  'certificatesigningrequests',
  'CertificateSigningRequest',
  false,
);
export const runtimeClasses = resource<api.RuntimeClass>('node.k8s.io', 'v1', 'runtimeclasses', 'RuntimeClass', false);
export const validatingAdmissionPolicies = resource<api.ValidatingAdmissionPolicy>(
  'admissionregistration.k8s.io',
  'v1',
  'validatingadmissionpolicies',
  'ValidatingAdmissionPolicy',
  false,
);
export const validatingAdmissionPolicyBindings = resource<api.ValidatingAdmissionPolicyBinding>(
  'admissionregistration.k8s.io',
  'v1',
  'validatingadmissionpolicybindings',
  'ValidatingAdmissionPolicyBinding',
  false,
);
export const customResourceDefinitions = resource<api.CustomResourceDefinition>(
  'apiextensions.k8s.io',
  'v1',
  'customresourcedefinitions',
  'CustomResourceDefinition',
  false,
);
export const apiServices = resource<api.APIService>('apiregistration.k8s.io', 'v1', 'apiservices', 'APIService', false);
