import type { Node, PersistentVolume, PersistentVolumeClaim, Pod, StorageClass } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { matchesTerm } from '../../../kube/placement.ts';
import {
  bestMatch,
  bindCompleted,
  classOf,
  noProvisioner,
  reachableFrom,
  selectedNode,
  waitsForConsumer,
} from '../../controllers/storage/volume-matching.ts';
import { type Cycle, misfit, type Plugin } from '../plugin.ts';

type Claim = Stored<PersistentVolumeClaim>;

/** What happens to a Pod's claims when it is bound to a node: volumes they get, and those that one is made for. */
export interface VolumeDecision {
  bind: { claim: Claim; volume: Stored<PersistentVolume> }[];
  provision: Claim[];
}

/** Names of the claims of a Pod; those of its ephemeral volumes are made by a controller. */
export function claimNames(pod: Stored<Pod>): { name: string; ephemeral: boolean }[] {
  const volumes = pod.spec?.volumes ?? [];
  return [
    ...volumes.flatMap(({ persistentVolumeClaim: claim }) =>
      claim ? [{ name: claim.claimName, ephemeral: false }] : [],
    ),
    ...volumes.flatMap(({ name, ephemeral }) =>
      ephemeral ? [{ name: `${pod.metadata.name}-${name}`, ephemeral: true }] : [],
    ),
  ];
}

/** Claims must exist, and be bound unless their class waits for the first consumer. */
export const volumeBinding: Plugin = {
  name: 'VolumeBinding',
  preFilter({ pod, storage }) {
    const names = claimNames(pod);
    for (const { name, ephemeral } of names) {
      const problem = unusable(storage.claim(name), name, ephemeral);
      if (problem !== undefined) return problem;
    }
    const immediate = names.some(({ name }) => {
      const claim = storage.claim(name);
      return (
        claim && !isBound(claim) && (claim.spec?.volumeName || !waitsForConsumer(storage.storageClass(classOf(claim))))
      );
    });
    return immediate ? 'pod has unbound immediate PersistentVolumeClaims' : undefined;
  },
  filter(cycle, { node }) {
    const claims = claimsOf(cycle);
    for (const claim of claims.filter(isBound)) {
      const volume = cycle.storage.volumes().find(({ metadata }) => metadata.name === claim.spec?.volumeName);
      if (!volume) return misfit('node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)', true);
      if (!reachableFrom(volume, node)) return misfit("node(s) didn't match PersistentVolume's node affinity", true);
    }
    if (decideVolumes(cycle, node)) return undefined;
    return misfit("node(s) didn't find available persistent volumes to bind", true);
  },
};

const claimsOf = ({ pod, storage }: Cycle): Claim[] => claimNames(pod).flatMap(({ name }) => storage.claim(name) ?? []);

export const isBound = ({ metadata, spec }: Claim): boolean =>
  Boolean(spec?.volumeName) && metadata.annotations?.[bindCompleted] !== undefined;

function unusable(claim: Claim | undefined, name: string, ephemeral: boolean): string | undefined {
  if (!claim && ephemeral)
    return `waiting for ephemeral volume controller to create the persistentvolumeclaim "${name}"`;
  if (!claim) return `persistentvolumeclaim "${name}" not found`;
  if (claim.status?.phase === 'Lost') {
    return `persistentvolumeclaim "${name}" bound to non-existent persistentvolume "${claim.spec?.volumeName ?? ''}"`;
  }
  return claim.metadata.deletionTimestamp ? `persistentvolumeclaim "${name}" is being deleted` : undefined;
}

/** How the claims that wait for the Pod are served on a node; undefined: they can't be. */
export function decideVolumes(cycle: Cycle, node: Stored<Node>): VolumeDecision | undefined {
  const { storage } = cycle;
  const decision: VolumeDecision = { bind: [], provision: [] };
  const taken = new Set<string>();
  for (const claim of claimsOf(cycle)) {
    if (isBound(claim)) continue;
    const chosen = claim.metadata.annotations?.[selectedNode];
    if (chosen !== undefined && chosen !== node.metadata.name) return undefined;
    const volume = chosen === undefined ? bestMatch(claim, storage.volumes(), { node, taken }) : undefined;
    if (volume) {
      taken.add(volume.metadata.name);
      decision.bind.push({ claim, volume });
    } else if (canProvision(storage.storageClass(classOf(claim)), node)) decision.provision.push(claim);
    else return undefined;
  }
  return decision;
}

function canProvision(storageClass: StorageClass | undefined, node: Stored<Node>): boolean {
  if (!storageClass?.provisioner || storageClass.provisioner === noProvisioner) return false;
  const terms = (storageClass.allowedTopologies ?? []).filter(
    ({ matchLabelExpressions = [] }) => matchLabelExpressions.length > 0,
  );
  return (
    terms.length === 0 ||
    terms.some(({ matchLabelExpressions = [] }) => {
      const matchExpressions = matchLabelExpressions.map(({ key, values }) => ({ key, operator: 'In', values }));
      return matchesTerm({ matchExpressions }, node);
    })
  );
}

/** A claim with access mode ReadWriteOncePod is one Pod's alone (KEP-2485). */
export const volumeRestrictions: Plugin = {
  name: 'VolumeRestrictions',
  filter(cycle) {
    const exclusive = claimsOf(cycle)
      .filter(({ spec }) => spec?.accessModes?.includes('ReadWriteOncePod'))
      .map(({ metadata }) => metadata.name);
    const { namespace, uid } = cycle.pod.metadata;
    const used = (pod: Stored<Pod>) =>
      pod.metadata.uid !== uid &&
      pod.metadata.namespace === namespace &&
      claimNames(pod).some(({ name }) => exclusive.includes(name));
    if (exclusive.length === 0 || !cycle.nodes.some(({ pods }) => pods.some(used))) return undefined;
    const text = 'node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode';
    return misfit(text, false);
  },
};
