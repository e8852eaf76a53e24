/** Kubernetes' JSONPath (client-go's util/jsonpath) as printer columns and selectable fields use it. */
import { isMap } from './schema.ts';

type Step = (values: readonly unknown[], root: unknown) => unknown[];

/** A path that is none. */
class PathError extends Error {}

const parsed = new Map<string, readonly Step[] | undefined>();
const capacity = 500;

/**
 * The values at a path: `.spec.size`, `.status.conditions[?(@.type=="Ready")].status`. What is missing gives none;
 * undefined: the path is none.
 */
export function valuesAt(root: unknown, path: string): unknown[] | undefined {
  if (!parsed.has(path)) {
    if (parsed.size >= capacity) parsed.clear();
    parsed.set(path, parse(path));
  }
  return parsed.get(path)?.reduce<unknown[]>((values, step) => step(values, root), [root]);
}

function parse(path: string): Step[] | undefined {
  try {
    return new Parser(path).steps();
  } catch (error) {
    if (error instanceof PathError) return undefined;
    throw error;
  }
}

const children = (value: unknown): unknown[] =>
  Array.isArray(value)
    ? value
    : isMap(value)
      ? Object.keys(value)
          .sort()
          .map((key) => value[key])
      : [];

function* everything(value: unknown): Generator<unknown> {
  yield value;
  for (const child of children(value)) yield* everything(child);
}

const named =
  (name: string): Step =>
  (values) =>
    values.flatMap((value) => (isMap(value) && Object.hasOwn(value, name) ? [value[name]] : []));

const every: Step = (values) => values.flatMap(children);
const descend: Step = (values) => values.flatMap((value) => [...everything(value)]);

class Parser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  steps(): Step[] {
    const steps: Step[] = [];
    if (this.#take('$') || this.#take('@')) steps.push((values) => [...values]);
    while (this.#at < this.#text.length) steps.push(...this.#step());
    return steps;
  }

  #take(text: string): boolean {
    if (!this.#text.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  #step(): Step[] {
    if (this.#take('..')) {
      const name = this.#name();
      return [descend, name === undefined || name === '*' ? every : named(name)];
    }
    if (this.#take('.')) {
      const name = this.#name();
      if (name === undefined) return [];
      return [name === '*' ? every : named(name)];
    }
    if (this.#take('[')) return [this.#bracket()];
    throw new PathError(`unrecognized character in ${this.#text}`);
  }

  #name(): string | undefined {
    return this.#match(/(?:\\.|[^.[\]\s(){}])+/y)?.replace(/\\(.)/g, '$1');
  }

  #bracket(): Step {
    if (this.#take('?(')) return this.#filter();
    if (this.#take('*]')) return every;
    const parts: Step[] = [];
    do {
      const quoted = this.#match(/\s*(?:'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")\s*/y);
      if (quoted !== undefined) parts.push(named(quoted.trim().slice(1, -1).replace(/\\(.)/g, '$1')));
      else parts.push(this.#range());
    } while (this.#take(','));
    if (!this.#take(']')) throw new PathError('unterminated array');
    return (values, root) => parts.flatMap((part) => part(values, root));
  }

  #range(): Step {
    const text = this.#match(/\s*-?\d*(?::-?\d*){0,2}\s*/y)?.trim();
    if (!text) throw new PathError('invalid array index');
    const [from = '', to, by] = text.split(':');
    return (values) =>
      values.flatMap((value) => {
        if (!Array.isArray(value)) return [];
        const place = (index: string, otherwise: number) =>
          index === '' ? otherwise : Number(index) < 0 ? Number(index) + value.length : Number(index);
        const start = place(from, 0);
        if (to === undefined) return start >= 0 && start < value.length ? [value[start]] : [];
        const step = Number(by || 1);
        return value.slice(start, place(to, value.length)).filter((_, i) => step > 0 && i % step === 0);
      });
  }

  /** `?(@.a == "b")`: items for which it holds; without an operator those that have the field. */
  #filter(): Step {
    const left = this.#operand();
    const operator = this.#match(/\s*(?:==|!=|<=|>=|<|>)/y)?.trim();
    const right = operator === undefined ? undefined : this.#operand();
    if (!this.#take(')]')) throw new PathError('unterminated filter');
    return (values, root) =>
      values.flatMap(children).filter((item) => {
        const a = left(item, root);
        if (!right || operator === undefined) return a.length > 0;
        const b = right(item, root);
        return a.length > 0 && b.length > 0 && compare(a[0], b[0], operator);
      });
  }

  #operand(): (item: unknown, root: unknown) => unknown[] {
    this.#match(/\s*/y);
    const literal = this.#match(/'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|-?\d+(?:\.\d+)?|true\b|false\b/y);
    if (literal !== undefined) {
      const value = /^['"]/.test(literal)
        ? literal.slice(1, -1).replace(/\\(.)/g, '$1')
        : (JSON.parse(literal) as unknown);
      this.#match(/\s*/y);
      return () => [value];
    }
    const text = this.#match(/[@$](?:\.[^.[\]\s()=!<>]+|\[[^\]]*\])*/y);
    if (text === undefined) throw new PathError('unrecognized filter');
    this.#match(/\s*/y);
    const steps = new Parser(text).steps();
    return (item, root) =>
      steps.reduce<unknown[]>((values, step) => step(values, root), [text.startsWith('$') ? root : item]);
  }
}

function compare(a: unknown, b: unknown, operator: string): boolean {
  if (typeof a !== typeof b || typeof a === 'object') return false;
  const [left, right] = [a as string | number, b as string | number];
  switch (operator) {
    case '==':
      return left === right;
    case '!=':
      return left !== right;
    case '<':
      return left < right;
    case '>':
      return left > right;
    case '<=':
      return left <= right;
    default:
      return left >= right;
  }
}
