/**
 * The OpenAPI v2 document, made out of those of v3. kubectl reads it for manifests whose kind is not served (before it
 * says so), and for `explain --output=plaintext-openapiv2`.
 */
import protobuf from 'protobufjs/minimal.js';
import type { ResourceDefinition } from '../definition.ts';
import { openApiDocument, openApiIndex } from './openapi.ts';
import type { OpenApiOperation, OpenApiParameter, PathItem } from './openapi-paths.ts';
import type { OpenApiSchema } from './openapi-schemas.ts';

type Extensions = Record<`x-kubernetes-${string}`, unknown>;

/** What a schema says of values; the names and their fields in gnostic's protobuf form. */
const numbers = { multipleOf: 6, maximum: 7, minimum: 9 } as const;
const flags = { exclusiveMaximum: 8, exclusiveMinimum: 10, uniqueItems: 16 } as const;
const counts = {
  ...{ maxLength: 11, minLength: 12, maxItems: 14, minItems: 15, maxProperties: 17, minProperties: 18 },
} as const;

type Validations = Partial<
  Record<keyof typeof numbers | keyof typeof counts, number> & Record<keyof typeof flags, boolean>
>;

export interface SwaggerSchema extends Extensions, Validations {
  $ref?: string;
  description?: string;
  title?: string;
  format?: string;
  type?: string;
  pattern?: string;
  default?: unknown;
  enum?: readonly string[];
  required?: readonly string[];
  items?: SwaggerSchema;
  additionalProperties?: SwaggerSchema | boolean;
  properties?: Record<string, SwaggerSchema>;
}

export interface SwaggerOperation extends Extensions {
  operationId: string;
  parameters: { name: string; in: 'query'; type: string; uniqueItems: true }[];
  responses: Record<string, { description: string }>;
}

export interface SwaggerDocument {
  swagger: '2.0';
  info: { title: string; version: string };
  paths: Record<string, Record<string, SwaggerOperation>>;
  definitions: Record<string, SwaggerSchema>;
}

/** All paths and all types in one document. */
export function swaggerDocument(definitions: readonly ResourceDefinition[]): SwaggerDocument {
  const swagger: SwaggerDocument = {
    swagger: '2.0',
    info: { title: 'Kubernetes', version: 'v1.35.4' },
    paths: {},
    definitions: {},
  };
  const custom = new Map<string, SwaggerSchema>();
  for (const { custom: kind } of definitions) {
    for (const [name, schema] of Object.entries(kind?.openApi.definitions ?? {}))
      custom.set(name, schema as SwaggerSchema);
  }
  for (const path of Object.keys(openApiIndex(definitions).paths)) {
    const document = openApiDocument(definitions, path);
    for (const [at, item] of Object.entries(document?.paths ?? {})) swagger.paths[at] = operations(item);
    for (const [name, schema] of Object.entries(document?.components?.schemas ?? {})) {
      if (!custom.has(name)) swagger.definitions[name] ??= simpler(schema);
    }
  }
  Object.assign(swagger.definitions, Object.fromEntries(custom));
  return swagger;
}

/** Schemas of OpenAPI v3 that say nothing but what v2 can say as well, in its form. */
export function swaggerSchemas(schemas: Readonly<Record<string, OpenApiSchema>>): Record<string, SwaggerSchema> {
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, plain(schema)]));
}

function plain(schema: OpenApiSchema): SwaggerSchema {
  const { allOf, $ref = allOf?.[0]?.$ref, items, properties, additionalProperties, ...rest } = schema;
  const out = { ...rest } as SwaggerSchema;
  if ($ref) out.$ref = definitionReference($ref);
  if (items) out.items = plain(items);
  if (properties) out.properties = swaggerSchemas(properties);
  if (additionalProperties !== undefined) {
    out.additionalProperties =
      typeof additionalProperties === 'object' ? plain(additionalProperties) : additionalProperties;
  }
  return out;
}

const definitionReference = (reference: string) => reference.replace('#/components/schemas/', '#/definitions/');

function operations(item: PathItem): Record<string, SwaggerOperation> {
  const { parameters: shared = [], ...rest } = item as { parameters?: OpenApiParameter[] };
  const found: Record<string, SwaggerOperation> = {};
  for (const [method, operation] of Object.entries(rest as Record<string, OpenApiOperation>)) {
    const queries = [...shared, ...(operation.parameters ?? [])].filter((parameter) => parameter.in === 'query');
    found[method] = {
      operationId: operation.operationId,
      parameters: queries.map(({ name, schema }) => ({
        name,
        in: 'query',
        type: String(schema.type ?? 'string'),
        uniqueItems: true,
      })),
      responses: { 200: { description: 'OK' } },
      ...extensionsOf(operation),
    };
  }
  return found;
}

function extensionsOf(value: object): Extensions {
  return Object.fromEntries(Object.entries(value).filter(([name]) => name.startsWith('x-kubernetes-')));
}

/** v2 has no unions: what may be a number or a string is a string. */
function simpler(schema: OpenApiSchema): SwaggerSchema {
  const { description, allOf, oneOf } = schema;
  const reference = schema.$ref ?? allOf?.[0]?.$ref;
  const about = description === undefined ? {} : { description };
  if (reference) return { ...about, $ref: definitionReference(reference) };
  const extensions = extensionsOf(schema);
  if (oneOf) {
    const format = 'x-kubernetes-int-or-string' in schema || schema.format ? { format: 'int-or-string' } : {};
    return { ...about, type: 'string', ...format, ...extensions };
  }
  const { type, format, default: fallback, enum: values, required, items, additionalProperties, properties } = schema;
  return {
    ...about,
    ...(type && { type }),
    ...(format && { format }),
    ...(fallback !== undefined && typeof fallback !== 'object' && { default: fallback }),
    ...(values && { enum: values }),
    ...(required && { required }),
    ...(items && { items: simpler(items) }),
    ...(typeof additionalProperties === 'object' && { additionalProperties: simpler(additionalProperties) }),
    ...(properties && {
      properties: Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, simpler(value)])),
    }),
    ...extensions,
  };
}

type Writer = protobuf.Writer;
type Write = (writer: Writer) => void;

/** A message as field `number`. */
function message(writer: Writer, number: number, write: Write): void {
  writer.uint32((number << 3) | 2).fork();
  write(writer);
  writer.ldelim();
}

function text(writer: Writer, number: number, value: string | undefined): void {
  if (value !== undefined) writer.uint32((number << 3) | 2).string(value);
}

/** gnostic's Any: YAML text, of which JSON is a part. */
function any(writer: Writer, number: number, value: unknown): void {
  message(writer, number, (w) => text(w, 2, JSON.stringify(value)));
}

function extensions(writer: Writer, number: number, value: object): void {
  for (const [name, extension] of Object.entries(extensionsOf(value))) {
    message(writer, number, (named) => {
      text(named, 1, name);
      any(named, 2, extension);
    });
  }
}

function validations(writer: Writer, value: SwaggerSchema): void {
  for (const [name, number] of typedEntries(numbers)) {
    if (value[name] !== undefined) writer.uint32((number << 3) | 1).double(value[name]);
  }
  for (const [name, number] of typedEntries(flags)) {
    if (value[name]) writer.uint32((number << 3) | 0).bool(true);
  }
  for (const [name, number] of typedEntries(counts)) {
    if (value[name] !== undefined) writer.uint32((number << 3) | 0).int64(value[name]);
  }
  text(writer, 13, value.pattern);
}

const typedEntries = <T extends object>(fields: T) => Object.entries(fields) as [keyof T, number][];

function schema(writer: Writer, value: SwaggerSchema): void {
  text(writer, 1, value.$ref);
  text(writer, 2, value.format);
  text(writer, 3, value.title);
  text(writer, 4, value.description);
  if (value.default !== undefined) any(writer, 5, value.default);
  validations(writer, value);
  for (const name of value.required ?? []) text(writer, 19, name);
  for (const one of value.enum ?? []) any(writer, 20, one);
  const { additionalProperties, type, items, properties } = value;
  if (typeof additionalProperties === 'object') {
    message(writer, 21, (w) => message(w, 1, (s) => schema(s, additionalProperties)));
  } else if (additionalProperties !== undefined) {
    message(writer, 21, (w) => w.uint32((2 << 3) | 0).bool(additionalProperties));
  }
  if (type) message(writer, 22, (w) => text(w, 1, type));
  if (items) message(writer, 23, (w) => message(w, 1, (s) => schema(s, items)));
  if (properties) message(writer, 25, (w) => namedSchemas(w, properties));
  extensions(writer, 31, value);
}

function namedSchemas(writer: Writer, schemas: Record<string, SwaggerSchema>): void {
  for (const [name, value] of Object.entries(schemas)) {
    message(writer, 1, (named) => {
      text(named, 1, name);
      message(named, 2, (w) => schema(w, value));
    });
  }
}

const methodFields: Record<string, number> = { get: 2, put: 3, post: 4, delete: 5, options: 6, head: 7, patch: 8 };

function operation(writer: Writer, value: SwaggerOperation): void {
  text(writer, 5, value.operationId);
  for (const parameter of value.parameters) {
    // ParametersItem, Parameter, NonBodyParameter, QueryParameterSubSchema
    message(writer, 8, (item) =>
      message(item, 1, (one) =>
        message(one, 2, (other) =>
          message(other, 3, (query) => {
            text(query, 2, parameter.in);
            text(query, 4, parameter.name);
            text(query, 6, parameter.type);
          }),
        ),
      ),
    );
  }
  extensions(writer, 13, value);
}

/** The document in the protobuf form of gnostic's OpenAPIv2.proto, which is all that kubectl asks for. */
export function encodeSwagger(document: SwaggerDocument): Uint8Array {
  const writer = protobuf.Writer.create();
  text(writer, 1, document.swagger);
  message(writer, 2, (info) => {
    text(info, 1, document.info.title);
    text(info, 2, document.info.version);
  });
  message(writer, 8, (paths) => {
    for (const [path, item] of Object.entries(document.paths)) {
      message(paths, 2, (named) => {
        text(named, 1, path);
        message(named, 2, (w) => {
          for (const [method, value] of Object.entries(item)) {
            message(w, methodFields[method] ?? 2, (o) => operation(o, value));
          }
        });
      });
    }
  });
  message(writer, 9, (w) => namedSchemas(w, document.definitions));
  return writer.finish();
}
