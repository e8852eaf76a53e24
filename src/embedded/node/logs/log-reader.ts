import { Readable } from 'node:stream';
import type { Clock } from '../../../kernel/clock.ts';
import type { LogOptions } from '../../node-api.ts';
import type { ContainerLog, LogEntry } from './log-file.ts';

/** So much of a log is read from the storage at once, in bytes. */
const pieceBytes = 256 * 1024;

/**
 * The log as `kubectl logs` gets it. With `follow` the stream stays open until the container's run ends or
 * `options.signal` aborts; every line is pushed as soon as it was written. What is there is read as fast as the reader
 * takes it; one that does not keep up waits for the storage, as with the kubelet, and misses what is rotated away.
 */
export async function readLog(log: ContainerLog, options: LogOptions, clock: Clock): Promise<Readable> {
  const next = await log.begin(options.tailLines);
  const reader = new LogReader(log, options, next, clock.now());
  const { signal } = options;
  if (!options.follow || !signal) return reader;
  if (signal.aborted) reader.finish();
  else signal.addEventListener('abort', () => reader.finish(), { once: true });
  return reader;
}

class LogReader extends Readable {
  readonly #log: ContainerLog;
  readonly #follow: boolean;
  readonly #format: (entry: LogEntry) => Buffer;
  /** Where a reader that does not follow ends. */
  readonly #until: number;
  #next: number;
  /** Bytes that may still be sent. */
  #left: number;
  #reading = false;
  #over = false;
  #unfollow: (() => void) | undefined;

  constructor(log: ContainerLog, options: LogOptions, next: number, now: number) {
    super();
    this.#log = log;
    this.#next = next;
    this.#follow = options.follow ?? false;
    this.#until = this.#follow ? Number.POSITIVE_INFINITY : log.end;
    this.#left = options.limitBytes ?? Number.POSITIVE_INFINITY;
    this.#format = formatter(options, sinceOf(options, now));
  }

  override _read(): void {
    if (!this.#reading && !this.#unfollow && !this.#over) void this.#catchUp();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#over = true;
    this.#stop();
    done(error);
  }

  /** Nothing more is read. */
  finish(): void {
    if (this.#over) return;
    this.#over = true;
    this.#stop();
    this.push(null);
  }

  /** Reads from the storage until the reader has enough for now or nothing is left; then follows. */
  async #catchUp(): Promise<void> {
    this.#reading = true;
    try {
      while (!this.#over) {
        if (this.#next >= this.#until) return this.finish();
        if (this.#next >= this.#log.end)
          return this.#follow && !this.#log.closed ? this.#startFollowing() : this.finish();
        const { entries, next } = await this.#log.entriesFrom(this.#next, pieceBytes);
        this.#next = next;
        if (!this.#send(Buffer.concat(entries.map(this.#format)))) return;
      }
    } catch (error) {
      this.destroy(error as Error);
    } finally {
      this.#reading = false;
    }
  }

  #startFollowing(): void {
    this.#unfollow = this.#log.follow({
      entry: (entry, next) => {
        this.#next = next;
        if (!this.#send(this.#format(entry))) this.#stop();
      },
      end: () => this.finish(),
    });
  }

  #stop(): void {
    this.#unfollow?.();
    this.#unfollow = undefined;
  }

  /** False: enough for now; `_read` is called when there is room again. */
  #send(bytes: Buffer): boolean {
    if (this.#over) return false;
    if (bytes.length === 0) return true;
    const piece = bytes.subarray(0, this.#left);
    this.#left -= piece.length;
    const room = this.push(piece);
    if (this.#left <= 0) this.finish();
    return room;
  }
}

/** Milliseconds since 1970 before which entries are left out. */
function sinceOf({ sinceTime, sinceSeconds }: LogOptions, now: number): number | undefined {
  if (sinceTime) return Date.parse(sinceTime);
  return sinceSeconds === undefined ? undefined : now - sinceSeconds * 1000;
}

/** Entries as text; a timestamp only where a line begins. */
function formatter(options: LogOptions, since: number | undefined): (entry: LogEntry) => Buffer {
  let lineBegins = true;
  return (entry) => {
    if (since !== undefined && Date.parse(entry.time) < since) return Buffer.alloc(0);
    const parts: Buffer[] = [];
    if (options.timestamps && lineBegins) parts.push(Buffer.from(`${entry.time} `));
    parts.push(entry.text);
    if (entry.complete) parts.push(Buffer.from('\n'));
    lineBegins = entry.complete;
    return Buffer.concat(parts);
  };
}
