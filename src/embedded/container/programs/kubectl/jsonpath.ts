/** The JSONPath templates of kubectl. */
import { ownValue } from '../../../../kernel/own.ts';
import type { Json } from './client.ts';

type Node = { t: 'text'; text: string } | { t: 'path'; steps: Step[] } | { t: 'range'; steps: Step[]; body: Node[] };

type Step =
  | { t: 'field'; name: string }
  | { t: 'wildcard' }
  | { t: 'recursive' }
  | { t: 'index'; from: number | undefined; to: number | undefined; step: number; single: boolean }
  | { t: 'union'; names: string[] }
  | { t: 'filter'; left: Operand; op: string; right: Operand | undefined };

type Operand = { t: 'path'; steps: Step[] } | { t: 'value'; value: Json };

/** The template is wrong; kubectl prints the text. */
export class JsonPathError extends Error {}

/** A template ready to be filled in. */
export class JsonPath {
  readonly #nodes: Node[];
  readonly #lenient: boolean;

  /** `lenient`: missing keys give nothing (as -o jsonpath; custom-columns print `<none>`). */
  constructor(template: string, lenient = true) {
    this.#nodes = new TemplateParser(template).parse();
    this.#lenient = lenient;
  }

  format(value: Json): string {
    return this.#format(this.#nodes, value, value);
  }

  /** The values that the first path of the template finds. */
  find(value: Json): Json[] {
    const path = this.#nodes.find((n) => n.t === 'path');
    return path?.t === 'path' ? this.#walk(path.steps, value, value) : [];
  }

  #format(nodes: readonly Node[], current: Json, root: Json): string {
    return nodes
      .map((node) => {
        if (node.t === 'text') return node.text;
        const found = this.#walk(node.steps, current, root);
        if (node.t === 'path') return found.map(print).join(' ');
        return found.map((item) => this.#format(node.body, item, root)).join('');
      })
      .join('');
  }

  #walk(steps: readonly Step[], start: Json, root: Json): Json[] {
    let values = [start];
    for (const step of steps) values = values.flatMap((v) => this.#step(step, v, root));
    return values;
  }

  #step(step: Step, value: Json, root: Json): Json[] {
    switch (step.t) {
      case 'field': {
        if (typeof value !== 'object' || value === null || Array.isArray(value)) {
          // A field of a list is looked up in its elements only by a wildcard.
          return [];
        }
        const found = ownValue(value, step.name);
        if (found !== undefined) return [found];
        if (this.#lenient) return [];
        throw new JsonPathError(`${step.name} is not found`);
      }
      case 'wildcard':
        if (Array.isArray(value)) return value;
        return typeof value === 'object' && value !== null
          ? Object.keys(value)
              .sort()
              .map((k) => value[k] ?? null)
          : [];
      case 'recursive':
        return descendants(value);
      case 'union':
        return step.names.flatMap((name) => this.#step({ t: 'field', name }, value, root));
      case 'index': {
        if (!Array.isArray(value)) return [];
        const at = (n: number) => (n < 0 ? value.length + n : n);
        if (step.single) {
          const index = at(step.from ?? 0);
          const item = value[index];
          if (item === undefined && !this.#lenient)
            throw new JsonPathError(`array index out of bounds: index ${step.from}, length ${value.length}`);
          if (item === undefined)
            throw new JsonPathError(`array index out of bounds: index ${step.from}, length ${value.length}`);
          return [item];
        }
        const items = value.slice(at(step.from ?? 0), step.to === undefined ? undefined : at(step.to));
        return items.filter((_, i) => i % step.step === 0);
      }
      case 'filter':
        return (Array.isArray(value) ? value : []).filter((item) => this.#passes(step, item, root));
    }
  }

  #passes(step: Extract<Step, { t: 'filter' }>, item: Json, root: Json): boolean {
    const values = (o: Operand): Json[] => (o.t === 'value' ? [o.value] : this.#walk(o.steps, item, root));
    let left: Json[];
    try {
      left = values(step.left);
    } catch (error) {
      if (error instanceof JsonPathError) return false;
      throw error;
    }
    if (!step.right) return left.length > 0;
    const [a, b] = [left[0], values(step.right)[0]];
    if (a === undefined || b === undefined) return false;
    const same = a === b || (typeof a !== 'object' && typeof b !== 'object' && typeof a === typeof b && a === b);
    switch (step.op) {
      case '==':
        return same;
      case '!=':
        return !same;
    }
    if (a === null || b === null || typeof a === 'object' || typeof b === 'object') return false;
    return step.op === '<' ? a < b : step.op === '<=' ? a <= b : step.op === '>' ? a > b : a >= b;
  }
}

function descendants(value: Json): Json[] {
  if (typeof value !== 'object' || value === null) return [value];
  const children = Array.isArray(value)
    ? value
    : Object.keys(value)
        .sort()
        .map((k) => value[k] ?? null);
  return [value, ...children.flatMap(descendants)];
}

function print(value: Json): string {
  if (value === null) return '';
  return typeof value === 'object' ? JSON.stringify(sorted(value)) : String(value);
}

/** Go prints maps by key. */
export function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((k) => [k, sorted(value[k] ?? null)]),
  );
}

class TemplateParser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): Node[] {
    const nodes = this.#nodes(false);
    if (this.#at < this.#text.length) throw new JsonPathError('not in range, nothing to end');
    return nodes;
  }

  #nodes(inRange: boolean): Node[] {
    const nodes: Node[] = [];
    while (this.#at < this.#text.length) {
      const open = this.#text.indexOf('{', this.#at);
      if (open !== this.#at) {
        const end = open < 0 ? this.#text.length : open;
        nodes.push({ t: 'text', text: this.#text.slice(this.#at, end) });
        this.#at = end;
        continue;
      }
      const action = this.#action();
      const trimmed = action.trim();
      if (trimmed === 'end') {
        if (!inRange) throw new JsonPathError('not in range, nothing to end');
        return nodes;
      }
      if (/^range\b/.test(trimmed)) {
        nodes.push({ t: 'range', steps: parseSteps(trimmed.slice(5).trim()), body: this.#nodes(true) });
        continue;
      }
      nodes.push(...parseAction(trimmed));
    }
    if (inRange) throw new JsonPathError('unterminated range');
    return nodes;
  }

  /** The text between braces; quotes may contain braces. */
  #action(): string {
    let quote = '';
    for (let i = this.#at + 1; i < this.#text.length; i++) {
      const c = this.#text[i] ?? '';
      if (quote !== '') {
        if (c === '\\') i++;
        else if (c === quote) quote = '';
      } else if (c === '"' || c === "'") quote = c;
      else if (c === '}') {
        const action = this.#text.slice(this.#at + 1, i);
        this.#at = i + 1;
        return action;
      }
    }
    throw new JsonPathError('unclosed action');
  }
}

function unquote(text: string): string {
  const inner = text.slice(1, -1);
  return inner.replace(/\\(.)/g, (_, c: string) => ({ n: '\n', t: '\t', r: '\r' })[c] ?? c);
}

/** One action: a quoted text, or paths. */
function parseAction(text: string): Node[] {
  const nodes: Node[] = [];
  for (const m of text.matchAll(
    /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|(?:\[(?:[^\]"']|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')*\]|[^\s"'[])+/g,
  )) {
    const token = m[0];
    if (/^["']/.test(token)) nodes.push({ t: 'text', text: unquote(token) });
    else nodes.push({ t: 'path', steps: parseSteps(token) });
  }
  return nodes;
}

function parseSteps(path: string): Step[] {
  const steps: Step[] = [];
  let rest = path.replace(/^[$@]/, '');
  while (rest !== '') {
    const field = /^\.?((?:\\.|[^.[\]\s*])+)/.exec(rest);
    if (rest.startsWith('..')) {
      steps.push({ t: 'recursive' });
      rest = rest.slice(1);
      if (rest === '.') rest = '';
    } else if (/^\.?\*/.test(rest)) {
      steps.push({ t: 'wildcard' });
      rest = rest.replace(/^\.?\*/, '');
    } else if (rest[0] === '[') {
      const end = closing(rest);
      steps.push(bracket(rest.slice(1, end)));
      rest = rest.slice(end + 1);
    } else if (rest === '.') {
      rest = '';
    } else if (field) {
      steps.push({ t: 'field', name: (field[1] ?? '').replace(/\\(.)/g, '$1') });
      rest = rest.slice(field[0].length);
    } else
      throw new JsonPathError(
        `unrecognized character in action: U+${rest.charCodeAt(0).toString(16).padStart(4, '0').toUpperCase()} '${rest[0]}'`,
      );
  }
  return steps;
}

function closing(text: string): number {
  let depth = 0;
  let quote = '';
  for (let i = 0; i < text.length; i++) {
    const c = text[i] ?? '';
    if (quote !== '') {
      if (c === '\\') i++;
      else if (c === quote) quote = '';
    } else if (c === '"' || c === "'") quote = c;
    else if (c === '[') depth++;
    else if (c === ']' && --depth === 0) return i;
  }
  throw new JsonPathError('unterminated array');
}

function bracket(inner: string): Step {
  const text = inner.trim();
  if (text === '*') return { t: 'wildcard' };
  const filter = /^\?\(([\s\S]*)\)$/.exec(text);
  if (filter) {
    const body = filter[1] ?? '';
    const m = /^((?:[^"'=!<>]|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')+?)\s*(==|!=|<=|>=|<|>)\s*([\s\S]+)$/.exec(body);
    if (!m) return { t: 'filter', left: operand(body), op: 'exists', right: undefined };
    return { t: 'filter', left: operand(m[1] ?? ''), op: m[2] ?? '', right: operand(m[3] ?? '') };
  }
  if (/^["']/.test(text)) return { t: 'union', names: text.split(',').map((n) => unquote(n.trim())) };
  const slice = /^(-?\d*)(?::(-?\d*))?(?::(\d*))?$/.exec(text);
  if (slice && text !== '') {
    const number = (s: string | undefined) => (s === undefined || s === '' ? undefined : Number(s));
    return {
      t: 'index',
      from: number(slice[1]),
      to: number(slice[2]),
      step: number(slice[3]) ?? 1,
      single: !text.includes(':'),
    };
  }
  throw new JsonPathError(`invalid array index ${text}`);
}

function operand(text: string): Operand {
  const trimmed = text.trim();
  if (/^["']/.test(trimmed)) return { t: 'value', value: unquote(trimmed) };
  if (/^-?\d+(\.\d+)?$/.test(trimmed)) return { t: 'value', value: Number(trimmed) };
  if (trimmed === 'true' || trimmed === 'false') return { t: 'value', value: trimmed === 'true' };
  return { t: 'path', steps: parseSteps(trimmed) };
}
