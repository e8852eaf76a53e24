import { Readable } from 'node:stream';
import type { Clock } from '../../kernel/clock.ts';
import type { LogOptions } from '../node-api.ts';
import type { ContainerLog, LogEntry } from './log-file.ts';

/**
 * The log as `kubectl logs` gets it. With `follow` the stream stays open until the container's run ends or
 * `options.signal` aborts; every line is pushed as soon as it was written.
 */
export async function readLog(log: ContainerLog, options: LogOptions, clock: Clock): Promise<Readable> {
  const since = options.sinceTime
    ? Date.parse(options.sinceTime)
    : options.sinceSeconds !== undefined
      ? clock.now() - options.sinceSeconds * 1000
      : undefined;
  const format = formatter(options, since);
  let left = options.limitBytes ?? Number.POSITIVE_INFINITY;
  let stop = () => {};
  const stream = new Readable({
    read() {},
    destroy(error, done) {
      stop();
      done(error);
    },
  });
  const push = (bytes: Buffer) => {
    if (over || bytes.length === 0) return;
    const piece = bytes.subarray(0, left);
    left -= piece.length;
    stream.push(piece);
    if (left <= 0) finish();
  };
  let over = false;
  const finish = () => {
    if (over) return;
    over = true;
    stop();
    if (!stream.destroyed) stream.push(null);
  };
  const follower = options.follow ? { entry: (e: LogEntry) => push(format(e)), end: finish } : undefined;
  const { entries, stop: unfollow } = await log.read(follower);
  stop = unfollow;
  push(Buffer.concat(newest(entries, options.tailLines).map(format)));
  if (!follower) finish();
  else if (options.signal?.aborted) finish();
  else options.signal?.addEventListener('abort', finish, { once: true });
  return stream;
}

/** The last `count` entries; as in the kubelet, parts of one long line count each. */
function newest(entries: LogEntry[], count: number | undefined): LogEntry[] {
  if (count === undefined || count < 0) return entries;
  return count === 0 ? [] : entries.slice(-count);
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
