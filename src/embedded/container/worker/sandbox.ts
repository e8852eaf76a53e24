/** A container with its streams and sessions: what the main thread's messages are about. */
import type { EnvVar, ResourceRequirements } from '../../../kube/api.gen.ts';
import type { ContainerExit, ContainerSpec } from '../../container-api.ts';
import type { FoundImage } from '../images/catalogue.ts';
import { Container } from '../kernel/container.ts';
import { isSysError } from '../kernel/errno.ts';
import { catchSignals, type Executable, execute, findExecutable } from '../kernel/exec.ts';
import { NullFile } from '../kernel/null-file.ts';
import { type ExitStatus, Process, type Program } from '../kernel/process.ts';
import type { Scheduler } from '../kernel/scheduler.ts';
import { parseSignal, signals } from '../kernel/signals.ts';
import { Tty, TtyFile } from '../kernel/tty.ts';
import type { OpenFile } from '../kernel/vfs-node.ts';
import { accountOf } from '../lib/users.ts';
import { OUTPUT_WINDOW, type ToMain } from '../protocol.ts';
import type { WorkerCluster } from './cluster.ts';
import { RateLimit, Window } from './port.ts';
import { capabilitiesOf, cpuBounds, createRootfs, memoryLimit } from './rootfs.ts';
import { InputFile, OutputFile, type Sink, sendPaced } from './standard-streams.ts';

/** As much of the output is kept for the first client. */
const EARLY_BYTES = 64 * 1024;

/** Why a process could not be started, in runc's words. */
export class CannotStart extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode: number) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Input and end of a session that the main thread talks to. */
export interface Session {
  readonly window: Window;
  input(data: Uint8Array): void;
  inputEnd(): void;
  resize(columns: number, rows: number): void;
  hangup(): void;
}

export interface SandboxOptions {
  id: number;
  cluster: WorkerCluster;
  spec: ContainerSpec;
  found: FoundImage;
  scheduler: Scheduler;
  programs: ReadonlyMap<string, Program>;
  send(message: ToMain): void;
  onEnd(): void;
}

export class Sandbox {
  readonly container: Container;
  readonly #options: SandboxOptions;
  readonly #env = new Map<string, string>();
  readonly #user: { uid: number; gid: number; groups: number[] };
  readonly #cwd: string;
  readonly #sinks = new Set<Sink>();
  readonly #rate = new RateLimit();
  readonly window = new Window(OUTPUT_WINDOW);
  #stdin: InputFile | undefined;
  #tty: Tty | undefined;
  /** Who sent what is read from stdin, for acknowledging it. */
  #feeder: number | undefined;
  /** What an interactive container printed before the first client attached: a client that comes late misses nothing. */
  #early: { stream: 'stdout' | 'stderr'; data: Uint8Array }[] | undefined;
  #earlyBytes = 0;

  constructor(options: SandboxOptions) {
    this.#options = options;
    const { spec, found, cluster } = options;
    const { image } = found;
    this.container = new Container({
      id: spec.id,
      hostname: spec.hostname,
      clock: cluster.clock,
      scheduler: options.scheduler,
      programs: options.programs,
      network: cluster.network.namespaceOf(spec.pod).hold(),
      memoryLimit: memoryLimit(spec),
      nodeCpu: cluster.cpuOf(spec.pod.nodeName),
      cpuBounds: cpuBounds(spec),
      capabilities: capabilitiesOf(spec),
      pod: spec.pod,
      askNode: (question) => cluster.ask(spec.pod.nodeName, question),
      image,
      imageName: found.name,
      onBug: (process, error) => {
        const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
        options.send({ t: 'bug', program: process.argv.join(' '), stack });
      },
    });
    this.#cwd = spec.workingDir ?? image.workingDir ?? '/';
    const root = this.#kubelet();
    this.container.vfs = createRootfs(
      this.container,
      spec,
      found,
      cluster.catalogue.tree(image),
      cluster.volumes,
      root,
    );
    const context = spec.securityContext ?? {};
    const uid = context.runAsUser ?? image.user ?? 0;
    const account = accountOf(root, uid);
    // Without a group it is the one of /etc/passwd, for strangers root's.
    const gid = context.runAsGroup ?? image.group ?? account?.gid ?? 0;
    const more = [...(context.fsGroup === undefined ? [] : [context.fsGroup]), ...(context.supplementalGroups ?? [])];
    this.#user = { uid, gid, groups: [...new Set([...more, gid])] };
    for (const [name, value] of Object.entries(image.env ?? {})) this.#env.set(name, value);
    this.#env.set('HOSTNAME', spec.hostname);
    for (const { name, value } of spec.env) if (name !== undefined) this.#env.set(name, value ?? '');
    if (!this.#env.has('HOME')) this.#env.set('HOME', account?.home || '/');
  }

  /** A process outside of the table, root, for building the file system. */
  #kubelet(): Process {
    const none = { argv: ['kubelet'], env: new Map(), cwd: '/', uid: 0, gid: 0, groups: [], fds: new Map() };
    return new Process(0, this.container, { ...none, main: () => 0 });
  }

  /** Starts pid 1. Throws CannotStart. */
  start(): void {
    const { spec, found, id, send } = this.#options;
    if (spec.stdin) this.#early = [];
    const log: Sink = {
      window: this.window,
      send: (stream, data) => {
        if (this.#early && this.#earlyBytes < EARLY_BYTES) {
          this.#earlyBytes += data.length;
          this.#early.push({ stream, data: new Uint8Array(data) });
        }
        send({ t: 'output', container: id, stream, data });
      },
    };
    this.#sinks.add(log);
    const argv = [
      ...(spec.command ?? found.image.entrypoint ?? []),
      ...(spec.args ?? (spec.command ? [] : (found.image.cmd ?? []))),
    ];
    const executable = this.#find(argv, this.#env, 'create');
    const fds = new Map<number, OpenFile>();
    if (spec.tty) {
      const tty = new Tty(this.container, (p, data) => sendPaced(p, 'stdout', data, this.#sinks, this.#rate));
      this.#tty = tty;
      for (const fd of [0, 1, 2]) fds.set(fd, new TtyFile(tty));
    } else {
      this.#stdin = new InputFile((bytes) => this.#consumed(bytes));
      fds.set(0, spec.stdin ? this.#stdin : new NullFile());
      fds.set(1, new OutputFile('stdout', this.#sinks, this.#rate));
      fds.set(2, new OutputFile('stderr', this.#sinks, this.#rate));
    }
    if (spec.tty) this.#env.set('TERM', this.#env.get('TERM') ?? 'xterm');
    const init = this.container.start(
      {
        ...{ argv: executable.argv, env: this.#env, cwd: this.#cwd, ...this.#user, fds },
        session: { tty: this.#tty },
        main: (p) => execute(p, executable),
      },
      (status) => this.#ended(status),
    );
    // It counts as running from now on, whenever its turn comes.
    catchSignals(init, executable.program);
  }

  #find(argv: string[], env: ReadonlyMap<string, string>, what: 'create' | 'exec'): Executable {
    const name = argv[0] ?? '';
    const runc =
      what === 'create'
        ? 'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: '
        : 'OCI runtime exec failed: exec failed: unable to start container process: ';
    if (name === '') throw new CannotStart(`${runc}no command specified`, 128);
    const root = this.#kubelet();
    Object.assign(root, { cwd: this.#cwd, ...this.#user });
    try {
      return findExecutable(root, argv, env);
    } catch (error) {
      if (!isSysError(error)) throw error;
      if (error.code === 'ENOENT') {
        const reason = name.includes('/')
          ? `exec: "${name}": stat ${name}: no such file or directory`
          : `exec: "${name}": executable file not found in $PATH`;
        throw new CannotStart(runc + reason, what === 'create' ? 128 : 127);
      }
      const reason = error.code === 'ENOEXEC' ? 'exec format error' : error.message.toLowerCase();
      throw new CannotStart(`${runc}exec: "${name}": ${reason}`, what === 'create' ? 128 : 126);
    }
  }

  #ended(status: ExitStatus): void {
    const { spec, id, send, onEnd } = this.#options;
    const exit: ContainerExit = { exitCode: status.code };
    if (status.signal !== undefined) exit.signal = status.signal;
    if (this.container.oomKilled) exit.reason = 'OOMKilled';
    const root = this.#kubelet();
    const message = this.container.vfs.find(root, spec.terminationMessagePath);
    if (message?.node.kind === 'file' && message.node.size > 0) {
      exit.message = new TextDecoder().decode(message.node.read(0, 4096));
    }
    this.#tty?.hangUp();
    send({ t: 'exited', container: id, exit });
    onEnd();
  }

  /** Other limits from now on. */
  limit(resources: ResourceRequirements): void {
    this.container.limit(cpuBounds({ resources }), memoryLimit({ resources }));
  }

  signal(name: string): void {
    const n = parseSignal(name);
    if (n !== undefined) this.container.init?.signal(n, { fromOutside: true });
  }

  #consumed(bytes: number): void {
    if (this.#feeder !== undefined) this.#options.send({ t: 'ackInput', session: this.#feeder, bytes });
  }

  /** Runs another process in the container. Throws CannotStart. */
  exec(
    session: number,
    options: { command: string[]; stdin: boolean; tty: boolean; env: readonly EnvVar[] },
    onEnd: (code: number) => void,
  ): Session {
    const { send } = this.#options;
    const env = new Map(this.#env);
    for (const { name, value } of options.env) if (name !== undefined) env.set(name, value ?? '');
    if (options.tty) env.set('TERM', 'xterm');
    const executable = this.#find(options.command, env, 'exec');
    const window = new Window(OUTPUT_WINDOW);
    const sinks = new Set<Sink>([
      { window, send: (stream, data) => send({ t: 'sessionOutput', session, stream, data }) },
    ]);
    const rate = new RateLimit();
    const input = new InputFile((bytes) => send({ t: 'ackInput', session, bytes }));
    const fds = new Map<number, OpenFile>();
    let tty: Tty | undefined;
    if (options.tty) {
      tty = new Tty(this.container, (p, data) => sendPaced(p, 'stdout', data, sinks, rate));
      for (const fd of [0, 1, 2]) fds.set(fd, new TtyFile(tty));
    } else {
      fds.set(0, options.stdin ? input : new NullFile());
      fds.set(1, new OutputFile('stdout', sinks, rate));
      fds.set(2, new OutputFile('stderr', sinks, rate));
    }
    let process: Process;
    try {
      process = this.container.spawn({
        ...{ argv: executable.argv, env, cwd: this.#cwd, ...this.#user, fds },
        session: { tty },
        main: (p) => execute(p, executable),
      });
    } catch (error) {
      if (!isSysError(error)) throw error;
      throw new CannotStart(
        `OCI runtime exec failed: exec failed: unable to start container process: ${error.message.toLowerCase()}`,
        126,
      );
    }
    process.onExit((status) => {
      tty?.hangUp();
      onEnd(status.code);
    });
    const hangup = () => {
      tty?.hangUp();
      input.end();
      process.signal(signals.SIGHUP);
      const timer = setTimeout(() => process.signal(signals.SIGKILL), 2000);
      process.onExit(() => clearTimeout(timer));
    };
    return {
      window,
      input: (data) => {
        if (!tty) return input.push(data);
        tty.receive(data);
        send({ t: 'ackInput', session, bytes: data.length });
      },
      inputEnd: () => (tty ? undefined : input.end()),
      resize: (columns, rows) => tty?.resize(columns, rows),
      hangup,
    };
  }

  /** What was printed before anybody attached, once. */
  takeEarly(): readonly { stream: 'stdout' | 'stderr'; data: Uint8Array }[] {
    const early = this.#early ?? [];
    this.#early = undefined;
    return early;
  }

  /** Whether a client may still come for what was printed. */
  get unattended(): boolean {
    return this.#early !== undefined;
  }

  /** Connects to the streams of pid 1. */
  attach(session: number, options: { stdin: boolean }): Session {
    const { send, spec } = this.#options;
    const window = new Window(OUTPUT_WINDOW);
    const sink: Sink = { window, send: (stream, data) => send({ t: 'sessionOutput', session, stream, data }) };
    for (const { stream, data } of this.takeEarly()) {
      window.take(data.length);
      sink.send(stream, data);
    }
    this.#sinks.add(sink);
    const takesInput = options.stdin && spec.stdin;
    if (takesInput) this.#feeder = session;
    const detach = () => {
      this.#sinks.delete(sink);
      window.release(Number.MAX_SAFE_INTEGER);
      if (this.#feeder === session) this.#feeder = undefined;
    };
    return {
      window,
      input: (data) => {
        if (!takesInput) return;
        if (this.#tty) {
          this.#tty.receive(data);
          send({ t: 'ackInput', session, bytes: data.length });
        } else this.#stdin?.push(data);
      },
      inputEnd: () => {
        if (takesInput && spec.stdinOnce) this.#stdin?.end();
      },
      resize: (columns, rows) => this.#tty?.resize(columns, rows),
      hangup: () => {
        if (takesInput && spec.stdinOnce) {
          this.#stdin?.end();
          this.#tty?.hangUp();
        }
        detach();
      },
    };
  }
}
