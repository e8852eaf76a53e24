import { connect as connectTcp } from 'node:net';
import type { Duplex } from 'node:stream';
import type {
  ClusterDnsQuestion,
  ConnectionRoute,
  ConnectionSource,
  ConnectionTarget,
  DnsAnswer,
  DnsQuestion,
} from '../../network-api.ts';
import type { Caller } from './caller.ts';
import { SysError } from './errno.ts';
import { TcpSocket } from './tcp.ts';

/** The answers of the main thread: see `ClusterNetwork`. */
export interface NetworkLink {
  records(question: ClusterDnsQuestion): Promise<DnsAnswer>;
  route(from: ConnectionSource, to: ConnectionTarget): Promise<ConnectionRoute>;
}

export interface Peer {
  address: string;
  port: number;
}

type Accept = (connection: TcpSocket, peer: Peer) => void;

interface Listener {
  process: Caller;
  accept: Accept;
  secured: Accept | undefined;
}

/** What a name server answers; undefined: it drops the question. */
export type DnsHandler = (question: DnsQuestion, peer: Peer) => Promise<DnsAnswer | undefined>;

interface NameServer {
  process: Caller;
  answer: DnsHandler;
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
  readonly #nameServers = new Map<number, NameServer>();
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
  release(container: object): void {
    let changed = false;
    for (const [port, listener] of this.#listeners) {
      if (listener.process.container === container) changed = this.#listeners.delete(port) || changed;
    }
    for (const [port, { process }] of this.#nameServers) {
      if (process.container === container) this.#nameServers.delete(port);
    }
    if (changed) this.#announce();
    if (--this.#users <= 0) this.#network.namespaces.delete(this.pod.uid);
  }

  get ports(): number[] {
    return [...this.#listeners.keys()];
  }

  /** Every listener with the process that owns it, for netstat. */
  get listening(): { port: number; process: Caller }[] {
    return [...this.#listeners].map(([port, { process }]) => ({ port, process }));
  }

  /**
   * Accepts connections until the process ends or the returned function is called; a TLS server may say how it goes on with
   * those that are `secured` already. Throws EADDRINUSE, EACCES.
   */
  listen(p: Caller, port: number, accept: Accept, secured?: Accept): () => void {
    if (this.#listeners.has(port)) throw new SysError('EADDRINUSE');
    const listener = { process: p, accept, secured };
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

  /** Answers DNS questions on a UDP port until the process ends or the returned function is called. Throws EADDRINUSE. */
  serveDns(p: Caller, port: number, answer: DnsHandler): () => void {
    if (this.#nameServers.has(port)) throw new SysError('EADDRINUSE');
    const server = { process: p, answer };
    this.#nameServers.set(port, server);
    const stop = () => {
      if (this.#nameServers.get(port) === server) this.#nameServers.delete(port);
    };
    p.onExit(stop);
    return stop;
  }

  #announce(): void {
    this.#network.onListen(this.pod.uid, this.ports);
  }

  /** The near end of a new connection to a listener here; undefined: nobody listens. */
  dial(port: number, from: string): TcpSocket | undefined {
    const listener = this.#listeners.get(port);
    return listener && this.#connection(listener, listener.accept, from);
  }

  /**
   * The near end of a new connection that counts as secured, for clients that look at no certificate: the handshake is most
   * of what such a request costs. Undefined: whoever listens, if anybody does, has to be asked by TLS.
   */
  dialSecured(port: number, from: string): TcpSocket | undefined {
    const listener = this.#listeners.get(port);
    return listener?.secured && this.#connection(listener, listener.secured, from);
  }

  #connection(listener: Listener, accept: Accept, from: string): TcpSocket {
    const [near, far] = TcpSocket.pair();
    const forget = listener.process.onExit(() => {
      near.destroy();
      far.destroy();
    });
    far.once('close', forget);
    accept(far, { address: from, port: this.#nextPort++ });
    return near;
  }

  /** Opens a TCP connection. Throws ECONNREFUSED, ETIMEDOUT (after `timeoutMs` if that is shorter than TCP's own). */
  async connect(p: Caller, address: string, port: number, timeoutMs = SYN_TIMEOUT_MS): Promise<Duplex> {
    await p.step(CONNECT_COST);
    if (this.#staysHere(address, port)) return this.#connected(p, this.dial(port, address));
    const route = await this.#tcpRoute(p, address, port);
    if (route.kind === 'timeout') {
      await p.sleep(Math.min(timeoutMs, SYN_TIMEOUT_MS));
      throw new SysError('ETIMEDOUT');
    }
    if (route.kind === 'container') {
      const receiver = this.#network.namespaces.get(route.podUid);
      return this.#connected(p, receiver?.dial(route.port, route.from));
    }
    if (route.kind === 'api-server' || route.kind === 'kubelet')
      return this.#connected(p, await dialHost(p, route.host, route.port));
    throw new SysError('ECONNREFUSED');
  }

  /** Whether somebody would take a connection, without opening one. */
  async listens(p: Caller, address: string, port: number): Promise<boolean> {
    if (this.#staysHere(address, port)) return this.#listeners.has(port);
    const route = await this.#tcpRoute(p, address, port);
    if (route.kind !== 'container') return route.kind === 'api-server' || route.kind === 'kubelet';
    return this.#network.namespaces.get(route.podUid)?.ports.includes(route.port) === true;
  }

  /** Whether a connection does not leave this network. */
  #staysHere(address: string, port: number): boolean {
    const here = isLoopback(address);
    // A machine's own addresses lead to whatever on it listens, in the network of the node.
    const own = here ? !this.#isMachine : address === this.pod.ip;
    return this.#listeners.has(port) ? here || own : here && own;
  }

  #tcpRoute(p: Caller, address: string, port: number): Promise<ConnectionRoute> {
    return this.#route(p, { address: isLoopback(address) ? this.pod.ip : address, port, protocol: 'TCP' });
  }

  /** The network of a node itself is in no namespace. */
  get #isMachine(): boolean {
    return this.pod.namespace === '';
  }

  #route(p: Caller, to: ConnectionTarget): Promise<ConnectionRoute> {
    const { namespace, name } = this.pod;
    const from = this.#isMachine ? { nodeName: name } : { namespace, podName: name };
    return p.until(this.#network.link.route(from, to));
  }

  /** Whether a machine or Pod answers at an address at all, as ping asks. */
  async reachable(p: Caller, address: string): Promise<boolean> {
    if (isLoopback(address) || address === this.pod.ip) return true;
    const { kind } = await this.#route(p, { address, port: 0, protocol: 'ICMP' });
    return kind === 'container' || kind === 'node';
  }

  #connected(p: Caller, connection: Duplex | undefined): Duplex {
    if (!connection) throw new SysError('ECONNREFUSED');
    const forget = p.onExit(() => connection.destroy());
    connection.once('close', forget);
    return connection;
  }

  /** Asks a name server. Throws ECONNREFUSED where nobody listens, ETIMEDOUT after `timeoutMs` without an answer. */
  async query(p: Caller, question: DnsQuestion, server: string, timeoutMs: number, port = 53): Promise<DnsAnswer> {
    await p.step(100);
    const found = await this.#findNameServer(p, server, port);
    const peer = { address: found?.from ?? '', port: this.#nextPort++ };
    return p.block((resolve, reject) => {
      const timer = p.container.clock.after(timeoutMs, () => reject(new SysError('ETIMEDOUT')));
      found?.answer(question, peer).then((answer) => {
        if (!answer) return;
        timer.cancel();
        resolve(answer);
      }, reject);
      return () => timer.cancel();
    });
  }

  /** What answers DNS questions on a UDP port here. */
  nameServer(port: number): DnsHandler | undefined {
    return this.#nameServers.get(port)?.answer;
  }

  /** Undefined: questions get lost on the way. */
  async #findNameServer(
    p: Caller,
    address: string,
    port: number,
  ): Promise<{ answer: DnsHandler; from: string } | undefined> {
    const of = (namespace: NetworkNamespace | undefined, at: number, from: string) => {
      const answer = namespace?.nameServer(at);
      if (!answer) throw new SysError('ECONNREFUSED');
      return { answer, from };
    };
    if (isLoopback(address) || address === this.pod.ip) return of(this, port, address);
    const route = await this.#route(p, { address, port, protocol: 'UDP' });
    if (route.kind === 'timeout') return undefined;
    if (route.kind === 'resolver')
      return { answer: async () => ({ code: 'NXDOMAIN', records: [] }), from: this.pod.ip };
    if (route.kind !== 'container') throw new SysError('ECONNREFUSED');
    return of(this.#network.namespaces.get(route.podUid), route.port, route.from);
  }

  /** The records of the cluster's own zone, as the API server tells them. */
  clusterRecords(question: ClusterDnsQuestion): Promise<DnsAnswer> {
    return this.#network.link.records(question);
  }
}

const isLoopback = (address: string) => /^(127\.|0\.0\.0\.0$|::1$|localhost$)/.test(address);

/** The one way out of the simulation: the API server, or the kubelet, that `route` named. */
function dialHost(p: Caller, host: string, port: number): Promise<Duplex> {
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
