import * as z from 'zod';
import type { PodSpec } from '../kube/api.gen.ts';
import type { Stored } from '../kube/meta.ts';
import * as resources from '../kube/resources.ts';
import type { ClusterView, Need } from './types.ts';
import { describeWorkload, parseWorkload, podsOf, resourceOfWorkload, workloadName } from './workload.ts';

/** Who a check is about: a ServiceAccount by name, the one a workload's Pods use, or a user. */
export const subjectSchema = z.union([
  z.strictObject({ workload: workloadName, namespace: z.string() }),
  z.strictObject({ serviceAccount: z.string(), namespace: z.string() }),
  z.strictObject({ user: z.string(), groups: z.array(z.string()).default([]) }),
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
    const object = view.get(resourceOfWorkload(workload), namespace, workload.name);
    if (!object) {
      return {
        missing: `the ${describeWorkload(workload)} does not exist in namespace ${namespace}`,
        command: `kubectl get ${spec.workload} -n ${namespace}`,
      };
    }
    // The Pods decide: a template that was just changed is not yet anybody's identity.
    const pod = podsOf(view, workload)[0];
    name = (pod?.spec ?? podSpecOf(object))?.serviceAccountName || 'default';
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

/** The Pod spec inside a workload object, whatever its kind. */
export function podSpecOf(object: Stored): PodSpec | undefined {
  const { spec } = object as { spec?: Record<string, unknown> };
  const holder =
    (object.kind === 'CronJob' ? (spec?.jobTemplate as { spec?: Record<string, unknown> })?.spec : spec) ?? {};
  if ('containers' in holder) return holder as unknown as PodSpec;
  return (holder.template as { spec?: PodSpec } | undefined)?.spec;
}
