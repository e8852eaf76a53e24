import type { PersistentVolume, PersistentVolumeClaim, Pod } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { persistentVolumeClaims, persistentVolumes, pods } from '../../../kube/resources.ts';
import type { Component } from '../../api.ts';
import { WorkQueue } from '../../client/work-queue.ts';
import { controllerClient } from '../identity.ts';
import { keyOf, splitKey } from '../ownership.ts';

const claimFinalizer = 'kubernetes.io/pvc-protection';
const volumeFinalizer = 'kubernetes.io/pv-protection';

function without<T extends PersistentVolumeClaim | PersistentVolume>(object: Stored<T>, finalizer: string): Stored<T> {
  const finalizers = (object.metadata.finalizers ?? []).filter((name) => name !== finalizer);
  return { ...object, metadata: { ...object.metadata, finalizers } };
}

const isHeld = ({ metadata }: Stored, finalizer: string) =>
  metadata.deletionTimestamp !== undefined && (metadata.finalizers ?? []).includes(finalizer);

/** Names of the claims that a Pod uses, those of its generic ephemeral volumes included. */
const claimsOf = (pod: Stored<Pod>) =>
  (pod.spec?.volumes ?? []).flatMap(({ name, persistentVolumeClaim, ephemeral }) => [
    ...(persistentVolumeClaim ? [persistentVolumeClaim.claimName] : []),
    ...(ephemeral ? [`${pod.metadata.name}-${name}`] : []),
  ]);

/** Lets deleted claims go once no scheduled Pod uses them. */
export const claimProtection: Component = {
  name: 'persistentvolumeclaim-protection',
  start(context) {
    const { clock, signal, informers, report } = context;
    const client = controllerClient(context, 'pvc-protection-controller');
    const claims = informers.of(persistentVolumeClaims);
    const allPods = informers.of(pods);
    const queue = new WorkQueue({
      clock,
      signal,
      report,
      async sync(key) {
        const [namespace, name] = splitKey(key);
        const claim = claims.get(namespace, name);
        if (!claim || !isHeld(claim, claimFinalizer)) return;
        const used = allPods.list(namespace).some((pod) => pod.spec?.nodeName && claimsOf(pod).includes(name));
        if (!used) await client.update(persistentVolumeClaims, without(claim, claimFinalizer));
      },
    });
    const enqueue = (claim: Stored<PersistentVolumeClaim>) => {
      if (isHeld(claim, claimFinalizer)) queue.add(keyOf(claim));
    };
    claims.on({ add: enqueue, update: enqueue });
    allPods.on({
      delete(pod) {
        for (const name of claimsOf(pod)) queue.add(`${pod.metadata.namespace}/${name}`);
      },
    });
  },
};

/** Lets deleted volumes go once no claim is bound to them. */
export const volumeProtection: Component = {
  name: 'persistentvolume-protection',
  start(context) {
    const { clock, signal, informers, report } = context;
    const client = controllerClient(context, 'pv-protection-controller');
    const volumes = informers.of(persistentVolumes);
    const queue = new WorkQueue({
      clock,
      signal,
      report,
      async sync(name) {
        const volume = volumes.get(undefined, name);
        if (!volume || !isHeld(volume, volumeFinalizer) || volume.status?.phase === 'Bound') return;
        await client.update(persistentVolumes, without(volume, volumeFinalizer));
      },
    });
    const enqueue = (volume: Stored<PersistentVolume>) => {
      if (isHeld(volume, volumeFinalizer)) queue.add(volume.metadata.name);
    };
    volumes.on({ add: enqueue, update: enqueue });
  },
};
