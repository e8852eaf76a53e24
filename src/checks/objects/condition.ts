import * as z from 'zod';
import type { Stored } from '../../kube/meta.ts';
import * as resources from '../../kube/resources.ts';
import { workloadNeeds } from '../access/subject.ts';
import type { CheckType, ClusterView, Evidence, Need, Outcome } from '../types.ts';
import { isReady } from '../workloads/pod-trouble.ts';
import { deviation, parseWorkload, podsOf, workloadName } from '../workloads/workload.ts';
import { leaseOf, nodeNeeds } from './lease.ts';
import { parseReference, referenceSchema } from './reference.ts';
import { handThatWrote, lastWritten } from './written.ts';

const schema = referenceSchema.extend({
  type: z.string().min(1).describe('The condition: Available, Ready, Complete, Established'),
  status: z.enum(['True', 'False', 'Unknown']).default('True').describe('What it must be'),
  reason: z.string().optional().describe('The reason it must give, word by word'),
});
type Spec = z.infer<typeof schema>;

/** How long a controller may take to see a change of the object, milliseconds. */
const patience = 15_000;

/**
 * A condition in an object's status, as its controller wrote it and for the object as it is now: one of an older
 * generation or written by hand is none, and Pods and nodes have to bear it out.
 */
export const condition: CheckType<Spec> = {
  type: 'condition',
  schema,
  guard: false,
  needs: (spec) => {
    const { resource, namespace } = parseReference(spec);
    const own: Need = { kind: 'resource', resource, ...(namespace ? { namespace } : {}) };
    if (resource.kind === 'Node') return [own, ...nodeNeeds];
    const runs = namespace && resource.kind !== 'Pod' && workloadName.safeParse(spec.object).success;
    return runs ? [own, ...workloadNeeds(spec.object, namespace)] : [own];
  },
  evaluate(spec, view) {
    const { resource, namespace, name, label, command } = parseReference(spec);
    const wanted = `${spec.type}=${spec.status}${spec.reason ? ` (${spec.reason})` : ''}`;
    const expected = `${label} is ${wanted}`;
    const look: Evidence = { kind: 'command', text: command };
    const not = (status: Outcome['status'], actual: string, why: string, seen: Evidence[] = []): Outcome => ({
      status,
      expected,
      actual,
      why,
      evidence: [...seen, look],
      suspects: [{ about: 'object', resource, ...(namespace ? { namespace } : {}), name }],
    });
    const object = view.get(resource, namespace, name) as WithConditions | undefined;
    if (!object || object.metadata.deletionTimestamp)
      return not(
        'fail',
        'it does not exist',
        `${label} does not exist${namespace ? ` in namespace ${namespace}` : ''}`,
      );
    const found = object.status?.conditions?.find((c) => c.type === spec.type);
    const generation = object.metadata.generation ?? 0;
    const observed = found?.observedGeneration ?? object.status?.observedGeneration ?? generation;
    const left = lastWritten(object) + patience - view.now();
    const wait = (actual: string, why: string) => {
      if (left > 0) view.wakeIn(left);
      return not(left > 0 ? 'pending' : 'fail', actual, why);
    };
    if (!found) return wait(`no condition ${spec.type}`, `${label} has no condition ${spec.type}`);
    const says = `${spec.type}=${found.status}${found.reason ? ` (${found.reason})` : ''}`;
    if (observed < generation)
      return wait(`${says}, of an older generation`, `${says} is about ${label} before its last change`);
    const seen: Evidence[] = [{ kind: 'object', text: `${says}${found.message ? `: ${found.message}` : ''}` }];
    if (found.status !== spec.status || (spec.reason && found.reason !== spec.reason))
      return not('fail', says, found.message || `${label} says ${says}`, seen);
    const hand = handThatWrote(object, spec.type);
    if (hand) return not('fail', `${says}, written by hand`, `${hand} wrote this status, not a controller`, seen);
    const lie = spec.status === 'True' ? contradiction(spec, view, object) : undefined;
    if (lie) return not('fail', says, `the status says ${says}, but ${lie}`, [...seen, { kind: 'object', text: lie }]);
    return { status: 'pass', expected, actual: says, evidence: [...seen, look] };
  },
};

type WithConditions = Stored & {
  status?: {
    observedGeneration?: number;
    conditions?: { type: string; status: string; reason?: string; message?: string; observedGeneration?: number }[];
  };
};

/** What else of the cluster shows that a condition is not so. */
function contradiction(spec: Spec, view: ClusterView, object: WithConditions): string | undefined {
  const { name, namespace = '' } = object.metadata;
  if (object.kind === 'Node' && spec.type === 'Ready') {
    const lease = leaseOf(view, name);
    return lease.fresh ? undefined : lease.text;
  }
  if (object.kind === 'Deployment' && spec.type === 'Available') {
    const wanted = (object as { spec?: { replicas?: number } }).spec?.replicas ?? 1;
    const ready = podsOf(view, parseWorkload(`deployment/${name}`, namespace)).filter(isReady);
    if (ready.length === 0) return wanted > 0 ? 'none of its Pods is ready' : undefined;
    const others = ready.map((pod) => deviation(pod, object));
    return others.every((text) => text !== undefined) ? others[0] : undefined;
  }
  if (object.kind === 'Job' && (spec.type === 'Complete' || spec.type === 'SuccessCriteriaMet')) {
    const pods = podsOf(view, parseWorkload(`job/${name}`, namespace));
    const done = pods.filter((pod) => pod.status?.phase === 'Succeeded');
    // Pods of a Job that is done may be deleted.
    return pods.length > 0 && done.length === 0 ? 'none of its Pods has succeeded' : undefined;
  }
  if (object.kind === 'Pod' && spec.type === 'Ready') {
    const pod = view.get(resources.pods, namespace, name);
    const lazy = pod?.status?.containerStatuses?.find((c) => !c.ready);
    return lazy ? `its container ${lazy.name} is not ready` : undefined;
  }
  return undefined;
}
