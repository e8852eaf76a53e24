import type { Clock } from '../kernel/clock.ts';
import { faultText } from '../kernel/fault-log.ts';

/** More faults than this within a minute are no accident: the process is not well any more. */
const mostFaults = 20;
const minute = 60_000;

export interface FaultOptions {
  clock: Clock;
  log(line: string): void;
  /** Ends the process in order: its successor begins with what is on the disk. */
  giveUp(): void;
}

/**
 * Writes errors that nobody caught into the log, with their stacks, and goes on: one of them is about one request, one
 * attempt or one cluster, whose state is on the disk. Faults that come again and again end the process. Returns the way
 * back to Node's own rule, by which the first one ends it.
 */
export function surviveFaults({ clock, log, giveUp }: FaultOptions): () => void {
  let recent: number[] = [];
  const onFault = (kind: string) => (error: unknown) => {
    const now = clock.now();
    log(faultText(kind, error));
    recent = [...recent.filter((at) => now - at < minute), now];
    if (recent.length !== mostFaults + 1) return;
    log(`more than ${mostFaults} faults within a minute: the daemon ends`);
    giveUp();
  };
  const onException = onFault('an error that nobody caught');
  const onRejection = onFault('a rejection that nobody handled');
  process.on('uncaughtException', onException).on('unhandledRejection', onRejection);
  return () => void process.off('uncaughtException', onException).off('unhandledRejection', onRejection);
}
