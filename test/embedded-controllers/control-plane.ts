/** A registry with some kinds, its in-process client and informers: what controllers need, without a server. */
import { defaultAdmission } from '../../src/embedded/admission/index.ts';
import type { ComponentContext, User } from '../../src/embedded/api.ts';
import { InProcessClient } from '../../src/embedded/client/client.ts';
import { StoreInformers } from '../../src/embedded/client/informers.ts';
import type { ObjectReader, ResourceDefinition } from '../../src/embedded/definition.ts';
import { createManagedFields, createPatcher } from '../../src/embedded/patch/index.ts';
import { createAuthorizer } from '../../src/embedded/rbac/authorizer.ts';
import { bootstrapRbac } from '../../src/embedded/rbac/bootstrap.ts';
import { rbacRevision } from '../../src/embedded/rbac/revision.ts';
import type { Authorizer } from '../../src/embedded/rbac/types.ts';
import { GenericRegistry } from '../../src/embedded/registry/registry.ts';
import { clusterRoleBindingResource } from '../../src/embedded/resources/cluster-role-bindings.ts';
import { clusterRoleResource } from '../../src/embedded/resources/cluster-roles.ts';
import { configMapResource } from '../../src/embedded/resources/config-maps.ts';
import { namespaceResource } from '../../src/embedded/resources/namespaces.ts';
import { podResource } from '../../src/embedded/resources/pods.ts';

import { roleBindingResource } from '../../src/embedded/resources/role-bindings.ts';
import { roleResource } from '../../src/embedded/resources/roles.ts';
import { secretResource } from '../../src/embedded/resources/secrets.ts';
import { serviceAccountResource } from '../../src/embedded/resources/service-accounts.ts';
import { Store } from '../../src/embedded/store/store.ts';
import { ManualClock } from '../../src/kernel/clock.ts';
import { clusterRoleBindings, clusterRoles, namespaces } from '../../src/kube/resources.ts';

const definitions = [
  namespaceResource,
  podResource,
  configMapResource,
  secretResource,
  serviceAccountResource,
  roleResource,
  roleBindingResource,
  clusterRoleResource,
  clusterRoleBindingResource,
] as ResourceDefinition[];

export const admin: User = { name: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] };

export async function controlPlane() {
  const clock = new ManualClock();
  const store = new Store({ clock });
  const abort = new AbortController();
  let reader: ObjectReader | undefined;
  const late: ObjectReader = {
    read: (r, namespace, name) => reader?.read(r, namespace, name),
    listAll: (r, namespace) => reader?.listAll(r, namespace) ?? [],
  };
  const authorizer: Authorizer = createAuthorizer({ reader: late, revision: rbacRevision(store) });
  const registry = new GenericRegistry({
    store,
    definitions,
    admission: defaultAdmission(authorizer),
    patcher: createPatcher(),
    managedFields: createManagedFields(),
    handlers: new Map(),
    clock,
  });
  reader = registry.reader;
  const client = new InProcessClient(registry, { user: admin, fieldManager: 'test' });
  await client.create(namespaces, { metadata: { name: 'kube-system' } });
  for (const object of bootstrapRbac()) {
    if (object.kind === 'ClusterRole') await client.create(clusterRoles, object);
    if (object.kind === 'ClusterRoleBinding') await client.create(clusterRoleBindings, object as never);
  }
  const context: ComponentContext = {
    client,
    informers: new StoreInformers(store, registry, abort.signal),
    clock,
    signal: abort.signal,
    report: () => {},
    recorder: () => ({ event() {} }),
    resources: () => definitions,
    staleGroups: () => [],
    cluster: {
      caCertificate: 'PEM',
      apiServer: { host: '127.0.0.1', port: 1 },
      serviceCidr: '10.96.0.0/12',
      podCidr: '10.244.0.0/16',
    },
  };
  /** Resolves once `look` gives something; the clock stands still meanwhile. */
  async function until<T>(look: () => T | undefined): Promise<T> {
    for (let turn = 0; turn < 200; turn++) {
      const found = look();
      if (found) return found;
      await new Promise((resolve) => setImmediate(resolve));
    }
    throw new Error(`never: ${look}`);
  }
  return { clock, client, context, informers: context.informers, authorizer, until, stop: () => abort.abort() };
}
