/**
 * CustomResourceDefinitions as kube-apiserver validates them: what all versions have in common stands at the top, so that
 * messages name `spec.validation` and show versions without their schema.
 */
import type {
  CustomResourceColumnDefinition,
  CustomResourceDefinitionSpec,
  CustomResourceDefinitionVersion,
  CustomResourceSubresources,
  CustomResourceValidation,
  SelectableField,
  ValidationRule,
} from '../../kube/api.gen.ts';
import { goJson, type Raw, raw, sameJson } from '../errors/field.ts';
import { isMap, type JsonMap, type Schema } from './schema.ts';

export interface InternalSpec {
  versions: CustomResourceDefinitionVersion[];
  validation?: CustomResourceValidation;
  subresources?: CustomResourceSubresources;
  additionalPrinterColumns?: CustomResourceColumnDefinition[];
  selectableFields?: SelectableField[];
}

type Hoisted = 'schema' | 'subresources' | 'additionalPrinterColumns' | 'selectableFields';

/** `spec` with what is the same in every version moved up. */
export function internalSpec(spec: CustomResourceDefinitionSpec): InternalSpec {
  const given = spec.versions ?? [];
  const [first] = given;
  const versions = given.map((version) => ({ ...version }));
  if (!first) return { versions };
  const common = <K extends Hoisted>(key: K): CustomResourceDefinitionVersion[K] => {
    if (!given.every((version) => sameField(version[key], first[key]))) return undefined;
    for (const version of versions) delete version[key];
    return first[key];
  };
  return {
    validation: common('schema'),
    subresources: common('subresources'),
    additionalPrinterColumns: common('additionalPrinterColumns'),
    selectableFields: common('selectableFields'),
    versions,
  };
}

/** An empty object is not the same as none: `status: {}` turns a subresource on. */
function sameField(a: unknown, b: unknown): boolean {
  return (isMap(a) ? JSON.stringify(a) : a) === (isMap(b) ? JSON.stringify(b) : b) || (!isMap(a) && sameJson(a, b));
}

/** The versions as messages show them. */
export function goVersions(versions: readonly CustomResourceDefinitionVersion[]): Raw {
  return raw(goJson(versions.map(goVersion)));
}

function goVersion(version: CustomResourceDefinitionVersion): JsonMap {
  const { schema, subresources } = version;
  return {
    Name: version.name ?? '',
    Served: version.served ?? false,
    Storage: version.storage ?? false,
    Deprecated: version.deprecated ?? false,
    DeprecationWarning: version.deprecationWarning ?? null,
    Schema: schema ? { OpenAPIV3Schema: schema.openAPIV3Schema ? goSchema(schema.openAPIV3Schema) : null } : null,
    Subresources: subresources ? goSubresources(subresources) : null,
    AdditionalPrinterColumns: version.additionalPrinterColumns?.map(goColumn) ?? null,
    SelectableFields: version.selectableFields?.map(({ jsonPath }) => ({ JSONPath: jsonPath })) ?? null,
  };
}

function goSubresources({ status, scale }: CustomResourceSubresources): JsonMap {
  return {
    Status: status ?? null,
    Scale: scale
      ? {
          SpecReplicasPath: scale.specReplicasPath,
          StatusReplicasPath: scale.statusReplicasPath,
          LabelSelectorPath: scale.labelSelectorPath ?? null,
        }
      : null,
  };
}

function goColumn({ name, type, format, description, priority, jsonPath }: CustomResourceColumnDefinition): JsonMap {
  return {
    Name: name,
    Type: type,
    Format: format ?? '',
    Description: description ?? '',
    Priority: priority ?? 0,
    JSONPath: jsonPath,
  };
}

/** A rule as messages show it. */
export function goRule(rule: ValidationRule): Raw {
  return raw(goJson(ruleFields(rule)));
}

function ruleFields({ rule, message, messageExpression, reason, fieldPath, optionalOldSelf }: ValidationRule): JsonMap {
  return {
    Rule: rule,
    Message: message ?? '',
    MessageExpression: messageExpression ?? '',
    Reason: reason ?? null,
    FieldPath: fieldPath ?? '',
    OptionalOldSelf: optionalOldSelf ?? null,
  };
}

/** A schema as messages show it: every field of the Go struct. */
export function goSchema(schema: Schema): JsonMap {
  const named = (schemas: Record<string, Schema> | undefined) =>
    schemas
      ? Object.fromEntries(
          Object.keys(schemas)
            .sort()
            .map((name) => [name, goSchema(schemas[name] ?? {})]),
        )
      : null;
  const listed = (schemas: readonly Schema[] | undefined) => schemas?.map(goSchema) ?? null;
  const { items, externalDocs, dependencies } = schema;
  return {
    ID: schema.id ?? '',
    Schema: schema.$schema ?? '',
    Ref: schema.$ref ?? null,
    Description: schema.description ?? '',
    Type: schema.type ?? '',
    Nullable: schema.nullable ?? false,
    Format: schema.format ?? '',
    Title: schema.title ?? '',
    Default: schema.default ?? null,
    Maximum: schema.maximum ?? null,
    ExclusiveMaximum: schema.exclusiveMaximum ?? false,
    Minimum: schema.minimum ?? null,
    ExclusiveMinimum: schema.exclusiveMinimum ?? false,
    MaxLength: schema.maxLength ?? null,
    MinLength: schema.minLength ?? null,
    Pattern: schema.pattern ?? '',
    MaxItems: schema.maxItems ?? null,
    MinItems: schema.minItems ?? null,
    UniqueItems: schema.uniqueItems ?? false,
    MultipleOf: schema.multipleOf ?? null,
    Enum: schema.enum ?? null,
    MaxProperties: schema.maxProperties ?? null,
    MinProperties: schema.minProperties ?? null,
    Required: schema.required ?? null,
    Items: items
      ? {
          Schema: isMap(items) ? goSchema(items as Schema) : null,
          JSONSchemas: Array.isArray(items) ? listed(items) : null,
        }
      : null,
    AllOf: listed(schema.allOf),
    OneOf: listed(schema.oneOf),
    AnyOf: listed(schema.anyOf),
    Not: schema.not ? goSchema(schema.not) : null,
    Properties: named(schema.properties),
    AdditionalProperties: goEither(schema.additionalProperties),
    PatternProperties: named(schema.patternProperties),
    Dependencies: dependencies ?? null,
    AdditionalItems: goEither(schema.additionalItems),
    Definitions: named(schema.definitions),
    ExternalDocs: externalDocs ? { Description: externalDocs.description ?? '', URL: externalDocs.url ?? '' } : null,
    Example: schema.example ?? null,
    XPreserveUnknownFields: schema['x-kubernetes-preserve-unknown-fields'] ?? null,
    XEmbeddedResource: schema['x-kubernetes-embedded-resource'] ?? false,
    XIntOrString: schema['x-kubernetes-int-or-string'] ?? false,
    XListMapKeys: schema['x-kubernetes-list-map-keys'] ?? null,
    XListType: schema['x-kubernetes-list-type'] ?? null,
    XMapType: schema['x-kubernetes-map-type'] ?? null,
    XValidations: schema['x-kubernetes-validations']?.map(ruleFields) ?? null,
  };
}

function goEither(either: unknown): JsonMap | null {
  if (either === undefined || either === null) return null;
  if (isMap(either)) return { Allows: true, Schema: goSchema(either as Schema) };
  return { Allows: either === true, Schema: null };
}

/** The Go names of the fields that a schema sets, in the order of the struct. */
export function goFieldsOf(schema: Schema): string[] {
  const empty = goSchema({});
  return Object.entries(goSchema(schema)).flatMap(([name, value]) =>
    goJson(value) === goJson(empty[name]) ? [] : [name],
  );
}
