import { ownValue } from '../../../kernel/own.ts';
import type { Condition, Pod, PodDisruptionBudget, PodDisruptionBudgetStatus } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { podDisruptionBudgets, pods } from '../../../kube/resources.ts';
import { selectorMatches } from '../../../kube/selectors.ts';
import type { ApiClient, Component, ComponentContext, EventRecorder } from '../../api.ts';
import { WorkQueue } from '../../client/work-queue.ts';
import { inBackground, refusals } from '../../errors/background.ts';
import { timestamp } from '../../registry/metadata.ts';
import { isConflict, isNotFound } from '../failures.ts';
import { controllerClient } from '../identity.ts';
import { keyOf, splitKey } from '../ownership.ts';
import { podConditionPatch } from '../pod-conditions.ts';
import { isReady, isTerminal, sameJson } from '../pod-control.ts';
import { scaled } from '../workloads/deployment-math.ts';
import { expectedScale } from './disruption-scale.ts';
import { goSelector } from './hpa-metrics.ts';

/** How long an evicted Pod may stay before its budget gets the disruption back, or the Pod loses its condition. */
const patienceMs = 120_000;

/** Counts for PodDisruptionBudgets how many of their Pods may be evicted. */
export const disruptionController: Component = {
  name: 'disruption',
  start: (context) => new DisruptionController(context).start(),
};

class DisruptionController {
  readonly #context: ComponentContext;
  readonly #client: ApiClient;
  readonly #recorder: EventRecorder;
  readonly #budgets: WorkQueue;
  /** Pods that were to go. */
  readonly #stale: WorkQueue;
  #turn = 0;

  constructor(context: ComponentContext) {
    const { clock, signal, report } = context;
    this.#context = context;
    this.#client = controllerClient(context, 'disruption-controller');
    this.#recorder = context.recorder('controllermanager');
    this.#budgets = new WorkQueue({ clock, signal, report, sync: (key) => this.#sync(key) });
    this.#stale = new WorkQueue({ clock, signal, report, sync: (key) => this.#spare(key) });
  }

  start(): void {
    const { informers } = this.#context;
    const enqueue = (budget: Stored<PodDisruptionBudget>) => this.#budgets.add(keyOf(budget));
    informers.of(podDisruptionBudgets).on({ add: enqueue, update: enqueue });
    const look = (pod: Stored<Pod>) => {
      const budget = this.#budgetOf(pod);
      if (budget) enqueue(budget);
      if (targetedAt(pod) !== undefined) this.#stale.add(keyOf(pod));
    };
    informers.of(pods).on({ add: look, update: look, delete: look });
  }

  /** The budget of a Pod. Of several one is chosen, now this and now that: Kubernetes leaves it to chance. */
  #budgetOf(pod: Stored<Pod>): Stored<PodDisruptionBudget> | undefined {
    const { namespace, name, labels } = pod.metadata;
    const all = this.#context.informers
      .of(podDisruptionBudgets)
      .list(namespace)
      .filter(({ spec }) => selectorMatches(spec?.selector, labels));
    if (all.length < 2) return all[0];
    const chosen = all[this.#turn++ % all.length];
    const text = `Pod "${namespace}"/"${name}" matches multiple PodDisruptionBudgets.  Chose "${chosen?.metadata.name}" arbitrarily.`;
    this.#recorder.event(pod, 'Warning', 'MultiplePodDisruptionBudgets', text);
    return chosen;
  }

  async #sync(key: string): Promise<{ after: number } | undefined> {
    const [namespace, name] = splitKey(key);
    const budget = this.#context.informers.of(podDisruptionBudgets).get(namespace, name);
    if (!budget) return undefined;
    try {
      return await this.#count(budget);
    } catch (error) {
      if (isConflict(error) || isNotFound(error)) return undefined;
      await this.#failSafe(budget, error as Error);
      throw error;
    }
  }

  async #count(budget: Stored<PodDisruptionBudget>): Promise<{ after: number } | undefined> {
    const { informers, clock } = this.#context;
    const { namespace, generation } = budget.metadata;
    const mine = informers
      .of(pods)
      .list(namespace)
      .filter((pod) => selectorMatches(budget.spec?.selector, pod.metadata.labels));
    if (mine.length === 0) this.#recorder.event(budget, 'Normal', 'NoPods', 'No matching pods found');
    const { expected, desired } = await this.#expected(budget, mine);
    const disrupted = this.#disrupted(budget, mine);
    const healthy = mine.filter(
      (pod) => !pod.metadata.deletionTimestamp && !Object.hasOwn(disrupted, pod.metadata.name) && isReady(pod),
    ).length;
    const allowed = expected > 0 ? Math.max(0, healthy - desired) : 0;
    await this.#write(budget, {
      currentHealthy: healthy,
      desiredHealthy: desired,
      ...(Object.keys(disrupted).length > 0 && { disruptedPods: disrupted }),
      disruptionsAllowed: allowed,
      expectedPods: expected,
      observedGeneration: generation,
      conditions: withCondition(budget, {
        type: 'DisruptionAllowed',
        status: allowed > 0 ? 'True' : 'False',
        reason: allowed > 0 ? 'SufficientPods' : 'InsufficientPods',
        message: '',
        observedGeneration: generation,
        lastTransitionTime: timestamp(clock.now()),
      }),
    });
    const until = Object.values(disrupted).map((time) => Date.parse(time) + patienceMs - clock.now());
    return until.length > 0 ? { after: Math.max(1, Math.min(...until) + 1) } : undefined;
  }

  /** How many Pods there should be, and how many of them have to be healthy. */
  async #expected(
    budget: Stored<PodDisruptionBudget>,
    mine: readonly Stored<Pod>[],
  ): Promise<{ expected: number; desired: number }> {
    const { minAvailable, maxUnavailable, selector } = budget.spec ?? {};
    if (maxUnavailable === undefined && minAvailable === undefined) return { expected: 0, desired: 0 };
    if (maxUnavailable === undefined && typeof minAvailable === 'number') {
      return { expected: mine.length, desired: minAvailable };
    }
    let scale: Awaited<ReturnType<typeof expectedScale>>;
    try {
      scale = await expectedScale(this.#context, this.#client, mine);
    } catch (error) {
      const text = `Failed to calculate the number of expected pods: ${(error as Error).message}`;
      this.#recorder.event(budget, 'Warning', 'CalculateExpectedPodCountFailed', text);
      throw error;
    }
    const { expected, unmanaged } = scale;
    if (unmanaged.length > 0) {
      const text = `Pods selected by this PodDisruptionBudget (selector: ${goSelector(selector)}) were found to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.`;
      this.#recorder.event(budget, 'Warning', 'UnmanagedPods', text);
    }
    if (maxUnavailable !== undefined) {
      return { expected, desired: Math.max(0, expected - scaled(maxUnavailable, expected, Math.ceil)) };
    }
    return { expected, desired: scaled(minAvailable ?? 0, expected, Math.ceil) };
  }

  /** Pods whose eviction was granted and that have not gone yet, with the time of the grant. */
  #disrupted(budget: Stored<PodDisruptionBudget>, mine: readonly Stored<Pod>[]): Record<string, string> {
    const now = this.#context.clock.now();
    const result: Record<string, string> = {};
    for (const pod of mine) {
      const { name, namespace, deletionTimestamp } = pod.metadata;
      const granted = ownValue(budget.status?.disruptedPods, name);
      if (granted === undefined || deletionTimestamp) continue;
      if (Date.parse(granted) + patienceMs >= now) result[name] = granted;
      else {
        const text = `Pod was expected by PDB ${namespace}/${budget.metadata.name} to be deleted but it wasn't`;
        this.#recorder.event(pod, 'Warning', 'NotDeleted', text);
      }
    }
    return result;
  }

  /** Nothing may be evicted while it is not known how many Pods there should be. */
  async #failSafe(budget: Stored<PodDisruptionBudget>, { message }: Error): Promise<void> {
    const observedGeneration = budget.status?.observedGeneration;
    const status: PodDisruptionBudgetStatus = {
      ...(budget.status ?? { currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 }),
      disruptionsAllowed: 0,
      conditions: withCondition(budget, {
        type: 'DisruptionAllowed',
        status: 'False',
        reason: 'SyncFailed',
        message,
        observedGeneration,
        lastTransitionTime: timestamp(this.#context.clock.now()),
      }),
    };
    // The failure itself is what counts, whatever becomes of this.
    await inBackground(this.#context, 'a PodDisruptionBudget', () => this.#write(budget, status), refusals);
  }

  async #write(budget: Stored<PodDisruptionBudget>, status: PodDisruptionBudgetStatus): Promise<void> {
    if (sameJson(budget.status, status)) return;
    await this.#client.updateStatus(podDisruptionBudgets, { ...budget, status });
  }

  /** A Pod that was to go and did not is no longer a target. */
  async #spare(key: string): Promise<{ after: number } | undefined> {
    const { informers, clock } = this.#context;
    const [namespace, name] = splitKey(key);
    const pod = informers.of(pods).get(namespace, name);
    const since = pod && targetedAt(pod);
    if (!pod || since === undefined) return undefined;
    const left = since + patienceMs - clock.now();
    if (left > 0) return { after: left };
    const status = podConditionPatch(pod, { type: 'DisruptionTarget', status: 'False' }, clock.now());
    const patch = { metadata: { uid: pod.metadata.uid }, status: withoutWords(status) };
    await this.#client.patch(pods, namespace, name, 'strategic', patch, { subresource: 'status' }).catch((error) => {
      if (!isNotFound(error) && !isConflict(error)) throw error;
    });
    return undefined;
  }
}

/** A patch that takes reason and message from its condition. */
function withoutWords({ conditions, ...rest }: Record<string, unknown>): Record<string, unknown> {
  const [condition] = conditions as Record<string, unknown>[];
  return { ...rest, conditions: [{ ...condition, reason: null, message: null }] };
}

/** Since when (ms since 1970) a Pod that is not going is marked as a target of a disruption. */
function targetedAt(pod: Stored<Pod>): number | undefined {
  if (pod.metadata.deletionTimestamp || isTerminal(pod)) return undefined;
  const condition = pod.status?.conditions?.find((c) => c.type === 'DisruptionTarget');
  return condition?.status === 'True' ? Date.parse(condition.lastTransitionTime ?? '') || 0 : undefined;
}

/** The conditions with one of them set; its time only changes with its status. */
function withCondition({ status }: PodDisruptionBudget, condition: Condition): Condition[] {
  const old = status?.conditions ?? [];
  const before = old.find(({ type }) => type === condition.type);
  if (!before) return [...old, condition];
  const { lastTransitionTime } = before.status === condition.status ? before : condition;
  return old.map((c) => (c === before ? { ...condition, lastTransitionTime } : c));
}
