import { copyFileSync, fstatSync, ftruncateSync, statSync, writeSync } from 'node:fs';
import { visible } from '../kernel/visible.ts';

const stderr = 2;
/** The log starts again when it has this many bytes; the one before is kept beside it. */
const longestLog = 2 * 2 ** 20;
/** Of an entry: what somebody else sent may be in it. */
const longestEntry = 16 * 2 ** 10;

/**
 * A log on stderr, a line an entry, more of them indented so that no text looks like an entry: the daemon's stderr is its
 * log file, `file`. It takes 4 MiB at most, together with `<file>.1`, which holds what came before. A disk that is full
 * costs lines, not the daemon, and lines that come after it are written again.
 */
export function logToStderr(file: string, now: () => number): (line: string) => void {
  // What Node itself prints there ends the process otherwise.
  process.stderr.on('error', () => undefined);
  return (line) => {
    const entry = line.length > longestEntry ? `${line.slice(0, longestEntry)} ... (${line.length} characters)` : line;
    try {
      rotate(file);
      writeSync(stderr, `${new Date(now()).toISOString()} ${visible(entry).replaceAll('\n', '\n  ')}\n`);
    } catch {
      // There is nowhere else to say it.
    }
  };
}

/** Copied and emptied, not renamed: it is what stderr of this process and its threads stays connected to. */
function rotate(file: string): void {
  const open = fstatSync(stderr);
  if (!open.isFile() || open.size < longestLog) return;
  const named = statSync(file, { throwIfNoEntry: false });
  if (named?.ino !== open.ino || named.dev !== open.dev) return;
  copyFileSync(file, `${file}.1`);
  ftruncateSync(stderr, 0);
}
