import { allows } from '../../kube/rules.ts';
import type { ObjectReader } from '../definition.ts';
import { authorizeNode } from './node-authorizer.ts';
import { describeSource, RuleResolver } from './resolver.ts';
import type { Authorizer, Decision } from './types.ts';
import { isSuperuser } from './users.ts';

/**
 * The authorizers of a kubeadm control plane (`--authorization-mode=Node,RBAC`) in their order: system:masters may do
 * everything, then kubelets, then RBAC; the first that allows decides, the reasons of the others are joined.
 * `revision` changes with every change of a role or a binding (see RuleResolver).
 */
export function createAuthorizer(options: { reader: ObjectReader; revision: () => unknown }): Authorizer {
  const { reader } = options;
  const resolver = new RuleResolver(reader, options.revision);
  return {
    authorize(attributes): Decision {
      if (isSuperuser(attributes.user)) return { allowed: true, reason: '' };
      const node = authorizeNode(attributes, reader);
      if (node.allowed) return node;
      const errors: string[] = [];
      for (const grant of resolver.grants(
        attributes.user,
        attributes.resourceRequest ? attributes.namespace : undefined,
      )) {
        if ('error' in grant) errors.push(grant.error);
        else if (allows(grant.rule, attributes)) {
          return { allowed: true, reason: `RBAC: allowed by ${describeSource(grant.source)}` };
        }
      }
      const reasons = [node.reason, errors.length > 0 ? `RBAC: ${aggregate(errors)}` : ''];
      return { allowed: false, reason: reasons.filter((reason) => reason !== '').join('\n') };
    },
    rulesFor: (user, namespace) => resolver.rulesFor(user, namespace),
  };
}

/** Several errors in one text, as apimachinery's Aggregate prints them: each once, in brackets. */
export function aggregate(errors: readonly string[]): string {
  const distinct = [...new Set(errors)];
  return distinct.length === 1 ? `${distinct[0]}` : `[${distinct.join(', ')}]`;
}
