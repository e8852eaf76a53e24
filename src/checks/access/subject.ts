import * as z from 'zod';
import * as resources from '../../kube/resources.ts';
import type { ClusterView, Need } from '../types.ts';
import {
  describeWorkload,
  deviation,
  parseWorkload,
  podSpecOf,
  podsOf,
  resourceOfWorkload,
  workloadName,
  workloadObject,
} from '../workloads/workload.ts';

/** Who a check is about: a ServiceAccount by name, the one a workload's Pods use, or a user. */
export const subjectSchema = z.union([
  z.strictObject({
    workload: workloadName.describe('The ServiceAccount that its Pods run as'),
    namespace: z.string().describe('Where it is'),
  }),
  z.strictObject({
    serviceAccount: z.string().describe('A ServiceAccount by its name'),
    namespace: z.string().describe('Where it is'),
  }),
  z.strictObject({
    user: z.string().describe('A user by name'),
    groups: z.array(z.string()).default([]).describe('The groups that the user is in'),
  }),
]);
export type SubjectSpec = z.infer<typeof subjectSchema>;

/** A subject as an authorizer knows it. */
export interface Subject {
  user: string;
  groups: string[];
  /** For people: `ServiceAccount project-swan/default`. */
  label: string;
  serviceAccount?: { namespace: string; name: string };
}

/** The subject, or what keeps it from existing (a fault in the learner's state, not of the environment). */
export type ResolvedSubject = { subject: Subject } | { missing: string; command: string };

export function serviceAccountSubject(namespace: string, name: string): Subject {
  return {
    user: `system:serviceaccount:${namespace}:${name}`,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
    label: `ServiceAccount ${namespace}/${name}`,
    serviceAccount: { namespace, name },
  };
}

/** What must be mirrored to resolve the subject. */
export function subjectNeeds(spec: SubjectSpec): Need[] {
  if ('user' in spec) return [];
  const needs: Need[] = [{ kind: 'resource', resource: resources.serviceAccounts, namespace: spec.namespace }];
  if ('workload' in spec) needs.push(...workloadNeeds(spec.workload, spec.namespace));
  return needs;
}

/** What must be mirrored to know a workload and its Pods. */
export function workloadNeeds(text: string, namespace: string): Need[] {
  const workload = parseWorkload(text, namespace);
  const wanted = [resourceOfWorkload(workload), resources.pods];
  if (workload.kind === 'Deployment') wanted.push(resources.replicaSets);
  if (workload.kind === 'CronJob') wanted.push(resources.jobs);
  return [...new Set(wanted)].map((resource) => ({ kind: 'resource', resource, namespace }));
}

/** Finds the subject in the cluster as it is now. */
export function resolveSubject(spec: SubjectSpec, view: ClusterView): ResolvedSubject {
  if ('user' in spec) {
    return {
      subject: { user: spec.user, groups: [...spec.groups, 'system:authenticated'], label: `User ${spec.user}` },
    };
  }
  const { namespace } = spec;
  let name: string;
  if ('workload' in spec) {
    const workload = parseWorkload(spec.workload, namespace);
    const object = workloadObject(view, workload);
    if (!object) {
      return {
        missing: `the ${describeWorkload(workload)} does not exist in namespace ${namespace}`,
        command: `kubectl get ${spec.workload} -n ${namespace}`,
      };
    }
    // Who the Pods really are: one that was smuggled in may be somebody else.
    for (const pod of podsOf(view, workload)) {
      const other = deviation(pod, object);
      if (other) return { missing: other, command: `kubectl get pod ${pod.metadata.name} -n ${namespace} -o yaml` };
    }
    name = podSpecOf(object)?.serviceAccountName || 'default';
  } else {
    name = spec.serviceAccount;
  }
  if (!view.get(resources.serviceAccounts, namespace, name)) {
    return {
      missing: `the ServiceAccount ${name} does not exist in namespace ${namespace}`,
      command: `kubectl get serviceaccounts -n ${namespace}`,
    };
  }
  return { subject: serviceAccountSubject(namespace, name) };
}
