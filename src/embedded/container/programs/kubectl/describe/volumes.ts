import type {
  PersistentVolumeClaimTemplate,
  PersistentVolumeSpec,
  ProjectedVolumeSource,
  Volume,
} from '../../../../../kube/api.gen.ts';
import { diskLines } from './disks.ts';
import { annotationLines, labelLines, none, unset, writeLines } from './format.ts';
import type { DescribeWriter } from './writer.ts';

type Fields = readonly (readonly [label: string, value: unknown])[];

const shared = {
  hostPath: 'HostPath (bare host directory volume)',
  nfs: 'NFS (an NFS mount that lasts the lifetime of a pod)',
  csi: 'CSI (a Container Storage Interface (CSI) volume source)',
};

function writeSource(w: DescribeWriter, type: string, fields: Fields): void {
  for (const [label, value] of [['Type', type] as const, ...fields]) w.write(2, `${label}:\t${value ?? ''}\n`);
}

export function writeVolumes(w: DescribeWriter, volumes: readonly Volume[] = [], inTemplate = false): void {
  const level = inTemplate ? 1 : 0;
  w.write(level, volumes.length === 0 ? `Volumes:\t${none}\n` : 'Volumes:\n');
  for (const volume of volumes) {
    w.write(1, `${inTemplate ? ' ' : ''}${volume.name}:\n`);
    writeVolume(w, volume);
  }
}

function writeVolume(w: DescribeWriter, volume: Volume): void {
  const { emptyDir, configMap, secret, persistentVolumeClaim, downwardAPI, projected, ephemeral, gitRepo, image } =
    volume;
  if (writeShared(w, volume)) return;
  if (emptyDir)
    writeSource(w, "EmptyDir (a temporary directory that shares a pod's lifetime)", [
      ['Medium', emptyDir.medium],
      ['SizeLimit', emptyDir.sizeLimit && emptyDir.sizeLimit !== '0' ? emptyDir.sizeLimit : unset],
    ]);
  else if (configMap)
    writeSource(w, 'ConfigMap (a volume populated by a ConfigMap)', [
      ['Name', configMap.name],
      ['Optional', configMap.optional ?? false],
    ]);
  else if (secret)
    writeSource(w, 'Secret (a volume populated by a Secret)', [
      ['SecretName', secret.secretName],
      ['Optional', secret.optional ?? false],
    ]);
  else if (persistentVolumeClaim)
    writeSource(w, 'PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)', [
      ['ClaimName', persistentVolumeClaim.claimName],
      ['ReadOnly', persistentVolumeClaim.readOnly ?? false],
    ]);
  else if (image)
    writeSource(w, 'Image (a container image or OCI artifact)', [
      ['Reference', image.reference],
      ['PullPolicy', image.pullPolicy],
    ]);
  else if (gitRepo)
    writeSource(w, 'GitRepo (a volume that is pulled from git when the pod is created)', [
      ['Repository', gitRepo.repository],
      ['Revision', gitRepo.revision],
    ]);
  else if (downwardAPI) {
    writeSource(w, 'DownwardAPI (a volume populated by information about the pod)', []);
    w.write(2, 'Items:\n');
    for (const { fieldRef, resourceFieldRef, path } of downwardAPI.items ?? [])
      w.write(3, `${fieldRef?.fieldPath ?? resourceFieldRef?.resource ?? ''} -> ${path}\n`);
  } else if (projected) writeProjected(w, projected);
  else if (ephemeral) {
    writeSource(
      w,
      'EphemeralVolume (an inline specification for a volume that gets created and deleted with the pod)',
      [],
    );
    writeClaimTemplate(w, ephemeral.volumeClaimTemplate);
  } else w.write(1, '<unknown>\n');
}

/** kubectl indents these values once more than their label. */
function writeIndented(w: DescribeWriter, label: string, lines: readonly string[], otherwise: string): void {
  const shown = lines.length === 0 ? [otherwise] : lines.map((line) => `    ${line}`);
  writeLines(w, label, shown, 2);
}

/** The claim that is made for an ephemeral volume. */
function writeClaimTemplate(w: DescribeWriter, template: PersistentVolumeClaimTemplate | undefined): void {
  const { metadata, spec } = template ?? {};
  w.write(2, `StorageClass:\t${spec?.storageClassName ?? ''}\n`);
  w.write(2, `Volume:\t${spec?.volumeName ?? ''}\n`);
  writeIndented(w, 'Labels', labelLines(metadata?.labels), `    ${none}`);
  writeIndented(w, 'Annotations', annotationLines(metadata?.annotations), `    ${none}`);
  w.write(2, 'Capacity:\t\n');
  w.write(2, 'Access Modes:\t\n');
  if (spec?.volumeMode) w.write(2, `VolumeMode:\t${spec.volumeMode}\n`);
}

function writeProjected(w: DescribeWriter, { sources }: ProjectedVolumeSource): void {
  writeSource(w, 'Projected (a volume that contains injected data from multiple sources)', []);
  const line = (label: string, value: unknown) => w.write(2, `${label}:\t${value}\n`);
  for (const { secret, downwardAPI, configMap, serviceAccountToken } of sources ?? []) {
    if (secret) {
      line('SecretName', secret.name);
      line('Optional', secret.optional ?? false);
    } else if (downwardAPI) line('DownwardAPI', true);
    else if (configMap) {
      line('ConfigMapName', configMap.name);
      line('Optional', configMap.optional ?? false);
    } else if (serviceAccountToken) line('TokenExpirationSeconds', serviceAccountToken.expirationSeconds ?? 0);
  }
}

/** Sources that Pods and PersistentVolumes both have. */
function writeShared(w: DescribeWriter, volume: Volume | PersistentVolumeSpec): boolean {
  const { hostPath, nfs, csi } = volume;
  const disk = diskLines(volume);
  for (const line of disk ?? []) w.write(2, `${line}\n`);
  if (disk) return true;
  if (hostPath)
    writeSource(w, shared.hostPath, [
      ['Path', hostPath.path],
      ['HostPathType', hostPath.type ?? none],
    ]);
  else if (nfs)
    writeSource(w, shared.nfs, [
      ['Server', nfs.server],
      ['Path', nfs.path],
      ['ReadOnly', nfs.readOnly ?? false],
    ]);
  else if (csi) {
    const handle: Fields = 'volumeHandle' in csi ? [['VolumeHandle', csi.volumeHandle]] : [];
    writeSource(w, shared.csi, [
      ['Driver', csi.driver],
      ['FSType', csi.fsType],
      ...handle,
      ['ReadOnly', csi.readOnly ?? false],
    ]);
    writeIndented(w, 'VolumeAttributes', labelLines(csi.volumeAttributes), none);
  } else return false;
  return true;
}

/** Where a PersistentVolume's bytes are. */
export function writePersistentSource(w: DescribeWriter, spec: PersistentVolumeSpec): void {
  w.write(0, 'Source:\n');
  if (spec.local)
    writeSource(w, 'LocalVolume (a persistent volume backed by local storage on a node)', [['Path', spec.local.path]]);
  else if (!writeShared(w, spec)) w.write(2, '<unknown>\n');
}

/** The nodes that a PersistentVolume can be reached from. */
export function writeNodeAffinity(w: DescribeWriter, affinity: PersistentVolumeSpec['nodeAffinity']): void {
  const terms = affinity?.required?.nodeSelectorTerms;
  if (!terms) {
    w.write(0, `Node Affinity:\t${none}\n`);
    return;
  }
  w.write(0, 'Node Affinity:\t\n');
  w.write(1, `Required Terms:\t${terms.length === 0 ? none : ''}\n`);
  terms.forEach(({ matchExpressions = [] }, i) => {
    const lines = matchExpressions.map(({ key, operator, values = [] }) => {
      const list = values.length > 0 ? ` [${values.join(', ')}]` : '';
      return `${key} ${operator.toLowerCase()}${list}`;
    });
    const shown = lines.length > 0 ? lines : [none];
    shown.forEach((line, at) => {
      w.write(2, `${at === 0 ? `Term ${i}:` : ''}\t${line}\n`);
    });
  });
}
