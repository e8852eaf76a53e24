import type { User } from '../api.ts';
import type { AuthorizationAttributes } from './types.ts';
import {
  anonymousUser,
  authenticatedGroup,
  parseServiceAccount,
  serviceAccountGroups,
  unauthenticatedGroup,
} from './users.ts';

/** What the Impersonate-* headers ask for, as they were sent (extra keys decoded and in lower case). */
export interface ImpersonationTarget {
  name: string;
  uid?: string;
  groups: readonly string[];
  extra?: Readonly<Record<string, readonly string[]>>;
}

/** What the requester has to be allowed before it may act as `target`, in the order in which kube-apiserver asks. */
export function impersonationChecks(requester: User, target: ImpersonationTarget): AuthorizationAttributes[] {
  const check = (
    group: string,
    resource: string,
    name: string,
    more: { namespace?: string; subresource?: string } = {},
  ): AuthorizationAttributes => ({
    user: requester,
    verb: 'impersonate',
    resourceRequest: true,
    group,
    version: 'v1',
    resource,
    name,
    ...more,
  });
  const account = parseServiceAccount(target.name);
  const authentication = 'authentication.k8s.io';
  return [
    account
      ? check('', 'serviceaccounts', account.name, { namespace: account.namespace })
      : check('', 'users', target.name),
    ...target.groups.map((group) => check('', 'groups', group)),
    ...Object.entries(target.extra ?? {}).flatMap(([key, values]) =>
      values.map((value) => check(authentication, 'userextras', value, { subresource: key })),
    ),
    ...(target.uid ? [check(authentication, 'uids', target.uid)] : []),
  ];
}

/** The user that an allowed impersonation acts as: service accounts get their groups, everybody system:authenticated. */
export function impersonatedUser(target: ImpersonationTarget): User {
  const account = parseServiceAccount(target.name);
  const groups = target.groups.length === 0 && account ? serviceAccountGroups(account.namespace) : [...target.groups];
  const anonymous = target.name === anonymousUser;
  if (anonymous && !groups.includes(unauthenticatedGroup)) groups.push(unauthenticatedGroup);
  if (!anonymous && !groups.includes(authenticatedGroup) && !groups.includes(unauthenticatedGroup)) {
    groups.push(authenticatedGroup);
  }
  return {
    name: target.name,
    groups,
    ...(target.uid && { uid: target.uid }),
    ...(target.extra && Object.keys(target.extra).length > 0 && { extra: target.extra }),
  };
}
