import type { Pod, PodCondition } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { nodes, pods } from '../../../kube/resources.ts';
import type { ApiClient, Component, ComponentContext } from '../../api.ts';
import { inBackground, refusals } from '../../errors/background.ts';
import { isNotFound } from '../failures.ts';
import { controllerClient } from '../identity.ts';
import { podConditionPatch } from '../pod-conditions.ts';
import { isTerminal } from '../pod-control.ts';

/** As in kube-controller-manager: how often it looks, and how long a node must have been gone. */
const periodMs = 20_000;
const quarantineMs = 40_000;
/** --terminated-pod-gc-threshold */
const terminatedLimit = 12_500;

const outOfService = 'node.kubernetes.io/out-of-service';

/** Collects Pods that no kubelet will ever finish off. */
export const podGc: Component = {
  name: 'pod-garbage-collector',
  start: (context) => new PodGarbageCollector(context).start(),
};

class PodGarbageCollector {
  readonly #context: ComponentContext;
  readonly #client: ApiClient;
  /** Since when (ms since 1970) nodes that Pods are bound to are missing. */
  readonly #missing = new Map<string, number>();

  constructor(context: ComponentContext) {
    this.#context = context;
    this.#client = controllerClient(context, 'pod-garbage-collector');
  }

  start(): void {
    const { clock, signal } = this.#context;
    if (signal.aborted) return;
    clock.after(periodMs, () => {
      if (signal.aborted) return;
      // What fails now is tried again in the next period.
      void inBackground(this.#context, 'collecting Pods', () => this.#collect(), refusals);
      this.start();
    });
  }

  async #collect(): Promise<void> {
    const all = this.#context.informers.of(pods).list();
    await this.#surplus(all);
    for (const pod of all) {
      if (this.#isStranded(pod)) await this.#fail(pod);
    }
    await this.#orphaned(all);
    for (const pod of all) {
      if (pod.metadata.deletionTimestamp && !pod.spec?.nodeName) await this.#fail(pod);
    }
  }

  /** Ended Pods beyond what the cluster keeps, oldest first. */
  async #surplus(all: readonly Stored<Pod>[]): Promise<void> {
    const ended = all.filter(isTerminal);
    if (ended.length <= terminatedLimit) return;
    ended.sort((a, b) => (a.metadata.creationTimestamp < b.metadata.creationTimestamp ? -1 : 1));
    for (const pod of ended.slice(0, ended.length - terminatedLimit)) await this.#fail(pod);
  }

  /** It is being deleted on a node that somebody has declared dead. */
  #isStranded({ metadata, spec }: Stored<Pod>): boolean {
    if (!metadata.deletionTimestamp || !spec?.nodeName) return false;
    const node = this.#context.informers.of(nodes).get(undefined, spec.nodeName);
    const ready = node?.status?.conditions?.some((c) => c.type === 'Ready' && c.status === 'True');
    return node !== undefined && !ready && node.spec?.taints?.some((taint) => taint.key === outOfService) === true;
  }

  /** Pods of nodes that have been gone for a while. */
  async #orphaned(all: readonly Stored<Pod>[]): Promise<void> {
    const now = this.#context.clock.now();
    const known = this.#context.informers.of(nodes);
    const gone = new Set(all.flatMap(({ spec }) => spec?.nodeName || []).filter((name) => !known.get(undefined, name)));
    for (const name of this.#missing.keys()) if (!gone.has(name)) this.#missing.delete(name);
    for (const name of gone) if (!this.#missing.has(name)) this.#missing.set(name, now);
    for (const pod of all) {
      const since = this.#missing.get(pod.spec?.nodeName ?? '');
      if (since === undefined || now - since < quarantineMs) continue;
      await this.#fail(pod, {
        type: 'DisruptionTarget',
        status: 'True',
        reason: 'DeletionByPodGC',
        message: 'PodGC: node no longer exists',
      });
    }
  }

  /** Marks the Pod as failed, so that its owner learns how it ended, and deletes it without grace. */
  async #fail(pod: Stored<Pod>, condition?: PodCondition): Promise<void> {
    const { namespace, name, uid } = pod.metadata;
    try {
      if (!isTerminal(pod)) {
        const more = condition && podConditionPatch(pod, condition, this.#context.clock.now());
        const patch = { metadata: { uid }, status: { phase: 'Failed', ...more } };
        await this.#client.patch(pods, namespace, name, 'strategic', patch, { subresource: 'status' });
      }
      await this.#client.delete(pods, namespace, name, { gracePeriodSeconds: 0, preconditions: { uid } });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
}
