import type { PersistentVolume, PersistentVolumeClaim, Pod, Volume } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import type { VolumeSource } from '../../container-api.ts';

/** What a kubelet knows of storage. */
export interface ClaimSources {
  claim(namespace: string, name: string): Stored<PersistentVolumeClaim> | undefined;
  persistentVolume(name: string): Stored<PersistentVolume> | undefined;
}

/** The name of the claim behind a Pod's volume; undefined: there is none. */
export function claimNameOf(pod: Stored<Pod>, volume: Volume): string | undefined {
  if (volume.persistentVolumeClaim) return volume.persistentVolumeClaim.claimName;
  return volume.ephemeral && `${pod.metadata.name}-${volume.name}`;
}

/** The tree of the volume that a claim is bound to. Throws an Error with the text of the kubelet's event. */
export function claimedTree(nodeName: string, namespace: string, name: string, sources: ClaimSources): VolumeSource {
  const failed = (why: string) => new Error(`error processing PVC ${namespace}/${name}: ${why}`);
  const claim = sources.claim(namespace, name);
  if (!claim) throw failed(`failed to fetch PVC from API server: persistentvolumeclaims "${name}" not found`);
  const { volumeName } = claim.spec ?? {};
  if (claim.status?.phase !== 'Bound' || !volumeName) throw failed('PVC is not bound');
  const volume = sources.persistentVolume(volumeName);
  if (!volume)
    throw failed(`failed to fetch PV ${volumeName} from API server: persistentvolumes "${volumeName}" not found`);
  if (volume.spec?.claimRef?.uid !== claim.metadata.uid) throw failed(`PV ${volumeName} is bound to another claim`);
  const path = volume.spec.hostPath?.path ?? volume.spec.local?.path;
  // What its provisioner makes, everybody may write to.
  if (path !== undefined) return { kind: 'host', node: nodeName, path, mode: 0o777 };
  const { accessModes, capacity, claimRef, nodeAffinity, mountOptions, ...rest } = volume.spec;
  const type = Object.entries(rest).find(([, value]) => typeof value === 'object')?.[0];
  throw new Error(`volumes of type ${type} are not simulated by this cluster`);
}
