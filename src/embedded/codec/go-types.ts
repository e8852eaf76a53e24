/** Names of Go types as encoding/json puts them into its errors: `int32`, `[]v1.Container`, `v1.RestartPolicy`. */
import type { FieldInfo, ScalarCode, TypeRef } from './type-table.ts';

const scalarNames: Readonly<Record<ScalarCode, string>> = {
  s: 'string',
  i: 'int32',
  l: 'int64',
  b: 'bool',
  y: '[]uint8',
  d: 'float64',
  Q: 'resource.Quantity',
  T: 'v1.Time',
  U: 'v1.MicroTime',
  D: 'v1.Duration',
  I: 'intstr.IntOrString',
  R: 'runtime.RawExtension',
  F: 'v1.FieldsV1',
  J: 'v1.JSON',
  E: 'v1.ExtraValue',
  A: 'v1.JSONSchemaPropsOrArray',
  O: 'v1.JSONSchemaPropsOrBool',
  P: 'v1.JSONSchemaPropsOrStringArray',
};

/**
 * Strings with a Go type of their own, which neither OpenAPI nor protobuf shows: `Type.field` (short type name), or
 * `*.field` where every type that has the field uses it.
 */
const namedStrings: Readonly<Record<string, string>> = {
  '*.uid': 'types.UID',
  '*.imagePullPolicy': 'v1.PullPolicy',
  '*.terminationMessagePolicy': 'v1.TerminationMessagePolicy',
  '*.procMount': 'v1.ProcMountType',
  '*.topologyKey': 'string',
  '*.whenUnsatisfiable': 'v1.UnsatisfiableConstraintAction',
  '*.accessModes': 'v1.PersistentVolumeAccessMode',
  '*.volumeMode': 'v1.PersistentVolumeMode',
  '*.persistentVolumeReclaimPolicy': 'v1.PersistentVolumeReclaimPolicy',
  '*.reclaimPolicy': 'v1.PersistentVolumeReclaimPolicy',
  '*.preemptionPolicy': 'v1.PreemptionPolicy',
  '*.policyTypes': 'v1.PolicyType',
  '*.pathType': 'v1.PathType',
  '*.mountPropagation': 'v1.MountPropagationMode',
  '*.concurrencyPolicy': 'v1.ConcurrencyPolicy',
  '*.completionMode': 'v1.CompletionMode',
  '*.podReplacementPolicy': 'v1.PodReplacementPolicy',
  '*.podManagementPolicy': 'v1.PodManagementPolicyType',
  '*.addressType': 'v1.AddressType',
  '*.failurePolicy': 'v1.FailurePolicyType',
  '*.sideEffects': 'v1.SideEffectClass',
  '*.matchPolicy': 'v1.MatchPolicyType',
  'PodSpec.restartPolicy': 'v1.RestartPolicy',
  'PodSpec.dnsPolicy': 'v1.DNSPolicy',
  'Container.restartPolicy': 'v1.ContainerRestartPolicy',
  'EphemeralContainerCommon.restartPolicy': 'v1.ContainerRestartPolicy',
  'PodStatus.phase': 'v1.PodPhase',
  'PodStatus.qosClass': 'v1.PodQOSClass',
  'PodCondition.type': 'v1.PodConditionType',
  'PodCondition.status': 'v1.ConditionStatus',
  'ContainerPort.protocol': 'v1.Protocol',
  'ServicePort.protocol': 'v1.Protocol',
  'NetworkPolicyPort.protocol': 'v1.Protocol',
  'EndpointPort.protocol': 'v1.Protocol',
  'HTTPGetAction.scheme': 'v1.URIScheme',
  'Toleration.operator': 'v1.TolerationOperator',
  'Toleration.effect': 'v1.TaintEffect',
  'Taint.effect': 'v1.TaintEffect',
  'NodeSelectorRequirement.operator': 'v1.NodeSelectorOperator',
  'LabelSelectorRequirement.operator': 'v1.LabelSelectorOperator',
  'EmptyDirVolumeSource.medium': 'v1.StorageMedium',
  'HostPathVolumeSource.type': 'v1.HostPathType',
  'SeccompProfile.type': 'v1.SeccompProfileType',
  'AppArmorProfile.type': 'v1.AppArmorProfileType',
  'Capabilities.add': 'v1.Capability',
  'Capabilities.drop': 'v1.Capability',
  'Secret.type': 'v1.SecretType',
  'ServiceSpec.type': 'v1.ServiceType',
  'ServiceSpec.sessionAffinity': 'v1.ServiceAffinity',
  'ServiceSpec.ipFamilies': 'v1.IPFamily',
  'ServiceSpec.ipFamilyPolicy': 'v1.IPFamilyPolicy',
  'ServiceSpec.internalTrafficPolicy': 'v1.ServiceInternalTrafficPolicy',
  'ServiceSpec.externalTrafficPolicy': 'v1.ServiceExternalTrafficPolicy',
  'NamespaceSpec.finalizers': 'v1.FinalizerName',
  'NamespaceStatus.phase': 'v1.NamespacePhase',
  'LimitRangeItem.type': 'v1.LimitType',
  'ResourceQuotaSpec.scopes': 'v1.ResourceQuotaScope',
  'DeploymentStrategy.type': 'v1.DeploymentStrategyType',
  'DaemonSetUpdateStrategy.type': 'v1.DaemonSetUpdateStrategyType',
  'StatefulSetUpdateStrategy.type': 'v1.StatefulSetUpdateStrategyType',
  'PersistentVolumeClaimStatus.phase': 'v1.PersistentVolumeClaimPhase',
  'StorageClass.volumeBindingMode': 'v1.VolumeBindingMode',
  'DeleteOptions.propagationPolicy': 'v1.DeletionPropagation',
  'MetricSpec.type': 'v2.MetricSourceType',
  'MetricTarget.type': 'v2.MetricTargetType',
  'CertificateSigningRequestSpec.usages': 'v1.KeyUsage',
  'CustomResourceDefinitionSpec.scope': 'v1.ResourceScope',
  'Condition.status': 'v1.ConditionStatus',
};

/** `v1.ObjectMeta` of `io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta`. */
export function goTypeName(openApiName: string): string {
  return openApiName.split('.').slice(-2).join('.');
}

/** `ObjectMeta`: how errors name the struct that a field belongs to. */
export function shortTypeName(openApiName: string): string {
  return openApiName.slice(openApiName.lastIndexOf('.') + 1);
}

/** The Go type of a field of `struct` (OpenAPI name), as reflect prints it, without the pointer. */
export function goTypeOf(struct: string, field: FieldInfo): string {
  if (field.type.kind === 'map' && field.type.of.kind === 'scalar' && field.type.of.code === 'Q') {
    return struct.includes('.api.resource.') ? 'map[v1.QualifiedName]resource.Quantity' : 'v1.ResourceList';
  }
  const named = namedStrings[`${shortTypeName(struct)}.${field.json}`] ?? namedStrings[`*.${field.json}`];
  return goTypeText(field.type, named);
}

/** As reflect prints it; `named` stands for the plain string in it. */
export function goTypeText(type: TypeRef, named?: string): string {
  switch (type.kind) {
    case 'list':
      return `[]${goTypeText(type.of, named)}`;
    case 'map':
      return `map[string]${goTypeText(type.of, named)}`;
    case 'struct':
      return goTypeName(type.name);
    case 'scalar':
      return type.code === 's' && named ? named : scalarNames[type.code];
  }
}
