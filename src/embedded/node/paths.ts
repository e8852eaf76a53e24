import type { Pod } from '../../kube/api.gen.ts';
import type { Stored } from '../../kube/meta.ts';
import type { HttpAnswer } from '../node-api.ts';
import { notSimulated } from '../registry/status.ts';
import { type NodeStats, resourceMetrics } from './stats.ts';

/** Paths of a real kubelet that nothing is behind here. */
const left = ['/stats', '/metrics', '/logs', '/configz', '/containerLogs', '/run', '/exec', '/debug', '/checkpoint'];

const text = (status: number, body: string): HttpAnswer => ({
  ...{ status, body, contentType: 'text/plain; charset=utf-8' },
});

/** What a kubelet's own server answers to a GET. Rejects with a 501 for what is not simulated. */
export async function kubeletAnswer(
  path: string,
  stats: () => Promise<NodeStats> | undefined,
  pods: () => readonly Stored<Pod>[],
): Promise<HttpAnswer> {
  if (path === '/healthz' || path === '/healthz/ping') return text(200, 'ok');
  if (path === '/pods' || path === '/pods/') {
    const list = { kind: 'PodList', apiVersion: 'v1', metadata: {}, items: pods() };
    return { status: 200, contentType: 'application/json', body: `${JSON.stringify(list)}\n` };
  }
  if (path === '/metrics/resource') {
    const now = await stats();
    if (!now) return text(503, 'the kubelet has not started\n');
    return { ...text(200, resourceMetrics(now)), contentType: 'text/plain; version=0.0.4; charset=utf-8' };
  }
  if (left.some((prefix) => path === prefix || path.startsWith(`${prefix}/`))) {
    throw notSimulated(`the kubelet's path ${path}`);
  }
  return text(404, '404 page not found\n');
}
