import { ownValue } from '../../../kernel/own.ts';
import type { DeleteOptions } from '../../../kube/api.gen.ts';
import type { KubeObject } from '../../../kube/meta.ts';
import type { PatchType } from '../../api.ts';
import { decodeBody, decodeDeleteOptions, kindTarget } from '../../codec/decode.ts';
import { validateDeleteOptions } from '../../registry/delete-options.ts';
import { ApiError, notFoundPath } from '../../registry/status.ts';
import type { RequestContext } from '../../registry/types.ts';
import { decodePatch } from '../bodies.ts';
import type { Exchange } from '../exchange.ts';
import { negotiateInput } from '../negotiation.ts';
import {
  deleteOptionsFromQuery,
  fieldManagerOf,
  listParameters,
  type WriteParameters,
  writeParameters,
} from '../options.ts';
import type { ResourceHandler, ResourceRequest } from './context.ts';

/** POST of a new object, or to a subresource of an existing one. */
export const createObject: ResourceHandler = async (request, { registry, responder }) => {
  const { exchange, definition, namespace, name, subresource } = request;
  const output = responder.negotiate(exchange, definition);
  const mediaType = negotiateInput(exchange.headers['content-type']);
  const body = await exchange.body();
  const parameters = writeParameters(exchange.info.query, 'CreateOptions');
  const object = decode(request, body, mediaType, parameters);
  const context = requestContext(exchange, parameters, subresource);
  const created =
    name !== undefined && subresource !== undefined
      ? await registry.createSubresource(definition, namespace, name, object, context)
      : await registry.create(definition, namespace, object, context);
  responder.object(exchange, 201, output, definition, created);
};

/** PUT of an object or a subresource. */
export const updateObject: ResourceHandler = async (request, { registry, responder }) => {
  const { exchange, definition, namespace, name, subresource } = request;
  const output = responder.negotiate(exchange, definition);
  if (name === undefined) throw notFoundPath();
  const mediaType = negotiateInput(exchange.headers['content-type']);
  const body = await exchange.body();
  const parameters = writeParameters(exchange.info.query, 'UpdateOptions');
  const object = decode(request, body, mediaType, parameters);
  const context = requestContext(exchange, parameters, subresource);
  const { object: updated, created } = await registry.update(definition, namespace, name, object, context);
  responder.object(exchange, created ? 201 : 200, output, definition, updated);
};

const patchTypes = new Map<string, PatchType>([
  ['application/json-patch+json', 'json'],
  ['application/merge-patch+json', 'merge'],
  ['application/strategic-merge-patch+json', 'strategic'],
  ['application/apply-patch+yaml', 'apply'],
]);

/** A strategic merge needs a Go type. */
const customPatchTypes = [...patchTypes.keys()].filter((name) => patchTypes.get(name) !== 'strategic');

/** The patch type of a Content-Type. @throws 415 as the router answers it */
function patchTypeOf({ exchange, definition }: ResourceRequest): PatchType {
  const type = patchTypes.get((exchange.headers['content-type'] ?? '').split(';')[0]?.trim() ?? '');
  if (type) return type;
  if (definition.custom) negotiateInput(exchange.headers['content-type'], customPatchTypes);
  throw new ApiError({
    code: 415,
    reason: 'UnsupportedMediaType',
    message: '415: Unsupported Media Type',
    details: {},
  });
}

/** PATCH of an object or a subresource; server-side apply may create. */
export const patchObject: ResourceHandler = async (request, { registry, responder }) => {
  const { exchange, definition, namespace, name, subresource } = request;
  const type = patchTypeOf(request);
  if (definition.custom && type === 'strategic') negotiateInput(exchange.headers['content-type'], customPatchTypes);
  const output = responder.negotiate(exchange, definition);
  if (name === undefined) throw notFoundPath();
  const body = await exchange.body();
  const parameters = writeParameters(exchange.info.query, 'PatchOptions', type === 'apply');
  const patch = {
    type,
    body: decodePatch(type, body),
    ...(parameters.force !== undefined && { force: parameters.force }),
  };
  const context = requestContext(exchange, parameters, subresource);
  const { object, created } = await registry.patch(definition, namespace, name, patch, context);
  responder.object(exchange, created ? 201 : 200, output, definition, object);
};

/** DELETE of one object. */
export const deleteObject: ResourceHandler = async (request, { registry, responder }) => {
  const { exchange, definition, namespace, name, subresource } = request;
  const output = responder.negotiate(exchange, definition);
  if (name === undefined) throw notFoundPath();
  const options = await readDeleteOptions(exchange);
  const context = requestContext(exchange, deleteParameters(options), subresource);
  const result = await registry.delete(definition, namespace, name, options, context);
  if ('status' in result) return responder.object(exchange, 200, output, definition, result.status as KubeObject);
  responder.object(exchange, options.orphanDependents === false ? 202 : 200, output, definition, result.object);
};

/** DELETE of a collection, or of what a selector chooses from it. */
export const deleteCollection: ResourceHandler = async (request, { registry, responder }) => {
  const { exchange, definition, namespace } = request;
  const output = responder.negotiate(exchange, definition);
  const selection = listParameters(exchange.info.query, false);
  const options = await readDeleteOptions(exchange);
  const context = requestContext(exchange, deleteParameters(options), undefined);
  const result = await registry.deleteCollection(definition, { ...selection, namespace }, options, context);
  responder.list(exchange, output, definition, result);
};

function decode(
  { exchange, definition, subresource }: ResourceRequest,
  body: Uint8Array,
  mediaType: string,
  parameters: WriteParameters,
): KubeObject {
  const other =
    subresource === undefined ? undefined : ownValue(definition.subresources, subresource)?.groupVersionKind;
  const target = other ? kindTarget(other.group, other.version, other.kind) : definition;
  const { object, warnings } = decodeBody(body, mediaType, target, parameters.fieldValidation);
  for (const warning of warnings) exchange.warn(warning);
  return object;
}

async function readDeleteOptions(exchange: Exchange): Promise<DeleteOptions> {
  const mediaType = negotiateInput(exchange.headers['content-type']);
  const body = await exchange.body();
  const options = body.length > 0 ? decodeDeleteOptions(body, mediaType) : deleteOptionsFromQuery(exchange.info.query);
  validateDeleteOptions(options);
  return options;
}

const deleteParameters = (options: DeleteOptions): WriteParameters => ({
  dryRun: (options.dryRun?.length ?? 0) > 0,
  fieldValidation: 'Ignore',
});

function requestContext(
  exchange: Exchange,
  parameters: WriteParameters,
  subresource: string | undefined,
): RequestContext {
  return {
    user: exchange.user,
    fieldManager: fieldManagerOf(parameters.fieldManager, exchange.headers['user-agent']),
    dryRun: parameters.dryRun,
    fieldValidation: parameters.fieldValidation,
    warn: (text) => exchange.warn(text),
    ...(subresource !== undefined && { subresource }),
  };
}
