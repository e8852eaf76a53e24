/** What a kubelet's own server does in Pods: exec, attach, port-forward and run, as v1.35.4 does (pkg/kubelet/server). */
import { text as whole } from 'node:stream/consumers';
import type { Pod } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { isApiError } from '../../errors/status.ts';
import type { HttpAnswer, KubeletRequest, NodeAgent } from '../../node-api.ts';
import { serveCommand } from '../../server/streams/command-upgrade.ts';
import { forwardByChannels, portChannels, portsAsked } from '../../server/streams/port-channels.ts';
import { runPortForward } from '../../server/streams/port-forward.ts';
import { plainFailure } from '../../server/streams/remote-command.ts';
import { acceptSpdy, acceptWebSocket, offeredProtocols } from '../../server/streams/upgrade.ts';
import type { PodWorker } from '../pods/pod-worker.ts';
import { noMethod, noPage, text } from './pages.ts';

/** The Pods that are here, and who enters them. */
export interface StreamView {
  readonly workers: readonly PodWorker[];
  readonly agent: Pick<NodeAgent, 'exec' | 'attach' | 'portForward'>;
}

type Answer = Promise<HttpAnswer | undefined>;

const upgradeRequired = text(500, 'Upgrade request required\n');
const noPod = text(404, 'pod does not exist');
const noContainer = (name: string) => `container not found (${JSON.stringify(name)})`;
/** What the container runtime said. */
const runtimeError = (why: string) => text(500, `rpc error: code = Unknown desc = ${why}`);

/** `/exec` and `/attach`. @param parts of the path: namespace, Pod, perhaps its uid, container */
export async function command(
  verb: 'exec' | 'attach',
  parts: readonly string[],
  { method, query, upgrade }: KubeletRequest,
  view: StreamView,
): Answer {
  if (parts.length !== 3 && parts.length !== 4) return noPage;
  if (method !== 'GET' && method !== 'POST') return noMethod;
  const is = (name: string) => query.get(name) === '1';
  const tty = is('tty');
  const streams = { tty, stdin: is('input'), stdout: is('output'), stderr: is('error') && !tty };
  if (!streams.stdin && !streams.stdout && !streams.stderr) {
    return text(400, 'you must specify at least 1 of stdin, stdout, stderr');
  }
  const notFound = (container: string, pod: string) =>
    verb === 'exec' ? noContainer(container) : `container ${container} not found in pod ${pod}`;
  const found = containerAt(parts, view, notFound);
  if ('status' in found) return found;
  if (!upgrade) return upgradeRequired;
  const options = { container: found.container, stdin: streams.stdin, tty };
  const start = () =>
    verb === 'exec'
      ? view.agent.exec(found.pod, { ...options, command: query.getAll('command') })
      : view.agent.attach(found.pod, options);
  await serveCommand(upgrade, streams, start, plainFailure);
  return undefined;
}

/** `/run`: a command's output, as one answer. @param parts as of `command` */
export async function run(
  parts: readonly string[],
  { method, query }: KubeletRequest,
  view: StreamView,
): Promise<HttpAnswer> {
  if (parts.length !== 3 && parts.length !== 4) return noPage;
  if (method !== 'POST') return noMethod;
  const found = containerAt(parts, view, noContainer);
  if ('status' in found) return found;
  const asked = query.get('cmd') ?? '';
  const options = { container: found.container, command: asked.split(' '), stdin: false, tty: false };
  try {
    const { stdout, stderr, exit } = await view.agent.exec(found.pod, options);
    const [output, errors, code] = await Promise.all([whole(stdout), stderr ? whole(stderr) : '', exit]);
    if (code === 0) return { status: 200, contentType: 'application/json', body: output + errors };
    return text(500, `command '${asked}' exited with ${code}: ${errors}`);
  } catch (error) {
    if (!isApiError(error)) throw error;
    return runtimeError(error.message.replace(/^.*error executing command in container: /, ''));
  }
}

/** `/portForward`. @param parts of the path: namespace, Pod, perhaps its uid */
export async function portForward(
  parts: readonly string[],
  { method, query, upgrade }: KubeletRequest,
  view: StreamView,
): Answer {
  if (parts.length !== 2 && parts.length !== 3) return noPage;
  if (method !== 'GET' && method !== 'POST') return noMethod;
  const ports = upgrade?.protocol === 'websocket' ? portsAsked(query.getAll('port')) : [];
  const pod = workerAt(parts, view)?.pod;
  if (!pod) return noPod;
  if (!upgrade) return upgradeRequired;
  const connect = (port: number) => view.agent.portForward(pod, port);
  if (upgrade.protocol !== 'websocket') await runPortForward(acceptSpdy(upgrade, 'portforward.k8s.io'), connect);
  else if (!offeredProtocols(upgrade.request).includes(portChannels)) {
    return text(400, `unable to upgrade: the server knows ${portChannels}`);
  } else await forwardByChannels(await acceptWebSocket(upgrade, portChannels), ports, connect);
  return undefined;
}

function workerAt([namespace, name]: readonly string[], { workers }: StreamView): PodWorker | undefined {
  return workers.find(({ pod: { metadata } }) => metadata.namespace === namespace && metadata.name === name);
}

/** The container of a path if it runs; else what is answered. `notFound` words it, given container and full name of the Pod. */
function containerAt(
  parts: readonly string[],
  view: StreamView,
  notFound: (container: string, pod: string) => string,
): { pod: Stored<Pod>; container: string } | HttpAnswer {
  const worker = workerAt(parts, view);
  if (!worker) return noPod;
  const { pod } = worker;
  const container = parts.at(-1) ?? '';
  const uid = parts.length === 4 ? parts[2] : pod.metadata.uid;
  const current = uid === pod.metadata.uid ? worker.record(container)?.current : undefined;
  if (!current) return text(500, notFound(container, `${pod.metadata.name}_${pod.metadata.namespace}`));
  if (!current.running || current.end) return runtimeError('container is in CONTAINER_EXITED state');
  return { pod, container };
}
