import { type FileHandle, mkdir, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { EnvironmentError } from './errors.ts';

/** Records of a log file, and how many bytes of it are whole. */
interface ReadLog<T> {
  records: T[];
  length: number;
}

/**
 * An append-only file of JSON lines. `append` resolves once the record is on the disk (fsync; records that wait for the
 * same fsync share it). A torn last line, as a crash leaves it, is dropped at the next opening; damage anywhere else is
 * an EnvironmentError that names file and line.
 */
export class AppendLog<T> {
  readonly file: string;
  readonly #handle: FileHandle;
  #pending: string[] = [];
  #writing: Promise<void> | undefined;

  private constructor(file: string, handle: FileHandle) {
    this.file = file;
    this.#handle = handle;
  }

  /** Opens (or makes) the log for writing and returns what it holds. */
  static async open<T>(file: string): Promise<{ log: AppendLog<T>; records: T[] }> {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    const { records, length } = await readWhole<T>(file);
    const handle = await open(file, 'a', 0o600);
    await handle.truncate(length);
    return { log: new AppendLog<T>(file, handle), records };
  }

  /** What a log holds, without opening it for writing. Empty if there is none. */
  static async read<T>(file: string): Promise<T[]> {
    return (await readWhole<T>(file)).records;
  }

  append(record: T): Promise<void> {
    this.#pending.push(`${JSON.stringify(record)}\n`);
    // The running write may have taken its records already; then one more round follows.
    this.#writing = (this.#writing ?? Promise.resolve()).then(() => this.#flush());
    return this.#writing;
  }

  async close(): Promise<void> {
    await this.#writing;
    await this.#handle.close();
  }

  async #flush(): Promise<void> {
    if (this.#pending.length === 0) return;
    const lines = this.#pending.join('');
    this.#pending = [];
    await this.#handle.appendFile(lines);
    await this.#handle.datasync();
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
