/**
 * The structure of the built-in API types: JSON names, protobuf numbers, Go's omission rules and OpenAPI annotations
 * in one table, generated from the recordings. JSON, protobuf, patches and OpenAPI documents all read this table.
 */
import { ownValue } from '../../kernel/own.ts';
import { typePackages } from '../generated/types.gen.ts';

/** Codes of the scalars in the table. Upper case: types with an encoding of their own. */
export type ScalarCode =
  | 's' // string
  | 'i' // int32
  | 'l' // int64
  | 'b' // bool
  | 'y' // bytes, base64 in JSON
  | 'd' // float64
  | 'Q' // Quantity
  | 'T' // Time
  | 'U' // MicroTime
  | 'D' // Duration
  | 'I' // IntOrString
  | 'R' // RawExtension
  | 'F' // FieldsV1
  | 'J' // JSON of apiextensions
  | 'E' // a list of strings that is a message of its own (ExtraValue, Verbs)
  | 'A' // JSONSchemaPropsOrArray
  | 'O' // JSONSchemaPropsOrBool
  | 'P'; // JSONSchemaPropsOrStringArray

export type TypeRef =
  | { kind: 'scalar'; code: ScalarCode }
  | { kind: 'struct'; name: string }
  | { kind: 'list'; of: TypeRef }
  | { kind: 'map'; of: TypeRef };

/** OpenAPI extensions of a field, under short names. */
export interface FieldAnnotations {
  /** x-kubernetes-list-type, -list-map-keys, -patch-strategy, -patch-merge-key, -map-type. */
  lt?: 'atomic' | 'set' | 'map';
  lk?: string[];
  ps?: string;
  pk?: string;
  mt?: 'atomic' | 'granular';
  /** Default where Go's zero value is not the one. */
  d?: unknown;
  /** Enum of the field, of its items. */
  e?: string[];
  ie?: string[];
  /** Written as a plain $ref, without allOf. */
  r?: 1;
}

export interface FieldInfo {
  /** Empty for inlined structs, which have no JSON name. */
  json: string;
  /** Protobuf field number. */
  number: number;
  type: TypeRef;
  omitEmpty: boolean;
  pointer: boolean;
  required: boolean;
  omitZero: boolean;
  inline: boolean;
  annotations: FieldAnnotations;
}

export interface TypeInfo {
  /** As in OpenAPI: `io.k8s.api.core.v1.Pod`. */
  name: string;
  /** Has apiVersion and kind. */
  typeMeta: boolean;
  /** x-kubernetes-map-type: atomic. */
  atomic: boolean;
  /** x-kubernetes-group-version-kind: of its own group version, of every registered one, or none. */
  gvk: 'own' | 'all' | undefined;
  unions: unknown;
  /** In the order of the Go struct; inlined structs unresolved. */
  fields: readonly FieldInfo[];
}

type FieldRecord = [json: string, number: number, type: string, flags: number, annotations?: FieldAnnotations];
interface TypeRecord {
  f: FieldRecord[];
  m?: 1;
  a?: 1;
  k?: 1 | 'all';
  u?: unknown;
}

const flag = { omitEmpty: 1, pointer: 2, required: 4, omitZero: 8, inline: 16 };
const packages = new Map<string, Record<string, TypeRecord>>();
const types = new Map<string, TypeInfo>();

function records(packageName: string): Record<string, TypeRecord> | undefined {
  const known = packages.get(packageName);
  if (known) return known;
  const text = ownValue(typePackages, packageName);
  if (text === undefined) return undefined;
  const parsed = JSON.parse(text) as Record<string, TypeRecord>;
  packages.set(packageName, parsed);
  return parsed;
}

function parseRef(text: string, packageName: string): TypeRef {
  if (text.startsWith('[]')) return { kind: 'list', of: parseRef(text.slice(2), packageName) };
  if (text.startsWith('{}')) return { kind: 'map', of: parseRef(text.slice(2), packageName) };
  if (text.length === 1) return { kind: 'scalar', code: text as ScalarCode };
  return { kind: 'struct', name: text.startsWith('.') ? packageName + text : `io.k8s.${text}` };
}

/** What is known of a type by its OpenAPI name; undefined for custom resources and unknown names. */
export function findType(name: string): TypeInfo | undefined {
  const known = types.get(name);
  if (known) return known;
  const dot = name.lastIndexOf('.');
  const packageName = name.slice(0, dot);
  const record = ownValue(records(packageName), name.slice(dot + 1));
  if (!record) return undefined;
  const info: TypeInfo = {
    name,
    typeMeta: record.m === 1,
    atomic: record.a === 1,
    gvk: record.k === 1 ? 'own' : record.k,
    unions: record.u,
    fields: record.f.map(([json, number, type, flags, annotations]) => ({
      json,
      number,
      type: parseRef(type, packageName),
      omitEmpty: (flags & flag.omitEmpty) !== 0,
      pointer: (flags & flag.pointer) !== 0,
      required: (flags & flag.required) !== 0,
      omitZero: (flags & flag.omitZero) !== 0,
      inline: (flags & flag.inline) !== 0,
      annotations: annotations ?? {},
    })),
  };
  types.set(name, info);
  return info;
}

/** As `findType`. @throws if there is no such type: the table and its readers disagree */
export function typeInfo(name: string): TypeInfo {
  const info = findType(name);
  if (!info) throw new Error(`no type ${name} in the generated table`);
  return info;
}

const metaPackage = 'io.k8s.apimachinery.pkg.apis.meta.v1';
/** Groups whose Go package is not named after their first label. */
const packageByGroup: Readonly<Record<string, string>> = {
  '': 'io.k8s.api.core',
  'apiextensions.k8s.io': 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions',
  'apiregistration.k8s.io': 'io.k8s.kube-aggregator.pkg.apis.apiregistration',
  'meta.k8s.io': 'io.k8s.apimachinery.pkg.apis.meta',
};

/**
 * The type of a kind: `('apps/v1', 'Deployment')`. Status, DeleteOptions and the other kinds of meta/v1 are part of
 * every group version, as in Kubernetes' own scheme.
 */
export function findKind(apiVersion: string, kind: string): TypeInfo | undefined {
  const slash = apiVersion.indexOf('/');
  const group = slash < 0 ? '' : apiVersion.slice(0, slash);
  const version = apiVersion.slice(slash + 1);
  const packageName = `${ownValue(packageByGroup, group) ?? `io.k8s.api.${group.split('.')[0]}`}.${version}`;
  const own = findType(`${packageName}.${kind}`);
  if (own && (own.typeMeta || kind === 'WatchEvent')) return own;
  const meta = findType(`${metaPackage}.${kind}`);
  return meta && (meta.typeMeta || kind === 'WatchEvent') ? meta : undefined;
}

/** The fields as JSON shows them: inlined structs resolved into their own fields. */
export function jsonFields(info: TypeInfo): FieldInfo[] {
  return info.fields.flatMap((field) =>
    field.inline && field.type.kind === 'struct' ? jsonFields(typeInfo(field.type.name)) : [field],
  );
}

/** What OpenAPI gives as a field's default: written in the Go source, else the zero value of what is always there. */
export function fieldDefault(field: FieldInfo): unknown {
  if (field.annotations.d !== undefined) return field.annotations.d;
  if (field.pointer) return undefined;
  if (field.type.kind === 'struct') return {};
  if (field.type.kind !== 'scalar' || field.omitEmpty) return undefined;
  return { s: '', i: 0, l: 0, b: false }[field.type.code as string];
}
