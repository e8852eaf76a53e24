import type { Caller } from './caller.ts';
import type { ContainerView, ProgramOf, SpawnOptionsOf } from './container-view.ts';
import { Descriptors } from './descriptors.ts';
import { SysError } from './errno.ts';
import type { ToolFlavor } from './image.ts';
import { endsByDefault, signals } from './signals.ts';
import type { Tty } from './tty.ts';
import type { Vfs } from './vfs.ts';
import type { OpenFile } from './vfs-node.ts';
import { Waits } from './waits.ts';
import { TooMuchWork, takeUnpaid } from './work.ts';

/** How a process ended: 128 + signal in `code` where a signal ended it. */
export interface ExitStatus {
  code: number;
  signal?: number;
}

/** Unwinds the code of a process that is dead already. Programs never catch it for good: every call throws it again. */
export class ProcessKilled extends Error {
  override readonly message = 'killed';
}

/** Unwinds the code of a process that ends itself. */
export class ProcessExit extends Error {
  readonly code: number;

  constructor(code: number) {
    super(`exit ${code}`);
    this.code = code;
  }
}

export type Disposition = 'ignore' | (() => void);

export type SpawnOptions = SpawnOptionsOf<Process>;

export type Program = ProgramOf<Process>;

/** What a process takes before it keeps anything. */
export const PROCESS_BYTES = 400 * 1024;

/** The clock is looked at every so many steps, less one. */
const CLOCK_EVERY = 15;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * A process, and the system calls that its program makes. Large because it is the one table of these calls, which all programs
 * are written against; what the calls work on are things of their own.
 */
export class Process implements Caller {
  readonly pid: number;
  readonly container: ContainerView<Process>;
  parent: Process | undefined;
  pgid: number;
  readonly sid: number;
  readonly tty: Tty | undefined;
  argv: string[];
  env: Map<string, string>;
  cwd: string;
  uid: number;
  gid: number;
  groups: readonly number[];
  umask: number;
  /** Its own root (chroot) with the tools that are there; undefined: the container's. */
  root: { vfs: Vfs; flavor: ToolFlavor } | undefined;
  readonly fds = new Descriptors();
  readonly dispositions = new Map<number, Disposition>();
  readonly children = new Set<Process>();
  readonly startedAt: number;
  /** Milliseconds of CPU that were counted as its own. */
  cpuMs = 0;
  status: ExitStatus | undefined;
  #charged = 0;
  #pretended = 0;
  #ticks = 0;
  readonly #waits = new Waits();
  #onExit: ((status: ExitStatus) => void)[] = [];

  constructor(pid: number, container: ContainerView<Process>, options: SpawnOptions) {
    this.pid = pid;
    this.container = container;
    this.parent = options.parent;
    this.sid = options.session ? pid : (options.parent?.sid ?? pid);
    this.tty = options.session ? options.session.tty : options.parent?.tty;
    this.pgid = options.session ? pid : (options.pgid ?? options.parent?.pgid ?? pid);
    this.argv = options.argv;
    this.env = new Map(options.env);
    this.cwd = options.cwd;
    this.uid = options.uid;
    this.gid = options.gid;
    this.groups = options.groups;
    this.umask = options.umask ?? options.parent?.umask ?? 0o022;
    this.root = options.parent?.root;
    this.startedAt = container.clock.now();
    for (const [fd, file] of options.fds) this.fds.set(fd, file.ref());
    if (options.parent) {
      options.parent.children.add(this);
      for (const [n, d] of options.parent.dispositions) if (d === 'ignore') this.dispositions.set(n, d);
    }
    if (this.tty && options.session) this.tty.foreground = this.pgid;
  }

  get vfs(): Vfs {
    return this.root?.vfs ?? this.container.vfs;
  }

  get flavor(): ToolFlavor {
    return this.root?.flavor ?? this.container.image.flavor;
  }

  /** The arguments without the program's own name. */
  get args(): string[] {
    return this.argv.slice(1);
  }

  /** What the program is called in its messages. */
  get name(): string {
    const first = this.argv[0] ?? '';
    return first.slice(first.lastIndexOf('/') + 1);
  }

  inGroup(gid: number): boolean {
    return gid === this.gid || this.groups.includes(gid);
  }

  /** Runs the program's code; never rejects. */
  async run(main: (p: Process) => Promise<number> | number): Promise<void> {
    try {
      await this.step(20);
      const code = await main(this);
      this.terminate({ code: code & 255 });
    } catch (error) {
      await this.#fail(error);
    }
  }

  /** Lets something go on beside the program's code. It ends with the process; if it fails, the process does. */
  background(work: Promise<unknown>): void {
    void work.catch((error: unknown) => this.#fail(error));
  }

  /** Ends the process as what its code threw says; never rejects. */
  async #fail(error: unknown): Promise<void> {
    if (error instanceof ProcessKilled || this.status) return;
    if (error instanceof ProcessExit) return this.terminate({ code: error.code & 255 });
    // Code that recursed without end, as a real one would run out of stack.
    if (error instanceof RangeError) return this.terminate({ code: 128 + signals.SIGSEGV, signal: signals.SIGSEGV });
    const ours = !(error instanceof SysError || error instanceof TooMuchWork);
    if (ours) this.container.reportBug(this, error);
    try {
      await this.print(2, `${this.name}: ${error instanceof Error ? error.message : error}\n`);
    } catch (unprinted) {
      // Its stderr is closed or full, or it was killed while it waited for room.
      const expected = unprinted instanceof SysError || unprinted instanceof ProcessKilled;
      if (!expected) this.container.reportBug(this, unprinted);
    }
    this.terminate({ code: 1 });
  }

  /** Takes CPU: a step of a loop, or `cost` of them (about microseconds). Await the result if there is one. */
  step(cost = 1): Promise<void> | undefined {
    if (this.status) throw new ProcessKilled();
    const cpu = this.container.cpu;
    cpu.fuel -= cost + takeUnpaid();
    // A step may take longer than it says: the clock has the last word.
    if ((++this.#ticks & CLOCK_EVERY) === 0 && this.container.scheduler.isTurnOver) cpu.fuel = 0;
    if (cpu.fuel > 0) return undefined;
    return this.container.scheduler.turn(cpu, this).then(() => {
      if (this.status) throw new ProcessKilled();
    });
  }

  /**
   * Waits for something: `start` is given the ways to end the wait and returns how to give it up.
   * Rejects with ProcessKilled if the process dies meanwhile.
   */
  block<T = void>(
    start: (resolve: (value: T) => void, reject: (error: unknown) => void) => (() => void) | undefined,
  ): Promise<T> {
    if (this.status) throw new ProcessKilled();
    return this.#waits.wait(start, () => new ProcessKilled());
  }

  /** Waits for a promise that knows nothing of processes. */
  until<T>(promise: Promise<T>): Promise<T> {
    return this.block((resolve, reject) => {
      promise.then(resolve, reject);
      return undefined;
    });
  }

  sleep(ms: number): Promise<void> {
    return this.block((resolve) => {
      const timer = this.container.clock.after(ms, () => resolve());
      return () => timer.cancel();
    });
  }

  // ------------------------------------------------------------ descriptors

  file(fd: number): OpenFile {
    return this.fds.file(fd);
  }

  /** Makes `fd` mean `file`; what it meant before is closed. */
  setFd(fd: number, file: OpenFile | undefined): void {
    this.fds.replace(fd, file);
  }

  /** The lowest free descriptor from `from` up, now meaning `file`. */
  addFd(file: OpenFile, from = 3): number {
    return this.fds.add(file, from);
  }

  /** Up to `max` bytes; empty at the end. */
  async read(fd: number, max = 65536): Promise<Uint8Array> {
    const data = await this.file(fd).read(this, max);
    const turn = this.step(2 + (data.length >> 9));
    if (turn) await turn;
    return data;
  }

  async write(fd: number, data: Uint8Array): Promise<void> {
    const file = this.file(fd);
    const turn = this.step(2 + (data.length >> 9));
    if (turn) await turn;
    await file.write(this, data);
  }

  print(fd: number, text: string): Promise<void> {
    return this.write(fd, encoder.encode(text));
  }

  /** All that comes from a descriptor, counted as memory until the process ends. */
  async readAll(fd: number): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    let size = 0;
    for (;;) {
      const chunk = await this.read(fd);
      if (chunk.length === 0) break;
      this.charge(chunk.length);
      chunks.push(chunk);
      size += chunk.length;
    }
    const all = new Uint8Array(size);
    let at = 0;
    for (const chunk of chunks) {
      all.set(chunk, at);
      at += chunk.length;
    }
    return all;
  }

  async readAllText(fd: number): Promise<string> {
    return decoder.decode(await this.readAll(fd));
  }

  // ------------------------------------------------------------ memory

  /** Counts memory that this process keeps; given back when it ends. */
  charge(bytes: number): void {
    if (this.status) throw new ProcessKilled();
    this.#charged += bytes;
    this.container.memory.charge(bytes);
    if (this.status) throw new ProcessKilled();
  }

  /** Counts memory that this process only pretends to use. */
  pretend(bytes: number): void {
    this.#pretended += bytes;
    this.container.memory.pretend(bytes);
    if (this.status) throw new ProcessKilled();
  }

  /** Counts CPU that this process only pretends to use, in cores, until it ends. */
  pretendCpu(cores: number): void {
    this.container.cpu.meter.pretend(this, cores);
    this.onExit(() => this.container.cpu.meter.pretend(this, -cores));
  }

  get residentBytes(): number {
    return PROCESS_BYTES + this.#charged + this.#pretended;
  }

  // ------------------------------------------------------------ signals and the end

  /**
   * Delivers a signal. As in Linux, pid 1 of a container gets no default actions: only what it handles reaches it,
   * and SIGKILL only from outside.
   */
  signal(n: number, options?: { fromOutside?: boolean }): void {
    if (this.status || n === 0) return;
    const unkillable = this.pid === 1;
    if (n === signals.SIGKILL) {
      if (!unkillable || options?.fromOutside) this.terminate({ code: 128 + n, signal: n });
      return;
    }
    const disposition = this.dispositions.get(n);
    if (disposition === 'ignore') return;
    if (disposition) {
      disposition();
      return;
    }
    if (unkillable || !endsByDefault(n)) return;
    this.terminate({ code: 128 + n, signal: n });
  }

  /** Ends the program from within its own code. */
  exit(code: number): never {
    throw new ProcessExit(code);
  }

  /** Runs when the process has ended, however it did; at once if it has. */
  onExit(listener: (status: ExitStatus) => void): () => void {
    if (this.status) {
      listener(this.status);
      return () => {};
    }
    this.#onExit.push(listener);
    return () => {
      this.#onExit = this.#onExit.filter((l) => l !== listener);
    };
  }

  /** Waits for another process to end. */
  wait(child: Process): Promise<ExitStatus> {
    return this.block((resolve) => child.onExit(resolve));
  }

  terminate(status: ExitStatus): void {
    if (this.status) return;
    this.status = status;
    this.fds.closeAll();
    this.container.memory.charge(-this.#charged);
    this.container.memory.pretend(-this.#pretended);
    this.container.reap(this);
    for (const listener of this.#onExit.splice(0)) listener(status);
    this.parent?.signal(signals.SIGCHLD);
    this.#waits.abortAll();
  }
}
