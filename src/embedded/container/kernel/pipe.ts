import type { Caller } from './caller.ts';
import { SysError } from './errno.ts';
import { signals } from './signals.ts';
import { EMPTY, OpenFile } from './vfs-node.ts';

const CAPACITY = 64 * 1024;

/** A queue of bytes with room for 64 KiB, as Linux has them; both ends wait. */
export class Channel {
  #chunks: Uint8Array[] = [];
  #size = 0;
  #readers: (() => void)[] = [];
  #writers: (() => void)[] = [];
  writeClosed = false;
  readClosed = false;

  get size(): number {
    return this.#size;
  }

  get full(): boolean {
    return this.#size >= CAPACITY;
  }

  /** Puts data in without waiting; for sources that were paced elsewhere. */
  push(data: Uint8Array): void {
    if (data.length === 0 || this.readClosed) return;
    this.#chunks.push(data);
    this.#size += data.length;
    wake(this.#readers);
  }

  /** Runs `listener` once when there is data or the end; returns how to give up. */
  onData(listener: () => void): () => void {
    return enqueue(this.#readers, listener);
  }

  /** Takes up to `max` bytes of what is there, without waiting. */
  take(max: number): Uint8Array {
    const first = this.#chunks[0];
    if (!first) return EMPTY;
    let result = first;
    if (first.length > max) {
      result = first.subarray(0, max);
      this.#chunks[0] = first.subarray(max);
    } else {
      this.#chunks.shift();
    }
    this.#size -= result.length;
    if (this.#size < CAPACITY) wake(this.#writers);
    return result;
  }

  async read(p: Caller, max: number): Promise<Uint8Array> {
    while (this.#size === 0) {
      if (this.writeClosed) return EMPTY;
      await p.block((resume) => enqueue(this.#readers, resume));
    }
    return this.take(max);
  }

  async write(p: Caller, data: Uint8Array): Promise<void> {
    let rest = data;
    while (rest.length > 0) {
      if (this.readClosed) {
        p.signal(signals.SIGPIPE);
        throw new SysError('EPIPE');
      }
      const room = CAPACITY - this.#size;
      if (room > 0) {
        const part = rest.subarray(0, room);
        // A copy: the writer may use its buffer again.
        this.push(part.length === data.length ? data : part.slice());
        rest = rest.subarray(part.length);
      } else {
        await p.block((resume) => enqueue(this.#writers, resume));
      }
    }
  }

  closeWrite(): void {
    this.writeClosed = true;
    wake(this.#readers);
  }

  closeRead(): void {
    this.readClosed = true;
    this.#chunks = [];
    this.#size = 0;
    wake(this.#writers);
    wake(this.#readers);
  }
}

function enqueue(list: (() => void)[], resume: () => void): () => void {
  list.push(resume);
  return () => {
    const i = list.indexOf(resume);
    if (i >= 0) list.splice(i, 1);
  };
}

function wake(list: (() => void)[]): void {
  for (const resume of list.splice(0)) resume();
}

export class PipeReader extends OpenFile {
  readonly channel: Channel;
  override readonly path = 'pipe:';

  constructor(channel: Channel) {
    super();
    this.channel = channel;
  }

  override read(p: Caller, max: number): Promise<Uint8Array> {
    return this.channel.read(p, max);
  }

  protected override onClose(): void {
    this.channel.closeRead();
  }
}

export class PipeWriter extends OpenFile {
  readonly channel: Channel;
  override readonly path = 'pipe:';

  constructor(channel: Channel) {
    super();
    this.channel = channel;
  }

  override write(p: Caller, data: Uint8Array): Promise<void> {
    return this.channel.write(p, data);
  }

  protected override onClose(): void {
    this.channel.closeWrite();
  }
}

/** A pipe as pipe(2) makes it: `[reader, writer]`. */
export function createPipe(): [PipeReader, PipeWriter] {
  const channel = new Channel();
  return [new PipeReader(channel), new PipeWriter(channel)];
}
