/** Gives out the addresses of a node's pod range, one after the other, as the host-local CNI plugin does. */
export class AddressPool {
  readonly #base: number;
  readonly #size: number;
  readonly #used = new Map<number, string>();
  #next = 2;

  /** `cidr`: `10.244.0.0/24`. The first address is the gateway's. */
  constructor(cidr: string) {
    const [address = '', bits = '24'] = cidr.split('/');
    this.#base = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
    this.#size = 2 ** (32 - Number(bits));
  }

  /** An address for `owner`; `wanted` (the one from before a restart) if nobody else has it. */
  allocate(owner: string, wanted?: string): string {
    const before =
      wanted === undefined ? -1 : wanted.split('.').reduce((sum, part) => sum * 256 + Number(part), 0) - this.#base;
    if (before > 1 && before < this.#size - 1 && (this.#used.get(before) ?? owner) === owner)
      return this.#take(before, owner);
    for (let tries = 0; tries < this.#size; tries++) {
      const offset = this.#next;
      this.#next = this.#next + 1 < this.#size - 1 ? this.#next + 1 : 2;
      if (!this.#used.has(offset)) return this.#take(offset, owner);
    }
    throw new Error('no IP addresses available in range set');
  }

  release(owner: string): void {
    for (const [offset, by] of this.#used) if (by === owner) this.#used.delete(offset);
  }

  #take(offset: number, owner: string): string {
    this.#used.set(offset, owner);
    if (this.#next <= offset) this.#next = offset + 1 < this.#size - 1 ? offset + 1 : 2;
    const address = this.#base + offset;
    return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
  }
}
