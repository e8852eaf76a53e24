import type { ResourceDefinition } from '../definition.ts';
import type { FieldSchema, ListSchema, ObjectSchema, ScalarSchema, TypeSchema } from '../schema.ts';
import { type FieldInfo, fieldDefault, jsonFields, type ScalarCode, type TypeRef, typeInfo } from './type-table.ts';

const built = new Map<string, ObjectSchema>();

const scalars: Readonly<Record<ScalarCode, TypeSchema>> = {
  s: { kind: 'scalar', type: 'string' },
  i: { kind: 'scalar', type: 'integer', format: 'int32' },
  l: { kind: 'scalar', type: 'integer', format: 'int64' },
  b: { kind: 'scalar', type: 'boolean' },
  y: { kind: 'scalar', type: 'bytes', format: 'byte' },
  d: { kind: 'scalar', type: 'number', format: 'double' },
  Q: { kind: 'scalar', type: 'quantity' },
  T: { kind: 'scalar', type: 'time', format: 'date-time' },
  U: { kind: 'scalar', type: 'microtime', format: 'date-time' },
  D: { kind: 'scalar', type: 'duration' },
  I: { kind: 'scalar', type: 'intOrString', format: 'int-or-string' },
  R: { kind: 'scalar', type: 'any' },
  F: { kind: 'scalar', type: 'any' },
  J: { kind: 'scalar', type: 'any' },
  E: { kind: 'list', items: { kind: 'scalar', type: 'string' }, listType: 'atomic', mapKeys: [] },
  A: { kind: 'scalar', type: 'any' },
  O: { kind: 'scalar', type: 'any' },
  P: { kind: 'scalar', type: 'any' },
};
const text: ScalarSchema = { kind: 'scalar', type: 'string' };

/**
 * The structure of a built-in kind or type, from the recorded OpenAPI and Go's field order.
 * @param of a definition, or the OpenAPI name of a type: `io.k8s.api.core.v1.Pod`
 * @throws if the type is not a recorded one
 */
export function schemaOf(of: ResourceDefinition | string): ObjectSchema {
  if (typeof of !== 'string' && of.custom) return of.custom.schema;
  const name = typeof of === 'string' ? of : of.schema;
  const known = built.get(name);
  if (known) return known;
  const info = typeInfo(name);
  // Types refer to themselves (JSONSchemaProps) and to many others: fields are created when they are first asked for.
  let fields: ReadonlyMap<string, FieldSchema> | undefined;
  const schema: ObjectSchema = {
    kind: 'object',
    name,
    atomic: info.atomic,
    get fields() {
      if (!fields) {
        const created = new Map<string, FieldSchema>();
        if (info.typeMeta) {
          created.set('kind', { schema: text, required: false });
          created.set('apiVersion', { schema: text, required: false });
        }
        for (const field of jsonFields(info)) created.set(field.json, fieldSchema(field));
        fields = created;
      }
      return fields;
    },
  };
  built.set(name, schema);
  return schema;
}

function fieldSchema(field: FieldInfo): FieldSchema {
  const { ps, pk } = field.annotations;
  return {
    schema: typeSchema(field.type, field),
    required: field.required,
    default: fieldDefault(field),
    patchStrategy: ps?.split(',') as FieldSchema['patchStrategy'],
    patchMergeKey: pk,
  };
}

function typeSchema(type: TypeRef, field: FieldInfo): TypeSchema {
  const { lt, lk, mt } = field.annotations;
  switch (type.kind) {
    case 'scalar':
      return scalars[type.code];
    case 'struct': {
      const schema = schemaOf(type.name);
      // A field may treat an atomic type as granular, or the other way round (PersistentVolumeSpec.claimRef).
      if (mt === undefined || (mt === 'atomic') === schema.atomic) return schema;
      return {
        kind: 'object',
        name: schema.name,
        atomic: mt === 'atomic',
        get fields() {
          return schema.fields;
        },
      };
    }
    case 'map':
      return { kind: 'map', values: typeSchema(type.of, plain(field)), atomic: mt === 'atomic' };
    case 'list': {
      // Lists without a list type are atomic to server-side apply; strategic merge looks at patchStrategy only.
      const list: ListSchema = {
        kind: 'list',
        items: typeSchema(type.of, plain(field)),
        listType: lt ?? 'atomic',
        mapKeys: lk ?? [],
      };
      return list;
    }
  }
}

/** The annotations are those of the field as a whole, not of its items. */
function plain(field: FieldInfo): FieldInfo {
  return { ...field, annotations: {} };
}
