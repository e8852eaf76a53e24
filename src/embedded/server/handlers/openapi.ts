import type { Exchange } from '../exchange.ts';
import { notFoundPage } from './pages.ts';

export function openApi(exchange: Exchange, segments: readonly string[]): void {
  if (segments[1] !== 'v3') {
    notFoundPage(exchange);
    return;
  }
  exchange.send(404, undefined, '');
}
