import { NullFile } from '../kernel/null-file.ts';
import { createPipe } from '../kernel/pipe.ts';
import { type Process, ProcessExit } from '../kernel/process.ts';
import { signals } from '../kernel/signals.ts';
import type { OpenFile } from '../kernel/vfs-node.ts';
import { type AndOr, type Command, type Pipeline, type Script, ShellSyntaxError } from './ast.ts';
import { Children } from './children.ts';
import { Expander } from './expand.ts';
import { Jobs } from './jobs.ts';
import { errorPrefix, syntaxErrorText } from './messages.ts';
import { Parser } from './parser.ts';
import { Interrupted, LoopControl, ReturnControl, ShellError } from './shell-error.ts';
import type { ShellState } from './state.ts';
import { Substitutions } from './substitutions.ts';
import { Traps } from './traps.ts';
import { Variables } from './variables.ts';

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
  readonly variables: Variables;
  readonly traps: Traps;
  readonly children: Children;
  readonly substitutions: Substitutions;
  readonly jobs = new Jobs();
  /** Above zero: a failure is being tested (`if`, `&&`, `!`) and does not end a `set -e` shell. */
  tested = 0;
  loops = 0;
  sourced = 0;
  interrupted = false;
  /** Lines of an interactive session. */
  history: string[] = [];
  /** bash: pushd. */
  directories: string[] = [];
  readonly #language: Language;
  #depth = 0;

  constructor(p: Process, state: ShellState, language: Language) {
    this.p = p;
    this.state = state;
    this.#language = language;
    this.variables = new Variables(p, state);
    this.traps = new Traps(p, state, (command) => this.source(command));
    this.children = new Children(p, state);
    this.substitutions = new Substitutions(p, (body, fds) =>
      this.fork((shell) => shell.script(body, { tail: true }), { fds }),
    );
    this.expander = new Expander(this);
  }

  get builtins(): ReadonlyMap<string, Builtin> {
    return this.#language.builtins;
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
    if (this.traps.pending.length > 0) await this.traps.run();
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
    const substitutions = this.substitutions.count;
    try {
      return await this.#language.run(this, command, flags);
    } finally {
      this.#depth--;
      if (this.substitutions.count > substitutions) this.substitutions.close(substitutions);
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
    return this.children.spawn({
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
    const statuses = await this.children.foreground(processes);
    if (this.state.options.pipefail) return statuses.findLast((s) => s.code !== 0)?.code ?? 0;
    return statuses.at(-1)?.code ?? 0;
  }

  async #background(item: AndOr): Promise<number> {
    const fds = new Map<number, OpenFile>(this.p.fds);
    if (!this.state.interactive) fds.set(0, new NullFile());
    const foreground = { ...item, background: false };
    const child = this.fork((shell) => shell.script([foreground], { tail: true }), { fds, background: true });
    if (this.children.jobControl) child.pgid = child.pid;
    this.state.lastBackground = child.pid;
    const job = this.jobs.add(child, item.text);
    if (this.state.interactive && this.state.flavor === 'bash') await this.p.print(2, `[${job.number}] ${child.pid}\n`);
    this.state.status = 0;
    return 0;
  }

  // ------------------------------------------------------------ the end

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
