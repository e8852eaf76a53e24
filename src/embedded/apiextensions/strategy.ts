/** How custom resources are created, changed and validated (apiextensions-apiserver's registry/customresource). */
import type { CustomResourceSubresourceScale } from '../../kube/api.gen.ts';
import type { KubeObject, Stored } from '../../kube/meta.ts';
import { validQualifiedName } from '../../kube/validation.ts';
import type { Strategy, StrategyContext } from '../definition.ts';
import type { FieldError } from '../errors/field.ts';
import * as field from '../errors/field.ts';
import { forbidden } from '../errors/status.ts';
import { equalJson } from '../registry/core.ts';
import { Correlation } from './correlation.ts';
import { embeddedFaults } from './embedded-resources.ts';
import { listTypeFaults } from './list-types.ts';
import type { RuleValidator } from './rules.ts';
import { scaleFaults } from './scale-paths.ts';
import { type JsonMap, propertyOf, type Schema } from './schema.ts';
import { validateValue } from './validate-value.ts';
import { noField } from './value-faults.ts';

type Custom = KubeObject & JsonMap;

export interface CustomStrategyOptions {
  group: string;
  resource: string;
  schema: Schema | undefined;
  rules: RuleValidator | undefined;
  hasStatus: boolean;
  scale: CustomResourceSubresourceScale | undefined;
  /** The definition is being deleted: nothing new may be created. */
  terminating: boolean;
}

export function customStrategy(options: CustomStrategyOptions): Strategy<KubeObject> {
  const { hasStatus, terminating } = options;
  return {
    generation: true,
    allowUnconditionalUpdate: false,
    prepareForCreate(object) {
      if (terminating) {
        const why = 'create not allowed while custom resource definition is terminating';
        throw forbidden(options, object.metadata?.name ?? '', why);
      }
      if (hasStatus) delete (object as Custom).status;
    },
    prepareForUpdate(object, old, { subresource }) {
      if (subresource === 'status') keepAllButStatus(object as Custom, old);
      else keepStatus(object as Custom, old, hasStatus);
    },
    validate: (object, context) => (context.operation === 'create' ? createFaults(object as Custom, options) : []),
    validateUpdate: (object, old, context) => updateFaults(object as Custom, old as Stored<Custom>, options, context),
    warnings: (object, old) => finalizerWarnings(object, old),
  };
}

/** Everything but metadata counts as a change of the generation. */
function keepStatus(object: Custom, old: Stored, hasStatus: boolean): void {
  const before = old as Stored<Custom>;
  if (hasStatus) {
    if (before.status === undefined) delete object.status;
    else object.status = structuredClone(before.status);
  }
  const { metadata: _now, ...rest } = object;
  const { metadata: _before, ...oldRest } = before;
  if (!equalJson(rest, oldRest))
    object.metadata = { ...object.metadata, generation: (old.metadata.generation ?? 0) + 1 };
}

function keepAllButStatus(object: Custom, old: Stored): void {
  const { status } = object;
  const { managedFields, resourceVersion } = object.metadata ?? {};
  for (const key of Object.keys(object)) if (key !== 'metadata') delete object[key];
  Object.assign(object, structuredClone(old), status === undefined ? {} : { status });
  if (status === undefined) delete object.status;
  object.metadata = { ...object.metadata, resourceVersion };
  if (managedFields) object.metadata.managedFields = managedFields;
  else delete object.metadata.managedFields;
}

/** Faults that keep rules from being looked at. */
const blocking = new Set([
  'FieldValueNotSupported',
  'FieldValueRequired',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
]);

function withRules(errors: FieldError[], rules: RuleValidator | undefined, evaluate: () => FieldError[]): FieldError[] {
  if (!rules) return errors;
  if (!errors.some(({ reason }) => blocking.has(reason))) return [...errors, ...evaluate()];
  const why =
    'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation';
  return [...errors, field.invalid(noField, null, why)];
}

function createFaults(object: Custom, { schema, rules, scale }: CustomStrategyOptions): FieldError[] {
  const errors = [
    ...(schema ? validateValue(object, schema) : []),
    ...(scale ? scaleFaults(object, scale, false) : []),
    ...embeddedFaults(object, schema),
    ...listTypeFaults(object, schema),
  ];
  return withRules(errors, rules, () => rules?.validate(object, undefined) ?? []);
}

function updateFaults(
  object: Custom,
  old: Stored<Custom>,
  { schema, rules, scale }: CustomStrategyOptions,
  { subresource, warn }: StrategyContext,
): FieldError[] {
  const viaStatus = subresource === 'status';
  const correlation = schema && new Correlation(object, old, schema);
  const lists = listTypeFaults(object, schema);
  const errors = [
    ...(viaStatus
      ? statusFaults(object, schema, correlation)
      : schema
        ? validateValue(object, schema, '', correlation)
        : []),
    ...(scale ? scaleFaults(object, scale, viaStatus) : []),
    ...(viaStatus ? [] : embeddedFaults(object, schema)),
    ...(lists.length > 0 && listTypeFaults(old, schema).length === 0 ? lists : []),
  ];
  return withRules(errors, rules, () => rules?.validate(object, old, correlation, warn) ?? []);
}

function statusFaults(object: Custom, schema: Schema | undefined, correlation: Correlation | undefined): FieldError[] {
  const status = propertyOf(schema, 'status');
  if (!status || object.status === undefined) return [];
  return validateValue(object.status, status, 'status', correlation?.key('status'));
}

const standard = new Set(['orphan', 'foregroundDeletion', 'kubernetes']);

function finalizerWarnings(object: KubeObject, old: Stored | undefined): string[] {
  const before = old?.metadata.finalizers ?? [];
  const added = (object.metadata?.finalizers ?? []).filter((name) => !before.includes(name)).sort();
  return added.flatMap((name) => {
    const about = `metadata.finalizers: ${field.quote(name)}: `;
    const warnings = validQualifiedName(name).map((message) => about + message);
    if (name.includes('/') || standard.has(name)) return warnings;
    const path = name.includes('.') ? ' including a path (/)' : '';
    const why = `prefer a domain-qualified finalizer name${path} to avoid accidental conflicts with other finalizer writers`;
    return [...warnings, about + why];
  });
}
