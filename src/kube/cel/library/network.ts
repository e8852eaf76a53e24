/** `ip('10.0.0.1')`, `cidr('10.0.0.0/8')` and `url('https://example.com')`. */
import type { Definitions } from '../functions.ts';
import { fail } from '../functions.ts';
import { ArrayList, Opaque, PlainMap } from '../values.ts';
import {
  type Address,
  addressText,
  contains,
  isMapped,
  maskedAddress,
  type Prefix,
  parseAddress,
  parsePrefix,
} from './addresses.ts';

class Ip extends Opaque {
  readonly typeName = 'net.IP';
  readonly address: Address;

  constructor(address: Address) {
    super();
    this.address = address;
  }

  equals(other: Opaque): boolean {
    return other instanceof Ip && other.address.v6 === this.address.v6 && other.address.value === this.address.value;
  }
}

class Cidr extends Opaque {
  readonly typeName = 'net.CIDR';
  readonly prefix: Prefix;

  constructor(prefix: Prefix) {
    super();
    this.prefix = prefix;
  }

  equals(other: Opaque): boolean {
    return other instanceof Cidr && other.prefix.bits === this.prefix.bits && cidrText(other) === cidrText(this);
  }
}

class Url extends Opaque {
  readonly typeName = 'kubernetes.URL';
  readonly parts: UrlParts;

  constructor(parts: UrlParts) {
    super();
    this.parts = parts;
  }

  equals(other: Opaque): boolean {
    return other instanceof Url && other.parts.text === this.parts.text;
  }
}

const cidrText = ({ prefix }: Cidr) => `${addressText(prefix.address)}/${prefix.bits}`;

function readIp(text: string): Ip | string {
  const address = parseAddress(text);
  const quoted = JSON.stringify(text);
  if (typeof address === 'string') return `IP Address ${quoted} parse error during conversion from string: ${address}`;
  if (text.includes('%')) return `IP address ${quoted} with zone value is not allowed`;
  if (isMapped(address)) return `IPv4-mapped IPv6 address ${quoted} is not allowed`;
  return new Ip(address);
}

function readCidr(text: string): Cidr | string {
  const parsing = 'network address parse error during conversion from string: ';
  const prefix = parsePrefix(text);
  if (typeof prefix === 'string') return `${parsing}${parsing}${prefix}`;
  if (isMapped(prefix.address)) return `${parsing}IPv4-mapped IPv6 address ${JSON.stringify(text)} is not allowed`;
  return new Cidr(prefix);
}

const ip = (text: string): Ip => {
  const read = readIp(text);
  return typeof read === 'string' ? fail(read) : read;
};
const cidr = (text: string): Cidr => {
  const read = readCidr(text);
  return typeof read === 'string' ? fail(read) : read;
};

/** @param v4 of the four bytes @param v6 of the 128 bits */
const is =
  (v4: (a: number, b: number, c: number, d: number) => boolean, v6: (value: bigint) => boolean) =>
  ({ address }: Ip): boolean => {
    if (address.v6) return v6(address.value);
    const [a, b, c, d] = [24n, 16n, 8n, 0n].map((shift) => Number((address.value >> shift) & 255n));
    return v4(a ?? 0, b ?? 0, c ?? 0, d ?? 0);
  };

const unspecified = is(
  (...bytes) => bytes.every((byte) => byte === 0),
  (value) => value === 0n,
);
const loopback = is(
  (a) => a === 127,
  (value) => value === 1n,
);
const linkLocal = is(
  (a, b) => a === 169 && b === 254,
  (value) => value >> 118n === 0xfe80n >> 6n,
);
const multicast = is(
  (a) => a >> 4 === 0xe,
  (value) => value >> 120n === 0xffn,
);
const broadcast = is(
  (...bytes) => bytes.every((byte) => byte === 255),
  () => false,
);

export const ipLibrary: Definitions = {
  string_to_ip: ['ip(string) -> IP', ip],
  is_ip: ['isIP(string) -> bool', (text: string) => typeof readIp(text) !== 'string'],
  ip_is_canonical: ['ip.isCanonical(string) -> bool', (text: string) => addressText(ip(text).address) === text],
  ip_to_string: ['string(IP) -> string', ({ address }: Ip) => addressText(address)],
  ip_family: ['IP.family() -> int', ({ address }: Ip) => (address.v6 ? 6n : 4n)],
  ip_is_unspecified: ['IP.isUnspecified() -> bool', unspecified],
  ip_is_loopback: ['IP.isLoopback() -> bool', loopback],
  ip_is_link_local_multicast: [
    'IP.isLinkLocalMulticast() -> bool',
    is(
      (a, b, c) => a === 224 && b === 0 && c === 0,
      (value) => ((value >> 112n) & 0xff0fn) === 0xff02n,
    ),
  ],
  ip_is_link_local_unicast: ['IP.isLinkLocalUnicast() -> bool', linkLocal],
  ip_is_global_unicast: [
    'IP.isGlobalUnicast() -> bool',
    (one: Ip) => ![unspecified, loopback, linkLocal, multicast, broadcast].some((test) => test(one)),
  ],
};

const containsCidr = (outer: Cidr, inner: Cidr) =>
  outer.prefix.bits <= inner.prefix.bits && contains(outer.prefix, inner.prefix.address);

export const cidrLibrary: Definitions = {
  string_to_cidr: ['cidr(string) -> CIDR', cidr],
  is_cidr: ['isCIDR(string) -> bool', (text: string) => typeof readCidr(text) !== 'string'],
  cidr_to_string: ['string(CIDR) -> string', cidrText],
  cidr_contains_ip_string: [
    'CIDR.containsIP(string) -> bool',
    ({ prefix }: Cidr, text: string) => contains(prefix, ip(text).address),
  ],
  cidr_contains_ip_ip: [
    'CIDR.containsIP(IP) -> bool',
    ({ prefix }: Cidr, { address }: Ip) => contains(prefix, address),
  ],
  cidr_contains_cidr_string: [
    'CIDR.containsCIDR(string) -> bool',
    (outer: Cidr, text: string) => containsCidr(outer, cidr(text)),
  ],
  cidr_contains_cidr: ['CIDR.containsCIDR(CIDR) -> bool', containsCidr],
  cidr_ip: ['CIDR.ip() -> IP', ({ prefix }: Cidr) => new Ip(prefix.address)],
  cidr_prefix_length: ['CIDR.prefixLength() -> int', ({ prefix }: Cidr) => BigInt(prefix.bits)],
  cidr_masked: ['CIDR.masked() -> CIDR', ({ prefix }: Cidr) => new Cidr({ ...prefix, address: maskedAddress(prefix) })],
};

interface UrlParts {
  text: string;
  scheme: string;
  host: string;
  path: string;
  query: string;
}

/** An absolute URL or an absolute path, as Go's ParseRequestURI takes them; or why the text is none. */
function readUrl(text: string): UrlParts | string {
  const fault = (why: string) => `URL parse error during conversion from string: parse ${JSON.stringify(text)}: ${why}`;
  if (text === '') return fault('empty url');
  if (/[\x00-\x1f\x7f]/.test(text)) return fault('net/url: invalid control character in URL');
  const [, scheme = '', rest = ''] = /^(?:([a-zA-Z][a-zA-Z0-9+.-]*):)?(.*)$/s.exec(text) ?? [];
  if (scheme === '' && /^:/.test(text)) return fault('missing protocol scheme');
  const [before = ''] = rest.split('#');
  const question = before.indexOf('?');
  const query = question < 0 ? '' : before.slice(question + 1);
  const hierarchy = question < 0 ? before : before.slice(0, question);
  if (!hierarchy.startsWith('/') && scheme === '') return fault('invalid URI for request');
  const [, authority, path = ''] = /^(?:\/\/([^/]*))?(.*)$/s.exec(hierarchy) ?? [];
  const host = (scheme === '' ? '' : (authority ?? '')).replace(/^.*@/, '');
  const port = /:([^:\]]*)$/.exec(host)?.[1];
  if (port !== undefined && !/^\d*$/.test(port)) return fault(`invalid port ${JSON.stringify(`:${port}`)} after host`);
  if (/[ <>"{}|\\^`]/.test(host))
    return fault(`invalid character ${JSON.stringify(/[ <>"{}|\\^`]/.exec(host)?.[0])} in host name`);
  const bad = /%(?![0-9a-fA-F]{2}).{0,2}/.exec(path);
  if (bad) return fault(`invalid URL escape ${JSON.stringify(bad[0])}`);
  return { text, scheme: scheme.toLowerCase(), host, path: scheme === '' ? hierarchy : path, query };
}

const url = (text: string): Url => {
  const parts = readUrl(text);
  return typeof parts === 'string' ? fail(parts) : new Url(parts);
};

const port = /:(\d*)$/;

function queryOf({ parts }: Url): PlainMap {
  const values = new URLSearchParams(parts.query);
  return new PlainMap([...new Set(values.keys())].map((key) => [key, new ArrayList(values.getAll(key))] as const));
}

/** Spaces and the like are escaped, what is already stays. */
const escapedPath = (path: string) => path.replace(/[^A-Za-z0-9\-_.~!$&'()*+,;=:@/%[\]]+/g, encodeURIComponent);

export const urlLibrary: Definitions = {
  string_to_url: ['url(string) -> URL', url],
  is_url_string: ['isURL(string) -> bool', (text: string) => typeof readUrl(text) !== 'string'],
  url_get_scheme: ['URL.getScheme() -> string', ({ parts }: Url) => parts.scheme],
  url_get_host: ['URL.getHost() -> string', ({ parts }: Url) => parts.host],
  url_get_hostname: [
    'URL.getHostname() -> string',
    ({ parts }: Url) =>
      (parts.host.endsWith(']') ? parts.host : parts.host.replace(port, '')).replace(/^\[(.*)\]$/, '$1'),
  ],
  url_get_port: [
    'URL.getPort() -> string',
    ({ parts }: Url) => (parts.host.endsWith(']') ? '' : (port.exec(parts.host)?.[1] ?? '')),
  ],
  url_get_escaped_path: ['URL.getEscapedPath() -> string', ({ parts }: Url) => escapedPath(parts.path)],
  url_get_query: ['URL.getQuery() -> map(string, list(string))', queryOf],
};
