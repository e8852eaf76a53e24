import { type FileHandle, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Where the bytes of one container log are. Calls are made one after the other. */
export interface LogStorage {
  append(bytes: Uint8Array): Promise<void>;
  /** What was appended since the last rotation. */
  read(): Promise<Buffer>;
  /** At most `length` bytes of it from `offset` on. */
  readPiece(offset: number, length: number): Promise<Uint8Array>;
  /** How long it is, in bytes. */
  size(): Promise<number>;
  /** Sets the content aside (a real kubelet gzips it; readers do not see it any more) and starts anew. */
  rotate(): Promise<void>;
  close(): Promise<void>;
  remove(): Promise<void>;
}

/** A file that is not there holds nothing. */
function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}

/** Keeps the log in a file; folders are made as needed. */
export class FileLogStorage implements LogStorage {
  readonly #path: string;
  #handle: FileHandle | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  async append(bytes: Uint8Array): Promise<void> {
    if (!this.#handle) {
      await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 });
      this.#handle = await open(this.#path, 'a', 0o600);
    }
    await this.#handle.appendFile(bytes);
  }

  async read(): Promise<Buffer> {
    return (await readFile(this.#path).catch(absent)) ?? Buffer.alloc(0);
  }

  async readPiece(offset: number, length: number): Promise<Uint8Array> {
    const file = await open(this.#path, 'r').catch(absent);
    if (!file) return new Uint8Array(0);
    try {
      const { buffer, bytesRead } = await file.read(new Uint8Array(length), 0, length, offset);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  }

  async size(): Promise<number> {
    return (await stat(this.#path).catch(absent))?.size ?? 0;
  }

  async rotate(): Promise<void> {
    await this.close();
    await rename(this.#path, `${this.#path}.1`);
  }

  async close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close();
  }

  async remove(): Promise<void> {
    await this.close();
    await Promise.all([rm(this.#path, { force: true }), rm(`${this.#path}.1`, { force: true })]);
  }
}

/** Keeps the log in memory: clusters without a folder. */
export class MemoryLogStorage implements LogStorage {
  // Bytes of its own: a line that is kept as it came holds the whole piece of memory that it was cut from.
  #bytes = Buffer.alloc(0);
  #length = 0;

  async append(bytes: Uint8Array): Promise<void> {
    const length = this.#length + bytes.length;
    if (length > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(1024, length, 2 * this.#bytes.length));
      this.#bytes.copy(larger, 0, 0, this.#length);
      this.#bytes = larger;
    }
    this.#bytes.set(bytes, this.#length);
    this.#length = length;
  }

  async read(): Promise<Buffer> {
    // Nothing that was written is written again: what comes later goes behind it.
    return this.#bytes.subarray(0, this.#length);
  }

  async readPiece(offset: number, length: number): Promise<Uint8Array> {
    return (await this.read()).subarray(offset, offset + length);
  }

  async size(): Promise<number> {
    return this.#length;
  }

  async rotate(): Promise<void> {
    await this.remove();
  }

  async close(): Promise<void> {}

  async remove(): Promise<void> {
    this.#bytes = Buffer.alloc(0);
    this.#length = 0;
  }
}
