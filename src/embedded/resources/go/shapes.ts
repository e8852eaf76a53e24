import { storageShapes } from './storage-shapes.ts';

/**
 * The fields of kube-apiserver's internal types in their order, as some of its messages print them (recorded in the
 * immutable and validation exchanges). One line a type: `Name:kind` a field, `^Type` an embedded struct.
 * Kinds: `s` string, `b` bool, `i` number, `x` int-or-string, `q` quantity, `?` optional scalar (null), `{}` map,
 * `[]` list of scalars, `[]T` list of structs, `*T` optional struct, `T` struct, `~` a type with JSON tags of its own.
 */
const text: Readonly<Record<string, string>> = {
  PodTemplateSpec: '^ObjectMeta Spec:PodSpec',
  PodSpec:
    'Volumes:[]Volume InitContainers:[]Container Containers:[]Container EphemeralContainers:[]EphemeralContainer RestartPolicy:s TerminationGracePeriodSeconds:? ActiveDeadlineSeconds:? DNSPolicy:s NodeSelector:{} ServiceAccountName:s AutomountServiceAccountToken:? NodeName:s SecurityContext:*PodSecurityContext ImagePullSecrets:[]LocalObjectReference Hostname:s Subdomain:s SetHostnameAsFQDN:? Affinity:*Affinity SchedulerName:s Tolerations:[]Toleration HostAliases:[]HostAlias PriorityClassName:s Priority:? PreemptionPolicy:? DNSConfig:*PodDNSConfig ReadinessGates:[]PodReadinessGate RuntimeClassName:? Overhead:{} EnableServiceLinks:? TopologySpreadConstraints:[]TopologySpreadConstraint OS:*PodOS SchedulingGates:[]PodSchedulingGate ResourceClaims:[]PodResourceClaim Resources:*ResourceRequirements HostnameOverride:? WorkloadRef:*WorkloadReference',
  PodSecurityContext:
    'HostNetwork:b HostPID:b HostIPC:b ShareProcessNamespace:? HostUsers:? SELinuxOptions:*SELinuxOptions WindowsOptions:*WindowsSecurityContextOptions RunAsUser:? RunAsGroup:? RunAsNonRoot:? SupplementalGroups:[] SupplementalGroupsPolicy:? FSGroup:? FSGroupChangePolicy:? Sysctls:[]Sysctl SeccompProfile:*SeccompProfile AppArmorProfile:*AppArmorProfile SELinuxChangePolicy:?',
  Container: '^ContainerCommon',
  EphemeralContainer: '^ContainerCommon TargetContainerName:s',
  ContainerCommon:
    'Name:s Image:s Command:[] Args:[] WorkingDir:s Ports:[]ContainerPort EnvFrom:[]EnvFromSource Env:[]EnvVar Resources:ResourceRequirements ResizePolicy:[]ContainerResizePolicy RestartPolicy:? RestartPolicyRules:[]ContainerRestartRule VolumeMounts:[]VolumeMount VolumeDevices:[]VolumeDevice LivenessProbe:*Probe ReadinessProbe:*Probe StartupProbe:*Probe Lifecycle:*Lifecycle TerminationMessagePath:s TerminationMessagePolicy:s ImagePullPolicy:s SecurityContext:*SecurityContext Stdin:b StdinOnce:b TTY:b',
  ContainerPort: 'Name:s HostPort:i ContainerPort:i Protocol:s HostIP:s',
  ContainerResizePolicy: 'ResourceName:s RestartPolicy:s',
  ContainerRestartRule: 'Action:s ExitCodes:*ContainerRestartRuleOnExitCodes',
  ContainerRestartRuleOnExitCodes: 'Operator:s Values:[]',
  EnvFromSource: 'Prefix:s ConfigMapRef:*EnvSource SecretRef:*EnvSource',
  EnvSource: 'Name:s Optional:?',
  EnvVar: 'Name:s Value:s ValueFrom:*EnvVarSource',
  EnvVarSource:
    'FieldRef:*ObjectFieldSelector ResourceFieldRef:*ResourceFieldSelector ConfigMapKeyRef:*KeySelector SecretKeyRef:*KeySelector FileKeyRef:*FileKeySelector',
  KeySelector: 'Name:s Key:s Optional:?',
  FileKeySelector: 'VolumeName:s Path:s Key:s Optional:?',
  ObjectFieldSelector: 'APIVersion:s FieldPath:s',
  ResourceFieldSelector: 'ContainerName:s Resource:s Divisor:q',
  ResourceRequirements: 'Limits:{} Requests:{} Claims:[]ResourceClaim',
  ResourceClaim: 'Name:s Request:s',
  VolumeMount: 'Name:s ReadOnly:b RecursiveReadOnly:? MountPath:s SubPath:s MountPropagation:? SubPathExpr:s',
  VolumeDevice: 'Name:s DevicePath:s',
  Probe:
    'Exec:*ExecAction HTTPGet:*HTTPGetAction TCPSocket:*TCPSocketAction GRPC:*GRPCAction InitialDelaySeconds:i TimeoutSeconds:i PeriodSeconds:i SuccessThreshold:i FailureThreshold:i TerminationGracePeriodSeconds:?',
  ExecAction: 'Command:[]',
  HTTPGetAction: 'Path:s Port:x Host:s Scheme:s HTTPHeaders:[]HTTPHeader',
  HTTPHeader: 'Name:s Value:s',
  TCPSocketAction: 'Port:x Host:s',
  GRPCAction: 'Port:i Service:?',
  Lifecycle: 'PostStart:*LifecycleHandler PreStop:*LifecycleHandler StopSignal:?',
  LifecycleHandler: 'Exec:*ExecAction HTTPGet:*HTTPGetAction TCPSocket:*TCPSocketAction Sleep:*SleepAction',
  SleepAction: 'Seconds:i',
  SecurityContext:
    'Capabilities:*Capabilities Privileged:? SELinuxOptions:*SELinuxOptions WindowsOptions:*WindowsSecurityContextOptions RunAsUser:? RunAsGroup:? RunAsNonRoot:? ReadOnlyRootFilesystem:? AllowPrivilegeEscalation:? ProcMount:? SeccompProfile:*SeccompProfile AppArmorProfile:*AppArmorProfile',
  Capabilities: 'Add:[] Drop:[]',
  SELinuxOptions: 'User:s Role:s Type:s Level:s',
  SeccompProfile: 'Type:s LocalhostProfile:?',
  AppArmorProfile: 'Type:s LocalhostProfile:?',
  WindowsSecurityContextOptions: 'GMSACredentialSpecName:? GMSACredentialSpec:? RunAsUserName:? HostProcess:?',
  Sysctl: 'Name:s Value:s',
  LocalObjectReference: 'Name:s',
  Affinity: 'NodeAffinity:*NodeAffinity PodAffinity:*PodAffinity PodAntiAffinity:*PodAffinity',
  NodeAffinity:
    'RequiredDuringSchedulingIgnoredDuringExecution:*NodeSelector PreferredDuringSchedulingIgnoredDuringExecution:[]PreferredSchedulingTerm',
  PodAffinity:
    'RequiredDuringSchedulingIgnoredDuringExecution:[]PodAffinityTerm PreferredDuringSchedulingIgnoredDuringExecution:[]WeightedPodAffinityTerm',
  NodeSelector: 'NodeSelectorTerms:[]NodeSelectorTerm',
  NodeSelectorTerm: 'MatchExpressions:[]NodeSelectorRequirement MatchFields:[]NodeSelectorRequirement',
  NodeSelectorRequirement: 'Key:s Operator:s Values:[]',
  PreferredSchedulingTerm: 'Weight:i Preference:NodeSelectorTerm',
  WeightedPodAffinityTerm: 'Weight:i PodAffinityTerm:PodAffinityTerm',
  PodAffinityTerm:
    'LabelSelector:~ Namespaces:[] TopologyKey:s NamespaceSelector:~ MatchLabelKeys:[] MismatchLabelKeys:[]',
  Toleration: 'Key:s Operator:s Value:s Effect:s TolerationSeconds:?',
  HostAlias: 'IP:s Hostnames:[]',
  PodDNSConfig: 'Nameservers:[] Searches:[] Options:[]PodDNSConfigOption',
  PodDNSConfigOption: 'Name:s Value:?',
  PodReadinessGate: 'ConditionType:s',
  TopologySpreadConstraint:
    'MaxSkew:i TopologyKey:s WhenUnsatisfiable:s LabelSelector:~ MinDomains:? NodeAffinityPolicy:? NodeTaintsPolicy:? MatchLabelKeys:[]',
  PodOS: 'Name:s',
  PodSchedulingGate: 'Name:s',
  PodResourceClaim: 'Name:s ResourceClaimName:? ResourceClaimTemplateName:?',
  WorkloadReference: 'Name:s PodGroup:s PodGroupReplicaKey:s',
  PodIP: 'IP:s',
  ServicePort: 'Name:s Protocol:s AppProtocol:? Port:i TargetPort:x NodePort:i',
  Taint: 'Key:s Value:s Effect:s TimeAdded:?',
  DeploymentStrategy: 'Type:s RollingUpdate:*RollingUpdate',
  DaemonSetUpdateStrategy: 'Type:s RollingUpdate:*RollingUpdate',
  RollingUpdate: 'MaxUnavailable:x MaxSurge:x',
};

const volumes: Readonly<Record<string, string>> = {
  Volume:
    'Name:s HostPath:*HostPath EmptyDir:*EmptyDir GCEPersistentDisk:*GCEPersistentDisk AWSElasticBlockStore:*AWSElasticBlockStore GitRepo:*GitRepo Secret:*SecretVolume NFS:*NFS ISCSI:*ISCSI Glusterfs:*Glusterfs PersistentVolumeClaim:*PersistentVolumeClaim RBD:*RBD Quobyte:*Quobyte FlexVolume:*FlexVolume Cinder:*Cinder CephFS:*CephFS Flocker:*Flocker DownwardAPI:*DownwardAPIVolume FC:*FC AzureFile:*AzureFile ConfigMap:*ConfigMapVolume VsphereVolume:*VsphereVolume AzureDisk:*AzureDisk PhotonPersistentDisk:*PhotonPersistentDisk Projected:*Projected PortworxVolume:*PortworxVolume ScaleIO:*ScaleIO StorageOS:*StorageOS CSI:*CSI Ephemeral:*Ephemeral Image:*Image',
  HostPath: 'Path:s Type:?',
  EmptyDir: 'Medium:s SizeLimit:?',
  GCEPersistentDisk: 'PDName:s FSType:s Partition:i ReadOnly:b',
  AWSElasticBlockStore: 'VolumeID:s FSType:s Partition:i ReadOnly:b',
  GitRepo: 'Repository:s Revision:s Directory:s',
  SecretVolume: 'SecretName:s Items:[]KeyToPath DefaultMode:? Optional:?',
  ConfigMapVolume: 'Name:s Items:[]KeyToPath DefaultMode:? Optional:?',
  KeyToPath: 'Key:s Path:s Mode:?',
  NFS: 'Server:s Path:s ReadOnly:b',
  ISCSI:
    'TargetPortal:s IQN:s Lun:i ISCSIInterface:s FSType:s ReadOnly:b Portals:[] DiscoveryCHAPAuth:b SessionCHAPAuth:b SecretRef:*LocalObjectReference InitiatorName:?',
  Glusterfs: 'EndpointsName:s Path:s ReadOnly:b',
  PersistentVolumeClaim: 'ClaimName:s ReadOnly:b',
  RBD: 'CephMonitors:[] RBDImage:s FSType:s RBDPool:s RadosUser:s Keyring:s SecretRef:*LocalObjectReference ReadOnly:b',
  Quobyte: 'Registry:s Volume:s ReadOnly:b User:s Group:s Tenant:s',
  FlexVolume: 'Driver:s FSType:s SecretRef:*LocalObjectReference ReadOnly:b Options:{}',
  Cinder: 'VolumeID:s FSType:s ReadOnly:b SecretRef:*LocalObjectReference',
  CephFS: 'Monitors:[] Path:s User:s SecretFile:s SecretRef:*LocalObjectReference ReadOnly:b',
  Flocker: 'DatasetName:s DatasetUUID:s',
  DownwardAPIVolume: 'Items:[]DownwardAPIVolumeFile DefaultMode:?',
  DownwardAPIVolumeFile: 'Path:s FieldRef:*ObjectFieldSelector ResourceFieldRef:*ResourceFieldSelector Mode:?',
  FC: 'TargetWWNs:[] Lun:? FSType:s ReadOnly:b WWIDs:[]',
  AzureFile: 'SecretName:s ShareName:s ReadOnly:b',
  VsphereVolume: 'VolumePath:s FSType:s StoragePolicyName:s StoragePolicyID:s',
  AzureDisk: 'DiskName:s DataDiskURI:s CachingMode:? FSType:? ReadOnly:? Kind:?',
  PhotonPersistentDisk: 'PdID:s FSType:s',
  Projected: 'Sources:[]VolumeProjection DefaultMode:?',
  VolumeProjection:
    'Secret:*SecretProjection DownwardAPI:*DownwardAPIProjection ConfigMap:*ConfigMapProjection ServiceAccountToken:*ServiceAccountTokenProjection ClusterTrustBundle:*ClusterTrustBundleProjection PodCertificate:*PodCertificateProjection',
  SecretProjection: 'Name:s Items:[]KeyToPath Optional:?',
  ConfigMapProjection: 'Name:s Items:[]KeyToPath Optional:?',
  DownwardAPIProjection: 'Items:[]DownwardAPIVolumeFile',
  ServiceAccountTokenProjection: 'Audience:s ExpirationSeconds:i Path:s',
  ClusterTrustBundleProjection: 'Name:? SignerName:? LabelSelector:~ Optional:? Path:s',
  PodCertificateProjection:
    'SignerName:s KeyType:s MaxExpirationSeconds:? CredentialBundlePath:s KeyPath:s CertificateChainPath:s UserAnnotations:{}',
  PortworxVolume: 'VolumeID:s FSType:s ReadOnly:b',
  ScaleIO:
    'Gateway:s System:s SecretRef:*LocalObjectReference SSLEnabled:b ProtectionDomain:s StoragePool:s StorageMode:s VolumeName:s FSType:s ReadOnly:b',
  StorageOS: 'VolumeName:s VolumeNamespace:s FSType:s ReadOnly:b SecretRef:*LocalObjectReference',
  CSI: 'Driver:s ReadOnly:? FSType:? VolumeAttributes:{} NodePublishSecretRef:*LocalObjectReference',
  Ephemeral: 'VolumeClaimTemplate:~',
  Image: 'Reference:s PullPolicy:s',
};

/** Where the wire name isn't the Go name with its first word in lower case. */
const wireNames: Readonly<Record<string, string>> = {
  CephFS: 'cephfs',
  StorageOS: 'storageos',
  RBDImage: 'image',
  RBDPool: 'pool',
  RadosUser: 'user',
  CephMonitors: 'monitors',
  PDName: 'pdName',
  EndpointsName: 'endpoints',
  DiscoveryCHAPAuth: 'chapAuthDiscovery',
  SessionCHAPAuth: 'chapAuthSession',
  TargetWWNs: 'targetWWNs',
  WWIDs: 'wwids',
};

/** `DNSPolicy` is `dnsPolicy` on the wire, `SELinuxOptions` is `seLinuxOptions`, `TTY` is `tty`. */
export function wireName(goName: string): string {
  const known = wireNames[goName];
  if (known !== undefined) return known;
  const word = /^[A-Z]+(?=[A-Z][a-z])|^[A-Z]+/.exec(goName)?.[0] ?? '';
  return word.toLowerCase() + goName.slice(word.length);
}

export interface GoField {
  /** Empty for an embedded struct. */
  name: string;
  wire: string;
  kind: string;
}

const parsed = new Map<string, readonly GoField[]>();

/** The fields of an internal type. Throws for a type that is not in the table. */
export function goFields(type: string): readonly GoField[] {
  const known = parsed.get(type);
  if (known !== undefined) return known;
  const line = text[type] ?? volumes[type] ?? storageShapes[type];
  if (line === undefined) throw new Error(`no internal type ${type}`);
  const fields = line.split(' ').flatMap((part): readonly GoField[] => {
    if (part === '^ObjectMeta') return [{ name: '', wire: 'metadata', kind: '^' }];
    if (part.startsWith('^')) return goFields(part.slice(1));
    const [name = '', kind = ''] = part.split(':');
    return [{ name, wire: wireName(name), kind }];
  });
  parsed.set(type, fields);
  return fields;
}
