import type { Process } from '../kernel/process.ts';
import { ArithmeticError, evaluateArithmetic } from './arithmetic.ts';
import type { Part, Word } from './ast.ts';
import { expandBraces } from './braces.ts';
import { FieldBuilder } from './fields.ts';
import { expandPathname } from './glob.ts';
import { hasGlob, removeMatch, replaceMatch } from './pattern.ts';
import { ShellError } from './shell-error.ts';
import type { ShellState } from './state.ts';
import type { Substitutions } from './substitutions.ts';
import { expandTilde } from './tilde.ts';
import type { Variables } from './variables.ts';

type ParamPart = Extract<Part, { t: 'param' }>;

/** What a parameter is: text, or a list (`$@`, `$*`, arrays); undefined: not set. */
type Value = string | { items: string[]; joined: boolean } | undefined;

/** The shell as far as expansions ask it. */
interface Expanding {
  readonly p: Process;
  readonly state: ShellState;
  readonly variables: Variables;
  readonly substitutions: Substitutions;
}

/** Expands words for one shell. */
export class Expander {
  readonly #shell: Expanding;

  constructor(shell: Expanding) {
    this.#shell = shell;
  }

  get #p(): Process {
    return this.#shell.p;
  }

  #builder(splitting: boolean): FieldBuilder {
    return new FieldBuilder(this.#shell.state.get('IFS') ?? ' \t\n', splitting);
  }

  /** All the fields that words become: expanded, split, file names generated. */
  async fields(words: readonly Word[]): Promise<string[]> {
    const result: string[] = [];
    const bash = this.#shell.state.flavor === 'bash';
    for (const word of words) {
      const only = word.parts.length === 1 ? word.parts[0] : undefined;
      if (only?.t === 'lit' && (only.quoted || !/[*?[~{]/.test(only.text))) {
        result.push(only.text);
        continue;
      }
      for (const each of bash ? this.#braces(word) : [word]) {
        const builder = this.#builder(true);
        await this.#word(each, builder, true);
        builder.end();
        for (const field of builder.fields) {
          const names =
            !this.#shell.state.options.f && hasGlob(field.pattern) ? expandPathname(this.#p, field.pattern) : [];
          if (names.length > 0) result.push(...names);
          else if (!this.#shell.state.shopt.has('nullglob') || !hasGlob(field.pattern)) result.push(field.text);
        }
        const turn = this.#p.step();
        if (turn) await turn;
      }
    }
    return result;
  }

  /** The words of bash's braces. They are memory for as long as all of them are there. */
  #braces(word: Word): Word[] {
    let bytes = 0;
    const words = expandBraces(word, (more) => {
      this.#p.charge(more);
      bytes += more;
    });
    this.#p.charge(-bytes);
    return words;
  }

  /** A word as one text: assignments, here-documents, `case`. */
  async text(word: Word, assignment = false): Promise<string> {
    const only = word.parts.length === 1 ? word.parts[0] : undefined;
    if (word.parts.length === 0) return '';
    if (only?.t === 'lit' && (only.quoted || !only.text.includes('~'))) return only.text;
    const builder = this.#builder(false);
    await this.#word(word, builder, true, assignment);
    return builder.joined;
  }

  /** A word as a pattern: what was quoted means itself. */
  async pattern(word: Word): Promise<string> {
    const builder = this.#builder(false);
    await this.#word(word, builder, true);
    return builder.joinedPattern;
  }

  async arithmetic(word: Word): Promise<bigint> {
    const text = await this.text(word);
    const { state } = this.#shell;
    try {
      return evaluateArithmetic(text, {
        get: (name) => {
          const value = this.#shell.variables.get(name);
          const element = /^(\w+)\[(.*)\]$/.exec(name);
          if (element) {
            const array = state.variables.get(element[1] ?? '')?.array;
            const index = this.#plainIndex(element[2] ?? '0');
            return array?.get(index);
          }
          if (value === undefined && state.options.u) throw this.#unset(name);
          return value;
        },
        set: (name, value) => {
          const element = /^(\w+)\[(.*)\]$/.exec(name);
          if (element) this.#shell.variables.setElement(element[1] ?? '', this.#plainIndex(element[2] ?? '0'), value);
          else this.#shell.variables.set(name, value);
        },
      });
    } catch (error) {
      if (error instanceof ArithmeticError) throw new ShellError(arithmeticText(state.flavor, text, error), 2);
      throw error;
    }
  }

  #plainIndex(text: string): string {
    const get = (name: string) => this.#shell.variables.get(name);
    return String(evaluateArithmetic(text.replace(/^\$/, ''), { get, set: () => {} }));
  }

  async #word(word: Word, builder: FieldBuilder, tilde: boolean, assignment = false): Promise<void> {
    let first = true;
    for (const part of word.parts) {
      if (part.t === 'lit') {
        let text = part.text;
        if (!part.quoted && tilde && text.includes('~')) {
          if (first) text = expandTilde(this.#shell, text);
          if (assignment) text = text.replace(/(?<=:)~(?=[:/]|$)/g, () => expandTilde(this.#shell, '~'));
        }
        builder.add(text, part.quoted);
      } else await this.#part(part, builder);
      first = false;
    }
  }

  async #part(part: Exclude<Part, { t: 'lit' }>, builder: FieldBuilder): Promise<void> {
    if (part.t === 'param') return this.#parameter(part, builder);
    if (part.t === 'process') return builder.add(this.#shell.substitutions.path(part.body, part.output), true);
    const text =
      part.t === 'cmd'
        ? await this.#shell.substitutions.output(part.body)
        : String(await this.arithmetic(part.expression));
    if (part.quoted) builder.add(text, true);
    else builder.addSplit(text);
  }

  async #value(part: ParamPart): Promise<Value> {
    const { name } = part;
    const { state } = this.#shell;
    if (name === '@' || name === '*') return { items: state.positional, joined: name === '*' };
    if (part.indirect) {
      const target = this.#shell.variables.get(name);
      return target === undefined ? undefined : this.#shell.variables.get(target);
    }
    if (part.index) {
      const variable = state.variables.get(name);
      const index = await this.text(part.index);
      const array = variable?.array ?? new Map(variable?.value === undefined ? [] : [['0', variable.value]]);
      if (index === '@' || index === '*') return { items: [...array.values()], joined: index === '*' };
      if (variable?.associative) return array.get(index);
      const position = await this.arithmetic(part.index);
      const keys = [...array.keys()];
      return array.get(position < 0n ? (keys.at(Number(position)) ?? '') : String(position));
    }
    return this.#shell.variables.get(name);
  }

  async #parameter(part: ParamPart, builder: FieldBuilder): Promise<void> {
    const value = await this.#value(part);
    if (part.length) {
      const length = value === undefined ? 0 : typeof value === 'string' ? [...value].length : value.items.length;
      this.#emit(
        part.name === '@' || part.name === '*' ? String(this.#shell.state.positional.length) : String(length),
        part,
        builder,
      );
      return;
    }
    const { op } = part;
    if (op && /^:?[-=?+]$/.test(op)) return this.#conditional(part, op, value, builder);
    if (value === undefined) {
      if (this.#shell.state.options.u && part.name !== '@' && part.name !== '*') throw this.#unset(part.name);
      return this.#emit('', part, builder, true);
    }
    if (op === undefined) return this.#emit(value, part, builder);
    if (typeof value === 'string') return this.#emit(await this.#transform(value, part, op), part, builder);
    if (op === ':') return this.#emit(await this.#slice(value, part), part, builder);
    const items: string[] = [];
    for (const item of value.items) items.push(await this.#transform(item, part, op));
    this.#emit({ ...value, items }, part, builder);
  }

  async #conditional(part: ParamPart, op: string, value: Value, builder: FieldBuilder): Promise<void> {
    const arg = part.arg ?? { parts: [], raw: '' };
    const text = typeof value === 'object' ? value.items.join(' ') : value;
    const none = typeof value === 'object' && value.items.length === 0;
    const missing = text === undefined || none || (op[0] === ':' && text === '');
    const kind = op.at(-1);
    if (kind === '+') {
      if (!missing) await this.#alternative(part, arg, builder);
      else this.#emit('', part, builder, true);
      return;
    }
    if (!missing) return this.#emit(value as Exclude<Value, undefined>, part, builder);
    if (kind === '-') return this.#alternative(part, arg, builder);
    const operand = await this.text(arg);
    if (kind === '=') {
      this.#shell.variables.set(part.name, operand);
      return this.#emit(operand, part, builder);
    }
    const bash = this.#shell.state.flavor === 'bash';
    const unset = bash
      ? 'parameter null or not set'
      : op[0] === ':'
        ? 'parameter not set or null'
        : 'parameter not set';
    throw new ShellError(
      `${part.name}: ${operand === '' ? (op === '?' && bash ? 'parameter not set' : unset) : operand}`,
      bash ? 127 : 2,
    );
  }

  async #alternative(part: ParamPart, arg: Word, builder: FieldBuilder): Promise<void> {
    if (part.quoted) {
      builder.add('', true);
      for (const p of arg.parts) {
        if (p.t === 'lit') builder.add(p.text, true);
        else await this.#part({ ...p, quoted: true }, builder);
      }
      return;
    }
    for (const [i, p] of arg.parts.entries()) {
      // Unquoted text of the operand is split like the value would be.
      if (p.t === 'lit' && !p.quoted) builder.addSplit(i === 0 ? expandTilde(this.#shell, p.text) : p.text);
      else if (p.t === 'lit') builder.add(p.text, true);
      else await this.#part(p, builder);
    }
  }

  async #transform(value: string, part: ParamPart, op: string): Promise<string> {
    const arg = part.arg ?? { parts: [], raw: '' };
    switch (op) {
      case '#':
      case '##':
      case '%':
      case '%%':
        return removeMatch(value, await this.pattern(arg), op);
      case '/':
      case '//':
        return replaceMatch(value, await this.pattern(arg), part.arg2 ? await this.text(part.arg2) : '', op === '//');
      case '^':
        return value.slice(0, 1).toUpperCase() + value.slice(1);
      case '^^':
        return value.toUpperCase();
      case ',':
        return value.slice(0, 1).toLowerCase() + value.slice(1);
      case ',,':
        return value.toLowerCase();
      default: {
        const characters = [...value];
        const offset = Number(await this.arithmetic(arg));
        const from = offset < 0 ? Math.max(0, characters.length + offset) : offset;
        const length = part.arg2 ? Number(await this.arithmetic(part.arg2)) : characters.length;
        const to = length < 0 ? characters.length + length : from + length;
        return characters.slice(from, to).join('');
      }
    }
  }

  async #slice(value: { items: string[]; joined: boolean }, part: ParamPart): Promise<Value & object> {
    const offset = Number(await this.arithmetic(part.arg ?? { parts: [], raw: '0' }));
    const items = part.name === '@' || part.name === '*' ? [this.#shell.state.arg0, ...value.items] : value.items;
    const from = offset < 0 ? items.length + offset : offset;
    const count = part.arg2 ? Number(await this.arithmetic(part.arg2)) : items.length;
    return { items: items.slice(from, from + count), joined: value.joined };
  }

  /** `unset`: an unquoted nothing makes no field. */
  #emit(value: Exclude<Value, undefined>, part: ParamPart, builder: FieldBuilder, unset = false): void {
    if (typeof value === 'string') {
      if (part.quoted) builder.add(value, true);
      else if (!unset) builder.addSplit(value);
      return;
    }
    if (part.quoted && value.joined) {
      const ifs = this.#shell.state.get('IFS');
      builder.add(value.items.join(ifs === undefined ? ' ' : ifs.slice(0, 1)), true);
      return;
    }
    value.items.forEach((item, i) => {
      if (i > 0) {
        if (builder.splitting) builder.end();
        else builder.add(' ', true);
      }
      if (part.quoted) builder.add(item, true);
      else builder.addSplit(item);
    });
  }

  #unset(name: string): ShellError {
    const bash = this.#shell.state.flavor === 'bash';
    return new ShellError(`${name}: ${bash ? 'unbound variable' : 'parameter not set'}`, bash ? 127 : 2);
  }
}

function arithmeticText(flavor: string, text: string, error: Error): string {
  if (flavor === 'bash') {
    const message = error.message === 'divide by zero' ? 'division by 0' : 'syntax error: operand expected';
    return `${text}: ${message} (error token is "${text.trim().split(/\s+/).at(-1) ?? ''}")`;
  }
  if (flavor === 'ash') return error.message === 'divide by zero' ? 'divide by zero' : 'arithmetic syntax error';
  const dash = error.message === 'divide by zero' ? 'division by zero' : 'expecting primary';
  return `arithmetic expression: ${dash}: "${text}"`;
}
