/** The state of an object as a client knows it; undefined: there is none. */
export interface Known {
  resourceVersion: string;
  value: string;
}

/** What writers were reported, and what they had asked for when the server died. */
export class Ledger {
  readonly #known = new Map<string, Known | undefined>();
  /** The value, or the absence, that a write without an answer may have left. */
  readonly #asked = new Map<string, string | undefined>();
  #highest = 0;

  /** The highest resourceVersion that anybody was told of. */
  get highest(): number {
    return this.#highest;
  }

  get(name: string): Known | undefined {
    return this.#known.get(name);
  }

  /** A write begins; `value` undefined: a delete. */
  ask(name: string, value: string | undefined): void {
    this.#asked.set(name, value);
  }

  /** The server acknowledged it. */
  acknowledge(name: string, known: Known | undefined): void {
    this.#asked.delete(name);
    this.#known.set(name, known);
    if (known) this.see(known.resourceVersion);
  }

  /** The server refused it: nothing has changed. */
  refuse(name: string): void {
    this.#asked.delete(name);
  }

  see(resourceVersion: string): void {
    this.#highest = Math.max(this.#highest, Number(resourceVersion));
  }

  /** What of a list after the restart contradicts what was reported; from then on the list is what is known. */
  audit(found: ReadonlyMap<string, Known>): string[] {
    const faults: string[] = [];
    for (const name of new Set([...this.#known.keys(), ...this.#asked.keys(), ...found.keys()])) {
      const now = found.get(name);
      const known = this.#known.get(name);
      const kept = now?.resourceVersion === known?.resourceVersion && now?.value === known?.value;
      // A write without an answer has happened or has not, and nothing else.
      const happened = this.#asked.has(name) && now?.value === this.#asked.get(name);
      if (!kept && !happened) {
        const asked = this.#asked.has(name) ? `, asked for ${brief(this.#asked.get(name))}` : '';
        faults.push(`${name}: told ${shown(known)}${asked}, found ${shown(now)}`);
      }
      this.#known.set(name, now);
      if (now) this.see(now.resourceVersion);
    }
    this.#asked.clear();
    return faults;
  }
}

const brief = (value: string | undefined) => (value === undefined ? 'none' : value.slice(0, 20));
const shown = (known: Known | undefined) => (known ? `${brief(known.value)} at ${known.resourceVersion}` : 'none');
