/**
 * The Go structs under PodTemplateSpec of Kubernetes v1.35: what a pod-template-hash is computed from. Facts of the
 * API's Go types: fields in order, each `GoName jsonName GoType kind` (jsonName `-`: embedded; kind: s string, i
 * integer, b bool, S struct, with `*` pointer, `[]` slice, `{}` map before it).
 */
export const structs: Readonly<Record<string, string>> = {
  'v1.AWSElasticBlockStoreVolumeSource':
    'VolumeID volumeID string s; FSType fsType string s; Partition partition int32 i; ReadOnly readOnly bool b',
  'v1.Affinity':
    'NodeAffinity nodeAffinity *v1.NodeAffinity *S; PodAffinity podAffinity *v1.PodAffinity *S; PodAntiAffinity podAntiAffinity *v1.PodAntiAffinity *S',
  'v1.AppArmorProfile': 'Type type v1.AppArmorProfileType s; LocalhostProfile localhostProfile *string *s',
  'v1.AzureDiskVolumeSource':
    'DiskName diskName string s; DataDiskURI diskURI string s; CachingMode cachingMode *v1.AzureDataDiskCachingMode *s; FSType fsType *string *s; ReadOnly readOnly *bool *b; Kind kind *v1.AzureDataDiskKind *s',
  'v1.AzureFileVolumeSource': 'SecretName secretName string s; ShareName shareName string s; ReadOnly readOnly bool b',
  'v1.CSIVolumeSource':
    'Driver driver string s; ReadOnly readOnly *bool *b; FSType fsType *string *s; VolumeAttributes volumeAttributes map[string]string {}s; NodePublishSecretRef nodePublishSecretRef *v1.LocalObjectReference *S',
  'v1.Capabilities': 'Add add []v1.Capability []s; Drop drop []v1.Capability []s',
  'v1.CephFSVolumeSource':
    'Monitors monitors []string []s; Path path string s; User user string s; SecretFile secretFile string s; SecretRef secretRef *v1.LocalObjectReference *S; ReadOnly readOnly bool b',
  'v1.CinderVolumeSource':
    'VolumeID volumeID string s; FSType fsType string s; ReadOnly readOnly bool b; SecretRef secretRef *v1.LocalObjectReference *S',
  'v1.ClusterTrustBundleProjection':
    'Name name *string *s; SignerName signerName *string *s; LabelSelector labelSelector *v1.LabelSelector *S; Optional optional *bool *b; Path path string s',
  'v1.ConfigMapEnvSource': 'LocalObjectReference - v1.LocalObjectReference S; Optional optional *bool *b',
  'v1.ConfigMapKeySelector':
    'LocalObjectReference - v1.LocalObjectReference S; Key key string s; Optional optional *bool *b',
  'v1.ConfigMapProjection':
    'LocalObjectReference - v1.LocalObjectReference S; Items items []v1.KeyToPath []S; Optional optional *bool *b',
  'v1.ConfigMapVolumeSource':
    'LocalObjectReference - v1.LocalObjectReference S; Items items []v1.KeyToPath []S; DefaultMode defaultMode *int32 *i; Optional optional *bool *b',
  'v1.Container':
    'Name name string s; Image image string s; Command command []string []s; Args args []string []s; WorkingDir workingDir string s; Ports ports []v1.ContainerPort []S; EnvFrom envFrom []v1.EnvFromSource []S; Env env []v1.EnvVar []S; Resources resources v1.ResourceRequirements S; ResizePolicy resizePolicy []v1.ContainerResizePolicy []S; RestartPolicy restartPolicy *v1.ContainerRestartPolicy *s; RestartPolicyRules restartPolicyRules []v1.ContainerRestartRule []S; VolumeMounts volumeMounts []v1.VolumeMount []S; VolumeDevices volumeDevices []v1.VolumeDevice []S; LivenessProbe livenessProbe *v1.Probe *S; ReadinessProbe readinessProbe *v1.Probe *S; StartupProbe startupProbe *v1.Probe *S; Lifecycle lifecycle *v1.Lifecycle *S; TerminationMessagePath terminationMessagePath string s; TerminationMessagePolicy terminationMessagePolicy v1.TerminationMessagePolicy s; ImagePullPolicy imagePullPolicy v1.PullPolicy s; SecurityContext securityContext *v1.SecurityContext *S; Stdin stdin bool b; StdinOnce stdinOnce bool b; TTY tty bool b',
  'v1.ContainerPort':
    'Name name string s; HostPort hostPort int32 i; ContainerPort containerPort int32 i; Protocol protocol v1.Protocol s; HostIP hostIP string s',
  'v1.ContainerResizePolicy':
    'ResourceName resourceName v1.ResourceName s; RestartPolicy restartPolicy v1.ResourceResizeRestartPolicy s',
  'v1.ContainerRestartRule':
    'Action action v1.ContainerRestartRuleAction s; ExitCodes exitCodes *v1.ContainerRestartRuleOnExitCodes *S',
  'v1.ContainerRestartRuleOnExitCodes':
    'Operator operator v1.ContainerRestartRuleOnExitCodesOperator s; Values values []int32 []i',
  'v1.DownwardAPIProjection': 'Items items []v1.DownwardAPIVolumeFile []S',
  'v1.DownwardAPIVolumeFile':
    'Path path string s; FieldRef fieldRef *v1.ObjectFieldSelector *S; ResourceFieldRef resourceFieldRef *v1.ResourceFieldSelector *S; Mode mode *int32 *i',
  'v1.DownwardAPIVolumeSource': 'Items items []v1.DownwardAPIVolumeFile []S; DefaultMode defaultMode *int32 *i',
  'v1.EmptyDirVolumeSource': 'Medium medium v1.StorageMedium s; SizeLimit sizeLimit *resource.Quantity *S',
  'v1.EnvFromSource':
    'Prefix prefix string s; ConfigMapRef configMapRef *v1.ConfigMapEnvSource *S; SecretRef secretRef *v1.SecretEnvSource *S',
  'v1.EnvVar': 'Name name string s; Value value string s; ValueFrom valueFrom *v1.EnvVarSource *S',
  'v1.EnvVarSource':
    'FieldRef fieldRef *v1.ObjectFieldSelector *S; ResourceFieldRef resourceFieldRef *v1.ResourceFieldSelector *S; ConfigMapKeyRef configMapKeyRef *v1.ConfigMapKeySelector *S; SecretKeyRef secretKeyRef *v1.SecretKeySelector *S; FileKeyRef fileKeyRef *v1.FileKeySelector *S',
  'v1.EphemeralContainer':
    'EphemeralContainerCommon - v1.EphemeralContainerCommon S; TargetContainerName targetContainerName string s',
  'v1.EphemeralContainerCommon':
    'Name name string s; Image image string s; Command command []string []s; Args args []string []s; WorkingDir workingDir string s; Ports ports []v1.ContainerPort []S; EnvFrom envFrom []v1.EnvFromSource []S; Env env []v1.EnvVar []S; Resources resources v1.ResourceRequirements S; ResizePolicy resizePolicy []v1.ContainerResizePolicy []S; RestartPolicy restartPolicy *v1.ContainerRestartPolicy *s; RestartPolicyRules restartPolicyRules []v1.ContainerRestartRule []S; VolumeMounts volumeMounts []v1.VolumeMount []S; VolumeDevices volumeDevices []v1.VolumeDevice []S; LivenessProbe livenessProbe *v1.Probe *S; ReadinessProbe readinessProbe *v1.Probe *S; StartupProbe startupProbe *v1.Probe *S; Lifecycle lifecycle *v1.Lifecycle *S; TerminationMessagePath terminationMessagePath string s; TerminationMessagePolicy terminationMessagePolicy v1.TerminationMessagePolicy s; ImagePullPolicy imagePullPolicy v1.PullPolicy s; SecurityContext securityContext *v1.SecurityContext *S; Stdin stdin bool b; StdinOnce stdinOnce bool b; TTY tty bool b',
  'v1.EphemeralVolumeSource': 'VolumeClaimTemplate volumeClaimTemplate *v1.PersistentVolumeClaimTemplate *S',
  'v1.ExecAction': 'Command command []string []s',
  'v1.FCVolumeSource':
    'TargetWWNs targetWWNs []string []s; Lun lun *int32 *i; FSType fsType string s; ReadOnly readOnly bool b; WWIDs wwids []string []s',
  'v1.FieldsV1': 'Raw - []uint8 []i',
  'v1.FileKeySelector':
    'VolumeName volumeName string s; Path path string s; Key key string s; Optional optional *bool *b',
  'v1.FlexVolumeSource':
    'Driver driver string s; FSType fsType string s; SecretRef secretRef *v1.LocalObjectReference *S; ReadOnly readOnly bool b; Options options map[string]string {}s',
  'v1.FlockerVolumeSource': 'DatasetName datasetName string s; DatasetUUID datasetUUID string s',
  'v1.GCEPersistentDiskVolumeSource':
    'PDName pdName string s; FSType fsType string s; Partition partition int32 i; ReadOnly readOnly bool b',
  'v1.GRPCAction': 'Port port int32 i; Service service *string *s',
  'v1.GitRepoVolumeSource': 'Repository repository string s; Revision revision string s; Directory directory string s',
  'v1.GlusterfsVolumeSource': 'EndpointsName endpoints string s; Path path string s; ReadOnly readOnly bool b',
  'v1.HTTPGetAction':
    'Path path string s; Port port intstr.IntOrString S; Host host string s; Scheme scheme v1.URIScheme s; HTTPHeaders httpHeaders []v1.HTTPHeader []S',
  'v1.HTTPHeader': 'Name name string s; Value value string s',
  'v1.HostAlias': 'IP ip string s; Hostnames hostnames []string []s',
  'v1.HostPathVolumeSource': 'Path path string s; Type type *v1.HostPathType *s',
  'v1.ISCSIVolumeSource':
    'TargetPortal targetPortal string s; IQN iqn string s; Lun lun int32 i; ISCSIInterface iscsiInterface string s; FSType fsType string s; ReadOnly readOnly bool b; Portals portals []string []s; DiscoveryCHAPAuth chapAuthDiscovery bool b; SessionCHAPAuth chapAuthSession bool b; SecretRef secretRef *v1.LocalObjectReference *S; InitiatorName initiatorName *string *s',
  'v1.ImageVolumeSource': 'Reference reference string s; PullPolicy pullPolicy v1.PullPolicy s',
  'v1.KeyToPath': 'Key key string s; Path path string s; Mode mode *int32 *i',
  'v1.LabelSelector':
    'MatchLabels matchLabels map[string]string {}s; MatchExpressions matchExpressions []v1.LabelSelectorRequirement []S',
  'v1.LabelSelectorRequirement':
    'Key key string s; Operator operator v1.LabelSelectorOperator s; Values values []string []s',
  'v1.Lifecycle':
    'PostStart postStart *v1.LifecycleHandler *S; PreStop preStop *v1.LifecycleHandler *S; StopSignal stopSignal *v1.Signal *s',
  'v1.LifecycleHandler':
    'Exec exec *v1.ExecAction *S; HTTPGet httpGet *v1.HTTPGetAction *S; TCPSocket tcpSocket *v1.TCPSocketAction *S; Sleep sleep *v1.SleepAction *S',
  'v1.LocalObjectReference': 'Name name string s',
  'v1.ManagedFieldsEntry':
    'Manager manager string s; Operation operation v1.ManagedFieldsOperationType s; APIVersion apiVersion string s; Time time *v1.Time *S; FieldsType fieldsType string s; FieldsV1 fieldsV1 *v1.FieldsV1 *S; Subresource subresource string s',
  'v1.NFSVolumeSource': 'Server server string s; Path path string s; ReadOnly readOnly bool b',
  'v1.NodeAffinity':
    'RequiredDuringSchedulingIgnoredDuringExecution requiredDuringSchedulingIgnoredDuringExecution *v1.NodeSelector *S; PreferredDuringSchedulingIgnoredDuringExecution preferredDuringSchedulingIgnoredDuringExecution []v1.PreferredSchedulingTerm []S',
  'v1.NodeSelector': 'NodeSelectorTerms nodeSelectorTerms []v1.NodeSelectorTerm []S',
  'v1.NodeSelectorRequirement':
    'Key key string s; Operator operator v1.NodeSelectorOperator s; Values values []string []s',
  'v1.NodeSelectorTerm':
    'MatchExpressions matchExpressions []v1.NodeSelectorRequirement []S; MatchFields matchFields []v1.NodeSelectorRequirement []S',
  'v1.ObjectFieldSelector': 'APIVersion apiVersion string s; FieldPath fieldPath string s',
  'v1.ObjectMeta':
    'Name name string s; GenerateName generateName string s; Namespace namespace string s; SelfLink selfLink string s; UID uid types.UID s; ResourceVersion resourceVersion string s; Generation generation int64 i; CreationTimestamp creationTimestamp v1.Time S; DeletionTimestamp deletionTimestamp *v1.Time *S; DeletionGracePeriodSeconds deletionGracePeriodSeconds *int64 *i; Labels labels map[string]string {}s; Annotations annotations map[string]string {}s; OwnerReferences ownerReferences []v1.OwnerReference []S; Finalizers finalizers []string []s; ManagedFields managedFields []v1.ManagedFieldsEntry []S',
  'v1.OwnerReference':
    'APIVersion apiVersion string s; Kind kind string s; Name name string s; UID uid types.UID s; Controller controller *bool *b; BlockOwnerDeletion blockOwnerDeletion *bool *b',
  'v1.PersistentVolumeClaimSpec':
    'AccessModes accessModes []v1.PersistentVolumeAccessMode []s; Selector selector *v1.LabelSelector *S; Resources resources v1.VolumeResourceRequirements S; VolumeName volumeName string s; StorageClassName storageClassName *string *s; VolumeMode volumeMode *v1.PersistentVolumeMode *s; DataSource dataSource *v1.TypedLocalObjectReference *S; DataSourceRef dataSourceRef *v1.TypedObjectReference *S; VolumeAttributesClassName volumeAttributesClassName *string *s',
  'v1.PersistentVolumeClaimTemplate': 'ObjectMeta metadata v1.ObjectMeta S; Spec spec v1.PersistentVolumeClaimSpec S',
  'v1.PersistentVolumeClaimVolumeSource': 'ClaimName claimName string s; ReadOnly readOnly bool b',
  'v1.PhotonPersistentDiskVolumeSource': 'PdID pdID string s; FSType fsType string s',
  'v1.PodAffinity':
    'RequiredDuringSchedulingIgnoredDuringExecution requiredDuringSchedulingIgnoredDuringExecution []v1.PodAffinityTerm []S; PreferredDuringSchedulingIgnoredDuringExecution preferredDuringSchedulingIgnoredDuringExecution []v1.WeightedPodAffinityTerm []S',
  'v1.PodAffinityTerm':
    'LabelSelector labelSelector *v1.LabelSelector *S; Namespaces namespaces []string []s; TopologyKey topologyKey string s; NamespaceSelector namespaceSelector *v1.LabelSelector *S; MatchLabelKeys matchLabelKeys []string []s; MismatchLabelKeys mismatchLabelKeys []string []s',
  'v1.PodAntiAffinity':
    'RequiredDuringSchedulingIgnoredDuringExecution requiredDuringSchedulingIgnoredDuringExecution []v1.PodAffinityTerm []S; PreferredDuringSchedulingIgnoredDuringExecution preferredDuringSchedulingIgnoredDuringExecution []v1.WeightedPodAffinityTerm []S',
  'v1.PodCertificateProjection':
    'SignerName signerName string s; KeyType keyType string s; MaxExpirationSeconds maxExpirationSeconds *int32 *i; CredentialBundlePath credentialBundlePath string s; KeyPath keyPath string s; CertificateChainPath certificateChainPath string s; UserAnnotations userAnnotations map[string]string {}s',
  'v1.PodDNSConfig':
    'Nameservers nameservers []string []s; Searches searches []string []s; Options options []v1.PodDNSConfigOption []S',
  'v1.PodDNSConfigOption': 'Name name string s; Value value *string *s',
  'v1.PodOS': 'Name name v1.OSName s',
  'v1.PodReadinessGate': 'ConditionType conditionType v1.PodConditionType s',
  'v1.PodResourceClaim':
    'Name name string s; ResourceClaimName resourceClaimName *string *s; ResourceClaimTemplateName resourceClaimTemplateName *string *s',
  'v1.PodSchedulingGate': 'Name name string s',
  'v1.PodSecurityContext':
    'SELinuxOptions seLinuxOptions *v1.SELinuxOptions *S; WindowsOptions windowsOptions *v1.WindowsSecurityContextOptions *S; RunAsUser runAsUser *int64 *i; RunAsGroup runAsGroup *int64 *i; RunAsNonRoot runAsNonRoot *bool *b; SupplementalGroups supplementalGroups []int64 []i; SupplementalGroupsPolicy supplementalGroupsPolicy *v1.SupplementalGroupsPolicy *s; FSGroup fsGroup *int64 *i; Sysctls sysctls []v1.Sysctl []S; FSGroupChangePolicy fsGroupChangePolicy *v1.PodFSGroupChangePolicy *s; SeccompProfile seccompProfile *v1.SeccompProfile *S; AppArmorProfile appArmorProfile *v1.AppArmorProfile *S; SELinuxChangePolicy seLinuxChangePolicy *v1.PodSELinuxChangePolicy *s',
  'v1.PodSpec':
    'Volumes volumes []v1.Volume []S; InitContainers initContainers []v1.Container []S; Containers containers []v1.Container []S; EphemeralContainers ephemeralContainers []v1.EphemeralContainer []S; RestartPolicy restartPolicy v1.RestartPolicy s; TerminationGracePeriodSeconds terminationGracePeriodSeconds *int64 *i; ActiveDeadlineSeconds activeDeadlineSeconds *int64 *i; DNSPolicy dnsPolicy v1.DNSPolicy s; NodeSelector nodeSelector map[string]string {}s; ServiceAccountName serviceAccountName string s; DeprecatedServiceAccount serviceAccount string s; AutomountServiceAccountToken automountServiceAccountToken *bool *b; NodeName nodeName string s; HostNetwork hostNetwork bool b; HostPID hostPID bool b; HostIPC hostIPC bool b; ShareProcessNamespace shareProcessNamespace *bool *b; SecurityContext securityContext *v1.PodSecurityContext *S; ImagePullSecrets imagePullSecrets []v1.LocalObjectReference []S; Hostname hostname string s; Subdomain subdomain string s; Affinity affinity *v1.Affinity *S; SchedulerName schedulerName string s; Tolerations tolerations []v1.Toleration []S; HostAliases hostAliases []v1.HostAlias []S; PriorityClassName priorityClassName string s; Priority priority *int32 *i; DNSConfig dnsConfig *v1.PodDNSConfig *S; ReadinessGates readinessGates []v1.PodReadinessGate []S; RuntimeClassName runtimeClassName *string *s; EnableServiceLinks enableServiceLinks *bool *b; PreemptionPolicy preemptionPolicy *v1.PreemptionPolicy *s; Overhead overhead v1.ResourceList {}S; TopologySpreadConstraints topologySpreadConstraints []v1.TopologySpreadConstraint []S; SetHostnameAsFQDN setHostnameAsFQDN *bool *b; OS os *v1.PodOS *S; HostUsers hostUsers *bool *b; SchedulingGates schedulingGates []v1.PodSchedulingGate []S; ResourceClaims resourceClaims []v1.PodResourceClaim []S; Resources resources *v1.ResourceRequirements *S; HostnameOverride hostnameOverride *string *s; WorkloadRef workloadRef *v1.WorkloadReference *S',
  'v1.PodTemplateSpec': 'ObjectMeta metadata v1.ObjectMeta S; Spec spec v1.PodSpec S',
  'v1.PortworxVolumeSource': 'VolumeID volumeID string s; FSType fsType string s; ReadOnly readOnly bool b',
  'v1.PreferredSchedulingTerm': 'Weight weight int32 i; Preference preference v1.NodeSelectorTerm S',
  'v1.Probe':
    'ProbeHandler - v1.ProbeHandler S; InitialDelaySeconds initialDelaySeconds int32 i; TimeoutSeconds timeoutSeconds int32 i; PeriodSeconds periodSeconds int32 i; SuccessThreshold successThreshold int32 i; FailureThreshold failureThreshold int32 i; TerminationGracePeriodSeconds terminationGracePeriodSeconds *int64 *i',
  'v1.ProbeHandler':
    'Exec exec *v1.ExecAction *S; HTTPGet httpGet *v1.HTTPGetAction *S; TCPSocket tcpSocket *v1.TCPSocketAction *S; GRPC grpc *v1.GRPCAction *S',
  'v1.ProjectedVolumeSource': 'Sources sources []v1.VolumeProjection []S; DefaultMode defaultMode *int32 *i',
  'v1.QuobyteVolumeSource':
    'Registry registry string s; Volume volume string s; ReadOnly readOnly bool b; User user string s; Group group string s; Tenant tenant string s',
  'v1.RBDVolumeSource':
    'CephMonitors monitors []string []s; RBDImage image string s; FSType fsType string s; RBDPool pool string s; RadosUser user string s; Keyring keyring string s; SecretRef secretRef *v1.LocalObjectReference *S; ReadOnly readOnly bool b',
  'v1.ResourceClaim': 'Name name string s; Request request string s',
  'v1.ResourceFieldSelector':
    'ContainerName containerName string s; Resource resource string s; Divisor divisor resource.Quantity S',
  'v1.ResourceRequirements':
    'Limits limits v1.ResourceList {}S; Requests requests v1.ResourceList {}S; Claims claims []v1.ResourceClaim []S',
  'v1.SELinuxOptions': 'User user string s; Role role string s; Type type string s; Level level string s',
  'v1.ScaleIOVolumeSource':
    'Gateway gateway string s; System system string s; SecretRef secretRef *v1.LocalObjectReference *S; SSLEnabled sslEnabled bool b; ProtectionDomain protectionDomain string s; StoragePool storagePool string s; StorageMode storageMode string s; VolumeName volumeName string s; FSType fsType string s; ReadOnly readOnly bool b',
  'v1.SeccompProfile': 'Type type v1.SeccompProfileType s; LocalhostProfile localhostProfile *string *s',
  'v1.SecretEnvSource': 'LocalObjectReference - v1.LocalObjectReference S; Optional optional *bool *b',
  'v1.SecretKeySelector':
    'LocalObjectReference - v1.LocalObjectReference S; Key key string s; Optional optional *bool *b',
  'v1.SecretProjection':
    'LocalObjectReference - v1.LocalObjectReference S; Items items []v1.KeyToPath []S; Optional optional *bool *b',
  'v1.SecretVolumeSource':
    'SecretName secretName string s; Items items []v1.KeyToPath []S; DefaultMode defaultMode *int32 *i; Optional optional *bool *b',
  'v1.SecurityContext':
    'Capabilities capabilities *v1.Capabilities *S; Privileged privileged *bool *b; SELinuxOptions seLinuxOptions *v1.SELinuxOptions *S; WindowsOptions windowsOptions *v1.WindowsSecurityContextOptions *S; RunAsUser runAsUser *int64 *i; RunAsGroup runAsGroup *int64 *i; RunAsNonRoot runAsNonRoot *bool *b; ReadOnlyRootFilesystem readOnlyRootFilesystem *bool *b; AllowPrivilegeEscalation allowPrivilegeEscalation *bool *b; ProcMount procMount *v1.ProcMountType *s; SeccompProfile seccompProfile *v1.SeccompProfile *S; AppArmorProfile appArmorProfile *v1.AppArmorProfile *S',
  'v1.ServiceAccountTokenProjection':
    'Audience audience string s; ExpirationSeconds expirationSeconds *int64 *i; Path path string s',
  'v1.SleepAction': 'Seconds seconds int64 i',
  'v1.StorageOSVolumeSource':
    'VolumeName volumeName string s; VolumeNamespace volumeNamespace string s; FSType fsType string s; ReadOnly readOnly bool b; SecretRef secretRef *v1.LocalObjectReference *S',
  'v1.Sysctl': 'Name name string s; Value value string s',
  'v1.TCPSocketAction': 'Port port intstr.IntOrString S; Host host string s',
  'v1.Toleration':
    'Key key string s; Operator operator v1.TolerationOperator s; Value value string s; Effect effect v1.TaintEffect s; TolerationSeconds tolerationSeconds *int64 *i',
  'v1.TopologySpreadConstraint':
    'MaxSkew maxSkew int32 i; TopologyKey topologyKey string s; WhenUnsatisfiable whenUnsatisfiable v1.UnsatisfiableConstraintAction s; LabelSelector labelSelector *v1.LabelSelector *S; MinDomains minDomains *int32 *i; NodeAffinityPolicy nodeAffinityPolicy *v1.NodeInclusionPolicy *s; NodeTaintsPolicy nodeTaintsPolicy *v1.NodeInclusionPolicy *s; MatchLabelKeys matchLabelKeys []string []s',
  'v1.TypedLocalObjectReference': 'APIGroup apiGroup *string *s; Kind kind string s; Name name string s',
  'v1.TypedObjectReference':
    'APIGroup apiGroup *string *s; Kind kind string s; Name name string s; Namespace namespace *string *s',
  'v1.Volume': 'Name name string s; VolumeSource - v1.VolumeSource S',
  'v1.VolumeDevice': 'Name name string s; DevicePath devicePath string s',
  'v1.VolumeMount':
    'Name name string s; ReadOnly readOnly bool b; RecursiveReadOnly recursiveReadOnly *v1.RecursiveReadOnlyMode *s; MountPath mountPath string s; SubPath subPath string s; MountPropagation mountPropagation *v1.MountPropagationMode *s; SubPathExpr subPathExpr string s',
  'v1.VolumeProjection':
    'Secret secret *v1.SecretProjection *S; DownwardAPI downwardAPI *v1.DownwardAPIProjection *S; ConfigMap configMap *v1.ConfigMapProjection *S; ServiceAccountToken serviceAccountToken *v1.ServiceAccountTokenProjection *S; ClusterTrustBundle clusterTrustBundle *v1.ClusterTrustBundleProjection *S; PodCertificate podCertificate *v1.PodCertificateProjection *S',
  'v1.VolumeResourceRequirements': 'Limits limits v1.ResourceList {}S; Requests requests v1.ResourceList {}S',
  'v1.VolumeSource':
    'HostPath hostPath *v1.HostPathVolumeSource *S; EmptyDir emptyDir *v1.EmptyDirVolumeSource *S; GCEPersistentDisk gcePersistentDisk *v1.GCEPersistentDiskVolumeSource *S; AWSElasticBlockStore awsElasticBlockStore *v1.AWSElasticBlockStoreVolumeSource *S; GitRepo gitRepo *v1.GitRepoVolumeSource *S; Secret secret *v1.SecretVolumeSource *S; NFS nfs *v1.NFSVolumeSource *S; ISCSI iscsi *v1.ISCSIVolumeSource *S; Glusterfs glusterfs *v1.GlusterfsVolumeSource *S; PersistentVolumeClaim persistentVolumeClaim *v1.PersistentVolumeClaimVolumeSource *S; RBD rbd *v1.RBDVolumeSource *S; FlexVolume flexVolume *v1.FlexVolumeSource *S; Cinder cinder *v1.CinderVolumeSource *S; CephFS cephfs *v1.CephFSVolumeSource *S; Flocker flocker *v1.FlockerVolumeSource *S; DownwardAPI downwardAPI *v1.DownwardAPIVolumeSource *S; FC fc *v1.FCVolumeSource *S; AzureFile azureFile *v1.AzureFileVolumeSource *S; ConfigMap configMap *v1.ConfigMapVolumeSource *S; VsphereVolume vsphereVolume *v1.VsphereVirtualDiskVolumeSource *S; Quobyte quobyte *v1.QuobyteVolumeSource *S; AzureDisk azureDisk *v1.AzureDiskVolumeSource *S; PhotonPersistentDisk photonPersistentDisk *v1.PhotonPersistentDiskVolumeSource *S; Projected projected *v1.ProjectedVolumeSource *S; PortworxVolume portworxVolume *v1.PortworxVolumeSource *S; ScaleIO scaleIO *v1.ScaleIOVolumeSource *S; StorageOS storageos *v1.StorageOSVolumeSource *S; CSI csi *v1.CSIVolumeSource *S; Ephemeral ephemeral *v1.EphemeralVolumeSource *S; Image image *v1.ImageVolumeSource *S',
  'v1.VsphereVirtualDiskVolumeSource':
    'VolumePath volumePath string s; FSType fsType string s; StoragePolicyName storagePolicyName string s; StoragePolicyID storagePolicyID string s',
  'v1.WeightedPodAffinityTerm': 'Weight weight int32 i; PodAffinityTerm podAffinityTerm v1.PodAffinityTerm S',
  'v1.WindowsSecurityContextOptions':
    'GMSACredentialSpecName gmsaCredentialSpecName *string *s; GMSACredentialSpec gmsaCredentialSpec *string *s; RunAsUserName runAsUserName *string *s; HostProcess hostProcess *bool *b',
  'v1.WorkloadReference':
    'Name name string s; PodGroup podGroup string s; PodGroupReplicaKey podGroupReplicaKey string s',
};
