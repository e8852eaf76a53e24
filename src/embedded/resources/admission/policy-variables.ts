import type { ValidatingAdmissionPolicySpec } from '../../../kube/api.gen.ts';

/** The variables that expressions of a policy may use, with their types. */
export function policyVariables(
  spec: Pick<ValidatingAdmissionPolicySpec, 'paramKind'>,
  options: { authorizer: boolean },
): Readonly<Record<string, string>> {
  return {
    object: 'dyn',
    oldObject: 'dyn',
    request: 'dyn',
    namespaceObject: 'dyn',
    variables: 'dyn',
    ...(spec.paramKind && { params: 'dyn' }),
    ...(options.authorizer && { authorizer: 'kubernetes.authorization.Authorizer' }),
  };
}
