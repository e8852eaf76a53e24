import { isSysError } from '../kernel/errno.ts';
import type { ExitStatus, Process } from '../kernel/process.ts';
import { signals, signalText } from '../kernel/signals.ts';
import type { OpenFile } from '../kernel/vfs-node.ts';
import { errorPrefix } from './messages.ts';
import { Interrupted, ShellError } from './shell-error.ts';
import type { ShellState } from './state.ts';

/** The processes that a shell starts and waits for. */
export class Children {
  readonly #p: Process;
  readonly #state: ShellState;

  constructor(p: Process, state: ShellState) {
    this.#p = p;
    this.#state = state;
  }

  /** Starts a process of the shell's own user and folder. Throws a ShellError when there are too many. */
  spawn(options: {
    argv: string[];
    env: ReadonlyMap<string, string>;
    fds?: ReadonlyMap<number, OpenFile>;
    pgid?: number;
    main: (p: Process) => Promise<number> | number;
  }): Process {
    const p = this.#p;
    try {
      return p.container.spawn({
        parent: p,
        argv: options.argv,
        env: options.env,
        cwd: p.cwd,
        uid: p.uid,
        gid: p.gid,
        groups: p.groups,
        umask: p.umask,
        fds: options.fds ?? p.fds,
        pgid: options.pgid,
        main: options.main,
      });
    } catch (error) {
      if (!isSysError(error, 'EAGAIN')) throw error;
      const { flavor } = this.#state;
      if (flavor === 'dash') throw new ShellError('Cannot fork', 2);
      throw new ShellError(
        `${flavor === 'bash' ? 'fork: retry' : "can't fork"}: ${error.message}`,
        flavor === 'bash' ? 254 : 2,
      );
    }
  }

  /** Whether children get process groups of their own and the terminal, for Ctrl-C. */
  get jobControl(): boolean {
    return this.#state.interactive && this.#p.tty !== undefined;
  }

  /** Waits for a foreground process, and tells if a signal ended it. */
  async foreground(processes: Process[]): Promise<ExitStatus[]> {
    const { tty } = this.#p;
    const leader = processes[0];
    if (this.jobControl && tty && leader) {
      for (const process of processes) process.pgid = leader.pid;
      tty.foreground = leader.pid;
    }
    const statuses: ExitStatus[] = [];
    try {
      for (const process of processes) statuses.push(process.status ?? (await this.#p.wait(process)));
    } finally {
      if (this.jobControl && tty) tty.foreground = this.#p.pgid;
    }
    const last = statuses.at(-1);
    if (last?.signal !== undefined) await this.tellSignal(last.signal, processes.at(-1));
    return statuses;
  }

  /** Tells that a signal ended a process. Throws Interrupted for Ctrl-C at an interactive shell. */
  async tellSignal(signal: number, process: Process | undefined): Promise<void> {
    if (signal === signals.SIGINT && this.#state.interactive) {
      await this.#p.print(2, '\n');
      throw new Interrupted();
    }
    const text = signalText(signal);
    if (text === undefined) return;
    const { flavor } = this.#state;
    if (flavor === 'bash' && !this.#state.interactive) {
      const command = process?.argv.join(' ') ?? '';
      await this.#p.print(
        2,
        `${errorPrefix(this.#state)}${String(process?.pid ?? '').padStart(5)} ${text.padEnd(24)}${command}\n`,
      );
    } else await this.#p.print(2, `${text}\n`);
  }
}
