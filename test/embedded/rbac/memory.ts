/** A few objects in memory, read as the registry reads them. */

import type { ObjectReader } from '../../../src/embedded/definition.ts';
import type { KubeObject, Resource, Stored } from '../../../src/kube/meta.ts';

export class Memory implements ObjectReader {
  revision: number;
  readonly #objects = new Map<string, Stored>();

  constructor(objects: readonly KubeObject[] = [], revision = 0) {
    this.revision = revision;
    for (const object of objects) this.put(object);
  }

  put(object: KubeObject): Stored {
    const metadata = {
      name: '',
      uid: `uid-${this.revision}`,
      creationTimestamp: '2026-01-01T00:00:00Z',
      ...object.metadata,
    };
    const stored = { ...object, metadata: { ...metadata, resourceVersion: String(++this.revision) } };
    this.#objects.set(key(object.kind ?? '', metadata.namespace, metadata.name), stored);
    return stored;
  }

  remove(kind: string, namespace: string | undefined, name: string): void {
    this.revision++;
    this.#objects.delete(key(kind, namespace, name));
  }

  read<T extends KubeObject>(r: Resource<T>, namespace: string | undefined, name: string): Stored<T> | undefined {
    return this.#objects.get(key(r.kind, r.namespaced ? namespace : undefined, name)) as Stored<T> | undefined;
  }

  listAll<T extends KubeObject>(r: Resource<T>, namespace?: string): Stored<T>[] {
    return [...this.#objects.values()].filter(
      (o) => o.kind === r.kind && (!namespace || o.metadata.namespace === namespace),
    ) as Stored<T>[];
  }
}

const key = (kind: string, namespace: string | undefined, name: string) => `${kind}/${namespace ?? ''}/${name}`;

const apiVersion = 'rbac.authorization.k8s.io/v1';
const apiGroup = 'rbac.authorization.k8s.io';

export const role = (namespace: string, name: string, rules: unknown[]) => ({
  apiVersion,
  kind: 'Role',
  metadata: { namespace, name },
  rules,
});

export const clusterRole = (name: string, rules: unknown[], more: object = {}) => ({
  apiVersion,
  kind: 'ClusterRole',
  metadata: { name },
  rules,
  ...more,
});

export const subject = (kind: string, name: string, namespace?: string) =>
  kind === 'ServiceAccount' ? { kind, name, namespace } : { apiGroup, kind, name };

export const roleBinding = (namespace: string, name: string, ref: string, subjects: unknown[]) => {
  const [kind = '', roleName = ''] = ref.split('/');
  return {
    apiVersion,
    kind: 'RoleBinding',
    metadata: { namespace, name },
    roleRef: { apiGroup, kind, name: roleName },
    subjects,
  };
};

export const clusterRoleBinding = (name: string, roleName: string, subjects: unknown[]) => ({
  apiVersion,
  kind: 'ClusterRoleBinding',
  metadata: { name },
  roleRef: { apiGroup, kind: 'ClusterRole', name: roleName },
  subjects,
});
