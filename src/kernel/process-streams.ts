import type { Readable, Writable } from 'node:stream';

/** A process somewhere else (in a container, on a node): its streams and how it ends. */
export interface ProcessStreams {
  stdin?: Writable;
  stdout: Readable;
  /** With a terminal there is one stream of output. */
  stderr?: Readable;
  /** Terminal size, for tty sessions. */
  resize?(columns: number, rows: number): void;
  /** Resolves with the exit code when the process has ended and its output is complete; rejects with an Error (and its `exitCode`) if it can't be started. */
  exit: Promise<number>;
  /** Hangs up: the process gets SIGHUP, then SIGKILL. */
  close(): void;
}
