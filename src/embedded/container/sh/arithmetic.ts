/** `$(( ))`: C's integer expressions on 64 bits. */

/** Where variables are read and written. `get` gives undefined for one that is not set. */
export interface Variables {
  get(name: string): string | undefined;
  set(name: string, value: string): void;
}

export class ArithmeticError extends Error {}

const levels: string[][] = [
  ['||'],
  ['&&'],
  ['|'],
  ['^'],
  ['&'],
  ['==', '!='],
  ['<=', '>=', '<', '>'],
  ['<<', '>>'],
  ['+', '-'],
  ['*', '/', '%'],
  ['**'],
];
const assignments = ['<<=', '>>=', '+=', '-=', '*=', '/=', '%=', '&=', '|=', '^=', '='];
const tokenPattern =
  /\s*(?:(0[xX][0-9a-fA-F]+|\d+#[0-9a-zA-Z]+|\d+)|([A-Za-z_][A-Za-z0-9_]*(?:\[[^\]]*\])?)|(<<=|>>=|\*\*|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|[-+*/%&|^~!<>=?:(),]))/y;

type Token = { t: 'number' | 'name' | 'op'; text: string };

/** Value of an expression. Throws ArithmeticError (division by zero, syntax, recursion). */
export function evaluateArithmetic(text: string, variables: Variables, depth = 0): bigint {
  if (depth > 32) throw new ArithmeticError('expression recursion level exceeded');
  const tokens: Token[] = [];
  tokenPattern.lastIndex = 0;
  while (tokenPattern.lastIndex < text.length) {
    const at = tokenPattern.lastIndex;
    if (text.slice(at).trim() === '') break;
    const match = tokenPattern.exec(text);
    if (!match) throw new ArithmeticError(`arithmetic syntax error`);
    if (match[1] !== undefined) tokens.push({ t: 'number', text: match[1] });
    else if (match[2] !== undefined) tokens.push({ t: 'name', text: match[2] });
    else tokens.push({ t: 'op', text: match[3] ?? '' });
  }
  if (tokens.length === 0) return 0n;
  const evaluation = new Evaluation(tokens, variables, depth);
  const value = evaluation.comma(true);
  if (!evaluation.done) throw new ArithmeticError('arithmetic syntax error');
  return value;
}

function wrap(value: bigint): bigint {
  return BigInt.asIntN(64, value);
}

class Evaluation {
  #at = 0;
  readonly #tokens: Token[];
  readonly #variables: Variables;
  readonly #depth: number;

  constructor(tokens: Token[], variables: Variables, depth: number) {
    this.#tokens = tokens;
    this.#variables = variables;
    this.#depth = depth;
  }

  get done(): boolean {
    return this.#at >= this.#tokens.length;
  }

  #op(...ops: string[]): string | undefined {
    const token = this.#tokens[this.#at];
    if (token?.t !== 'op' || !ops.includes(token.text)) return undefined;
    this.#at++;
    return token.text;
  }

  /** `live`: false in the branch of `?:`, `&&`, `||` that is not taken. */
  comma(live: boolean): bigint {
    let value = this.#assignment(live);
    while (this.#op(',')) value = this.#assignment(live);
    return value;
  }

  #assignment(live: boolean): bigint {
    const token = this.#tokens[this.#at];
    const next = this.#tokens[this.#at + 1];
    if (token?.t === 'name' && next?.t === 'op' && assignments.includes(next.text)) {
      this.#at += 2;
      const right = this.#assignment(live);
      const op = next.text.slice(0, -1);
      if (!live) return 0n;
      const value = op === '' ? right : this.#apply(op, this.#read(token.text), right);
      this.#variables.set(token.text, String(value));
      return value;
    }
    return this.#ternary(live);
  }

  #ternary(live: boolean): bigint {
    const condition = this.#binary(0, live);
    if (!this.#op('?')) return condition;
    const yes = this.comma(live && condition !== 0n);
    if (!this.#op(':')) throw new ArithmeticError('arithmetic syntax error');
    const no = this.#assignment(live && condition === 0n);
    return condition !== 0n ? yes : no;
  }

  #binary(level: number, live: boolean): bigint {
    const ops = levels[level];
    if (!ops) return this.#unary(live);
    let left = this.#binary(level + 1, live);
    for (let op = this.#op(...ops); op; op = this.#op(...ops)) {
      const taken = live && (op === '&&' ? left !== 0n : op === '||' ? left === 0n : true);
      const right = this.#binary(op === '**' ? level : level + 1, taken);
      left = live ? this.#apply(op, left, right) : 0n;
    }
    return left;
  }

  #apply(op: string, a: bigint, b: bigint): bigint {
    const truth = (value: boolean) => (value ? 1n : 0n);
    switch (op) {
      case '||':
        return truth(a !== 0n || b !== 0n);
      case '&&':
        return truth(a !== 0n && b !== 0n);
      case '|':
        return a | b;
      case '^':
        return a ^ b;
      case '&':
        return a & b;
      case '==':
        return truth(a === b);
      case '!=':
        return truth(a !== b);
      case '<':
        return truth(a < b);
      case '>':
        return truth(a > b);
      case '<=':
        return truth(a <= b);
      case '>=':
        return truth(a >= b);
      case '<<':
        return wrap(a << (b & 63n));
      case '>>':
        return a >> (b & 63n);
      case '+':
        return wrap(a + b);
      case '-':
        return wrap(a - b);
      case '*':
        return wrap(a * b);
      case '**': {
        if (b < 0n) throw new ArithmeticError('exponent less than 0');
        let result = 1n;
        for (let base = a, e = b; e > 0n; e >>= 1n, base = wrap(base * base)) if (e & 1n) result = wrap(result * base);
        return result;
      }
      default:
        if (b === 0n) throw new ArithmeticError('divide by zero');
        return wrap(op === '/' ? a / b : a % b);
    }
  }

  #unary(live: boolean): bigint {
    const step = this.#op('++', '--');
    if (step) {
      const token = this.#tokens[this.#at];
      if (token?.t === 'name') {
        this.#at++;
        return live ? this.#step(token.text, step).after : 0n;
      }
      // `- -x` written together.
      return this.#unary(live);
    }
    const op = this.#op('-', '+', '!', '~');
    if (op) {
      const value = this.#unary(live);
      return op === '-' ? wrap(-value) : op === '+' ? value : op === '!' ? (value === 0n ? 1n : 0n) : ~value;
    }
    return this.#primary(live);
  }

  #step(name: string, op: string): { before: bigint; after: bigint } {
    const before = this.#read(name);
    const after = wrap(op === '++' ? before + 1n : before - 1n);
    this.#variables.set(name, String(after));
    return { before, after };
  }

  #primary(live: boolean): bigint {
    const token = this.#tokens[this.#at++];
    if (token?.t === 'number') return number(token.text);
    if (token?.t === 'name') {
      const step = this.#op('++', '--');
      if (step) return live ? this.#step(token.text, step).before : 0n;
      return live ? this.#read(token.text) : 0n;
    }
    if (token?.text === '(') {
      const value = this.comma(live);
      if (!this.#op(')')) throw new ArithmeticError('arithmetic syntax error');
      return value;
    }
    throw new ArithmeticError('arithmetic syntax error');
  }

  /** A variable's value is an expression itself. */
  #read(name: string): bigint {
    const text = this.#variables.get(name)?.trim() ?? '';
    if (/^-?\d+$/.test(text) && !/^-?0\d/.test(text)) return wrap(BigInt(text));
    return text === '' ? 0n : evaluateArithmetic(text, this.#variables, this.#depth + 1);
  }
}

function number(text: string): bigint {
  const based = /^(\d+)#([0-9a-zA-Z]+)$/.exec(text);
  if (based) {
    let value = 0n;
    for (const c of (based[2] ?? '').toLowerCase()) {
      const digit = Number.parseInt(c, 36);
      if (Number.isNaN(digit) || digit >= Number(based[1])) throw new ArithmeticError('value too great for base');
      value = value * BigInt(based[1] ?? 10) + BigInt(digit);
    }
    return wrap(value);
  }
  if (/^0\d+$/.test(text)) {
    if (/[89]/.test(text)) throw new ArithmeticError('arithmetic syntax error');
    return wrap(BigInt(`0o${text.slice(1)}`));
  }
  return wrap(BigInt(text));
}
