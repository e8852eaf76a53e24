/** The grammar of JSONPath templates, as k8s.io/client-go/util/jsonpath reads it. */
import { ownValue } from '../../kernel/own.ts';
import { JsonPathError, type Node, type Step } from './nodes.ts';

type FlatNode = Exclude<Node, { kind: 'range' }>;

/** Long enough for whatever somebody writes; filters within filters are parsed again for each of them. */
const longest = 10_000;

/** @throws JsonPathError */
export function parseTemplate(template: string): Node[] {
  if (template.length > longest) throw new JsonPathError(`template is longer than ${longest} characters`);
  return nested(new Parser(template).nodes());
}

const isIdentifier = (name: string) => (step: Step) => step.kind === 'identifier' && step.name === name;

/** Ranges with what is in them. One without an end reaches to the end of the template. */
function nested(flat: readonly FlatNode[]): Node[] {
  const root: Node[] = [];
  const open = [root];
  for (const node of flat) {
    const body = open.at(-1) ?? root;
    if (node.kind === 'action' && node.steps.some(isIdentifier('range'))) {
      const inner: Node[] = [];
      body.push({ kind: 'range', steps: node.steps.filter((step) => !isIdentifier('range')(step)), body: inner });
      open.push(inner);
    } else if (node.kind === 'action' && open.length > 1 && node.steps.some(isIdentifier('end'))) open.pop();
    else body.push(node);
  }
  return root;
}

const isTerminator = (c: string) => c === '' || ' \t\r\n.,[]$@{}'.includes(c);
const isAlphaNumeric = (c: string) => /^[_\p{L}\p{Nd}]$/u.test(c);

class Parser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  nodes(): FlatNode[] {
    const nodes: FlatNode[] = [];
    while (this.#at < this.#text.length) {
      const open = this.#text.indexOf('{', this.#at);
      const end = open < 0 ? this.#text.length : open;
      if (end > this.#at) nodes.push({ kind: 'text', text: this.#text.slice(this.#at, end) });
      this.#at = end;
      if (this.#take('{')) nodes.push({ kind: 'action', steps: this.#action() });
    }
    return nodes;
  }

  #take(text: string): boolean {
    if (!this.#text.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  /** The character here; '' at the end. */
  #peek(): string {
    const code = this.#text.codePointAt(this.#at);
    return code === undefined ? '' : String.fromCodePoint(code);
  }

  #next(): string {
    const c = this.#peek();
    this.#at += c.length;
    return c;
  }

  #action(): Step[] {
    const steps: Step[] = [];
    while (!this.#take('}')) {
      if (this.#take('[?(')) steps.push(this.#filter());
      else if (this.#take('..')) {
        if (steps.at(-1)?.kind === 'recursive') throw new JsonPathError('invalid multiple recursive descent');
        steps.push({ kind: 'recursive' });
        if (isAlphaNumeric(this.#peek())) steps.push(this.#field());
      } else steps.push(...this.#other());
    }
    return steps;
  }

  #other(): Step[] {
    const c = this.#peek();
    switch (c) {
      case '':
      case '\r':
      case '\n':
        throw new JsonPathError('unclosed action');
      // The object itself, in a range the item.
      case '@':
      case '$':
      case ' ':
        this.#next();
        return [];
      case '[':
        this.#next();
        return this.#bracket();
      case '"':
      case "'":
        return [{ kind: 'value', value: this.#quoted() }];
      case '.':
        this.#next();
        return [this.#field()];
    }
    if (/^[+\-\p{Nd}]$/u.test(c)) return [this.#number()];
    if (isAlphaNumeric(c)) return [this.#identifier()];
    const code = (c.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
    throw new JsonPathError(`unrecognized character in action: U+${code} '${c}'`);
  }

  #identifier(): Step {
    const start = this.#at;
    while (!isTerminator(this.#peek())) this.#next();
    const name = this.#text.slice(start, this.#at);
    return name === 'true' || name === 'false'
      ? { kind: 'value', value: name === 'true' }
      : { kind: 'identifier', name };
  }

  /** To what ends a name and has no backslash before it. */
  #field(): Step {
    const start = this.#at;
    while (!isTerminator(this.#peek())) {
      if (this.#next() === '\\') this.#next();
    }
    const name = this.#text.slice(start, this.#at);
    return name === '*' ? { kind: 'wildcard' } : { kind: 'field', name: name.replaceAll('\\', '') };
  }

  #number(): Step {
    const [text = ''] = /^[+-]?[\d.]*/.exec(this.#text.slice(this.#at)) ?? [];
    this.#at += text.length;
    if (!/^[+-]?(\d+\.?\d*|\.\d+)$/.test(text)) throw new JsonPathError(`cannot parse number ${text}`);
    return { kind: 'value', value: Number(text), float: text.includes('.') };
  }

  #quoted(): string {
    const start = this.#at;
    const quote = this.#next();
    for (;;) {
      const c = this.#next();
      if (c === '' || c === '\n') throw new JsonPathError('unterminated quoted string');
      if (c === quote && this.#text[this.#at - 2] !== '\\') break;
    }
    const text = this.#text.slice(start, this.#at);
    const value = unquoted(text.slice(1, -1), quote);
    if (value === undefined) throw new JsonPathError(`unquote string ${text} error invalid syntax`);
    return value;
  }

  /** Up to the first closing bracket, even in quotes. */
  #bracket(): Step[] {
    const end = this.#text.slice(this.#at).search(/[\]\n]/);
    if (end < 0 || this.#text[this.#at + end] === '\n') throw new JsonPathError('unterminated array');
    const text = this.#text.slice(this.#at, this.#at + end);
    this.#at += end + 1;
    const parts = text.split(',');
    if (parts.length === 1) return bracketSteps(text === '*' ? ':' : text);
    const alternatives = parts.map((part) => bracketSteps(part.replace(/^ +| +$/g, '').replace(/^\*$/, ':')));
    return [{ kind: 'union', alternatives }];
  }

  #filter(): Step {
    const text = this.#filterText();
    const [, left = text, operator, right = ''] = /^([^!<>=]+)([!<>=]+)(.+)$/.exec(text) ?? [];
    return {
      kind: 'filter',
      left: actionSteps(left),
      operator,
      right: operator === undefined ? [] : actionSteps(right),
    };
  }

  /** Up to the bracket that closes it, which may stand in quotes once. */
  #filterText(): string {
    const start = this.#at;
    let quote = '';
    let closed = true;
    for (;;) {
      const c = this.#next();
      if (c === '' || c === '\n') throw new JsonPathError('unterminated filter');
      if (c === '"' || c === "'") {
        if (quote === '') [quote, closed] = [c, false];
        else if (c === quote && this.#text[this.#at - 2] !== '\\') closed = true;
      } else if (c === ')' && closed) break;
    }
    if (!this.#take(']')) throw new JsonPathError('unclosed array expect ]');
    return this.#text.slice(start, this.#at - 2);
  }
}

/** The steps of a text as if it stood between braces of its own. */
function actionSteps(text: string): readonly Step[] {
  const [first] = new Parser(`{${text}}`).nodes();
  return first?.kind === 'action' ? first.steps : [];
}

/** A key in single quotes, in which dots still part names, or places in a list. */
function bracketSteps(text: string): Step[] {
  const key = /^'([^']*)'$/.exec(text)?.[1];
  if (key !== undefined) return [...actionSteps(`.${key}`)];
  const places = /^(-?\d*)(:-?\d*)?(:-?\d*)?$/.exec(text);
  if (!places) throw new JsonPathError(`invalid array index ${text}`);
  const [from, to, step] = places.slice(1).map((place, i) => placeOf(i > 0 ? place?.slice(1) : place));
  return [{ kind: 'slice', from, to, step, single: places[2] === undefined }];
}

function placeOf(text: string | undefined): number | undefined {
  if (!text) return undefined;
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new JsonPathError(`array index ${text} is not a number`);
  return value;
}

const escapes = { a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v', '\\': '\\' } as const;

/** What Go's strconv.UnquoteChar makes of a text; undefined if it has an escape that is none. */
function unquoted(text: string, quote: string): string | undefined {
  let wrong = false;
  const shape = /\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{3}|.)?/gsu;
  const result = text.replace(shape, (_, written: string | undefined) => {
    const known = written === quote ? quote : ownValue<string>(escapes, written ?? '');
    if (known !== undefined) return known;
    const digits = written && /^[xuU][0-9a-fA-F]{2}/.test(written) ? Number.parseInt(written.slice(1), 16) : undefined;
    const code = digits ?? (written && /^[0-7]{3}$/.test(written) ? Number.parseInt(written, 8) : undefined);
    if (code !== undefined && code <= 0x10ffff) return String.fromCodePoint(code);
    wrong = true;
    return '';
  });
  return wrong ? undefined : result;
}
