import { EnvironmentError } from '../../kernel/errors.ts';
import { type KubeClient, KubeError } from '../../kube/client.ts';
import type { ClusterRight } from '../provider.ts';
import { grantOf } from './grant.ts';

/** What we may do: all of it, or what was asked for. */
export type Reach = 'cluster' | 'namespaces';

const everything: ClusterRight = { verb: '*', group: '*', resource: '*' };

/**
 * Asks the cluster whether we have the rights that a lab needs; without any, all rights are needed. Rejects with an
 * EnvironmentError that says which are missing, with the manifest that grants them.
 */
export async function requireRights(
  client: KubeClient,
  context: string,
  rights: readonly ClusterRight[],
): Promise<Reach> {
  if (await may(client, everything)) return 'cluster';
  const asked = rights.length > 0 ? rights : [everything];
  const answers = await Promise.all(asked.map((right) => may(client, right)));
  const missing = asked.filter((_, index) => !answers[index]);
  if (missing.length === 0) return 'namespaces';
  const user = await whoAmI(client);
  throw new EnvironmentError({
    what: `${user ?? 'your user'} lacks rights on the cluster of context ${context} (${client.server})`,
    why: describeRights(missing).join(', '),
    next: `let its administrator apply this:\n${grantOf(missing, user ?? 'YOUR-USER')}`,
  });
}

/** SelfSubjectAccessReview: every user may ask what he may do himself. */
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

/** The user's name as RBAC knows it; undefined where the cluster does not tell (before Kubernetes 1.28). */
async function whoAmI(client: KubeClient): Promise<string | undefined> {
  try {
    const review = await client.request<{ status?: { userInfo?: { username?: string } } }>(
      'POST',
      '/apis/authentication.k8s.io/v1/selfsubjectreviews',
      { body: { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' } },
    );
    return review.status?.userInfo?.username;
  } catch (error) {
    if (error instanceof KubeError) return undefined;
    throw error;
  }
}

/** `create/delete deployments.apps in shop`, one a resource and namespace. */
function describeRights(rights: readonly ClusterRight[]): string[] {
  if (rights.includes(everything)) return ['all verbs on all resources'];
  const groups = Map.groupBy(rights, ({ group, resource, namespace }) => {
    const type = group === '' ? resource : `${resource}.${group}`;
    return `${type}${namespace ? ` in ${namespace}` : ''}`;
  });
  return [...groups].map(([where, list]) => `${[...new Set(list.map(({ verb }) => verb))].join('/')} ${where}`);
}
