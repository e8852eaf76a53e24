import { quote } from '../../errors/field.ts';
import { ApiError, forbidden } from '../../errors/status.ts';
import type { AuthorizationAttributes, Authorizer } from '../../rbac/types.ts';
import type { RequestInfo } from '../request-info.ts';
import type { Filter } from './chain.ts';

/** Lets a request through if the authorizer allows it; else 403 with what was asked for. */
export function authorization(authorizer: Authorizer): Filter {
  return async (exchange, next) => {
    requireAllowed(authorizer, { user: exchange.user, verb: exchange.info.verb, ...subjectOf(exchange.info) });
    return next();
  };
}

function subjectOf(info: RequestInfo) {
  if (!info.isResourceRequest) return { resourceRequest: false as const, path: info.path };
  return {
    resourceRequest: true as const,
    group: info.group,
    version: info.version,
    resource: info.resource,
    ...(info.subresource !== '' && { subresource: info.subresource }),
    ...(info.namespace !== '' && { namespace: info.namespace }),
    ...(info.name !== '' && { name: info.name }),
    ...(info.fieldSelector !== undefined && { fieldSelector: info.fieldSelector }),
    ...(info.labelSelector !== undefined && { labelSelector: info.labelSelector }),
  };
}

/** @throws 403 with kube-apiserver's text, the authorizer's reason behind it */
export function requireAllowed(authorizer: Authorizer, attributes: AuthorizationAttributes): void {
  const { allowed, reason } = authorizer.authorize(attributes);
  if (allowed) return;
  const why = `${describe(attributes)}${reason === '' ? '' : `: ${reason}`}`;
  if (attributes.resourceRequest) throw forbidden(attributes, attributes.name ?? '', why);
  throw new ApiError({ code: 403, reason: 'Forbidden', message: `forbidden: ${why}`, details: {} });
}

function describe(attributes: AuthorizationAttributes): string {
  const user = quote(attributes.user.name);
  const { verb } = attributes;
  if (!attributes.resourceRequest) return `User ${user} cannot ${verb} path ${quote(attributes.path)}`;
  const { resource, subresource, group, namespace } = attributes;
  const what = quote(subresource ? `${resource}/${subresource}` : resource);
  const where = namespace ? `in the namespace ${quote(namespace)}` : 'at the cluster scope';
  return `User ${user} cannot ${verb} resource ${what} in API group ${quote(group)} ${where}`;
}
