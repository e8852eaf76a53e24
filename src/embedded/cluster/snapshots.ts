import { pods } from '../../kube/resources.ts';
import type { ComponentContext } from '../api.ts';
import type { EtcdBackend } from '../etcd/backend.ts';
import { bucketOf } from '../registry/keys.ts';
import { hasOrphans, objectsIn, recordObjects, restoreBaseline } from './baseline.ts';
import { type ClusterBaseline, readBaseline, writeBaseline } from './baseline-files.ts';
import type { ControlPlane } from './control-plane.ts';
import type { ClusterNodes } from './nodes.ts';
import { type ObjectOf, withResources } from './objects.ts';
import type { ClusterConfig } from './options.ts';
import { inTime, systemAvailable, writesSettled } from './readiness.ts';

export interface SnapshotsOptions {
  config: Pick<ClusterConfig, 'clock' | 'folder'>;
  plane: ControlPlane;
  nodes: ClusterNodes;
  etcd: EtcdBackend;
}

/** The states of a cluster that it can go back to: the last snapshot, and how it was created. */
export class Snapshots {
  readonly #options: SnapshotsOptions;
  #baseline: ClusterBaseline = { objects: new Map(), nodes: {} };
  /** The baseline of the beginning, of a cluster that was created by this process. */
  #created: ClusterBaseline | undefined;

  constructor(options: SnapshotsOptions) {
    this.#options = options;
  }

  /** Takes up what an earlier process kept, or the present state where there is nothing of it. */
  async load(): Promise<void> {
    const { config, plane } = this.#options;
    if (config.folder === undefined || plane.fresh) {
      this.take();
      this.#created = this.#baseline;
      return;
    }
    const saved = await readBaseline(config.folder);
    if (saved) this.#baseline = saved;
    else this.take();
  }

  /** Remembers the present state as the one that `reset` goes back to. */
  take(): void {
    const { plane, nodes } = this.#options;
    this.#remember({ objects: recordObjects(plane.store), nodes: nodes.capture() });
  }

  async reset(): Promise<void> {
    const { config, plane, nodes, etcd } = this.#options;
    const { objects, nodes: machines } = this.#baseline;
    etcd.data.reset();
    // First the machines: what they run follows from their files.
    await nodes.restore(machines);
    restoreBaseline(plane.store, objects, config.clock.now());
    await writesSettled(plane.store);
  }

  /** As `EmbeddedCluster.renew` says. */
  async renew(context: ComponentContext): Promise<boolean> {
    const { config, plane, nodes } = this.#options;
    if (!this.#created || nodes.all.some(({ entered }) => entered)) return false;
    this.#remember(this.#created);
    await this.reset();
    const living = new Set([...plane.store.entries(bucketOf(pods))].map(([, { metadata }]) => metadata.uid));
    const discarded = Promise.all(nodes.all.map(({ kubelet }) => kubelet.discard(living)));
    if (!(await inTime(config.clock, discarded))) return false;
    // What was reported of their end goes as well.
    await this.reset();
    if (!(await inTime(config.clock, systemAvailable(context))) || hasOrphans(plane.store)) return false;
    return nodes.all.every(({ kubelet }) => kubelet.untouched);
  }

  objects(when: 'now' | 'snapshot'): ObjectOf[] {
    const { store, registry } = this.#options.plane;
    return withResources(when === 'now' ? store.all() : objectsIn(this.#baseline.objects), registry.definitions());
  }

  #remember(baseline: ClusterBaseline): void {
    const { config, etcd } = this.#options;
    this.#baseline = baseline;
    etcd.data.mark();
    if (config.folder !== undefined) writeBaseline(config.folder, baseline);
  }
}
