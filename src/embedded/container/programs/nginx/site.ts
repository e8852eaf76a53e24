/** What a configuration means: servers, their locations, upstreams, maps. */
import { conditionOf } from './conditions.ts';
import { type Location, readLocation } from './locations.ts';
import { ConfigError, configError, type Directive, type Position } from './parse.ts';
import { compilePattern, groupNames, patternOf } from './patterns.ts';
import { type RequestZone, readRequestZones, requestLimit } from './request-zones.ts';
import { Scope } from './scope.ts';
import { textOf } from './text.ts';
import { knownVariable } from './variables.ts';

export interface Listen {
  port: number;
  ssl: boolean;
  isDefault: boolean;
}

export interface Server {
  scope: Scope;
  at: Position;
  listens: Listen[];
  names: ServerName[];
  locations: Location[];
}

export interface ServerName {
  text: string;
  regex?: RegExp;
}

export interface UpstreamServer {
  address: string;
  weight: number;
  maxFails: number;
  failTimeout: string;
  backup: boolean;
  down: boolean;
  at: Position;
}

export interface UpstreamBlock {
  name: string;
  method: 'round_robin' | 'least_conn' | 'ip_hash' | 'hash' | 'random';
  /** What `hash` goes by. */
  key: string;
  servers: UpstreamServer[];
}

export interface VariableMap {
  source: string;
  entries: { pattern: string; regex?: RegExp; value: string }[];
  otherwise: string;
}

export interface LogFormat {
  text: string;
  /** `escape=json`, `escape=none`. */
  escaping: string;
}

export interface StreamServer {
  port: number;
  pass: string;
  at: Position;
}

export interface Site {
  main: Scope;
  http: Scope;
  servers: Server[];
  upstreams: ReadonlyMap<string, UpstreamBlock>;
  maps: ReadonlyMap<string, VariableMap>;
  logFormats: ReadonlyMap<string, LogFormat>;
  requestZones: ReadonlyMap<string, RequestZone>;
  streams: StreamServer[];
  /** What is said at the start, and changes nothing. */
  warnings: string[];
}

/** Makes a site of directives. Throws ConfigError. */
export function readSite(directives: readonly Directive[]): Site {
  const main = new Scope('main', directives);
  const block = main.own('http')[0];
  if (main.own('events').length === 0) throw new ConfigError('no "events" section in configuration');
  const http = new Scope('http', block?.block ?? [], main);
  const stream = main.own('stream')[0];
  const streams = stream ? new Scope('stream', stream.block ?? [], main) : undefined;
  const warnings: string[] = [];
  const site: Site = {
    ...{ main, http, warnings },
    servers: http.own('server').map((d) => readServer(d, http)),
    upstreams: readUpstreams([...http.own('upstream'), ...(streams?.own('upstream') ?? [])]),
    maps: new Map(http.own('map').map((d) => [(d.args[1] ?? '').replace(/^\$/, '').toLowerCase(), readMap(d)])),
    logFormats: readLogFormats(http),
    requestZones: readRequestZones(http),
    streams: streams?.own('server').map((d) => readStream(d, streams)) ?? [],
  };
  checkPatterns(http);
  checkLimits(site);
  checkListens(site);
  warnOfUnsimulated(site);
  checkVariables(site);
  return site;
}

function readServer(d: Directive, http: Scope): Server {
  const scope = new Scope('server', d.block ?? [], http);
  const listens = scope.own('listen').map(readListen);
  const names = scope.own('server_name').flatMap((n) => n.args.map((text) => readName(text, n)));
  return {
    ...{ scope, at: d },
    listens: listens.length > 0 ? uniquePorts(listens) : [{ port: 80, ssl: false, isDefault: false }],
    names: names.length > 0 ? names : [{ text: '' }],
    locations: readLocations(scope),
  };
}

/** All locations of a block, each with those in it. */
function readLocations(scope: Scope): Location[] {
  const found: Location[] = [];
  for (const d of scope.own('location')) {
    const location = readLocation(d, scope, readLocations);
    const same = found.find((l) => l.modifier === location.modifier && l.pattern === location.pattern && !l.regex);
    if (same) throw configError(`duplicate location "${location.pattern}"`, d);
    found.push(location);
  }
  return found;
}

/** IPv4 and IPv6 of one port are one here, as the network has no IPv6. */
const uniquePorts = (listens: readonly Listen[]) =>
  [...new Map(listens.map((l) => [l.port, l])).values()].map((l) => ({
    ...l,
    ssl: listens.some((other) => other.port === l.port && other.ssl),
    isDefault: listens.some((other) => other.port === l.port && other.isDefault),
  }));

function readListen(d: Directive): Listen {
  const [given = '', ...options] = d.args;
  const [, host, number] = /^(?:(\[[^\]]*\]|[^:]*):)?([^:]*)$/.exec(given) ?? [];
  if (given.startsWith('unix:')) throw configError(`unix sockets are not supported in "listen ${given}"`, d);
  const isPort = /^\d+$/.test(number ?? '');
  // An address alone is one: then it is the usual port.
  const port = isPort ? Number(number) : host === undefined && /^([\d.]+|\*|localhost|\[.*\])$/.test(given) ? 80 : 0;
  if (host === undefined && !isPort && port === 0)
    throw configError(`host not found in "${given}" of the "listen" directive`, d);
  if (port < 1 || port > 65535) throw configError(`invalid port in "${given}" of the "listen" directive`, d);
  for (const option of options) {
    if (
      !/^(default_server|default|ssl|http2|quic|reuseport|deferred|bind|proxy_protocol|(backlog|rcvbuf|sndbuf|setfib|fastopen|accept_filter|ipv6only|so_keepalive)=.+)$/.test(
        option,
      )
    ) {
      throw configError(`invalid parameter "${option}"`, d);
    }
  }
  return { port, ssl: options.includes('ssl'), isDefault: options.some((o) => /^default(_server)?$/.test(o)) };
}

function readName(text: string, at: Position): ServerName {
  if (text.startsWith('~')) return { text, regex: compilePattern(text.slice(1), true, at) };
  if (text === '$hostname') return { text };
  if (/\*.*\*|[^.*]\*|\*[^.]/.test(text) && text !== '*') {
    throw configError(`invalid server name or wildcard "${text}"`, at);
  }
  return { text: text.toLowerCase() };
}

function readUpstreams(directives: readonly Directive[]): Map<string, UpstreamBlock> {
  const found = new Map<string, UpstreamBlock>();
  for (const d of directives) {
    const name = d.args[0] ?? '';
    if (found.has(name)) throw configError(`duplicate upstream "${name}"`, d);
    const scope = new Scope('upstream', d.block ?? []);
    const method = (['least_conn', 'ip_hash', 'hash', 'random'] as const).find((m) => scope.own(m).length > 0);
    const servers = scope.own('server').map(readUpstreamServer);
    if (servers.length === 0) throw configError('no servers are inside upstream', d);
    found.set(name, { name, method: method ?? 'round_robin', key: scope.value('hash') ?? '', servers });
  }
  return found;
}

function readUpstreamServer(d: Directive): UpstreamServer {
  const [address = '', ...options] = d.args;
  const read: UpstreamServer = {
    ...{ address, weight: 1, maxFails: 1, failTimeout: '10s', backup: false, down: false },
    at: { file: d.file, line: d.line },
  };
  if (/^https?:\/\//.test(address)) throw configError(`invalid host in upstream "${address}"`, d);
  for (const option of options) {
    const [, name = option, value] = /^(\w+)=(.+)$/.exec(option) ?? [];
    if (name === 'weight' && Number(value) > 0) read.weight = Number(value);
    else if (name === 'max_fails' && /^\d+$/.test(value ?? '')) read.maxFails = Number(value);
    else if (name === 'fail_timeout' && value !== undefined) read.failTimeout = value;
    else if (option === 'backup') read.backup = true;
    else if (option === 'down') read.down = true;
    else if (name !== 'max_conns' && option !== 'resolve') throw configError(`invalid parameter "${option}"`, d);
  }
  return read;
}

function readMap(d: Directive): VariableMap {
  const map: VariableMap = { source: d.args[0] ?? '', entries: [], otherwise: '' };
  if (!/^\$/.test(d.args[1] ?? '')) throw configError(`invalid variable name "${d.args[1]}"`, d);
  for (const { name, args, ...at } of d.block ?? []) {
    if (name === 'hostnames' || name === 'volatile') continue;
    if (args.length !== 1) throw configError('invalid number of the map parameters', at);
    const [value = ''] = args;
    if (name === 'default') map.otherwise = value;
    else if (name.startsWith('~')) {
      const caseless = name.startsWith('~*');
      const source = name.slice(caseless ? 2 : 1);
      map.entries.push({ pattern: name, regex: compilePattern(source, caseless, at), value });
    } else map.entries.push({ pattern: name.replace(/^\\/, '').toLowerCase(), value });
  }
  return map;
}

const combined =
  '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent"';

function readLogFormats(http: Scope): Map<string, LogFormat> {
  const formats = new Map<string, LogFormat>([['combined', { text: combined, escaping: 'default' }]]);
  for (const d of http.own('log_format')) {
    const [name = '', ...rest] = d.args;
    if (formats.has(name)) throw configError(`duplicate "log_format" name "${name}"`, d);
    const [, escaping] = /^escape=(default|json|none)$/.exec(rest[0] ?? '') ?? [];
    const text = rest.slice(escaping === undefined ? 0 : 1).join('');
    formats.set(name, { text, escaping: escaping ?? 'default' });
  }
  for (const d of everyDirective(http.directives)) {
    const name = d.name === 'access_log' ? d.args.slice(1).find((o) => !o.includes('=')) : undefined;
    if (name !== undefined && !formats.has(name)) throw configError(`unknown log format "${name}"`, d);
  }
  return formats;
}

function everyDirective(directives: readonly Directive[]): Directive[] {
  return directives.flatMap((d) => [d, ...everyDirective(d.block ?? [])]);
}

function readStream(d: Directive, stream: Scope): StreamServer {
  const scope = new Scope('stream_server', d.block ?? [], stream);
  const [listen] = scope.own('listen');
  if (!listen) throw configError('no "listen" is defined for server', d);
  const [pass] = scope.own('proxy_pass');
  if (!pass) throw configError('no handler for server', d);
  return { port: readListen(listen).port, pass: pass.args[0] ?? '', at: { file: pass.file, line: pass.line } };
}

function checkLimits({ http, requestZones }: Site): void {
  for (const d of everyDirective(http.directives)) {
    const [value = ''] = d.args;
    if (d.name === 'limit_req') requestLimit(d, requestZones);
    if (d.name === 'limit_req_status' && !/^[45]\d\d$/.test(value))
      throw configError('value must be between 400 and 599', d);
    if (d.name === 'limit_req_log_level' && !/^(info|notice|warn|error)$/.test(value))
      throw configError(`invalid value "${value}"`, d);
    if (d.name === 'gzip_comp_level' && !/^[1-9]$/.test(value)) throw configError('value must be between 1 and 9', d);
  }
}

/** What other answers than here would follow from: whoever writes it must not take them for nginx'. */
const unsimulated = /^(proxy_cache|limit_conn|limit_rate|gzip_static)$/;

function warnOfUnsimulated({ http, warnings }: Site): void {
  for (const { name, args, file, line } of everyDirective(http.directives)) {
    if (unsimulated.test(name) && !/^(off|0)$/.test(args[0] ?? ''))
      warnings.push(`"${name}" is not simulated and has no effect in ${file}:${line}`);
  }
}

/** What `rewrite` and `if` look for is compiled now: a fault in it is one of the configuration, not of a request. */
function checkPatterns(http: Scope): void {
  for (const d of everyDirective(http.directives)) {
    if (d.name === 'rewrite') patternOf(d, d.args[0] ?? '', false);
    if (d.name !== 'if') continue;
    const { operator, operand } = conditionOf(d);
    if (operator.includes('~')) patternOf(d, operand, operator.endsWith('*'));
  }
}

function checkListens(site: Site): void {
  const defaults = new Map<number, Server>();
  const names = new Map<string, Server>();
  for (const server of site.servers) {
    for (const listen of server.scope.own('listen')) {
      const given = listen.args[0] ?? '';
      const same = server.scope.own('listen').filter((l) => l !== listen && l.args[0] === given);
      if (same.length > 0) {
        const shown = /^\d+$/.test(given) ? `0.0.0.0:${given}` : given;
        throw configError(`a duplicate listen ${shown}`, same[same.length - 1] ?? listen);
      }
    }
    for (const { port, ssl, isDefault } of server.listens) {
      if (isDefault && defaults.has(port)) {
        throw configError(`a duplicate default server for 0.0.0.0:${port}`, server.scope.own('listen')[0] ?? server.at);
      }
      if (isDefault) defaults.set(port, server);
      if (ssl && server.scope.value('ssl_certificate') === undefined) {
        throw new ConfigError(
          `no "ssl_certificate" is defined for the "listen ... ssl" directive in ${server.at.file}:${openingLine(server)}`,
        );
      }
      for (const { text } of server.names) {
        const key = `${port} ${text}`;
        if (names.has(key)) site.warnings.push(`conflicting server name "${text}" on 0.0.0.0:${port}, ignored`);
        else names.set(key, server);
      }
    }
  }
}

const openingLine = (server: Server) => server.at.line;

/** Every variable that a text names must exist, or be set somewhere. */
function checkVariables(site: Site): void {
  const defined = new Set(site.maps.keys());
  const used: string[] = [];
  const visit = (directives: readonly Directive[]): void => {
    for (const d of directives) {
      if (d.name === 'set') defined.add((d.args[0] ?? '').replace(/^\$/, '').toLowerCase());
      if (d.name === 'set' && !(d.args[0] ?? '').startsWith('$'))
        throw configError(`invalid variable name "${d.args[0]}"`, d);
      for (const arg of [...d.args, d.name]) for (const name of groupNames(arg)) defined.add(name);
      const values = d.name === 'set' ? d.args.slice(1) : withVariables(d);
      for (const value of values) used.push(...textOf(value).names);
      if (d.block) visit(d.name === 'map' ? [] : d.block);
      if (d.name === 'map') for (const entry of d.block ?? []) used.push(...entry.args.flatMap((a) => textOf(a).names));
    }
  };
  visit(site.http.directives);
  const unknown = used.find((name) => !/^\d$/.test(name) && !defined.has(name) && !knownVariable(name));
  if (unknown !== undefined) throw new ConfigError(`unknown "${unknown}" variable`);
}

/** The arguments of a directive that are filled in for each request. */
function withVariables({ name, args }: Directive): readonly string[] {
  if (
    /^(return|add_header|proxy_set_header|root|alias|try_files|access_log|log_format|error_page|index|proxy_pass|hash)$/.test(
      name,
    )
  ) {
    return args;
  }
  if (name === 'rewrite') return args.slice(1);
  if (name === 'map' || name === 'limit_req_zone') return args.slice(0, 1);
  return name === 'if' ? args.map((a) => a.replace(/^\(/, '').replace(/\)$/, '')).filter((a) => /^\$\w+$/.test(a)) : [];
}
