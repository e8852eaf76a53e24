import type { Caller } from './caller.ts';
import { SysError } from './errno.ts';
import { TcpSocket } from './tcp.ts';

export interface Peer {
  address: string;
  port: number;
}

export type Accept = (connection: TcpSocket, peer: Peer) => void;

interface Listener {
  process: Caller;
  accept: Accept;
  secured: Accept | undefined;
}

/** The TCP ports of one network namespace that somebody listens on. */
export class Listeners {
  readonly #all = new Map<number, Listener>();
  readonly #changed: (ports: number[]) => void;
  readonly #nextPort: () => number;

  /** `changed`: told of the ports whenever they are others; `nextPort`: one for the near end of a connection. */
  constructor(changed: (ports: number[]) => void, nextPort: () => number) {
    this.#changed = changed;
    this.#nextPort = nextPort;
  }

  get ports(): number[] {
    return [...this.#all.keys()];
  }

  has(port: number): boolean {
    return this.#all.has(port);
  }

  /** Every listener with the process that owns it. */
  get owners(): { port: number; process: Caller }[] {
    return [...this.#all].map(([port, { process }]) => ({ port, process }));
  }

  /** See `NetworkNamespace.listen`. */
  add(p: Caller, port: number, accept: Accept, secured?: Accept): () => void {
    if (this.#all.has(port)) throw new SysError('EADDRINUSE');
    const listener = { process: p, accept, secured };
    this.#all.set(port, listener);
    this.#changed(this.ports);
    const stop = () => {
      if (this.#all.get(port) !== listener) return;
      this.#all.delete(port);
      this.#changed(this.ports);
    };
    p.onExit(stop);
    return stop;
  }

  /** Those of a container that has ended are gone. */
  release(container: object): void {
    const gone = [...this.#all].filter(([, { process }]) => process.container === container);
    for (const [port] of gone) this.#all.delete(port);
    if (gone.length > 0) this.#changed(this.ports);
  }

  /** The near end of a new connection to a listener; undefined: nobody listens. */
  dial(port: number, from: string): TcpSocket | undefined {
    const listener = this.#all.get(port);
    return listener && this.#connection(listener, listener.accept, from);
  }

  /**
   * The near end of a new connection that counts as secured, for clients that look at no certificate: the handshake is most
   * of what such a request costs. Undefined: whoever listens, if anybody does, has to be asked by TLS.
   */
  dialSecured(port: number, from: string): TcpSocket | undefined {
    const listener = this.#all.get(port);
    return listener?.secured && this.#connection(listener, listener.secured, from);
  }

  #connection(listener: Listener, accept: Accept, from: string): TcpSocket {
    const [near, far] = TcpSocket.pair();
    const forget = listener.process.onExit(() => {
      near.destroy();
      far.destroy();
    });
    far.once('close', forget);
    accept(far, { address: from, port: this.#nextPort() });
    return near;
  }
}
