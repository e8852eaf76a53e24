/** One request on its way through nginx: what is known of it, and what was answered. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Peer } from '../../kernel/network.ts';
import type { RunningSite } from './running.ts';
import type { Scope } from './scope.ts';
import type { Server } from './site.ts';
import { textOf, type Values } from './text.ts';
import { builtIn } from './variables.ts';

export interface Incoming {
  request: IncomingMessage;
  response: ServerResponse;
  peer: Peer;
  port: number;
  secure: boolean;
  /** Plain HTTP on a port that expects TLS. */
  plainToSecure?: boolean;
}

/** A try at a server of an upstream. */
export interface UpstreamTry {
  address: string;
  status: string;
  ms: number;
  connectMs: number;
  bytes: number;
}

export class Exchange implements Values {
  readonly site: RunningSite;
  readonly server: Server;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly peer: Peer;
  readonly port: number;
  readonly secure: boolean;
  readonly serial: number;
  readonly connection: number;
  readonly startedAt: number;
  /** Decoded path; rewrites change it. */
  uri: string;
  args: string;
  /** The block whose directives are in force. */
  scope: Scope;
  /** The prefix or expression of the location, for alias and proxy_pass. */
  locationPattern = '';
  status = 0;
  bodyBytes = 0;
  headBytes = 0;
  /** The status that an error page is shown for. */
  errorStatus: number | undefined;
  internal = false;
  redirects = 0;
  /** A rewrite without a flag has changed the URI. */
  changed = false;
  /** The limits of requests have been asked: once for each. */
  limited = false;
  /** Resolves when a body that is compressed has been sent, or its client is gone. */
  sent: Promise<void> | undefined;
  /** What a 401 asks for. */
  challenge: string | undefined;
  proxied = { host: '', port: '' };
  upstream: UpstreamTry[] = [];
  upstreamHeaders: Record<string, string> = {};
  readonly #set = new Map<string, string>();

  constructor(site: RunningSite, server: Server, incoming: Incoming, serial: number) {
    this.site = site;
    this.server = server;
    this.scope = server.scope;
    this.request = incoming.request;
    this.response = incoming.response;
    this.peer = incoming.peer;
    this.port = incoming.port;
    this.secure = incoming.secure;
    this.serial = serial;
    this.connection = serial;
    this.startedAt = site.p.container.clock.now();
    const url = incoming.request.url ?? '/';
    const query = url.indexOf('?');
    this.args = query < 0 ? '' : url.slice(query + 1);
    this.uri = normalized(query < 0 ? url : url.slice(0, query));
  }

  now(): number {
    return this.site.p.container.clock.now();
  }

  get serverAddress(): string {
    return this.peer.address.startsWith('127.') ? '127.0.0.1' : this.site.p.container.network.pod.ip;
  }

  get tls(): { protocol: string; cipher: string; name: string } {
    const { socket } = this.request;
    const secured = 'getProtocol' in socket ? (socket as import('node:tls').TLSSocket) : undefined;
    return {
      protocol: secured?.getProtocol() ?? 'TLSv1.3',
      cipher: secured?.getCipher().name ?? '',
      name: String(secured && 'servername' in secured ? secured.servername || '' : ''),
    };
  }

  get requestLength(): number {
    const { method = '', url = '', rawHeaders } = this.request;
    return method.length + url.length + 12 + rawHeaders.reduce((sum, text) => sum + text.length + 2, 0);
  }

  set(name: string, value: string): void {
    this.#set.set(name.toLowerCase(), value);
  }

  /** The groups of an expression that matched: `$1`, and those with names. */
  setGroups(groups: RegExpExecArray): void {
    for (let i = 0; i <= 9; i++) this.#set.set(String(i), groups[i] ?? '');
    for (const [name, value] of Object.entries(groups.groups ?? {})) this.set(name, value ?? '');
  }

  variable(name: string): string {
    const own = this.#set.get(name);
    if (own !== undefined) return own;
    const map = this.site.maps.get(name);
    if (!map) return builtIn(this, name);
    const value = textOf(map.source).fill(this);
    for (const { pattern, regex, value: result } of map.entries) {
      if (regex ? regex.test(value) : pattern === value.toLowerCase()) return textOf(result).fill(this);
    }
    return textOf(map.otherwise).fill(this);
  }

  fill(text: string): string {
    return textOf(text).fill(this);
  }

  /** The folder that files are served from. */
  root(): string {
    const alias = this.scope.all('alias')[0];
    if (alias) return this.fill(alias.args[0] ?? '');
    const root = this.fill(this.scope.value('root') ?? 'html');
    return root.startsWith('/') ? root : `/etc/nginx/${root}`;
  }

  /** The file of the URI. */
  filename(): string {
    return this.fileOf(this.uri);
  }

  fileOf(uri: string): string {
    const alias = this.scope.all('alias')[0];
    if (!alias) return this.root() + uri;
    const base = this.fill(alias.args[0] ?? '');
    // With an expression the alias says all of it.
    return this.locationPattern.startsWith('/') ? base + uri.slice(this.locationPattern.length) : base;
  }

  /** Name and password of basic authentication. */
  credentials(): { user: string; password: string } | undefined {
    const [scheme = '', encoded = ''] = (this.request.headers.authorization ?? '').split(' ');
    if (scheme.toLowerCase() !== 'basic') return undefined;
    const [user = '', ...password] = Buffer.from(encoded, 'base64').toString().split(':');
    return { user, password: password.join(':') };
  }

  user(): string {
    return this.credentials()?.user ?? '';
  }
}

/** Decodes, takes `.` and `..` out, merges slashes: ngx_http_parse_complex_uri. */
function normalized(path: string): string {
  let decoded: string;
  try {
    decoded = decodeURIComponent(path);
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    decoded = path;
  }
  const parts: string[] = [];
  for (const part of decoded.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.' && part !== '') parts.push(part);
  }
  const folder = /\/\.{0,2}$/.test(decoded) && parts.length > 0;
  return `/${parts.join('/')}${folder ? '/' : ''}`;
}
