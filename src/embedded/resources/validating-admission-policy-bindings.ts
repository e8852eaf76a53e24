import type { ParamRef, ValidatingAdmissionPolicyBinding } from '../../kube/api.gen.ts';
import { validatingAdmissionPolicyBindings } from '../../kube/resources.ts';
import { dnsSubdomain } from '../../kube/validation.ts';
import type { FieldError } from '../definition.ts';
import * as field from '../errors/field.ts';
import { defaultMatchResources, validateMatchResources } from './admission/match-resources.ts';
import { defineResource } from './define.ts';
import { age } from './printing/common.ts';
import { validateLabelSelector } from './validate/label-selector.ts';

const actions = ['Audit', 'Deny', 'Warn'];
const notFoundActions = ['Allow', 'Deny'];

function validateParamRef(ref: ParamRef | undefined, at: field.FieldPath): FieldError[] {
  if (ref === undefined) return [];
  const { name, selector, parameterNotFoundAction: action } = ref;
  const errors: FieldError[] = [];
  if (name) {
    errors.push(...field.invalidEach(at.child('name'), name, dnsSubdomain(name)));
    if (selector) errors.push(field.forbidden(at.child('name'), 'name and selector are mutually exclusive'));
  }
  if (selector) {
    if (Object.keys(selector).length === 0) errors.push(...validateLabelSelector(selector, at.child('selector')));
    if (name) errors.push(field.forbidden(at.child('selector'), 'name and selector are mutually exclusive'));
  }
  if (!name && !selector) errors.push(field.required(at, 'one of name or selector must be specified'));
  if (action === undefined) errors.push(field.required(at.child('parameterNotFoundAction')));
  else if (!notFoundActions.includes(action)) {
    errors.push(field.notSupported(at.child('parameterNotFoundAction'), action, notFoundActions));
  }
  return errors;
}

function validateActions(given: readonly string[], at: field.FieldPath): FieldError[] {
  if (given.length === 0) return [field.required(at, 'at least one validation action is required')];
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [i, action] of given.entries()) {
    if (!actions.includes(action)) errors.push(field.notSupported(at.index(i), action, actions));
    else if (seen.has(action)) errors.push(field.duplicate(at.index(i), action));
    seen.add(action);
  }
  if (seen.has('Deny') && seen.has('Warn')) {
    const text =
      'must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)';
    errors.push(field.invalid(at, given, text));
  }
  return errors;
}

function validate({ spec = {} }: ValidatingAdmissionPolicyBinding): FieldError[] {
  const at = field.path('spec');
  const name = spec.policyName ?? '';
  return [
    ...(name === ''
      ? [field.required(at.child('policyName'))]
      : field.invalidEach(at.child('policyName'), name, dnsSubdomain(name))),
    ...validateParamRef(spec.paramRef, at.child('paramRef')),
    ...(spec.matchResources ? validateMatchResources(spec.matchResources, at.child('matchResouces')) : []),
    ...validateActions(spec.validationActions ?? [], at.child('validationActions')),
  ];
}

function paramText(ref: ParamRef | undefined): string {
  if (ref === undefined) return '<unset>';
  if (ref.name) return ref.namespace ? `${ref.namespace}/${ref.name}` : `*/${ref.name}`;
  return ref.selector ? `${ref.namespace || '*'}/*` : '<unset>';
}

export const validatingAdmissionPolicyBindingResource = defineResource<ValidatingAdmissionPolicyBinding>({
  ...validatingAdmissionPolicyBindings,
  strategy: {
    generation: true,
    defaults: ({ spec }) => defaultMatchResources(spec?.matchResources),
    validate,
  },
  cells: (binding, now) => [
    binding.metadata.name,
    binding.spec?.policyName ?? '',
    paramText(binding.spec?.paramRef),
    age(binding.metadata.creationTimestamp, now),
  ],
});
