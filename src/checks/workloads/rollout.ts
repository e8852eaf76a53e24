import * as z from 'zod';
import type { DaemonSet, Deployment, Pod, StatefulSet } from '../../kube/api.gen.ts';
import type { Stored } from '../../kube/meta.ts';
import { workloadNeeds } from '../access/subject.ts';
import type { CheckType, Evidence } from '../types.ts';
import { isReady, troubleOf } from './pod-trouble.ts';
import {
  describeWorkload,
  deviation,
  parseWorkload,
  podsOf,
  suspectWorkload,
  workloadName,
  workloadObject,
} from './workload.ts';

const schema = z.strictObject({
  workload: workloadName
    .refine((text) => /^(deployment|daemonset|statefulset)\//.test(text), {
      error: 'expected a deployment, a daemonset or a statefulset',
    })
    .describe('What is rolled out: deployment/web, daemonset/agent, statefulset/db'),
  namespace: z.string().describe('Where it is'),
});
type Spec = z.infer<typeof schema>;

/** How long a rollout may stand still before it has failed, milliseconds; what clearly can't get on fails at once. */
const patience = 30_000;

/** The rollout is complete, by the rules of `kubectl rollout status`, and the Pods themselves bear it out. */
export const rollout: CheckType<Spec> = {
  type: 'rollout',
  schema,
  guard: false,
  needs: (spec) => workloadNeeds(spec.workload, spec.namespace),
  evaluate(spec, view) {
    const workload = parseWorkload(spec.workload, spec.namespace);
    const expected = 'rolled out, all Pods available';
    const object = workloadObject(view, workload);
    const look: Evidence = { kind: 'command', text: `kubectl rollout status ${spec.workload} -n ${spec.namespace}` };
    if (!object) {
      const text = `the ${describeWorkload(workload)} does not exist`;
      return { status: 'fail', expected, actual: text, why: text, evidence: [look] };
    }
    const pods = podsOf(view, workload);
    const problem = problemOf(object) ?? problemOfPods(object, pods);
    if (!problem) return { status: 'pass', expected, actual: 'rolled out', evidence: [look] };
    const trouble = pods.map(troubleOf).find((t) => t !== undefined) ?? notMade(object);
    const left = problem.final || trouble ? 0 : lastMove(object, pods) + patience - view.now();
    if (left > 0) view.wakeIn(left);
    const why = trouble ?? (left > 0 || problem.final ? problem.text : `${problem.text}, and nothing moves`);
    return {
      status: left > 0 ? 'pending' : 'fail',
      expected,
      actual: problem.text,
      why,
      evidence: [look],
      suspects: [suspectWorkload(workload)],
    };
  },
};

/** What keeps a rollout from being complete; `final`: waiting alone will not mend it. */
interface Problem {
  text: string;
  final: boolean;
}

const waiting = (text: string): Problem => ({ text, final: false });

function problemOf(object: Stored): Problem | undefined {
  const { status } = object as Stored<Deployment>;
  if ((object.metadata.generation ?? 0) > (status?.observedGeneration ?? 0))
    return waiting('the change was not seen yet');
  if (object.kind === 'Deployment') return ofDeployment(object);
  return object.kind === 'StatefulSet' ? ofStatefulSet(object) : ofDaemonSet(object);
}

function ofDeployment({ status = {}, spec }: Stored<Deployment>): Problem | undefined {
  const wanted = spec?.replicas ?? 1;
  const progressing = status.conditions?.find((c) => c.type === 'Progressing');
  if (progressing?.reason === 'ProgressDeadlineExceeded')
    return { text: progressing.message ?? 'no progress', final: true };
  if (wanted === 0) return { text: 'it is scaled to 0', final: true };
  const { updatedReplicas = 0, replicas = 0, availableReplicas = 0 } = status;
  const paused = spec?.paused ? ', and it is paused' : '';
  if (updatedReplicas < wanted)
    return { text: `${updatedReplicas} of ${wanted} new Pods made${paused}`, final: Boolean(paused) };
  if (replicas > updatedReplicas)
    return { text: `${replicas - updatedReplicas} old Pods are still there${paused}`, final: Boolean(paused) };
  if (availableReplicas < updatedReplicas) return waiting(`${availableReplicas} of ${updatedReplicas} Pods available`);
  return undefined;
}

function ofDaemonSet({ status }: Stored<DaemonSet>): Problem | undefined {
  const {
    desiredNumberScheduled: wanted = 0,
    updatedNumberScheduled: updated = 0,
    numberAvailable: available = 0,
  } = status ?? {};
  if (wanted === 0) return { text: 'no node fits it', final: true };
  if (updated < wanted) return waiting(`${updated} of ${wanted} new Pods made`);
  if (available < wanted) return waiting(`${available} of ${wanted} Pods available`);
  return undefined;
}

function ofStatefulSet({ status, spec }: Stored<StatefulSet>): Problem | undefined {
  const wanted = spec?.replicas ?? 1;
  if (wanted === 0) return { text: 'it is scaled to 0', final: true };
  const { readyReplicas = 0, updatedReplicas = 0, currentRevision, updateRevision } = status ?? {};
  if (readyReplicas < wanted) return waiting(`${readyReplicas} of ${wanted} Pods ready`);
  const updated = wanted - (spec?.updateStrategy?.rollingUpdate?.partition ?? 0);
  if (updateRevision !== currentRevision && updatedReplicas < updated)
    return waiting(`${updatedReplicas} of ${updated} new Pods made`);
  return undefined;
}

/** A status is only what somebody wrote; the Pods are what is. */
function problemOfPods(object: Stored, pods: readonly Stored<Pod>[]): Problem | undefined {
  for (const pod of pods) {
    const other = object.kind === 'StatefulSet' ? undefined : deviation(pod, object);
    if (other) return { text: other, final: true };
  }
  const wanted = (object as Stored<Deployment>).spec?.replicas ?? (object.kind === 'DaemonSet' ? pods.length : 1);
  const ready = pods.filter(isReady).length;
  if (ready < wanted || pods.length === 0) return waiting(`${ready} of ${Math.max(wanted, 1)} Pods ready`);
  return undefined;
}

/** The API server refuses the Pods: quota, admission, a ServiceAccount that does not exist. */
function notMade(object: Stored): string | undefined {
  const failure = (object as Stored<Deployment>).status?.conditions?.find(
    (c) => c.type === 'ReplicaFailure' && c.status === 'True',
  );
  return failure && (failure.message ?? failure.reason ?? 'its Pods cannot be made');
}

/** When something last moved, as far as the objects tell. */
function lastMove(object: Stored, pods: readonly Stored<Pod>[]): number {
  const { status } = object as Stored<Deployment>;
  const times = [
    object.metadata.creationTimestamp,
    ...(status?.conditions ?? []).map((c) => c.lastUpdateTime ?? c.lastTransitionTime),
    ...(object.metadata.managedFields ?? []).map((f) => f.time),
    ...pods.map((pod) => pod.metadata.creationTimestamp),
  ];
  const ready = ((object as Stored<Deployment>).spec?.minReadySeconds ?? 0) * 1_000;
  return Math.max(...times.map((time) => Date.parse(time ?? '') || 0)) + ready;
}
