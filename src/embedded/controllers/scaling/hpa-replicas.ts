/** How many Pods would bring usage to its target. */
import { ownValue } from '../../../kernel/own.ts';
import type { Pod } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { milliValue } from '../../../kube/quantity.ts';
import type { Sample } from './hpa-metrics.ts';

/** --horizontal-pod-autoscaler-cpu-initialization-period, --horizontal-pod-autoscaler-initial-readiness-delay */
const initializationMs = 300_000;
const readinessDelayMs = 30_000;

export interface Question {
  /** Replicas that are asked for now. */
  current: number;
  pods: readonly Stored<Pod>[];
  samples: ReadonlyMap<string, Sample>;
  resource: string;
  /** Only this one's requests count. */
  container?: string;
  /** By how much usage may be off its target, as a share of it. */
  tolerance: { up: number; down: number };
  /** ms since 1970. */
  now: number;
}

export interface Proposal {
  replicas: number;
  /** In thousandths, of an average Pod. */
  average: number;
  /** Per cent of requests. */
  utilization?: number;
}

/** For a target in per cent of requests. Throws an Error in Kubernetes' words. */
export function byUtilization(question: Question, target: number): Proposal {
  const requests = requestsOf(question);
  const measure = (values: ReadonlyMap<string, number>) => {
    const known = [...values].filter(([pod]) => requests.has(pod));
    const used = known.reduce((sum, [, value]) => sum + value, 0);
    const asked = known.reduce((sum, [pod]) => sum + (requests.get(pod) ?? 0), 0);
    if (asked === 0) throw new Error('no metrics returned matched known pods');
    const utilization = Math.trunc((used * 100) / asked);
    return { ratio: utilization / target, utilization, average: Math.trunc(used / known.length) };
  };
  // On the way down Pods that nothing is known of are taken to be busy.
  return propose(question, measure, (pod) => ((requests.get(pod) ?? 0) * Math.max(100, target)) / 100);
}

/** For a target in thousandths of an average Pod. Throws an Error in Kubernetes' words. */
export function byAverage(question: Question, target: number): Proposal {
  const measure = (values: ReadonlyMap<string, number>) => {
    const average = Math.trunc([...values.values()].reduce((sum, value) => sum + value, 0) / values.size);
    return { ratio: average / target, average };
  };
  return propose(question, measure, () => target);
}

interface Measure {
  ratio: number;
  average: number;
  utilization?: number;
}

function propose(
  question: Question,
  measure: (values: ReadonlyMap<string, number>) => Measure,
  busy: (pod: string) => number,
): Proposal {
  const { current, tolerance } = question;
  if (question.pods.length === 0) throw new Error('no pods returned by selector while calculating replica count');
  const { values, ready, unready, missing } = group(question);
  if (values.size === 0) throw new Error('did not receive metrics for targeted pods (pods might be unready)');
  const { ratio, ...found } = measure(values);
  const near = (r: number) => r >= 1 - tolerance.down && r <= 1 + tolerance.up;
  const upWithUnready = unready.length > 0 && ratio > 1;
  if (!upWithUnready && missing.length === 0) {
    return { ...found, replicas: near(ratio) ? current : Math.ceil(ratio * ready) };
  }
  for (const pod of missing) {
    if (ratio < 1) values.set(pod, busy(pod));
    else if (ratio > 1) values.set(pod, 0);
  }
  if (upWithUnready) for (const pod of unready) values.set(pod, 0);
  const again = measure(values).ratio;
  const turned = (ratio < 1 && again > 1) || (ratio > 1 && again < 1);
  const replicas = Math.ceil(again * values.size);
  const against = (again < 1 && replicas > current) || (again > 1 && replicas < current);
  return { ...found, replicas: near(again) || turned || against ? current : replicas };
}

/** Whose numbers count: of Pods that start, numbers of their start are none. */
function group({ pods, samples, resource, now }: Question) {
  const values = new Map([...samples].map(([pod, { value }]) => [pod, value]));
  const unready: string[] = [];
  const missing: string[] = [];
  let ready = 0;
  for (const pod of pods) {
    const { name, deletionTimestamp } = pod.metadata;
    const { phase } = pod.status ?? {};
    const sample = samples.get(name);
    if (deletionTimestamp || phase === 'Failed') values.delete(name);
    else if (phase === 'Pending' || (sample && resource === 'cpu' && isStarting(pod, sample, now))) {
      values.delete(name);
      unready.push(name);
    } else if (!sample) missing.push(name);
    else ready++;
  }
  return { values, ready, unready, missing };
}

function isStarting({ status }: Stored<Pod>, sample: Sample, now: number): boolean {
  const condition = status?.conditions?.find(({ type }) => type === 'Ready');
  if (!condition || !status?.startTime) return true;
  const started = Date.parse(status.startTime);
  const changed = Date.parse(condition.lastTransitionTime ?? '') || 0;
  if (started + initializationMs > now) return condition.status === 'False' || sample.at < changed + sample.windowMs;
  return condition.status === 'False' && started + readinessDelayMs > changed;
}

/** What each Pod asks for, in thousandths. */
function requestsOf({ pods, resource, container }: Question): Map<string, number> {
  return new Map(
    pods.map((pod): [string, number] => {
      const sidecars = (pod.spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always');
      const all = [...(pod.spec?.containers ?? []), ...sidecars];
      const counted = container ? all.filter(({ name }) => name === container) : all;
      if (container && counted.length === 0)
        throw new Error(`container ${container} not found in Pod ${pod.metadata.name}`);
      const sum = counted.reduce((total, { name, resources }) => {
        const request = ownValue(resources?.requests, resource);
        if (request === undefined) {
          throw new Error(`missing request for ${resource} in container ${name} of Pod ${pod.metadata.name}`);
        }
        return total + milliValue(request);
      }, 0);
      return [pod.metadata.name, sum];
    }),
  );
}
