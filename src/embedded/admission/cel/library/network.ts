import { BlockList, isIP, isIPv6 } from 'node:net';
import type { Environment } from '@marcbachmann/cel-js';
import { validCidr } from '../../../../kube/validation.ts';
import { networkOf } from '../../../resources/validate/cidr.ts';
import { CelFailure } from '../failure.ts';

class Address {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

class Range {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  contains(address: string): boolean {
    const [network = '', bits = ''] = this.text.split('/');
    const family = isIPv6(network) ? 'ipv6' : 'ipv4';
    if (isIPv6(address) !== (family === 'ipv6')) return false;
    const list = new BlockList();
    list.addSubnet(network, Number(bits), family);
    return list.check(address, family);
  }
}

/** URLs of Kubernetes are absolute, or absolute paths. */
function parseUrl(text: string): URL | undefined {
  try {
    if (text.startsWith('/')) return new URL(text, 'none://');
    return /^[a-z][a-z0-9+.-]*:/i.test(text) ? new URL(text) : undefined;
  } catch {
    return undefined;
  }
}

function address(text: string): Address {
  if (!isIP(text)) throw new CelFailure(`IP Address ${JSON.stringify(text)} parse error during conversion from string`);
  return new Address(text);
}

function range(text: string): Range {
  if (validCidr(text).length > 0) {
    throw new CelFailure(`network address parse error during conversion from string: ${text}`);
  }
  return new Range(text);
}

function registerUrls(environment: Environment): void {
  const t = 'kubernetes.URL';
  environment
    .registerType(t, URL)
    .registerFunction(`url(string): ${t}`, (text: string) => {
      const parsed = parseUrl(text);
      if (!parsed) throw new CelFailure(`URL parse error during conversion from string: parse ${JSON.stringify(text)}`);
      return parsed;
    })
    .registerFunction('isURL(string): bool', (text: string) => parseUrl(text) !== undefined)
    .registerFunction(`${t}.getScheme(): string`, (url: URL) =>
      url.protocol === 'none:' ? '' : url.protocol.slice(0, -1),
    )
    .registerFunction(`${t}.getHost(): string`, (url: URL) => url.host)
    .registerFunction(`${t}.getHostname(): string`, (url: URL) => url.hostname.replace(/^\[|\]$/g, ''))
    .registerFunction(`${t}.getPort(): string`, (url: URL) => url.port)
    .registerFunction(`${t}.getEscapedPath(): string`, (url: URL) => url.pathname)
    .registerFunction(`${t}.getQuery(): map<string, list<string>>`, (url: URL) =>
      Object.fromEntries([...new Set(url.searchParams.keys())].map((key) => [key, url.searchParams.getAll(key)])),
    );
}

/** URLs, IP addresses and CIDRs. */
export function registerNetwork(environment: Environment): void {
  registerUrls(environment);
  const ip = 'net.IP';
  const cidr = 'net.CIDR';
  const is = (v4: RegExp, v6: RegExp) => (a: Address) => (isIPv6(a.text) ? v6 : v4).test(a.text.toLowerCase());
  environment
    .registerType(ip, Address)
    .registerType(cidr, Range)
    .registerFunction(`ip(string): ${ip}`, address)
    .registerFunction('isIP(string): bool', (text: string) => isIP(text) !== 0)
    .registerFunction(`${ip}.family(): int`, (a: Address) => BigInt(isIP(a.text)))
    .registerFunction(`${ip}.isUnspecified(): bool`, is(/^0\.0\.0\.0$/, /^[0:]+$/))
    .registerFunction(`${ip}.isLoopback(): bool`, is(/^127\./, /^[0:]*:1$/))
    .registerFunction(`${ip}.isLinkLocalMulticast(): bool`, is(/^224\.0\.0\./, /^ff.2:/))
    .registerFunction(`${ip}.isLinkLocalUnicast(): bool`, is(/^169\.254\./, /^fe[89ab][0-9a-f]:/))
    .registerFunction(
      `${ip}.isGlobalUnicast(): bool`,
      (a: Address) =>
        ![/^0\.0\.0\.0$/, /^127\./, /^169\.254\./, /^22[4-9]\.|^23\d\./, /^[0:]+1?$/, /^fe[89ab]/, /^ff/].some((r) =>
          r.test(a.text.toLowerCase()),
        ),
    )
    .registerFunction(`cidr(string): ${cidr}`, range)
    .registerFunction('isCIDR(string): bool', (text: string) => validCidr(text).length === 0)
    .registerFunction(`${cidr}.containsIP(string): bool`, (r: Range, text: string) => r.contains(address(text).text))
    .registerFunction(`${cidr}.containsIP(${ip}): bool`, (r: Range, a: Address) => r.contains(a.text))
    .registerFunction(`${cidr}.containsCIDR(string): bool`, (r: Range, text: string) => within(r, range(text)))
    .registerFunction(`${cidr}.containsCIDR(${cidr}): bool`, within)
    .registerFunction(`${cidr}.ip(): ${ip}`, (r: Range) => new Address(r.text.split('/')[0] ?? ''))
    .registerFunction(`${cidr}.masked(): ${cidr}`, (r: Range) => new Range(networkOf(r.text)))
    .registerFunction(`${cidr}.prefixLength(): int`, (r: Range) => BigInt(r.text.split('/')[1] ?? 0));
}

function within(outer: Range, inner: Range): boolean {
  const [first = '', bits = ''] = inner.text.split('/');
  return Number(bits) >= Number(outer.text.split('/')[1]) && outer.contains(first);
}
