import type { Exchange } from '../exchange.ts';

/** Does its part for a request, then calls `next` for what lies further in, or answers itself. */
export type Filter = (exchange: Exchange, next: () => Promise<void>) => Promise<void>;

/** The filters around a handler, the first outermost. */
export function chain(filters: readonly Filter[], handler: (exchange: Exchange) => Promise<void>) {
  return (exchange: Exchange): Promise<void> => {
    const step = (i: number): Promise<void> => {
      const filter = filters[i];
      return filter ? filter(exchange, () => step(i + 1)) : handler(exchange);
    };
    return step(0);
  };
}

/** Requests that may last: watches, and the streams of Pods. No time limit, no timeout of the client's. */
export function isLongRunning({ info }: Exchange): boolean {
  return (
    info.verb === 'watch' ||
    info.verb === 'proxy' ||
    ['attach', 'exec', 'proxy', 'log', 'portforward'].includes(info.subresource)
  );
}
