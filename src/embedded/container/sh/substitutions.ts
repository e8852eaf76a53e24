import { createPipe } from '../kernel/pipe.ts';
import type { Process } from '../kernel/process.ts';
import type { OpenFile } from '../kernel/vfs-node.ts';
import type { Script } from './ast.ts';

/** Commands that run for the sake of a word: `$(commands)`, and bash's `<(commands)`. */
export class Substitutions {
  readonly #p: Process;
  readonly #start: (body: Script, fds: ReadonlyMap<number, OpenFile>) => Process;
  /** Descriptors that process substitutions are read from, or written to. */
  readonly #open: number[] = [];
  /** How the last command substitution ended. */
  lastStatus: number | undefined;

  /** `start`: runs commands in a process of their own. */
  constructor(p: Process, start: (body: Script, fds: ReadonlyMap<number, OpenFile>) => Process) {
    this.#p = p;
    this.#start = start;
  }

  /** How many process substitutions are open. */
  get count(): number {
    return this.#open.length;
  }

  /** Output of a command substitution, without the newlines at its end. */
  async output(body: Script): Promise<string> {
    const [reader, writer] = createPipe();
    const fds = new Map<number, OpenFile>(this.#p.fds);
    fds.set(1, writer);
    const input = reader.ref();
    let child: Process;
    writer.ref();
    try {
      child = this.#start(body, fds);
    } finally {
      writer.unref();
    }
    const chunks: Uint8Array[] = [];
    try {
      for (;;) {
        const chunk = await input.read(this.#p, 65536);
        if (chunk.length === 0) break;
        const turn = this.#p.step(2 + (chunk.length >> 9));
        if (turn) await turn;
        this.#p.charge(chunk.length);
        chunks.push(chunk);
      }
    } finally {
      input.unref();
    }
    const status = child.status ?? (await this.#p.wait(child));
    this.lastStatus = status.code;
    return Buffer.concat(chunks).toString('utf8').replaceAll('\0', '').replace(/\n+$/, '');
  }

  /** bash's `<(commands)`: a path that reads what they print; it lasts until the command line ends. */
  path(body: Script, output: boolean): string {
    const [reader, writer] = createPipe();
    const [near, far] = output ? [writer, reader] : [reader, writer];
    const fds = new Map<number, OpenFile>(this.#p.fds);
    fds.set(output ? 0 : 1, far);
    const fd = this.#p.addFd(near, 60);
    far.ref();
    try {
      this.#start(body, fds);
    } finally {
      far.unref();
    }
    this.#open.push(fd);
    return `/dev/fd/${fd}`;
  }

  /** Closes the pipes of process substitutions that were opened since there were `count`. */
  close(count: number): void {
    for (const fd of this.#open.splice(count)) if (!this.#p.status) this.#p.setFd(fd, undefined);
  }
}
