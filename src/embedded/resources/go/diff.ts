/**
 * The unified diff that kube-apiserver appends to messages about changed Pods: both structs as indented JSON, three
 * lines of context, no file names. Blocks are found as Python's difflib does (Ratcliff/Obershelp with its rule for
 * popular lines), which is what the server's library ports.
 */
import { toGo } from './value.ts';

interface Block {
  a: number;
  b: number;
  size: number;
}

type Operation = { tag: 'equal' | 'change'; a1: number; a2: number; b1: number; b2: number };

const context = 3;

/** Lines of `b` by their text; very frequent lines of long texts are not used to find matches. */
function positions(b: readonly string[]): Map<string, number[]> {
  const found = new Map<string, number[]>();
  for (const [i, line] of b.entries()) {
    const list = found.get(line);
    if (list) list.push(i);
    else found.set(line, [i]);
  }
  if (b.length >= 200) {
    const limit = Math.floor(b.length / 100) + 1;
    for (const [line, list] of found) if (list.length > limit) found.delete(line);
  }
  return found;
}

class Matcher {
  readonly #a: readonly string[];
  readonly #b: readonly string[];
  readonly #positions: Map<string, number[]>;

  constructor(a: readonly string[], b: readonly string[]) {
    this.#a = a;
    this.#b = b;
    this.#positions = positions(b);
  }

  /** The longest common run within the window, the earliest of equals, then grown over equal neighbours. */
  #longest(alo: number, ahi: number, blo: number, bhi: number): Block {
    let best: Block = { a: alo, b: blo, size: 0 };
    let lengths = new Map<number, number>();
    for (let i = alo; i < ahi; i++) {
      const next = new Map<number, number>();
      for (const j of this.#positions.get(this.#a[i] ?? '') ?? []) {
        if (j < blo) continue;
        if (j >= bhi) break;
        const size = (lengths.get(j - 1) ?? 0) + 1;
        next.set(j, size);
        if (size > best.size) best = { a: i - size + 1, b: j - size + 1, size };
      }
      lengths = next;
    }
    let { a, b, size } = best;
    while (a > alo && b > blo && this.#a[a - 1] === this.#b[b - 1]) {
      a--;
      b--;
      size++;
    }
    while (a + size < ahi && b + size < bhi && this.#a[a + size] === this.#b[b + size]) size++;
    return { a, b, size };
  }

  #blocks(alo: number, ahi: number, blo: number, bhi: number, found: Block[]): void {
    const block = this.#longest(alo, ahi, blo, bhi);
    if (block.size === 0) return;
    if (alo < block.a && blo < block.b) this.#blocks(alo, block.a, blo, block.b, found);
    found.push(block);
    const [a, b] = [block.a + block.size, block.b + block.size];
    if (a < ahi && b < bhi) this.#blocks(a, ahi, b, bhi, found);
  }

  operations(): Operation[] {
    const blocks: Block[] = [];
    this.#blocks(0, this.#a.length, 0, this.#b.length, blocks);
    blocks.push({ a: this.#a.length, b: this.#b.length, size: 0 });
    const result: Operation[] = [];
    let [a, b] = [0, 0];
    for (const block of blocks) {
      if (a < block.a || b < block.b) result.push({ tag: 'change', a1: a, a2: block.a, b1: b, b2: block.b });
      [a, b] = [block.a + block.size, block.b + block.size];
      if (block.size === 0) continue;
      const before = result.at(-1);
      if (before?.tag === 'equal') [before.a2, before.b2] = [a, b];
      else result.push({ tag: 'equal', a1: block.a, a2: a, b1: block.b, b2: b });
    }
    return result;
  }
}

/** Changes with their context, those that are near each other in one group. */
function groups(operations: Operation[]): Operation[][] {
  const all = operations.filter((o) => o.a2 > o.a1 || o.b2 > o.b1);
  const first = all[0];
  const last = all.at(-1);
  if (first?.tag === 'equal') {
    first.a1 = Math.max(first.a1, first.a2 - context);
    first.b1 = Math.max(first.b1, first.b2 - context);
  }
  if (last?.tag === 'equal') {
    last.a2 = Math.min(last.a2, last.a1 + context);
    last.b2 = Math.min(last.b2, last.b1 + context);
  }
  const result: Operation[][] = [];
  let group: Operation[] = [];
  for (const o of all) {
    if (o.tag === 'equal' && o.a2 - o.a1 > 2 * context) {
      group.push({ ...o, a2: o.a1 + context, b2: o.b1 + context });
      result.push(group);
      group = [{ ...o, a1: o.a2 - context, b1: o.b2 - context }];
    } else group.push(o);
  }
  if (group.some((o) => o.tag === 'change')) result.push(group);
  return result.filter((g) => g.some((o) => o.tag === 'change'));
}

/** `93,7`: first line, counted from 1, and number of lines; a single line has no number. */
function range(start: number, end: number): string {
  const length = end - start;
  if (length === 1) return String(start + 1);
  return `${length === 0 ? start : start + 1},${length}`;
}

export function unifiedDiff(a: readonly string[], b: readonly string[]): string {
  const out: string[] = [];
  for (const group of groups(new Matcher(a, b).operations())) {
    const first = group[0];
    const last = group.at(-1);
    if (first === undefined || last === undefined) continue;
    out.push(`@@ -${range(first.a1, last.a2)} +${range(first.b1, last.b2)} @@`);
    for (const o of group) {
      if (o.tag === 'equal') out.push(...a.slice(o.a1, o.a2).map((line) => ` ${line}`));
      else {
        out.push(...a.slice(o.a1, o.a2).map((line) => `-${line}`), ...b.slice(o.b1, o.b2).map((line) => `+${line}`));
      }
    }
  }
  return out.map((line) => `${line}\n`).join('');
}

/** The diff of two wire objects in the shape of the internal type. */
export function goDiff(type: string, old: unknown, object: unknown): string {
  const lines = (value: unknown) => JSON.stringify(toGo(type, value), null, 1).split('\n');
  return unifiedDiff(lines(old), lines(object));
}
