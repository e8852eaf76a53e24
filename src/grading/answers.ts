import { type FSWatcher, watch } from 'node:fs';
import { lstat, open, realpath } from 'node:fs/promises';
import { dirname, join, normalize, sep } from 'node:path';
import type { Answer } from '../checks/types.ts';
import type { Clock, Timer } from '../kernel/clock.ts';

/** An answer is a few lines; what is larger is none. */
const largest = 64 * 1024;
const poll = 1_000;

/** What a file of the answers folder is now; without a text there is none, or none that could be an answer. */
export interface AnswerChange {
  file: string;
  text?: string;
}

/**
 * Reads files of an attempt's answers folder and tells when one changes. Nothing outside of the folder is ever read: no
 * path leads out of it, and no link.
 */
export class Answers {
  readonly #folder: string | undefined;
  readonly #clock: Clock;
  readonly #onChange: (change: AnswerChange) => void;
  readonly #seen = new Map<string, string>();
  #watcher: FSWatcher | undefined;
  #timer: Timer | undefined;
  #stopped = false;

  constructor(folder: string | undefined, clock: Clock, onChange: (change: AnswerChange) => void) {
    this.#folder = folder;
    this.#clock = clock;
    this.#onChange = onChange;
  }

  /** Begins to look for changes of these files. */
  follow(names: readonly string[]): void {
    if (!this.#folder || names.length === 0) return;
    for (const name of names) this.#seen.set(name, '');
    try {
      this.#watcher = watch(this.#folder, () => void this.#look());
      this.#watcher.on('error', () => undefined);
    } catch {
      // Looking now and then does as well.
    }
    void this.#look();
  }

  stop(): void {
    this.#stopped = true;
    this.#watcher?.close();
    this.#timer?.cancel();
  }

  /** The text of one file, by its path inside of the folder. */
  async read(name: string): Promise<Answer> {
    const missing = `there is no file ${name} in the answers folder`;
    if (!this.#folder) return { missing: 'this attempt has no answers folder' };
    const file = normalize(join(this.#folder, name));
    if (!file.startsWith(this.#folder + sep)) return { missing: `${name} is outside of the answers folder` };
    try {
      const status = await lstat(file);
      if (status.isSymbolicLink()) return { missing: `${name} is a link; write the file itself` };
      if (!status.isFile()) return { missing: `${name} is no file` };
      // A folder on the way may be a link as well.
      if ((await realpath(dirname(file))) !== normalize(join(await realpath(this.#folder), dirname(name))))
        return { missing: `${name} is outside of the answers folder` };
      const handle = await open(file, 'r');
      try {
        const { buffer, bytesRead } = await handle.read(Buffer.alloc(largest + 1), 0, largest + 1, 0);
        if (bytesRead > largest) return { missing: `${name} is larger than an answer can be` };
        return { text: buffer.toString('utf8', 0, bytesRead) };
      } finally {
        await handle.close();
      }
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      return { missing: code === 'ENOENT' || code === 'ENOTDIR' ? missing : `${name} cannot be read: ${code}` };
    }
  }

  /** Watching misses changes on some file systems and in folders below: look now and then. */
  async #look(): Promise<void> {
    if (this.#stopped) return;
    this.#timer?.cancel();
    this.#timer = this.#clock.after(poll, () => void this.#look());
    for (const [name, before] of this.#seen) {
      const answer = await this.read(name);
      const now = JSON.stringify(answer);
      if (now === before || this.#stopped) continue;
      this.#seen.set(name, now);
      this.#onChange({ file: name, ...('text' in answer && { text: answer.text }) });
    }
  }
}
