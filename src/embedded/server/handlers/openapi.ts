import { openApiDocument, openApiHash, openApiIndex } from '../../codec/openapi.ts';
import type { ResourceDefinition } from '../../definition.ts';
import type { Exchange } from '../exchange.ts';
import { requireAcceptable } from '../negotiation.ts';
import { notFoundPage } from './pages.ts';
import type { PathContext } from './paths.ts';

/** `/openapi/v3`: the index, and one document a group version (KEP-2896). Clients keep documents by their hash. */
export function openApi(exchange: Exchange, segments: readonly string[], { registry }: PathContext): void {
  const [, version, ...rest] = segments;
  if (version !== 'v3') {
    notFoundPage(exchange);
    return;
  }
  const definitions = registry.definitions();
  if (rest.length === 0) {
    requireAcceptable(exchange.headers.accept, ['application/json']);
    exchange.send(200, 'application/json', JSON.stringify(openApiIndex(definitions)));
    return;
  }
  const path = rest.join('/');
  const text = documentText(definitions, path);
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

const texts = new WeakMap<readonly ResourceDefinition[], Map<string, string | undefined>>();

/** Made when first asked for: the core group's is large. */
function documentText(definitions: readonly ResourceDefinition[], path: string): string | undefined {
  const known = texts.get(definitions) ?? new Map<string, string | undefined>();
  texts.set(definitions, known);
  if (!known.has(path)) {
    const document = openApiDocument(definitions, path);
    // Paths that don't exist are not kept: there is no end of them.
    if (!document) return undefined;
    known.set(path, JSON.stringify(document));
  }
  return known.get(path);
}
