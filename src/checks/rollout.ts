import * as z from 'zod';
import type { DaemonSet, Deployment } from '../kube/api.gen.ts';
import type { Stored } from '../kube/meta.ts';
import { workloadNeeds } from './subject.ts';
import type { CheckType, Evidence } from './types.ts';
import { describeWorkload, parseWorkload, resourceOfWorkload, workloadName } from './workload.ts';

const schema = z.strictObject({
  workload: workloadName.refine((text) => /^(deployment|daemonset)\//.test(text), {
    error: 'expected a deployment or a daemonset',
  }),
  namespace: z.string(),
});
type Spec = z.infer<typeof schema>;

/** The rollout is complete, by the rules of `kubectl rollout status`. */
export const rollout: CheckType<Spec> = {
  type: 'rollout',
  schema,
  guard: false,
  needs: (spec) => workloadNeeds(spec.workload, spec.namespace),
  evaluate(spec, view) {
    const workload = parseWorkload(spec.workload, spec.namespace);
    const expected = 'rolled out, all Pods available';
    const object = view.get(resourceOfWorkload(workload), workload.namespace, workload.name);
    const look: Evidence = { kind: 'command', text: `kubectl rollout status ${spec.workload} -n ${spec.namespace}` };
    if (!object) {
      const text = `the ${describeWorkload(workload)} does not exist`;
      return { status: 'fail', expected, actual: text, why: text, evidence: [look] };
    }
    const problem = workload.kind === 'Deployment' ? ofDeployment(object) : ofDaemonSet(object);
    if (!problem) return { status: 'pass', expected, actual: 'rolled out', evidence: [look] };
    return {
      status: problem.final ? 'fail' : 'pending',
      expected,
      actual: problem.text,
      why: problem.text,
      evidence: [look],
    };
  },
};

/** What keeps a rollout from being complete; `final`: waiting alone will not mend it. */
interface Problem {
  text: string;
  final: boolean;
}

function ofDeployment(object: Stored<Deployment>): Problem | undefined {
  const { status = {}, spec } = object;
  const wanted = spec?.replicas ?? 1;
  const progressing = status.conditions?.find((c) => c.type === 'Progressing');
  if (progressing?.reason === 'ProgressDeadlineExceeded')
    return { text: progressing.message ?? 'no progress', final: true };
  if ((object.metadata.generation ?? 0) > (status.observedGeneration ?? 0))
    return { text: 'the change was not seen yet', final: false };
  if (wanted === 0) return { text: 'it is scaled to 0', final: true };
  const { updatedReplicas = 0, replicas = 0, availableReplicas = 0 } = status;
  if (updatedReplicas < wanted) return { text: `${updatedReplicas} of ${wanted} new Pods made`, final: false };
  if (replicas > updatedReplicas)
    return { text: `${replicas - updatedReplicas} old Pods are still there`, final: false };
  if (availableReplicas < updatedReplicas)
    return { text: `${availableReplicas} of ${updatedReplicas} Pods available`, final: false };
  return undefined;
}

function ofDaemonSet(object: Stored<DaemonSet>): Problem | undefined {
  const { status } = object;
  if ((object.metadata.generation ?? 0) > (status?.observedGeneration ?? 0))
    return { text: 'the change was not seen yet', final: false };
  const {
    desiredNumberScheduled: wanted = 0,
    updatedNumberScheduled: updated = 0,
    numberAvailable: available = 0,
  } = status ?? {};
  if (updated < wanted) return { text: `${updated} of ${wanted} new Pods made`, final: false };
  if (available < wanted) return { text: `${available} of ${wanted} Pods available`, final: false };
  return undefined;
}
