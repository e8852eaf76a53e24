import type { Condition, LabelSelector, Pod, PodDisruptionBudget } from '../../kube/api.gen.ts';
import type { KubeObject, Resource, Stored } from '../../kube/meta.ts';
import {
  deployments,
  podDisruptionBudgets,
  pods,
  replicaSets,
  replicationControllers,
  statefulSets,
} from '../../kube/resources.ts';
import { selectorMatches } from '../../kube/selectors.ts';
import type { ApiClient, Component, ComponentContext, EventRecorder } from '../api.ts';
import { sameJson } from '../registry/field.ts';
import { timestamp } from '../registry/metadata.ts';
import { scaled } from './deployment-math.ts';
import { controllerClient } from './identity.ts';
import { controllerOf, keyOf, splitKey } from './ownership.ts';
import { isReady } from './pod-control.ts';
import { WorkQueue } from './work-queue.ts';

/** How long an evicted Pod may take to go before it counts again. */
const deletionTimeoutMs = 2 * 60_000;

/** Keeps the status of PodDisruptionBudgets: how many of their Pods may be disrupted now. */
export const disruptionController: Component = {
  name: 'disruption',
  start(context) {
    new DisruptionController(context).start();
  },
};

type Status = NonNullable<PodDisruptionBudget['status']>;
type Scaled = KubeObject & { spec?: { replicas?: number } };

/** What can own Pods and says how many there should be. */
const scalable: readonly Resource<Scaled>[] = [replicaSets, replicationControllers, statefulSets, deployments];

class DisruptionController {
  readonly #context: ComponentContext;
  readonly #client: ApiClient;
  readonly #recorder: EventRecorder;
  readonly #queue: WorkQueue;
  #turn = 0;

  constructor(context: ComponentContext) {
    const { clock, signal } = context;
    this.#context = context;
    this.#client = controllerClient(context, 'disruption-controller');
    this.#recorder = context.recorder('controllermanager');
    this.#queue = new WorkQueue({ clock, signal, sync: (key) => this.#sync(key) });
  }

  start(): void {
    const { informers } = this.#context;
    const budgets = informers.of(podDisruptionBudgets);
    const enqueue = (budget: Stored<PodDisruptionBudget>) => this.#queue.add(keyOf(budget));
    budgets.on({ add: enqueue, update: enqueue });
    const ofPod = (pod: Stored<Pod>) => {
      const budget = this.#budgetOf(pod);
      if (budget) enqueue(budget);
    };
    informers.of(pods).on({ add: ofPod, update: ofPod, delete: ofPod });
  }

  /** The budget of a Pod. Of several one is chosen, now this and now that: Kubernetes leaves it to chance. */
  #budgetOf(pod: Stored<Pod>): Stored<PodDisruptionBudget> | undefined {
    const { namespace, name } = pod.metadata;
    const all = this.#context.informers
      .of(podDisruptionBudgets)
      .list(namespace)
      .filter((budget) => selects(budget, pod));
    const chosen = all[all.length > 1 ? this.#turn++ % all.length : 0];
    if (chosen && all.length > 1) {
      const text = `Pod "${namespace}"/"${name}" matches multiple PodDisruptionBudgets.  Chose "${chosen.metadata.name}" arbitrarily.`;
      this.#recorder.event(pod, 'Warning', 'MultiplePodDisruptionBudgets', text);
    }
    return chosen;
  }

  async #sync(key: string): Promise<{ after: number } | undefined> {
    const [namespace, name] = splitKey(key);
    const { informers, clock } = this.#context;
    const budget = informers.of(podDisruptionBudgets).get(namespace, name);
    if (!budget) return undefined;
    const selected = informers
      .of(pods)
      .list(namespace)
      .filter((pod) => selects(budget, pod));
    if (selected.length === 0) this.#recorder.event(budget, 'Normal', 'NoPods', 'No matching pods found');
    const now = clock.now();
    const { expected, desired } = this.#expectation(budget, selected);
    const disrupted = this.#stillGoing(budget, selected, now);
    const currentHealthy = selected.filter(
      (pod) => !pod.metadata.deletionTimestamp && disrupted[pod.metadata.name] === undefined && isReady(pod),
    ).length;
    const allowed = expected > 0 ? Math.max(currentHealthy - desired, 0) : 0;
    const status = statusOf(budget, { expected, desired, currentHealthy, allowed, disrupted }, now);
    if (!sameJson(budget.status, status)) {
      await this.#client.updateStatus(podDisruptionBudgets, { ...budget, status });
    }
    const times = Object.values(disrupted).map((time) => Date.parse(time) + deletionTimeoutMs - now);
    return times.length > 0 ? { after: Math.max(Math.min(...times), 1) } : undefined;
  }

  /** How many Pods there should be, and how many of them healthy. */
  #expectation(budget: Stored<PodDisruptionBudget>, selected: readonly Stored<Pod>[]) {
    const { maxUnavailable, minAvailable } = budget.spec ?? {};
    if (maxUnavailable !== undefined) {
      const expected = this.#expectedScale(budget, selected);
      return { expected, desired: Math.max(expected - scaled(maxUnavailable, expected, Math.ceil), 0) };
    }
    if (typeof minAvailable === 'string') {
      const expected = this.#expectedScale(budget, selected);
      return { expected, desired: scaled(minAvailable, expected, Math.ceil) };
    }
    return { expected: selected.length, desired: minAvailable ?? 0 };
  }

  /** The sum of what the Pods' controllers ask for, each once. */
  #expectedScale(budget: Stored<PodDisruptionBudget>, selected: readonly Stored<Pod>[]): number {
    const scales = new Map<string, number>();
    let unmanaged = 0;
    for (const pod of selected) {
      const owner = this.#owner(pod);
      if (owner) scales.set(owner.metadata.uid, owner.spec?.replicas ?? 0);
      else if (!controllerOf(pod)) unmanaged++;
    }
    if (unmanaged > 0) {
      const selector = goSelector(budget.spec?.selector);
      this.#recorder.event(
        budget,
        'Warning',
        'UnmanagedPods',
        `Pods selected by this PodDisruptionBudget (selector: ${selector}) were found to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.`,
      );
    }
    return [...scales.values()].reduce((sum, scale) => sum + scale, 0);
  }

  /** The workload that decides how many of such Pods there are: of a ReplicaSet's the Deployment above it. */
  #owner(object: Stored): Stored<Scaled> | undefined {
    const reference = controllerOf(object);
    const resource = scalable.find(({ kind }) => kind === reference?.kind);
    if (!reference || !resource) return undefined;
    const owner = this.#context.informers.of(resource).get(object.metadata.namespace, reference.name);
    if (owner?.metadata.uid !== reference.uid) return undefined;
    return resource.kind === 'ReplicaSet' ? (this.#owner(owner) ?? owner) : owner;
  }

  /** Evicted Pods that are on their way out, with the time of their eviction. */
  #stillGoing(budget: Stored<PodDisruptionBudget>, selected: readonly Stored<Pod>[], now: number) {
    const going: Record<string, string> = {};
    for (const pod of selected) {
      const time = budget.status?.disruptedPods?.[pod.metadata.name];
      if (time === undefined || pod.metadata.deletionTimestamp) continue;
      if (Date.parse(time) + deletionTimeoutMs > now) going[pod.metadata.name] = time;
      else {
        const text = `Pod was expected by PDB ${budget.metadata.namespace}/${budget.metadata.name} to be deleted but it wasn't`;
        this.#recorder.event(pod, 'Warning', 'NotDeleted', text);
      }
    }
    return going;
  }
}

/** An empty selector means all Pods of the namespace, none means none. */
const selects = ({ spec }: PodDisruptionBudget, pod: Stored<Pod>) =>
  selectorMatches(spec?.selector, pod.metadata.labels);

/** As Go prints a *LabelSelector. */
function goSelector(selector: LabelSelector | undefined): string {
  const labels = Object.entries(selector?.matchLabels ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  const expressions = (selector?.matchExpressions ?? []).map(
    ({ key, operator, values }) =>
      `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${(values ?? []).join(' ')}],},`,
  );
  const map = labels.map(([key, value]) => `${key}: ${value},`).join('');
  return `&LabelSelector{MatchLabels:map[string]string{${map}},MatchExpressions:[]LabelSelectorRequirement{${expressions.join('')}},}`;
}

interface Counts {
  expected: number;
  desired: number;
  currentHealthy: number;
  allowed: number;
  disrupted: Record<string, string>;
}

function statusOf(budget: Stored<PodDisruptionBudget>, counts: Counts, now: number): Status {
  const { generation } = budget.metadata;
  const wanted: Condition = {
    type: 'DisruptionAllowed',
    status: counts.allowed > 0 ? 'True' : 'False',
    reason: counts.allowed > 0 ? 'SufficientPods' : 'InsufficientPods',
    message: '',
    observedGeneration: generation,
    lastTransitionTime: timestamp(now),
  };
  const conditions = budget.status?.conditions ?? [];
  const known = conditions.find(({ type }) => type === wanted.type);
  if (known?.status === wanted.status) wanted.lastTransitionTime = known.lastTransitionTime;
  const others = conditions.filter(({ type }) => type !== wanted.type);
  return {
    conditions: [...others, wanted],
    currentHealthy: counts.currentHealthy,
    desiredHealthy: counts.desired,
    disruptionsAllowed: counts.allowed,
    expectedPods: counts.expected,
    ...(Object.keys(counts.disrupted).length > 0 && { disruptedPods: counts.disrupted }),
    observedGeneration: generation,
  };
}
