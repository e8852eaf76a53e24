/** Reads the source of a JavaScript regular expression (without the flags `u` and `v`) that V8 has accepted. */

export type Node =
  /** One character: a literal, an escape, a class or a dot, as it is written; `flags` are in force there. */
  | { t: 'char'; source: string; flags: string }
  | { t: 'seq'; items: readonly Node[] }
  | { t: 'alt'; items: readonly Node[] }
  | { t: 'group'; index: number; body: Node }
  /** `groups`: the first capture in the body, and the one after the last. */
  | { t: 'repeat'; body: Node; min: number; max: number; greedy: boolean; groups: readonly [number, number] }
  | { t: 'assert'; kind: '^' | '$' | 'b' | 'B'; multiline: boolean }
  | { t: 'look'; behind: boolean; negated: boolean; body: Node }
  | { t: 'backref'; index: number; ignoreCase: boolean };

/** Whether a node may match without taking a character. */
export function canBeEmpty(node: Node): boolean {
  switch (node.t) {
    case 'char':
      return false;
    case 'seq':
      return node.items.every(canBeEmpty);
    case 'alt':
      return node.items.some(canBeEmpty);
    case 'group':
      return canBeEmpty(node.body);
    case 'repeat':
      return node.min === 0 || canBeEmpty(node.body);
    default:
      return true;
  }
}

export interface Parsed {
  root: Node;
  /** How many captures there are, the whole match not counted. */
  groups: number;
  /** Names of captures and their numbers, in order. */
  names: readonly (readonly [string, number])[];
}

/** The groups of a source: how many, and their names. */
function captures(source: string): Omit<Parsed, 'root'> {
  const names: [string, number][] = [];
  let groups = 0;
  for (const [text, name] of source.matchAll(/\\[\s\S]|\[(?:\\[\s\S]|[^\]\\])*\]|\((?!\?)|\(\?<(?![=!])([^>]*)>/g)) {
    if (!text.startsWith('(')) continue;
    groups++;
    if (name !== undefined) names.push([name, groups]);
  }
  return { groups, names };
}

/** An expression that is larger than its matcher may become: in glibc's words, as other tools know it. */
export const TOO_BIG = 'Regular expression too big';

/** So deep groups may be in each other, as PCRE has it: what works on the tree does so with the stack. */
const MOST_NESTED = 250;

/** Throws SyntaxError where groups are nested too deeply. */
export function parse(source: string, flags: string): Parsed {
  const found = captures(source);
  return { root: new Parser(source, flags, found).disjunction(), ...found };
}

class Parser {
  readonly #source: string;
  readonly #known: Omit<Parsed, 'root'>;
  #flags: string;
  #at = 0;
  #groups = 0;
  #depth = 0;

  constructor(source: string, flags: string, known: Omit<Parsed, 'root'>) {
    this.#source = source;
    this.#flags = flags;
    this.#known = known;
  }

  disjunction(): Node {
    const items = [this.#sequence()];
    while (this.#source[this.#at] === '|') {
      this.#at++;
      items.push(this.#sequence());
    }
    const [only] = items;
    return items.length === 1 && only ? only : { t: 'alt', items };
  }

  #sequence(): Node {
    const items: Node[] = [];
    while (this.#at < this.#source.length && !'|)'.includes(this.#source[this.#at] ?? '')) {
      const before = this.#groups + 1;
      const atom = this.#atom();
      items.push(this.#quantified(atom, before));
    }
    const [only] = items;
    return items.length === 1 && only ? only : { t: 'seq', items };
  }

  #take(pattern: RegExp): RegExpExecArray | undefined {
    const sticky = new RegExp(pattern.source, 'y');
    sticky.lastIndex = this.#at;
    const found = sticky.exec(this.#source);
    if (found) this.#at = sticky.lastIndex;
    return found ?? undefined;
  }

  #quantified(body: Node, firstGroup: number): Node {
    const found = this.#take(/(?:([*+?])|\{(\d+)(,?)(\d*)\})(\??)/);
    if (!found) return body;
    const [, sign, least = '', comma, most = '', lazy] = found;
    const bounds: Record<string, readonly [number, number]> = { '*': [0, Infinity], '+': [1, Infinity], '?': [0, 1] };
    const ofBraces = [Number(least), comma === '' ? Number(least) : most === '' ? Infinity : Number(most)] as const;
    const [min, max] = (sign === undefined ? undefined : bounds[sign]) ?? ofBraces;
    return { t: 'repeat', body, min, max, greedy: lazy === '', groups: [firstGroup, this.#groups + 1] };
  }

  #atom(): Node {
    const c = this.#source[this.#at] ?? '';
    if (c === '(') return this.#group();
    if (c === '^' || c === '$') {
      this.#at++;
      return { t: 'assert', kind: c, multiline: this.#flags.includes('m') };
    }
    const boundary = this.#take(/\\([bB])/);
    if (boundary) return { t: 'assert', kind: boundary[1] as 'b' | 'B', multiline: false };
    const reference = this.#reference();
    if (reference !== undefined) return { t: 'backref', index: reference, ignoreCase: this.#flags.includes('i') };
    const one = this.#take(
      /\[(?:\\[\s\S]|[^\]\\])*\]|\\(?:x[\da-fA-F]{2}|u[\da-fA-F]{4}|c[A-Za-z]|[0-3]?[0-7]{1,2}|[\s\S])|[\s\S]/,
    );
    const source = one?.[0] ?? '';
    // Braces that are no quantifier stand for themselves only as long as nothing is put after them.
    return { t: 'char', source: /^[{}\]]$/.test(source) ? `\\${source}` : source, flags: this.#flags };
  }

  /** The number of the group that a reference at this place means; undefined: here is none. */
  #reference(): number | undefined {
    const named = this.#known.names.length > 0 ? this.#take(/\\k<([^>]*)>/) : undefined;
    if (named) return this.#known.names.find(([name]) => name === named[1])?.[1];
    const digits = /^\\([1-9]\d*)/.exec(this.#source.slice(this.#at, this.#at + 8))?.[1];
    if (digits === undefined || Number(digits) > this.#known.groups) return undefined;
    this.#at += 1 + digits.length;
    return Number(digits);
  }

  #group(): Node {
    const outer = this.#flags;
    const look = this.#take(/\(\?(<?)([=!])/);
    const modifiers = look ? undefined : this.#take(/\(\?([ims]*)(?:-([ims]*))?:/);
    let index: number | undefined;
    if (modifiers) {
      const [, on = '', off = ''] = modifiers;
      this.#flags = [...outer].filter((flag) => !off.includes(flag) && !on.includes(flag)).join('') + on;
    } else if (!look) {
      this.#take(/\((?:\?<[^>]*>)?/);
      index = ++this.#groups;
    }
    if (++this.#depth > MOST_NESTED) throw new SyntaxError(TOO_BIG);
    const body = this.disjunction();
    this.#depth--;
    this.#at++;
    this.#flags = outer;
    if (look) return { t: 'look', behind: look[1] === '<', negated: look[2] === '!', body };
    return index === undefined ? body : { t: 'group', index, body };
  }
}
