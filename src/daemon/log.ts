import { writeSync } from 'node:fs';
import { visible } from '../kernel/visible.ts';

const stderr = 2;

/**
 * A log on stderr, a line an entry, more of them indented so that no text looks like an entry: the daemon's stderr is its log file. A disk that is full costs lines, not the daemon,
 * and lines that come after it are written again.
 */
export function logToStderr(now: () => number): (line: string) => void {
  // What Node itself prints there ends the process otherwise.
  process.stderr.on('error', () => undefined);
  return (line) => {
    try {
      writeSync(stderr, `${new Date(now()).toISOString()} ${visible(line).replaceAll('\n', '\n  ')}\n`);
    } catch {
      // There is nowhere else to say it.
    }
  };
}
