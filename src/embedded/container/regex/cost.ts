/** An upper bound of what V8's backtracking takes for an expression, from its shape and the length of the text. */
import { charSet } from './char-set.ts';
import type { Node } from './parse.ts';

/** Units that can begin something: by unit up to 255, the last for all beyond. */
type First = Uint8Array;
const UNITS = 257;
const nothing: First = new Uint8Array(UNITS);
const anything: First = new Uint8Array(UNITS).fill(1);

/** `ways`: in how many ways it can match from one position; `work`: steps for trying them all. */
interface Cost {
  ways: number;
  work: number;
}

/** Steps for a search in `length` units of text; Infinity where they grow without a bound that a polynomial has. */
export function searchCost(root: Node, length: number): number {
  const { work } = costOf(root, length + 1, nothing);
  return startsAtStart(root) ? work : work * (length + 1);
}

function startsAtStart(node: Node): boolean {
  if (node.t === 'assert') return node.kind === '^' && !node.multiline;
  if (node.t === 'seq') return node.items[0] !== undefined && startsAtStart(node.items[0]);
  if (node.t === 'alt') return node.items.every(startsAtStart);
  return node.t === 'group' && startsAtStart(node.body);
}

function union(a: First, b: First): First {
  if (a === nothing) return b;
  if (b === nothing) return a;
  return a.map((bit, unit) => bit | (b[unit] ?? 0));
}

function disjoint(a: First, b: First): boolean {
  return !a.some((bit, unit) => bit === 1 && b[unit] === 1);
}

/** What a match of the node can begin with; `after`: what comes behind it, where it can be empty. */
export function firstOf(node: Node, after: First): First {
  switch (node.t) {
    case 'char': {
      const { table, beyond } = charSet(node.source, node.flags);
      const first = new Uint8Array(UNITS);
      first.set(table);
      first[UNITS - 1] = beyond ? 1 : 0;
      return first;
    }
    case 'seq':
      return node.items.reduceRight((behind, item) => firstOf(item, behind), after);
    case 'alt':
      return node.items.map((item) => firstOf(item, after)).reduce(union);
    case 'group':
      return firstOf(node.body, after);
    case 'repeat': {
      const first = firstOf(node.body, after);
      return node.min === 0 ? union(first, after) : first;
    }
    default:
      // What they look at is not what comes next.
      return anything;
  }
}

function costOf(node: Node, length: number, after: First): Cost {
  switch (node.t) {
    case 'char':
    case 'assert':
      return { ways: 1, work: 1 };
    case 'backref':
      return { ways: 1, work: length };
    case 'group':
      return costOf(node.body, length, after);
    case 'look':
      return { ways: 1, work: costOf(node.body, length, nothing).work + 1 };
    case 'seq': {
      const behind = [after];
      for (const item of node.items.slice(1).reverse()) behind.push(firstOf(item, behind.at(-1) ?? after));
      behind.reverse();
      let all: Cost = { ways: 1, work: 0 };
      for (const [i, item] of node.items.entries()) {
        const { ways, work } = costOf(item, length, behind[i] ?? after);
        all = { ways: all.ways * ways, work: all.work + all.ways * work };
      }
      return all;
    }
    case 'alt': {
      const costs = node.items.map((item) => costOf(item, length, after));
      const firsts = node.items.map((item) => firstOf(item, after));
      let seen = nothing;
      const one = firsts.every((first) => {
        const fresh = disjoint(first, seen);
        seen = union(seen, first);
        return fresh;
      });
      const ways = costs.map((cost) => cost.ways);
      return {
        ways: one ? Math.max(...ways) : ways.reduce((sum, n) => sum + n, 0),
        work: costs.reduce((sum, { work }) => sum + work + 1, 0),
      };
    }
    case 'repeat':
      return repeatCost(node, length, after);
  }
}

function repeatCost({ body, min, max }: Extract<Node, { t: 'repeat' }>, length: number, after: First): Cost {
  const first = firstOf(body, after);
  const each = costOf(body, length, max > 1 ? union(first, after) : after);
  const most = Math.min(max, Math.max(min, length));
  const steps = most * each.work + 1;
  // Where it ends is settled by the next character.
  const settled = min === max || disjoint(first, after);
  if (each.ways === 1) return { ways: settled ? 1 : most - min + 1, work: 2 * steps };
  if (most === 1) return { ways: settled ? each.ways : each.ways + 1, work: steps };
  const ways = each.ways ** most;
  return { ways, work: ways * steps };
}
