import type { Status } from '../../kube/api.gen.ts';
import { apiVersionOf, type KubeObject, type Stored } from '../../kube/meta.ts';
import type { ApiFailure } from '../api.ts';
import { encodeProtobuf, hasProtobuf } from '../codec/protobuf.ts';
import { toPartialMetadata, toTable } from '../codec/views.ts';
import { stringifyYaml } from '../codec/yaml.ts';
import type { ResourceDefinition } from '../definition.ts';
import * as field from '../errors/field.ts';
import { badRequest, isApiError, notAcceptable } from '../errors/status.ts';
import { definitionOfKind } from '../registry/subresource-kind.ts';
import type { ListResult } from '../registry/types.ts';
import type { Exchange } from './exchange.ts';
import { customListJson, listJson, objectJson, prettyJson, tableJson } from './json.ts';
import { negotiateOutput, type Output } from './negotiation.ts';
import { parseGoBoolean } from './query.ts';

/** Whether the client is a person: `?pretty`, or a tool that people look through. */
export function wantsPretty({ info, headers }: Exchange): boolean {
  if (info.query.has('pretty')) return parseGoBoolean(info.query, 'pretty');
  return /^(curl|Wget|Mozilla\/5\.0)/.test(headers['user-agent'] ?? '');
}

/** The answer's form, from the Accept header; for errors always one that can be had. */
function outputForErrors(exchange: Exchange): Output {
  const pretty = wantsPretty(exchange);
  try {
    return negotiateOutput(exchange.headers.accept, { transforms: true, protobuf: true, pretty });
  } catch (error) {
    if (isApiError(error)) return { mediaType: 'application/json', pretty };
    throw error;
  }
}

/** Writes the Status of a failure. */
export function respondError(exchange: Exchange, failure: ApiFailure): void {
  respondStatus(exchange, failure.status);
}

/** Writes a Status with its own code. */
export function respondStatus(exchange: Exchange, status: Status, code = status.code ?? 500): void {
  const wait = status.details?.retryAfterSeconds;
  if (wait && !exchange.reply.headersSent) exchange.reply.setHeader('Retry-After', String(wait));
  const { mediaType, pretty } = outputForErrors(exchange);
  write(exchange, code, { mediaType, pretty }, ordered(status) as KubeObject);
}

/** The fields in the order in which people know them. */
function ordered({ kind, apiVersion, metadata, status, message, reason, details, code }: Status): Status {
  return { kind, apiVersion, metadata, status, message, reason, details, code };
}

function write(
  exchange: Exchange,
  code: number,
  output: Output,
  value: KubeObject,
  json: () => Buffer = () => objectJson(value, '', '\n'),
): void {
  if (output.mediaType === 'application/vnd.kubernetes.protobuf') {
    exchange.send(code, output.mediaType, encodeProtobuf(value));
    return;
  }
  if (output.mediaType === 'application/yaml') {
    // What is undefined is nothing in JSON, and so it is in YAML.
    exchange.send(code, output.mediaType, stringifyYaml(JSON.parse(JSON.stringify(value))));
    return;
  }
  const body = json();
  exchange.send(code, 'application/json', output.pretty ? prettyJson(JSON.parse(body.toString())) : body);
}

/** Subresources whose answers are created on the spot, and shown as they are. */
const untabled: ReadonlySet<string> = new Set(['binding', 'eviction', 'token', 'log']);

/** Whether answers can be shown as a Table: what is answered without being stored can't. */
function hasTable({ review, resource }: ResourceDefinition, subresource: string): boolean {
  return !review && resource !== 'bindings' && !untabled.has(subresource);
}

/** The kind that an answer is of: of a Scale, its own. */
function shown(definition: ResourceDefinition, { kind }: KubeObject): ResourceDefinition {
  if (kind !== 'Scale' || definition.kind === 'Scale') return definition;
  return definitionOfKind({ group: 'autoscaling', version: 'v1', kind: 'Scale' });
}

/** Writes answers of one resource in the form that the client wants. */
export class Responder {
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** What the client wants; done before any work. @throws 406 */
  negotiate(exchange: Exchange, definition: ResourceDefinition, watch = false): Output {
    const output = negotiateOutput(exchange.headers.accept, {
      transforms: true,
      tables: hasTable(definition, exchange.info.subresource),
      protobuf: hasProtobuf(apiVersionOf(definition), definition.kind),
      pretty: wantsPretty(exchange),
      watch,
    });
    if (output.as?.kind === 'Table') checkIncludeObject(exchange);
    return output;
  }

  /** One object, or the Status that a write ended with. */
  object(exchange: Exchange, code: number, output: Output, definition: ResourceDefinition, object: KubeObject): void {
    if (object.kind === 'Status' && object.apiVersion === 'v1') {
      write(exchange, code, { ...output, as: undefined }, object);
      return;
    }
    const value = this.transform(exchange, output, shown(definition, object), object);
    write(exchange, code, output, value);
  }

  /** The view of one object; `columns` false leaves out a Table's column definitions (later events of a watch). */
  transform(
    exchange: Exchange,
    { as }: Output,
    definition: ResourceDefinition,
    object: KubeObject,
    columns = true,
  ): KubeObject {
    if (!as) return object;
    if (as.kind === 'PartialObjectMetadata') return toPartialMetadata(object, as.version);
    if (as.kind === 'PartialObjectMetadataList') {
      throw notAcceptable(
        `you requested PartialObjectMetadataList, but the requested object is not a list (*${internalType(definition)})`,
      );
    }
    return toTable(definition, [object as Stored], {
      version: as.version,
      includeObject: exchange.info.query.get('includeObject') ?? '',
      now: this.#now(),
      listMeta: { resourceVersion: object.metadata?.resourceVersion },
      columns,
    });
  }

  /** A bookmark of a watch in the form of its other events: of a Table only the version is left. */
  bookmark({ as }: Output, definition: ResourceDefinition, bookmark: KubeObject): KubeObject {
    if (!as) return bookmark;
    if (as.kind !== 'Table') return toPartialMetadata(bookmark, as.version);
    return toTable(definition, [], {
      version: as.version,
      now: this.#now(),
      listMeta: bookmark.metadata,
      columns: false,
    });
  }

  list(exchange: Exchange, output: Output, definition: ResourceDefinition, result: ListResult): void {
    const metadata = {
      ...(result.resourceVersion !== '' && { resourceVersion: result.resourceVersion }),
      ...(result.continue && { continue: result.continue }),
      // Lists without a Go type show what is empty, too.
      ...(definition.custom && !output.as && { continue: result.continue ?? '' }),
      ...(result.remainingItemCount !== undefined && { remainingItemCount: result.remainingItemCount }),
    };
    const { as } = output;
    const kind = definition.listKind ?? `${definition.kind}List`;
    if (!as) {
      const apiVersion = apiVersionOf(definition);
      const value = { kind, apiVersion, metadata, items: result.items } as KubeObject;
      const parts = definition.custom
        ? customListJson(kind, apiVersion, metadata, result.items)
        : listJson(kind, apiVersion, metadata, result.items);
      if (output.mediaType === 'application/json' && !output.pretty) {
        exchange.sendParts(200, output.mediaType, parts);
        return;
      }
      // Items of a list carry no type of their own, in YAML neither.
      const json = () => Buffer.concat([...parts]);
      const plain = output.mediaType === 'application/yaml' ? (JSON.parse(json().toString()) as KubeObject) : value;
      write(exchange, 200, output, plain, json);
      return;
    }
    if (as.kind === 'PartialObjectMetadata') {
      throw notAcceptable(
        `you requested PartialObjectMetadata, but the requested object is a list (*${internalType(definition)}List)`,
      );
    }
    if (as.kind === 'Table') {
      const table = toTable(definition, result.items, {
        version: as.version,
        includeObject: exchange.info.query.get('includeObject') ?? '',
        now: this.#now(),
        listMeta: metadata,
        columns: true,
      });
      write(exchange, 200, output, table, () => tableJson(table));
      return;
    }
    const items = result.items.map((item) => toPartialMetadata(item, as.version));
    const value = { kind: as.kind, apiVersion: `meta.k8s.io/${as.version}`, metadata, items } as KubeObject;
    write(exchange, 200, output, value);
  }

  /** Any other document (discovery, versions). */
  document(exchange: Exchange, output: Output, value: KubeObject): void {
    write(exchange, 200, output, value);
  }
}

/** Go's internal type, as some messages name it: `core.Pod`. */
function internalType(definition: ResourceDefinition): string {
  if (definition.custom) return 'unstructured.Unstructured';
  const group = definition.group === '' ? 'core' : definition.group.split('.')[0];
  return `${group}.${definition.kind}`;
}

function checkIncludeObject({ info }: Exchange): void {
  const value = info.query.get('includeObject') ?? '';
  if (['', 'Metadata', 'Object', 'None'].includes(value)) return;
  const { field: where, message } = field.invalid(
    'includeObject',
    value,
    "must be 'Metadata', 'Object', 'None', or empty",
  );
  throw badRequest(`Unable to convert to Table as requested: ${where}: ${message}`);
}
