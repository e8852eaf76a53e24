import type { Pod, Volume } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { persistentVolumeClaims, pods } from '../../../kube/resources.ts';
import type { Component } from '../../api.ts';
import { WorkQueue } from '../../client/work-queue.ts';
import { SyncError } from '../../errors/background.ts';
import { isAlreadyExists, isNamespaceTerminating } from '../failures.ts';
import { controllerClient } from '../identity.ts';
import { controllerRef, keyOf, splitKey } from '../ownership.ts';

/** Makes the claims of Pods' generic ephemeral volumes, which go with them (KEP-1698). */
export const ephemeralVolumes: Component = {
  name: 'ephemeral-volume',
  start(context) {
    const { clock, signal, informers, report } = context;
    const client = controllerClient(context, 'ephemeral-volume-controller');
    const recorder = context.recorder('ephemeral_volume');

    async function make(pod: Stored<Pod>, { name: volume, ephemeral }: Volume): Promise<void> {
      const template = ephemeral?.volumeClaimTemplate;
      const { namespace } = pod.metadata;
      const name = `${pod.metadata.name}-${volume}`;
      const known = informers.of(persistentVolumeClaims).get(namespace, name);
      if (known?.metadata.ownerReferences?.some(({ uid }) => uid === pod.metadata.uid)) return;
      const { labels, annotations } = template?.metadata ?? {};
      const ownerReferences = [controllerRef(pod, pods)];
      const metadata = {
        name,
        namespace,
        ownerReferences,
        ...(labels && { labels }),
        ...(annotations && { annotations }),
      };
      try {
        if (known)
          throw new SyncError(`PVC ${namespace}/${name} was not created for pod ${keyOf(pod)} (pod is not owner)`);
        await client.create(persistentVolumeClaims, { metadata, spec: structuredClone(template?.spec) });
      } catch (error) {
        if (isAlreadyExists(error) || isNamespaceTerminating(error)) return;
        const text = `ephemeral volume ${volume}: ${(error as Error).message}`;
        recorder.event(pod, 'Warning', 'EphemeralVolumeClaimFailed', text);
        throw error;
      }
    }

    const queue = new WorkQueue({
      clock,
      signal,
      report,
      async sync(key) {
        const [namespace, name] = splitKey(key);
        const pod = informers.of(pods).get(namespace, name);
        if (!pod || pod.metadata.deletionTimestamp) return;
        for (const volume of pod.spec?.volumes ?? []) if (volume.ephemeral) await make(pod, volume);
      },
    });
    const look = (pod: Stored<Pod>) => {
      if (pod.spec?.volumes?.some(({ ephemeral }) => ephemeral)) queue.add(keyOf(pod));
    };
    informers.of(pods).on({ add: look });
  },
};
