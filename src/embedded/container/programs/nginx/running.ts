/** A configuration in force: its upstreams resolved, its certificates read, its ports listened on. */

import { createSecureContext, type SecureContext } from 'node:tls';
import { isSysError } from '../../kernel/errno.ts';
import type { Process } from '../../kernel/process.ts';
import { conditionOf } from './conditions.ts';
import { errnoText } from './errno.ts';
import { ConfigError, type Directive, type Position } from './parse.ts';
import type { RequestCounts } from './request-zones.ts';
import type { LogFormat, Server, Site, VariableMap } from './site.ts';
import { targetOf } from './target.ts';
import { Peers, resolveAtStart, splitAddress } from './upstreams.ts';

export interface Counters {
  active: number;
  accepted: number;
  requests: number;
  writing: number;
}

/** What the process and its requests share, whatever configuration is in force. */
export interface Shared {
  p: Process;
  version: string;
  counters: Counters;
  requestCounts: RequestCounts;
  workerPid(): number;
}

export class RunningSite {
  readonly p: Process;
  readonly version: string;
  readonly counters: Counters;
  readonly requestCounts: RequestCounts;
  readonly workerPid: () => number;
  readonly site: Site;
  readonly upstreams: ReadonlyMap<string, Peers>;
  /** Names of proxy_pass that were resolved at the start, by `host:port`. */
  readonly resolved: ReadonlyMap<string, Peers>;
  readonly #certificates: ReadonlyMap<Server, SecureContext>;

  private constructor(
    shared: Shared,
    site: Site,
    peers: { upstreams: ReadonlyMap<string, Peers>; resolved: ReadonlyMap<string, Peers> },
    certificates: ReadonlyMap<Server, SecureContext>,
  ) {
    this.p = shared.p;
    this.version = shared.version;
    this.counters = shared.counters;
    this.requestCounts = shared.requestCounts;
    this.workerPid = shared.workerPid;
    this.site = site;
    this.upstreams = peers.upstreams;
    this.resolved = peers.resolved;
    this.#certificates = certificates;
  }

  /** Resolves what a site names and reads its certificates. Throws ConfigError. */
  static async prepare(shared: Shared, site: Site): Promise<RunningSite> {
    const certificates = readCertificates(shared.p, site);
    checkValues(site.http.directives);
    const upstreams = new Map<string, Peers>();
    for (const [name, block] of site.upstreams) upstreams.set(name, await Peers.read(shared.p, block));
    const resolved = await resolvePasses(shared.p, site);
    return new RunningSite(shared, site, { upstreams, resolved }, certificates);
  }

  get hostname(): string {
    return this.p.container.hostname;
  }

  get servers(): readonly Server[] {
    return this.site.servers;
  }

  get maps(): ReadonlyMap<string, VariableMap> {
    return this.site.maps;
  }

  get logFormats(): ReadonlyMap<string, LogFormat> {
    return this.site.logFormats;
  }

  /** The ports of HTTP, with whether TLS is spoken there. */
  get ports(): ReadonlyMap<number, boolean> {
    return new Map(this.servers.flatMap((s) => s.listens.map((l): [number, boolean] => [l.port, l.ssl])));
  }

  certificate(port: number, name: string): SecureContext | undefined {
    const servers = this.servers.filter((s) => s.listens.some((l) => l.port === port && l.ssl));
    const chosen = servers.find((s) =>
      s.names.some((n) => n.text === name || (n.text.startsWith('*.') && name.endsWith(n.text.slice(1)))),
    );
    const server = chosen ?? servers.find((s) => s.listens.some((l) => l.port === port && l.isDefault)) ?? servers[0];
    return server && this.#certificates.get(server);
  }
}

function readCertificates(p: Process, site: Site): Map<Server, SecureContext> {
  const contexts = new Map<Server, SecureContext>();
  for (const server of site.servers) {
    if (!server.listens.some((l) => l.ssl)) continue;
    const path = (name: string) => {
      const given = server.scope.value(name) ?? '';
      return given.startsWith('/') ? given : `/etc/nginx/${given}`;
    };
    if (server.scope.value('ssl_certificate_key') === undefined) {
      throw new ConfigError(`no "ssl_certificate_key" is defined for certificate "${path('ssl_certificate')}"`);
    }
    const cert = readPem(p, path('ssl_certificate'), 'certificate');
    const key = readPem(p, path('ssl_certificate_key'), 'certificate key');
    try {
      contexts.set(server, createSecureContext({ cert, key }));
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      throw new ConfigError(tlsProblem(error, path));
    }
  }
  return contexts;
}

function readPem(p: Process, path: string, what: string): string {
  let text: string;
  try {
    text = p.vfs.readText(p, path);
  } catch (error) {
    if (!isSysError(error)) throw error;
    const number = errnoText(error).replace(/^\((\d+).*/, '$1');
    const code = `8000000${Number(number).toString(16)}`.slice(-8).padStart(8, '8');
    throw new ConfigError(
      `cannot load ${what} "${path}": BIO_new_file() failed (SSL: error:${code}:system library::${error.message}:calling fopen(${path}, r) error:10000080:BIO routines::no such file)`,
    );
  }
  if (/-----BEGIN [A-Z ]+-----/.test(text)) return text;
  const routine = what === 'certificate' ? 'PEM_read_bio_X509_AUX() failed' : 'PEM_read_bio_PrivateKey() failed';
  throw new ConfigError(
    `cannot load ${what} "${path}": ${routine} (SSL: error:0480006C:PEM routines::no start line${what === 'certificate' ? ':Expecting: TRUSTED CERTIFICATE' : ''})`,
  );
}

function tlsProblem(error: Error, path: (name: string) => string): string {
  if (/key values mismatch/i.test(error.message)) {
    return `SSL_CTX_use_PrivateKey("${path('ssl_certificate_key')}") failed (SSL: error:05800074:x509 certificate routines::key values mismatch)`;
  }
  return `cannot load certificate "${path('ssl_certificate')}": PEM_read_bio_X509_AUX() failed (SSL: ${error.message})`;
}

/** What can only be judged once all of it is read: URLs, expressions, conditions. */
function checkValues(directives: readonly Directive[]): void {
  const visit = (d: Directive): void => {
    const at: Position = d;
    const fail = (text: string) => new ConfigError(`${text} in ${at.file}:${at.line}`);
    if (d.name === 'if') conditionOf(d);
    if (d.name === 'proxy_pass' && !(d.args[0] ?? '').includes('$')) {
      const target = targetOf(d.args[0] ?? '');
      if (!target) throw fail('invalid URL prefix');
      if (!/^[^:]+(:\d+)?$|^\[/.test(target.authority)) throw fail(`invalid port in upstream "${target.authority}"`);
    }
    if (d.name === 'return') {
      const [code = ''] = d.args;
      if (d.args.length > 1 && !/^\d{1,3}$/.test(code)) throw fail(`invalid return code "${code}"`);
      if (d.args.length === 1 && !/^\d+$/.test(code) && !/^(https?:\/\/|\$)/.test(code)) {
        throw fail(`invalid return code "${code}"`);
      }
    }
    for (const inner of d.block ?? []) visit(inner);
  };
  for (const d of directives) visit(d);
}

/** Resolves the names of every proxy_pass that has no variables and is no upstream. Throws ConfigError. */
async function resolvePasses(p: Process, site: Site): Promise<Map<string, Peers>> {
  const resolved = new Map<string, Peers>();
  const add = async (host: string, port: number, at: Position) => {
    const key = `${host}:${port}`;
    if (!resolved.has(key)) resolved.set(key, Peers.of(await resolveAtStart(p, host, host, at), port));
  };
  const visit = async (d: Directive): Promise<void> => {
    const url = d.args[0] ?? '';
    const target = d.name === 'proxy_pass' && !url.includes('$') ? targetOf(url) : undefined;
    if (target && !site.upstreams.has(target.authority)) {
      const { host, port } = splitAddress(target.authority, target.scheme === 'https' ? 443 : 80);
      await add(host, port, d);
    }
    for (const inner of d.block ?? []) await visit(inner);
  };
  for (const d of site.http.directives) if (d.name !== 'upstream') await visit(d);
  for (const { pass, at } of site.streams) {
    if (site.upstreams.has(pass)) continue;
    const { host, port } = splitAddress(pass);
    await add(host, port, at);
  }
  return resolved;
}
