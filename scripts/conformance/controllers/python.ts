/** The few Python expressions that recordings wait for: comparisons, `.get`, any/all/len, comprehensions, literals. */

type Env = Readonly<Record<string, unknown>>;
type Expression = (env: Env) => unknown;

const token = /\s*('(?:[^'\\]|\\.)*'|\d+|[A-Za-z_]\w*|==|!=|>=|<=|[[\](){}.,:<>])/y;

/** The expression as a test of `o`; something missing (a KeyError) counts as false. Throws for what it can't read. */
export function pythonTest(text: string): (o: unknown) => boolean {
  const parser = new Parser(text);
  const expression = parser.whole();
  return (o) => {
    try {
      return truthy(expression({ o }));
    } catch (error) {
      if (error instanceof KeyError) return false;
      throw error;
    }
  };
}

class KeyError extends Error {}

function truthy(value: unknown): boolean {
  if (value === null || value === undefined || value === false || value === 0 || value === '') return false;
  if (value instanceof Set) return value.size > 0;
  if (Array.isArray(value)) return value.length > 0;
  return typeof value === 'object' ? Object.keys(value).length > 0 : true;
}

class Parser {
  readonly #tokens: string[] = [];
  #at = 0;

  constructor(text: string) {
    token.lastIndex = 0;
    for (let match = token.exec(text); match; match = token.exec(text)) this.#tokens.push(match[1] ?? '');
    if (this.#tokens.join('').length !== text.replaceAll(/\s+(?=(?:[^']*'[^']*')*[^']*$)/g, '').length) {
      throw new Error(`not read: ${text}`);
    }
  }

  whole(): Expression {
    const expression = this.#or();
    if (this.#at < this.#tokens.length) throw new Error(`unexpected ${this.#peek()}`);
    return expression;
  }

  #peek(ahead = 0): string {
    return this.#tokens[this.#at + ahead] ?? '';
  }

  #take(wanted?: string): string {
    const next = this.#peek();
    if (wanted !== undefined && next !== wanted) throw new Error(`${wanted} expected, found ${next}`);
    this.#at++;
    return next;
  }

  #accept(wanted: string): boolean {
    if (this.#peek() !== wanted) return false;
    this.#at++;
    return true;
  }

  #or(): Expression {
    let left = this.#and();
    while (this.#accept('or')) {
      const [a, b] = [left, this.#and()];
      left = (env) => {
        const value = a(env);
        return truthy(value) ? value : b(env);
      };
    }
    return left;
  }

  #and(): Expression {
    let left = this.#not();
    while (this.#accept('and')) {
      const [a, b] = [left, this.#not()];
      left = (env) => {
        const value = a(env);
        return truthy(value) ? b(env) : value;
      };
    }
    return left;
  }

  #not(): Expression {
    if (!this.#accept('not')) return this.#comparison();
    const inner = this.#not();
    return (env) => !truthy(inner(env));
  }

  #comparison(): Expression {
    const left = this.#postfix();
    const operator = this.#peek() === 'not' && this.#peek(1) === 'in' ? 'not in' : this.#peek();
    const compare = comparisons[operator];
    if (!compare) return left;
    this.#at += operator === 'not in' ? 2 : 1;
    const right = this.#postfix();
    return (env) => compare(left(env), right(env));
  }

  #postfix(): Expression {
    let value = this.#atom();
    for (;;) {
      const inner = value;
      if (this.#accept('[')) {
        const key = this.#or();
        this.#take(']');
        value = (env) => item(inner(env), key(env));
      } else if (this.#accept('.')) {
        this.#take('get');
        const [key, otherwise] = this.#list('(', ')');
        value = (env) => {
          const found = (inner(env) as Record<string, unknown> | undefined)?.[String(key?.(env))];
          return found ?? otherwise?.(env);
        };
      } else return value;
    }
  }

  #atom(): Expression {
    const next = this.#peek();
    if (next.startsWith("'")) {
      const text = this.#take().slice(1, -1);
      return () => text;
    }
    if (/^\d/.test(next)) {
      const number = Number(this.#take());
      return () => number;
    }
    if (next === '[') {
      const all = this.#list('[', ']');
      return (env) => all.map((one) => one(env));
    }
    if (next === '(') {
      const all = this.#list('(', ')');
      return (env) => (all.length === 1 ? all[0]?.(env) : all.map((one) => one(env)));
    }
    if (next === '{') {
      this.#take();
      const values = this.#elements('}');
      return (env) => new Set(values(env));
    }
    return this.#name();
  }

  #name(): Expression {
    const name = this.#take();
    if (this.#peek() !== '(') return (env) => env[name];
    this.#take('(');
    const values = this.#elements(')');
    if (name === 'any') return (env) => values(env).some(truthy);
    if (name === 'all') return (env) => values(env).every(truthy);
    if (name === 'len') return (env) => lengthOf(values(env)[0]);
    throw new Error(`unknown function ${name}`);
  }

  #list(open: string, close: string): Expression[] {
    this.#take(open);
    const all: Expression[] = [];
    while (!this.#accept(close)) {
      all.push(this.#or());
      if (this.#peek() !== close) this.#take(',');
    }
    return all;
  }

  /** `a, b` or `f(x) for x in xs`, up to the closing bracket. */
  #elements(close: string): (env: Env) => unknown[] {
    const first = this.#or();
    if (this.#accept('for')) {
      const name = this.#take();
      this.#take('in');
      const source = this.#or();
      this.#take(close);
      return (env) => [...((source(env) as unknown[] | undefined) ?? [])].map((one) => first({ ...env, [name]: one }));
    }
    const all = [first];
    while (this.#accept(',')) all.push(this.#or());
    this.#take(close);
    return (env) => all.map((one) => one(env));
  }
}

const comparisons: Readonly<Record<string, (a: unknown, b: unknown) => boolean>> = {
  '==': equal,
  '!=': (a, b) => !equal(a, b),
  '>=': (a, b) => Number(a) >= Number(b),
  '<=': (a, b) => Number(a) <= Number(b),
  '>': (a, b) => Number(a) > Number(b),
  '<': (a, b) => Number(a) < Number(b),
  in: contains,
  'not in': (a, b) => !contains(a, b),
};

function equal(a: unknown, b: unknown): boolean {
  const plain = (value: unknown) => (value instanceof Set ? [...value].sort() : (value ?? null));
  return JSON.stringify(plain(a)) === JSON.stringify(plain(b));
}

function contains(a: unknown, b: unknown): boolean {
  if (typeof b === 'string') return b.includes(String(a));
  return [...((b as Iterable<unknown> | undefined) ?? [])].some((one) => equal(a, one));
}

function item(value: unknown, key: unknown): unknown {
  const found = (value as Record<string, unknown> | undefined)?.[String(key)];
  if (found === undefined) throw new KeyError(String(key));
  return found;
}

function lengthOf(value: unknown): number {
  return value instanceof Set ? value.size : Array.isArray(value) ? value.length : Object.keys(value ?? {}).length;
}
