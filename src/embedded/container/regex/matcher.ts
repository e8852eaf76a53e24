import { work } from '../kernel/work.ts';
import { type Code, type Instruction, Op } from './compile.ts';

/** Places that have failed are kept in pages of so many bits. */
const PAGE_BITS = 15;
/** Steps that are counted at once. */
const COUNT_AT = 4096;
const WORD = /\w/;
const FAILED = -1;

/** Positions of the match and its captures, two each; -1: the group took no part. */
export type Found = Int32Array;

/**
 * Looks for code in a text, from a position on. Where nothing but the position decides (and which rounds of a loop began
 * there), no place is tried twice: steps grow with the lengths of text and code. Elsewhere (references back, looking around) they are only counted. Throws
 * TooMuchWork.
 */
export class Matcher {
  readonly #code: Code;
  readonly #text: string;
  readonly #registers: Int32Array;
  readonly #failed = new Map<number, Uint32Array>();
  /** What to go back to: code and position, or (from -1 down) a register and what was in it. */
  readonly #stack: number[] = [];
  #steps = 0;
  /** The position in the text. */
  #at = 0;

  constructor(code: Code, text: string) {
    this.#code = code;
    this.#text = text;
    this.#registers = new Int32Array(code.registers);
  }

  /** `first`: what a match can begin with; undefined: anything, or nothing at all. */
  search(from: number, sticky: boolean, first: ((unit: number) => boolean) | undefined): Found | undefined {
    for (let at = from; at <= this.#text.length; at++) {
      if (!first || (at < this.#text.length && first(this.#text.charCodeAt(at)))) {
        this.#registers.fill(-1);
        if (this.#run(0, at)) {
          work(this.#steps);
          return this.#registers;
        }
      }
      if (sticky) break;
      this.#count();
    }
    work(this.#steps);
    return undefined;
  }

  #count(): void {
    if (++this.#steps < COUNT_AT) return;
    this.#steps = 0;
    work(COUNT_AT);
  }

  #set(register: number, value: number): void {
    this.#stack.push(this.#registers[register] ?? -1, -1 - register);
    this.#registers[register] = value;
  }

  /** Whether a Split was here before; notes that it is now. */
  #again(split: number, at: number): boolean {
    if (!this.#code.remembers) return false;
    let place = at * this.#code.splits + split;
    for (const mark of this.#code.marks) place = 2 * place + Number(this.#registers[mark] === at);
    const page = Math.floor(place / 2 ** PAGE_BITS);
    const bit = place % 2 ** PAGE_BITS;
    let bits = this.#failed.get(page);
    if (!bits) {
      bits = new Uint32Array(2 ** (PAGE_BITS - 5));
      this.#failed.set(page, bits);
      // Memory that is cleared.
      work(2 ** (PAGE_BITS - 8));
    }
    const word = bits[bit >> 5] ?? 0;
    if (word & (1 << (bit & 31))) return true;
    bits[bit >> 5] = word | (1 << (bit & 31));
    return false;
  }

  #run(start: number, from: number): boolean {
    const { instructions } = this.#code;
    const base = this.#stack.length;
    let pc = start;
    this.#at = from;
    for (;;) {
      this.#count();
      const next = instructions[pc];
      if (next?.op === Op.Match) {
        this.#keepChanges(base);
        return true;
      }
      pc = next ? this.#step(next, pc) : FAILED;
      if (pc === FAILED) pc = this.#back(base);
      if (pc === FAILED) return false;
    }
  }

  /** Where to go on from an instruction, or FAILED; the position moves along. */
  #step(i: Instruction, pc: number): number {
    switch (i.op) {
      case Op.Char: {
        if (i.backwards) this.#at--;
        const unit = this.#text.charCodeAt(this.#at);
        if (Number.isNaN(unit) || !i.set?.has(unit)) return FAILED;
        if (!i.backwards) this.#at++;
        return pc + 1;
      }
      case Op.Split:
        if (this.#again(i.split ?? 0, this.#at)) return FAILED;
        this.#stack.push(this.#at, i.y);
        return i.x;
      case Op.Jump:
        return i.x;
      case Op.Save:
        this.#set(i.y, this.#at);
        return pc + 1;
      case Op.Forget:
        for (let register = i.x; register < i.y; register++) {
          if (this.#registers[register] !== -1) this.#set(register, -1);
        }
        return pc + 1;
      case Op.Assert:
        return this.#holds(i, this.#at) ? pc + 1 : FAILED;
      case Op.Progress:
        return this.#registers[i.y] === this.#at ? FAILED : pc + 1;
      case Op.Back:
        return this.#reference(i) ? pc + 1 : FAILED;
      case Op.Look: {
        const [before, at] = [this.#stack.length, this.#at];
        const found = this.#run(i.y, at);
        if (found && i.negated) while (this.#back(before) !== FAILED);
        this.#at = at;
        return found === (i.negated === true) ? FAILED : i.x;
      }
      default:
        return FAILED;
    }
  }

  #holds({ kind, loose }: Instruction, at: number): boolean {
    const isLine = (place: number) => /[\n\r\u2028\u2029]/.test(this.#text[place] ?? '');
    const isWord = (place: number) => WORD.test(this.#text[place] ?? '');
    if (kind === '^') return at === 0 || (loose === true && isLine(at - 1));
    if (kind === '$') return at === this.#text.length || (loose === true && isLine(at));
    return (isWord(at - 1) !== isWord(at)) === (kind === 'b');
  }

  #reference(i: Instruction): boolean {
    const [start = -1, end = -1] = [this.#registers[2 * i.y], this.#registers[2 * i.y + 1]];
    if (start < 0 || end < 0) return true;
    const wanted = this.#text.slice(start, end);
    const place = i.backwards ? this.#at - wanted.length : this.#at;
    if (place < 0) return false;
    const found = this.#text.slice(place, place + wanted.length);
    work(wanted.length >> 3);
    this.#at = i.backwards ? place : place + wanted.length;
    return i.loose ? found.toLowerCase() === wanted.toLowerCase() : found === wanted;
  }

  /** Goes back to the last choice; FAILED: there is none. */
  #back(base: number): number {
    while (this.#stack.length > base) {
      const what = this.#stack.pop() ?? 0;
      const value = this.#stack.pop() ?? 0;
      if (what >= 0) {
        this.#at = value;
        return what;
      }
      this.#registers[-1 - what] = value;
    }
    return FAILED;
  }

  /** A part has matched: its choices are made, but what it changed is taken back if what follows fails. */
  #keepChanges(base: number): void {
    let kept = base;
    for (let i = base; i < this.#stack.length; i += 2) {
      const [value = 0, what = 0] = [this.#stack[i], this.#stack[i + 1]];
      if (what >= 0) continue;
      this.#stack[kept++] = value;
      this.#stack[kept++] = what;
    }
    this.#stack.length = kept;
  }
}
