import type { Timer } from '../../../kernel/clock.ts';
import type { Node, Pod, Taint, Toleration } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { nodes, pods } from '../../../kube/resources.ts';
import type { ApiClient, Component, ComponentContext, EventRecorder } from '../../api.ts';
import { isFault } from '../../errors/background.ts';
import { isNotFound } from '../failures.ts';
import { controllerClient } from '../identity.ts';
import { podConditionPatch } from '../pod-conditions.ts';
import { sameJson } from '../pod-control.ts';

/** How often a deletion that fails is tried, and how far apart. */
const retries = 5;
const retryMs = 10;

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
  readonly #plans = new Map<string, Timer>();

  constructor(context: ComponentContext) {
    this.#context = context;
    this.#client = controllerClient(context, 'taint-eviction-controller');
    this.#recorder = context.recorder('taint-eviction-controller');
  }

  start(): void {
    const { informers, signal } = this.#context;
    const ofNode = ({ metadata }: Stored<Node>) => {
      for (const pod of informers.of(pods).list()) if (pod.spec?.nodeName === metadata.name) this.#plan(pod);
    };
    informers.of(nodes).on({
      add: ofNode,
      update(node, old) {
        if (!sameJson(evicting(node), evicting(old))) ofNode(node);
      },
    });
    informers.of(pods).on({
      add: (pod) => this.#plan(pod),
      update: (pod, old) => {
        const same = pod.spec?.nodeName === old.spec?.nodeName;
        if (!same || !sameJson(pod.spec?.tolerations, old.spec?.tolerations)) this.#plan(pod);
      },
      delete: (pod) => this.#cancel(pod),
    });
    signal.addEventListener('abort', () => {
      for (const timer of this.#plans.values()) timer.cancel();
    });
  }

  /** Plans the Pod's eviction by the taints its node has now, or takes it back. */
  #plan(pod: Stored<Pod>): void {
    const { informers, clock } = this.#context;
    if (!pod.spec?.nodeName) return;
    const taints = evicting(informers.of(nodes).get(undefined, pod.spec.nodeName));
    const patience = taints.length === 0 ? undefined : patienceOf(pod.spec.tolerations ?? [], taints);
    if (patience === undefined) return this.#cancel(pod);
    // What was planned first holds, unless it has to go now.
    if (patience > 0 && this.#plans.has(pod.metadata.uid)) return;
    this.#cancel(pod);
    const timer = clock.after(patience, () => {
      this.#plans.delete(pod.metadata.uid);
      void this.#evict(pod, retries);
    });
    this.#plans.set(pod.metadata.uid, timer);
  }

  #cancel(pod: Stored<Pod>): void {
    const timer = this.#plans.get(pod.metadata.uid);
    if (!timer) return;
    timer.cancel();
    this.#plans.delete(pod.metadata.uid);
    this.#tell(pod, 'Cancelling deletion of');
  }

  /** By name only, as it does not look the Pod up. */
  #tell({ metadata: { namespace, name } }: Stored<Pod>, what: string): void {
    const involved = { apiVersion: 'v1', kind: 'Pod', metadata: { namespace, name } };
    this.#recorder.event(involved, 'Normal', 'TaintManagerEviction', `${what} Pod ${namespace}/${name}`);
  }

  async #evict(pod: Stored<Pod>, left: number): Promise<void> {
    const { clock, signal } = this.#context;
    if (signal.aborted) return;
    if (left === retries) this.#tell(pod, 'Marking for deletion');
    try {
      await this.#delete(pod);
    } catch (error) {
      if (isFault(error)) this.#context.report(error, 'evicting a Pod');
      if (!isNotFound(error) && left > 0) clock.after(retryMs, () => void this.#evict(pod, left - 1));
    }
  }

  async #delete({ metadata: { namespace, name, uid } }: Stored<Pod>): Promise<void> {
    const { clock, informers } = this.#context;
    const pod = informers.of(pods).get(namespace, name);
    if (pod?.metadata.uid !== uid) return;
    const reason = 'DeletionByTaintManager';
    const message = 'Taint manager: deleting due to NoExecute taint';
    const condition = { type: 'DisruptionTarget', status: 'True', reason, message };
    const patch = { metadata: { uid }, status: podConditionPatch(pod, condition, clock.now()) };
    await this.#client.patch(pods, namespace, name, 'strategic', patch, { subresource: 'status' });
    await this.#client.delete(pods, namespace, name);
  }
}

function evicting(node: Node | undefined): Taint[] {
  return (node?.spec?.taints ?? []).filter((taint) => taint.effect === 'NoExecute');
}

/**
 * How long (milliseconds) a Pod bears these taints: 0 if one is not tolerated at all, undefined if all are for ever,
 * else the shortest toleration.
 */
function patienceOf(tolerations: readonly Toleration[], taints: readonly Taint[]): number | undefined {
  const used = taints.map((taint) => tolerations.find((toleration) => tolerates(toleration, taint)));
  if (used.includes(undefined)) return 0;
  const limits = used.flatMap((toleration) => toleration?.tolerationSeconds ?? []);
  return limits.length === 0 ? undefined : Math.max(0, Math.min(...limits)) * 1000;
}

function tolerates(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false;
  if (toleration.key && toleration.key !== taint.key) return false;
  return toleration.operator === 'Exists' || (toleration.value ?? '') === (taint.value ?? '');
}
