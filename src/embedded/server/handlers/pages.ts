import type { Exchange } from '../exchange.ts';

/** What Go's ServeMux says of a path that nobody serves. */
export function notFoundPage(exchange: Exchange): void {
  exchange.reply.setHeader('X-Content-Type-Options', 'nosniff');
  exchange.send(404, 'text/plain; charset=utf-8', '404 page not found\n');
}

/** What Go's server says of a request that it can't read; it hangs up then. */
export function badRequestPage(exchange: Exchange): void {
  if (exchange.request.httpVersionMajor < 2) exchange.reply.setHeader('Connection', 'close');
  exchange.send(400, 'text/plain; charset=utf-8', '400 Bad Request');
}
