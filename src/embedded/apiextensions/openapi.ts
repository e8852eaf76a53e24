/** What OpenAPI says of custom resources: their own schemas, with what every resource has. */
import type { CustomResourceDefinition, CustomResourceDefinitionVersion } from '../../kube/api.gen.ts';
import { typeDescriptions } from '../codec/descriptions.ts';
import type { OpenApiSchema } from '../codec/openapi-schemas.ts';
import { schemaReference } from '../codec/openapi-schemas.ts';
import { type SwaggerSchema, swaggerSchemas } from '../codec/openapi-v2.ts';
import { forOpenApiV2 } from './openapi-v2.ts';
import { hasDefault, isEmbedded, isIntOrString, isMap, type JsonMap, preservesUnknown, type Schema } from './schema.ts';
import { isStructural } from './structural.ts';

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1';

interface About {
  crd: CustomResourceDefinition;
  version: CustomResourceDefinitionVersion;
  /** OpenAPI name of the kind, and of its list. */
  name: string;
  listName: string;
  listKind: string;
}

/** The schemas of a version's kind and list by their OpenAPI names, as OpenAPI v3 and as OpenAPI v2 have them. */
export function customOpenApi(about: About): {
  schemas: Record<string, OpenApiSchema>;
  definitions: Record<string, SwaggerSchema>;
} {
  const given = about.version.schema?.openAPIV3Schema;
  const structural = given && isStructural(given) ? given : undefined;
  const schemas = withList(about, structural ? resourceSchema(published(structural)) : { type: 'object' });
  // Clients that read OpenAPI v2 refuse fields beside the declared ones: where any may be, none is declared.
  const closed = structural && !preservesUnknown(structural);
  const kind = closed ? resourceSchema(published(forOpenApiV2(structural), true)) : { type: 'object' };
  return { schemas, definitions: swaggerSchemas(withList(about, kind)) };
}

/** The kind's schema with what OpenAPI says of the kind itself, and that of its list. */
function withList(
  { crd, version, name, listName, listKind }: About,
  kind: OpenApiSchema,
): Record<string, OpenApiSchema> {
  const { group, names } = crd.spec;
  const gvk = (of: string) => [{ group, kind: of, version: version.name }];
  kind['x-kubernetes-group-version-kind'] = gvk(names.kind);
  const selectable = version.selectableFields?.map(({ jsonPath }) => ({ fieldPath: jsonPath.replace(/^\./, '') }));
  if (selectable?.length) kind['x-kubernetes-selectable-fields'] = selectable;
  const list: OpenApiSchema = {
    description: `${listKind} is a list of ${names.kind}`,
    type: 'object',
    required: ['items'],
    properties: {
      apiVersion: typeField('apiVersion'),
      items: {
        description: `List of ${names.plural}. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md`,
        type: 'array',
        items: { $ref: schemaReference(name) },
      },
      kind: typeField('kind'),
      metadata: reference('ListMeta', `${meta}.Status`),
    },
    'x-kubernetes-group-version-kind': gvk(listKind),
  };
  if (selectable?.length) list['x-kubernetes-selectable-fields'] = selectable;
  return { [name]: kind, [listName]: list };
}

/** apiVersion and kind with the texts that all kinds have. */
function typeField(field: 'apiVersion' | 'kind'): OpenApiSchema {
  const description = typeDescriptions('io.k8s.api.core.v1.Pod')?.[field];
  return { ...(description && { description }), type: 'string' };
}

/** @param describedBy the type whose field `metadata` has the text */
function reference(type: string, describedBy: string): OpenApiSchema {
  const description = typeDescriptions(describedBy)?.metadata;
  return { ...(description && { description }), allOf: [{ $ref: schemaReference(`${meta}.${type}`) }] };
}

/** With the fields that every resource has, whatever the definition says of them. */
function resourceSchema(schema: OpenApiSchema): OpenApiSchema {
  const metadata = reference('ObjectMeta', 'io.k8s.api.core.v1.Pod');
  const properties = { ...schema.properties, apiVersion: typeField('apiVersion'), kind: typeField('kind'), metadata };
  return { ...schema, properties };
}

/** What is kept in the object, but not published. */
const unpublished: ReadonlySet<string> = new Set(['example', 'externalDocs', 'id', '$schema']);

/**
 * A schema as it is published: as it was given, what says nothing left out, embedded resources with the fields that they have.
 * @param v2 OpenAPI v2 declares no fields where any may be
 */
function published(schema: Schema, v2 = false): OpenApiSchema {
  const out: JsonMap = {};
  for (const [key, value] of Object.entries(schema)) {
    if (unpublished.has(key) || saysNothing(value) || (key === 'default' && !hasDefault(schema))) continue;
    out[key] = publishedPart(key, value, v2);
  }
  if (isIntOrString(schema) && !v2 && !schema.allOf && !schema.anyOf) {
    out.anyOf = [{ type: 'integer' }, { type: 'string' }];
  }
  if (!isEmbedded(schema) || (v2 && preservesUnknown(schema))) return out as OpenApiSchema;
  const required = [...new Set([...(schema.required ?? []), 'kind', 'apiVersion'])];
  return { ...resourceSchema(out as OpenApiSchema), required };
}

/** Go leaves it out: an empty text or list, a flag that is not set. */
const saysNothing = (value: unknown) => value === '' || (Array.isArray(value) && value.length === 0);

function publishedPart(key: string, value: unknown, v2: boolean): unknown {
  switch (key) {
    case 'properties':
      return Object.fromEntries(Object.entries(value as Record<string, Schema>).map(([k, v]) => [k, published(v, v2)]));
    case 'items':
    case 'additionalProperties':
    case 'not':
      return isMap(value) ? published(value as Schema, v2) : value;
    case 'allOf':
    case 'anyOf':
    case 'oneOf':
      return (value as Schema[]).map((one) => published(one, v2));
    default:
      return value;
  }
}
