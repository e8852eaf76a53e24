import { type Clock, nextTurn } from '../../../kernel/clock.ts';
import type { LogStorage } from './log-storage.ts';

/** One line of a log, or a part of a line (`complete` false) where it was too long or the process ended inside it. */
export interface LogEntry {
  /** RFC 3339 with nanoseconds. */
  time: string;
  stream: 'stdout' | 'stderr';
  complete: boolean;
  text: Buffer;
}

/** Who gets entries as they are written. */
export interface LogFollower {
  /** `next`: the position behind it. */
  entry(entry: LogEntry, next: number): void;
  /** The process ended. */
  end(): void;
}

const newline = 0x0a;
/** The longest piece of a line that containerd writes at once. */
const longestPiece = 16 * 1024;
/** The kubelet's containerLogMaxSize. */
const rotateAt = 10 * 1024 * 1024;

/**
 * The log of one run of a container, in the CRI format (`<time> <stream> <F|P> <text>`). Entries reach followers at
 * once and the storage a moment later, in one write for many.
 */
export class ContainerLog {
  readonly #storage: LogStorage;
  readonly #clock: Clock;
  readonly #grew: () => void;
  readonly #rests = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
  readonly #followers = new Set<LogFollower>();
  #pending: Buffer[] = [];
  /** Bytes put into the storage, and bytes on the way there, since this log was opened. */
  #appended = 0;
  #underway = 0;
  #busy: Promise<void> | undefined;
  #stored = 0;
  #closing: Promise<void> | undefined;
  #lastTime = 0n;

  /** `grew`: told whenever something was put into the storage. */
  constructor(storage: LogStorage, clock: Clock, grew: () => void = () => {}) {
    this.#storage = storage;
    this.#clock = clock;
    this.#grew = grew;
  }

  /** After `close` nothing is taken any more. */
  write(stream: 'stdout' | 'stderr', chunk: Uint8Array): void {
    if (this.#closing) return;
    let rest = Buffer.concat([this.#rests[stream], chunk]);
    for (;;) {
      const end = rest.indexOf(newline);
      if (end >= 0 && end <= longestPiece) {
        this.#add(stream, true, rest.subarray(0, end));
        rest = rest.subarray(end + 1);
      } else if (rest.length > longestPiece) {
        this.#add(stream, false, rest.subarray(0, longestPiece));
        rest = rest.subarray(longestPiece);
      } else break;
    }
    // A copy: most often there is no rest, and a part keeps what it is a part of.
    this.#rests[stream] = Buffer.from(rest);
  }

  /** The process ended: what is left of its last line is written, followers end. Resolves when all is in the storage. */
  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async #end(): Promise<void> {
    for (const stream of ['stdout', 'stderr'] as const) {
      if (this.#rests[stream].length > 0) this.#add(stream, false, this.#rests[stream]);
    }
    for (const follower of this.#followers) follower.end();
    this.#followers.clear();
    await this.flush();
    await this.#storage.close();
  }

  /** The process has ended: nothing is written any more. */
  get closed(): boolean {
    return this.#closing !== undefined;
  }

  /** The position behind the last entry. Positions count bytes of the CRI format; those before this log was opened are negative. */
  get end(): number {
    return this.#appended + this.#underway;
  }

  /** The position of the first entry that is still kept, or of the last `tail` entries: parts of a long line count each. */
  async begin(tail?: number): Promise<number> {
    await this.flush();
    if (tail === undefined || tail < 0) return this.#appended - (await this.#exclusive(() => this.#storage.size()));
    const bytes = await this.#exclusive(() => this.#storage.read());
    const first = this.#appended - bytes.length;
    let at = bytes.length;
    for (let left = tail; left > 0 && at > 0; left--) at = bytes.lastIndexOf(newline, at - 2) + 1;
    return first + at;
  }

  /**
   * Entries from a position on, about `length` bytes of them, and the position behind the last. What was rotated away
   * meanwhile is left out, as the kubelet leaves it out for a reader that is too slow.
   */
  async entriesFrom(position: number, length: number): Promise<{ entries: LogEntry[]; next: number }> {
    await this.flush();
    return this.#exclusive(async () => {
      const size = await this.#storage.size();
      const offset = Math.max(0, size - (this.#appended - position));
      // An entry is never longer than a piece with its head.
      const bytes = Buffer.from(await this.#storage.readPiece(offset, Math.max(length, 2 * longestPiece)));
      const whole = bytes.subarray(0, bytes.lastIndexOf(newline) + 1);
      const next = whole.length === 0 ? this.#appended : this.#appended - size + offset + whole.length;
      return { entries: parseEntries(whole), next };
    });
  }

  /** From now on `follower` gets every entry as it is written. Returns the way to stop. */
  follow(follower: LogFollower): () => void {
    this.#followers.add(follower);
    return () => void this.#followers.delete(follower);
  }

  /** All entries that are kept. */
  async read(): Promise<LogEntry[]> {
    await this.flush();
    return parseEntries(await this.#exclusive(() => this.#storage.read()));
  }

  /** A piece of it as it lies in the storage, and how long it is. */
  async readPiece(offset: number, length: number): Promise<{ bytes: Uint8Array; size: number }> {
    await this.flush();
    return this.#exclusive(async () => ({
      bytes: await this.#storage.readPiece(offset, length),
      size: await this.#storage.size(),
    }));
  }

  /** How long it is, in bytes; what was just written comes a moment later. */
  size(): Promise<number> {
    return this.#storage.size();
  }

  /** Resolves when everything written before the call is in the storage. */
  async flush(): Promise<void> {
    while (this.#pending.length > 0 || this.#busy) await (this.#busy ?? this.#startFlush());
  }

  /** Closes the log and deletes it; what is not in the storage yet does not get there. */
  async remove(): Promise<void> {
    const closed = this.close();
    this.#pending = [];
    this.#underway = 0;
    await closed;
    await this.#storage.remove();
  }

  #add(stream: 'stdout' | 'stderr', complete: boolean, text: Buffer): void {
    const entry = { time: this.#time(), stream, complete, text };
    const head = Buffer.from(`${entry.time} ${stream} ${complete ? 'F' : 'P'} `);
    const bytes = Buffer.concat([head, text, Buffer.from('\n')]);
    this.#pending.push(bytes);
    this.#underway += bytes.length;
    for (const follower of this.#followers) follower.entry(entry, this.end);
    if (!this.#busy) void this.#startFlush();
  }

  /** Nanoseconds that rise, so that equal milliseconds keep their order. */
  #time(): string {
    const now = BigInt(this.#clock.now()) * 1_000_000n;
    this.#lastTime = now > this.#lastTime ? now : this.#lastTime + 1000n;
    const seconds = new Date(Number(this.#lastTime / 1_000_000n)).toISOString().slice(0, 19);
    return `${seconds}.${String(this.#lastTime % 1_000_000_000n).padStart(9, '0')}Z`;
  }

  #startFlush(): Promise<unknown> {
    // A full disk costs log lines, as on a real node; the container goes on.
    return this.#exclusive(async () => {
      await nextTurn();
      const bytes = Buffer.concat(this.#pending);
      this.#pending = [];
      if (bytes.length === 0) return;
      try {
        await this.#storage.append(bytes);
        this.#appended += bytes.length;
      } finally {
        this.#underway -= bytes.length;
      }
      this.#grew();
      this.#stored += bytes.length;
      if (this.#stored < rotateAt) return;
      await this.#storage.rotate();
      this.#stored = 0;
    }).catch(() => undefined);
  }

  /** Runs one storage operation while no other does. */
  async #exclusive<T>(operation: () => Promise<T>): Promise<T> {
    while (this.#busy) await this.#busy;
    const running = operation();
    const busy = running.then(
      () => {},
      () => {},
    );
    this.#busy = busy;
    try {
      return await running;
    } finally {
      this.#busy = undefined;
      if (this.#pending.length > 0) void this.#startFlush();
    }
  }
}

/** Reads the CRI format; lines that are not in it (a torn last one) are skipped. */
export function parseEntries(bytes: Buffer): LogEntry[] {
  const entries: LogEntry[] = [];
  let start = 0;
  while (start < bytes.length) {
    const end = bytes.indexOf(newline, start);
    if (end < 0) break;
    const line = bytes.subarray(start, end);
    const [a, b] = [line.indexOf(0x20), line.indexOf(0x20, line.indexOf(0x20) + 1)];
    const stream = line.toString('latin1', a + 1, b);
    const tag = line.toString('latin1', b + 1, b + 3);
    if (a > 0 && b > 0 && (stream === 'stdout' || stream === 'stderr') && (tag === 'F ' || tag === 'P ')) {
      entries.push({ time: line.toString('latin1', 0, a), stream, complete: tag === 'F ', text: line.subarray(b + 3) });
    }
    start = end + 1;
  }
  return entries;
}
