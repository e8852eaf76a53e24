import type { Clock } from '../../../kernel/clock.ts';
import type { NodeQuestion } from '../../node-api.ts';
import type { ContainerView, PodFacts } from './container-view.ts';
import { type CpuBounds, CpuMeter, type CpuUser, type NodeCpu } from './cpu-meter.ts';
import { SysError } from './errno.ts';
import type { Image } from './image.ts';
import { DiskAccount, MemoryAccount } from './memory.ts';
import type { NetworkNamespace } from './network.ts';
import { type ExitStatus, PROCESS_BYTES, Process, type Program, type SpawnOptions } from './process.ts';
import type { CpuAccount, Scheduler } from './scheduler.ts';
import { signals } from './signals.ts';
import type { Vfs } from './vfs.ts';

/** More than this and fork fails, as under a pids cgroup. */
const MAX_PROCESSES = 128;

export interface ContainerOptions {
  id: string;
  hostname: string;
  clock: Clock;
  scheduler: Scheduler;
  programs: ReadonlyMap<string, Program>;
  network: NetworkNamespace;
  memoryLimit: number | undefined;
  /** Of the node that it runs on. */
  nodeCpu: NodeCpu;
  cpuBounds: CpuBounds;
  /** CapEff of root, as a number; for /proc. */
  capabilities: bigint;
  pod: PodFacts;
  /** Asks the node that it runs on. */
  askNode(question: NodeQuestion): Promise<unknown>;
  /** What it was made from: the flavour of its tools, the behaviour of its service. */
  image: Image;
  /** `docker.io/library/nginx:1.27` */
  imageName: string;
  onBug(process: Process, error: unknown): void;
}

/** One running container: its processes and what they share. */
export class Container implements ContainerView<Process> {
  readonly id: string;
  hostname: string;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly programs: ReadonlyMap<string, Program>;
  readonly network: NetworkNamespace;
  readonly cpu: CpuAccount;
  readonly memory: MemoryAccount;
  /** What its writable layer holds. */
  readonly disk = new DiskAccount();
  readonly capabilities: bigint;
  readonly pod: ContainerOptions['pod'];
  readonly askNode: ContainerOptions['askNode'];
  readonly image: Image;
  readonly imageName: string;
  readonly processes = new Map<number, Process>();
  readonly startedAt: number;
  oomKilled = false;
  /** Set by whoever builds the root file system. */
  vfs!: Vfs;
  init: Process | undefined;
  readonly #needsBytes: number;
  readonly #needs: CpuUser = { cpuMs: 0 };
  #nextPid = 1;
  #onEnd: ((status: ExitStatus) => void) | undefined;
  readonly #onBug: ContainerOptions['onBug'];

  constructor(options: ContainerOptions) {
    this.id = options.id;
    this.hostname = options.hostname;
    this.clock = options.clock;
    this.scheduler = options.scheduler;
    this.programs = options.programs;
    this.network = options.network;
    this.cpu = options.scheduler.open(new CpuMeter(options.nodeCpu, options.cpuBounds), () => this.#outOfMemory());
    this.memory = new MemoryAccount(options.memoryLimit, () => this.#outOfMemory());
    this.capabilities = options.capabilities;
    this.pod = options.pod;
    this.askNode = options.askNode;
    this.image = options.image;
    this.imageName = options.imageName;
    this.startedAt = options.clock.now();
    const { cores = 0, memoryBytes = 0 } = options.image.needs ?? {};
    this.cpu.meter.pretend(this.#needs, cores);
    this.#needsBytes = memoryBytes;
    this.#onBug = options.onBug;
  }

  /** Starts pid 1; `onEnd` runs when it has ended and everything else in the container with it. */
  start(options: SpawnOptions, onEnd: (status: ExitStatus) => void): Process {
    this.#onEnd = onEnd;
    this.init = this.spawn(options);
    return this.init;
  }

  /** A new process. Throws EAGAIN when there are too many. */
  spawn(options: SpawnOptions): Process {
    if (this.processes.size >= MAX_PROCESSES) throw new SysError('EAGAIN');
    const process = new Process(this.#nextPid++, this, options);
    this.processes.set(process.pid, process);
    this.cpu.fuel -= 60;
    // Not at once: what forks goes on first, and its stack does not grow.
    queueMicrotask(() => void process.run(options.main));
    return process;
  }

  /** Takes a process that has ended out of the table. */
  reap(process: Process): void {
    this.processes.delete(process.pid);
    process.parent?.children.delete(process);
    for (const child of process.children) {
      child.parent = this.init === process ? undefined : this.init;
      if (child.parent) child.parent.children.add(child);
    }
    process.children.clear();
    if (process.tty && process.pid === process.sid) this.signalGroup(process.tty.foreground, signals.SIGHUP);
    if (process !== this.init) return;
    for (const other of [...this.processes.values()]) {
      other.terminate({ code: 128 + signals.SIGKILL, signal: signals.SIGKILL });
    }
    this.scheduler.close(this.cpu);
    this.network.release(this);
    this.#onEnd?.(process.status ?? { code: 0 });
  }

  /** Milliseconds of CPU that a process has used; what the image is said to need is its first process's. */
  cpuMsOf(process: Process): number {
    // Settles what was used until now.
    void this.cpu.usedMs;
    return process.cpuMs + (process === this.init ? this.#needs.cpuMs : 0);
  }

  /** What it holds in memory, in bytes: what its processes keep, and what each of them is by itself. */
  get memoryBytes(): number {
    return Math.min(this.memory.limit, this.#needsBytes + this.memory.used + PROCESS_BYTES * this.processes.size);
  }

  /** Other bounds from now on, of memory in bytes. What holds too much memory already ends with the next byte that it takes. */
  limit(cpu: CpuBounds, bytes: number | undefined): void {
    this.cpu.meter.bounds = cpu;
    this.memory.given = bytes;
  }

  signalGroup(pgid: number, signal: number): void {
    for (const process of [...this.processes.values()]) if (process.pgid === pgid) process.signal(signal);
  }

  /** Ends everything at once. */
  kill(): void {
    this.init?.terminate({ code: 128 + signals.SIGKILL, signal: signals.SIGKILL });
  }

  reportBug(process: Process, error: unknown): void {
    this.#onBug(process, error);
  }

  #outOfMemory(): void {
    if (this.oomKilled || !this.init || this.init.status) return;
    this.oomKilled = true;
    // As the kubelet sets memory.oom.group: the whole container goes.
    this.kill();
  }
}
