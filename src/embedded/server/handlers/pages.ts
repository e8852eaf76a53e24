import type { Exchange } from '../exchange.ts';

/** What Go's ServeMux says of a path that nobody serves. */
export function notFoundPage(exchange: Exchange): void {
  exchange.reply.setHeader('X-Content-Type-Options', 'nosniff');
  exchange.send(404, 'text/plain; charset=utf-8', '404 page not found\n');
}
