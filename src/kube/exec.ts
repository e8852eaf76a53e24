import type { IncomingMessage } from 'node:http';
import type { RequestOptions } from 'node:https';
import { EnvironmentError } from '../kernel/errors.ts';
import type { Status } from './meta.ts';

/** What a command in a container printed, and how it ended. */
export interface ExecResult {
  stdout: string;
  stderr: string;
  /** Undefined: it did not run, `message` says why. */
  exitCode: number | undefined;
  message: string;
}

export interface ExecOptions {
  container?: string;
  signal: AbortSignal;
}

/** Numbers of the channels of v4 and v5.channel.k8s.io: the first byte of each message. */
const channels = { stdout: 1, stderr: 2, error: 3 } as const;

/** A command that floods its output is not read to the end. */
const mostOutput = 256 * 1024;

/** The server refused the upgrade; `status` is what it said. */
export class ExecRefused extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.name = 'ExecRefused';
    this.code = code;
  }
}

/**
 * Runs a command in a container over one WebSocket (v5.channel.k8s.io, KEP-4006). `path` is the Pod's, `tls` what the
 * kubeconfig asks for. Rejects with ExecRefused if the server says no, with an EnvironmentError if it can't be asked.
 */
export async function execInPod(
  server: string,
  path: string,
  command: readonly string[],
  tls: RequestOptions,
  { container, signal }: ExecOptions,
): Promise<ExecResult> {
  // Loaded late: most clients never run a command.
  const { WebSocket } = await import('ws');
  const url = new URL(`${server.replace(/^http/, 'ws')}${path}/exec`);
  for (const word of command) url.searchParams.append('command', word);
  if (container) url.searchParams.set('container', container);
  for (const stream of ['stdout', 'stderr']) url.searchParams.set(stream, 'true');
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, ['v5.channel.k8s.io', 'v4.channel.k8s.io'], { ...tls, perMessageDeflate: false });
    const output = { [channels.stdout]: '', [channels.stderr]: '' };
    let status: Status | undefined;
    const onAbort = () => {
      socket.terminate();
      reject(signal.reason);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    const end = () => signal.removeEventListener('abort', onAbort);
    socket.on('message', (data: Buffer) => {
      const text = data.subarray(1).toString();
      const number = data[0];
      if (number === channels.error) status = parseStatus(text);
      else if (number === channels.stdout || number === channels.stderr) {
        if (output[number].length < mostOutput) output[number] += text;
      }
    });
    socket.on('unexpected-response', (_request, response: IncomingMessage) => {
      end();
      void textOf(response).then((text) => {
        socket.terminate();
        reject(new ExecRefused(response.statusCode ?? 0, parseStatus(text)?.message ?? text.trim()));
      });
    });
    socket.on('error', (cause) => {
      end();
      reject(new EnvironmentError({ what: `the cluster at ${server} does not answer`, why: cause.message }, { cause }));
    });
    socket.on('close', () => {
      end();
      const { [channels.stdout]: stdout, [channels.stderr]: stderr } = output;
      if (status) resolve({ stdout, stderr, ...exitOf(status) });
      else
        reject(new EnvironmentError({ what: 'the connection to the cluster broke', why: 'during a command in a Pod' }));
    });
  });
}

/** How a command ended, from the Status of the error channel. */
function exitOf(status: Status): Pick<ExecResult, 'exitCode' | 'message'> {
  if (status.status === 'Success') return { exitCode: 0, message: '' };
  const code = status.details?.causes?.find((cause) => cause.reason === 'ExitCode')?.message;
  return { exitCode: code === undefined ? undefined : Number(code), message: status.message ?? '' };
}

function parseStatus(text: string): Status | undefined {
  try {
    const status = JSON.parse(text) as Status;
    return typeof status === 'object' && status !== null && 'status' in status ? status : undefined;
  } catch {
    return undefined;
  }
}

async function textOf(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of response) text += String(chunk);
  return text;
}
