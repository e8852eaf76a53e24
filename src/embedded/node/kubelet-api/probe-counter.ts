import type { Pod } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import type { Labels } from './metrics-text.ts';

/** Counts the results of the probes of a node's containers since its kubelet was created. */
export class ProbeCounter {
  readonly #counts = new Map<string, { labels: Labels; count: number }>();

  get counts(): ReadonlyMap<string, { labels: Labels; count: number }> {
    return this.#counts;
  }

  /** @param type as Kubernetes writes it: `Liveness` */
  count({ metadata }: Stored<Pod>, container: string, type: string, success: boolean): void {
    const labels = {
      ...{ container, namespace: metadata.namespace ?? '', pod: metadata.name, pod_uid: metadata.uid },
      ...{ probe_type: type, result: success ? 'successful' : 'failed' },
    };
    const key = Object.values(labels).join(' ');
    const known = this.#counts.get(key);
    if (known) known.count++;
    else this.#counts.set(key, { labels, count: 1 });
  }

  /** Forgets a Pod that is gone. */
  forget(uid: string): void {
    for (const [key, { labels }] of this.#counts) if (labels.pod_uid === uid) this.#counts.delete(key);
  }
}
