import type {
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  StorageClass,
  VolumeAttributesClass,
} from '../../../../../kube/api.gen.ts';
import type { KubeObject } from '../../../../../kube/meta.ts';
import { type DescribeContext, type Describer, fetchAll } from './context.ts';
import { writeEvents } from './events.ts';
import {
  accessModesText,
  boolOrUnset,
  goList,
  labelsText,
  none,
  since,
  unset,
  writeAnnotations,
  writeLabels,
  writeLines,
  writeName,
  writeTimedConditions,
} from './format.ts';
import { writeNodeAffinity, writePersistentSource } from './volumes.ts';

const formerClass = 'volume.beta.kubernetes.io/storage-class';
const defaultClass = /^storageclass\.(beta\.)?kubernetes\.io\/is-default-class$/;

function statusText({ metadata }: KubeObject, phase: string | undefined, now: number): string {
  return metadata?.deletionTimestamp ? `Terminating (lasts ${since(metadata.deletionTimestamp, now)})` : (phase ?? '');
}

export const describeClaim: Describer<PersistentVolumeClaim> = async (w, claim, context) => {
  const { metadata, spec, status } = claim;
  const users = await usersOf(claim, context);
  const line = (label: string, value: unknown) => w.write(0, `${label}:\t${value ?? ''}\n`);
  writeName(w, metadata);
  line('StorageClass', metadata?.annotations?.[formerClass] ?? spec?.storageClassName);
  line('Status', statusText(claim, status?.phase, context.now));
  line('Volume', spec?.volumeName);
  writeLabels(w, 'Labels', metadata?.labels);
  writeAnnotations(w, metadata?.annotations);
  line('Finalizers', goList(metadata?.finalizers));
  const bound = spec?.volumeName ? status : undefined;
  line('Capacity', bound ? (bound.capacity?.storage ?? '0') : '');
  line('Access Modes', accessModesText(bound?.accessModes));
  if (spec?.volumeMode) line('VolumeMode', spec.volumeMode);
  if (spec?.dataSource) {
    w.write(0, 'DataSource:\n');
    if (spec.dataSource.apiGroup) w.write(1, `APIGroup:\t${spec.dataSource.apiGroup}\n`);
    w.write(1, `Kind:\t${spec.dataSource.kind}\n`);
    w.write(1, `Name:\t${spec.dataSource.name}\n`);
  }
  writeLines(w, 'Used By', users);
  writeTimedConditions(w, claim.status?.conditions, 'lastProbeTime');
  await writeEvents(w, claim, context);
};

/** The Pods that mount a claim. Throws StatusError. */
async function usersOf({ metadata }: PersistentVolumeClaim, context: DescribeContext): Promise<string[]> {
  const pods = await fetchAll<Pod>(context, `/api/v1/namespaces/${metadata?.namespace}/pods`);
  return pods
    .filter(({ metadata: { name } = {}, spec }) =>
      spec?.volumes?.some(
        (volume) =>
          volume.persistentVolumeClaim?.claimName === metadata?.name ||
          (volume.ephemeral && `${name}-${volume.name}` === metadata?.name),
      ),
    )
    .map((pod) => pod.metadata?.name ?? '');
}

export const describeVolume: Describer<PersistentVolume> = async (w, volume, context) => {
  const { metadata, spec = {}, status } = volume;
  const line = (label: string, value: unknown) => w.write(0, `${label}:\t${value ?? ''}\n`);
  writeName(w, metadata);
  writeLabels(w, 'Labels', metadata?.labels);
  writeAnnotations(w, metadata?.annotations);
  line('Finalizers', goList(metadata?.finalizers));
  line('StorageClass', metadata?.annotations?.[formerClass] ?? spec.storageClassName);
  line('Status', statusText(volume, status?.phase, context.now));
  line('Claim', spec.claimRef ? `${spec.claimRef.namespace}/${spec.claimRef.name}` : '');
  line('Reclaim Policy', spec.persistentVolumeReclaimPolicy);
  line('Access Modes', accessModesText(spec.accessModes));
  if (spec.volumeMode) line('VolumeMode', spec.volumeMode);
  line('Capacity', spec.capacity?.storage ?? '0');
  writeNodeAffinity(w, spec.nodeAffinity);
  line('Message', status?.message);
  writePersistentSource(w, spec);
  await writeEvents(w, volume, context);
};

export const describeStorageClass: Describer<StorageClass> = async (w, storageClass, context) => {
  const { metadata, mountOptions = [], allowedTopologies = [] } = storageClass;
  const line = (label: string, value: unknown) => w.write(0, `${label}:\t${value ?? unset}\n`);
  const isDefault = Object.entries(metadata?.annotations ?? {}).some(([k, v]) => defaultClass.test(k) && v === 'true');
  writeName(w, metadata);
  line('IsDefaultClass', isDefault ? 'Yes' : 'No');
  line('Annotations', labelsText(metadata?.annotations));
  line('Provisioner', storageClass.provisioner);
  line('Parameters', labelsText(storageClass.parameters));
  line('AllowVolumeExpansion', boolOrUnset(storageClass.allowVolumeExpansion));
  if (mountOptions.length === 0) line('MountOptions', none);
  else {
    w.write(0, 'MountOptions:\n');
    for (const option of mountOptions) w.write(1, `${option}\n`);
  }
  line('ReclaimPolicy', storageClass.reclaimPolicy);
  line('VolumeBindingMode', storageClass.volumeBindingMode);
  if (allowedTopologies.length > 0) {
    w.write(0, 'AllowedTopologies:\t\n');
    allowedTopologies.forEach(({ matchLabelExpressions = [] }, i) => {
      const lines = matchLabelExpressions.map(({ key, values }) => `${key} in [${values.join(', ')}]`);
      writeLines(w, `Term ${i}`, lines, 1);
    });
  }
  await writeEvents(w, storageClass, context);
};

export const describeAttributesClass: Describer<VolumeAttributesClass> = async (w, attributesClass, context) => {
  writeName(w, attributesClass.metadata);
  w.write(0, `Annotations:\t${labelsText(attributesClass.metadata?.annotations)}\n`);
  w.write(0, `DriverName:\t${attributesClass.driverName}\n`);
  w.write(0, `Parameters:\t${labelsText(attributesClass.parameters)}\n`);
  await writeEvents(w, attributesClass, context);
};
