import { isSysError } from '../kernel/errno.ts';
import { execute, findExecutable } from '../kernel/exec.ts';
import { NullFile } from '../kernel/null-file.ts';
import { createPipe } from '../kernel/pipe.ts';
import { type ExitStatus, type Process, ProcessExit } from '../kernel/process.ts';
import { signals, signalText } from '../kernel/signals.ts';
import type { OpenFile } from '../kernel/vfs-node.ts';
import { type AndOr, type Command, type Pipeline, type Script, ShellSyntaxError } from './ast.ts';
import { Expander } from './expand.ts';
import { Jobs } from './jobs.ts';
import { errorPrefix, notFoundText, syntaxErrorText } from './messages.ts';
import { specialParameter } from './parameters.ts';
import { Parser } from './parser.ts';
import { Interrupted, LoopControl, ReturnControl, ShellError } from './shell-error.ts';
import { type ShellState, VariableError } from './state.ts';

export interface RunFlags {
  /** The shell ends after this command: a program may take its process over. */
  tail?: boolean;
}

/** A command that runs in the shell itself. Resolves with its status. */
export type Builtin = (shell: Shell, args: string[]) => number | Promise<number>;

/** What commands mean: the parts of a shell that need a shell themselves. */
export interface Language {
  readonly builtins: ReadonlyMap<string, Builtin>;
  /** Runs one command. Resolves with its status. */
  run(shell: Shell, command: Command, flags: RunFlags): Promise<number>;
}

/** One shell in one process: runs what the parser made. */
export class Shell {
  readonly p: Process;
  readonly state: ShellState;
  readonly expander: Expander;
  readonly jobs = new Jobs();
  /** Signals that came and whose traps have not run yet. */
  pendingTraps: number[] = [];
  #trapListeners: (() => void)[] = [];
  /** Above zero: a failure is being tested (`if`, `&&`, `!`) and does not end a `set -e` shell. */
  tested = 0;
  loops = 0;
  sourced = 0;
  interrupted = false;
  /** Lines of an interactive session. */
  history: string[] = [];
  processSubstitutions: number[] = [];
  /** bash: pushd. */
  directories: string[] = [];
  lastSubstitution: number | undefined;
  readonly #language: Language;
  #depth = 0;

  constructor(p: Process, state: ShellState, language: Language) {
    this.p = p;
    this.state = state;
    this.#language = language;
    this.expander = new Expander(this);
  }

  get builtins(): ReadonlyMap<string, Builtin> {
    return this.#language.builtins;
  }

  // ------------------------------------------------------------ parameters

  parameter(name: string): string | undefined {
    return specialParameter(this.state, this.p, name) ?? this.state.get(name);
  }

  setVariable(name: string, value: string): void {
    if (!/^[A-Za-z_]\w*$/.test(name)) throw new ShellError(`${name}: bad variable name`);
    const before = this.state.get(name)?.length ?? -name.length - 32;
    if (value.length !== before) this.p.charge(2 * (value.length - before));
    try {
      this.state.set(name, value);
    } catch (error) {
      throw this.#readOnly(error, name);
    }
    if (name === 'OPTIND') this.state.optionPosition = 0;
  }

  setElement(name: string, index: string, value: string): void {
    const variable = this.state.variables.get(name) ?? this.state.set(name, '');
    if (variable.readonly) throw this.#readOnly(new VariableError(''), name);
    variable.array ??= new Map(variable.value ? [['0', variable.value]] : []);
    this.p.charge(2 * (value.length + 32));
    variable.array.set(index, value);
    if (!variable.associative) {
      const last = [...variable.array.keys()].at(-2);
      if (last !== undefined && Number(last) > Number(index)) {
        variable.array = new Map([...variable.array].sort(([a], [b]) => Number(a) - Number(b)));
      }
    }
  }

  unset(name: string): void {
    try {
      this.state.unset(name);
    } catch (error) {
      throw this.#readOnly(error, name);
    }
  }

  #readOnly(error: unknown, name: string): unknown {
    if (!(error instanceof VariableError)) return error;
    return new ShellError(
      `${name}: ${this.state.flavor === 'bash' ? 'readonly variable' : 'is read only'}`,
      this.state.flavor === 'bash' ? 1 : 2,
    );
  }

  // ------------------------------------------------------------ running

  /** Parses and runs a text, one complete command after the other; returns the last status. */
  async source(text: string, flags: RunFlags = {}, firstLine = 1): Promise<number> {
    const parser = new Parser(text, {
      bash: this.state.flavor === 'bash',
      firstLine,
      aliases: this.state.aliases,
    });
    let script = parser.next();
    if (!script) this.state.status = 0;
    // Each command runs before the next is parsed: it may define aliases, and what is wrong later comes later.
    for (; script; script = parser.next()) await this.script(script, { tail: flags.tail && parser.exhausted });
    return this.state.status;
  }

  async script(script: Script, flags: RunFlags = {}): Promise<number> {
    this.state.status = script.length === 0 ? 0 : this.state.status;
    for (const [i, item] of script.entries()) {
      await this.#andOr(item, { tail: flags.tail && i === script.length - 1 });
    }
    return this.state.status;
  }

  async #andOr(item: AndOr, flags: RunFlags): Promise<number> {
    if (item.background) return this.#background(item);
    let status = await this.#pipeline(item.first, { tail: flags.tail && item.rest.length === 0 }, item.rest.length > 0);
    for (const [i, { op, pipeline }] of item.rest.entries()) {
      if ((op === '&&') !== (status === 0)) continue;
      const last = i === item.rest.length - 1;
      status = await this.#pipeline(pipeline, { tail: flags.tail && last }, !last);
    }
    return status;
  }

  async #pipeline(pipeline: Pipeline, flags: RunFlags, tested: boolean): Promise<number> {
    if (this.state.options.n) return 0;
    const { commands, negate } = pipeline;
    const [only] = commands;
    if (tested || negate) this.tested++;
    try {
      if (commands.length === 1 && only) {
        this.state.status = await this.command(only, { tail: flags.tail && !negate });
      } else this.state.status = await this.#pipes(pipeline);
    } finally {
      if (tested || negate) this.tested--;
    }
    if (negate) this.state.status = this.state.status === 0 ? 1 : 0;
    const checked = commands.length > 1 || (only && /^(simple|subshell|condition|arith)$/.test(only.t));
    if (this.state.status !== 0 && !negate && !tested && checked) this.#failed();
    if (this.pendingTraps.length > 0) await this.runTraps();
    return this.state.status;
  }

  #failed(): void {
    if (this.state.options.e && this.tested === 0) throw new ProcessExit(this.state.status);
  }

  async command(command: Command, flags: RunFlags = {}): Promise<number> {
    const turn = this.p.step(4);
    if (turn) await turn;
    if (this.interrupted) {
      this.interrupted = false;
      throw new Interrupted();
    }
    if (++this.#depth > 800) throw new ShellError('maximum nesting exceeded', 2);
    const substitutions = this.processSubstitutions.length;
    try {
      return await this.#language.run(this, command, flags);
    } finally {
      this.#depth--;
      if (this.processSubstitutions.length > substitutions) this.closeProcessSubstitutions(substitutions);
    }
  }

  // ------------------------------------------------------------ processes

  /** Starts a copy of this shell in a process of its own. */
  fork(
    main: (child: Shell) => Promise<number>,
    options: { fds?: ReadonlyMap<number, OpenFile>; background?: boolean; pgid?: number } = {},
  ): Process {
    const state = this.state.clone();
    const interactive = this.state.interactive;
    const [tested, loops] = [this.tested, this.loops];
    return this.spawn({
      argv: this.p.argv,
      env: this.p.env,
      fds: options.fds,
      pgid: options.pgid,
      main: (p) => {
        const child = new Shell(p, state, this.#language);
        child.tested = tested;
        child.loops = loops;
        if (options.background && !interactive) {
          p.dispositions.set(signals.SIGINT, 'ignore');
          p.dispositions.set(signals.SIGQUIT, 'ignore');
        }
        return child.finish(() => main(child));
      },
    });
  }

  spawn(options: {
    argv: string[];
    env: ReadonlyMap<string, string>;
    fds?: ReadonlyMap<number, OpenFile>;
    pgid?: number;
    main: (p: Process) => Promise<number> | number;
  }): Process {
    const { p } = this;
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
      const { flavor } = this.state;
      if (flavor === 'dash') throw new ShellError('Cannot fork', 2);
      throw new ShellError(
        `${flavor === 'bash' ? 'fork: retry' : "can't fork"}: ${error.message}`,
        flavor === 'bash' ? 254 : 2,
      );
    }
  }

  /** Whether children get process groups of their own and the terminal, for Ctrl-C. */
  get #jobControl(): boolean {
    return this.state.interactive && this.p.tty !== undefined;
  }

  /** Waits for a foreground process, and tells if a signal ended it. */
  async foreground(processes: Process[]): Promise<ExitStatus[]> {
    const { tty } = this.p;
    const leader = processes[0];
    if (this.#jobControl && tty && leader) {
      for (const process of processes) process.pgid = leader.pid;
      tty.foreground = leader.pid;
    }
    const statuses: ExitStatus[] = [];
    try {
      for (const process of processes) statuses.push(process.status ?? (await this.p.wait(process)));
    } finally {
      if (this.#jobControl && tty) tty.foreground = this.p.pgid;
    }
    const last = statuses.at(-1);
    if (last?.signal !== undefined) await this.tellSignal(last.signal, processes.at(-1));
    return statuses;
  }

  async tellSignal(signal: number, process: Process | undefined): Promise<void> {
    if (signal === signals.SIGINT && this.state.interactive) {
      await this.p.print(2, '\n');
      throw new Interrupted();
    }
    const text = signalText(signal);
    if (text === undefined) return;
    const { flavor } = this.state;
    if (flavor === 'bash' && !this.state.interactive) {
      const command = process?.argv.join(' ') ?? '';
      await this.p.print(
        2,
        `${errorPrefix(this.state)}${String(process?.pid ?? '').padStart(5)} ${text.padEnd(24)}${command}\n`,
      );
    } else await this.p.print(2, `${text}\n`);
  }

  async #pipes(pipeline: Pipeline): Promise<number> {
    const { commands } = pipeline;
    const processes: Process[] = [];
    let input: OpenFile | undefined;
    for (const [i, command] of commands.entries()) {
      const [reader, writer] = i < commands.length - 1 ? createPipe() : [];
      reader?.ref();
      writer?.ref();
      const fds = new Map<number, OpenFile>(this.p.fds);
      if (input) fds.set(0, input);
      if (writer) {
        fds.set(1, writer);
        if (pipeline.mergeStderr?.has(i + 1)) fds.set(2, writer);
      }
      try {
        processes.push(this.fork((child) => child.command(command, { tail: true }), { fds }));
      } finally {
        input?.unref();
        writer?.unref();
        input = reader;
      }
    }
    const statuses = await this.foreground(processes);
    if (this.state.options.pipefail) return statuses.findLast((s) => s.code !== 0)?.code ?? 0;
    return statuses.at(-1)?.code ?? 0;
  }

  async #background(item: AndOr): Promise<number> {
    const fds = new Map<number, OpenFile>(this.p.fds);
    if (!this.state.interactive) fds.set(0, new NullFile());
    const foreground = { ...item, background: false };
    const child = this.fork((shell) => shell.script([foreground], { tail: true }), { fds, background: true });
    if (this.#jobControl) child.pgid = child.pid;
    this.state.lastBackground = child.pid;
    const job = this.jobs.add(child, item.text);
    if (this.state.interactive && this.state.flavor === 'bash') await this.p.print(2, `[${job.number}] ${child.pid}\n`);
    this.state.status = 0;
    return 0;
  }

  /** Output of a command substitution, without the newlines at its end. */
  async substitute(body: Script): Promise<string> {
    const [reader, writer] = createPipe();
    const fds = new Map<number, OpenFile>(this.p.fds);
    fds.set(1, writer);
    const input = reader.ref();
    let child: Process;
    writer.ref();
    try {
      child = this.fork((shell) => shell.script(body, { tail: true }), { fds });
    } finally {
      writer.unref();
    }
    const chunks: Uint8Array[] = [];
    try {
      for (;;) {
        const chunk = await input.read(this.p, 65536);
        if (chunk.length === 0) break;
        const turn = this.p.step(2 + (chunk.length >> 9));
        if (turn) await turn;
        this.p.charge(chunk.length);
        chunks.push(chunk);
      }
    } finally {
      input.unref();
    }
    const status = child.status ?? (await this.p.wait(child));
    this.lastSubstitution = status.code;
    return Buffer.concat(chunks).toString('utf8').replaceAll('\0', '').replace(/\n+$/, '');
  }

  /** bash's `<(commands)`: a path that reads what they print; it lasts until the command line ends. */
  processSubstitution(body: Script, output: boolean): string {
    const [reader, writer] = createPipe();
    const [near, far] = output ? [writer, reader] : [reader, writer];
    const fds = new Map<number, OpenFile>(this.p.fds);
    fds.set(output ? 0 : 1, far);
    const fd = this.p.addFd(near, 60);
    far.ref();
    try {
      this.fork((shell) => shell.script(body, { tail: true }), { fds });
    } finally {
      far.unref();
    }
    this.processSubstitutions.push(fd);
    return `/dev/fd/${fd}`;
  }

  /** Closes the pipes of process substitutions that were opened since there were `count`. */
  closeProcessSubstitutions(count: number): void {
    for (const fd of this.processSubstitutions.splice(count)) if (!this.p.status) this.p.setFd(fd, undefined);
  }

  /** Runs a program of the container; `tail`: in this process. */
  async external(argv: string[], env: ReadonlyMap<string, string>, flags: RunFlags): Promise<number> {
    const name = argv[0] ?? '';
    const lookup = new Map(env);
    const path = env.get('PATH') ?? this.state.get('PATH');
    if (path !== undefined) lookup.set('PATH', path);
    let main: (p: Process) => Promise<number> | number;
    try {
      const executable = findExecutable(this.p, argv, lookup);
      main = (p) => execute(p, executable);
    } catch (error) {
      if (isSysError(error, 'ENOEXEC')) main = (p) => this.#runAsScript(p, argv);
      else return this.#cannotRun(name, error);
    }
    if (flags.tail && this.state.traps.size === 0 && !this.state.interactive) {
      this.p.env = new Map(env);
      return await main(this.p);
    }
    const child = this.spawn({ argv, env, main });
    const [status] = await this.foreground([child]);
    return status?.code ?? 0;
  }

  async #runAsScript(p: Process, argv: string[]): Promise<number> {
    const program = p.container.programs.get(this.state.flavor);
    p.argv = [this.state.arg0, ...argv];
    return program ? await program.run(p) : 126;
  }

  async #cannotRun(name: string, error: unknown): Promise<number> {
    if (isSysError(error, 'ENOENT', 'ENOTDIR')) {
      await this.p.print(2, notFoundText(this.state, name));
      return 127;
    }
    if (!isSysError(error)) throw error;
    const directory = this.p.vfs.find(this.p, name)?.node.kind === 'dir';
    const text = this.state.flavor === 'bash' && directory ? 'Is a directory' : error.message;
    await this.p.print(2, `${errorPrefix(this.state)}${name}: ${text}\n`);
    return 126;
  }

  // ------------------------------------------------------------ traps and the end

  setTrap(signal: number, command: string | undefined): void {
    if (command === undefined) this.state.traps.delete(signal);
    else this.state.traps.set(signal, command);
    if (signal === 0) return;
    if (command === undefined) this.p.dispositions.delete(signal);
    else if (command === '') this.p.dispositions.set(signal, 'ignore');
    else {
      this.p.dispositions.set(signal, () => {
        this.pendingTraps.push(signal);
        for (const listener of this.#trapListeners.splice(0)) listener();
      });
    }
  }

  /** Runs `listener` when a trapped signal comes; for `wait`, which it interrupts. */
  onTrap(listener: () => void): () => void {
    this.#trapListeners.push(listener);
    return () => {
      this.#trapListeners = this.#trapListeners.filter((l) => l !== listener);
    };
  }

  async runTraps(): Promise<void> {
    for (let signal = this.pendingTraps.shift(); signal !== undefined; signal = this.pendingTraps.shift()) {
      const command = this.state.traps.get(signal);
      if (!command) continue;
      const status = this.state.status;
      await this.source(command);
      this.state.status = status;
    }
  }

  /** Runs a whole shell: turns everything that unwinds it into its exit status, and runs the EXIT trap. */
  async finish(body: () => Promise<number>): Promise<number> {
    let status = await this.guard(body);
    const trap = this.state.traps.get(0);
    if (trap) {
      this.state.traps.delete(0);
      this.state.status = status;
      const before = status;
      await this.guard(async () => {
        await this.source(trap);
        return before;
      }).then((after) => {
        status = after;
      });
    }
    return status;
  }

  async guard(body: () => Promise<number>): Promise<number> {
    try {
      return await body();
    } catch (error) {
      if (error instanceof ProcessExit) return error.code;
      if (error instanceof ReturnControl) return error.status;
      if (error instanceof LoopControl) return 0;
      return await this.tell(error);
    }
  }

  /** Prints an error that ends the command line; returns its status. Throws on what is no shell error. */
  async tell(error: unknown): Promise<number> {
    if (error instanceof ShellError) {
      if (!error.told) await this.p.print(2, `${errorPrefix(this.state)}${error.message}\n`);
      error.told = true;
      return error.status;
    }
    if (error instanceof ShellSyntaxError) {
      await this.p.print(2, syntaxErrorText(this.state, error));
      return 2;
    }
    throw error;
  }
}
