/** A container as its processes, of type `P`, see it. Types only. */
import type { Clock } from '../../../kernel/clock.ts';
import type { NodeQuestion } from '../../node-api.ts';
import type { Image } from './image.ts';
import type { DiskAccount, MemoryAccount } from './memory.ts';
import type { NetworkNamespace } from './network.ts';
import type { CpuAccount, Scheduler } from './scheduler.ts';
import type { Tty } from './tty.ts';
import type { Vfs } from './vfs.ts';
import type { OpenFile } from './vfs-node.ts';

/** A program of the catalogue: what an executable file runs. Resolves with the exit code. */
export interface ProgramOf<P> {
  readonly name: string;
  run(p: P): Promise<number> | number;
  /** Go programs end with 2 even as pid 1: their runtime raises the signal itself, then exits. */
  readonly go?: boolean;
}

export interface SpawnOptionsOf<P> {
  parent?: P;
  argv: string[];
  env: ReadonlyMap<string, string>;
  cwd: string;
  uid: number;
  gid: number;
  groups: readonly number[];
  umask?: number;
  fds: ReadonlyMap<number, OpenFile>;
  /** A session of its own, with this terminal if any. */
  session?: { tty?: Tty };
  pgid?: number;
  main: (p: P) => Promise<number> | number;
}

/** What the programs of a container learn of the Pod that it is in. */
export interface PodFacts {
  name: string;
  namespace: string;
  ip: string;
  serviceAccountName: string;
  nodeName: string;
}

export interface ContainerView<P> {
  readonly id: string;
  hostname: string;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly programs: ReadonlyMap<string, ProgramOf<P>>;
  readonly network: NetworkNamespace;
  readonly cpu: CpuAccount;
  readonly memory: MemoryAccount;
  /** What its writable layer holds. */
  readonly disk: DiskAccount;
  /** CapEff of root, as a number; for /proc. */
  readonly capabilities: bigint;
  readonly pod: PodFacts;
  /** Asks the node that it runs on. */
  askNode(question: NodeQuestion): Promise<unknown>;
  /** What it was made from: the flavour of its tools, the behaviour of its service. */
  readonly image: Image;
  /** `docker.io/library/nginx:1.27` */
  readonly imageName: string;
  readonly processes: ReadonlyMap<number, P>;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly vfs: Vfs;
  /** Pid 1. */
  readonly init: P | undefined;
  /** A new process. Throws EAGAIN when there are too many. */
  spawn(options: SpawnOptionsOf<P>): P;
  /** Takes a process that has ended out of the table. */
  reap(process: P): void;
  /** Milliseconds of CPU that a process has used; what the image is said to need is its first process's. */
  cpuMsOf(process: P): number;
  /** What it holds in memory, in bytes: what its processes keep, and what each of them is by itself. */
  readonly memoryBytes: number;
  signalGroup(pgid: number, signal: number): void;
  reportBug(process: P, error: unknown): void;
}
