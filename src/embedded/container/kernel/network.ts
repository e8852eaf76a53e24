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
import { type Accept, Listeners } from './listeners.ts';
import { type DnsHandler, NameServers } from './name-servers.ts';

/** The answers of the main thread: see `ClusterNetwork`. */
export interface NetworkLink {
  records(question: ClusterDnsQuestion): Promise<DnsAnswer>;
  route(from: ConnectionSource, to: ConnectionTarget): Promise<ConnectionRoute>;
}

export type { Peer } from './listeners.ts';

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
  readonly listeners: Listeners;
  readonly nameServers = new NameServers();
  #users = 0;
  #nextPort = 32768 + Math.floor(Math.random() * 20000);

  constructor(network: PodNetwork, pod: { uid: string; name: string; namespace: string; ip: string }) {
    this.#network = network;
    this.pod = pod;
    this.listeners = new Listeners(
      (ports) => network.onListen(pod.uid, ports),
      () => this.#nextPort++,
    );
  }

  /** A container starts to use it. */
  hold(): this {
    this.#users++;
    return this;
  }

  /** A container has ended: its listeners are gone, and the namespace with the last container. */
  release(container: object): void {
    this.listeners.release(container);
    this.nameServers.release(container);
    if (--this.#users <= 0) this.#network.namespaces.delete(this.pod.uid);
  }

  get ports(): number[] {
    return this.listeners.ports;
  }

  /** Every listener with the process that owns it, for netstat. */
  get listening(): { port: number; process: Caller }[] {
    return this.listeners.owners;
  }

  /**
   * Accepts connections until the process ends or the returned function is called; a TLS server may say how it goes on with
   * those that are `secured` already. Throws EADDRINUSE, EACCES.
   */
  listen(p: Caller, port: number, accept: Accept, secured?: Accept): () => void {
    return this.listeners.add(p, port, accept, secured);
  }

  /** Answers DNS questions on a UDP port until the process ends or the returned function is called. Throws EADDRINUSE. */
  serveDns(p: Caller, port: number, answer: DnsHandler): () => void {
    return this.nameServers.add(p, port, answer);
  }

  /** Opens a TCP connection. Throws ECONNREFUSED, ETIMEDOUT (after `timeoutMs` if that is shorter than TCP's own). */
  async connect(p: Caller, address: string, port: number, timeoutMs = SYN_TIMEOUT_MS): Promise<Duplex> {
    await p.step(CONNECT_COST);
    if (this.#staysHere(address, port)) return this.#connected(p, this.listeners.dial(port, address));
    const route = await this.#tcpRoute(p, address, port);
    if (route.kind === 'timeout') {
      await p.sleep(Math.min(timeoutMs, SYN_TIMEOUT_MS));
      throw new SysError('ETIMEDOUT');
    }
    if (route.kind === 'container') {
      const receiver = this.#network.namespaces.get(route.podUid);
      return this.#connected(p, receiver?.listeners.dial(route.port, route.from));
    }
    if (route.kind === 'api-server' || route.kind === 'kubelet')
      return this.#connected(p, await dialHost(p, route.host, route.port));
    throw new SysError('ECONNREFUSED');
  }

  /** Whether somebody would take a connection, without opening one. */
  async listens(p: Caller, address: string, port: number): Promise<boolean> {
    if (this.#staysHere(address, port)) return this.listeners.has(port);
    const route = await this.#tcpRoute(p, address, port);
    if (route.kind !== 'container') return route.kind === 'api-server' || route.kind === 'kubelet';
    return this.#network.namespaces.get(route.podUid)?.listeners.has(route.port) === true;
  }

  /** Whether a connection does not leave this network. */
  #staysHere(address: string, port: number): boolean {
    const here = isLoopback(address);
    // A machine's own addresses lead to whatever on it listens, in the network of the node.
    const own = here ? !this.#isMachine : address === this.pod.ip;
    return this.listeners.has(port) ? here || own : here && own;
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

  /** Undefined: questions get lost on the way. */
  async #findNameServer(
    p: Caller,
    address: string,
    port: number,
  ): Promise<{ answer: DnsHandler; from: string } | undefined> {
    const of = (namespace: NetworkNamespace | undefined, at: number, from: string) => {
      const answer = namespace?.nameServers.at(at);
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
