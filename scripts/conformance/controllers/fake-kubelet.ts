import type { EmbeddedCluster } from '../../../src/embedded/cluster.ts';
import type { Pod } from '../../../src/kube/api.gen.ts';
import type { Stored } from '../../../src/kube/meta.ts';
import { leases, pods } from '../../../src/kube/resources.ts';

/** What becomes of Pods in a namespace: as the recordings' README says. */
export type Mode = 'ready' | 'run' | 'succeed' | 'fail' | 'hang' | 'none';

/** Long enough that others see what was before. */
const reactionMs = 20;

/** Plays the kubelets of all nodes: Pods that are bound get a status, deleted ones are finished off. */
export class FakeKubelet {
  readonly #cluster: EmbeddedCluster;
  readonly #client: EmbeddedCluster['client'];
  readonly #modes = new Map<string, Mode>();
  readonly #handled = new Set<string>();
  readonly #alive = new Set<string>();
  #addresses = 10;

  constructor(cluster: EmbeddedCluster) {
    this.#cluster = cluster;
    this.#client = cluster.client.as({
      user: { name: 'admin', groups: ['system:masters', 'system:authenticated'] },
      fieldManager: 'fake-kubelet',
    });
    const soon = (pod: Stored<Pod>) => this.#soon(pod);
    cluster.context.informers.of(pods).on({ add: soon, update: soon });
  }

  /** Whether a node renews its lease, at once and every ten seconds. */
  keepAlive(node: string, alive: boolean): void {
    if (!alive) this.#alive.delete(node);
    else if (!this.#alive.has(node)) {
      this.#alive.add(node);
      void this.#renewLease(node);
    }
  }

  async #renewLease(node: string): Promise<void> {
    const { clock, informers, signal } = this.#cluster.context;
    if (!this.#alive.has(node) || signal.aborted) return;
    const renewTime = new Date(clock.now()).toISOString().replace('Z', '000Z');
    const spec = { holderIdentity: node, leaseDurationSeconds: 40, renewTime };
    const metadata = { name: node, namespace: 'kube-node-lease' };
    const known = informers.of(leases).get(metadata.namespace, node);
    if (known) await this.#client.patch(leases, metadata.namespace, node, 'merge', { spec });
    else await this.#client.create(leases, { metadata, spec });
    clock.after(10_000, () => void this.#renewLease(node));
  }

  /** From now on; Pods that have a status keep it. */
  set(namespace: string, mode: Mode): void {
    this.#modes.set(namespace, mode);
    for (const pod of this.#cluster.context.informers.of(pods).list(namespace)) this.#soon(pod);
  }

  #soon({ metadata: { namespace, name, uid, deletionTimestamp } }: Stored<Pod>): void {
    const { clock, informers } = this.#cluster.context;
    clock.after(deletionTimestamp ? reactionMs : 2 * reactionMs, () => {
      const pod = informers.of(pods).get(namespace, name);
      if (pod?.metadata.uid === uid) void this.#see(pod);
    });
  }

  async #see(pod: Stored<Pod>): Promise<void> {
    const { namespace = '', name, uid, deletionTimestamp } = pod.metadata;
    const mode = this.#modes.get(namespace) ?? 'none';
    if (!pod.spec?.nodeName || (mode === 'none' && !deletionTimestamp)) return;
    try {
      if (deletionTimestamp) {
        if (mode !== 'hang') {
          await this.#client.delete(pods, namespace, name, { gracePeriodSeconds: 0, preconditions: { uid } });
        }
      } else if (mode !== 'hang' && !this.#handled.has(uid)) {
        this.#handled.add(uid);
        const status = this.#status(pod, mode);
        await this.#client.patch(pods, namespace, name, 'strategic', { status }, { subresource: 'status' });
      }
    } catch {
      // It went meanwhile.
    }
  }

  #status(pod: Stored<Pod>, mode: Mode): Pod['status'] {
    const time = `${new Date(this.#cluster.context.clock.now()).toISOString().slice(0, 19)}Z`;
    const ready = mode === 'ready';
    const ended = mode === 'succeed' || mode === 'fail';
    const exitCode = mode === 'fail' ? 1 : 0;
    const terminated = { exitCode, reason: exitCode ? 'Error' : 'Completed', startedAt: time, finishedAt: time };
    const condition = (type: string) => ({
      type,
      status: ready ? 'True' : 'False',
      lastProbeTime: null as never,
      lastTransitionTime: time,
    });
    const podIP = `10.244.${Math.floor(++this.#addresses / 250)}.${this.#addresses % 250}`;
    return {
      phase: ended ? (exitCode ? 'Failed' : 'Succeeded') : 'Running',
      conditions: [condition('Ready'), condition('ContainersReady')],
      containerStatuses: pod.spec?.containers.map(({ name, image = '' }) => ({
        name,
        image,
        imageID: 'sha256:0',
        lastState: {},
        ready,
        restartCount: 0,
        started: !ended,
        state: ended ? { terminated } : { running: { startedAt: time } },
      })),
      hostIP: '10.0.0.2',
      podIP,
      podIPs: [{ ip: podIP }],
      startTime: time,
    };
  }
}
