import { parseAllDocuments } from 'yaml';
import { grantsOf } from '../../src/checks/access/grants.ts';
import type { AccessQuestion, Baseline, ClusterView, ContainerLog, WorkloadRef } from '../../src/checks/types.ts';
import { podsOf } from '../../src/checks/workloads/workload.ts';
import type { Pod } from '../../src/kube/api.gen.ts';
import { apiVersionOf, type KubeObject, type Resource, type Stored } from '../../src/kube/meta.ts';
import { allows } from '../../src/kube/rules.ts';

/** Objects of a YAML text as an API server would return them. */
export function objectsOf(text: string): Stored[] {
  return parseAllDocuments(text).flatMap((document, index) => {
    const object = document.toJS() as KubeObject | null;
    if (!object) return [];
    const defaults = {
      uid: `uid-${object.kind}-${object.metadata?.name}`,
      resourceVersion: String(index + 1),
      creationTimestamp: '2026-01-01T00:00:00Z',
    };
    return [{ ...object, metadata: { ...defaults, ...object.metadata } } as Stored];
  });
}

export function objectSet(objects: readonly Stored[]): Baseline {
  const list = <T extends KubeObject>(r: Resource<T>, namespace?: string) =>
    objects.filter(
      (o) =>
        o.kind === r.kind &&
        o.apiVersion === apiVersionOf(r) &&
        (!namespace || !r.namespaced || o.metadata.namespace === namespace),
    ) as Stored<T>[];
  return { list, get: (r, namespace, name) => list(r, namespace).find((o) => o.metadata.name === name) };
}

export interface FakeViewOptions {
  objects: string;
  baseline?: string;
  /** Lines of every container, as `seconds before now` and text. */
  logs?: [number, string][];
  running?: boolean;
  /** Names of Pods without a log. */
  silent?: string[];
  now?: number;
  /** Events that were deleted. */
  buried?: string;
  /** What commands in containers do. */
  exec?: ClusterView['exec'];
  fetch?: ClusterView['fetch'];
  /** Files of the answers folder. */
  answers?: Record<string, string>;
}

/** A view of a cluster that is written down as YAML; access reviews follow its RBAC objects. */
export function fakeView({
  objects,
  baseline = objects,
  logs = [],
  running = true,
  silent = [],
  buried = '',
  exec = async () => ({ stdout: '', stderr: '', exitCode: 0, message: '' }),
  fetch = async () => undefined,
  answers = {},
  now = Date.parse('2026-01-01T01:00:00Z'),
}: FakeViewOptions): ClusterView & { wakes: number[] } {
  const live = objectSet(objectsOf(objects));
  const wakes: number[] = [];
  return {
    ...live,
    baseline: objectSet(objectsOf(baseline)),
    logs: (workload: WorkloadRef) =>
      podsOf(live, workload)
        .filter((pod) => !silent.includes(pod.metadata.name))
        .map(
          (pod): ContainerLog => ({
            pod,
            container: (pod as Stored<Pod>).spec?.containers[0]?.name ?? '',
            restartCount: 0,
            running,
            lines: logs.map(([age, text]) => ({ time: now - age * 1_000, text })),
          }),
        ),
    async review(q: AccessQuestion) {
      const namespace = /^system:serviceaccount:([^:]+):(.+)$/.exec(q.user);
      const subject = {
        user: q.user,
        groups: q.groups,
        label: q.user,
        ...(namespace ? { serviceAccount: { namespace: namespace[1] ?? '', name: namespace[2] ?? '' } } : {}),
      };
      const { verb, group = '', resource = '', subresource, name } = q;
      const grant = grantsOf(live, subject).find(
        (g) =>
          (!g.namespace || g.namespace === q.namespace) &&
          allows(g.rule, {
            resourceRequest: true,
            verb,
            group,
            resource,
            ...(subresource ? { subresource } : {}),
            ...(name ? { name } : {}),
          }),
      );
      return { allowed: grant !== undefined, reason: grant ? `RBAC: allowed by ${grant.binding}` : '' };
    },
    buried: objectSet(objectsOf(buried)).list,
    exec,
    fetch,
    answer: async (name) =>
      name in answers ? { text: answers[name] ?? '' } : { missing: `there is no file ${name} in the answers folder` },
    now: () => now,
    activatedAt: Date.parse('2026-01-01T00:30:00Z'),
    wakeIn: (ms) => void wakes.push(ms),
    wakes,
  };
}

/** A Deployment `api-client` in `project-swan` with one Pod, as set-up leaves it. */
export const swan = (serviceAccount = 'default') => `
apiVersion: v1
kind: ServiceAccount
metadata: { name: default, namespace: project-swan }
---
apiVersion: v1
kind: ServiceAccount
metadata: { name: pod-lister, namespace: project-swan }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: api-client, namespace: project-swan, generation: 1 }
spec:
  replicas: 1
  template:
    spec:
      serviceAccountName: ${serviceAccount}
      containers: [{ name: client, image: kubectl, command: [sh, -c, loop] }]
status: { observedGeneration: 1, replicas: 1, updatedReplicas: 1, availableReplicas: 1 }
---
apiVersion: apps/v1
kind: ReplicaSet
metadata:
  name: api-client-1
  namespace: project-swan
  annotations: { deployment.kubernetes.io/revision: "1" }
  ownerReferences: [{ apiVersion: apps/v1, kind: Deployment, name: api-client, uid: uid-Deployment-api-client, controller: true }]
spec:
  template:
    spec:
      serviceAccountName: ${serviceAccount}
      containers: [{ name: client, image: kubectl, command: [sh, -c, loop] }]
---
apiVersion: v1
kind: Pod
metadata:
  name: api-client-1-x
  namespace: project-swan
  ownerReferences: [{ apiVersion: apps/v1, kind: ReplicaSet, name: api-client-1, uid: uid-ReplicaSet-api-client-1, controller: true }]
spec:
  serviceAccountName: ${serviceAccount}
  containers: [{ name: client, image: kubectl, command: [sh, -c, loop] }]
status:
  conditions: [{ type: Ready, status: "True" }]
  containerStatuses: [{ name: client, ready: true, restartCount: 0, image: kubectl, imageID: x, state: { running: { startedAt: "2026-01-01T00:30:00Z" } } }]
---
`;

export const role = (rules: string, name = 'pod-reader', namespace = 'project-swan') => `
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: ${name}, namespace: ${namespace} }
rules: ${rules}
---
`;

export const binding = (options: { namespace?: string; subject?: string; role?: string } = {}) => `
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: pod-reader, namespace: ${options.namespace ?? 'project-swan'} }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: ${options.role ?? 'pod-reader'} }
subjects: [${options.subject ?? '{ kind: ServiceAccount, name: default, namespace: project-swan }'}]
---
`;
