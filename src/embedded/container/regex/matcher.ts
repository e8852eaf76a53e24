import { work } from '../kernel/work.ts';
import { type Code, type Instruction, Op } from './compile.ts';

/** Places that have failed are kept in pages of so many bits. */
const PAGE_BITS = 15;
/** Steps that are counted at once. */
const COUNT_AT = 4096;
const WORD = /\w/;

/** Positions of the match and its captures, two each; -1: the group took no part. */
export type Found = Int32Array;

/**
 * Looks for code in a text, from a position on. Where nothing but the position decides, no place is tried twice: steps
 * grow with the lengths of text and code. Elsewhere (references back, looking around) they are only counted. Throws
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
    const place = at * this.#code.splits + split;
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
    let [pc, at] = [start, from];
    for (;;) {
      this.#count();
      const next = instructions[pc];
      if (next?.op === Op.Match) {
        this.#keepChanges(base);
        return true;
      }
      const step = next && this.#step(next, pc, at);
      if (step !== undefined) {
        [pc, at] = step;
        continue;
      }
      const back = this.#back(base);
      if (!back) return false;
      [pc, at] = back;
    }
  }

  /** Where to go on from an instruction; undefined: it failed. */
  #step(i: Instruction, pc: number, at: number): [pc: number, at: number] | undefined {
    switch (i.op) {
      case Op.Char: {
        const place = i.backwards ? at - 1 : at;
        const unit = this.#text.charCodeAt(place);
        if (Number.isNaN(unit) || !i.set?.has(unit)) return undefined;
        return [pc + 1, i.backwards ? place : at + 1];
      }
      case Op.Split:
        if (this.#again(i.split ?? 0, at)) return undefined;
        this.#stack.push(at, i.y);
        return [i.x, at];
      case Op.Jump:
        return [i.x, at];
      case Op.Save:
        this.#set(i.y, at);
        return [pc + 1, at];
      case Op.Forget:
        for (let register = i.x; register < i.y; register++) {
          if (this.#registers[register] !== -1) this.#set(register, -1);
        }
        return [pc + 1, at];
      case Op.Assert:
        return this.#holds(i, at) ? [pc + 1, at] : undefined;
      case Op.Progress:
        // Where places are remembered, coming back to the same one fails by itself.
        return !this.#code.remembers && this.#registers[i.y] === at ? undefined : [pc + 1, at];
      case Op.Back:
        return this.#reference(i, pc, at);
      case Op.Look: {
        const before = this.#stack.length;
        const found = this.#run(i.y, at);
        if (found && i.negated) while (this.#stack.length > before) this.#back(before);
        return found === (i.negated === true) ? undefined : [i.x, at];
      }
      default:
        return undefined;
    }
  }

  #holds({ kind, loose }: Instruction, at: number): boolean {
    const isLine = (place: number) => /[\n\r\u2028\u2029]/.test(this.#text[place] ?? '');
    const isWord = (place: number) => WORD.test(this.#text[place] ?? '');
    if (kind === '^') return at === 0 || (loose === true && isLine(at - 1));
    if (kind === '$') return at === this.#text.length || (loose === true && isLine(at));
    return (isWord(at - 1) !== isWord(at)) === (kind === 'b');
  }

  #reference(i: Instruction, pc: number, at: number): [number, number] | undefined {
    const [start = -1, end = -1] = [this.#registers[2 * i.y], this.#registers[2 * i.y + 1]];
    if (start < 0 || end < 0) return [pc + 1, at];
    const wanted = this.#text.slice(start, end);
    const place = i.backwards ? at - wanted.length : at;
    if (place < 0) return undefined;
    const found = this.#text.slice(place, place + wanted.length);
    work(wanted.length >> 3);
    const same = i.loose ? found.toLowerCase() === wanted.toLowerCase() : found === wanted;
    return same ? [pc + 1, i.backwards ? place : at + wanted.length] : undefined;
  }

  /** Goes back to the last choice; undefined: there is none. */
  #back(base: number): [pc: number, at: number] | undefined {
    while (this.#stack.length > base) {
      const what = this.#stack.pop() ?? 0;
      const value = this.#stack.pop() ?? 0;
      if (what >= 0) return [what, value];
      this.#registers[-1 - what] = value;
    }
    return undefined;
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
