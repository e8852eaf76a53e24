import { nodes } from '../../../kube/resources.ts';
import type { Component } from '../../api.ts';
import { WorkQueue } from '../../client/work-queue.ts';
import { isNotFound } from '../failures.ts';
import { controllerClient } from '../identity.ts';

const annotation = 'node.alpha.kubernetes.io/ttl';

/** Sizes of clusters, and for how many seconds their kubelets may use a Secret or ConfigMap without asking again. */
const boundaries = [
  { min: 0, max: 100, seconds: 0 },
  { min: 90, max: 500, seconds: 15 },
  { min: 450, max: 1000, seconds: 30 },
  { min: 900, max: 2000, seconds: 60 },
  { min: 1800, max: Number.POSITIVE_INFINITY, seconds: 300 },
] as const;

/** Tells kubelets by an annotation of their nodes how long what they know of Secrets and ConfigMaps is good for. */
export const nodeTtl: Component = {
  name: 'ttl',
  start(context) {
    const { clock, signal, informers, report } = context;
    const client = controllerClient(context, 'ttl-controller');
    let step = 0;
    const known = informers.of(nodes);
    const sync = async (name: string) => {
      const node = known.get(undefined, name);
      const value = String(boundaries[step]?.seconds);
      if (!node || node.metadata.annotations?.[annotation] === value) return;
      try {
        await client.patch(nodes, undefined, name, 'strategic', { metadata: { annotations: { [annotation]: value } } });
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    };
    const queue = new WorkQueue({ clock, signal, report, sync });
    /** The bounds overlap, so that a cluster between two sizes does not go to and fro. */
    const counted = () => {
      const count = known.list().length;
      const before = step;
      while (count > (boundaries[step]?.max ?? 0)) step++;
      while (count < (boundaries[step]?.min ?? 0)) step--;
      if (step !== before) for (const { metadata } of known.list()) queue.add(metadata.name);
    };
    known.on({
      add({ metadata }) {
        counted();
        queue.add(metadata.name);
      },
      update: ({ metadata }) => queue.add(metadata.name),
      delete: counted,
    });
  },
};
