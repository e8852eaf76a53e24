import * as z from 'zod';
import { ownValue } from '../../kernel/own.ts';
import type { Job, Node, Pod } from '../../kube/api.gen.ts';
import type { Stored } from '../../kube/meta.ts';
import * as resources from '../../kube/resources.ts';
import { matchesLabels, parseLabelSelector } from '../../kube/selectors.ts';
import { workloadNeeds } from '../access/subject.ts';
import { labelSelector } from '../objects/fields.ts';
import type { CheckType, ClusterView, Evidence, Outcome } from '../types.ts';
import { troubleOf } from './pod-trouble.ts';
import {
  describeWorkload,
  deviation,
  parseWorkload,
  podSpecOf,
  podsOf,
  suspectWorkload,
  workloadName,
  workloadObject,
} from './workload.ts';

const schema = z
  .strictObject({
    workload: workloadName.describe('Whose Pods: deployment/web, pod/cache; of cronjob/backup its runs'),
    namespace: z.string().describe('Where it is'),
    on: z
      .strictObject({
        names: z.array(z.string()).min(1).optional().describe('Only on these nodes'),
        labels: labelSelector.optional().describe('Only on nodes that a label selector finds'),
        at: z.enum(['now', 'setup']).default('now').describe('labels: as the nodes have them now, or had after set-up'),
      })
      .optional()
      .describe('Where each Pod must be'),
    notOn: z.array(z.string()).default([]).describe('Nodes where no Pod may be'),
    spread: z
      .strictObject({
        by: z.string().default('kubernetes.io/hostname').describe('The label of nodes that tells the places apart'),
        maxSkew: z.number().int().min(1).default(1).describe('How many more Pods one place may have than another'),
      })
      .optional()
      .describe('How evenly the Pods are spread'),
    byScheduler: z.boolean().default(true).describe('Whether the scheduler must choose: a nodeName by hand is none'),
    runs: z.number().int().min(1).optional().describe('cronjob: how many runs on schedule must have succeeded'),
  })
  .refine((spec) => (spec.runs !== undefined) === spec.workload.startsWith('cronjob/'), {
    error: 'expected runs for a cronjob, and only there',
  });
type Spec = z.infer<typeof schema>;

/** Pods are on the nodes where they should be, and the scheduler put them there; a CronJob's runs came on schedule. */
export const scheduled: CheckType<Spec> = {
  type: 'scheduled',
  schema,
  guard: false,
  needs: (spec) => [...workloadNeeds(spec.workload, spec.namespace), { kind: 'resource', resource: resources.nodes }],
  evaluate(spec, view) {
    const workload = parseWorkload(spec.workload, spec.namespace);
    const expected = wishOf(spec);
    const look: Evidence = {
      kind: 'command',
      text:
        spec.runs === undefined
          ? `kubectl get pods -n ${spec.namespace} -o wide`
          : `kubectl get jobs -n ${spec.namespace}`,
    };
    const fail = (actual: string, why = actual): Outcome => ({
      status: 'fail',
      expected,
      actual,
      why,
      evidence: [{ kind: 'object', text: why }, look],
    });
    const object = workloadObject(view, workload);
    if (!object) return fail(`the ${describeWorkload(workload)} does not exist`);
    if (spec.runs !== undefined)
      return { ...judgeRuns(spec.runs, view, object, expected, look), suspects: [suspectWorkload(workload)] };
    if (spec.byScheduler && workload.kind !== 'Pod' && podSpecOf(object)?.nodeName)
      return fail(
        'nodeName by hand',
        `its template names the node ${podSpecOf(object)?.nodeName}: the scheduler has no say`,
      );
    const pods = podsOf(view, workload);
    if (pods.length === 0) return { ...fail('it has no Pods'), suspects: [suspectWorkload(workload)] };
    const nodes = new Map(view.list(resources.nodes).map((node) => [node.metadata.name, node]));
    for (const pod of pods) {
      const problem = deviation(pod, object) ?? problemOf(spec, view, pod, nodes);
      if (!problem) continue;
      const left = Date.parse(pod.metadata.creationTimestamp) + patience - view.now();
      const waits = !pod.spec?.nodeName && !troubleOf(pod) && left > 0;
      if (waits) view.wakeIn(left);
      const suspects = pod.spec?.nodeName ? [] : [suspectWorkload(workload)];
      return { ...fail(problem), status: waits ? 'pending' : 'fail', suspects };
    }
    const skew = spec.spread && skewOf(spec, view, pods, nodes);
    if (skew) return fail(skew);
    const where = [...new Set(pods.map((pod) => pod.spec?.nodeName))].join(', ');
    return { status: 'pass', expected, actual: `on ${where}`, evidence: [look] };
  },
};

/** How long the scheduler may take, milliseconds. */
const patience = 15_000;

function wishOf(spec: Spec): string {
  if (spec.runs !== undefined) return `${spec.runs} ${spec.runs === 1 ? 'run' : 'runs'} on schedule`;
  const { on, notOn, spread } = spec;
  return (
    [
      on?.names && `on ${on.names.join(' or ')}`,
      on?.labels && `on nodes with ${on.labels}`,
      notOn.length > 0 && `not on ${notOn.join(', ')}`,
      spread && `spread by ${spread.by}`,
    ]
      .filter(Boolean)
      .join(', ') || 'on a node'
  );
}

function problemOf(
  spec: Spec,
  view: ClusterView,
  pod: Stored<Pod>,
  nodes: Map<string, Stored<Node>>,
): string | undefined {
  const name = pod.spec?.nodeName;
  if (!name) return troubleOf(pod) ?? `Pod ${pod.metadata.name} is on no node yet`;
  const on = `Pod ${pod.metadata.name} is on ${name}`;
  const node = nodes.get(name);
  if (!node) return `${on}, which does not exist`;
  if (spec.byScheduler && boundByHand(pod)) return `${on} by a nodeName that was written by hand`;
  const scheduler = pod.spec?.schedulerName ?? ownScheduler;
  if (spec.byScheduler && scheduler !== ownScheduler) return `${on} by ${scheduler}, not by the cluster's scheduler`;
  if (spec.on?.names && !spec.on.names.includes(name)) return `${on}, not on ${spec.on.names.join(' or ')}`;
  if (spec.on?.labels) {
    const labels = (spec.on.at === 'setup' ? view.baseline.get(resources.nodes, undefined, name) : node)?.metadata
      .labels;
    if (!matchesLabels(parseLabelSelector(spec.on.labels), labels ?? {}))
      return `${on}, which ${spec.on.at === 'setup' ? 'had' : 'has'} no ${spec.on.labels}`;
  }
  if (spec.notOn.includes(name)) return `${on}, where it must not be`;
  return undefined;
}

const ownScheduler = 'default-scheduler';

/** Whoever made the Pod wrote its node, too: the scheduler does it by a binding, which no manager owns. */
function boundByHand(pod: Stored<Pod>): boolean {
  return (pod.metadata.managedFields ?? []).some((entry) => {
    const spec = (entry.fieldsV1 as Record<string, Record<string, unknown>> | undefined)?.['f:spec'];
    return spec !== undefined && 'f:nodeName' in spec;
  });
}

/**
 * Whether the Pods are unevenly spread over the places that there were after set-up: one that was cordoned, tainted,
 * relabelled or deleted since then is still a place.
 */
function skewOf(
  { spread }: Spec,
  view: ClusterView,
  pods: Stored<Pod>[],
  nodes: Map<string, Stored<Node>>,
): string | undefined {
  if (!spread) return undefined;
  const before = new Map(view.baseline.list(resources.nodes).map((node) => [node.metadata.name, node]));
  const placeOf = (name: string) => ownValue((before.get(name) ?? nodes.get(name))?.metadata.labels, spread.by);
  const counts = new Map<string, number>();
  for (const [name, node] of new Map([...nodes, ...before])) {
    const place = placeOf(name);
    const closed = node.spec?.unschedulable || node.spec?.taints?.some((t) => t.effect !== 'PreferNoSchedule');
    if (place && !closed && !counts.has(place)) counts.set(place, 0);
  }
  for (const pod of pods) {
    const place = placeOf(pod.spec?.nodeName ?? '');
    if (!place) return `Pod ${pod.metadata.name} is on a node without the label ${spread.by}`;
    counts.set(place, (counts.get(place) ?? 0) + 1);
  }
  const skew = Math.max(...counts.values()) - Math.min(...counts.values());
  const text = [...counts].map(([place, count]) => `${place}: ${count}`).join(', ');
  return skew > spread.maxSkew ? `unevenly spread (${text})` : undefined;
}

/** Runs that the CronJob's controller began after set-up; one by hand is no schedule. */
function judgeRuns(wanted: number, view: ClusterView, cronJob: Stored, expected: string, look: Evidence): Outcome {
  const own = view
    .list(resources.jobs, cronJob.metadata.namespace)
    .filter((job) => job.metadata.ownerReferences?.some((r) => r.controller && r.uid === cronJob.metadata.uid))
    .filter((job) => Date.parse(job.metadata.creationTimestamp) >= view.activatedAt - 1_000 && isOnTime(job));
  const done = own.filter((job) => (job.status?.succeeded ?? 0) > 0 && succeeded(view, job, cronJob));
  const actual = `${done.length} of ${wanted}`;
  if (done.length >= wanted) return { status: 'pass', expected, actual, evidence: [look] };
  const failed = own.find((job) => job.status?.conditions?.some((c) => c.type === 'Failed' && c.status === 'True'));
  const suspended = (cronJob as { spec?: { suspend?: boolean } }).spec?.suspend;
  const why = suspended
    ? 'it is suspended'
    : failed
      ? `the run ${failed.metadata.name} failed`
      : own.length > done.length
        ? 'a run has begun and has not ended yet'
        : 'no run on schedule has come since set-up';
  return { status: 'fail', expected, actual, why, evidence: [{ kind: 'object', text: why }, look] };
}

/** The controller notes for which time it made a Job, and names the Job by it (minutes since 1970). */
function isOnTime(job: Stored<Job>): boolean {
  const annotations = job.metadata.annotations ?? {};
  const time = Date.parse(annotations['batch.kubernetes.io/cronjob-scheduled-timestamp'] ?? '');
  if (annotations['cronjob.kubernetes.io/instantiate'] === 'manual' || Number.isNaN(time)) return false;
  const writer = job.metadata.managedFields?.find((f) => f.subresource === undefined)?.manager;
  return job.metadata.name.endsWith(`-${Math.floor(time / 60_000)}`) && (!writer || writer.startsWith('kube-'));
}

/** The Pods of a Job bear its status out, as far as they are still there, and are such as the CronJob makes. */
function succeeded(view: ClusterView, job: Stored<Job>, cronJob: Stored): boolean {
  const pods = view
    .list(resources.pods, job.metadata.namespace)
    .filter((pod) => pod.metadata.ownerReferences?.some((r) => r.controller && r.uid === job.metadata.uid));
  return pods.length === 0 || pods.some((pod) => pod.status?.phase === 'Succeeded' && !deviation(pod, cronJob));
}
