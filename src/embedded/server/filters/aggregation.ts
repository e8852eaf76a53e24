import { type Aggregator, RemoteError } from '../../aggregation/aggregator.ts';
import { isAvailable } from '../../aggregation/conditions.ts';
import { endToEnd } from '../handlers/proxy.ts';
import type { Filter } from './chain.ts';

/** Passes on what another API server serves: the groups of APIServices that name a Service. */
export function aggregation(aggregator: Aggregator): Filter {
  return async (exchange, next) => {
    const [, root, group = '', version = ''] = exchange.info.path.split('/');
    const service = root === 'apis' && version !== '' ? aggregator.service(group, version) : undefined;
    if (!service) return next();
    const unavailable = (why: string) => exchange.send(503, 'text/plain; charset=utf-8', `${why}\n`);
    if (!isAvailable(service)) return unavailable('service unavailable');
    const { method } = exchange.info;
    try {
      const answer = await aggregator.send(service, {
        method,
        path: exchange.request.url ?? '/',
        headers: withoutIdentity(endToEnd(exchange.headers)),
        ...{ user: exchange.user, signal: exchange.signal },
        ...(method !== 'GET' && method !== 'HEAD' && { body: exchange.request }),
      });
      exchange.head(answer.statusCode ?? 502, endToEnd(answer.headers));
      await exchange.pipe(answer);
    } catch (error) {
      if (!(error instanceof RemoteError)) throw error;
      unavailable(`error trying to reach service: ${error.message}`);
    }
  };
}

/** Who asks is said by this server alone. */
function withoutIdentity(headers: Record<string, string | string[]>): Record<string, string | string[]> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith('x-remote-')));
}
