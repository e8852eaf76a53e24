/** `kubectl exec`: a command in another container, over the API server's WebSocket (v5.channel.k8s.io). */
import type { IncomingMessage } from 'node:http';
import type { WebSocket } from 'ws';
import { decodeText, type Obj, type RestClient } from '../../api-client/client.ts';
import { type FlagSet, type Flags, KubectlError } from '../../api-client/flags.ts';
import type { Process } from '../../kernel/process.ts';
import { findResource, pathOf } from './discovery.ts';
import { asObject } from './errors.ts';

export const execFlags: FlagSet = {
  container: { kind: 'string', short: 'c' },
  stdin: { kind: 'bool', short: 'i' },
  tty: { kind: 'bool', short: 't' },
  quiet: { kind: 'bool', short: 'q' },
  'pod-running-timeout': { kind: 'string' },
};

const channels = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 };
const protocol = 'v5.channel.k8s.io';

const isReady = (pod: Obj) =>
  ((asObject(pod.status).conditions as Obj[] | undefined) ?? []).some((c) => c.type === 'Ready' && c.status === 'True');

/** The Pod that an argument means: itself, or one of a workload's, rather one that is ready. */
async function podOf(client: RestClient, argument: string): Promise<Obj> {
  const { namespace } = client.config;
  const pods = `/api/v1/namespaces/${namespace}/pods`;
  const [type = '', name] = argument.includes('/') ? argument.split('/') : ['pod', argument];
  const resource = await findResource(client, type);
  const object = await client.json(pathOf(resource, namespace, name));
  if (resource.kind === 'Pod') return object;
  const selector = asObject(asObject(object.spec).selector);
  const labels = Object.entries(asObject(selector.matchLabels ?? selector)).map(([key, value]) => `${key}=${value}`);
  const list = await client.json(pods, { query: { labelSelector: labels.join(',') } });
  const all = (list.items as Obj[] | undefined) ?? [];
  const first = all.find(isReady) ?? all[0];
  if (!first) throw new KubectlError(`no pods found for ${argument}`);
  return first;
}

/** Opens the WebSocket. Throws StatusError if the server refuses it. */
async function open(
  client: RestClient,
  path: string,
  query: Record<string, string | readonly string[] | undefined>,
): Promise<WebSocket> {
  const { WebSocket: Socket } = await import('ws');
  const { request, socket } = await client.connect(path, { query });
  const headers = Object.fromEntries(request.headers.filter(([name]) => !/^(host|accept)$/i.test(name)));
  return client.p.block<WebSocket>((resolve, reject) => {
    const url = new URL(request.url);
    url.protocol = 'ws:';
    const ws = new Socket(url, [protocol], {
      headers,
      createConnection: () => socket as never,
      perMessageDeflate: false,
    });
    // Messages may come before whoever waits goes on.
    ws.pause();
    ws.once('open', () => resolve(ws));
    ws.once('unexpected-response', (_, response: IncomingMessage) => {
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => {
        try {
          decodeText(response.statusCode ?? 500, text);
          reject(new KubectlError(`unexpected answer of the server: ${text.slice(0, 200)}`));
        } catch (error) {
          reject(error);
        }
      });
    });
    ws.on('error', (error) => reject(new KubectlError(`error sending request: ${error.message}`)));
    return () => ws.terminate();
  });
}

interface Frame {
  channel: number;
  data: Buffer;
}

/** The frames of a connection in order; ends with it. */
async function* frames(p: Process, ws: WebSocket): AsyncGenerator<Frame> {
  const waiting: Frame[] = [];
  let ended = false;
  let wake: (() => void) | undefined;
  ws.on('message', (message: Buffer) => {
    waiting.push({ channel: message[0] ?? 0, data: message.subarray(1) });
    wake?.();
  });
  ws.once('close', () => {
    ended = true;
    wake?.();
  });
  ws.resume();
  for (;;) {
    const next = waiting.shift();
    if (next) yield next;
    else if (ended) return;
    else
      await p.block((resolve) => {
        wake = () => resolve();
        return undefined;
      });
  }
}

async function sendInput(p: Process, ws: WebSocket): Promise<void> {
  const send = (bytes: Buffer) =>
    p.block((resolve) => {
      ws.send(bytes, () => resolve());
      return undefined;
    });
  for (let data = await p.read(0); data.length > 0; data = await p.read(0))
    await send(Buffer.concat([Buffer.of(channels.stdin), data]));
  await send(Buffer.of(channels.close, channels.stdin));
}

/** The exit code that the last Status tells. Throws KubectlError for other failures. */
function exitCode(status: Obj): number {
  if (status.status === 'Success') return 0;
  const causes = (asObject(status.details).causes as Obj[] | undefined) ?? [];
  const code = causes.find((cause) => cause.reason === 'ExitCode')?.message;
  if (code === undefined) throw new KubectlError(String(status.message ?? 'unknown'));
  return Number(code);
}

export async function exec(client: RestClient, flags: Flags): Promise<number> {
  const { p } = client;
  const [target, ...more] = flags.args;
  const command = flags.rest ?? more;
  if (target === undefined) throw new KubectlError('pod, type/name or --filename must be specified');
  if (command.length === 0) throw new KubectlError('you must specify at least one command for the container');
  if (flags.rest === undefined)
    throw new KubectlError(
      `exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead\nSee 'kubectl exec -h' for help and examples`,
    );
  const pod = await podOf(client, target);
  const name = String(asObject(pod.metadata).name);
  const containers = ((asObject(pod.spec).containers as Obj[] | undefined) ?? []).map((c) => String(c.name));
  const container = flags.get('container') ?? containers[0] ?? '';
  if (!flags.has('container') && containers.length > 1 && !flags.bool('quiet'))
    await p.print(2, `Defaulted container "${container}" out of: ${containers.join(', ')}\n`);
  const terminal = p.fds.get(0)?.isTty === true ? p.tty : undefined;
  const wantsTty = flags.bool('tty');
  if (wantsTty && !terminal)
    await p.print(2, 'Unable to use a TTY - input is not a terminal or the right kind of file\n');
  const tty = wantsTty && terminal !== undefined;
  const stdin = flags.bool('stdin');
  const query = {
    container,
    command,
    stdin: stdin ? 'true' : undefined,
    stdout: 'true',
    stderr: tty ? undefined : 'true',
    tty: tty ? 'true' : undefined,
  };
  const ws = await open(client, `/api/v1/namespaces/${client.config.namespace}/pods/${name}/exec`, query);
  const before = terminal && { raw: terminal.raw, echo: terminal.echo };
  if (tty && terminal) {
    Object.assign(terminal, { raw: true, echo: false });
    ws.send(
      Buffer.concat([
        Buffer.of(channels.resize),
        Buffer.from(JSON.stringify({ Width: terminal.columns, Height: terminal.rows })),
      ]),
    );
  }
  let status: Obj | undefined;
  try {
    if (stdin) p.background(sendInput(p, ws));
    for await (const { channel, data } of frames(p, ws)) {
      if (channel === channels.stdout || channel === channels.stderr) await p.write(channel, data);
      else if (channel === channels.error) status = JSON.parse(data.toString('utf8')) as Obj;
    }
  } finally {
    if (terminal && before) Object.assign(terminal, before);
    ws.terminate();
  }
  if (!status) throw new KubectlError('the connection ended before the command did');
  const code = exitCode(status);
  if (code !== 0) await p.print(2, `command terminated with exit code ${code}\n`);
  return code;
}
