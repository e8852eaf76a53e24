import type { DnsAnswer, DnsQuestion } from '../../network-api.ts';
import type { Caller } from './caller.ts';
import { SysError } from './errno.ts';
import type { Peer } from './listeners.ts';

/** What a name server answers; undefined: it drops the question. */
export type DnsHandler = (question: DnsQuestion, peer: Peer) => Promise<DnsAnswer | undefined>;

/** The UDP ports of one network namespace on which DNS questions are answered. */
export class NameServers {
  readonly #all = new Map<number, { process: Caller; answer: DnsHandler }>();

  /** See `NetworkNamespace.serveDns`. */
  add(p: Caller, port: number, answer: DnsHandler): () => void {
    if (this.#all.has(port)) throw new SysError('EADDRINUSE');
    const server = { process: p, answer };
    this.#all.set(port, server);
    const stop = () => {
      if (this.#all.get(port) === server) this.#all.delete(port);
    };
    p.onExit(stop);
    return stop;
  }

  /** Those of a container that has ended are gone. */
  release(container: object): void {
    for (const [port, { process }] of this.#all) if (process.container === container) this.#all.delete(port);
  }

  /** What answers on a port. */
  at(port: number): DnsHandler | undefined {
    return this.#all.get(port)?.answer;
  }
}
