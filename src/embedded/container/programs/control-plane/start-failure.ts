import type { Process } from '../../kernel/process.ts';
import { formatDate } from '../../lib/format-date.ts';

/** What ends a component of the control plane: what it says last, and its exit code. */
export abstract class StartFailure extends Error {
  abstract tell(p: Process): Promise<void>;
  abstract readonly code: number;
}

/** What a value after `key=` in a structured log line looks like. */
export const quoted = (text: string) => JSON.stringify(text);

/** A line as klog writes it in a container, where every component is process 1. */
export function klog(p: Process, severity: 'I' | 'W' | 'E' | 'F', where: string, text: string): Promise<void> {
  const time = formatDate(p.container.clock.now(), '%m%d %H:%M:%S.%6N');
  return p.print(2, `${severity}${time}       1 ${where}] ${text}\n`);
}

/** The command returned an error: component-base logs it. */
export class CommandFailed extends StartFailure {
  readonly code = 1;

  tell(p: Process): Promise<void> {
    return klog(p, 'E', 'run.go:72', `"command failed" err=${quoted(this.message)}`);
  }
}

/** klog.Fatal: the line, and the end. */
export class Fatal extends StartFailure {
  readonly code = 255;
  readonly #where: string;

  constructor(where: string, message: string) {
    super(message);
    this.#where = where;
  }

  tell(p: Process): Promise<void> {
    return klog(p, 'F', this.#where, this.message);
  }
}

/** A line of etcd's, which logs JSON. */
export function zap(
  p: Process,
  level: 'info' | 'warn' | 'fatal',
  caller: string,
  msg: string,
  more: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  const ts = formatDate(p.container.clock.now(), '%FT%T.%6NZ');
  return p.print(2, `${JSON.stringify({ level, ts, caller, msg, ...more })}\n`);
}
