/** ngx_http_limit_req_module: so many requests a second for each value of a key. */
import type { Exchange } from './exchange.ts';
import { type Level, logRequestError } from './logs.ts';
import { REQUEST, requestLimit } from './request-zones.ts';

const milder: Readonly<Record<string, Level>> = { info: 'debug', notice: 'info', warn: 'notice', error: 'warn' };
const shown = (excess: number) => (excess / REQUEST).toFixed(3);

/** Holds a request up for as long as the limits say. Resolves with the status that it is refused with, if it is. */
export async function limitRequest(x: Exchange): Promise<number | undefined> {
  const { requestZones } = x.site.site;
  const level = (x.scope.value('limit_req_log_level') ?? 'error') as Level;
  const counted: (() => void)[] = [];
  let [wait, waitsFor] = [0, ''];
  for (const d of x.scope.all('limit_req')) {
    const limit = requestLimit(d, requestZones);
    const zone = requestZones.get(limit.zone);
    const key = zone ? x.fill(zone.key) : '';
    if (!zone || key === '') continue;
    const { excess, count } = x.site.requestCounts.look(limit.zone, zone, key, x.now());
    if (excess > limit.burst) {
      await logRequestError(x, level, `limiting requests, excess: ${shown(excess)} by zone "${limit.zone}"`);
      return Number(x.scope.value('limit_req_status') ?? 503);
    }
    counted.push(count);
    const delay = Math.ceil(((excess - limit.delay) * 1000) / zone.rate);
    if (delay > wait) [wait, waitsFor] = [delay, `excess: ${shown(excess)}, by zone "${limit.zone}"`];
  }
  for (const count of counted) count();
  if (wait === 0) return undefined;
  await logRequestError(x, milder[level] ?? 'warn', `delaying request, ${waitsFor}`);
  const { p } = x.site;
  await p.block((resolve) => {
    const timer = p.container.clock.after(wait, resolve);
    return () => timer.cancel();
  });
  return undefined;
}
