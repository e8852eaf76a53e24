/** What OpenAPI says of custom resources: their own schemas, with what every resource has. */
import type { CustomResourceDefinition, CustomResourceDefinitionVersion } from '../../kube/api.gen.ts';
import { typeDescriptions } from '../codec/descriptions.ts';
import type { OpenApiSchema } from '../codec/openapi-schemas.ts';
import { schemaReference } from '../codec/openapi-schemas.ts';
import { hasDefault, isEmbedded, isMap, type JsonMap, type Schema } from './schema.ts';
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

/** The schemas of a version's kind and list by their OpenAPI names. */
export function customOpenApi({ crd, version, name, listName, listKind }: About): Record<string, OpenApiSchema> {
  const { group, names } = crd.spec;
  const given = version.schema?.openAPIV3Schema;
  const kind = given && isStructural(given) ? published(given) : ({ type: 'object' } as OpenApiSchema);
  if (given && isStructural(given)) addResourceFields(kind);
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
      metadata: reference('ListMeta', 'PartialObjectMetadataList'),
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

function reference(type: string, describedBy: string): OpenApiSchema {
  const description =
    typeDescriptions(`${meta}.${describedBy}`)?.metadata ?? typeDescriptions('io.k8s.api.core.v1.Pod')?.metadata;
  return { ...(description && { description }), allOf: [{ $ref: schemaReference(`${meta}.${type}`) }] };
}

function addResourceFields(schema: OpenApiSchema): void {
  schema.properties = {
    ...schema.properties,
    apiVersion: typeField('apiVersion'),
    kind: typeField('kind'),
    metadata: reference('ObjectMeta', 'PartialObjectMetadata'),
  };
}

/** A schema as it is published: as it was given, embedded resources with the fields that they have. */
function published(schema: Schema): OpenApiSchema {
  const out: JsonMap = {};
  for (const [key, value] of Object.entries(schema)) {
    if (key === 'default' && !hasDefault(schema)) continue;
    out[key] = publishedPart(key, value);
  }
  if (isEmbedded(schema)) {
    addResourceFields(out as OpenApiSchema);
    out.required = [...new Set([...(schema.required ?? []), 'kind', 'apiVersion'])];
  }
  return out as OpenApiSchema;
}

function publishedPart(key: string, value: unknown): unknown {
  switch (key) {
    case 'properties':
      return Object.fromEntries(Object.entries(value as Record<string, Schema>).map(([k, v]) => [k, published(v)]));
    case 'items':
    case 'additionalProperties':
    case 'not':
      return isMap(value) ? published(value as Schema) : value;
    case 'allOf':
    case 'anyOf':
    case 'oneOf':
      return (value as Schema[]).map(published);
    default:
      return value;
  }
}
