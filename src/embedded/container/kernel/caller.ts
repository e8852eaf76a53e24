/** The process that makes a system call, as what lies below processes sees it: files, pipes, terminals, connections. Types only. */
import type { Clock } from '../../../kernel/clock.ts';
import type { DiskAccount } from './memory.ts';

/** A terminal as the descriptors that lead to it use it. */
export interface Terminal {
  read(p: Caller, max: number): Promise<Uint8Array>;
  write(p: Caller | undefined, data: Uint8Array): Promise<void>;
}

/** A line of /proc/mounts. */
export interface MountEntry {
  readonly source: string;
  readonly path: string;
  readonly type: string;
  readonly readOnly: boolean;
}

export interface Caller {
  readonly pid: number;
  readonly name: string;
  readonly cwd: string;
  readonly uid: number;
  readonly gid: number;
  readonly umask: number;
  /** Its controlling terminal. */
  readonly tty: Terminal | undefined;
  readonly vfs: { readonly root: MountEntry; readonly mounts: readonly MountEntry[] };
  readonly container: { readonly clock: Clock; readonly disk: DiskAccount };
  inGroup(gid: number): boolean;
  step(cost?: number): Promise<void> | undefined;
  block<T = void>(
    start: (resolve: (value: T) => void, reject: (error: unknown) => void) => (() => void) | undefined,
  ): Promise<T>;
  until<T>(promise: Promise<T>): Promise<T>;
  sleep(ms: number): Promise<void>;
  signal(n: number): void;
  onExit(listener: () => void): () => void;
}
