/** The paths of OpenAPI v3 documents: which operations a resource has, by Kubernetes' rules for their names and parts. */
import type { ResourceDefinition, Subresource } from '../definition.ts';
import { findFacts } from './facts.ts';
import { schemaReference } from './openapi-schemas.ts';
import { findKind, jsonFields } from './type-table.ts';

export interface OpenApiParameter {
  name: string;
  in: 'path' | 'query';
  required?: true;
  schema: Record<string, unknown>;
}

export interface OpenApiOperation {
  tags: string[];
  operationId: string;
  parameters?: OpenApiParameter[];
  requestBody?: { content: Record<string, unknown>; required?: true };
  responses: Record<string, { description: string; content?: Record<string, unknown> }>;
  'x-kubernetes-action'?: string;
  'x-kubernetes-group-version-kind'?: Kind;
}

export type PathItem = Record<string, OpenApiOperation | OpenApiParameter[]>;

interface Kind {
  group: string;
  kind: string;
  version: string;
}

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1';
const objectTypes = ['application/json', 'application/vnd.kubernetes.protobuf', 'application/yaml'];
const customTypes = ['application/json', 'application/yaml'];
const streamTypes = ['application/json;stream=watch', 'application/vnd.kubernetes.protobuf;stream=watch'];
const patchTypes = [
  'application/apply-patch+yaml',
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
];

const text = { type: 'string', uniqueItems: true };
const flag = { type: 'boolean', uniqueItems: true };
const number = { type: 'integer', uniqueItems: true };
const query = (schemas: Record<string, Record<string, unknown>>): OpenApiParameter[] =>
  Object.entries(schemas).map(([name, schema]) => ({ name, in: 'query', schema }));
const path = (name: string): OpenApiParameter => ({ name, in: 'path', required: true, schema: text });

const pretty = query({ pretty: text });
const listing = query({
  allowWatchBookmarks: flag,
  continue: text,
  fieldSelector: text,
  labelSelector: text,
  limit: number,
  resourceVersion: text,
  resourceVersionMatch: text,
  sendInitialEvents: flag,
  timeoutSeconds: number,
  watch: flag,
});
const writing = query({ dryRun: text, fieldManager: text, fieldValidation: text });
const patching = query({ force: flag });
const deleting = query({
  dryRun: text,
  gracePeriodSeconds: number,
  ignoreStoreReadErrorWithClusterBreakingPotential: flag,
  orphanDependents: flag,
  propagationPolicy: text,
});
const collecting = listing.filter(({ name }) => name !== 'allowWatchBookmarks' && name !== 'watch');

/** `RbacAuthorizationV1`: how operation ids name a group version. */
export function groupVersionName(group: string, version: string): string {
  return groupName(group) + capital(version);
}

/** `RbacAuthorization`, `Core`. */
export function groupName(group: string): string {
  if (group === '') return 'Core';
  return group
    .replace(/\.k8s\.io$/, '')
    .split('.')
    .map(capital)
    .join('');
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

function tagOf(group: string, version: string): string {
  const name = groupName(group);
  return `${name.charAt(0).toLowerCase()}${name.slice(1)}_${version}`;
}

/** One 200 answer of a document that has no verb: discovery, version. */
export function plainOperation(tag: string, operationId: string, schema: string | undefined, types = objectTypes) {
  return {
    tags: [tag],
    operationId,
    responses: { 200: answer('OK', schema, types), 401: { description: 'Unauthorized' } },
  } satisfies OpenApiOperation;
}

function answer(description: string, schema: string | undefined, types: readonly string[]) {
  const content = schema ? { schema: { $ref: schemaReference(schema) } } : { schema: { type: 'string' } };
  return { description, content: Object.fromEntries(types.map((type) => [type, content])) };
}

/** All paths of one resource and its subresources, below `/api/v1` or `/apis/<group>/<version>`. */
export function resourcePaths(definition: ResourceDefinition): Record<string, PathItem> {
  return new ResourcePaths(definition).all();
}

class ResourcePaths {
  readonly #definition: ResourceDefinition;
  readonly #root: string;
  readonly #gv: string;
  /** `NamespacedPod` or `Node`. */
  readonly #scoped: string;
  readonly #types: readonly string[];
  readonly #paths: Record<string, PathItem> = {};

  constructor(definition: ResourceDefinition) {
    const { group, version, kind, namespaced } = definition;
    this.#definition = definition;
    this.#root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
    this.#gv = groupVersionName(group, version);
    this.#scoped = namespaced ? `Namespaced${kind}` : kind;
    this.#types = findFacts(group, version, definition.resource) ? objectTypes : customTypes;
  }

  all(): Record<string, PathItem> {
    const { resource, namespaced, kind } = this.#definition;
    const scope = namespaced ? '/namespaces/{namespace}' : '';
    const collection = `${this.#root}${scope}/${resource}`;
    const one = `${collection}/{name}`;
    if (this.#can('list')) {
      this.#add(collection, 'get', this.#list(`list${this.#gv}${this.#scoped}`), false);
      if (namespaced) {
        const everywhere = this.#list(`list${this.#gv}${kind}ForAllNamespaces`);
        this.#add(`${this.#root}/${resource}`, 'get', everywhere, false);
      }
    }
    if (this.#can('create')) this.#add(collection, 'post', this.#create(`create${this.#gv}${this.#scoped}`), false);
    if (this.#can('deletecollection')) this.#add(collection, 'delete', this.#deleteCollection(), false);
    if (this.#can('get')) this.#add(one, 'get', this.#get(`read${this.#gv}${this.#scoped}`), true);
    if (this.#can('update')) this.#add(one, 'put', this.#replace(`replace${this.#gv}${this.#scoped}`), true);
    if (this.#can('patch')) this.#add(one, 'patch', this.#patch(`patch${this.#gv}${this.#scoped}`), true);
    if (this.#can('delete')) this.#add(one, 'delete', this.#delete(), true);
    if (this.#can('watch') && !this.#definition.custom) this.#watches(scope);
    for (const [name, subresource] of Object.entries(this.#definition.subresources ?? {})) {
      this.#subresource(one, name, subresource);
    }
    return this.#paths;
  }

  #can(verb: string): boolean {
    return this.#definition.verbs?.includes(verb) ?? true;
  }

  /** Puts an operation under its path; parts of the path are parameters of the path as a whole. */
  #add(at: string, method: string, operation: OpenApiOperation, named: boolean, more: OpenApiParameter[] = []): void {
    this.#paths[at] ??= {
      parameters: [
        ...(named ? [path('name')] : []),
        ...(at.includes('{namespace}') ? [path('namespace')] : []),
        ...(operation['x-kubernetes-action'] === 'connect' ? [] : pretty),
        ...more,
      ],
    };
    (this.#paths[at] as PathItem)[method] = operation;
  }

  #operation(
    operationId: string,
    action: string,
    gvk: Kind | undefined,
    responses: OpenApiOperation['responses'],
    parameters: OpenApiParameter[],
  ): OpenApiOperation {
    const { group, version, kind } = this.#definition;
    return {
      tags: [tagOf(group, version)],
      operationId,
      ...(parameters.length > 0 && { parameters }),
      responses: { ...responses, 401: { description: 'Unauthorized' } },
      'x-kubernetes-action': action,
      'x-kubernetes-group-version-kind': gvk ?? { group, kind, version },
    };
  }

  #answers(schema: string, ...codes: ('OK' | 'Created' | 'Accepted')[]): OpenApiOperation['responses'] {
    const numbers = { OK: 200, Created: 201, Accepted: 202 };
    return Object.fromEntries(codes.map((code) => [numbers[code], answer(code, schema, this.#types)]));
  }

  #list(operationId: string): OpenApiOperation {
    const { schema, listKind } = this.#definition;
    const name = listKind ? `${schema.slice(0, schema.lastIndexOf('.') + 1)}${listKind}` : `${schema}List`;
    const types = [...this.#types, ...this.#streamTypes()];
    return this.#operation(operationId, 'list', undefined, { 200: answer('OK', name, types) }, listing);
  }

  #streamTypes(): string[] {
    return this.#types === objectTypes ? streamTypes : streamTypes.slice(0, 1);
  }

  #get(operationId: string, gvk?: Kind, schema = this.#definition.schema): OpenApiOperation {
    return this.#operation(operationId, 'get', gvk, this.#answers(schema, 'OK'), []);
  }

  #create(operationId: string, gvk?: Kind, schema = this.#definition.schema): OpenApiOperation {
    const answers = this.#answers(schema, 'OK', 'Created', 'Accepted');
    return withBody(this.#operation(operationId, 'post', gvk, answers, writing), schema);
  }

  #replace(operationId: string, gvk?: Kind, schema = this.#definition.schema): OpenApiOperation {
    const answers = this.#answers(schema, 'OK', 'Created');
    return withBody(this.#operation(operationId, 'put', gvk, answers, writing), schema);
  }

  #patch(operationId: string, gvk?: Kind, schema = this.#definition.schema): OpenApiOperation {
    const types = this.#types === objectTypes ? patchTypes : patchTypes.slice(0, 3);
    const answers = this.#answers(schema, 'OK', 'Created');
    return withBody(
      this.#operation(operationId, 'patch', gvk, answers, [...writing, ...patching]),
      `${meta}.Patch`,
      types,
    );
  }

  #delete(): OpenApiOperation {
    const { group, version, resource, schema } = this.#definition;
    const returned = findFacts(group, version, resource)?.returnsDeleted ? schema : `${meta}.Status`;
    const id = `delete${this.#gv}${this.#scoped}`;
    const operation = this.#operation(id, 'delete', undefined, this.#answers(returned, 'OK', 'Accepted'), deleting);
    return withBody(operation, `${meta}.DeleteOptions`, undefined, false);
  }

  #deleteCollection(): OpenApiOperation {
    const id = `delete${this.#gv}Collection${this.#scoped}`;
    const parameters = [...collecting, ...deleting];
    const answers = this.#answers(`${meta}.Status`, 'OK');
    const operation = this.#operation(id, 'deletecollection', undefined, answers, parameters);
    return withBody(operation, `${meta}.DeleteOptions`, undefined, false);
  }

  /** The paths of old clients, with /watch/ in them. */
  #watches(scope: string): void {
    const { resource, kind, namespaced } = this.#definition;
    const types = [...this.#types, ...this.#streamTypes()];
    const responses = { 200: answer('OK', `${meta}.WatchEvent`, types) };
    const add = (at: string, id: string, action: string, named: boolean) => {
      const operation = this.#operation(`watch${this.#gv}${id}`, action, undefined, responses, []);
      this.#add(`${this.#root}/watch${at}`, 'get', operation, named, listing);
    };
    add(`${scope}/${resource}`, `${this.#scoped}List`, 'watchlist', false);
    if (namespaced) add(`/${resource}`, `${kind}ListForAllNamespaces`, 'watchlist', false);
    if (this.#can('get')) add(`${scope}/${resource}/{name}`, this.#scoped, 'watch', true);
  }

  #subresource(one: string, name: string, subresource: Subresource): void {
    const { groupVersionKind: gvk, verbs } = subresource;
    const suffix = this.#scoped + name.split('/').map(capital).join('');
    const at = `${one}/${name}`;
    if (gvk?.kind.endsWith('Options')) {
      this.#connect(at, suffix, gvk, verbs);
      return;
    }
    const schema = gvk && findKind(gvk.group === '' ? gvk.version : `${gvk.group}/${gvk.version}`, gvk.kind)?.name;
    const id = (verb: string) => `${verb}${this.#gv}${suffix}`;
    if (verbs.includes('get')) {
      const get = this.#get(id('read'), gvk, schema);
      if (name === 'log') this.#addLog(at, get);
      else this.#add(at, 'get', get, true);
    }
    if (verbs.includes('create')) this.#add(at, 'post', this.#create(id('create'), gvk, schema), true);
    if (verbs.includes('update')) this.#add(at, 'put', this.#replace(id('replace'), gvk, schema), true);
    if (verbs.includes('patch')) this.#add(at, 'patch', this.#patch(id('patch'), gvk, schema), true);
  }

  #addLog(at: string, operation: OpenApiOperation): void {
    operation.responses[200] = answer('OK', undefined, ['text/plain', ...objectTypes]);
    this.#add(at, 'get', operation, true, optionParameters('v1', 'PodLogOptions'));
  }

  /** exec, attach, port-forward, proxy: any method that the verbs stand for, options in the query. */
  #connect(at: string, suffix: string, gvk: Kind, verbs: readonly string[]): void {
    const proxy = verbs.includes('update');
    const methods = proxy ? ['get', 'put', 'post', 'delete', 'options', 'head', 'patch'] : ['get', 'post'];
    const options = optionParameters(gvk.version, gvk.kind);
    for (const [where, tail] of proxy
      ? [
          ['', ''],
          ['/{path}', 'WithPath'],
        ]
      : [['', '']]) {
      for (const method of methods) {
        const id = `connect${this.#gv}${capital(method)}${suffix}${tail}`;
        const operation = this.#operation(id, 'connect', gvk, { 200: answer('OK', undefined, ['*/*']) }, []);
        this.#add(`${at}${where}`, method, operation, true, [...(where ? [path('path')] : []), ...options]);
      }
    }
  }
}

function withBody(
  operation: OpenApiOperation,
  schema: string,
  types: readonly string[] = ['*/*'],
  required = true,
): OpenApiOperation {
  const content = { schema: { $ref: schemaReference(schema) } };
  const requestBody = {
    content: Object.fromEntries(types.map((type) => [type, content])),
    ...(required && { required: true as const }),
  };
  return { ...operation, requestBody };
}

/** The fields of an options kind (PodExecOptions) as parameters of a query. */
function optionParameters(apiVersion: string, kind: string): OpenApiParameter[] {
  const info = findKind(apiVersion, kind);
  const fields = (info ? jsonFields(info) : []).filter(({ json }) => json !== 'sinceTime');
  return query(
    Object.fromEntries(
      fields.map(({ json, type }) => {
        const code = type.kind === 'scalar' ? type.code : 's';
        return [json, code === 'b' ? flag : code === 'l' || code === 'i' ? number : text];
      }),
    ),
  );
}
