import type {
  HorizontalPodAutoscaler,
  HorizontalPodAutoscalerStatus,
  MetricSpec,
  MetricStatus,
  MetricTarget,
} from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { milliValue } from '../../../kube/quantity.ts';
import { horizontalPodAutoscalers, pods } from '../../../kube/resources.ts';
import { matchesLabels, parseLabelSelector } from '../../../kube/selectors.ts';
import type { ApiClient, Component, ComponentContext, EventRecorder, ServedResource } from '../../api.ts';
import { WorkQueue } from '../../client/work-queue.ts';
import { timestamp } from '../../registry/metadata.ts';
import { isConflict, isNotFound } from '../failures.ts';
import { controllerClient } from '../identity.ts';
import { keyOf, splitKey } from '../ownership.ts';
import { sameJson } from '../pod-control.ts';
import { ScalingHistory } from './hpa-behavior.ts';
import { missingMetric, resourceUsage } from './hpa-metrics.ts';
import { byAverage, byUtilization, type Proposal } from './hpa-replicas.ts';
import { resourceOfKind, type Scale } from './scale-target.ts';

type Autoscaler = Stored<HorizontalPodAutoscaler>;

/** --horizontal-pod-autoscaler-sync-period; the first look comes as late as every other. */
const periodMs = 15_000;
/** --horizontal-pod-autoscaler-tolerance */
const tolerance = 0.1;

/** Scales workloads by what their Pods use. */
export const podAutoscaler: Component = {
  name: 'horizontal-pod-autoscaler',
  start: (context) => new PodAutoscaler(context).start(),
};

class PodAutoscaler {
  readonly #context: ComponentContext;
  readonly #client: ApiClient;
  readonly #recorder: EventRecorder;
  readonly #queue: WorkQueue;
  /** By uid. */
  readonly #histories = new Map<string, ScalingHistory>();

  constructor(context: ComponentContext) {
    const { clock, signal, report } = context;
    this.#context = context;
    this.#client = controllerClient(context, 'horizontal-pod-autoscaler');
    this.#recorder = context.recorder('horizontal-pod-autoscaler');
    this.#queue = new WorkQueue({ clock, signal, report, sync: (key) => this.#sync(key), workers: 5 });
  }

  start(): void {
    this.#context.informers.of(horizontalPodAutoscalers).on({
      add: (autoscaler) => this.#queue.addAfter(keyOf(autoscaler), periodMs),
      delete: ({ metadata }) => this.#histories.delete(metadata.uid),
    });
  }

  async #sync(key: string): Promise<{ after: number } | undefined> {
    const [namespace, name] = splitKey(key);
    const autoscaler = this.#context.informers.of(horizontalPodAutoscalers).get(namespace, name);
    if (!autoscaler?.spec) return undefined;
    const history = this.#histories.get(autoscaler.metadata.uid) ?? new ScalingHistory();
    this.#histories.set(autoscaler.metadata.uid, history);
    const round = new Round(this.#context, this.#client, this.#recorder, autoscaler, history);
    const status = await round.run();
    if (!sameJson(autoscaler.status, status)) {
      await this.#client.updateStatus(horizontalPodAutoscalers, { ...autoscaler, status }).catch((error) => {
        if (!isConflict(error) && !isNotFound(error)) throw error;
      });
    }
    return { after: periodMs };
  }
}

/** One look at an autoscaler: its conditions, and perhaps a new size of its target. */
class Round {
  readonly #context: ComponentContext;
  readonly #client: ApiClient;
  readonly #recorder: EventRecorder;
  readonly #autoscaler: Autoscaler;
  readonly #history: ScalingHistory;
  #status: HorizontalPodAutoscalerStatus;

  constructor(
    context: ComponentContext,
    client: ApiClient,
    recorder: EventRecorder,
    autoscaler: Autoscaler,
    history: ScalingHistory,
  ) {
    this.#context = context;
    this.#client = client;
    this.#recorder = recorder;
    this.#autoscaler = autoscaler;
    this.#history = history;
    this.#status = autoscaler.status ?? { desiredReplicas: 0 };
  }

  get #namespace(): string {
    return this.#autoscaler.metadata.namespace ?? '';
  }

  get #spec(): NonNullable<HorizontalPodAutoscaler['spec']> {
    return this.#autoscaler.spec ?? { maxReplicas: 0, scaleTargetRef: { kind: '', name: '' } };
  }

  /** The status as it is from now on. */
  async run(): Promise<HorizontalPodAutoscalerStatus> {
    const now = this.#context.clock.now();
    let target: { resource: ServedResource; scale: Scale };
    try {
      target = await this.#target();
    } catch (error) {
      const { message } = error as Error;
      this.#recorder.event(this.#autoscaler, 'Warning', 'FailedGetScale', message);
      const text = `the HPA controller was unable to get the target's current scale: ${message}`;
      this.#condition('AbleToScale', false, 'FailedGetScale', text);
      return this.#status;
    }
    const able = "the HPA controller was able to get the target's current scale";
    this.#condition('AbleToScale', true, 'SucceededGetScale', able);
    const current = target.scale.spec?.replicas ?? 0;
    this.#history.begin(current, now);
    const plan = await this.#plan(target.scale, current, now);
    if ('failed' in plan) {
      this.#status = { ...this.#status, ...countOf(current), currentMetrics: plan.metrics };
      this.#recorder.event(this.#autoscaler, 'Warning', 'FailedComputeMetricsReplicas', plan.failed);
      return this.#status;
    }
    const { wanted, why, metrics } = plan;
    const done = wanted === current || (await this.#rescale(target, current, wanted, why, now));
    this.#status = {
      ...this.#status,
      ...countOf(current),
      currentMetrics: metrics,
      ...(done && { desiredReplicas: wanted }),
      ...(done && wanted !== current && { lastScaleTime: timestamp(now) }),
    };
    return this.#status;
  }

  async #target(): Promise<{ resource: ServedResource; scale: Scale }> {
    const { kind, apiVersion = '', name } = this.#spec.scaleTargetRef;
    const resource = resourceOfKind(this.#context, { apiVersion, kind });
    const [group = ''] = apiVersion.includes('/') ? apiVersion.split('/') : [];
    if (!resource) throw new Error(`no matches for kind "${kind}" in group "${group}"`);
    if (!resource.subresources?.scale) throw new Error('the server could not find the requested resource');
    return { resource, scale: await this.#client.getSubresource<Scale>(resource, this.#namespace, name, 'scale') };
  }

  /** Which size the target should have, and why; or why that can't be said. */
  async #plan(
    scale: Scale,
    current: number,
    now: number,
  ): Promise<{ wanted: number; why: string; metrics?: MetricStatus[] } | { failed: string; metrics?: MetricStatus[] }> {
    const { minReplicas = 1, maxReplicas } = this.#spec;
    if (current === 0 && minReplicas !== 0) {
      const text = 'scaling is disabled since the replica count of the target is zero';
      this.#condition('ScalingActive', false, 'ScalingDisabled', text);
      return { wanted: 0, why: '' };
    }
    if (current > maxReplicas) {
      return { wanted: maxReplicas, why: 'Current number of replicas above Spec.MaxReplicas' };
    }
    if (current < minReplicas) {
      return { wanted: minReplicas, why: 'Current number of replicas below Spec.MinReplicas' };
    }
    const found = await this.#metrics(scale, current, now);
    if ('failed' in found) return found;
    const { replicas, able, limited } = this.#history.judge(this.#spec, current, found.replicas, now);
    this.#condition('AbleToScale', true, able.reason, able.message);
    this.#condition('ScalingLimited', limited.limited, limited.reason, limited.message);
    const why = found.replicas > current ? `${found.name} above target` : 'All metrics below target';
    return { wanted: replicas, why, metrics: found.metrics };
  }

  /** The largest of what the metrics propose. */
  async #metrics(
    scale: Scale,
    current: number,
    now: number,
  ): Promise<
    { replicas: number; name: string; metrics: MetricStatus[] } | { failed: string; metrics?: MetricStatus[] }
  > {
    const selector = scale.status?.selector ?? '';
    if (selector === '') {
      this.#recorder.event(this.#autoscaler, 'Warning', 'SelectorRequired', 'selector is required');
      this.#condition('ScalingActive', false, 'InvalidSelector', "the HPA target's scale is missing a selector");
      return { failed: 'selector is required' };
    }
    const specs = this.#spec.metrics ?? [];
    const metrics: MetricStatus[] = specs.map(() => ({ type: '' }));
    const failures: Failure[] = [];
    let best: { replicas: number; name: string } | undefined;
    for (const [i, spec] of specs.entries()) {
      const answer = await this.#metric(spec, selector, current, now);
      if ('reason' in answer) {
        failures.push(answer);
        this.#recorder.event(this.#autoscaler, 'Warning', answer.reason, answer.text);
        continue;
      }
      metrics[i] = answer.status;
      if (!best || answer.proposal.replicas > best.replicas) best = { ...answer, replicas: answer.proposal.replicas };
    }
    const [first] = failures;
    if (first && (!best || best.replicas < current)) {
      const text = `the HPA was unable to compute the replica count: ${first.text}`;
      this.#condition('ScalingActive', false, first.reason, text);
      const failed = `invalid metrics (${failures.length} invalid out of ${specs.length}), first error is: ${first.prefix}: ${first.text}`;
      return { failed, metrics };
    }
    const { replicas = current, name = '' } = best ?? {};
    const text = `the HPA was able to successfully calculate a replica count from ${name}`;
    this.#condition('ScalingActive', true, 'ValidMetricFound', text);
    return { replicas, name, metrics };
  }

  async #metric(spec: MetricSpec, selector: string, current: number, now: number): Promise<Found | Failure> {
    const namespace = this.#namespace;
    switch (spec.type) {
      case 'Resource':
      case 'ContainerResource': {
        const source = spec.type === 'Resource' ? spec.resource : spec.containerResource;
        const container = spec.containerResource?.container;
        const target = source?.target ?? { type: '' };
        return this.#resource({ resource: source?.name ?? '', target, container }, selector, current, now);
      }
      case 'Pods': {
        const text = missingMetric.pods(spec.pods?.metric.name ?? '');
        return { reason: 'FailedGetPodsMetric', prefix: 'failed to get pods metric value', text };
      }
      case 'Object': {
        const { metric, describedObject } = spec.object ?? {
          metric: { name: '' },
          describedObject: { kind: '', name: '' },
        };
        const text = missingMetric.object(metric.name, namespace, describedObject);
        return { reason: 'FailedGetObjectMetric', prefix: 'failed to get object metric value', text };
      }
      default: {
        const { name, selector: which } = spec.external?.metric ?? { name: '' };
        const text = missingMetric.external(name, namespace, which);
        return { reason: 'FailedGetExternalMetric', prefix: `failed to get ${name} external metric value`, text };
      }
    }
  }

  async #resource(
    source: { resource: string; target: MetricTarget; container?: string },
    selector: string,
    current: number,
    now: number,
  ): Promise<Found | Failure> {
    const { resource, target, container } = source;
    const what = target.averageValue === undefined ? 'utilization' : 'usage';
    try {
      const samples = await resourceUsage(this.#client, {
        namespace: this.#namespace,
        selector,
        resource,
        ...(container && { container }),
      });
      const question = {
        current,
        pods: this.#pods(selector),
        samples,
        resource,
        ...(container && { container }),
        tolerance: this.#tolerance(),
        now,
      };
      const proposal =
        target.averageValue === undefined
          ? byUtilization(question, target.averageUtilization ?? 0)
          : byAverage(question, milliValue(target.averageValue));
      const kind = container ? 'container resource' : 'resource';
      const percent = what === 'utilization' ? ' utilization (percentage of request)' : '';
      return { proposal, name: `${resource} ${kind}${percent}`, status: statusOf(source, proposal) };
    } catch (error) {
      return {
        reason: container ? 'FailedGetContainerResourceMetric' : 'FailedGetResourceMetric',
        prefix: `failed to get ${resource} ${container ? 'container ' : ''}resource metric value`,
        text: `failed to get ${resource} ${what}: ${(error as Error).message}`,
      };
    }
  }

  #pods(selector: string) {
    const requirements = parseLabelSelector(selector);
    return this.#context.informers
      .of(pods)
      .list(this.#namespace)
      .filter(({ metadata }) => matchesLabels(requirements, metadata.labels));
  }

  #tolerance(): { up: number; down: number } {
    const { scaleUp, scaleDown } = this.#spec.behavior ?? {};
    const share = (text: string | number | undefined) => (text === undefined ? tolerance : milliValue(text) / 1000);
    return { up: share(scaleUp?.tolerance), down: share(scaleDown?.tolerance) };
  }

  /** Returns whether the target took its new size. */
  async #rescale(
    { resource, scale }: { resource: ServedResource; scale: Scale },
    from: number,
    to: number,
    why: string,
    now: number,
  ): Promise<boolean> {
    const change = `New size: ${to}; reason: ${why}`;
    try {
      await this.#client.update<Scale>(resource, { ...scale, spec: { replicas: to } }, { subresource: 'scale' });
    } catch (error) {
      const { message } = error as Error;
      this.#recorder.event(this.#autoscaler, 'Warning', 'FailedRescale', `${change}; error: ${message}`);
      const text = `the HPA controller was unable to update the target scale: ${message}`;
      this.#condition('AbleToScale', false, 'FailedUpdateScale', text);
      return false;
    }
    const text = `the HPA controller was able to update the target scale to ${to}`;
    this.#condition('AbleToScale', true, 'SucceededRescale', text);
    this.#recorder.event(this.#autoscaler, 'Normal', 'SuccessfulRescale', change);
    this.#history.scaled(from, to, now);
    return true;
  }

  #condition(type: string, holds: boolean, reason: string, message: string): void {
    const old = this.#status.conditions ?? [];
    const before = old.find((condition) => condition.type === type);
    const status = holds ? 'True' : 'False';
    const now = timestamp(this.#context.clock.now());
    const lastTransitionTime = before?.status === status ? before.lastTransitionTime : now;
    const condition = { type, status, reason, message, lastTransitionTime };
    const conditions = before ? old.map((c) => (c === before ? condition : c)) : [...old, condition];
    this.#status = { ...this.#status, conditions };
  }
}

interface Found {
  proposal: Proposal;
  /** As events name the metric. */
  name: string;
  status: MetricStatus;
}

interface Failure {
  reason: string;
  /** What the summary of all failures puts before the text. */
  prefix: string;
  text: string;
}

const countOf = (current: number) => ({ currentReplicas: current > 0 ? current : undefined });

function statusOf(source: { resource: string; container?: string }, { average, utilization }: Proposal): MetricStatus {
  const current = {
    averageValue: average % 1000 === 0 ? String(average / 1000) : `${average}m`,
    ...(utilization !== undefined && { averageUtilization: utilization }),
  };
  const { resource: name, container } = source;
  if (container) return { type: 'ContainerResource', containerResource: { name, container, current } };
  return { type: 'Resource', resource: { name, current } };
}
