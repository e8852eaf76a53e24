/**
 * Writes src/embedded/generated/types.gen.ts: the structure of every API type, one JSON text a Go package. A type is
 * `{f: [[json, number, type, flags, annotations?]], m?, a?, k?, u?}` as `codec/type-table.ts` describes and reads it.
 */
import {
  type OpenApiSchema,
  openApiSchemas,
  type ProtoField,
  type ProtoMessage,
  readRecorded,
  writeTexts,
} from './recorded.ts';

const scalarCodes: Record<string, string> = {
  string: 's',
  int32: 'i',
  int64: 'l',
  bool: 'b',
  bytes: 'y',
  float64: 'd',
};
const specialCodes: Record<string, string> = {
  Quantity: 'Q',
  Time: 'T',
  MicroTime: 'U',
  Duration: 'D',
  IntOrString: 'I',
  RawExtension: 'R',
  FieldsV1: 'F',
  JSON: 'J',
  ItemsList: 'E',
  JSONSchemaPropsOrArray: 'A',
  JSONSchemaPropsOrBool: 'O',
  JSONSchemaPropsOrStringArray: 'P',
};
const flags = { omitEmpty: 1, pointer: 2, required: 4, omitZero: 8, inline: 16 };

const { kinds, messages } = readRecorded<{
  kinds: Record<string, string>;
  messages: Record<string, ProtoMessage>;
}>('protobuf.json');
/** Numbers in the order of the Go struct, where that is not the order of the numbers. */
const order = readRecorded<Record<string, number[]>>('field-order.json');
const schemas = openApiSchemas();
const openApiName = (message: string) => message.replace(/^k8s\.io\./, 'io.k8s.');
const packageOf = (name: string) => name.slice(0, name.lastIndexOf('.'));

type Annotations = Record<string, unknown>;
type Field = [json: string, num: number, type: string, flags: number, annotations?: Annotations];
interface TypeRecord {
  f: Field[];
  m?: 1;
  a?: 1;
  k?: unknown;
  u?: unknown;
}
const packages = new Map<string, Record<string, TypeRecord>>();

/** `.Name` within the package, else the full name without `io.k8s.`. */
function reference(message: string, from: string): string {
  const special = messages[message]?.special;
  if (special) return specialCodes[special] ?? missing(`a code for ${special}`);
  const name = openApiName(message);
  return packageOf(name) === from ? name.slice(from.length) : name.replace('io.k8s.', '');
}

function typeText(field: ProtoField, from: string): string {
  if (field.kind === 'map') {
    if (field.key !== 'string') missing(`map keys of type ${field.key}`);
    const value = field.value ?? '';
    return `{}${field.valueKind === 'message' ? reference(value, from) : scalarCodes[value]}`;
  }
  const one = field.kind === 'message' ? reference(field.type, from) : scalarCodes[field.type];
  return (field.repeated ? '[]' : '') + (one ?? missing(`a code for ${field.type}`));
}

/** What openapi-gen says when nothing else is written in the Go source: the zero value of fields that are always there. */
function impliedDefault(field: ProtoField): unknown {
  if (field.repeated || field.ptr || field.kind === 'map') return undefined;
  if (field.kind === 'message') return messages[field.type]?.special ? undefined : {};
  if (field.omitempty || field.type === 'bytes') return undefined;
  return field.type === 'string' ? '' : field.type === 'bool' ? false : 0;
}

function annotate(property: OpenApiSchema, field: ProtoField): Annotations | undefined {
  const items = property.items ?? property.additionalProperties;
  const annotations: Annotations = {
    lt: property['x-kubernetes-list-type'],
    lk: property['x-kubernetes-list-map-keys'],
    ps: property['x-kubernetes-patch-strategy'],
    pk: property['x-kubernetes-patch-merge-key'],
    mt: property['x-kubernetes-map-type'],
    e: property.enum,
    ie: items?.enum,
    r: property.$ref ? 1 : undefined,
  };
  if (JSON.stringify(property.default) !== JSON.stringify(impliedDefault(field))) {
    annotations.d = property.default ?? missing(`a default of ${field.json}`);
  }
  const kept = Object.entries(annotations).filter(([, value]) => value !== undefined);
  return kept.length > 0 ? Object.fromEntries(kept) : undefined;
}

function add(message: string, annotatedBy?: OpenApiSchema): void {
  const name = openApiName(message);
  const from = packageOf(name);
  const types = packages.get(from) ?? {};
  packages.set(from, types);
  const short = name.slice(from.length + 1);
  const described = messages[message] ?? missing(`the message ${message}`);
  if (types[short] || described.special) return;
  const schema = schemas.get(name) ?? annotatedBy;
  const record: TypeRecord = { f: [] };
  types[short] = record;
  if (schema?.properties?.apiVersion && schema.properties.kind && !described.fields.some((f) => f.json === 'kind')) {
    record.m = 1;
  }
  if (schema?.['x-kubernetes-map-type'] === 'atomic') record.a = 1;
  if (schemas.has(name) && schema?.['x-kubernetes-group-version-kind']) {
    record.k = schema['x-kubernetes-group-version-kind'].length > 1 ? 'all' : 1;
  }
  if (schema?.['x-kubernetes-unions']) record.u = schema['x-kubernetes-unions'];
  for (const field of inGoOrder(message, described.fields)) {
    const json = field.json ?? '';
    const property = schema?.properties?.[json];
    let bits = 0;
    if (field.omitempty) bits |= flags.omitEmpty;
    if (field.ptr) bits |= flags.pointer;
    if (field.omitzero) bits |= flags.omitZero;
    if (field.inline) bits |= flags.inline;
    if (schema?.required?.includes(json)) bits |= flags.required;
    const annotations = property && annotate(property, field);
    record.f.push([json, field.num, typeText(field, from), bits, ...(annotations ? [annotations] : [])] as Field);
    const inner = field.kind === 'message' ? field.type : field.valueKind === 'message' ? field.value : undefined;
    if (inner) add(inner, field.inline ? schema : undefined);
  }
}

function inGoOrder(message: string, fields: readonly ProtoField[]): readonly ProtoField[] {
  const numbers = order[message];
  return numbers ? fields.toSorted((a, b) => numbers.indexOf(a.num) - numbers.indexOf(b.num)) : fields;
}

function missing(what: string): never {
  throw new Error(`the generator does not know ${what}`);
}

/** Writes the file. */
export function generateTypes(): void {
  // The kinds of TypeMeta that OpenAPI does not describe, because no path returns them.
  const unlisted = new Set<string>();
  const served = new Set(
    [...schemas.values()]
      .flatMap((schema) => schema['x-kubernetes-group-version-kind'] ?? [])
      .filter((gvk) => !['DeleteOptions', 'WatchEvent'].includes(gvk.kind))
      .map((gvk) => (gvk.group ? `${gvk.group}/${gvk.version}` : gvk.version)),
  );
  for (const extra of ['meta.k8s.io/v1', 'apidiscovery.k8s.io/v2']) served.add(extra);
  for (const [kind, message] of Object.entries(kinds)) {
    if (!served.has(kind.slice(0, kind.lastIndexOf('/')))) continue;
    add(message);
    unlisted.add(openApiName(message));
  }
  for (const name of [...packages.keys()].filter((name) => Object.keys(packages.get(name) ?? {}).length === 0)) {
    packages.delete(name);
  }
  for (const name of unlisted) {
    const type = packages.get(packageOf(name))?.[name.slice(packageOf(name).length + 1)];
    if (type && !schemas.has(name) && !name.endsWith('.WatchEvent')) type.m = 1;
  }
  // version.Info has no protobuf form; it only stands in an OpenAPI document.
  const info = schemas.get('io.k8s.apimachinery.pkg.version.Info');
  packages.set('io.k8s.apimachinery.pkg.version', {
    Info: {
      f: Object.keys(info?.properties ?? {}).map((name): Field => {
        const required = info?.required?.includes(name) ?? false;
        return [name, 0, 's', required ? flags.required : flags.omitEmpty];
      }),
    },
  });
  writeTexts('types.gen.ts', 'The structure of all API types, by Go package.', 'typePackages', packages);
}
