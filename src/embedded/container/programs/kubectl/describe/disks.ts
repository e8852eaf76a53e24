/** Volumes on disks and servers of others: what kubectl calls each, and which of its fields it shows. */
import type { PersistentVolumeSpec, Volume } from '../../../../../kube/api.gen.ts';
import { goList, none, unset } from './format.ts';

type Show = (value: unknown, isPersistent: boolean) => string;

const text: Show = (value) => String(value ?? '');
const flag: Show = (value) => String(value ?? false);
const number: Show = (value) => String(value ?? 0);
const list: Show = (value) => goList(value as readonly unknown[] | undefined);
const joined: Show = (value) => ((value as readonly string[] | undefined) ?? []).join(', ');
const orNone: Show = (value) => String(value ?? none);
const orUnset: Show = (value) => String(value ?? unset);

/** A map as Go prints one. */
const map: Show = (value) => {
  const entries = Object.entries((value ?? {}) as Record<string, string>).sort(([a], [b]) => (a < b ? -1 : 1));
  return `map[${entries.map(([key, inner]) => `${key}:${inner}`).join(' ')}]`;
};

/** A pointer to a reference as Go prints it; those of PersistentVolumes name a namespace too. */
const secret: Show = (value, isPersistent) => {
  if (!value) return 'nil';
  const { name = '', namespace = '' } = value as { name?: string; namespace?: string };
  return isPersistent
    ? `&SecretReference{Name:${name},Namespace:${namespace},}`
    : `&LocalObjectReference{Name:${name},}`;
};

/** `persistent`: only the sources of PersistentVolumes have the field. */
type Fields = readonly (readonly [label: string, field: string, show: Show, where?: 'persistent'])[];

const fsType = ['FSType:', 'fsType', text] as const;
const readOnly = ['ReadOnly:', 'readOnly', flag] as const;
const secretRef = ['SecretRef:', 'secretRef', secret] as const;

const disks: readonly (readonly [source: keyof Volume & keyof PersistentVolumeSpec, type: string, fields: Fields])[] = [
  [
    'awsElasticBlockStore',
    'AWSElasticBlockStore (a Persistent Disk resource in AWS)',
    [['VolumeID:', 'volumeID', text], fsType, ['Partition:', 'partition', number], readOnly],
  ],
  [
    'gcePersistentDisk',
    'GCEPersistentDisk (a Persistent Disk resource in Google Compute Engine)',
    [['PDName:', 'pdName', text], fsType, ['Partition:', 'partition', number], readOnly],
  ],
  [
    'azureDisk',
    'AzureDisk (an Azure Data Disk mount on the host and bind mount to the pod)',
    [
      ['DiskName:', 'diskName', text],
      ['DiskURI:', 'diskURI', text],
      ['Kind:', 'kind', text],
      fsType,
      ['CachingMode:', 'cachingMode', text],
      readOnly,
    ],
  ],
  [
    'azureFile',
    'AzureFile (an Azure File Service mount on the host and bind mount to the pod)',
    [
      ['SecretName:', 'secretName', text],
      ['SecretNamespace:', 'secretNamespace', text, 'persistent'],
      ['ShareName:', 'shareName', text],
      readOnly,
    ],
  ],
  [
    'iscsi',
    "ISCSI (an ISCSI Disk resource that is attached to a kubelet's host machine and then exposed to the pod)",
    [
      ['TargetPortal:', 'targetPortal', text],
      ['IQN:', 'iqn', text],
      ['Lun:', 'lun', number],
      // The only label without a colon.
      ['ISCSIInterface', 'iscsiInterface', text],
      fsType,
      readOnly,
      ['Portals:', 'portals', list],
      ['DiscoveryCHAPAuth:', 'chapAuthDiscovery', flag],
      ['SessionCHAPAuth:', 'chapAuthSession', flag],
      secretRef,
      ['InitiatorName:', 'initiatorName', orNone],
    ],
  ],
  [
    'fc',
    'FC (a Fibre Channel disk)',
    [['TargetWWNs:', 'targetWWNs', joined], ['LUN:', 'lun', orNone], fsType, readOnly],
  ],
  [
    'cephfs',
    "CephFS (a CephFS mount on the host that shares a pod's lifetime)",
    [
      ['Monitors:', 'monitors', list],
      ['Path:', 'path', text],
      ['User:', 'user', text],
      ['SecretFile:', 'secretFile', text],
      secretRef,
      readOnly,
    ],
  ],
  [
    'glusterfs',
    "Glusterfs (a Glusterfs mount on the host that shares a pod's lifetime)",
    [
      ['EndpointsName:', 'endpoints', text],
      ['EndpointsNamespace:', 'endpointsNamespace', orUnset, 'persistent'],
      ['Path:', 'path', text],
      readOnly,
    ],
  ],
  [
    'rbd',
    "RBD (a Rados Block Device mount on the host that shares a pod's lifetime)",
    [
      ['CephMonitors:', 'monitors', list],
      ['RBDImage:', 'image', text],
      fsType,
      ['RBDPool:', 'pool', text],
      ['RadosUser:', 'user', text],
      ['Keyring:', 'keyring', text],
      secretRef,
      readOnly,
    ],
  ],
  [
    'flexVolume',
    'FlexVolume (a generic volume resource that is provisioned/attached using an exec based plugin)',
    [['Driver:', 'driver', text], fsType, secretRef, readOnly, ['Options:', 'options', map]],
  ],
  [
    'vsphereVolume',
    'vSphereVolume (a Persistent Disk resource in vSphere)',
    [['VolumePath:', 'volumePath', text], fsType, ['StoragePolicyName:', 'storagePolicyName', text]],
  ],
  [
    'cinder',
    'Cinder (a Persistent Disk resource in OpenStack)',
    [['VolumeID:', 'volumeID', text], fsType, readOnly, secretRef],
  ],
  ['portworxVolume', 'PortworxVolume (a Portworx Volume resource)', [['VolumeID:', 'volumeID', text]]],
];

/** The lines about a volume of such a kind, undefined for any other. */
export function diskLines(volume: Volume | PersistentVolumeSpec): string[] | undefined {
  const isPersistent = !('name' in volume);
  for (const [source, type, fields] of disks) {
    const values = volume[source] as Readonly<Record<string, unknown>> | undefined;
    if (!values) continue;
    const shown = fields.filter(([, , , where]) => isPersistent || where !== 'persistent');
    return [`Type:\t${type}`, ...shown.map(([label, field, show]) => `${label}\t${show(values[field], isPersistent)}`)];
  }
  return undefined;
}
