import { readable } from './readable.ts';

/** Why the scheduler passed nodes over, as its message says. */
export interface SchedulingFailure {
  /** How many nodes there were. */
  nodes: number;
  /** `count` nodes had this reason; undefined where it is about the Pod and so holds for all of them. */
  reasons: { count?: number; text: string }[];
}

/**
 * Takes `0/3 nodes are available: 1 node(s) had untolerated taint(s), 2 Insufficient cpu. preemption: ...` apart. What
 * preemption would have done is left out. Undefined for any other text.
 */
export function parseSchedulingMessage(message: string): SchedulingFailure | undefined {
  const found = /^\d+\/(\d+) nodes are available(?::\s*(.*))?$/s.exec(readable(message).trim());
  if (!found) return undefined;
  const [, nodes = '0', rest = ''] = found;
  const [body = ''] = rest.split(/\.\s+(?:no new claims to deallocate|preemption:|not found)|\.\s*$/);
  const reasons = body
    .split(/,\s+(?=\d+ )/)
    .map((text) => {
      const [, count, reason] = /^(\d+) (.+)$/s.exec(text.trim()) ?? [];
      return count === undefined ? { text: text.trim() } : { count: Number(count), text: reason ?? '' };
    })
    .filter(({ text }) => text !== '');
  return { nodes: Number(nodes), reasons };
}
