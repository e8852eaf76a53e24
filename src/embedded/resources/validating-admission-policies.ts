import type {
  AuditAnnotation,
  ParamKind,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicySpec,
  Validation,
} from '../../kube/api.gen.ts';
import { bool, nullType, string } from '../../kube/cel/types.ts';
import { validatingAdmissionPolicies } from '../../kube/resources.ts';
import { dns1035Label, dnsSubdomain, validQualifiedName } from '../../kube/validation.ts';
import type { FieldError } from '../definition.ts';
import * as field from '../errors/field.ts';
import { type PolicyScopes, policyScopes, type VariableTypes } from './admission/expressions.ts';
import {
  defaultMatchResources,
  failurePolicies,
  validateExpression,
  validateMatchConditions,
  validateMatchResources,
} from './admission/match-resources.ts';
import { defineResource } from './define.ts';
import { age } from './printing/common.ts';
import { keepOtherPart } from './status-strategy.ts';

const reasons = ['Forbidden', 'Invalid', 'RequestEntityTooLarge'];
const identifier = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

function validateParamKind(kind: ParamKind | undefined, at: field.FieldPath): FieldError[] {
  if (kind === undefined) return [];
  const errors: FieldError[] = [];
  const version = kind.apiVersion ?? '';
  if (version === '') errors.push(field.required(at.child('apiVersion')));
  else {
    const [group = '', name = ''] = version.includes('/') ? version.split('/') : ['', version];
    if (group !== '') errors.push(...field.invalidEach(at.child('apiVersion'), group, dnsSubdomain(group)));
    errors.push(...field.invalidEach(at.child('apiVersion'), name, dns1035Label(name)));
  }
  if (!kind.kind) errors.push(field.required(at.child('kind')));
  else errors.push(...field.invalidEach(at.child('kind'), kind.kind, dns1035Label(kind.kind.toLowerCase())));
  return errors;
}

function validateMatch(spec: ValidatingAdmissionPolicySpec, at: field.FieldPath): FieldError[] {
  const match = spec.matchConstraints;
  if (match === undefined) return [field.required(at)];
  const errors = validateMatchResources(match, at);
  if ((match.resourceRules ?? []).length === 0) errors.push(field.required(at.child('resourceRules')));
  return errors;
}

function validateVariables({ variables }: PolicyScopes, at: field.FieldPath): FieldError[] {
  const names = new Set<string>();
  return variables.flatMap(({ variable: { name, expression }, types }, i) => {
    const where = at.index(i);
    const errors: FieldError[] = [];
    if (!name) errors.push(field.required(where.child('name'), 'name is not specified'));
    else {
      if (!identifier.test(name)) {
        errors.push(field.invalid(where.child('name'), name, 'name is not a valid CEL identifier'));
      }
      if (names.has(name)) errors.push(field.duplicate(where.child('name'), name));
    }
    names.add(name);
    const missing = 'expression is not specified';
    return [...errors, ...validateExpression(expression, types, [], where.child('expression'), missing)];
  });
}

function validateValidation(validation: Validation, scopes: PolicyScopes, at: field.FieldPath): FieldError[] {
  const { expression, message, messageExpression, reason } = validation;
  const errors = validateExpression(
    expression,
    scopes.validations,
    [bool],
    at.child('expression'),
    'expression is not specified',
  );
  if (messageExpression !== undefined) {
    const where = at.child('messageExpression');
    if (messageExpression.trim() === '')
      errors.push(field.invalid(where, messageExpression, 'must be non-empty if specified'));
    else errors.push(...validateExpression(messageExpression, scopes.messages, [string], where));
  }
  if (message) {
    if (message.trim() === '')
      errors.push(field.invalid(at.child('message'), message, 'message must be non-empty if specified'));
    else if (message.includes('\n'))
      errors.push(field.invalid(at.child('message'), message, 'message must not contain line breaks'));
  } else if (expression?.includes('\n') && messageExpression === undefined) {
    const text = 'message must be specified if expression contains line breaks';
    errors.push(field.required(at.child('message'), text));
  }
  if (reason !== undefined && !reasons.includes(reason)) {
    errors.push(field.notSupported(at.child('reason'), reason, reasons));
  }
  return errors;
}

function validateAnnotation(annotation: AuditAnnotation, types: VariableTypes, at: field.FieldPath): FieldError[] {
  const key = annotation.key ?? '';
  return [
    ...(key === ''
      ? [field.required(at.child('key'))]
      : field.invalidEach(at.child('key'), key, validQualifiedName(key))),
    ...validateExpression(
      annotation.valueExpression,
      types,
      [string, nullType],
      at.child('valueExpression'),
      'valueExpression is not specified',
    ),
  ];
}

function validateSpec({ spec = {} }: ValidatingAdmissionPolicy): FieldError[] {
  const at = field.path('spec');
  const scopes = policyScopes(spec);
  const errors: FieldError[] = [];
  const policy = spec.failurePolicy;
  if (policy === undefined) errors.push(field.required(at.child('failurePolicy')));
  else if (!failurePolicies.includes(policy)) {
    errors.push(field.notSupported(at.child('failurePolicy'), policy, failurePolicies));
  }
  errors.push(...validateParamKind(spec.paramKind, at.child('paramKind')));
  errors.push(...validateMatch(spec, at.child('matchConstraints')));
  errors.push(...validateMatchConditions(spec.matchConditions, scopes.conditions, at.child('matchConditions')));
  errors.push(...validateVariables(scopes, at.child('variables')));
  const validations = spec.validations ?? [];
  const annotations = spec.auditAnnotations ?? [];
  if (validations.length === 0 && annotations.length === 0) {
    const text = 'validations or auditAnnotations must contain at least one item';
    errors.push(field.required(at.child('validations'), text), field.required(at.child('auditAnnotations'), text));
  }
  return [
    ...errors,
    ...validations.flatMap((v, i) => validateValidation(v, scopes, at.child('validations').index(i))),
    ...annotations.flatMap((a, i) => validateAnnotation(a, scopes.validations, at.child('auditAnnotations').index(i))),
  ];
}

export const validatingAdmissionPolicyResource = defineResource<ValidatingAdmissionPolicy>({
  ...validatingAdmissionPolicies,
  strategy: {
    defaults({ spec }) {
      if (spec === undefined) return;
      spec.failurePolicy ??= 'Fail';
      defaultMatchResources(spec.matchConstraints);
    },
    prepareForCreate(policy) {
      policy.status = {};
    },
    prepareForUpdate: keepOtherPart,
    validate: (policy, { subresource }) => (subresource === 'status' ? [] : validateSpec(policy)),
  },
  cells: (policy, now) => {
    const kind = policy.spec?.paramKind;
    return [
      policy.metadata.name,
      (policy.spec?.validations ?? []).length,
      kind ? `${kind.apiVersion}/${kind.kind}` : '<unset>',
      age(policy.metadata.creationTimestamp, now),
    ];
  },
});
