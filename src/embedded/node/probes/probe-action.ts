import { connect as http2Connect } from 'node:http2';
import type { Duplex, Readable } from 'node:stream';
import type { Clock } from '../../../kernel/clock.ts';
import { setOwn } from '../../../kernel/own.ts';
import { quiet } from '../../../kernel/quiet.ts';
import type { Container, ExecAction, GRPCAction, HTTPGetAction, IntOrString, Probe } from '../../../kube/api.gen.ts';
import type { ContainerRuntime, RunningContainer } from '../../container-api.ts';

/** What a probe or hook may touch. */
export interface ActionTarget {
  container: Container;
  running: RunningContainer;
  podIP: string;
  podUid: string;
  runtime: Pick<ContainerRuntime, 'connect' | 'get'>;
}

export interface ProbeOutcome {
  success: boolean;
  /** As in the Unhealthy event, after `Readiness probe failed: `. */
  output: string;
}

type Action = Pick<Probe, 'exec' | 'httpGet' | 'tcpSocket' | 'grpc'>;

/** Output that an event can hold. */
const longestOutput = 10 * 1024;

/** Runs one probe once, at most `timeoutSeconds` long. Never rejects. */
export function runProbe(target: ActionTarget, probe: Probe, clock: Clock): Promise<ProbeOutcome> {
  const timeoutMs = (probe.timeoutSeconds ?? 1) * 1000;
  return new Promise((resolve) => {
    const abort = new AbortController();
    const timer = clock.after(timeoutMs, () => {
      abort.abort();
      resolve({ success: false, output: timeoutText(target, probe, timeoutMs / 1000) });
    });
    act(target, probe, abort.signal, timeoutMs / 1000).then(
      (outcome) => {
        if (outcome === 'wait') return; // as a gRPC client does: it goes on trying until the time is over
        timer.cancel();
        resolve(outcome);
      },
      (error: Error) => {
        timer.cancel();
        resolve({ success: false, output: error.message });
      },
    );
  });
}

async function act(
  target: ActionTarget,
  action: Action,
  signal: AbortSignal,
  seconds: number,
): Promise<ProbeOutcome | 'wait'> {
  if (action.exec) return exec(target, action.exec, signal);
  if (action.httpGet) return httpGet(target, action.httpGet, signal);
  if (action.tcpSocket) {
    const port = portNumber(target.container, action.tcpSocket.port);
    const socket = await dial(target, port);
    socket.destroy();
    return { success: true, output: '' };
  }
  if (action.grpc) return grpc(target, action.grpc, signal, seconds);
  throw new Error('missing probe handler');
}

function timeoutText({ container, podIP }: ActionTarget, action: Action, seconds: number): string {
  if (action.exec) return `command ${JSON.stringify((action.exec.command ?? []).join(' '))} timed out`;
  if (action.httpGet) {
    return `Get ${JSON.stringify(urlOf(container, podIP, action.httpGet))}: context deadline exceeded (Client.Timeout exceeded while awaiting headers)`;
  }
  if (action.tcpSocket) return `dial tcp ${podIP}:${portNumber(container, action.tcpSocket.port)}: i/o timeout`;
  return `timeout: failed to connect service "${podIP}:${action.grpc?.port}" within ${seconds}s: context deadline exceeded`;
}

async function exec({ running }: ActionTarget, action: ExecAction, signal: AbortSignal): Promise<ProbeOutcome> {
  const { code, output } = await execToEnd(running, action.command ?? [], signal);
  return { success: code === 0, output };
}

/** Runs a command in a container; resolves with its exit code and all that it wrote. */
export async function execToEnd(
  running: RunningContainer,
  command: string[],
  signal?: AbortSignal,
): Promise<{ code: number; output: string }> {
  const streams = running.exec({ command, stdin: false, tty: false });
  signal?.addEventListener('abort', () => streams.close(), { once: true });
  const chunks: Buffer[] = [];
  let size = 0;
  const collect = (readable: Readable | undefined) =>
    readable?.on('data', (chunk: Buffer) => {
      if (size < longestOutput) chunks.push(chunk);
      size += chunk.length;
    });
  collect(streams.stdout);
  collect(streams.stderr);
  const code = await streams.exit;
  return { code, output: Buffer.concat(chunks).toString('utf8').slice(0, longestOutput).trimEnd() };
}

/** `error.message` becomes what Go's dialer says. */
async function dial(target: ActionTarget, port: number): Promise<Duplex> {
  try {
    return quiet(await target.runtime.connect(target.podUid, port));
  } catch (cause) {
    throw new Error(dialed(target, port, cause), { cause });
  }
}

const refused = (error: unknown) => (error as NodeJS.ErrnoException).code === 'ECONNREFUSED';

const dialed = ({ podIP }: ActionTarget, port: number, error: unknown) =>
  `dial tcp ${podIP}:${port}: ${refused(error) ? 'connect: connection refused' : 'i/o timeout'}`;

/** A GET as the kubelet's prober makes it: 200 to 399 is healthy. */
export async function httpGet(
  target: ActionTarget,
  action: HTTPGetAction,
  signal?: AbortSignal,
): Promise<ProbeOutcome> {
  const url = urlOf(target.container, target.podIP, action);
  try {
    const port = portNumber(target.container, action.port);
    let location = new URL(url);
    for (let redirects = 0; ; redirects++) {
      const { status, next } = await get(target, port, location, action, signal);
      const follow = next !== undefined && next.hostname === location.hostname && redirects < 10;
      if (!follow) {
        return { success: status >= 200 && status < 400, output: `HTTP probe failed with statuscode: ${status}` };
      }
      location = next;
    }
  } catch (error) {
    return { success: false, output: `Get ${JSON.stringify(url)}: ${error instanceof Error ? error.message : error}` };
  }
}

async function get(target: ActionTarget, port: number, url: URL, action: HTTPGetAction, signal?: AbortSignal) {
  const headers: Record<string, string> = { 'User-Agent': 'kube-probe/1.35', Accept: '*/*' };
  for (const { name, value } of action.httpHeaders ?? []) setOwn(headers, name, value);
  const to = url.port === '' ? port : Number(url.port);
  try {
    const { status, location } = await target.runtime.get(target.podUid, to, { url: url.href, headers }, signal);
    return { status, next: location === undefined ? undefined : new URL(location, url) };
  } catch (cause) {
    throw refused(cause) ? new Error(dialed(target, to, cause), { cause }) : cause;
  }
}

/** grpc.health.v1.Health/Check over HTTP/2 without TLS. */
async function grpc(
  target: ActionTarget,
  action: GRPCAction,
  signal: AbortSignal,
  seconds: number,
): Promise<ProbeOutcome | 'wait'> {
  let socket: Duplex;
  try {
    socket = quiet(await target.runtime.connect(target.podUid, action.port));
  } catch {
    return 'wait';
  }
  const session = http2Connect(`http://${target.podIP}:${action.port}`, { createConnection: () => socket });
  signal.addEventListener('abort', () => session.destroy(), { once: true });
  const service = Buffer.from(action.service ?? '');
  // HealthCheckRequest{service = 1}, behind gRPC's five bytes of compression flag and length.
  const body = service.length > 0 ? Buffer.concat([Buffer.from([0x0a, service.length]), service]) : Buffer.alloc(0);
  const frame = Buffer.alloc(5);
  frame.writeUInt32BE(body.length, 1);
  try {
    return await new Promise<ProbeOutcome>((resolve, reject) => {
      session.on('error', reject);
      const call = session.request({
        ':method': 'POST',
        ':path': '/grpc.health.v1.Health/Check',
        'content-type': 'application/grpc',
        te: 'trailers',
      });
      const chunks: Buffer[] = [];
      call.on('error', reject);
      call.on('data', (chunk: Buffer) => chunks.push(chunk));
      call.on('end', () => {
        // HealthCheckResponse{status = 1}: SERVING is 1.
        const message = Buffer.concat(chunks).subarray(5);
        const serving = message[0] === 0x08 && message[1] === 1;
        resolve({
          success: serving,
          output: `service unhealthy (responded with ${JSON.stringify(status(message[1]))})`,
        });
      });
      call.end(Buffer.concat([frame, body]));
    });
  } catch {
    return { success: false, output: timeoutText(target, { grpc: action }, seconds) };
  } finally {
    session.destroy();
  }
}

function status(code: number | undefined): string {
  return ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'][code ?? 0] ?? 'UNKNOWN';
}

function urlOf(
  container: Container,
  podIP: string,
  { scheme = 'HTTP', host, port, path = '/' }: HTTPGetAction,
): string {
  const url = path.startsWith('/') ? path : `/${path}`;
  return `${scheme.toLowerCase()}://${host || podIP}:${portNumber(container, port)}${url}`;
}

/** A port by number or by the name that the container gave it. Throws where there is no such name. */
export function portNumber(container: Container, port: IntOrString): number {
  const value =
    typeof port === 'number' ? port : (container.ports?.find((p) => p.name === port)?.containerPort ?? Number(port));
  if (!Number.isInteger(value) || value < 1 || value > 65_535) throw new Error(`invalid port number: ${port}`);
  return value;
}
