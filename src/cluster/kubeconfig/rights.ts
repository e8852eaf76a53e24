import { stringify } from 'yaml';
import { EnvironmentError } from '../../kernel/errors.ts';
import type { KubeClient } from '../../kube/client.ts';
import type { ClusterRight } from '../provider.ts';

/** What we may do: all of it, or what was asked for. */
export type Reach = 'cluster' | 'namespaces';

/**
 * Asks the cluster whether we have the rights that a lab needs. Rejects with an EnvironmentError that says which are
 * missing, and prints the ClusterRole that grants them.
 */
export async function requireRights(
  client: KubeClient,
  context: string,
  rights: readonly ClusterRight[],
): Promise<Reach> {
  if (await may(client, { verb: '*', group: '*', resource: '*' })) return 'cluster';
  const asked = rights.length > 0 ? rights : [{ verb: '*', group: '*', resource: '*' }];
  const answers = await Promise.all(asked.map((right) => may(client, right)));
  const missing = asked.filter((_, index) => !answers[index]);
  if (missing.length === 0) return 'namespaces';
  throw new EnvironmentError({
    what: `your user lacks rights on the cluster of context ${context} (${client.server})`,
    why: [...new Set(missing.map(describe))].join(', '),
    next: `let its administrator grant them (ClusterRoleBinding, or RoleBindings in the namespaces):\n${clusterRole(missing)}`,
  });
}

async function may(client: KubeClient, { verb, group, resource, namespace }: ClusterRight): Promise<boolean> {
  const [name = resource, subresource] = resource.split('/');
  const review = await client.request<{ status?: { allowed?: boolean } }>(
    'POST',
    '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
    {
      body: {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        spec: {
          resourceAttributes: {
            verb,
            group,
            resource: name,
            ...(subresource && { subresource }),
            ...(namespace && { namespace }),
          },
        },
      },
    },
  );
  return review.status?.allowed ?? false;
}

function describe({ verb, group, resource, namespace }: ClusterRight): string {
  const type = group === '' ? resource : `${resource}.${group}`;
  return `${verb} ${type}${namespace ? ` in ${namespace}` : ''}`;
}

/** One rule a resource, as short as it gets. */
export function clusterRole(rights: readonly ClusterRight[]): string {
  const byResource = Map.groupBy(rights, ({ group, resource }) => `${group} ${resource}`);
  const rules = [...byResource.values()].map((list) => ({
    apiGroups: [list[0]?.group ?? ''],
    resources: [list[0]?.resource ?? ''],
    verbs: [...new Set(list.map((right) => right.verb))],
  }));
  return stringify({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: 'kubedrill' },
    rules,
  }).trimEnd();
}
