import type { ValidatingAdmissionPolicy } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { customResourceDefinitions, validatingAdmissionPolicies } from '../../../kube/resources.ts';
import { builtinType, customType } from '../../admission/policy/object-types.ts';
import { expressionWarnings, type GroupVersionKind, type KindTypes } from '../../admission/policy/type-checking.ts';
import type { Component, ComponentContext } from '../../api.ts';
import { WorkQueue } from '../../client/work-queue.ts';
import { findFacts } from '../../codec/facts.ts';
import { controllerClient } from '../identity.ts';

const fieldManager = 'validatingadmissionpolicy-status';

/** Tells in the status of policies what their expressions get wrong on the kinds that they match. */
export const policyStatus: Component = {
  name: 'validatingadmissionpolicy-status',
  start(context) {
    const { clock, signal, informers, report } = context;
    const client = controllerClient(context, 'validatingadmissionpolicy-status-controller');
    const policies = informers.of(validatingAdmissionPolicies);
    const types = kindTypes(context);
    const queue = new WorkQueue({
      clock,
      signal,
      report,
      async sync(name) {
        const policy = policies.get(undefined, name);
        const { generation = 0 } = policy?.metadata ?? {};
        if (!policy || generation <= (policy.status?.observedGeneration ?? 0)) return;
        const warnings = expressionWarnings(policy, types);
        const status = {
          observedGeneration: generation,
          typeChecking: warnings.length > 0 ? { expressionWarnings: warnings } : {},
        };
        const patch = { apiVersion: policy.apiVersion, kind: policy.kind, metadata: { name }, status };
        const options = { subresource: 'status', fieldManager, force: true };
        await client.patch(validatingAdmissionPolicies, undefined, name, 'apply', patch, options);
      },
    });
    const enqueue = (policy: Stored<ValidatingAdmissionPolicy>) => queue.add(policy.metadata.name);
    policies.on({ add: enqueue, update: enqueue });
  },
};

/** The kinds that are served now. */
function kindTypes({ resources, informers, clock }: ComponentContext): KindTypes {
  const definitions = informers.of(customResourceDefinitions);
  const served = ({ group, version }: Pick<GroupVersionKind, 'group' | 'version'>) =>
    resources().filter((one) => one.group === group && one.version === version);
  return {
    kindOf(group, version, resource) {
      const found = served({ group, version }).find((one) => one.resource === resource);
      return found && { group, version, kind: found.kind };
    },
    typeOf(wanted) {
      const found = served(wanted).find((one) => one.kind === wanted.kind);
      if (!found) return undefined;
      const { group, version, resource, kind } = found;
      const name = `${kind}${(clock.now() % 1000) * 1_000_000}`;
      const facts = findFacts(group, version, resource);
      if (facts) return builtinType(facts.schema, name);
      const crd = definitions.get(undefined, `${resource}.${group}`);
      return crd && customType(crd, version, name);
    },
  };
}
