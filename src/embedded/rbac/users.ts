/** The identities that Kubernetes itself knows: groups that everybody is in, service accounts, nodes. */
import type { User } from '../api.ts';

export const mastersGroup = 'system:masters';
export const authenticatedGroup = 'system:authenticated';
export const unauthenticatedGroup = 'system:unauthenticated';
export const anonymousUser = 'system:anonymous';
export const nodesGroup = 'system:nodes';

const serviceAccountPrefix = 'system:serviceaccount:';
const nodePrefix = 'system:node:';

/** `system:serviceaccount:<namespace>:<name>` */
export function serviceAccountUserName(namespace: string, name: string): string {
  return `${serviceAccountPrefix}${namespace}:${name}`;
}

/** The groups of a service account, without system:authenticated. */
export function serviceAccountGroups(namespace: string): string[] {
  return ['system:serviceaccounts', `system:serviceaccounts:${namespace}`];
}

/** The namespace and the name of a service account's user; undefined for other users. */
export function parseServiceAccount(userName: string): { namespace: string; name: string } | undefined {
  if (!userName.startsWith(serviceAccountPrefix)) return undefined;
  const [namespace, name, ...more] = userName.slice(serviceAccountPrefix.length).split(':');
  return namespace && name && more.length === 0 ? { namespace, name } : undefined;
}

/** The node that a kubelet's user speaks for; undefined for everybody else. */
export function nodeNameOf(user: User): string | undefined {
  if (!user.name.startsWith(nodePrefix) || !user.groups.includes(nodesGroup)) return undefined;
  return user.name.slice(nodePrefix.length);
}

/** Whether RBAC does not bind this user (group system:masters). */
export function isSuperuser(user: User): boolean {
  return user.groups.includes(mastersGroup);
}
