/** The structure of a custom resource for patches and ownership of fields, from its OpenAPI schema. */

import { schemaOf } from '../codec/schema-source.ts';
import type { FieldSchema, ListSchema, ObjectSchema, ScalarSchema, TypeSchema } from '../schema.ts';
import { deducedType } from '../schema.ts';
import {
  additionalOf,
  hasDefault,
  isEmbedded,
  isIntOrString,
  itemsOf,
  listKeysOf,
  listTypeOf,
  preservesUnknown,
  type Schema,
  valuesOf,
} from './schema.ts';

const objectMeta = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';
const text: ScalarSchema = { kind: 'scalar', type: 'string' };

/**
 * @param name what the kind is called in OpenAPI: `com.example.v1.Widget`
 * @param schema of the version; undefined: anything goes
 */
export function typeSchemaOf(name: string, schema: Schema | undefined): ObjectSchema {
  const root: Schema = schema ?? { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  return objectType(name, { ...root, type: 'object', 'x-kubernetes-embedded-resource': true });
}

function objectType(name: string, schema: Schema): ObjectSchema {
  let fields: ReadonlyMap<string, FieldSchema> | undefined;
  return {
    kind: 'object',
    name,
    atomic: schema['x-kubernetes-map-type'] === 'atomic',
    // Large schemas are rarely needed as a whole.
    get fields() {
      fields ??= new Map(fieldsOf(name, schema));
      return fields;
    },
    ...(preservesUnknown(schema) && { preserveUnknown: true }),
  };
}

function* fieldsOf(name: string, schema: Schema): Generator<[string, FieldSchema]> {
  const { properties = {}, required = [] } = schema;
  for (const [key, property] of Object.entries(properties)) {
    yield [
      key,
      {
        schema: typeOf(`${name}.${key}`, property),
        required: required.includes(key),
        ...(hasDefault(property) && { default: property.default }),
      },
    ];
  }
  if (!isEmbedded(schema)) return;
  yield ['apiVersion', { schema: text, required: false }];
  yield ['kind', { schema: text, required: false }];
  yield ['metadata', { schema: schemaOf(objectMeta), required: false }];
}

function typeOf(name: string, schema: Schema): TypeSchema {
  if (isIntOrString(schema)) return { kind: 'scalar', type: 'intOrString' };
  switch (schema.type) {
    case 'object': {
      const values = valuesOf(schema);
      if (values) {
        const atomic = schema['x-kubernetes-map-type'] === 'atomic';
        return { kind: 'map', values: typeOf(`${name}.*`, values), atomic };
      }
      if (additionalOf(schema) === true) return { kind: 'map', values: deducedType, atomic: false };
      return objectType(name, schema);
    }
    case 'array': {
      const items = itemsOf(schema);
      const list: ListSchema = {
        kind: 'list',
        items: items ? typeOf(`${name}[]`, items) : deducedType,
        listType: (listTypeOf(schema) as ListSchema['listType'] | undefined) ?? 'atomic',
        mapKeys: listKeysOf(schema),
      };
      return list;
    }
    case 'string':
    case 'integer':
    case 'number':
    case 'boolean':
      return { kind: 'scalar', type: schema.type };
    default:
      return deducedType;
  }
}
