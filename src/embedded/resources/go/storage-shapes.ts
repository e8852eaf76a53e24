/** As `shapes.ts`: the internal types of claims and persistent volumes. */
export const storageShapes: Readonly<Record<string, string>> = {
  PersistentVolumeClaimSpec:
    'AccessModes:[] Selector:~ Resources:VolumeResources VolumeName:s StorageClassName:? VolumeMode:? DataSource:*TypedReference DataSourceRef:*TypedObjectReference VolumeAttributesClassName:?',
  VolumeResources: 'Limits:{} Requests:{}',
  TypedReference: 'APIGroup:? Kind:s Name:s',
  TypedObjectReference: 'APIGroup:? Kind:s Name:s Namespace:?',
  PersistentVolumeSource:
    'GCEPersistentDisk:*GCEPersistentDisk AWSElasticBlockStore:*AWSElasticBlockStore HostPath:*HostPath Glusterfs:*PersistentGlusterfs NFS:*NFS RBD:*PersistentRBD Quobyte:*Quobyte ISCSI:*PersistentISCSI FlexVolume:*PersistentFlexVolume Cinder:*PersistentCinder CephFS:*PersistentCephFS FC:*FC Flocker:*Flocker AzureFile:*PersistentAzureFile VsphereVolume:*VsphereVolume AzureDisk:*AzureDisk PhotonPersistentDisk:*PhotonPersistentDisk PortworxVolume:*PortworxVolume ScaleIO:*PersistentScaleIO Local:*Local StorageOS:*PersistentStorageOS CSI:*PersistentCSI',
  SecretReference: 'Name:s Namespace:s',
  PersistentGlusterfs: 'EndpointsName:s Path:s ReadOnly:b EndpointsNamespace:?',
  PersistentRBD:
    'CephMonitors:[] RBDImage:s FSType:s RBDPool:s RadosUser:s Keyring:s SecretRef:*SecretReference ReadOnly:b',
  PersistentISCSI:
    'TargetPortal:s IQN:s Lun:i ISCSIInterface:s FSType:s ReadOnly:b Portals:[] DiscoveryCHAPAuth:b SessionCHAPAuth:b SecretRef:*SecretReference InitiatorName:?',
  PersistentFlexVolume: 'Driver:s FSType:s SecretRef:*SecretReference ReadOnly:b Options:{}',
  PersistentCinder: 'VolumeID:s FSType:s ReadOnly:b SecretRef:*SecretReference',
  PersistentCephFS: 'Monitors:[] Path:s User:s SecretFile:s SecretRef:*SecretReference ReadOnly:b',
  PersistentAzureFile: 'SecretName:s ShareName:s ReadOnly:b SecretNamespace:?',
  PersistentScaleIO:
    'Gateway:s System:s SecretRef:*SecretReference SSLEnabled:b ProtectionDomain:s StoragePool:s StorageMode:s VolumeName:s FSType:s ReadOnly:b',
  Local: 'Path:s FSType:?',
  PersistentStorageOS: 'VolumeName:s VolumeNamespace:s FSType:s ReadOnly:b SecretRef:~',
  PersistentCSI:
    'Driver:s VolumeHandle:s ReadOnly:b FSType:s VolumeAttributes:{} ControllerPublishSecretRef:*SecretReference NodeStageSecretRef:*SecretReference NodePublishSecretRef:*SecretReference ControllerExpandSecretRef:*SecretReference NodeExpandSecretRef:*SecretReference',
};
