/** Files and commands that an awk program reads and writes, open until `close`. */
import { isSysError } from '../../kernel/errno.ts';
import { createPipe } from '../../kernel/pipe.ts';
import type { Process } from '../../kernel/process.ts';
import { LineReader, Output } from '../../lib/io.ts';
import { startCommand } from '../../lib/run-command.ts';

export class AwkStreams {
  readonly #p: Process;
  readonly #out: Output;
  readonly #outputs = new Map<string, { output: Output; fd: number; process?: Process }>();
  readonly #inputs = new Map<string, { reader: LineReader; fd: number; process?: Process }>();

  /** `out`: standard output, flushed before commands run. */
  constructor(p: Process, out: Output) {
    this.#p = p;
    this.#out = out;
  }

  /** `>`, `>>` or `|` to a name. */
  async outputFor(op: string, name: string): Promise<Output> {
    const known = this.#outputs.get(name);
    if (known) return known.output;
    const p = this.#p;
    if (op === '|') {
      await this.#out.flush();
      const [reader, writer] = createPipe();
      const fd = p.addFd(writer);
      const fds = new Map(p.fds);
      fds.set(0, reader);
      fds.delete(fd);
      const process = startCommand(p, ['sh', '-c', name], fds);
      const output = new Output(p, fd);
      this.#outputs.set(name, { output, fd, process });
      return output;
    }
    const fd =
      name === '/dev/stdout'
        ? 1
        : name === '/dev/stderr'
          ? 2
          : p.addFd(p.vfs.open(p, name, { write: true, create: true, truncate: op === '>', append: op === '>>' }));
    if (fd <= 2) await this.#out.flush();
    const output = new Output(p, fd);
    this.#outputs.set(name, { output, fd });
    return output;
  }

  /** Closes a file, or waits for a command: its exit code. */
  async close(name: string): Promise<number> {
    const output = this.#outputs.get(name);
    const input = this.#inputs.get(name);
    this.#outputs.delete(name);
    this.#inputs.delete(name);
    await output?.output.flush();
    const entry = output ?? input;
    if (!entry) return -1;
    if (entry.fd > 2) this.#p.setFd(entry.fd, undefined);
    return entry.process ? (await this.#p.wait(entry.process)).code : 0;
  }

  /** Lines of a file or command; undefined if it can't be opened. */
  async inputFor(name: string, command: boolean): Promise<LineReader | undefined> {
    const known = this.#inputs.get(name);
    if (known) return known.reader;
    const p = this.#p;
    await this.#out.flush();
    if (command) {
      const [reader, writer] = createPipe();
      const fd = p.addFd(reader);
      const fds = new Map(p.fds);
      fds.set(1, writer);
      const process = startCommand(p, ['sh', '-c', name], fds);
      this.#inputs.set(name, { reader: new LineReader(p, fd), fd, process });
    } else {
      try {
        const fd = name === '-' ? 0 : p.addFd(p.vfs.open(p, name, { read: true }));
        this.#inputs.set(name, { reader: new LineReader(p, fd), fd });
      } catch (error) {
        if (isSysError(error)) return undefined;
        throw error;
      }
    }
    return this.#inputs.get(name)?.reader;
  }

  async closeAll(): Promise<void> {
    for (const name of [...this.#outputs.keys()]) await this.close(name);
  }
}
