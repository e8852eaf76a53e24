import { work } from '../kernel/work.ts';
import { type Code, checkSize, compile } from './compile.ts';
import { firstOf, searchCost } from './cost.ts';
import { fallsBack } from './fallback.ts';
import { Matcher } from './matcher.ts';
import { type Parsed, parse } from './parse.ts';

/** Steps that V8's backtracking may take for one search: some ten milliseconds. */
const AT_MOST = 2 ** 24;
/** Units of text times length of code that V8's linear engine may go through in one search: half a second. */
const AT_MOST_LINEAR = 2 ** 22;
/** Lengths of text are rounded up to so much, and so many of them are remembered. */
const SIZES = 32;
const MOST_SIZES = 200;

/** What V8 has looked at is work, too: units of text that are one operation. */
function pay(units: number): void {
  work(Math.max(0, units) >> 4);
}

/**
 * A regular expression of somebody's script. V8 matches where its backtracking cannot take long, by the shape of the
 * expression and the length of the text, or where it goes over to linear time by itself; else our own matcher does, in
 * time that grows with both lengths and is counted.
 * Neither can be interrupted: what takes more than a turn may throws TooMuchWork. An expression that is too big for it
 * is none from the start: making it throws SyntaxError.
 */
export class MeteredRegExp extends RegExp {
  #plain: RegExp | undefined;
  #parsed: Parsed | undefined;
  #code: Code | undefined;
  #first: ((unit: number) => boolean) | undefined;
  #mayBeEmpty = false;
  #fallsBack: boolean | undefined;
  /** By the length of the text, rounded up. */
  readonly #cheap = new Map<number, boolean>();

  constructor(source: string | RegExp, flags?: string) {
    super(source, flags);
    checkSize(this.#parse());
  }

  /** Whether V8 may match this text. */
  #isCheap({ length }: string): boolean {
    const size = SIZES * Math.ceil((length + 1) / SIZES);
    let cheap = this.#cheap.get(size);
    if (cheap === undefined) {
      const { root } = this.#parse();
      cheap = searchCost(root, size) <= AT_MOST;
      if (!cheap) {
        this.#fallsBack ??= fallsBack(this.source, this.flags);
        cheap = this.#fallsBack && size * this.#compile().instructions.length <= AT_MOST_LINEAR;
      }
      if (this.#cheap.size > MOST_SIZES) this.#cheap.clear();
      this.#cheap.set(size, cheap);
    }
    return cheap;
  }

  #parse(): Parsed {
    this.#parsed ??= parse(this.source, this.flags);
    return this.#parsed;
  }

  #compile(): Code {
    this.#code ??= compile(this.#parse());
    return this.#code;
  }

  /** The same expression with nothing of ours on it: V8's own ways of replacing and splitting are faster. */
  get #native(): RegExp {
    this.#plain ??= new RegExp(this.source, this.flags);
    this.#plain.lastIndex = 0;
    return this.#plain;
  }

  override exec(input: string): RegExpExecArray | null {
    const text = String(input);
    const follows = this.global || this.sticky;
    const from = follows ? this.lastIndex : 0;
    if (this.#isCheap(text)) {
      const match = super.exec(text);
      pay(match ? match.index + match[0].length - from : text.length - from);
      return match;
    }
    const found = from > text.length ? undefined : this.#search(text, from);
    if (follows) this.lastIndex = found?.[1] ?? 0;
    return found ? this.#result(text, found) : null;
  }

  #search(text: string, from: number): Int32Array | undefined {
    const code = this.#compile();
    if (!this.#first) {
      // With everything behind it: what can be empty can begin with anything.
      const set = firstOf(this.#parse().root, new Uint8Array(257).fill(1));
      this.#first = (unit) => set[Math.min(unit, 256)] === 1;
      this.#mayBeEmpty = !set.includes(0);
    }
    return new Matcher(code, text).search(from, this.sticky, this.#mayBeEmpty ? undefined : this.#first);
  }

  #result(text: string, found: Int32Array): RegExpExecArray {
    const { groups, names } = this.#parse();
    const at = (group: number): string | undefined => {
      const [start = -1, end = -1] = [found[2 * group], found[2 * group + 1]];
      return start < 0 || end < 0 ? undefined : text.slice(start, end);
    };
    const all = Array.from({ length: groups + 1 }, (_, group) => at(group));
    const named = names.length > 0 ? Object.fromEntries(names.map(([name, group]) => [name, at(group)])) : undefined;
    return Object.assign(all, { index: found[0] ?? 0, input: text, groups: named }) as RegExpExecArray;
  }

  override [Symbol.replace](
    text: string,
    replacement: string | ((match: string, ...rest: unknown[]) => string),
  ): string {
    if (this.#isCheap(text) && !this.sticky) {
      pay(text.length);
      return text.replace(this.#native, replacement as string);
    }
    return super[Symbol.replace](text, replacement as string);
  }

  override [Symbol.split](text: string, limit?: number): string[] {
    if (this.#isCheap(text)) {
      pay(text.length);
      return text.split(this.#native, limit);
    }
    const pieces: (string | undefined)[] = [];
    const searcher = new MeteredRegExp(this.source, [...new Set(`${this.flags}g`)].join(''));
    let from = 0;
    for (let match = searcher.exec(text); match; match = searcher.exec(text)) {
      if (match[0] === '') searcher.lastIndex++;
      const end = match.index + match[0].length;
      // As in the language: nothing is split off at the end, nor where nothing lies between.
      if (match[0] === '' && (match.index === from || match.index >= text.length)) continue;
      pieces.push(text.slice(from, match.index), ...match.slice(1));
      from = end;
    }
    return [...pieces, text.slice(from)].slice(0, limit) as string[];
  }
}
