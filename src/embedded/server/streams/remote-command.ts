import type { Readable, Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { ProcessStreams } from '../../../kernel/process-streams.ts';
import type { Status } from '../../../kube/api.gen.ts';
import { internalError, isApiError } from '../../errors/status.ts';
import type { CommandChannel } from './command-channel.ts';

/**
 * Joins a process with the client that exec or attach brought, until the process ends or the client goes.
 * `start` is called once the client is connected; why it fails goes to the client as an error of the stream.
 */
export async function runCommand(
  channel: CommandChannel,
  start: () => Promise<ProcessStreams>,
  failure: (error: unknown) => Status,
): Promise<void> {
  let process: ProcessStreams;
  try {
    process = await start();
  } catch (error) {
    return channel.finish(failure(error));
  }
  const hangUp = () => process.close();
  if (channel.closed.aborted) return hangUp();
  channel.closed.addEventListener('abort', hangUp, { once: true });
  channel.onResize((columns, rows) => process.resize?.(columns, rows));
  if (channel.stdin && process.stdin) forward(channel.stdin, process.stdin);
  else channel.stdin?.resume();
  const output = Promise.all([
    drained(process.stdout, channel.stdout),
    process.stderr && drained(process.stderr, channel.stderr),
  ]);
  const status = await process.exit.then(exitStatus, failure);
  await output;
  channel.closed.removeEventListener('abort', hangUp);
  channel.finish(status);
}

function forward(from: Readable, to: Writable): void {
  // The process may end before its input does.
  to.on('error', () => from.unpipe(to));
  from.on('error', () => to.end());
  from.pipe(to);
}

/** Copies all output; resolves when it is with the client. */
async function drained(from: Readable, to: Writable | undefined): Promise<void> {
  if (!to) {
    from.resume();
    return;
  }
  // The client has gone, or the process: how it ended is told by its exit.
  await finished(from.pipe(to), { readable: false }).catch(() => undefined);
}

/** How the process ended, as clients of v4.channel.k8s.io and later read it. */
function exitStatus(code: number): Status {
  if (code === 0) return { metadata: {}, status: 'Success' };
  return {
    metadata: {},
    status: 'Failure',
    message: `command terminated with non-zero exit code: exit status ${code}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(code) }] },
  };
}

/** kube-apiserver speaks to kubelets for its WebSocket clients: their errors come as its own internal ones. */
export function translatedFailure(error: unknown): Status {
  return internalError(error instanceof Error ? error.message : String(error)).status;
}

/** SPDY is passed through to the kubelet: its errors come as they are. */
export function plainFailure(error: unknown): Status {
  return isApiError(error) ? error.status : translatedFailure(error);
}
