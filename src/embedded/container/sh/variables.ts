import type { Process } from '../kernel/process.ts';
import { specialParameter } from './parameters.ts';
import { ShellError } from './shell-error.ts';
import { type ShellState, VariableError } from './state.ts';

/** The parameters of one shell as its commands use them: counted as memory, and complained of as the shell does. */
export class Variables {
  readonly #p: Process;
  readonly #state: ShellState;

  constructor(p: Process, state: ShellState) {
    this.#p = p;
    this.#state = state;
  }

  /** The value of a parameter, special ones (`?`, `#`, `1`) too; undefined: not set. */
  get(name: string): string | undefined {
    return specialParameter(this.#state, this.#p, name) ?? this.#state.get(name);
  }

  /** Throws a ShellError for what is no name, or is read only. */
  set(name: string, value: string): void {
    if (!/^[A-Za-z_]\w*$/.test(name)) throw new ShellError(`${name}: bad variable name`);
    const before = this.#state.get(name)?.length ?? -name.length - 32;
    if (value.length !== before) this.#p.charge(2 * (value.length - before));
    try {
      this.#state.set(name, value);
    } catch (error) {
      throw this.#readOnly(error, name);
    }
    if (name === 'OPTIND') this.#state.optionPosition = 0;
  }

  /** Sets an element of an array. Throws a ShellError for what is read only. */
  setElement(name: string, index: string, value: string): void {
    const variable = this.#state.variables.get(name) ?? this.#state.set(name, '');
    if (variable.readonly) throw this.#readOnly(new VariableError(''), name);
    variable.array ??= new Map(variable.value ? [['0', variable.value]] : []);
    this.#p.charge(2 * (value.length + 32));
    variable.array.set(index, value);
    if (!variable.associative) {
      const last = [...variable.array.keys()].at(-2);
      if (last !== undefined && Number(last) > Number(index)) {
        variable.array = new Map([...variable.array].sort(([a], [b]) => Number(a) - Number(b)));
      }
    }
  }

  /** Throws a ShellError for what is read only. */
  unset(name: string): void {
    try {
      this.#state.unset(name);
    } catch (error) {
      throw this.#readOnly(error, name);
    }
  }

  #readOnly(error: unknown, name: string): unknown {
    if (!(error instanceof VariableError)) return error;
    return new ShellError(
      `${name}: ${this.#state.flavor === 'bash' ? 'readonly variable' : 'is read only'}`,
      this.#state.flavor === 'bash' ? 1 : 2,
    );
  }
}
