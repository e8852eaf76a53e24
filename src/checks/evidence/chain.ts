import type { Evidence } from '../types.ts';

/** A fact that was observed, and how anybody can see it. */
export interface Link {
  fact: string;
  /** `missing` is what is not there, or what ends the chain. */
  kind?: 'object' | 'log' | 'missing' | 'review' | 'rule';
  command: string;
  /** What in the command's output bears the fact out, word by word but for spaces. */
  shows?: string[];
}

/** More links than this nobody follows. */
const longest = 8;

/** Facts from what was seen to why it is so, cause after effect: bounded, each fact once. */
export class Chain {
  readonly #links: Link[] = [];
  readonly #visited = new Set<string>();

  /** Adds a fact, unless it was reported already or the chain is long enough. */
  add(link: Link): void {
    if (this.#links.length >= longest || this.#links.some((known) => known.fact === link.fact)) return;
    this.#links.push(link);
  }

  /** Whether this object has not been followed yet; it counts as followed from now on. */
  enter(key: string): boolean {
    if (this.#visited.has(key)) return false;
    this.#visited.add(key);
    return true;
  }

  /** Takes back what was added after the chain had this length. */
  cut(length: number): void {
    this.#links.length = Math.min(this.#links.length, length);
  }

  get length(): number {
    return this.#links.length;
  }

  /** The links as they are shown: a fact, then its command; a command that shows several in a row stands once after them. */
  toEvidence(): Evidence[] {
    return this.#links.flatMap(({ kind = 'object', fact, command }, index): Evidence[] => {
      const reported: Evidence = { kind, text: fact };
      if (this.#links[index + 1]?.command === command) return [reported];
      let first = index;
      while (this.#links[first - 1]?.command === command) first--;
      const shows = [...new Set(this.#links.slice(first, index + 1).flatMap((link) => link.shows ?? []))];
      return [reported, { kind: 'command', text: command, ...(shows.length > 0 ? { shows } : {}) }];
    });
  }
}
