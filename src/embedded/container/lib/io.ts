import { isSysError } from '../kernel/errno.ts';
import type { Process } from '../kernel/process.ts';
import { isBusybox } from './program.ts';

const FLUSH_AT = 16 * 1024;

/** Collects output and writes it in larger pieces; flushed before input is waited for. */
export class Output {
  readonly #p: Process;
  readonly #fd: number;
  #text = '';

  constructor(p: Process, fd = 1) {
    this.#p = p;
    this.#fd = fd;
  }

  async write(text: string): Promise<void> {
    this.#text += text;
    if (this.#text.length >= FLUSH_AT) await this.flush();
  }

  async flush(): Promise<void> {
    if (this.#text === '') return;
    const text = this.#text;
    this.#text = '';
    await this.#p.print(this.#fd, text);
  }
}

/** The lines of a descriptor, with what ended them (`\n`, or nothing at the end of the file). `output` is flushed before each wait. */
export async function* lines(
  p: Process,
  fd: number,
  output?: Output,
  separator = '\n',
): AsyncGenerator<{ text: string; end: string }> {
  const decoder = new TextDecoder();
  // A line's beginning, in pieces: it is searched only once.
  let pending: string[] = [];
  let held = 0;
  let charged = 0;
  for (;;) {
    await output?.flush();
    const chunk = await p.read(fd);
    const ended = chunk.length === 0;
    const text = ended ? decoder.decode() : decoder.decode(chunk, { stream: true });
    let from = 0;
    for (let at = text.indexOf(separator); at >= 0; at = text.indexOf(separator, from)) {
      const turn = p.step(1);
      if (turn) await turn;
      const line = pending.join('') + text.slice(from, at);
      pending = [];
      held = 0;
      yield { text: line, end: separator };
      from = at + separator.length;
    }
    if (from < text.length) {
      pending.push(text.slice(from));
      held += text.length - from;
    }
    if (ended) {
      if (held > 0) yield { text: pending.join(''), end: '' };
      return;
    }
    // A line without an end is kept: that is memory.
    if (held > charged + 65536) {
      p.charge(held - charged);
      charged = held;
    }
  }
}

/** Reads lines one after the other where a generator does not fit. */
export class LineReader {
  readonly #lines: AsyncGenerator<{ text: string; end: string }>;

  constructor(p: Process, fd: number, output?: Output) {
    this.#lines = lines(p, fd, output);
  }

  async next(): Promise<string | undefined> {
    const { value, done } = await this.#lines.next();
    return done ? undefined : value.text;
  }
}

/**
 * Opens each operand (`-` and none: standard input) and hands its descriptor on. Files that can't be opened are
 * complained about. Resolves with 1 if there was one such, else 0.
 */
export async function eachInput(
  p: Process,
  files: readonly string[],
  use: (fd: number, name: string) => Promise<void>,
  options: { quiet?: boolean; output?: Output } = {},
): Promise<number> {
  let status = 0;
  for (const file of files.length > 0 ? files : ['-']) {
    try {
      if (file === '-') await use(0, file);
      else await withFile(p, file, (fd) => use(fd, file));
    } catch (error) {
      if (!isSysError(error) || error.code === 'EPIPE') throw error;
      status = 1;
      await options.output?.flush();
      if (!options.quiet) await p.print(2, cannotOpen(p, file, error));
    }
  }
  return status;
}

/** Opens a file for reading while `use` runs. */
export async function withFile<T>(p: Process, file: string, use: (fd: number) => Promise<T>): Promise<T> {
  const fd = p.addFd(p.vfs.open(p, file, { read: true }));
  try {
    return await use(fd);
  } finally {
    if (!p.status) p.setFd(fd, undefined);
  }
}

/** `cat: can't open '/x': ...` (busybox) or `cat: /x: ...` (GNU). */
export function cannotOpen(p: Process, file: string, error: Error): string {
  const reading = isSysError(error, 'EISDIR');
  if (isBusybox(p)) {
    return reading
      ? `${p.name}: read error: ${error.message}\n`
      : `${p.name}: can't open '${file}': ${error.message}\n`;
  }
  if (/^(head|tail|sort|wc)$/.test(p.name) && !reading && p.name !== 'wc') {
    const verb = p.name === 'sort' ? `cannot read: ${file}` : `cannot open '${file}' for reading`;
    return `${p.name}: ${verb}: ${error.message}\n`;
  }
  return `${p.name}: ${file}: ${error.message}\n`;
}
