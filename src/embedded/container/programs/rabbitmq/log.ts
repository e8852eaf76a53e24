import type { Process } from '../../kernel/process.ts';
import { formatDate } from '../../lib/format-date.ts';

/** A line of the node's log on the console; further lines of `text` have the head of their own that it gives them. */
export function log(
  p: Process,
  level: 'info' | 'warning' | 'error' | 'notice',
  text: string,
  pid = '<0.208.0>',
): Promise<void> {
  const head = `${formatDate(p.container.clock.now(), '%F %T.%6N')}+00:00 [${level}] ${pid} `;
  const lines = text.split('\n').map((line) => `${head}${line}\n`);
  return p.print(1, lines.join(''));
}
