import { type CharSet, charSet } from './char-set.ts';
import { canBeEmpty, type Node, type Parsed, TOO_BIG } from './parse.ts';

/** What the matcher executes. Numbers after the name: see `matcher.ts`. */
export const Op = {
  /** One unit of a set, forwards or backwards. */
  Char: 0,
  /** Try one way, then the other. */
  Split: 1,
  Jump: 2,
  /** Keep the position in a register. */
  Save: 3,
  /** Forget captures. */
  Forget: 4,
  Assert: 5,
  Look: 6,
  Back: 7,
  /** Fail where nothing was matched since a register was set. */
  Progress: 8,
  Match: 9,
} as const;

export interface Instruction {
  op: (typeof Op)[keyof typeof Op];
  /** Where to go on: of Split the preferred way, of Look what comes after it. */
  x: number;
  /** Split: the other way; Look: its own code; else a register or an end of a range of them. */
  y: number;
  set?: CharSet;
  backwards?: boolean;
  negated?: boolean;
  kind?: '^' | '$' | 'b' | 'B';
  /** `^` and `$` at each line; of Back: upper and lower case are the same. */
  loose?: boolean;
  /** The number of a Split among the Splits. */
  split?: number;
}

export interface Code {
  instructions: readonly Instruction[];
  splits: number;
  registers: number;
  /** Whether position and `marks` decide what follows: only then may be remembered that it failed. */
  remembers: boolean;
  /** Registers with the places where rounds began that may be empty: whether they are here decides how a round may end. */
  marks: readonly number[];
}

/** So large an expression may become when its counts are written out. */
const MOST_INSTRUCTIONS = 60_000;

/** Each doubles what there is to remember. */
const MOST_MARKS = 5;

/** Throws SyntaxError if the expression is too big to be compiled. */
export function checkSize({ root }: Parsed): void {
  if (sizeOf(root) > MOST_INSTRUCTIONS) throw new SyntaxError(TOO_BIG);
}

/** How many instructions a node becomes, about: its counts written out. */
function sizeOf(node: Node): number {
  switch (node.t) {
    case 'seq':
    case 'alt':
      return node.items.reduce((sum, item) => sum + sizeOf(item), node.t === 'alt' ? 2 * node.items.length : 0);
    case 'group':
    case 'look':
      return sizeOf(node.body) + 2;
    case 'repeat': {
      // A round of nothing is still a round to write out.
      const once = Math.max(1, sizeOf(node.body) + (node.groups[0] < node.groups[1] ? 1 : 0));
      const more = once + 1 + (canBeEmpty(node.body) ? 2 : 0);
      return node.min * once + (node.max === Number.POSITIVE_INFINITY ? more + 1 : (node.max - node.min) * more);
    }
    default:
      return 1;
  }
}

/** Code of an expression whose size was checked. */
export function compile({ root, groups }: Parsed): Code {
  return new Compiler(groups).code(root);
}

class Compiler {
  readonly #instructions: Instruction[] = [];
  #splits = 0;
  #registers: number;
  #remembers = true;
  readonly #marks: number[] = [];

  constructor(groups: number) {
    this.#registers = 2 * (groups + 1);
  }

  code(root: Node): Code {
    this.#emit({ op: Op.Save, x: 0, y: 0 });
    this.#node(root, false);
    this.#emit({ op: Op.Save, x: 0, y: 1 });
    this.#emit({ op: Op.Match, x: 0, y: 0 });
    return {
      instructions: this.#instructions,
      splits: this.#splits,
      registers: this.#registers,
      remembers: this.#remembers && this.#marks.length <= MOST_MARKS,
      marks: this.#marks,
    };
  }

  #emit(instruction: Instruction): Instruction {
    this.#instructions.push(instruction);
    return instruction;
  }

  get #here(): number {
    return this.#instructions.length;
  }

  #split(): Instruction {
    return this.#emit({ op: Op.Split, x: 0, y: 0, split: this.#splits++ });
  }

  #node(node: Node, backwards: boolean): void {
    switch (node.t) {
      case 'char':
        this.#emit({ op: Op.Char, x: 0, y: 0, set: charSet(node.source, node.flags), backwards });
        return;
      case 'seq':
        for (const item of backwards ? [...node.items].reverse() : node.items) this.#node(item, backwards);
        return;
      case 'alt':
        return this.#alternatives(node.items, backwards);
      case 'group': {
        const [open, close] = [2 * node.index, 2 * node.index + 1];
        this.#emit({ op: Op.Save, x: 0, y: backwards ? close : open });
        this.#node(node.body, backwards);
        this.#emit({ op: Op.Save, x: 0, y: backwards ? open : close });
        return;
      }
      case 'assert':
        this.#emit({ op: Op.Assert, x: 0, y: 0, kind: node.kind, loose: node.multiline });
        return;
      case 'backref':
        this.#remembers = false;
        this.#emit({ op: Op.Back, x: 0, y: node.index, backwards, loose: node.ignoreCase });
        return;
      case 'look': {
        const look = this.#emit({ op: Op.Look, x: 0, y: this.#here + 1, negated: node.negated });
        this.#remembers = false;
        this.#node(node.body, node.behind);
        this.#emit({ op: Op.Match, x: 0, y: 0 });
        look.x = this.#here;
        return;
      }
      case 'repeat':
        return this.#repeat(node, backwards);
    }
  }

  #alternatives(items: readonly Node[], backwards: boolean): void {
    const jumps: Instruction[] = [];
    for (const [i, item] of items.entries()) {
      const split = i < items.length - 1 ? this.#split() : undefined;
      if (split) split.x = this.#here;
      this.#node(item, backwards);
      if (!split) continue;
      jumps.push(this.#emit({ op: Op.Jump, x: 0, y: 0 }));
      split.y = this.#here;
    }
    for (const jump of jumps) jump.x = this.#here;
  }

  #mark(): number {
    const mark = this.#registers++;
    this.#marks.push(mark);
    return mark;
  }

  #repeat({ body, min, max, greedy, groups }: Extract<Node, { t: 'repeat' }>, backwards: boolean): void {
    const once = () => {
      // Each round begins with the captures inside of it forgotten.
      if (groups[0] < groups[1]) this.#emit({ op: Op.Forget, x: 2 * groups[0], y: 2 * groups[1] });
      this.#node(body, backwards);
    };
    for (let i = 0; i < min; i++) once();
    const exits: Instruction[] = [];
    const choice = () => {
      const split = this.#split();
      if (greedy) split.x = this.#here;
      else split.y = this.#here;
      exits.push(split);
    };
    const mark = canBeEmpty(body) ? this.#mark() : undefined;
    const round = () => {
      if (mark !== undefined) this.#emit({ op: Op.Save, x: 0, y: mark });
      once();
      if (mark !== undefined) this.#emit({ op: Op.Progress, x: 0, y: mark });
    };
    if (max === Number.POSITIVE_INFINITY) {
      const head = this.#here;
      choice();
      round();
      this.#emit({ op: Op.Jump, x: head, y: 0 });
    } else {
      for (let i = min; i < max; i++) {
        choice();
        round();
      }
    }
    for (const split of exits) {
      if (greedy) split.y = this.#here;
      else split.x = this.#here;
    }
  }
}
