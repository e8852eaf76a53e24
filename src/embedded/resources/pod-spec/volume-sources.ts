import type { Volume } from '../../../kube/api.gen.ts';
import { quantityNanos } from '../../../kube/quantity.ts';
import { dnsSubdomain } from '../../../kube/validation.ts';
import type { FieldError } from '../../definition.ts';
import * as field from '../../errors/field.ts';
import { validateNoBacksteps } from './paths.ts';
import { validateDownwardFile, validateItems, validateMode, validateProjected } from './projections.ts';

export type SourceName = Exclude<keyof Volume, 'name'>;

/** In which order Kubernetes looks at the sources of a volume. */
export const volumeSourceOrder: readonly SourceName[] = [
  'emptyDir',
  'hostPath',
  'gitRepo',
  'gcePersistentDisk',
  'awsElasticBlockStore',
  'secret',
  'nfs',
  'iscsi',
  'glusterfs',
  'flocker',
  'persistentVolumeClaim',
  'rbd',
  'cinder',
  'cephfs',
  'quobyte',
  'downwardAPI',
  'fc',
  'flexVolume',
  'configMap',
  'azureFile',
  'vsphereVolume',
  'photonPersistentDisk',
  'portworxVolume',
  'azureDisk',
  'storageos',
  'projected',
  'scaleIO',
  'csi',
  'ephemeral',
  'image',
];

const hostPathTypes = [
  '',
  'BlockDevice',
  'CharDevice',
  'Directory',
  'DirectoryOrCreate',
  'File',
  'FileOrCreate',
  'Socket',
];
const pullPolicies = ['Always', 'IfNotPresent', 'Never'];

const needed = (at: field.FieldPath, value: string | undefined, name: string) =>
  value ? [] : [field.required(at.child(name))];

/** The rules of one source. Sources of retired plugins are taken as they are. */
export function validateSource(volume: Volume, name: SourceName, at: field.FieldPath): FieldError[] {
  switch (name) {
    case 'emptyDir': {
      const limit = volume.emptyDir?.sizeLimit;
      const bad = limit !== undefined && quantityNanos(limit) < 0n;
      const text = 'SizeLimit field must be a valid resource quantity';
      return bad ? [field.forbidden(at.child('sizeLimit'), text)] : [];
    }
    case 'hostPath':
      return validateHostPath(volume, at);
    case 'secret':
      return [
        ...needed(at, volume.secret?.secretName, 'secretName'),
        ...validateMode(volume.secret?.defaultMode, at.child('defaultMode')),
        ...validateItems(volume.secret?.items, at.child('items')),
      ];
    case 'configMap':
      return [
        ...needed(at, volume.configMap?.name, 'name'),
        ...validateMode(volume.configMap?.defaultMode, at.child('defaultMode')),
        ...validateItems(volume.configMap?.items, at.child('items')),
      ];
    case 'persistentVolumeClaim':
      return needed(at, volume.persistentVolumeClaim?.claimName, 'claimName');
    case 'nfs': {
      const path = volume.nfs?.path ?? '';
      const relative = path !== '' && !path.startsWith('/');
      return [
        ...needed(at, volume.nfs?.server, 'server'),
        ...needed(at, path, 'path'),
        ...(relative ? [field.invalid(at.child('path'), path, 'must be an absolute path')] : []),
      ];
    }
    case 'downwardAPI':
      return [
        ...validateMode(volume.downwardAPI?.defaultMode, at.child('defaultMode')),
        ...(volume.downwardAPI?.items ?? []).flatMap((file, i) =>
          validateDownwardFile(file, at.child('items').index(i)),
        ),
      ];
    case 'projected':
      return volume.projected ? validateProjected(volume.projected, at) : [];
    case 'csi':
      return validateCsi(volume, at);
    case 'ephemeral':
      return volume.ephemeral?.volumeClaimTemplate === undefined
        ? [field.required(at.child('volumeClaimTemplate'))]
        : [];
    case 'image': {
      const policy = volume.image?.pullPolicy;
      return [
        ...needed(at, volume.image?.reference, 'reference'),
        ...(policy && !pullPolicies.includes(policy)
          ? [field.notSupported(at.child('pullPolicy'), policy, pullPolicies)]
          : []),
      ];
    }
    default:
      return [];
  }
}

function validateHostPath({ hostPath }: Volume, at: field.FieldPath): FieldError[] {
  const path = hostPath?.path ?? '';
  if (path === '') return [field.required(at.child('path'))];
  const type = hostPath?.type ?? '';
  return [
    ...validateNoBacksteps(path, at.child('path')),
    ...(hostPathTypes.includes(type) ? [] : [field.notSupported(at.child('type'), type, hostPathTypes)]),
  ];
}

function validateCsi({ csi }: Volume, at: field.FieldPath): FieldError[] {
  const driver = csi?.driver ?? '';
  if (driver === '') return [field.required(at.child('driver'))];
  const errors: FieldError[] = [];
  if (driver.length > 63) errors.push(field.tooLong(at.child('driver'), 63));
  errors.push(...field.invalidEach(at.child('driver'), driver, dnsSubdomain(driver.toLowerCase())));
  if (csi?.nodePublishSecretRef !== undefined && !csi.nodePublishSecretRef.name) {
    errors.push(field.required(at.child('nodePublishSecretRef', 'name')));
  }
  return errors;
}
