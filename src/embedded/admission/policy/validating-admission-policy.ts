import { ownValue } from '../../../kernel/own.ts';
import type { ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { validatingAdmissionPolicies, validatingAdmissionPolicyBindings } from '../../../kube/resources.ts';
import type { Authorizer } from '../../rbac/types.ts';
import { ApiError } from '../../registry/status.ts';
import { refusal } from '../refuse.ts';
import type { AdmissionAttributes, AdmissionPlugin } from '../types.ts';
import { type Denial, evaluatePolicy } from './evaluate.ts';
import { isExempt, matchesRequest } from './matching.ts';
import { paramsOf } from './params.ts';
import { celObject, requestValues } from './values.ts';

const codes: Readonly<Record<string, number>> = {
  Forbidden: 403,
  Unauthorized: 401,
  RequestEntityTooLarge: 413,
  Invalid: 422,
};

/** Policies in CEL, as their bindings put them into force (KEP-3488). */
export const validatingAdmissionPolicy = (authorizer: Authorizer): AdmissionPlugin => ({
  name: 'ValidatingAdmissionPolicy',
  validate(attributes) {
    if (isExempt(attributes)) return;
    const bindings = attributes.listAll(validatingAdmissionPolicyBindings);
    if (bindings.length === 0) return;
    let values: Map<string, unknown> | undefined;
    const refusals: ApiError[] = [];
    for (const policy of attributes.listAll(validatingAdmissionPolicies)) {
      if (!matchesRequest(policy.spec?.matchConstraints, attributes)) continue;
      for (const binding of bindings) {
        if (binding.spec?.policyName !== policy.metadata.name) continue;
        if (!matchesRequest(binding.spec.matchResources, attributes)) continue;
        values ??= requestValues(attributes, authorizer);
        refusals.push(...enforce(policy, binding, evaluateBinding(policy, binding, values, attributes), attributes));
      }
    }
    const [first] = refusals;
    if (first) throw first;
  },
});

function evaluateBinding(
  policy: Stored<ValidatingAdmissionPolicy>,
  binding: ValidatingAdmissionPolicyBinding,
  values: ReadonlyMap<string, unknown>,
  attributes: AdmissionAttributes,
): Denial[] {
  const kind = policy.spec?.paramKind;
  if (!kind) return evaluatePolicy(policy, values, null);
  const found = paramsOf(kind, binding.spec?.paramRef, attributes);
  if ('problem' in found) {
    if (policy.spec?.failurePolicy === 'Ignore') return [];
    return [{ message: `failed to configure binding: ${found.problem}`, reason: undefined }];
  }
  // Without a reference the policy has no parameter.
  if (!binding.spec?.paramRef) return evaluatePolicy(policy, values, null);
  return found.params.flatMap(({ definition, object }) =>
    evaluatePolicy(policy, values, celObject(definition, object)),
  );
}

/** Does what the binding says with what was found: refuses, warns. Audit leaves no trace here: there is no audit log. */
function enforce(
  policy: Stored<ValidatingAdmissionPolicy>,
  binding: Stored<ValidatingAdmissionPolicyBinding>,
  denials: readonly Denial[],
  attributes: AdmissionAttributes,
): ApiError[] {
  const actions = binding.spec?.validationActions ?? [];
  const names = `ValidatingAdmissionPolicy '${policy.metadata.name}' with binding '${binding.metadata.name}'`;
  if (actions.includes('Warn')) {
    for (const { message } of denials) attributes.warn(`Validation failed for ${names}: ${message}`);
  }
  if (!actions.includes('Deny')) return [];
  return denials.map(({ message, reason = 'Invalid' }) => {
    const text = `${names} denied request: ${message}`;
    const { status } = refusal(attributes, text);
    return new ApiError({
      ...status,
      reason,
      code: ownValue(codes, reason) ?? 422,
      message: status.message ?? text,
      details: { ...status.details, causes: [{ message: text }] },
    });
  });
}
