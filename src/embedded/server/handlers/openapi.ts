import { openApiDocument, openApiHash, openApiIndex } from '../../codec/openapi.ts';
import { encodeSwagger, swaggerDocument } from '../../codec/openapi-v2.ts';
import type { ResourceDefinition } from '../../definition.ts';
import type { Exchange } from '../exchange.ts';
import { requireAcceptable } from '../negotiation.ts';
import { notFoundPage } from './pages.ts';
import type { PathContext } from './path-context.ts';

/** `/openapi/v3`, the index, and one document a group version (KEP-2896); `/openapi/v2`, all in one. */
export function openApi(exchange: Exchange, segments: readonly string[], { registry }: PathContext): void {
  const [, version, ...rest] = segments;
  const definitions = registry.definitions();
  if (version === 'v2' && rest.length === 0) sendSwagger(exchange, definitions);
  else if (version !== 'v3') notFoundPage(exchange);
  else if (rest.length > 0) sendDocument(exchange, definitions, rest.join('/'));
  else {
    requireAcceptable(exchange.headers.accept, ['application/json']);
    exchange.send(200, 'application/json', JSON.stringify(openApiIndex(definitions)));
  }
}

/** Clients keep documents by the hash in their address. */
function sendDocument(exchange: Exchange, definitions: readonly ResourceDefinition[], path: string): void {
  const text = cached(definitions, path, () => {
    const document = openApiDocument(definitions, path);
    return document && JSON.stringify(document);
  });
  if (text === undefined) {
    exchange.send(404, undefined, '');
    return;
  }
  const hash = openApiHash(definitions, path);
  const asked = exchange.info.query.get('hash');
  if (asked !== null && asked !== hash) {
    exchange.reply.setHeader('Location', `/openapi/v3/${path}?hash=${hash}`);
    exchange.send(301, undefined, '');
    return;
  }
  requireAcceptable(exchange.headers.accept, ['application/json']);
  const etag = `"${hash}"`;
  exchange.reply.setHeader('Etag', etag);
  exchange.reply.setHeader('Vary', 'Accept');
  if (asked !== null) exchange.reply.setHeader('Cache-Control', 'public, immutable');
  if (exchange.headers['if-none-match'] === etag) exchange.send(304, undefined, '');
  else exchange.send(200, 'application/json', text);
}

const swaggerProtobuf = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';
/** The same before a `@` was found not to belong into a media type; old clients ask for it. */
const oldSwaggerProtobuf = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf';

function sendSwagger(exchange: Exchange, definitions: readonly ResourceDefinition[]): void {
  const { accept } = exchange.headers;
  requireAcceptable(accept, ['application/json', swaggerProtobuf, oldSwaggerProtobuf]);
  exchange.reply.setHeader('Vary', 'Accept');
  if (accept?.includes('+protobuf')) {
    const body = cached(definitions, 'v2.protobuf', () => encodeSwagger(swaggerDocument(definitions)));
    exchange.send(200, swaggerProtobuf, body);
    return;
  }
  const text = cached(definitions, 'v2.json', () => JSON.stringify(swaggerDocument(definitions)));
  exchange.send(200, 'application/json', text);
}

const documents = new WeakMap<readonly ResourceDefinition[], Map<string, unknown>>();

/** Documents are created when they are first asked for: some are large. What does not exist is not kept. */
function cached<T>(definitions: readonly ResourceDefinition[], key: string, make: () => T): T {
  const known = documents.get(definitions) ?? new Map<string, unknown>();
  documents.set(definitions, known);
  if (known.has(key)) return known.get(key) as T;
  const created = make();
  if (created !== undefined) known.set(key, created);
  return created;
}
