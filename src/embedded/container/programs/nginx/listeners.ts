import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import type { Peer } from '../../kernel/network.ts';
import type { Process } from '../../kernel/process.ts';
import { serveHttp } from '../../lib/http-server.ts';
import { handle } from './handle.ts';
import type { RunningSite } from './running.ts';
import { type Peers, splitAddress } from './upstreams.ts';

/** Ports that are listened on, for whatever site is in force now. */
export class Listeners {
  readonly #p: Process;
  readonly #open = new Map<number, { secure: boolean; stop: () => void }>();
  readonly #counted = new WeakSet<Socket>();
  current: RunningSite;

  constructor(site: RunningSite) {
    this.#p = site.p;
    this.current = site;
  }

  /** Listens on the ports of a site and on no others. Throws SysError with the port. */
  use(site: RunningSite): void {
    const streams = new Map(site.site.streams.map((s) => [s.port, s]));
    const wanted = site.ports;
    for (const [port, { secure, stop }] of this.#open) {
      if (wanted.get(port) === secure && !streams.has(port)) continue;
      stop();
      this.#open.delete(port);
    }
    for (const [port, secure] of wanted) {
      if (!this.#open.has(port)) this.#open.set(port, { secure, stop: this.#listen(port, secure) });
    }
    for (const [port, stream] of streams) {
      const { host, port: to } = splitAddress(stream.pass);
      const peers = site.upstreams.get(stream.pass) ?? site.resolved.get(`${host}:${to}`);
      if (peers) this.#open.set(port, { secure: false, stop: this.#relay(port, peers) });
    }
    this.current = site;
  }

  #listen(port: number, secure: boolean): () => void {
    const serve = (request: IncomingMessage, response: ServerResponse, peer: Peer, plain: boolean) => {
      this.#count(request.socket);
      return handle(this.current, { request, response, peer, port, secure, plainToSecure: secure && plain });
    };
    if (!secure) return serveHttp(this.#p, port, (a, b, c) => serve(a, b, c, false));
    return serveHttp(this.#p, port, (a, b, c, plain) => serve(a, b, c, plain === true), {
      certificate: (name) => this.current.certificate(port, name),
    });
  }

  /** Of the stream module: bytes to and fro. */
  #relay(port: number, peers: Peers): () => void {
    const p = this.#p;
    return p.container.network.listen(p, port, (client, { address }) => {
      const peer = peers.next(new Set(), address, '', p.container.clock.now());
      if (!peer) {
        client.destroy();
        return;
      }
      p.container.network
        .connect(p, peer.address, peer.port)
        .then((upstream) => Promise.all([pipeline(client, upstream), pipeline(upstream, client)]))
        // Either end has gone: the other goes too.
        .catch(() => client.destroy());
    });
  }

  #count(socket: Socket): void {
    if (this.#counted.has(socket)) return;
    this.#counted.add(socket);
    const { counters } = this.current;
    counters.accepted++;
    counters.active++;
    socket.once('close', () => {
      counters.active--;
    });
  }
}
