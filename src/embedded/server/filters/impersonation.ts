import { setOwn } from '../../../kernel/own.ts';
import { type ImpersonationTarget, impersonatedUser, impersonationChecks } from '../../rbac/impersonation.ts';
import type { Authorizer } from '../../rbac/types.ts';
import { badRequest } from '../../registry/status.ts';
import type { Exchange } from '../exchange.ts';
import { requireAllowed } from './authorization.ts';
import type { Filter } from './chain.ts';

const extraPrefix = 'impersonate-extra-';

/** Impersonate-User, -Group, -Uid and -Extra-*: acts as somebody else if every one of them is allowed. */
export function impersonation(authorizer: Authorizer): Filter {
  return async (exchange, next) => {
    const target = readTarget(exchange);
    if (target) {
      for (const attributes of impersonationChecks(exchange.user, target)) requireAllowed(authorizer, attributes);
      exchange.user = impersonatedUser(target);
    }
    return next();
  };
}

function readTarget(exchange: Exchange): ImpersonationTarget | undefined {
  const name = exchange.values('impersonate-user')[0] ?? '';
  const uid = exchange.values('impersonate-uid')[0] ?? '';
  const groups = exchange.values('impersonate-group');
  const extra: Record<string, string[]> = {};
  for (const header of Object.keys(exchange.headers)) {
    if (header.startsWith(extraPrefix))
      setOwn(extra, decode(header.slice(extraPrefix.length)), exchange.values(header));
  }
  if (name === '') {
    // Printed as Go prints a list of ObjectReferences: kind, namespace, name, uid, apiVersion, resourceVersion, fieldPath.
    const requested = [
      ...groups.map((group) => `{Group  ${group}    }`),
      ...Object.entries(extra).flatMap(([key, values]) =>
        values.map((value) => `{UserExtra  ${value}  authentication.k8s.io/v1  ${key}}`),
      ),
      ...(uid === '' ? [] : [`{UID  ${uid}  authentication.k8s.io/v1  }`]),
    ];
    if (requested.length > 0) throw badRequest(`requested [${requested.join(' ')}] without impersonating a user`);
    return undefined;
  }
  return {
    name,
    groups,
    ...(uid !== '' && { uid }),
    ...(Object.keys(extra).length > 0 && { extra }),
  };
}

function decode(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}
