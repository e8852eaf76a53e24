import type { Command } from './ast.ts';

export type Flavor = 'ash' | 'dash' | 'bash';

export interface Variable {
  value: string | undefined;
  /** bash: an indexed array (numeric keys) or an associative one. */
  array?: Map<string, string>;
  associative?: boolean;
  exported: boolean;
  readonly: boolean;
  integer?: boolean;
}

/** Options by their letters (`set -e`), and pipefail. */
export interface Options {
  e: boolean;
  u: boolean;
  x: boolean;
  f: boolean;
  n: boolean;
  v: boolean;
  C: boolean;
  a: boolean;
  pipefail: boolean;
}

export const optionNames: Record<string, keyof Options> = {
  errexit: 'e',
  nounset: 'u',
  xtrace: 'x',
  noglob: 'f',
  noexec: 'n',
  verbose: 'v',
  noclobber: 'C',
  allexport: 'a',
  pipefail: 'pipefail',
};

/** A variable may not be changed, or is not set where it must be. */
export class VariableError extends Error {}

/** Everything a subshell gets a copy of. */
export class ShellState {
  readonly flavor: Flavor;
  variables = new Map<string, Variable>();
  functions = new Map<string, Command>();
  aliases = new Map<string, string>();
  options: Options = {
    ...{ e: false, u: false, x: false, f: false, n: false, v: false, C: false, a: false },
    pipefail: false,
  };
  positional: string[] = [];
  arg0: string;
  /** Script file, if one is run. */
  script: string | undefined;
  status = 0;
  lastBackground: number | undefined;
  /** Command by signal number; 0 is EXIT. An empty command ignores. */
  traps = new Map<number, string>();
  interactive = false;
  line = 1;
  shellPid: number;
  /** What `local` has hidden, innermost last. */
  locals: Map<string, Variable | undefined>[] = [];
  functionNames: string[] = [];
  optionPosition = 0;
  /** bash: shopt. */
  shopt = new Set<string>();
  readonly startedAt: number;

  constructor(flavor: Flavor, arg0: string, shellPid: number, now: number) {
    this.flavor = flavor;
    this.arg0 = arg0;
    this.shellPid = shellPid;
    this.startedAt = now;
  }

  clone(): ShellState {
    const copy = new ShellState(this.flavor, this.arg0, this.shellPid, this.startedAt);
    for (const [name, variable] of this.variables) {
      const own = { ...variable };
      if (variable.array) own.array = new Map(variable.array);
      copy.variables.set(name, own);
    }
    copy.functions = new Map(this.functions);
    copy.aliases = new Map(this.aliases);
    copy.options = { ...this.options };
    copy.positional = [...this.positional];
    copy.script = this.script;
    copy.status = this.status;
    copy.lastBackground = this.lastBackground;
    for (const [signal, command] of this.traps) if (command === '') copy.traps.set(signal, '');
    copy.line = this.line;
    copy.locals = this.locals.map((frame) => new Map(frame));
    copy.functionNames = [...this.functionNames];
    copy.shopt = new Set(this.shopt);
    return copy;
  }

  get(name: string): string | undefined {
    const variable = this.variables.get(name);
    if (!variable) return undefined;
    return variable.array ? variable.array.get('0') : variable.value;
  }

  /** Sets a variable; export and the like stay. Throws VariableError if it is read-only. */
  set(name: string, value: string): Variable {
    const old = this.variables.get(name);
    if (old) {
      if (old.readonly) throw new VariableError(`${name}: is read only`);
      if (old.array) old.array.set('0', value);
      else old.value = value;
      if (this.options.a) old.exported = true;
      return old;
    }
    const created = { value, exported: this.options.a, readonly: false };
    this.variables.set(name, created);
    return created;
  }

  unset(name: string): void {
    if (this.variables.get(name)?.readonly) throw new VariableError(`${name}: is read only`);
    this.variables.delete(name);
  }

  /** Makes a variable local to the running function; it keeps no value. */
  makeLocal(name: string): void {
    const frame = this.locals.at(-1);
    if (!frame || frame.has(name)) return;
    const old = this.variables.get(name);
    frame.set(name, old);
    if (old) this.variables.set(name, { ...old, value: this.flavor === 'bash' ? undefined : old.value });
  }

  popLocals(): void {
    for (const [name, variable] of this.locals.pop() ?? []) {
      if (variable) this.variables.set(name, variable);
      else this.variables.delete(name);
    }
  }

  /** The environment of commands. */
  environment(): Map<string, string> {
    const env = new Map<string, string>();
    for (const [name, variable] of this.variables) {
      if (variable.exported && variable.value !== undefined) env.set(name, variable.value);
    }
    return env;
  }
}
