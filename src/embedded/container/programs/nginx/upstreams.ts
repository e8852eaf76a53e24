/** Servers that requests are handed on to, and which of them is next. */
import { createHash } from 'node:crypto';
import { isIP } from 'node:net';
import { isSysError } from '../../kernel/errno.ts';
import type { Process } from '../../kernel/process.ts';
import { resolveHost } from '../../kernel/resolver.ts';
import { configError, type Position } from './parse.ts';
import { milliseconds } from './scope.ts';
import type { UpstreamBlock } from './site.ts';

export interface UpstreamPeer {
  address: string;
  port: number;
  weight: number;
  /** Of smooth weighted round robin. */
  current: number;
  maxFails: number;
  failTimeoutMs: number;
  backup: boolean;
  down: boolean;
  fails: number;
  failedAt: number;
  active: number;
}

/** `host:port` of an address as it is written; the usual port is 80. */
export function splitAddress(text: string, port = 80): { host: string; port: number } {
  const [, host = text, given] = /^(\[[^\]]+\]|[^:]+)(?::(\d+))?$/.exec(text) ?? [];
  return { host: host.replace(/^\[|\]$/g, ''), port: given === undefined ? port : Number(given) };
}

/** Resolves a name as nginx does while it reads its configuration. `shown` is what it calls it. Throws ConfigError. */
export async function resolveAtStart(p: Process, host: string, shown: string, at: Position): Promise<string[]> {
  if (isIP(host)) return [host];
  let found: string[] = [];
  try {
    found = await resolveHost(p, host);
  } catch (error) {
    // A name server that is silent is no other than one that does not know.
    if (!isSysError(error)) throw error;
  }
  if (found.length === 0) throw configError(`host not found in upstream "${shown}"`, at);
  return found;
}

const peerOf = (address: string, port: number): UpstreamPeer => ({
  ...{ address, port, weight: 1, current: 0, maxFails: 1, failTimeoutMs: 10_000 },
  ...{ backup: false, down: false, fails: 0, failedAt: 0, active: 0 },
});

/** The servers of an upstream, each try at one of which is counted. */
export class Peers {
  readonly #peers: readonly UpstreamPeer[];
  readonly #method: UpstreamBlock['method'];
  readonly key: string;

  constructor(peers: readonly UpstreamPeer[], method: UpstreamBlock['method'] = 'round_robin', key = '') {
    this.#peers = peers;
    this.#method = method;
    this.key = key;
  }

  /** Of a name in proxy_pass: all its addresses in turn. */
  static of(addresses: readonly string[], port: number): Peers {
    return new Peers(addresses.map((address) => peerOf(address, port)));
  }

  /** Of an upstream block. Throws ConfigError. */
  static async read(p: Process, block: UpstreamBlock): Promise<Peers> {
    const peers: UpstreamPeer[] = [];
    for (const server of block.servers) {
      const { host, port } = splitAddress(server.address);
      for (const address of await resolveAtStart(p, host, server.address, server.at)) {
        const { weight, maxFails, backup, down } = server;
        const failTimeoutMs = milliseconds(server.failTimeout, 10_000);
        peers.push({ ...peerOf(address, port), weight, maxFails, failTimeoutMs, backup, down });
      }
    }
    return new Peers(peers, block.method, block.key);
  }

  /** How many tries a request has. */
  get size(): number {
    return this.#peers.length;
  }

  /** The next server that has not been tried and works; undefined: none is left. `client` decides for hashes. */
  next(tried: ReadonlySet<UpstreamPeer>, client: string, key: string, now: number): UpstreamPeer | undefined {
    // One alone is never set aside.
    const usable = this.#peers.filter(
      (peer) =>
        !peer.down &&
        !tried.has(peer) &&
        (this.#peers.length === 1 ||
          peer.maxFails === 0 ||
          peer.fails < peer.maxFails ||
          now - peer.failedAt > peer.failTimeoutMs),
    );
    const primary = usable.filter((peer) => !peer.backup);
    return this.#choose(primary.length > 0 ? primary : usable, client, key);
  }

  #choose(peers: readonly UpstreamPeer[], client: string, key: string): UpstreamPeer | undefined {
    if (this.#method === 'ip_hash') return hashed(peers, client.split('.').slice(0, 3).join('.'));
    if (this.#method === 'hash') return hashed(peers, key);
    if (this.#method === 'random') return peers[Math.floor(Math.random() * peers.length)];
    const least = Math.min(...peers.map((peer) => peer.active / peer.weight));
    return smooth(this.#method === 'least_conn' ? peers.filter((peer) => peer.active / peer.weight === least) : peers);
  }
}

/** Smooth weighted round robin: ngx_http_upstream_get_peer. */
function smooth(peers: readonly UpstreamPeer[]): UpstreamPeer | undefined {
  let best: UpstreamPeer | undefined;
  let total = 0;
  for (const peer of peers) {
    peer.current += peer.weight;
    total += peer.weight;
    if (!best || peer.current > best.current) best = peer;
  }
  if (best) best.current -= total;
  return best;
}

function hashed(peers: readonly UpstreamPeer[], key: string): UpstreamPeer | undefined {
  const slots = peers.flatMap((peer) => Array.from({ length: peer.weight }, () => peer));
  return slots[createHash('md5').update(key).digest().readUInt32BE(0) % Math.max(1, slots.length)];
}
