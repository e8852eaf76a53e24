import { type FileHandle, mkdir, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { EnvironmentError } from './errors.ts';

/** Records of a log file, and how many bytes of it are whole. */
interface ReadLog<T> {
  records: T[];
  length: number;
}

export interface AppendLogOptions {
  /** Whether what was appended outlives a power cut; default true. */
  durable?: boolean;
}

/**
 * An append-only file of JSON lines. `append` resolves once the record is on the disk (fsync; records that wait for the
 * same fsync share it), or only written if the log is not durable; if it can't be written it is kept, and goes before the
 * next one. A torn last line, as a crash leaves it, is dropped at the next opening; damage anywhere else is an
 * EnvironmentError that names file and line.
 */
export class AppendLog<T> {
  readonly file: string;
  readonly #handle: FileHandle;
  readonly #durable: boolean;
  #pending: string[] = [];
  #writing: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  /** Bytes that are whole; behind them lies what a failed write left. */
  #length: number;
  #torn = false;

  private constructor(file: string, handle: FileHandle, length: number, durable: boolean) {
    this.file = file;
    this.#handle = handle;
    this.#durable = durable;
    this.#length = length;
  }

  /** Opens (or makes) the log for writing and returns what it holds. */
  static async open<T>(
    file: string,
    { durable = true }: AppendLogOptions = {},
  ): Promise<{ log: AppendLog<T>; records: T[] }> {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    const { records, length } = await readWhole<T>(file);
    const handle = await open(file, 'a', 0o600);
    await handle.truncate(length);
    return { log: new AppendLog<T>(file, handle, length, durable), records };
  }

  /** What a log holds, without opening it for writing. Empty if there is none. */
  static async read<T>(file: string): Promise<T[]> {
    return (await readWhole<T>(file)).records;
  }

  append(record: T): Promise<void> {
    this.#pending.push(`${JSON.stringify(record)}\n`);
    return this.flush();
  }

  /** Writes what is kept because an earlier write failed (and all else that waits). */
  flush(): Promise<void> {
    // The running write may have taken its records already; then one more round follows.
    const before = this.#writing ?? Promise.resolve();
    // Who waited for that write has its error; this one tries again with what it kept.
    this.#writing = before.catch(() => undefined).then(() => this.#flush());
    return this.#writing;
  }

  /** Writes what waits, if it can be written, and closes the file; what comes later is not written. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    // Its error has gone to those who waited for it; what it could not write is tried once more.
    await this.#writing?.catch(() => undefined);
    try {
      await this.#flush();
    } finally {
      await this.#handle.close();
    }
  }

  async #flush(): Promise<void> {
    if (this.#pending.length === 0) return;
    const lines = this.#pending;
    this.#pending = [];
    const text = lines.join('');
    try {
      if (this.#torn) await this.#handle.truncate(this.#length);
      this.#torn = true;
      await this.#handle.appendFile(text);
      if (this.#durable) await this.#handle.datasync();
    } catch (error) {
      this.#pending = [...lines, ...this.#pending];
      throw error;
    }
    this.#torn = false;
    this.#length += Buffer.byteLength(text);
  }
}

async function readWhole<T>(file: string): Promise<ReadLog<T>> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { records: [], length: 0 };
    throw error;
  }
  const end = text.lastIndexOf('\n') + 1;
  const records = text
    .slice(0, end)
    .split('\n')
    .slice(0, -1)
    .map((line, index): T => {
      try {
        return JSON.parse(line) as T;
      } catch (cause) {
        throw new EnvironmentError(
          {
            what: `${file}:${index + 1}: the log is damaged`,
            why: 'this line is no JSON, and it is not the last one',
            next: `look at the line; if the attempt is not worth it, move ${dirname(file)} away`,
          },
          { cause },
        );
      }
    });
  return { records, length: Buffer.byteLength(text.slice(0, end)) };
}
