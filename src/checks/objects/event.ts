import * as z from 'zod';
import type { Event, Pod } from '../../kube/api.gen.ts';
import type { Stored } from '../../kube/meta.ts';
import * as resources from '../../kube/resources.ts';
import { workloadNeeds } from '../access/subject.ts';
import type { CheckType, ClusterView, Evidence, Need, Suspect } from '../types.ts';
import { deviation, parseWorkload, podsOf, workloadName } from '../workloads/workload.ts';
import { duration, regex } from './fields.ts';
import { parseReference, referenceSchema } from './reference.ts';

const schema = referenceSchema.extend({
  of: z
    .enum(['object', 'pods'])
    .default('object')
    .describe('Events about the object itself, or about the Pods that it owns now'),
  reason: z.string().min(1).describe('The reason of the Event: Unhealthy, Pulled, FailedScheduling'),
  type: z.enum(['Normal', 'Warning']).optional().describe('Only Events of this type'),
  message: regex.optional().describe('A regular expression that the message must match'),
  container: z.string().optional().describe('Only Events about this container of a Pod'),
  expect: z.enum(['seen', 'absent']).default('seen').describe('Whether there must be such an Event, or none'),
  within: duration.default(30_000).describe('absent: how long none may have come; how old an Event may be'),
});
type Spec = z.infer<typeof schema>;

/**
 * What the cluster's own components tell in Events, since set-up and about the objects that are there now. Events that
 * somebody else wrote don't count; those that were deleted do.
 */
export const event: CheckType<Spec> = {
  type: 'event',
  schema,
  guard: false,
  needs: (spec) => {
    const { resource, namespace } = parseReference(spec);
    const where = namespace ? { namespace } : {};
    const needs: Need[] = [
      { kind: 'resource', resource, ...where },
      // Events about what has no namespace are in `default`.
      { kind: 'resource', resource: resources.events, namespace: namespace ?? 'default' },
    ];
    const owns = namespace && spec.of === 'pods' && workloadName.safeParse(spec.object).success;
    return owns ? [...needs, ...workloadNeeds(spec.object, namespace)] : needs;
  },
  evaluate(spec, view) {
    const { resource, namespace, name, label } = parseReference(spec);
    const about = spec.of === 'pods' ? `the Pods of ${label}` : label;
    const what = `${spec.reason}${spec.message ? ` (${spec.message.source})` : ''} about ${about}`;
    const seconds = Math.round(spec.within / 1000);
    const expected = spec.expect === 'seen' ? `an Event ${what}` : `no Event ${what} for ${seconds} s`;
    const look: Evidence = {
      kind: 'command',
      text: `kubectl events -n ${namespace ?? 'default'} --for ${spec.object}`,
    };
    const object = view.get(resource, namespace, name);
    if (!object || object.metadata.deletionTimestamp) {
      const why = `${label} does not exist`;
      return { status: 'fail', expected, actual: 'it does not exist', why, evidence: [look] };
    }
    const pods = spec.of === 'pods' && namespace ? podsOf(view, parseWorkload(spec.object, namespace)) : [];
    const own = pods.filter((pod) => !deviation(pod, object));
    if (spec.of === 'pods' && own.length === 0) {
      const why = pods.map((pod) => deviation(pod, object))[0] ?? `the ${label} has no Pods`;
      return { status: 'fail', expected, actual: 'no Pods', why, evidence: [look] };
    }
    const subjects = new Map<string, Stored>(
      (spec.of === 'pods' ? own : [object]).map((subject) => [subject.metadata.uid, subject]),
    );
    const found = eventsOf(spec, view, namespace, subjects);
    const told = found.map((e): Evidence => ({ kind: 'object', text: `${e.reason}: ${e.message ?? ''}` })).slice(-3);
    const last = Math.max(...found.map(timeOf), 0);
    if (spec.expect === 'seen') {
      const ok = found.length > 0;
      return {
        status: ok ? 'pass' : 'fail',
        expected,
        actual: ok ? `seen ${found.length === 1 ? 'once' : `${found.length} times`}` : 'none since set-up',
        ...(ok ? {} : { why: `the cluster has told of no ${what}` }),
        evidence: [...told, look],
      };
    }
    const quietSince = Math.max(last, Date.parse(object.metadata.creationTimestamp), view.activatedAt);
    const left = quietSince + spec.within - view.now();
    if (left <= 0) return { status: 'pass', expected, actual: `none for ${seconds} s`, evidence: [look] };
    view.wakeIn(left + 50);
    const recent = last === quietSince;
    const why = recent
      ? (found.at(-1)?.message ?? spec.reason)
      : `it is quiet, for ${Math.ceil(left / 1000)} s more it must be`;
    const suspects: Suspect[] = [{ about: 'object', resource, ...(namespace ? { namespace } : {}), name }];
    const actual = recent ? `the last one ${Math.round((view.now() - last) / 1000)} s ago` : 'none so far';
    return { status: recent ? 'fail' : 'pending', expected, actual, why, evidence: [...told, look], suspects };
  },
};

/** Those that count, oldest first. */
function eventsOf(
  spec: Spec,
  view: ClusterView,
  namespace: string | undefined,
  subjects: Map<string, Stored>,
): Stored<Event>[] {
  const where = namespace ?? 'default';
  return [...view.list(resources.events, where), ...view.buried(resources.events, where)]
    .filter(
      (e) =>
        e.reason === spec.reason &&
        (!spec.type || e.type === spec.type) &&
        (!spec.message || spec.message.test(e.message ?? '')) &&
        (!spec.container || containerOf(e) === spec.container) &&
        subjects.has(e.involvedObject.uid ?? '') &&
        timeOf(e) >= view.activatedAt - 1_000 &&
        isGenuine(e) &&
        isBorneOut(e, subjects.get(e.involvedObject.uid ?? '')),
    )
    .sort((a, b) => timeOf(a) - timeOf(b));
}

/** When it was last seen; whole seconds. */
function timeOf(e: Event): number {
  const time = e.series?.lastObservedTime ?? e.lastTimestamp ?? e.eventTime ?? e.firstTimestamp;
  return Date.parse(time ?? e.metadata?.creationTimestamp ?? '') || 0;
}

/** Field managers of tools; the components that tell Events have names of their own. */
const hands = /^(kubectl|curl|python|node|undici|Mozilla|k9s|kubedrill)/i;

/** Kubernetes' own components, and the process that each is part of. */
const ownComponents: [RegExp, string][] = [
  [/^kubelet$/, 'kubelet'],
  [/^default-scheduler$/, 'kube-scheduler'],
  [
    /^((deployment|replicaset|statefulset|daemonset|job|cronjob|node|endpoint|endpoint-slice|taint-eviction|persistentvolume|service)-controller|horizontal-pod-autoscaler|controllermanager|persistentvolume-binder)$/,
    'kube-controller-manager',
  ],
];

/** `client`, where an Event is about `spec.containers{client}`. */
function containerOf(e: Event): string | undefined {
  return /^spec\.(?:c|initC|ephemeralC)ontainers\{(.+)\}$/.exec(e.involvedObject.fieldPath ?? '')?.[1];
}

/** Written by the component that it names, and by nobody else; without a trace of who wrote it, it is nobody's. */
function isGenuine(e: Stored<Event>): boolean {
  const component = e.source?.component || e.reportingComponent;
  const managers = (e.metadata.managedFields ?? []).map((f) => f.manager ?? '');
  if (!component || managers.length === 0) return false;
  const owner = ownComponents.find(([pattern]) => pattern.test(component))?.[1];
  return managers.every((manager) => (owner ? manager === owner : !hands.test(manager)));
}

/**
 * Whether a Pod's status shows what an Event tells of it. A field manager is a name that anybody may give: a container
 * that never ran was not started, whoever says so.
 */
function isBorneOut(e: Stored<Event>, subject: Stored | undefined): boolean {
  if (subject?.kind !== 'Pod') return true;
  const pod = subject as Stored<Pod>;
  if (e.reason === 'Scheduled') return Boolean(pod.spec?.nodeName);
  if (e.reason !== 'Started' && e.reason !== 'Created') return true;
  const container = containerOf(e);
  const { containerStatuses = [], initContainerStatuses = [], ephemeralContainerStatuses = [] } = pod.status ?? {};
  return [...containerStatuses, ...initContainerStatuses, ...ephemeralContainerStatuses].some(
    (c) => c.name === container && Boolean(c.containerID || c.lastState?.terminated),
  );
}
