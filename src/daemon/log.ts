import { writeSync } from 'node:fs';

const stderr = 2;

/**
 * A log on stderr, a line an entry: the daemon's stderr is its log file. A disk that is full costs lines, not the daemon,
 * and lines that come after it are written again.
 */
export function logToStderr(now: () => number): (line: string) => void {
  // What Node itself prints there ends the process otherwise.
  process.stderr.on('error', () => undefined);
  return (line) => {
    try {
      writeSync(stderr, `${new Date(now()).toISOString()} ${line}\n`);
    } catch {
      // There is nowhere else to say it.
    }
  };
}
