import type { ProcessStreams } from '../kernel/process-streams.ts';
import type { NodeInput, NodeOutput } from './types.ts';

/** What a shell ends with that could not run a command. */
const cannotRun = 126;

/**
 * Passes what a process on a node writes and reads; resolves with its exit code when its output is complete. Aborting
 * `signal` hangs up.
 */
export async function joinProcess(
  process: ProcessStreams,
  onOutput: (output: NodeOutput) => void,
  input: AsyncIterable<NodeInput>,
  signal: AbortSignal,
): Promise<number> {
  for (const stream of ['stdout', 'stderr'] as const) {
    process[stream]?.on('data', (chunk: Buffer) => onOutput({ stream, data: chunk.toString('base64') }));
  }
  signal.addEventListener('abort', () => process.close(), { once: true });
  if (signal.aborted) process.close();
  void feed(process, input);
  try {
    return await process.exit;
  } catch (error) {
    const { message, exitCode = cannotRun } = error as Error & { exitCode?: number };
    onOutput({ stream: 'stderr', data: Buffer.from(`${message}\n`).toString('base64') });
    return exitCode;
  }
}

/** Passes input on to a process until there is no more, or it does not want any more. */
async function feed(process: ProcessStreams, input: AsyncIterable<NodeInput>): Promise<void> {
  process.stdin?.on('error', () => undefined);
  for await (const piece of input) {
    if ('data' in piece) process.stdin?.write(Buffer.from(piece.data, 'base64'));
    else if ('columns' in piece) process.resize?.(piece.columns, piece.rows);
    else process.stdin?.end();
  }
}
