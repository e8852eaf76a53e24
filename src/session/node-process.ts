import { once } from 'node:events';
import type { Readable } from 'node:stream';
import type { ProcessStreams } from '../kernel/process-streams.ts';
import { Queue } from '../kernel/queue.ts';
import type { NodeInput, NodeOutput } from './types.ts';

export interface NodeProcessLines {
  input: AsyncIterable<NodeInput>;
  /** The next piece is read when what this returns has resolved. */
  onOutput(output: NodeOutput): unknown;
  /** Hangs up. */
  signal: AbortSignal | undefined;
}

/** What is typed into processes on nodes, by their sessions. */
export class NodeInputs {
  readonly #sessions = new Map<string, Queue<NodeInput>>();

  /** The input of a session that begins. */
  open(session: string): AsyncIterable<NodeInput> {
    const input = new Queue<NodeInput>();
    this.#sessions.set(session, input);
    return input;
  }

  /** Resolves when the process has taken it, or has ended. */
  async take(session: string, input: NodeInput): Promise<void> {
    await this.#sessions.get(session)?.push(input);
  }

  close(session: string): void {
    this.#sessions.get(session)?.end();
    this.#sessions.delete(session);
  }
}

/** Joins a process on a node to whoever asked for it; resolves with its exit code when its output was passed on. */
export async function joinProcess(
  process: ProcessStreams,
  { input, onOutput, signal }: NodeProcessLines,
): Promise<number> {
  const hungUp = new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve(), { once: true }));
  void hungUp.then(() => process.close());
  if (signal?.aborted) process.close();
  const passed = (['stdout', 'stderr'] as const).map((stream) => pass(process[stream], stream, onOutput));
  void feed(process, input);
  try {
    const code = await process.exit;
    // Whoever has hung up takes no more.
    await Promise.race([Promise.all(passed), hungUp]);
    return code;
  } catch (error) {
    const { message, exitCode = 126 } = error as Error & { exitCode?: number };
    onOutput({ stream: 'stderr', data: Buffer.from(`${message}\n`).toString('base64') });
    return exitCode;
  }
}

/** Passes output on at the pace of its reader. */
async function pass(
  from: Readable | undefined,
  stream: NodeOutput['stream'],
  onOutput: NodeProcessLines['onOutput'],
): Promise<void> {
  if (!from) return;
  try {
    for await (const chunk of from) await onOutput({ stream, data: (chunk as Buffer).toString('base64') });
  } catch (error) {
    // How the process ended says more.
    if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  }
}

/** Passes input on, at the pace of the process, until there is no more or the process does not want any more. */
async function feed({ stdin, resize, exit }: ProcessStreams, input: AsyncIterable<NodeInput>): Promise<void> {
  stdin?.on('error', () => undefined);
  const ended = exit.then(
    () => undefined,
    () => undefined,
  );
  for await (const piece of input) {
    if ('columns' in piece) resize?.(piece.columns, piece.rows);
    else if ('end' in piece) stdin?.end();
    else if (stdin?.writable && !stdin.write(Buffer.from(piece.data, 'base64'))) {
      await Promise.race([once(stdin, 'drain'), once(stdin, 'close'), ended]);
    }
  }
}
