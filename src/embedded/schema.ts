/** What is known of a type's structure: from the recorded OpenAPI for built-in kinds, from a CRD's schema for others. */
export type TypeSchema = ScalarSchema | ObjectSchema | MapSchema | ListSchema;

export interface ScalarSchema {
  kind: 'scalar';
  /** `any`: anything goes, untouched (RawExtension, JSON). `bytes`: base64 in JSON. */
  type:
    | 'string'
    | 'integer'
    | 'number'
    | 'boolean'
    | 'bytes'
    | 'quantity'
    | 'time'
    | 'microtime'
    | 'duration'
    | 'intOrString'
    | 'any';
  format?: string;
}

/** Marks values whose type is told by their looks: maps granular, lists atomic, the rest leaves. */
export const deducedType: ScalarSchema = { kind: 'scalar', type: 'any', format: 'deduced' };

export interface ObjectSchema {
  kind: 'object';
  /** OpenAPI name, for messages and for protobuf. */
  name: string;
  fields: ReadonlyMap<string, FieldSchema>;
  /** x-kubernetes-map-type: atomic. */
  atomic: boolean;
  /** Unknown fields are kept (x-kubernetes-preserve-unknown-fields). */
  preserveUnknown?: boolean;
}

export interface MapSchema {
  kind: 'map';
  values: TypeSchema;
  atomic: boolean;
}

export interface ListSchema {
  kind: 'list';
  items: TypeSchema;
  /** x-kubernetes-list-type. */
  listType: 'atomic' | 'set' | 'map';
  /** x-kubernetes-list-map-keys, with the defaults that server-side apply fills in for missing ones. */
  mapKeys: readonly string[];
}

export interface FieldSchema {
  schema: TypeSchema;
  required: boolean;
  default?: unknown;
  /** x-kubernetes-patch-strategy, split at commas. */
  patchStrategy?: readonly ('merge' | 'replace' | 'retainKeys')[];
  /** x-kubernetes-patch-merge-key. */
  patchMergeKey?: string;
}
