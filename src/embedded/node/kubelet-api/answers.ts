/** What a kubelet's own server answers, as v1.35.4 does. */
import type { Pod } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { isApiError, notSimulated } from '../../errors/status.ts';
import type { HttpAnswer, KubeletRequest, LogOptions, NodeAgent } from '../../node-api.ts';
import { parseGoBoolean, parseGoInteger } from '../../server/query.ts';
import { containersOf } from '../containers/container-record.ts';
import type { LogStore } from '../logs/log-store.ts';
import type { PodWorker } from '../pods/pod-worker.ts';
import { configz } from './configz.ts';
import { logFolder } from './log-folder.ts';
import {
  cadvisorMetrics,
  type KubeletState,
  kubeletMetrics,
  type ProbeCounts,
  probeMetrics,
  sliMetrics,
} from './metrics.ts';
import { metricsType } from './metrics-text.ts';
import { noMethod, noPage, text } from './pages.ts';
import { routeOf } from './routes.ts';
import { type NodeStats, resourceMetrics } from './stats.ts';
import { command, portForward, run, type StreamView } from './streams.ts';
import { type Rates, summary } from './summary.ts';

/** What the answers are made of. */
export interface KubeletView extends StreamView {
  state(): KubeletState;
  stats(): Promise<NodeStats>;
  readonly rates: Rates;
  readonly probes: ProbeCounts;
  readonly logs: LogStore;
  readonly agent: Omit<NodeAgent, 'answer'>;
  /** As it stands in the file that the process was started with. */
  readonly configuration: Readonly<Record<string, unknown>>;
}

const json = (body: string): HttpAnswer => ({ status: 200, contentType: 'application/json', body });
const metrics = (body: string): HttpAnswer => ({ status: 200, contentType: metricsType, body });
const podList = (items: readonly object[]) =>
  json(`${JSON.stringify({ kind: 'PodList', apiVersion: 'v1', metadata: {}, items })}\n`);

const healthChecks = ['ping', 'log', 'syncloop', 'device-plugin'];

type Answer = (view: KubeletView, query: URLSearchParams) => HttpAnswer | Promise<HttpAnswer>;

const answers = new Map<string, Answer>([
  ['/metrics', (view) => metrics(kubeletMetrics(view.state()))],
  ['/metrics/slis', (view) => metrics(sliMetrics(view.state()))],
  ['/metrics/probes', (view) => metrics(probeMetrics(view.probes))],
  ['/metrics/cadvisor', async (view) => metrics(cadvisorMetrics(await view.stats(), view.state().facts))],
  ['/metrics/resource', async (view) => metrics(resourceMetrics(await view.stats()))],
  [
    '/stats/summary',
    async (view, query) =>
      json(summary(await view.stats(), view.state().facts, view.rates, parseGoBoolean(query, 'only_cpu_and_memory'))),
  ],
  ['/configz', (view) => json(configz(view.configuration))],
  ['/pods', (view) => podList(view.workers.map(({ pod }) => pod))],
  ['/pods/', (view) => podList(view.workers.map(({ pod }) => pod))],
  ['/runningpods/', (view) => podList(view.workers.flatMap(runningPod))],
  ['/healthz', (_, query) => text(200, query.has('verbose') ? verboseHealth() : 'ok')],
  ...healthChecks.map((name) => [`/healthz/${name}`, () => text(200, 'ok')] as [string, Answer]),
]);

/** Undefined: the request's upgrade was taken, and is over. Rejects with a 501 for what is not simulated. */
export async function kubeletAnswer(request: KubeletRequest, view: KubeletView): Promise<HttpAnswer | undefined> {
  const { method, path, query } = request;
  const route = routeOf(path);
  if (route.kind === 'unknown') return text(404, '404 page not found\n');
  if (route.kind === 'redirect') {
    const body = `<a href="${route.to}">Temporary Redirect</a>.\n\n`;
    return { status: 307, contentType: 'text/html; charset=utf-8', location: route.to, body };
  }
  const answer = answers.get(path);
  if (answer) return method === 'GET' || method === 'HEAD' ? answer(view, query) : noMethod;
  const [, folder = '', ...rest] = path.split('/');
  switch (folder) {
    case 'logs':
      return logFolder(rest.join('/'), view.logs);
    case 'containerLogs':
      return containerLogs(rest, query, view);
    case 'exec':
    case 'attach':
      return command(folder, rest, request, view);
    case 'portForward':
      return portForward(rest, request, view);
    case 'run':
      return run(rest, request, view);
    case 'checkpoint':
      if (rest.length < 3) return noPage;
      if (method !== 'POST') return noMethod;
      throw notSimulated(`the kubelet's path ${path}`);
    case 'debug':
      // pprof and the level of the log are of Go's own.
      return rest[0] === 'flags' ? { ...text(406, 'unsupported http method\n'), contentType: 'text/plain' } : noPage;
    default:
      return noPage;
  }
}

function verboseHealth(): string {
  return `${healthChecks.map((name) => `[+]${name} ok\n`).join('')}healthz check passed\n`;
}

/** A Pod as the container runtime knows it: those of its containers that run. */
function runningPod(worker: PodWorker): object[] {
  const { name, namespace, uid } = worker.pod.metadata;
  const containers = containersOf(worker.pod).flatMap(({ spec }) => {
    const current = worker.record(spec.name)?.current;
    return current?.running && !current.end ? [{ name: spec.name, image: current.imageId, resources: {} }] : [];
  });
  return containers.length === 0 ? [] : [{ metadata: { name, namespace, uid }, spec: { containers }, status: {} }];
}

async function containerLogs(parts: readonly string[], query: URLSearchParams, view: KubeletView): Promise<HttpAnswer> {
  const [namespace, name, container] = parts;
  if (!container || parts.length !== 3) return noPage;
  const options = logOptions(query);
  if ('status' in options) return options;
  const pod = view.workers.find(
    ({ pod: { metadata } }) => metadata.namespace === namespace && metadata.name === name,
  )?.pod;
  if (!pod) return text(404, `pod "${name}" does not exist`);
  if (!containersOf(pod).some(({ spec }) => spec.name === container)) {
    return text(404, `container "${container}" not found in pod "${name}"`);
  }
  return readLogs(pod, { ...options, container }, view);
}

async function readLogs(pod: Stored<Pod>, options: LogOptions, { agent }: KubeletView): Promise<HttpAnswer> {
  try {
    return { status: 200, body: await agent.logs(pod, options) };
  } catch (error) {
    if (!isApiError(error)) throw error;
    return text(error.status.code ?? 500, error.message);
  }
}

/** The query of a log; the answer to one that is none. */
function logOptions(query: URLSearchParams): LogOptions | HttpAnswer {
  const flags = ['follow', 'previous', 'timestamps'] as const;
  const numbers = ['tailLines', 'limitBytes', 'sinceSeconds'] as const;
  const options: LogOptions = { sinceTime: query.get('sinceTime') || undefined };
  for (const name of flags) options[name] = parseGoBoolean(query, name);
  try {
    for (const name of numbers) options[name] = parseGoInteger(query, name);
  } catch (error) {
    if (!isApiError(error)) throw error;
    return text(400, '{"message": "Unable to decode query."}');
  }
  const { tailLines = 0, limitBytes = 1, sinceSeconds = 1 } = options;
  if (tailLines < 0 || limitBytes < 1 || sinceSeconds < 1) return text(422, '{"message": "Invalid request."}');
  return options;
}
