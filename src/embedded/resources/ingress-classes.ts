import type { IngressClass, IngressClassParametersReference } from '../../kube/api.gen.ts';
import { ingressClasses } from '../../kube/resources.ts';
import { dnsLabel, domainPrefixedPath } from '../../kube/validation.ts';
import type { FieldError } from '../definition.ts';
import * as field from '../errors/field.ts';
import { defineResource } from './define.ts';
import { age, none } from './printing/common.ts';
import { validateTypedReference } from './validate/typed-reference.ts';

const controllerLimit = 250;
const scopes = ['Cluster', 'Namespace'];

function validateParameters(
  parameters: IngressClassParametersReference | undefined,
  at: field.FieldPath,
): FieldError[] {
  if (parameters === undefined) return [];
  const errors = validateTypedReference(parameters, at);
  const { scope, namespace } = parameters;
  if (scope === undefined) return [...errors, field.required(at.child('scope'))];
  if (!scopes.includes(scope)) errors.push(field.notSupported(at.child('scope'), scope, scopes));
  else if (scope === 'Namespace') {
    if (!namespace) errors.push(field.required(at.child('namespace'), "`parameters.scope` is set to 'Namespace'"));
    else errors.push(...field.invalidEach(at.child('namespace'), namespace, dnsLabel(namespace)));
  } else if (namespace !== undefined) {
    errors.push(field.forbidden(at.child('namespace'), "`parameters.scope` is set to 'Cluster'"));
  }
  return errors;
}

function validate({ spec }: IngressClass): FieldError[] {
  const at = field.path('spec');
  const controller = spec?.controller ?? '';
  const where = at.child('controller');
  const errors: FieldError[] = [];
  if (controller.length > controllerLimit) errors.push(field.tooLong(where, controllerLimit));
  if (controller === '') errors.push(field.required(where));
  else errors.push(...field.invalidEach(where, controller, domainPrefixedPath(controller)));
  return [...errors, ...validateParameters(spec?.parameters, at.child('parameters'))];
}

function parametersText(parameters: IngressClassParametersReference | undefined): string {
  if (parameters === undefined) return none;
  const { apiGroup, kind, name } = parameters;
  return `${kind}${apiGroup ? `.${apiGroup}` : ''}/${name}`;
}

export const ingressClassResource = defineResource<IngressClass>({
  ...ingressClasses,
  strategy: {
    generation: true,
    defaults(ingressClass) {
      const parameters = ingressClass.spec?.parameters;
      if (parameters) parameters.scope ??= 'Cluster';
    },
    validate,
    validateUpdate: (ingressClass, old) =>
      field.immutable('spec.controller', ingressClass.spec?.controller, old.spec?.controller),
  },
  cells: (ingressClass, now) => [
    ingressClass.metadata.name,
    ingressClass.spec?.controller ?? '',
    parametersText(ingressClass.spec?.parameters),
    age(ingressClass.metadata.creationTimestamp, now),
  ],
});
