import { turnToWork } from '../../kernel/clock.ts';
import { ownValue } from '../../kernel/own.ts';
import type { Pod, PodTemplateSpec } from '../../kube/api.gen.ts';
import type { Resource, Stored } from '../../kube/meta.ts';
import { pods } from '../../kube/resources.ts';
import type { ApiClient, EventRecorder } from '../api.ts';
import { isNamespaceTerminating, isNotFound } from './failures.ts';
import { controllerRef } from './ownership.ts';

/** Makes and deletes the Pods of a workload, with the events of kube-controller-manager. */
export class PodControl {
  readonly #client: ApiClient;
  readonly #recorder: EventRecorder;

  constructor(client: ApiClient, recorder: EventRecorder) {
    this.#client = client;
    this.#recorder = recorder;
  }

  /** Rejects with the API's refusal after the event FailedCreate. */
  async create(owner: Stored, pod: Pod): Promise<Stored<Pod>> {
    try {
      const created = await this.#client.create(pods, pod);
      this.#recorder.event(owner, 'Normal', 'SuccessfulCreate', `Created pod: ${created.metadata.name}`);
      return created;
    } catch (error) {
      if (!isNamespaceTerminating(error)) {
        this.#recorder.event(owner, 'Warning', 'FailedCreate', `Error creating: ${(error as Error).message}`);
      }
      throw error;
    }
  }

  async delete(owner: Stored, pod: Stored<Pod>): Promise<void> {
    const { name, namespace, uid } = pod.metadata;
    try {
      await this.#client.delete(pods, namespace, name, { preconditions: { uid } });
      this.#recorder.event(owner, 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`);
    } catch (error) {
      if (isNotFound(error)) return;
      this.#recorder.event(owner, 'Warning', 'FailedDelete', `Error deleting: ${(error as Error).message}`);
      throw error;
    }
  }
}

/** A Pod from a workload's template, named `<owner>-<suffix>`. */
export function podFromTemplate(owner: Stored, r: Resource, template: PodTemplateSpec): Pod {
  const { labels, annotations, finalizers } = template.metadata ?? {};
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      generateName: `${owner.metadata.name}-`,
      namespace: owner.metadata.namespace,
      ...(labels && { labels: { ...labels } }),
      ...(annotations && { annotations: { ...annotations } }),
      ...(finalizers && { finalizers: [...finalizers] }),
      ownerReferences: [controllerRef(owner, r)],
    },
    ...(template.spec && { spec: structuredClone(template.spec) }),
  };
}

/**
 * Runs `task` `count` times in growing batches (1, 2, 4, ...), so that a workload that can't be created fails once, not
 * a thousand times. Returns how many succeeded; throws the first failure of the batch that stopped it.
 */
export async function slowStart(count: number, task: (index: number) => Promise<unknown>): Promise<number> {
  let done = 0;
  for (let batch = Math.min(count, 1); batch > 0; batch = Math.min(2 * batch, count - done)) {
    const failures: unknown[] = [];
    const first = done;
    for (let index = first; index < first + batch; index++) {
      await turnToWork();
      try {
        await task(index);
        done++;
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
  return done;
}

/** Neither ended nor being deleted. */
export function isActive(pod: Stored<Pod>): boolean {
  return !isTerminal(pod) && !pod.metadata.deletionTimestamp;
}

export function isTerminal(pod: Stored<Pod>): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
}

export function isReady(pod: Stored<Pod>): boolean {
  return readyCondition(pod) !== undefined;
}

function readyCondition({ status }: Stored<Pod>) {
  return status?.conditions?.find(({ type, status }) => type === 'Ready' && status === 'True');
}

/** Since when (ms since 1970) a Pod is Ready. */
export function readySince(pod: Stored<Pod>): number | undefined {
  const condition = readyCondition(pod);
  return condition && (Date.parse(condition.lastTransitionTime ?? '') || 0);
}

/** Ready for at least `minReadySeconds`. */
export function isAvailable(pod: Stored<Pod>, minReadySeconds: number, now: number): boolean {
  if (minReadySeconds === 0) return isReady(pod);
  const since = readySince(pod);
  return since !== undefined && since + minReadySeconds * 1000 <= now;
}

/** What is left until the first of the Pods that are Ready becomes available (ms); undefined: none waits. */
export function untilAvailable(list: readonly Stored<Pod>[], minReadySeconds: number, now: number): number | undefined {
  const waits = list.flatMap((pod) => {
    const since = readySince(pod);
    const at = since === undefined ? undefined : since + minReadySeconds * 1000;
    return at !== undefined && at > now ? [at - now] : [];
  });
  return waits.length > 0 ? Math.min(...waits) : undefined;
}

const phases = ['Pending', 'Unknown', 'Running'];

/**
 * Orders Pods as they are given up when there are too many: unassigned, pending, not ready, cheap to delete, crowded
 * (`crowd`: how many related Pods are on the node), lately ready, often restarted, young.
 */
export function deletionOrder(now: number, crowd: (pod: Stored<Pod>) => number) {
  const terms: ((pod: Stored<Pod>) => number)[] = [
    (p) => (p.spec?.nodeName ? 1 : 0),
    (p) => phases.indexOf(p.status?.phase ?? ''),
    (p) => (isReady(p) ? 1 : 0),
    (p) => Number.parseInt(p.metadata.annotations?.['controller.kubernetes.io/pod-deletion-cost'] ?? '0', 10) || 0,
    (p) => -crowd(p),
    // KEP-2185: ages count by orders of magnitude.
    (p) => -logarithm((readySince(p) ?? now) - now),
    (p) => -restarts(p),
    (p) => -logarithm(Date.parse(p.metadata.creationTimestamp) - now),
  ];
  return (a: Stored<Pod>, b: Stored<Pod>): number => {
    for (const term of terms) {
      const difference = term(a) - term(b);
      if (difference !== 0) return difference;
    }
    return a.metadata.uid < b.metadata.uid ? -1 : 1;
  };
}

/** Negative for times in the past, more so the longer ago. */
function logarithm(ms: number): number {
  const seconds = Math.max(0, -ms / 1000);
  return seconds === 0 ? 0 : -Math.floor(Math.log2(seconds + 1));
}

function restarts(pod: Stored<Pod>): number {
  return Math.max(0, ...(pod.status?.containerStatuses ?? []).map((s) => s.restartCount));
}

/** Whether two values are the same as JSON; a missing field and undefined are the same. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null)
    return (a ?? undefined) === (b ?? undefined);
  const [x, y] = [a as Record<string, unknown>, b as Record<string, unknown>];
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  return [...new Set([...Object.keys(x), ...Object.keys(y)])].every((key) =>
    sameJson(ownValue(x, key), ownValue(y, key)),
  );
}

/** RFC 3339 in seconds. */
export function timestamp(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
