import type { ComponentContext } from '../../src/embedded/api.ts';
import type { Pod, PodStatus } from '../../src/kube/api.gen.ts';
import type { Stored } from '../../src/kube/meta.ts';
import { leases, pods } from '../../src/kube/resources.ts';

const leaseEvery = 10_000;

export type Mode = 'ready' | 'run' | 'succeed' | 'fail' | 'none' | 'hang';

/** The recorder's stand-in for kubelets: writes what the mode of the Pod's namespace says. */
export class FakeKubelet {
  readonly #context: ComponentContext;
  readonly #modes = new Map<string, Mode>();
  #address = 1;

  constructor(context: ComponentContext) {
    this.#context = context;
    context.informers.of(pods).on({ add: (p) => this.#later(p), update: (p) => this.#later(p) });
  }

  /** Says that a node is alive, every ten seconds from now on. */
  async renewLease(node: string): Promise<void> {
    const { client, clock } = this.#context;
    const metadata = { name: node, namespace: 'kube-node-lease' };
    const spec = () => ({
      holderIdentity: node,
      leaseDurationSeconds: 40,
      renewTime: new Date(clock.now()).toISOString().replace('Z', '000Z'),
    });
    await client.create(leases, { metadata, spec: spec() });
    const renew = () => {
      clock.after(leaseEvery, () => {
        void client.patch(leases, metadata.namespace, node, 'merge', { spec: spec() }).then(renew, () => {});
      });
    };
    renew();
  }

  set(namespace: string, mode: Mode): void {
    this.#modes.set(namespace, mode);
    for (const pod of this.#context.informers.of(pods).list(namespace)) this.#later(pod);
  }

  #later(pod: Stored<Pod>): void {
    const { namespace = '', name, uid } = pod.metadata;
    if (!this.#modes.has(namespace)) return;
    this.#context.clock.after(pod.metadata.deletionTimestamp ? 10 : 20, () => {
      const newest = this.#context.informers.of(pods).get(namespace, name);
      if (newest?.metadata.uid === uid) void this.#act(newest).catch(() => {}); // changed meanwhile: told again
    });
  }

  async #act(pod: Stored<Pod>): Promise<void> {
    const { namespace = '', name, uid, deletionTimestamp } = pod.metadata;
    const mode = this.#modes.get(namespace) ?? 'none';
    const { client } = this.#context;
    if (deletionTimestamp) {
      if (mode === 'hang') return;
      await client.delete(pods, namespace, name, { gracePeriodSeconds: 0, preconditions: { uid } });
      return;
    }
    const phase = pod.status?.phase;
    if (!pod.spec?.nodeName || mode === 'none' || mode === 'hang' || phase === 'Succeeded' || phase === 'Failed')
      return;
    if (phase === 'Running' && (mode === 'run' || mode === 'ready')) return;
    const status = this.#status(pod, mode);
    await client.updateStatus(pods, { ...pod, status }, { fieldManager: 'kubelet' });
  }

  #status(pod: Stored<Pod>, mode: Mode): PodStatus {
    const now = `${new Date(this.#context.clock.now()).toISOString().slice(0, 19)}Z`;
    const ready = mode === 'ready' ? 'True' : 'False';
    const ended = mode === 'succeed' || mode === 'fail';
    const ip = pod.status?.podIP ?? `10.244.0.${++this.#address}`;
    const state = ended
      ? {
          terminated: {
            exitCode: mode === 'fail' ? 1 : 0,
            finishedAt: now,
            reason: mode === 'fail' ? 'Error' : 'Completed',
            startedAt: now,
          },
        }
      : { running: { startedAt: now } };
    const condition = (type: string, status: string) => ({
      lastProbeTime: null as unknown as undefined,
      lastTransitionTime: now,
      status,
      type,
    });
    return {
      conditions: [condition('Ready', ready), condition('ContainersReady', ready), condition('PodScheduled', 'True')],
      containerStatuses: (pod.spec?.containers ?? []).map(({ name, image = '' }) => ({
        image,
        imageID: 'sha256:0',
        lastState: {},
        name,
        ready: mode === 'ready',
        restartCount: 0,
        started: !ended,
        state,
      })),
      hostIP: '10.0.0.2',
      phase: mode === 'succeed' ? 'Succeeded' : mode === 'fail' ? 'Failed' : 'Running',
      podIP: ip,
      podIPs: [{ ip }],
      qosClass: pod.status?.qosClass,
      startTime: now,
    };
  }
}
