import { connect as connectTcp } from 'node:net';
import { type Duplex, duplexPair } from 'node:stream';
import type { Container } from './container.ts';
import { SysError } from './errno.ts';
import type { Process } from './process.ts';

/** The answers of the main thread; as `ClusterNetwork` of api.ts. */
export interface NetworkLink {
  lookup(name: string, nameserver: string): Promise<string[]>;
  route(
    from: { namespace: string; podName: string },
    address: string,
    port: number,
  ): Promise<
    | { kind: 'api-server'; host: string; port: number }
    | { kind: 'container'; podUid: string; port: number }
    | { kind: 'refused' }
    | { kind: 'timeout' }
  >;
}

export interface Peer {
  address: string;
  port: number;
}

interface Listener {
  process: Process;
  accept(connection: Duplex, peer: Peer): void;
}

/** Linux gives up after about two minutes of lost SYNs. */
const SYN_TIMEOUT_MS = 127_000;
/** What a new connection costs, TLS and all, in fuel. */
const CONNECT_COST = 1500;

/** All Pods of one cluster, as far as connections go. */
export class PodNetwork {
  readonly link: NetworkLink;
  readonly namespaces = new Map<string, NetworkNamespace>();
  readonly onListen: (podUid: string, ports: number[]) => void;

  constructor(link: NetworkLink, onListen: (podUid: string, ports: number[]) => void) {
    this.link = link;
    this.onListen = onListen;
  }

  /** The network namespace that the containers of a Pod share. */
  namespaceOf(pod: { uid: string; name: string; namespace: string; ip: string }): NetworkNamespace {
    let namespace = this.namespaces.get(pod.uid);
    if (!namespace) {
      namespace = new NetworkNamespace(this, pod);
      this.namespaces.set(pod.uid, namespace);
    }
    return namespace;
  }
}

export class NetworkNamespace {
  readonly pod: { uid: string; name: string; namespace: string; ip: string };
  readonly #network: PodNetwork;
  readonly #listeners = new Map<number, Listener>();
  #users = 0;
  #nextPort = 32768 + Math.floor(Math.random() * 20000);

  constructor(network: PodNetwork, pod: { uid: string; name: string; namespace: string; ip: string }) {
    this.#network = network;
    this.pod = pod;
  }

  /** A container starts to use it. */
  hold(): this {
    this.#users++;
    return this;
  }

  /** A container has ended: its listeners are gone, and the namespace with the last container. */
  release(container: Container): void {
    let changed = false;
    for (const [port, listener] of this.#listeners) {
      if (listener.process.container === container) changed = this.#listeners.delete(port) || changed;
    }
    if (changed) this.#announce();
    if (--this.#users <= 0) this.#network.namespaces.delete(this.pod.uid);
  }

  get ports(): number[] {
    return [...this.#listeners.keys()];
  }

  /** Every listener with the process that owns it, for netstat. */
  get listening(): { port: number; process: Process }[] {
    return [...this.#listeners].map(([port, { process }]) => ({ port, process }));
  }

  /** Accepts connections until the process ends or the returned function is called. Throws EADDRINUSE, EACCES. */
  listen(p: Process, port: number, accept: (connection: Duplex, peer: Peer) => void): () => void {
    if (this.#listeners.has(port)) throw new SysError('EADDRINUSE');
    const listener = { process: p, accept };
    this.#listeners.set(port, listener);
    this.#announce();
    const stop = () => {
      if (this.#listeners.get(port) !== listener) return;
      this.#listeners.delete(port);
      this.#announce();
    };
    p.onExit(stop);
    return stop;
  }

  #announce(): void {
    this.#network.onListen(this.pod.uid, this.ports);
  }

  /** The near end of a new connection to a listener here; undefined: nobody listens. */
  dial(port: number, from: string): Duplex | undefined {
    const listener = this.#listeners.get(port);
    if (!listener) return undefined;
    const [near, far] = duplexPair();
    near.on('error', () => {});
    far.on('error', () => {});
    const forget = listener.process.onExit(() => {
      near.destroy();
      far.destroy();
    });
    far.once('close', forget);
    listener.accept(far, { address: from, port: this.#nextPort++ });
    return near;
  }

  /** Opens a TCP connection. Throws ECONNREFUSED, ETIMEDOUT (after `timeoutMs` if that is shorter than TCP's own). */
  async connect(p: Process, address: string, port: number, timeoutMs = SYN_TIMEOUT_MS): Promise<Duplex> {
    await p.step(CONNECT_COST);
    if (/^(127\.|0\.0\.0\.0$|::1$|localhost$)/.test(address) || address === this.pod.ip) {
      return this.#connected(p, this.dial(port, address));
    }
    const from = { namespace: this.pod.namespace, podName: this.pod.name };
    const route = await p.until(this.#network.link.route(from, address, port));
    if (route.kind === 'refused') throw new SysError('ECONNREFUSED');
    if (route.kind === 'timeout') {
      await p.sleep(Math.min(timeoutMs, SYN_TIMEOUT_MS));
      throw new SysError('ETIMEDOUT');
    }
    if (route.kind === 'container') {
      const target = this.#network.namespaces.get(route.podUid);
      return this.#connected(p, target?.dial(route.port, this.pod.ip));
    }
    return this.#connected(p, await dialHost(p, route.host, route.port));
  }

  /** Whether a machine or Pod answers at an address at all, as ping asks. */
  async reachable(p: Process, address: string): Promise<boolean> {
    const from = { namespace: this.pod.namespace, podName: this.pod.name };
    // Port 0 is never listened on: a machine that is there refuses.
    return (await p.until(this.#network.link.route(from, address, 0))).kind !== 'timeout';
  }

  #connected(p: Process, connection: Duplex | undefined): Duplex {
    if (!connection) throw new SysError('ECONNREFUSED');
    const forget = p.onExit(() => connection.destroy());
    connection.once('close', forget);
    return connection;
  }

  /** Asks the nameserver. Throws ETIMEDOUT, ECONNREFUSED; nothing found is an empty list. */
  async lookup(p: Process, name: string, nameserver: string, timeoutMs: number): Promise<string[]> {
    await p.step(100);
    try {
      return await p.until(this.#network.link.lookup(name, nameserver));
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      if (code === 'ECONNREFUSED') throw new SysError('ECONNREFUSED');
      if (code !== 'ETIMEDOUT') throw error;
      await p.sleep(timeoutMs);
      throw new SysError('ETIMEDOUT');
    }
  }
}

/** The one way out of the simulation: the API server that `route` named. */
function dialHost(p: Process, host: string, port: number): Promise<Duplex> {
  return p.block((resolve, reject) => {
    const socket = connectTcp({ host, port, noDelay: true });
    const onError = () => reject(new SysError('ECONNREFUSED'));
    socket.once('error', onError);
    socket.once('connect', () => {
      socket.off('error', onError);
      socket.on('error', () => {});
      resolve(socket);
    });
    return () => socket.destroy();
  });
}
