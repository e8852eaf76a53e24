import { clusterRoleBindings, clusterRoles, roleBindings, roles } from '../../kube/resources.ts';
import { bucketOf } from '../registry/keys.ts';
import type { Store } from '../store/store.ts';

/** Counts the writes to roles and bindings within the write itself: the `revision` of an authorizer. */
export function rbacRevision(store: Pick<Store, 'observe'>): () => number {
  let revision = 0;
  for (const resource of [roles, clusterRoles, roleBindings, clusterRoleBindings]) {
    store.observe(bucketOf(resource), () => void revision++);
  }
  return () => revision;
}
