import type { ObjectMeta } from '../../kube/api.gen.ts';
import type { KubeObject } from '../../kube/meta.ts';
import { bootstrapObjects } from '../generated/rbac.gen.ts';

/**
 * The roles and bindings of a fresh v1.35 control plane, aggregated rules filled in (as recorded in
 * fixtures/kubernetes/rbac). The namespaces kube-system and kube-public have to exist before they are created.
 * Every call makes new objects.
 */
export function bootstrapRbac(): KubeObject[] {
  return Object.entries(bootstrapObjects).flatMap(([kind, text]) =>
    (JSON.parse(text) as { metadata: ObjectMeta }[]).map(({ metadata, ...rest }) => ({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind,
      metadata: {
        ...metadata,
        labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults', ...metadata.labels },
        annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'true', ...metadata.annotations },
      },
      ...rest,
    })),
  );
}
