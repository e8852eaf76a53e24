import * as z from 'zod';
import type { Pod } from '../../kube/api.gen.ts';
import type { Stored } from '../../kube/meta.ts';
import { compareQuantities, quantityNanos } from '../../kube/quantity.ts';
import { workloadNeeds } from '../access/subject.ts';
import { duration } from '../objects/fields.ts';
import { handThatWroteSpec } from '../objects/written.ts';
import type { CheckType, Evidence, Outcome } from '../types.ts';
import { troubleOf } from './pod-trouble.ts';
import {
  describeWorkload,
  deviation,
  parseWorkload,
  podsOf,
  suspectWorkload,
  workloadName,
  workloadObject,
} from './workload.ts';

const quantity = z.string().refine(isQuantity, { error: 'expected a quantity such as 200m or 64Mi' });
const schema = z
  .strictObject({
    workload: workloadName.describe('Whose Pods are measured'),
    namespace: z.string().describe('Where it is'),
    resource: z.enum(['cpu', 'memory']).describe('What is measured'),
    of: z.enum(['each', 'sum']).default('each').describe('Of each Pod, or of all together'),
    min: quantity.optional().describe('It must be at least this'),
    max: quantity.optional().describe('It must be at most this'),
    every: duration.default(15_000).describe('How often it is measured'),
  })
  .refine((spec) => spec.min !== undefined || spec.max !== undefined, { error: 'expected min or max' });
type Spec = z.infer<typeof schema>;

interface PodMetrics {
  metadata: { name: string };
  timestamp: string;
  containers: { name: string; usage: Record<string, string> }[];
}

/** How long a new Pod may go unmeasured, milliseconds. */
const patience = 60_000;

/** What Pods use, as the metrics API says now: of the Pods that there are, and measured after they and set-up began. */
export const metric: CheckType<Spec> = {
  type: 'metric',
  schema,
  guard: false,
  probe: true,
  needs: (spec) => workloadNeeds(spec.workload, spec.namespace),
  async evaluate(spec, view) {
    const workload = parseWorkload(spec.workload, spec.namespace);
    const expected = [
      `${spec.resource} of ${spec.of === 'each' ? 'each Pod' : 'all Pods'}`,
      spec.min && `at least ${spec.min}`,
      spec.max && `at most ${spec.max}`,
    ]
      .filter(Boolean)
      .join(' ');
    const look: Evidence = { kind: 'command', text: `kubectl top pods -n ${spec.namespace}` };
    const not = (status: Outcome['status'], actual: string, why = actual): Outcome => ({
      status,
      expected,
      actual,
      why,
      evidence: [look],
      suspects: [suspectWorkload(workload)],
    });
    const object = workloadObject(view, workload);
    if (!object) return not('fail', `the ${describeWorkload(workload)} does not exist`);
    const pods = podsOf(view, workload).filter((pod) => pod.status?.phase === 'Running');
    if (pods.length === 0) return not('fail', `the ${describeWorkload(workload)} has no running Pods`);
    const other = pods.map((pod) => deviation(pod, object) ?? madeByHand(pod)).find((text) => text !== undefined);
    if (other) return not('fail', other);
    const list = (await view.fetch(`/apis/metrics.k8s.io/v1beta1/namespaces/${spec.namespace}/pods`)) as
      | { items: PodMetrics[] }
      | undefined;
    view.wakeIn(spec.every);
    if (!list) return not('fail', 'not measured', 'this cluster does not serve metrics.k8s.io');
    const used: { name: string; value: bigint }[] = [];
    for (const pod of pods) {
      const since = Math.max(view.activatedAt, Date.parse(pod.status?.startTime ?? pod.metadata.creationTimestamp));
      const found = list.items.find((m) => m.metadata.name === pod.metadata.name);
      if (!found || Date.parse(found.timestamp) < since) {
        const trouble = troubleOf(pod);
        if (trouble) return not('fail', 'not measured', trouble);
        const late = view.now() - since > patience;
        return not(
          late ? 'fail' : 'pending',
          'not measured yet',
          `there are no metrics of Pod ${pod.metadata.name} yet`,
        );
      }
      const value = found.containers.reduce((sum, c) => sum + quantityNanos(c.usage[spec.resource] ?? '0'), 0n);
      used.push({ name: `Pod ${pod.metadata.name}`, value });
    }
    const measured =
      spec.of === 'each' ? used : [{ name: 'all Pods', value: used.reduce((sum, u) => sum + u.value, 0n) }];
    const seen = measured.map((u): Evidence => ({ kind: 'object', text: `${u.name}: ${text(u.value, spec)}` }));
    for (const { name, value } of measured) {
      const under = spec.min !== undefined && value < quantityNanos(spec.min);
      const over = spec.max !== undefined && value > quantityNanos(spec.max);
      if (under || over)
        return { ...not('fail', text(value, spec), `${name} uses ${text(value, spec)}`), evidence: [...seen, look] };
    }
    return {
      status: 'pass',
      expected,
      actual: measured.map((u) => text(u.value, spec)).join(', '),
      evidence: [...seen, look],
    };
  },
};

/** How much a Pod may use stands in its spec, and a namespace's defaults come in there too: who wrote it must be asked. */
function madeByHand(pod: Stored<Pod>): string | undefined {
  const hand = pod.metadata.ownerReferences?.some((r) => r.controller) && handThatWroteSpec(pod, 'containers');
  return hand ? `Pod ${pod.metadata.name} was made or changed by hand (${hand}), not from the template` : undefined;
}

/** Of nanos (cores or bytes times a thousand million), as `kubectl top` shows it. */
function text(nanos: bigint, { resource }: Spec): string {
  return resource === 'cpu' ? `${(nanos + 999_999n) / 1_000_000n}m` : `${nanos / 1_000_000_000n / 1_048_576n}Mi`;
}

function isQuantity(value: string): boolean {
  try {
    compareQuantities(value, '0');
    return true;
  } catch {
    return false;
  }
}
