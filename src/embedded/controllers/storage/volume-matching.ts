/** Which volumes a claim may have: what the binder and the scheduler must agree on. */
import type { Node, PersistentVolume, PersistentVolumeClaim, StorageClass } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { matchesTerm } from '../../../kube/placement.ts';
import { compareQuantities } from '../../../kube/quantity.ts';
import { selectorMatches } from '../../../kube/selectors.ts';
import { betaClassAnnotation } from '../../resources/printing/storage.ts';

export const bindCompleted = 'pv.kubernetes.io/bind-completed';
export const boundByController = 'pv.kubernetes.io/bound-by-controller';
export const provisionedBy = 'pv.kubernetes.io/provisioned-by';
export const selectedNode = 'volume.kubernetes.io/selected-node';
export const storageProvisioner = 'volume.kubernetes.io/storage-provisioner';
export const betaStorageProvisioner = 'volume.beta.kubernetes.io/storage-provisioner';
/** Volumes of such classes are made by hand. */
export const noProvisioner = 'kubernetes.io/no-provisioner';

type Volume = Stored<PersistentVolume>;
type Claim = Stored<PersistentVolumeClaim>;

/** The class a claim or a volume names; empty: none. */
export function classOf({ metadata, spec }: PersistentVolumeClaim | PersistentVolume): string {
  return metadata?.annotations?.[betaClassAnnotation] ?? spec?.storageClassName ?? '';
}

export const requestOf = ({ spec }: PersistentVolumeClaim): string => spec?.resources?.requests?.storage ?? '0';

export const sizeOf = ({ spec }: PersistentVolume): string => spec?.capacity?.storage ?? '0';

/** Whether the class leaves the choice of a volume to the scheduler. */
export function waitsForConsumer(storageClass: StorageClass | undefined): boolean {
  return storageClass?.volumeBindingMode === 'WaitForFirstConsumer';
}

/** Whether a volume names this claim, and no other one of that name. */
export function isBoundTo({ spec }: Volume, { metadata }: Claim): boolean {
  const ref = spec?.claimRef;
  if (ref?.name !== metadata.name || ref.namespace !== metadata.namespace) return false;
  return !ref.uid || ref.uid === metadata.uid;
}

/** The volume with the claim written into it; the annotation says that nobody else chose it. */
export function bindVolume(volume: Volume, claim: Claim): Volume {
  const { namespace, name, uid, resourceVersion } = claim.metadata;
  const chosen = !isBoundTo(volume, claim);
  if (!chosen && volume.spec?.claimRef?.uid === uid) return volume;
  const annotations = { ...volume.metadata.annotations, ...(chosen && { [boundByController]: 'yes' }) };
  return {
    ...volume,
    metadata: { ...volume.metadata, ...(Object.keys(annotations).length > 0 && { annotations }) },
    spec: {
      ...volume.spec,
      claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', name, namespace, resourceVersion, uid },
    },
  };
}

export function sameMode(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  return (volume.spec?.volumeMode ?? 'Filesystem') === (claim.spec?.volumeMode ?? 'Filesystem');
}

export function offersAccess(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  return (claim.spec?.accessModes ?? []).every((mode) => volume.spec?.accessModes?.includes(mode));
}

/** Whether a volume can be reached from a node. */
export function reachableFrom(volume: PersistentVolume, node: Stored<Node>): boolean {
  const terms = volume.spec?.nodeAffinity?.required?.nodeSelectorTerms;
  return !terms || terms.some((term) => matchesTerm(term, node));
}

/** Why a claim can't have the volume that it names; undefined: it can. */
export function unsatisfied(volume: Volume, claim: Claim): string | undefined {
  if (compareQuantities(sizeOf(volume), requestOf(claim)) < 0) return 'requested PV is too small';
  if (classOf(volume) !== classOf(claim)) return 'storageClassName does not match';
  if (attributesOf(volume) !== attributesOf(claim)) return 'volumeAttributesClassName does not match';
  if (!sameMode(volume, claim)) return 'incompatible volumeMode';
  return offersAccess(volume, claim) ? undefined : 'incompatible accessMode';
}

const attributesOf = ({ spec }: PersistentVolume | PersistentVolumeClaim) => spec?.volumeAttributesClassName ?? '';

/**
 * The volume for a claim: the one that was made or reserved for it, else the smallest of those that offer the fewest
 * access modes beyond what it wants. `node`: as the scheduler asks, who alone chooses where `wait` says so.
 */
export function bestMatch(
  claim: Claim,
  volumes: readonly Volume[],
  options: { node?: Stored<Node>; wait?: boolean; taken?: ReadonlySet<string> },
): Volume | undefined {
  const { node, wait = false, taken } = options;
  const usable = volumes.filter(
    (volume) =>
      !volume.metadata.deletionTimestamp &&
      !taken?.has(volume.metadata.name) &&
      compareQuantities(sizeOf(volume), requestOf(claim)) >= 0 &&
      sameMode(volume, claim) &&
      offersAccess(volume, claim) &&
      (!volume.spec?.claimRef || isBoundTo(volume, claim)),
  );
  const reserved = usable.find((volume) => isBoundTo(volume, claim));
  if (reserved) return !node || reachableFrom(reserved, node) ? reserved : undefined;
  if (wait && !node) return undefined;
  return usable
    .filter(
      (volume) =>
        volume.status?.phase === 'Available' &&
        (!claim.spec?.selector || selectorMatches(claim.spec.selector, volume.metadata.labels)) &&
        classOf(volume) === classOf(claim) &&
        attributesOf(volume) === attributesOf(claim) &&
        (!node || reachableFrom(volume, node)),
    )
    .sort(
      (a, b) =>
        (a.spec?.accessModes?.length ?? 0) - (b.spec?.accessModes?.length ?? 0) ||
        compareQuantities(sizeOf(a), sizeOf(b)) ||
        (a.metadata.name < b.metadata.name ? -1 : 1),
    )[0];
}
