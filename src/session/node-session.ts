import { randomUUID } from 'node:crypto';
import type { Labs } from './contract.ts';
import type { NodeProcessLines } from './node-process.ts';
import type { NodeProcessRequest } from './types.ts';

/** Runs a command as root on a simulated node, with what it reads and writes; resolves with its exit code. */
export function runNodeProcess(
  labs: Pick<Labs, 'nodeProcess' | 'nodeInput'>,
  request: Omit<NodeProcessRequest, 'session'>,
  { input, onOutput, signal }: NodeProcessLines,
): Promise<number> {
  const session = randomUUID();
  const ended = labs.nodeProcess({ ...request, session }, { onEvent: onOutput, signal });
  const send = async () => {
    for await (const piece of input) await labs.nodeInput({ session, input: piece });
  };
  // What ends the connection ends the process's call, too, which says so.
  send().catch(() => undefined);
  return ended;
}
