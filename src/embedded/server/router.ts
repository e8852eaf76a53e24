import { ownValue } from '../../kernel/own.ts';
import { groupOrder } from '../codec/facts.ts';
import type { ResourceDefinition } from '../definition.ts';
import { badRequest, methodNotAllowed, notFound, notFoundPath } from '../registry/status.ts';
import type { Registry } from '../registry/types.ts';
import type { Exchange } from './exchange.ts';
import type { HandlerContext, ResourceHandler, ResourceRequest } from './handlers/context.ts';
import { getObject, listObjects } from './handlers/read.ts';
import { connectHandlers } from './handlers/streams.ts';
import { watchObjects } from './handlers/watch.ts';
import { createObject, deleteCollection, deleteObject, patchObject, updateObject } from './handlers/write.ts';
import { negotiateOutput, requireAcceptable } from './negotiation.ts';

const objectTypes = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'];
const listTypes = [...objectTypes, 'application/json;stream=watch', 'application/vnd.kubernetes.protobuf;stream=watch'];

/** A log has no other form, but it is asked for like anything else. */
const plainOutput = { transforms: true, tables: false, protobuf: true };

const objectHandlers = new Map<string, { verb: string; handle: ResourceHandler }>([
  ['GET', { verb: 'get', handle: getObject }],
  ['PUT', { verb: 'update', handle: updateObject }],
  ['PATCH', { verb: 'patch', handle: patchObject }],
  ['DELETE', { verb: 'delete', handle: deleteObject }],
]);

/**
 * Finds and runs the handler of a request for a resource. Undefined: the API group is unknown, there isn't even a router.
 * @throws 404 for paths, 405 for methods, 406 as the routes refuse them
 */
export function routeResource(exchange: Exchange, context: HandlerContext): undefined | (() => void | Promise<void>) {
  const { info } = exchange;
  if (!knowsGroup(context.registry, info.apiPrefix, info.group)) return undefined;
  const definition = context.registry.definition(info);
  if (!definition || !scopeFits(definition, exchange)) {
    // Behind groups of custom resources stands no router that would say it in a Status.
    if (isCustomGroup(info.group)) return undefined;
    throw notFoundPath();
  }
  if (definition.deprecationWarning) exchange.warn(definition.deprecationWarning);
  requirePathName(info.parts[1]);
  const request: ResourceRequest = {
    exchange,
    definition,
    namespace: definition.namespaced && info.namespace !== '' ? info.namespace : undefined,
    name: info.parts[1],
    subresource: info.parts[2],
  };
  // Everywhere is no place to write to: behind custom resources stands no router that would know the method to be the fault.
  if (definition.custom && definition.namespaced && info.namespace === '' && info.method !== 'GET') return undefined;
  const handle = info.parts.length === 1 ? ofCollection(request) : ofObject(request);
  return () => handle(request, context);
}

/** Whether any resource of the group is served; `api` holds the group without a name, `apis` the others. */
export function knowsGroup(registry: Registry, prefix: string, group: string): boolean {
  return (prefix === 'api') === (group === '') && registry.definitions().some((d) => d.group === group);
}

function isCustomGroup(group: string): boolean {
  return !groupOrder().some(([known]) => known === group);
}

function scopeFits(definition: ResourceDefinition, { info }: Exchange): boolean {
  const { parts } = info;
  if (!definition.namespaced) {
    // The path of a Namespace looks like a namespace's.
    return info.namespace === '' || (definition.resource === 'namespaces' && definition.group === '');
  }
  return info.namespace !== '' || parts.length === 1;
}

/** @throws 400 for a name that means another place in a path */
function requirePathName(name: string | undefined): void {
  if (name !== '.' && name !== '..') return;
  throw badRequest(`Name parameter invalid: "${name}": may not be '${name}'`);
}

/** No router looks at the Accept header of requests for custom resources. @throws 406 */
function requireProducible({ headers }: Exchange, definition: ResourceDefinition, types: readonly string[]): void {
  if (!definition.custom) requireAcceptable(headers.accept, types);
}

function ofCollection({ exchange, definition, namespace }: ResourceRequest): ResourceHandler {
  const { info } = exchange;
  const verbs = definition.verbs ?? [];
  const everywhere = definition.namespaced && namespace === undefined;
  if (everywhere && !verbs.includes('list')) throw notFoundPath();
  if (info.method === 'GET' && (verbs.includes('list') || info.watchByPath)) {
    requireProducible(exchange, definition, listTypes);
    return info.verb === 'watch' ? watchObjects : listObjects;
  }
  if (info.method === 'POST' && verbs.includes('create') && !everywhere && !info.watchByPath) {
    requireProducible(exchange, definition, objectTypes);
    return createObject;
  }
  if (info.method === 'DELETE' && verbs.includes('deletecollection') && !everywhere && !info.watchByPath) {
    requireProducible(exchange, definition, objectTypes);
    return deleteCollection;
  }
  throw methodNotAllowed();
}

function ofObject({ exchange, definition, subresource }: ResourceRequest): ResourceHandler {
  const { info } = exchange;
  if (info.watchByPath) {
    if (info.parts.length > 2) throw notFoundPath();
    if (info.method !== 'GET') throw methodNotAllowed();
    requireProducible(exchange, definition, listTypes);
    return watchObjects;
  }
  if (subresource === undefined) {
    const verbs = definition.verbs ?? [];
    if (!verbs.includes('get') && !verbs.includes('update')) throw notFoundPath();
    const known = objectHandlers.get(info.method);
    if (!known || !verbs.includes(known.verb)) throw methodNotAllowed();
    requireProducible(exchange, definition, objectTypes);
    return known.handle;
  }
  const { subresources = {} } = definition;
  // The name comes from the path: `constructor` is none.
  const facts = ownValue(subresources, subresource);
  if (!facts && definition.custom) throw notFound(definition, info.parts[1] ?? '');
  if (!facts || (info.parts.length > 3 && subresource !== 'proxy')) throw notFoundPath();
  const connect = definition.group === '' ? connectHandlers.get(`${definition.resource}/${subresource}`) : undefined;
  if (connect) {
    if (!connect.methods.includes(info.method)) throw methodNotAllowed();
    if (subresource === 'log') negotiateOutput(exchange.headers.accept, { ...plainOutput, pretty: false });
    return connect.handle;
  }
  const known = info.method === 'POST' ? { verb: 'create', handle: createObject } : objectHandlers.get(info.method);
  if (!known || !facts.verbs.includes(known.verb)) throw methodNotAllowed();
  requireProducible(exchange, definition, objectTypes);
  return known.handle;
}
