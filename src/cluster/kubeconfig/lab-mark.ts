import { UserError } from '../../kernel/errors.ts';
import { type KubeClient, KubeError } from '../../kube/client.ts';
import * as resources from '../../kube/resources.ts';

/** Where the mark is: a ConfigMap that every user of the cluster may read. */
export const markNamespace = 'kube-public';
export const markName = 'kubedrill-lab';
/** The label that says what it is. */
export const markLabel = 'kubedrill.dev/lab';

/** What an owner should see before giving a cluster to kubedrill. */
export interface ClusterPortrait {
  context: string;
  server: string;
  version: string;
  nodes: string[];
  /** Namespaces that Kubernetes itself did not make. */
  namespaces: string[];
  pods: number;
  /** When it was created: the age of kube-system. */
  createdAt: string;
  marked: boolean;
}

/** Looks at a cluster; changes nothing. Needs the right to list what is in all of it. */
export async function portrayCluster(client: KubeClient, context: string): Promise<ClusterPortrait> {
  const [version, nodes, namespaces, pods, marked] = await Promise.all([
    client.request<{ gitVersion: string }>('GET', '/version'),
    client.list(resources.nodes),
    client.list(resources.namespaces),
    client.list(resources.pods),
    isMarked(client),
  ]);
  const system = namespaces.items.find((n) => n.metadata.name === 'kube-system');
  return {
    context,
    server: client.server,
    version: version.gitVersion,
    nodes: nodes.items.map((n) => n.metadata.name),
    namespaces: namespaces.items.map((n) => n.metadata.name).filter((n) => n !== 'default' && !n.startsWith('kube-')),
    pods: pods.items.filter((p) => p.metadata.namespace !== 'kube-system').length,
    createdAt: system?.metadata.creationTimestamp ?? '',
    marked,
  };
}

/** Whether somebody said that this cluster is for exercises. */
export async function isMarked(client: KubeClient): Promise<boolean> {
  const mark = await client.find(resources.configMaps, markNamespace, markName).catch((error: unknown) => {
    // Who may not even read it has not adopted it.
    if (error instanceof KubeError && error.code === 403) return undefined;
    throw error;
  });
  return mark?.metadata.labels?.[markLabel] === 'true';
}

/** Refuses a cluster that is not a lab, by the name and address that its user knows. */
export async function requireMark(client: KubeClient, context: string): Promise<void> {
  if (await isMarked(client)) return;
  throw new UserError({
    what: `the cluster of context ${context} (${client.server}) is not marked as a lab`,
    why: 'scenarios break things on purpose, and resets delete what they do not know',
    next: `if it is only for exercises: kubedrill cluster adopt --context ${context}`,
  });
}

const manager = 'kubedrill';

/** Marks a cluster as a lab, so that all its users can see it. Needs rights in kube-public. */
export async function mark(client: KubeClient): Promise<void> {
  const metadata = { name: markName, namespace: markNamespace, labels: { [markLabel]: 'true' } };
  const role = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: markName };
  const readers = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'system:authenticated' };
  const data = { note: 'Exercises of kubedrill change and delete anything here.' };
  const rules = [{ apiGroups: [''], resources: ['configmaps'], resourceNames: [markName], verbs: ['get'] }];
  await client.apply(resources.configMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata, data }, manager);
  const rbac = { apiVersion: 'rbac.authorization.k8s.io/v1', metadata };
  await client.apply(resources.roles, { ...rbac, kind: 'Role', rules }, manager);
  const binding = { ...rbac, kind: 'RoleBinding', roleRef: role, subjects: [readers] };
  await client.apply(resources.roleBindings, binding, manager);
}
