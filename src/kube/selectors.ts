import { ownValue } from '../kernel/own.ts';
import { parseInt64 } from './int64.ts';
import type { LabelSelector } from './meta.ts';
import { validLabelValue, validQualifiedName } from './validation.ts';

/** A selector that the API server would refuse; `message` is its text (the Status of a 400). */
export class SelectorError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'SelectorError';
  }
}

type SelectorOperator = '=' | '==' | '!=' | 'in' | 'notin' | 'exists' | '!' | 'gt' | 'lt';

/** One requirement of a label selector. `values` is empty for `exists` and `!`, else sorted and without duplicates. */
export interface Requirement {
  key: string;
  operator: SelectorOperator;
  values: readonly string[];
}

type Token = {
  kind: 'end' | 'identifier' | ')' | '(' | ',' | '!' | '=' | '==' | '!=' | '>' | '<' | 'in' | 'notin';
  text: string;
};

const blank = /[ \t\r\n]/;
const special = /[=!(),><]/;

function tokens(text: string): Token[] {
  const result: Token[] = [];
  let i = 0;
  while (i < text.length) {
    const c = text.charAt(i);
    if (blank.test(c)) {
      i++;
    } else if (special.test(c)) {
      const two = text.slice(i, i + 2);
      const symbol = two === '==' || two === '!=' ? two : c;
      result.push({ kind: symbol as Token['kind'], text: symbol });
      i += symbol.length;
    } else {
      let end = i;
      while (end < text.length && !blank.test(text.charAt(end)) && !special.test(text.charAt(end))) end++;
      const word = text.slice(i, end);
      result.push({ kind: word === 'in' || word === 'notin' ? word : 'identifier', text: word });
      i = end;
    }
  }
  return result;
}

const operatorOf: Partial<Record<Token['kind'], SelectorOperator>> = {
  in: 'in',
  notin: 'notin',
  '=': '=',
  '==': '==',
  '!=': '!=',
  '>': 'gt',
  '<': 'lt',
};

const fail = (message: string): never => {
  throw new SelectorError(message);
};

/** Reads a label selector as apimachinery's parser does, errors included: token by token, one token ahead. */
class LabelParser {
  readonly #tokens: Token[];
  #at = 0;

  constructor(text: string) {
    this.#tokens = tokens(text);
  }

  parse(): Requirement[] {
    const found: Requirement[] = [];
    for (;;) {
      const next = this.#peek();
      if (next.kind === 'end') return found;
      if (next.kind !== 'identifier' && next.kind !== '!') {
        fail(`found '${next.text}', expected: !, identifier, or 'end of string'`);
      }
      found.push(this.#requirement());
      const after = this.#take();
      if (after.kind === 'end') return found;
      if (after.kind !== ',') fail(`found '${after.text}', expected: ',' or 'end of string'`);
      const following = this.#peek();
      if (following.kind !== 'identifier' && following.kind !== '!') {
        fail(`found '${following.text}', expected: identifier after ','`);
      }
    }
  }

  /** Where a key or a value is expected, `in` and `notin` are ordinary words. */
  #peek(): Token {
    const token = this.#tokens[this.#at] ?? { kind: 'end', text: '' };
    return token.kind === 'in' || token.kind === 'notin' ? { kind: 'identifier', text: token.text } : token;
  }

  #take(): Token {
    const token = this.#peek();
    this.#at++;
    return token;
  }

  #requirement(): Requirement {
    try {
      let absent = false;
      let token = this.#take();
      if (token.kind === '!') {
        absent = true;
        token = this.#take();
      }
      if (token.kind !== 'identifier') fail(`found '${token.text}', expected: identifier`);
      const key = token.text;
      checkKey(key, '<nil>');
      if (absent) return requirement(key, '!', []);
      const next = this.#peek();
      if (next.kind === 'end' || next.kind === ',') return requirement(key, 'exists', []);
      const sign = this.#tokens[this.#at++] ?? { kind: 'end' as const, text: '' };
      const operator = operatorOf[sign.kind] ?? fail(`found '${sign.text}', expected: in, notin, =, ==, !=, gt, lt`);
      return requirement(key, operator, operator === 'in' || operator === 'notin' ? this.#list() : this.#value());
    } catch (error) {
      if (error instanceof SelectorError) error.message = `unable to parse requirement: ${error.message}`;
      throw error;
    }
  }

  #value(): string[] {
    const next = this.#peek();
    if (next.kind === 'end' || next.kind === ',') return [''];
    const token = this.#take();
    if (token.kind !== 'identifier') fail(`found '${token.text}', expected: identifier`);
    return [token.text];
  }

  #list(): string[] {
    const open = this.#take();
    if (open.kind !== '(') fail(`found '${open.text}' expected: '('`);
    const first = this.#peek();
    if (first.kind === ')') {
      this.#take();
      return [''];
    }
    if (first.kind !== 'identifier' && first.kind !== ',') {
      fail(`found '${first.text}', expected: ',', ')' or identifier`);
    }
    const values = new Set<string>();
    for (;;) {
      const token = this.#take();
      if (token.kind === 'identifier') {
        values.add(token.text);
        const next = this.#peek();
        if (next.kind === ')') break;
        if (next.kind !== ',') fail(`found '${next.text}', expected: ',' or ')'`);
      } else if (token.kind === ',') {
        // An empty place in the list is the empty value: `(,a)`, `(a,,b)`, `(a,)`.
        if (values.size === 0) values.add('');
        const next = this.#peek();
        if (next.kind === ')') {
          values.add('');
          break;
        }
        if (next.kind === ',') {
          this.#take();
          values.add('');
        }
      } else {
        fail(`found '${token.text}', expected: ',', or identifier`);
      }
    }
    this.#take();
    return [...values];
  }
}

function checkKey(key: string, path: string): void {
  const problems = validQualifiedName(key);
  if (problems.length > 0) fail(`${path}: Invalid value: ${JSON.stringify(key)}: ${problems.join('; ')}`);
}

function requirement(key: string, operator: SelectorOperator, values: readonly string[]): Requirement {
  const sorted = [...new Set(values)].sort();
  const errors: string[] = [];
  if ((operator === 'in' || operator === 'notin') && sorted.length === 0) {
    errors.push("values: Invalid value: []: for 'in', 'notin' operators, values set can't be empty");
  }
  if ((operator === 'exists' || operator === '!') && sorted.length > 0) {
    const shown = JSON.stringify(sorted);
    errors.push(`values: Invalid value: ${shown}: values set must be empty for exists and does not exist`);
  }
  for (const [i, value] of sorted.entries()) {
    const shown = JSON.stringify(value);
    if ((operator === 'gt' || operator === 'lt') && !/^[+-]?\d+$/.test(value)) {
      errors.push(`values[${i}]: Invalid value: ${shown}: for 'Gt', 'Lt' operators, the value must be an integer`);
    }
    const problems = validLabelValue(value);
    if (problems.length > 0) errors.push(`values[${i}][${key}]: Invalid value: ${shown}: ${problems.join('; ')}`);
  }
  const unique = [...new Set(errors)];
  if (unique.length > 0) fail(unique.length === 1 ? (unique[0] ?? '') : `[${unique.join(', ')}]`);
  return { key, operator, values: sorted };
}

const parsed = new Map<string, readonly Requirement[]>();

/**
 * Parses a label selector as it stands in a query (`app in (a,b),!x,n>3`) into requirements sorted by key, all of which
 * must hold. Empty text selects everything. Throws a SelectorError with the API server's text.
 */
export function parseLabelSelector(text: string): readonly Requirement[] {
  const known = parsed.get(text);
  if (known) return known;
  const requirements = sortByKey(new LabelParser(text).parse());
  if (parsed.size > 500) parsed.clear();
  parsed.set(text, requirements);
  return requirements;
}

const sortByKey = (requirements: Requirement[]) =>
  requirements.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));

/** Whether `labels` (undefined: none) satisfy every requirement. */
export function matchesLabels(
  requirements: readonly Requirement[],
  labels: Readonly<Record<string, string>> | undefined,
): boolean {
  return requirements.every((r) => meets(r, ownValue(labels, r.key)));
}

function meets({ operator, values }: Requirement, value: string | undefined): boolean {
  switch (operator) {
    case 'exists':
      return value !== undefined;
    case '!':
      return value === undefined;
    case 'in':
    case '=':
    case '==':
      return value !== undefined && values.includes(value);
    case 'notin':
    case '!=':
      return value === undefined || !values.includes(value);
    case 'gt':
    case 'lt': {
      const [actual, limit] = [parseInt64(value), parseInt64(values[0])];
      if (actual === undefined || limit === undefined) return false;
      return operator === 'gt' ? actual > limit : actual < limit;
    }
  }
}

const objectOperators: Readonly<Record<string, SelectorOperator>> = {
  In: 'in',
  NotIn: 'notin',
  Exists: 'exists',
  DoesNotExist: '!',
};

const read = new WeakMap<LabelSelector, readonly Requirement[]>();

/**
 * The requirements of a LabelSelector object, sorted by key; it must not change afterwards, as they are kept with it.
 * `undefined` (or null) selects nothing, which is what undefined stands for in the result; `{}` selects everything.
 * Throws a SelectorError.
 */
export function labelSelectorRequirements(
  selector: LabelSelector | null | undefined,
): readonly Requirement[] | undefined {
  if (!selector) return undefined;
  const known = read.get(selector);
  if (known) return known;
  const all: Requirement[] = Object.entries(selector.matchLabels ?? {}).map(([key, value]) => {
    checkKey(key, 'key');
    return requirement(key, '=', [value]);
  });
  for (const { key, operator, values } of selector.matchExpressions ?? []) {
    const known =
      ownValue(objectOperators, operator) ?? fail(`${JSON.stringify(operator)} is not a valid label selector operator`);
    checkKey(key, 'key');
    all.push(requirement(key, known, values ?? []));
  }
  sortByKey(all);
  read.set(selector, all);
  return all;
}

/** Whether a LabelSelector object selects these labels. Null and undefined select nothing, `{}` everything. */
export function selectorMatches(
  selector: LabelSelector | null | undefined,
  labels: Readonly<Record<string, string>> | undefined,
): boolean {
  const requirements = labelSelectorRequirements(selector);
  return requirements !== undefined && matchesLabels(requirements, labels);
}

/** Requirements in the syntax of a query: `a=b,c in (d,e),!f`. */
export function formatRequirements(requirements: readonly Requirement[]): string {
  return requirements
    .map(({ key, operator, values }) => {
      const list = values.join(',');
      switch (operator) {
        case 'exists':
          return key;
        case '!':
          return `!${key}`;
        case 'in':
        case 'notin':
          return `${key} ${operator} (${list})`;
        case 'gt':
          return `${key}>${list}`;
        case 'lt':
          return `${key}<${list}`;
        default:
          return `${key}${operator}${list}`;
      }
    })
    .join(',');
}

/** A LabelSelector object as kubectl and tables show it: `app=web`, `<none>` for null and empty ones, `<error>`. */
export function formatLabelSelector(selector: LabelSelector | null | undefined): string {
  try {
    return formatRequirements(labelSelectorRequirements(selector) ?? []) || '<none>';
  } catch (error) {
    if (error instanceof SelectorError) return '<error>';
    throw error;
  }
}
