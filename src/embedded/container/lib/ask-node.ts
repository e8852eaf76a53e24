import type { NodeQuestion } from '../../node-api.ts';
import type { Process } from '../kernel/process.ts';

/** What the node of a process answers; undefined: nobody does, as where containers run without a cluster. */
export async function askNode(p: Process, question: NodeQuestion): Promise<unknown> {
  try {
    return await p.container.askNode(question);
  } catch (error) {
    if ((error as { code?: string }).code === 'EIO') return undefined;
    throw error;
  }
}
