import type { Timer } from '../../kernel/clock.ts';
import type { Pod, Taint, Toleration } from '../../kube/api.gen.ts';
import type { Stored } from '../../kube/meta.ts';
import { nodes, pods } from '../../kube/resources.ts';
import type { ApiClient, Component, ComponentContext, EventRecorder } from '../api.ts';
import { timestamp } from '../registry/metadata.ts';
import { isNotFound } from './failures.ts';
import { controllerClient } from './identity.ts';

/** Deletes Pods from nodes with NoExecute taints that they don't tolerate, or no longer (tolerationSeconds). */
export const taintEviction: Component = {
  name: 'taint-eviction',
  start: (context) => new TaintEviction(context).start(),
};

class TaintEviction {
  readonly #context: ComponentContext;
  readonly #client: ApiClient;
  readonly #recorder: EventRecorder;
  /** Pods that will be deleted, by uid. */
  readonly #due = new Map<string, { at: number; timer: Timer }>();

  constructor(context: ComponentContext) {
    this.#context = context;
    this.#client = controllerClient(context, 'taint-eviction-controller');
    this.#recorder = context.recorder('taint-eviction-controller');
  }

  start(): void {
    const { informers, signal } = this.#context;
    const ofNode = (name: string) => {
      for (const pod of informers.of(pods).list()) if (pod.spec?.nodeName === name) this.#plan(pod);
    };
    informers.of(nodes).on({
      add: (node) => ofNode(node.metadata.name),
      update: (node, old) => {
        if (node.spec?.taints !== old.spec?.taints) ofNode(node.metadata.name);
      },
    });
    informers.of(pods).on({
      add: (pod) => this.#plan(pod),
      update: (pod, old) => {
        if (pod.spec?.nodeName !== old.spec?.nodeName || pod.spec?.tolerations !== old.spec?.tolerations)
          this.#plan(pod);
      },
      delete: (pod) => this.#cancel(pod),
    });
    signal.addEventListener('abort', () => {
      for (const { timer } of this.#due.values()) timer.cancel();
    });
  }

  /** Plans the Pod's eviction by the taints its node has now, or takes it back. */
  #plan(pod: Stored<Pod>): void {
    const { informers, clock } = this.#context;
    if (!pod.spec?.nodeName || pod.metadata.deletionTimestamp) return this.#cancel(pod);
    const taints = informers.of(nodes).get(undefined, pod.spec.nodeName)?.spec?.taints ?? [];
    const noExecute = taints.filter((taint) => taint.effect === 'NoExecute');
    if (noExecute.length === 0) return this.#cancel(pod);
    const patience = patienceOf(pod.spec.tolerations ?? [], noExecute);
    if (patience === undefined) return this.#cancel(pod);
    // A toleration counts from the youngest moment the taint was there.
    const added = Math.min(...noExecute.map((taint) => Date.parse(taint.timeAdded ?? timestamp(clock.now()))));
    const at = patience <= 0 ? clock.now() : added + patience;
    const known = this.#due.get(pod.metadata.uid);
    if (known && known.at <= at) return;
    known?.timer.cancel();
    const timer = clock.after(Math.max(0, at - clock.now()), () => {
      this.#due.delete(pod.metadata.uid);
      void this.#evict(pod).catch(() => this.#plan(pod));
    });
    this.#due.set(pod.metadata.uid, { at, timer });
  }

  #cancel(pod: Stored<Pod>): void {
    const known = this.#due.get(pod.metadata.uid);
    if (!known) return;
    known.timer.cancel();
    this.#due.delete(pod.metadata.uid);
    const { namespace, name } = pod.metadata;
    if (!pod.metadata.deletionTimestamp) {
      this.#recorder.event(pod, 'Normal', 'TaintManagerEviction', `Cancelling deletion of Pod ${namespace}/${name}`);
    }
  }

  async #evict(pod: Stored<Pod>): Promise<void> {
    const { namespace, name, uid } = pod.metadata;
    if (this.#context.signal.aborted) return;
    this.#recorder.event(pod, 'Normal', 'TaintManagerEviction', `Marking for deletion Pod ${namespace}/${name}`);
    const condition = {
      type: 'DisruptionTarget',
      status: 'True',
      reason: 'DeletionByTaintManager',
      message: 'Taint manager: deleting due to NoExecute taint',
      lastTransitionTime: timestamp(this.#context.clock.now()),
    };
    try {
      const patch = { metadata: { uid }, status: { conditions: [condition] } };
      await this.#client.patch(pods, namespace, name, 'strategic', patch, { subresource: 'status' });
      await this.#client.delete(pods, namespace, name, { preconditions: { uid } });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
}

/**
 * How long (milliseconds) a Pod bears these taints: 0 if one is not tolerated at all, undefined if all are for ever,
 * else the shortest toleration.
 */
function patienceOf(tolerations: readonly Toleration[], taints: readonly Taint[]): number | undefined {
  const waits = taints.map((taint) => {
    const fitting = tolerations.filter((t) => tolerates(t, taint));
    if (fitting.length === 0) return 0;
    const limits = fitting.flatMap((t) =>
      t.tolerationSeconds == null ? [] : [Math.max(0, t.tolerationSeconds) * 1_000],
    );
    return limits.length === fitting.length ? Math.min(...limits) : undefined;
  });
  const limited = waits.filter((wait) => wait !== undefined);
  return limited.length > 0 ? Math.min(...limited) : undefined;
}

function tolerates(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false;
  if (toleration.key && toleration.key !== taint.key) return false;
  return toleration.operator === 'Exists' || (toleration.value ?? '') === (taint.value ?? '');
}
