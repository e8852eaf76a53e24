/**
 * Request bodies: JSON, YAML and protobuf into objects, with the server's own texts for everything that is wrong.
 * Every behaviour here was recorded (exchanges of the topics protocol, fieldvalidation, metadata, validation).
 */
import { setOwn } from '../../kernel/own.ts';
import type { DeleteOptions } from '../../kube/api.gen.ts';
import { apiVersionOf, type KubeObject } from '../../kube/meta.ts';
import type { CustomKind } from '../definition.ts';
import * as field from '../registry/field.ts';
import { badRequest, invalid, unsupportedMediaType } from '../registry/status.ts';
import { isUnservedKind } from './facts.ts';
import { entriesOf, hasDuplicates, JsonSyntaxError, parseJson, plainValue } from './go-json.ts';
import { decodeProtobuf, ProtobufError } from './protobuf.ts';
import { findKind, findType } from './type-table.ts';
import { arrange, type TypedResult, TypeMismatch, toTyped } from './typed.ts';
import { parseYaml, YamlSyntaxError } from './yaml.ts';

export type FieldValidation = 'Strict' | 'Warn' | 'Ignore';

/** What a body is to become; a ResourceDefinition is one, `kindTarget` makes one for subresources. */
export interface DecodeTarget {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** OpenAPI name of the type; names that are not built in are taken as custom resources. */
  readonly schema: string;
  /** Of custom resources. */
  readonly custom?: Pick<CustomKind, 'coerce'>;
}

export interface Decoded<T extends KubeObject = KubeObject> {
  object: T;
  /** For Warning headers: `unknown field "spec.foo"`. */
  warnings: string[];
}

/**
 * The target for a built-in kind that is no resource of its own: Scale, Eviction, TokenRequest, Binding.
 * @throws if there is no such kind
 */
export function kindTarget(group: string, version: string, kind: string): DecodeTarget {
  const info = findKind(apiVersionOf({ group, version }), kind);
  if (!info) throw new Error(`no kind ${kind} in ${group || 'core'}/${version}`);
  return { group, version, kind, schema: info.name };
}

/**
 * Reads the body of a create, update or subresource request. Without a content type it is JSON. Missing apiVersion
 * and kind are the target's; the result always has them.
 * @throws ApiFailure 400, 415 as the server words them
 */
export function decodeBody(
  bytes: Uint8Array,
  contentType: string | undefined,
  target: DecodeTarget,
  fieldValidation: FieldValidation = 'Warn',
): Decoded {
  const expected = { apiVersion: apiVersionOf(target), kind: target.kind };
  const parsed = readValue(bytes, contentType, expected, (why) =>
    badRequest(`the object provided is unrecognized (must be of type ${target.kind}): ${why} (${summary(bytes)})`),
  );
  if (target.custom) refuseUnnamed(target, parsed, bytes);
  const apiVersion = parsed.apiVersion || expected.apiVersion;
  const kind = parsed.kind || target.kind;
  const version = apiVersion.slice(apiVersion.indexOf('/') + 1);
  const cannot = (why: string) =>
    badRequest(`${kind} in version "${version}" cannot be handled as a ${target.kind}: ${why}`);
  // The one subresource that takes an older version, too.
  const eviction = kind === 'Eviction' && apiVersion === 'policy/v1beta1';
  const own = (apiVersion === expected.apiVersion || eviction) && kind === target.kind;
  if (!own) {
    if (target.custom) throw otherCustom(target, apiVersion, kind, parsed.value);
    return refuseOther(target, apiVersion, kind, parsed.value, cannot);
  }
  const typed = typedOf(target, parsed.value, cannot);
  return finish(target, typed, parsed.duplicates, fieldValidation, cannot);
}

/**
 * Brings an object (of a patch, of a component) into the form in which the server stores and returns it.
 * @throws ApiFailure 400 on type errors and, for `Strict`, on unknown fields
 */
export function normalize<T extends KubeObject>(
  target: DecodeTarget,
  object: T,
  fieldValidation: FieldValidation = 'Ignore',
): Decoded<T> {
  const cannot = (why: string) =>
    badRequest(`${target.kind} in version "${target.version}" cannot be handled as a ${target.kind}: ${why}`);
  return finish(target, typedOf(target, object, cannot), [], fieldValidation, cannot) as Decoded<T>;
}

/**
 * Reads the options in the body of a DELETE; an empty body gives none.
 * @throws ApiFailure 400, 415
 */
export function decodeDeleteOptions(bytes: Uint8Array, contentType: string | undefined): DeleteOptions {
  if (bytes.length === 0) return {};
  const parsed = readValue(bytes, contentType, { apiVersion: 'v1', kind: 'DeleteOptions' }, badRequest);
  const apiVersion = parsed.apiVersion || 'v1';
  const kind = parsed.kind || 'DeleteOptions';
  const info = kind === 'DeleteOptions' ? findKind(apiVersion, kind) : undefined;
  if (!info) throw badRequest(notRegistered(apiVersion, kind));
  return typedOf({ ...splitVersion(apiVersion), kind, schema: info.name }, parsed.value, badRequest).object;
}

interface Parsed {
  value: unknown;
  apiVersion: string;
  kind: string;
  /** Keys that stood twice in a YAML text. */
  duplicates: string[];
}

type Refuse = (why: string) => Error;

function readValue(
  bytes: Uint8Array,
  contentType: string | undefined,
  expected: { apiVersion: string; kind: string },
  refuse: Refuse,
): Parsed {
  const mediaType = (contentType ?? '').split(';')[0]?.trim().toLowerCase() || 'application/json';
  try {
    switch (mediaType) {
      case 'application/json':
        return interpret(parseJson(textOf(bytes)), [], refuse);
      case 'application/yaml': {
        const { value, duplicates } = parseYaml(textOf(bytes));
        return interpret(value, duplicates, refuse);
      }
      case 'application/vnd.kubernetes.protobuf': {
        const { object, apiVersion, kind } = decodeProtobuf(bytes, expected);
        return { value: object, apiVersion, kind, duplicates: [] };
      }
    }
  } catch (error) {
    if (error instanceof JsonSyntaxError) throw refuse(`couldn't get version/kind; json parse error: ${error.message}`);
    if (error instanceof YamlSyntaxError || error instanceof ProtobufError) throw refuse(error.message);
    throw error;
  }
  throw unsupportedMediaType(
    'the body of the request was in an unknown format - accepted media types include: ' +
      'application/json, application/yaml, application/vnd.kubernetes.protobuf',
  );
}

/** Finds out what the value says it is. */
function interpret(value: unknown, duplicates: string[], refuse: Refuse): Parsed {
  const header =
    'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }';
  const parseError = (what: string, into: string) =>
    refuse(`couldn't get version/kind; json parse error: json: cannot unmarshal ${what} into Go ${into}`);
  if (value === null || value === undefined) return { value, apiVersion: '', kind: '', duplicates };
  if (typeof value !== 'object' || Array.isArray(value) || isLiteral(value)) {
    throw parseError(jsonType(value), `value of type ${header}`);
  }
  const { apiVersion = '', kind = '' } = value as Record<string, unknown>;
  for (const [name, text] of Object.entries({ apiVersion, kind })) {
    if (typeof text !== 'string' && text !== null) {
      throw parseError(jsonType(text), `struct field .${name} of type string`);
    }
  }
  const version = (apiVersion as string | null) ?? '';
  if (version.split('/').length > 2) throw refuse(`unexpected GroupVersion string: ${version}`);
  return { value, apiVersion: version === '/' ? '' : version, kind: (kind as string | null) ?? '', duplicates };
}

function isLiteral(value: object): boolean {
  return typeof plainValue(value) === 'number';
}

function jsonType(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  const plain = plainValue(value);
  return typeof plain === 'boolean' ? 'bool' : typeof plain;
}

/** No Go type says what a custom resource is: its body has to. @throws 400 */
function refuseUnnamed(target: DecodeTarget, { apiVersion, kind }: Parsed, bytes: Uint8Array): void {
  if (kind === '') {
    const why = `Object 'Kind' is missing in '${textOf(bytes)}'`;
    throw badRequest(
      `the object provided is unrecognized (must be of type ${target.kind}): ${why} (${summary(bytes)})`,
    );
  }
  if (apiVersion !== '') return;
  const expected = apiVersionOf(target);
  throw badRequest(`the API version in the data () does not match the expected API version (${expected})`);
}

/** An object of another kind or version than the custom one of the path. */
function otherCustom(target: DecodeTarget, apiVersion: string, kind: string, value: unknown): Error {
  const expected = apiVersionOf(target);
  if (apiVersion !== expected) {
    return badRequest(
      `the API version in the data (${apiVersion}) does not match the expected API version (${expected})`,
    );
  }
  const name = (value as KubeObject | null)?.metadata?.name ?? '';
  return invalid({ group: target.group, kind }, name, [field.invalid('kind', kind, `must be ${target.kind}`)]);
}

/** An object of another kind than the target: decoded for its own errors, then refused. */
function refuseOther(
  target: DecodeTarget,
  apiVersion: string,
  kind: string,
  value: unknown,
  cannot: (why: string) => Error,
): never {
  const info = findKind(apiVersion, kind);
  const { group, version } = splitVersion(apiVersion);
  if (!info && !isUnservedKind(apiVersion, kind)) throw cannot(notRegistered(apiVersion, kind));
  if (info) typedOf({ group, version, kind, schema: info.name }, value, cannot);
  if (kind !== target.kind || (internalPackage(group) !== internalPackage(target.group) && group !== 'extensions')) {
    throw cannot(
      `converting (${version}.${kind}) to (${internalPackage(target.group)}.${target.kind}): unknown conversion`,
    );
  }
  throw badRequest(
    `the API version in the data (${apiVersion}) does not match the expected API version (${apiVersionOf(target)})`,
  );
}

function notRegistered(apiVersion: string, kind: string): string {
  return `no kind "${kind}" is registered for version "${apiVersion}" in scheme "pkg/runtime/scheme.go:111"`;
}

function splitVersion(apiVersion: string): { group: string; version: string } {
  const slash = apiVersion.indexOf('/');
  return { group: slash < 0 ? '' : apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) };
}

/** The Go package of a group's internal types. Both kinds of events share theirs. */
function internalPackage(group: string): string {
  if (group === '' || group === 'events.k8s.io') return 'core';
  return group.split('.')[0] ?? group;
}

/**
 * The object as it is stored and answered with: fields in the order of their type, no empty lists and maps. What `decodeBody`
 * and `normalize` give still tells an empty list from a missing one where ownership of fields depends on it.
 */
export function storedForm<T extends KubeObject>(target: Pick<DecodeTarget, 'schema' | 'custom'>, object: T): T {
  if (target.custom) return sortedKeys(object) as T;
  if (!findType(target.schema)) return object;
  return arrange(target.schema, object as Record<string, unknown>) as T;
}

function typedOf(target: DecodeTarget, value: unknown, cannot: (why: string) => Error): TypedResult {
  try {
    const typed = findType(target.schema) ? toTyped(target.schema, value) : customResource(value, target.custom);
    return keepReset(value, typed);
  } catch (error) {
    if (error instanceof TypeMismatch) throw cannot(error.message);
    throw error;
  }
}

/** `managedFields: []` means something, other empty lists do not: it asks to forget all managers. */
function keepReset(value: unknown, typed: TypedResult): TypedResult {
  const sent = (value as KubeObject | null | undefined)?.metadata?.managedFields;
  if (Array.isArray(sent) && sent.length === 0) {
    typed.object.metadata = { ...(typed.object.metadata as object), managedFields: [] };
  }
  return typed;
}

/** Of a custom resource only the metadata has a Go type; its own schema says the rest. */
function customResource(value: unknown, custom: DecodeTarget['custom']): TypedResult {
  const object = structuredClone(plainValue(value)) as Record<string, unknown>;
  const metadata = toTyped('io.k8s.apimachinery.pkg.apis.meta.v1.PartialObjectMetadata', { metadata: object.metadata });
  object.metadata = metadata.object.metadata;
  const unknown = custom?.coerce(object).map((path) => `unknown field "${path}"`) ?? [];
  return { object, strictErrors: [...duplicateFields(value, ''), ...metadata.strictErrors, ...unknown] };
}

function duplicateFields(value: unknown, at: string): string[] {
  if (Array.isArray(value)) return value.flatMap((item, i) => duplicateFields(item, `${at}[${i}]`));
  if (typeof value !== 'object' || value === null || isLiteral(value)) return [];
  const seen = hasDuplicates(value) ? new Set<string>() : undefined;
  return entriesOf(value).flatMap(([key, item]) => {
    const path = at === '' ? key : `${at}.${key}`;
    const found = seen?.has(key) ? [`duplicate field "${path}"`] : [];
    seen?.add(key);
    return [...found, ...duplicateFields(item, path)];
  });
}

/** As Go writes maps: what has no type is sorted. */
function sortedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedKeys);
  if (typeof value !== 'object' || value === null) return value;
  const sorted: Record<string, unknown> = {};
  for (const key of Object.keys(value).sort()) {
    const item = (value as Record<string, unknown>)[key];
    if (item !== undefined) setOwn(sorted, key, sortedKeys(item));
  }
  return sorted;
}

function finish(
  target: DecodeTarget,
  typed: TypedResult,
  yamlDuplicates: readonly string[],
  fieldValidation: FieldValidation,
  cannot: (why: string) => Error,
): Decoded {
  const { object, strictErrors } = typed;
  if (fieldValidation === 'Strict' && yamlDuplicates.length + strictErrors.length > 0) {
    const yaml = yamlDuplicates.length > 0 ? [`yaml: unmarshal errors:\n  ${yamlDuplicates.join('\n  ')}`] : [];
    throw cannot(`strict decoding error: ${[...yaml, ...strictErrors].join(', ')}`);
  }
  const named = { kind: target.kind, apiVersion: apiVersionOf(target), ...object };
  named.kind = target.kind;
  named.apiVersion = apiVersionOf(target);
  return { object: named, warnings: fieldValidation === 'Warn' ? [...yamlDuplicates, ...strictErrors] : [] };
}

function textOf(bytes: Uint8Array): string {
  // A byte order mark is no white space to Go.
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
}

/** The beginning of a body, as the server shows it in errors: as it stands if it looks like JSON, else in hex. */
function summary(bytes: Uint8Array): string {
  if (bytes.length === 0) return '<empty>';
  const head = Buffer.from(bytes.subarray(0, 30));
  const text = head[0] === 0x7b ? head.toString('utf8') : head.toString('hex');
  return bytes.length > 30 ? `${text} ...` : text;
}
