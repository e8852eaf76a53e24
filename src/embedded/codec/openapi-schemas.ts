/** OpenAPI v3 schemas of the built-in types, made from the type table. */
import { factsOf, groupOrder, metaGroupVersions, resourcesOf } from './facts.ts';
import {
  type FieldInfo,
  fieldDefault,
  findType,
  jsonFields,
  type ScalarCode,
  type TypeInfo,
  type TypeRef,
} from './type-table.ts';

export interface OpenApiSchema {
  description?: string;
  $ref?: string;
  allOf?: OpenApiSchema[];
  oneOf?: OpenApiSchema[];
  type?: string;
  format?: string;
  default?: unknown;
  enum?: readonly string[];
  items?: OpenApiSchema;
  additionalProperties?: OpenApiSchema | boolean;
  title?: string;
  anyOf?: OpenApiSchema[];
  not?: OpenApiSchema;
  nullable?: boolean;
  properties?: Record<string, OpenApiSchema>;
  required?: string[];
  [extension: `x-kubernetes-${string}`]: unknown;
}

/** Texts for `kubectl explain`: of a type (key ``) and its fields, by OpenAPI name of the type. */
export type Descriptions = (type: string) => Readonly<Record<string, string>> | undefined;

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1';
const apiextensions = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1';
const patch = `${meta}.Patch`;

/** Types that are no Go structs on the wire; they have a schema of their own that others refer to. */
const specials: Readonly<Partial<Record<ScalarCode, readonly [name: string, schema: OpenApiSchema]>>> = {
  Q: ['io.k8s.apimachinery.pkg.api.resource.Quantity', { oneOf: [{ type: 'string' }, { type: 'number' }] }],
  T: [`${meta}.Time`, { type: 'string', format: 'date-time' }],
  U: [`${meta}.MicroTime`, { type: 'string', format: 'date-time' }],
  I: [
    'io.k8s.apimachinery.pkg.util.intstr.IntOrString',
    { format: 'int-or-string', oneOf: [{ type: 'integer' }, { type: 'string' }] },
  ],
  R: ['io.k8s.apimachinery.pkg.runtime.RawExtension', { type: 'object' }],
  F: [`${meta}.FieldsV1`, { type: 'object' }],
  J: [`${apiextensions}.JSON`, {}],
  A: [`${apiextensions}.JSONSchemaPropsOrArray`, {}],
  O: [`${apiextensions}.JSONSchemaPropsOrBool`, {}],
  P: [`${apiextensions}.JSONSchemaPropsOrStringArray`, {}],
};
const specialByName = new Map([...Object.values(specials), [patch, { type: 'object' }] as const]);

const scalars: Partial<Record<ScalarCode, OpenApiSchema>> = {
  s: { type: 'string' },
  i: { type: 'integer', format: 'int32' },
  l: { type: 'integer', format: 'int64' },
  b: { type: 'boolean' },
  d: { type: 'number', format: 'double' },
  y: { type: 'string', format: 'byte' },
  E: { type: 'array', items: { type: 'string', default: '' } },
};
const zeros: Partial<Record<ScalarCode, unknown>> = { s: '', i: 0, l: 0, b: false, d: 0 };

export function schemaReference(name: string): string {
  return `#/components/schemas/${name}`;
}

/**
 * The schemas of the named types and of everything that they refer to, sorted by name. Names without a built-in type
 * are left out: their schema comes from elsewhere (custom resources).
 */
export function openApiSchemas(names: Iterable<string>, descriptions?: Descriptions): Record<string, OpenApiSchema> {
  const found = new Map<string, OpenApiSchema>();
  const open = [...names];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (found.has(name)) continue;
    const schema = schemaOf(name, descriptions?.(name), (other) => open.push(other));
    if (schema) found.set(name, schema);
  }
  return Object.fromEntries([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

type Refer = (name: string) => void;
type Texts = Readonly<Record<string, string>> | undefined;

function schemaOf(name: string, texts: Texts, refer: Refer): OpenApiSchema | undefined {
  const special = specialByName.get(name);
  if (special) return described(texts?.[''], { ...special });
  const info = findType(name);
  if (!info) return undefined;
  const schema: OpenApiSchema = { type: 'object' };
  const fields = jsonFields(info);
  const properties: [string, OpenApiSchema][] = fields.map((field) => [
    field.json,
    propertySchema(field, texts?.[field.json], refer),
  ]);
  for (const field of info.typeMeta ? ['apiVersion', 'kind'] : []) {
    properties.push([field, described(texts?.[field], { type: 'string' })]);
  }
  if (properties.length > 0) schema.properties = Object.fromEntries(properties.sort(([a], [b]) => (a < b ? -1 : 1)));
  const required = fields.filter((field) => field.required).map((field) => field.json);
  if (required.length > 0) schema.required = required;
  const kinds = groupVersionKinds(info);
  if (kinds) schema['x-kubernetes-group-version-kind'] = kinds;
  if (info.atomic) schema['x-kubernetes-map-type'] = 'atomic';
  if (info.unions) schema['x-kubernetes-unions'] = info.unions;
  return described(texts?.[''], schema);
}

function described(text: string | undefined, schema: OpenApiSchema): OpenApiSchema {
  return text ? { description: text, ...schema } : schema;
}

const enumHeading = '\n\nPossible enum values:';

function propertySchema(field: FieldInfo, text: string | undefined, refer: Refer): OpenApiSchema {
  const { annotations, type } = field;
  const schema = typeSchema(type, annotations.ie, refer);
  // A reference stands alone where the field has no text of its own; what is known of it is its type's.
  if (annotations.r) return schema;
  if (schema.$ref) {
    schema.allOf = [{ $ref: schema.$ref }];
    delete schema.$ref;
  }
  const value = fieldDefault(field);
  if (value !== undefined) schema.default = value;
  if (annotations.e) schema.enum = annotations.e;
  if (annotations.lt) schema['x-kubernetes-list-type'] = annotations.lt;
  if (annotations.lk) schema['x-kubernetes-list-map-keys'] = annotations.lk;
  if (annotations.mt) schema['x-kubernetes-map-type'] = annotations.mt;
  if (annotations.pk) schema['x-kubernetes-patch-merge-key'] = annotations.pk;
  if (annotations.ps) schema['x-kubernetes-patch-strategy'] = annotations.ps;
  return described(text && annotations.e ? withEnum(text, annotations.e) : text, schema);
}

/** As the server adds it to the descriptions of enums, unless the text says it already. */
function withEnum(text: string, values: readonly string[]): string {
  if (text.includes(enumHeading)) return text;
  return `${text}${enumHeading}${values.map((value) => `\n - \`"${value}"\``).join('')}`;
}

/** @param itemEnum the values allowed for the items of a list or map */
function typeSchema(type: TypeRef, itemEnum: readonly string[] | undefined, refer: Refer): OpenApiSchema {
  switch (type.kind) {
    case 'struct':
      refer(type.name);
      return { $ref: schemaReference(type.name) };
    case 'list':
      return { type: 'array', items: itemSchema(type.of, itemEnum, refer) };
    case 'map':
      return { type: 'object', additionalProperties: itemSchema(type.of, itemEnum, refer) };
    case 'scalar': {
      const special = specials[type.code];
      if (!special) return { ...scalars[type.code] };
      refer(special[0]);
      return { $ref: schemaReference(special[0]) };
    }
  }
}

function itemSchema(type: TypeRef, itemEnum: readonly string[] | undefined, refer: Refer): OpenApiSchema {
  const schema = typeSchema(type, undefined, refer);
  if (type.kind === 'struct') return { allOf: [schema], default: {} };
  const zero = type.kind === 'scalar' ? zeros[type.code] : undefined;
  return { ...schema, ...(zero !== undefined && { default: zero }), ...(itemEnum && { enum: itemEnum }) };
}

let groupByPackage: Map<string, string> | undefined;

/** x-kubernetes-group-version-kind. */
function groupVersionKinds(info: TypeInfo): { group: string; kind: string; version: string }[] | undefined {
  if (!info.gvk) return undefined;
  const parts = info.name.split('.');
  const kind = parts.pop() ?? '';
  if (info.gvk === 'all') return metaGroupVersions().map(([group, version]) => ({ group, kind, version }));
  groupByPackage ??= readPackages();
  return [{ group: groupByPackage.get(parts.join('.')) ?? '', kind, version: parts.pop() ?? '' }];
}

/** Which group a Go package serves: told by the resources that have a type in it. */
function readPackages(): Map<string, string> {
  const packages = new Map<string, string>();
  for (const [group, versions] of groupOrder()) {
    for (const version of versions) {
      for (const resource of resourcesOf(group, version)) {
        const { schema } = factsOf(group, version, resource);
        packages.set(schema.slice(0, schema.lastIndexOf('.')), group);
      }
    }
  }
  return packages;
}
