import { notFoundPath } from '../../errors/status.ts';
import { listParameters } from '../options.ts';
import type { ResourceHandler } from './context.ts';

/** GET of one object or of a subresource that is an object. */
export const getObject: ResourceHandler = ({ exchange, definition, namespace, name, subresource }, context) => {
  const { registry, responder } = context;
  const output = responder.negotiate(exchange, definition);
  if (name === undefined) throw notFoundPath();
  if (subresource !== undefined) {
    const object = registry.getSubresource(definition, namespace, name, subresource);
    return responder.object(exchange, 200, output, definition, object);
  }
  const version = exchange.info.query.get('resourceVersion') || undefined;
  responder.object(exchange, 200, output, definition, registry.get(definition, namespace, name, version));
};

/** GET of a collection. */
export const listObjects: ResourceHandler = ({ exchange, definition, namespace }, { registry, responder }) => {
  const output = responder.negotiate(exchange, definition);
  const parameters = listParameters(exchange.info.query, false);
  responder.list(exchange, output, definition, registry.list(definition, { ...parameters, namespace }));
};
