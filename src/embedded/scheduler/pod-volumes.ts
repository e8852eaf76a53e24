import type { PersistentVolumeClaim, Pod } from '../../kube/api.gen.ts';
import type { Stored } from '../../kube/meta.ts';
import { persistentVolumeClaims, persistentVolumes, storageClasses } from '../../kube/resources.ts';
import type { ApiClient, ComponentContext } from '../api.ts';
import { bindVolume, selectedNode } from '../controllers/storage/volume-matching.ts';
import type { Storage } from './plugin.ts';
import { claimNames, isBound, type VolumeDecision } from './plugins/volumes.ts';

/** VolumeBindingArgs.bindTimeoutSeconds */
const patienceMs = 600_000;

/** What the scheduler knows of storage and does about it. */
export class PodVolumes {
  readonly #context: ComponentContext;
  readonly #client: ApiClient;

  constructor(context: ComponentContext, client: ApiClient) {
    this.#context = context;
    this.#client = client;
  }

  /** As the Pod sees it. */
  view({ metadata }: Stored<Pod>): Storage {
    const { informers } = this.#context;
    return {
      claim: (name) => informers.of(persistentVolumeClaims).get(metadata.namespace, name),
      volumes: () => informers.of(persistentVolumes).list(),
      storageClass: (name) => (name === '' ? undefined : informers.of(storageClasses).get(undefined, name)),
    };
  }

  /** Reserves volumes for the Pod's claims, and asks for those that have to be made on the node. */
  async reserve({ bind, provision }: VolumeDecision, node: string): Promise<void> {
    for (const { claim, volume } of bind) {
      const bound = bindVolume(volume, claim);
      if (bound !== volume) await this.#client.update(persistentVolumes, bound);
    }
    for (const claim of provision) {
      const annotations = { ...claim.metadata.annotations, [selectedNode]: node };
      await this.#client.update(persistentVolumeClaims, { ...claim, metadata: { ...claim.metadata, annotations } });
    }
  }

  /**
   * Resolves once all claims of the Pod are bound. Rejects with the text of an event if a provisioner gives up on the
   * node, the Pod goes, or ten minutes have passed.
   */
  whenBound(pod: Stored<Pod>, signal: AbortSignal): Promise<void> {
    const { informers, clock } = this.#context;
    const claims = informers.of(persistentVolumeClaims);
    const mine = new Set(claimNames(pod).map(({ name }) => name));
    return new Promise((resolve, reject) => {
      let stop = () => {};
      const end = (error?: Error) => {
        timer.cancel();
        queueMicrotask(() => stop());
        if (error) reject(error);
        else resolve();
      };
      const timer = clock.after(patienceMs, () => end(new Error('binding volumes: context deadline exceeded')));
      signal.addEventListener('abort', () => end(new Error('binding volumes: context canceled')), { once: true });
      const look = (claim?: Stored<PersistentVolumeClaim>, old?: Stored<PersistentVolumeClaim>) => {
        if (claim && (claim.metadata.namespace !== pod.metadata.namespace || !mine.has(claim.metadata.name))) return;
        const left = [...mine].map((name) => claims.get(pod.metadata.namespace, name));
        const gone = left.findIndex((one) => !one);
        if (gone >= 0) end(new Error(`binding volumes: claim "${[...mine][gone]}" was deleted`));
        else if (old?.metadata.annotations?.[selectedNode] && !claim?.metadata.annotations?.[selectedNode]) {
          end(new Error(`binding volumes: selectedNode annotation reset for PVC "${claim?.metadata.name}"`));
        } else if (left.every((one) => one && isBound(one))) end();
      };
      stop = claims.on({ update: look, delete: (claim) => look(claim) });
      look();
    });
  }
}
