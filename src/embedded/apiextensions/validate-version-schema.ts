import type { CustomResourceDefinitionSpec } from '../../kube/api.gen.ts';
import type { FieldError, FieldPath } from '../errors/field.ts';
import * as field from '../errors/field.ts';
import { equalJson } from '../registry/core.ts';
import { goFieldsOf, goSchema } from './internal-form.ts';
import { valueRuleFaults } from './rules.ts';
import type { Schema } from './schema.ts';
import { isStructural, unstructuralFault, validateStructural } from './structural.ts';
import { validateDefaults } from './validate-defaults.ts';
import { validateRules } from './validate-rules.ts';
import { validateSchema } from './validate-schema.ts';

/** Where the status is a subresource, the root may hold nothing that would be lost when the status is validated alone. */
const allowedAtRoot = [
  ...['Description', 'Type', 'Format', 'Title', 'Maximum', 'ExclusiveMaximum', 'Minimum', 'ExclusiveMinimum'],
  ...['MaxLength', 'MinLength', 'Pattern', 'MaxItems', 'MinItems', 'UniqueItems', 'MultipleOf', 'Required', 'Items'],
  ...['Properties', 'ExternalDocs', 'Example', 'XPreserveUnknownFields', 'XValidations'],
];

/**
 * All faults of the schema of one version, or of the one that all versions share.
 * @param at of the CustomResourceValidation: `spec.validation`
 * @param old of the definition before this write: what it got away with may stay
 */
export function validateVersionSchema(
  schema: Schema | undefined,
  at: FieldPath,
  hasStatus: boolean,
  spec: CustomResourceDefinitionSpec,
  old: CustomResourceDefinitionSpec | undefined,
): FieldError[] {
  if (!schema) return [];
  const root = at.child('openAPIV3Schema');
  const errors = hasStatus ? rootFaults(schema, at) : [];
  if (schema.nullable) {
    errors.push(field.forbidden(at.child('openAPIV3Schema.nullable'), 'nullable cannot be true at the root'));
  }
  const before = old?.versions?.map((version) => version.schema?.openAPIV3Schema) ?? [];
  const wasStructural = before.every((one) => !one || isStructural(one));
  const unstructural = unstructuralFault(schema);
  let sound = false;
  if (unstructural === undefined && (wasStructural || !spec.preserveUnknownFields)) {
    const found = validateStructural(schema, root);
    const wrong = found.length > 0 ? found : validateDefaults(schema, root, valueRuleFaults);
    errors.push(...wrong);
    sound = wrong.length === 0;
  }
  const inSchema = validateSchema(schema, root);
  errors.push(...inSchema);
  if (sound)
    errors.push(
      ...validateRules(
        schema,
        root,
        inSchema,
        before.some((one) => equalJson(one, schema)),
      ),
    );
  if (errors.length === 0 && unstructural !== undefined) errors.push(field.invalid(root, '', unstructural));
  return errors;
}

function rootFaults(schema: Schema, at: FieldPath): FieldError[] {
  for (const name of goFieldsOf(schema)) {
    if (name === 'Type' && schema.type !== 'object') {
      const why = 'only "object" is allowed as the type at the root of the schema if the status subresource is enabled';
      return [field.invalid(at.child('openAPIV3Schema.type'), schema.type, why)];
    }
    if (!allowedAtRoot.includes(name)) {
      const why = `only [${allowedAtRoot.join(' ')}] fields are allowed at the root of the schema if the status subresource is enabled`;
      return [field.invalid(at.child('openAPIV3Schema'), goSchema(schema), why)];
    }
  }
  return [];
}
