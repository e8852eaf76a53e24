import { InvalidArgumentError } from 'commander';

/** The number of a task on a command line. */
export function parseTask(text: string): number {
  if (!/^[1-9]\d?$/.test(text)) throw new InvalidArgumentError('expected the number of a task');
  return Number(text);
}
