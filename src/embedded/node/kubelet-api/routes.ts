/** Which paths a kubelet serves, and what of `nodes/...` each needs. As a kubelet of v1.35.4 answered them. */

/** A path that is served. */
interface Served {
  kind: 'served';
  /** One of them is enough (KEP-2862: fine-grained authorization). */
  subresources: readonly string[];
}

export type Route = Served | { kind: 'redirect'; to: string } | { kind: 'unknown' };

const exact = new Map<string, readonly string[]>([
  ...['/metrics', '/metrics/cadvisor', '/metrics/probes', '/metrics/resource', '/metrics/slis'].map(
    (path) => [path, ['metrics']] as const,
  ),
  ['/configz', ['configz', 'proxy']],
  ['/pods', ['pods', 'proxy']],
  ['/pods/', ['pods', 'proxy']],
  ['/runningpods/', ['pods', 'proxy']],
  ...['/healthz', '/healthz/ping', '/healthz/log', '/healthz/syncloop', '/healthz/device-plugin'].map(
    (path) => [path, ['healthz', 'proxy']] as const,
  ),
  ...['/containerLogs', '/exec', '/attach', '/portForward', '/run', '/checkpoint'].map(
    (path) => [path, ['proxy']] as const,
  ),
]);

const below: readonly [prefix: string, subresources: readonly string[]][] = [
  ['/stats/', ['stats']],
  ['/logs/', ['log']],
  ...['/containerLogs/', '/exec/', '/attach/', '/portForward/', '/run/', '/checkpoint/', '/debug/'].map(
    (prefix) => [prefix, ['proxy']] as [string, string[]],
  ),
];

/** Folders that are served below their slash only. */
const folders: ReadonlySet<string> = new Set(['/stats', '/runningpods', '/logs', '/debug/pprof']);

/** @param path without its query */
export function routeOf(path: string): Route {
  if (folders.has(path)) return { kind: 'redirect', to: `${path}/` };
  const subresources = exact.get(path) ?? below.find(([prefix]) => path.startsWith(prefix))?.[1];
  return subresources ? { kind: 'served', subresources } : { kind: 'unknown' };
}
