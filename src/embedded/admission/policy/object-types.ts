/** Kinds as types of CEL: those that are built in from their recorded structure, others from their definition. */
import type { CustomResourceDefinition } from '../../../kube/api.gen.ts';
import * as cel from '../../../kube/cel/types.ts';
import { escapeName } from '../../apiextensions/cel-names.ts';
import { celType, declaredType } from '../../apiextensions/cel-types.ts';
import { schemaOf } from '../../codec/schema-source.ts';
import type { ObjectSchema, ScalarSchema, TypeSchema } from '../../schema.ts';

const scalars: Readonly<Record<ScalarSchema['type'], cel.CelType>> = {
  string: cel.string,
  integer: cel.int,
  number: cel.double,
  boolean: cel.bool,
  bytes: cel.bytes,
  time: cel.timestamp,
  microtime: cel.timestamp,
  duration: cel.string,
  quantity: cel.dyn,
  intOrString: cel.dyn,
  any: cel.dyn,
};

/**
 * @param schema OpenAPI name: `io.k8s.api.core.v1.Pod`
 * @param name of the type in messages; types of its fields are named after it: `Pod1.spec`
 */
export function builtinType(schema: string, name: string): cel.ObjectType {
  return objectType(schemaOf(schema), name);
}

/** The type of a version; undefined if the definition has none, or no schema for it. */
export function customType(crd: CustomResourceDefinition, version: string, name: string): cel.CelType | undefined {
  const schema = crd.spec.versions.find((one) => one.name === version)?.schema?.openAPIV3Schema;
  const declared = schema && declaredType(schema, false);
  const type = declared && celType(declared, name);
  if (type?.kind !== 'object') return undefined;
  const metadata = builtinType('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta', `${name}.metadata`);
  const common = { apiVersion: cel.string, kind: cel.string, metadata };
  return { ...type, fields: new Map([...type.fields, ...Object.entries(common)]) };
}

function objectType(schema: ObjectSchema, name: string): cel.ObjectType {
  let fields: Map<string, cel.CelType> | undefined;
  return {
    kind: 'object',
    name,
    // Types refer to themselves (JSONSchemaProps): fields are made when they are first asked for.
    get fields() {
      fields ??= new Map(fieldsOf(schema, name));
      return fields;
    },
  };
}

function* fieldsOf(schema: ObjectSchema, name: string): Generator<[string, cel.CelType]> {
  for (const [field, { schema: of }] of schema.fields) {
    const type = typeOf(of, `${name}.${field}`);
    yield [field, type];
    const escaped = escapeName(field);
    if (escaped !== undefined && escaped !== field) yield [escaped, type];
  }
}

function typeOf(schema: TypeSchema, name: string): cel.CelType {
  switch (schema.kind) {
    case 'scalar':
      return scalars[schema.type];
    case 'list':
      return cel.listOf(typeOf(schema.items, `${name}.@idx`));
    case 'map':
      return cel.mapOf(cel.string, typeOf(schema.values, `${name}.@elem`));
    case 'object':
      return objectType(schema, name);
  }
}
