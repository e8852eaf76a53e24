/** IP addresses and CIDRs as numbers, in Go's words where they are none (net/netip). */
import { isIPv6 } from 'node:net';

export interface Address {
  value: bigint;
  v6: boolean;
}

export interface Prefix {
  address: Address;
  bits: number;
}

export const width = ({ v6 }: Address) => (v6 ? 128 : 32);

/** The address, or why the text is none. */
export function parseAddress(text: string): Address | string {
  const fault = (why: string, at?: string) =>
    `ParseAddr(${JSON.stringify(text)}): ${why}${at === undefined ? '' : ` (at ${JSON.stringify(at)})`}`;
  const first = /[.:%]/.exec(text)?.[0];
  if (first === undefined) return fault('unable to parse IP');
  if (first === '%') return fault('missing IPv6 address');
  if (first === '.') {
    const why = ipv4Fault(text);
    return why ? fault(...why) : { value: ipv4Value(text), v6: false };
  }
  const [bare = '', zone] = text.split('%', 2);
  if (zone === '') return fault('zone must be a non-empty string');
  if (isIPv6(bare)) return { value: ipv6Value(bare), v6: true };
  const group = bare.split(':').find((part) => !/^[0-9a-fA-F.]{0,4}$/.test(part) && !part.includes('.'));
  if (group !== undefined && /^[0-9a-fA-F]+$/.test(group)) {
    return fault('each group must have 4 or less digits', bare.slice(bare.indexOf(group)));
  }
  if (bare.split('::').length > 2) return fault('multiple :: in address', bare.slice(bare.lastIndexOf('::') + 1));
  if (!bare.includes('::') && bare.split(':').length < 8) return fault('address string too short');
  if (bare.split(':').length > 8) return fault('trailing garbage after address', bare.split(':').slice(8).join(':'));
  return fault('each colon-separated field must have at least one digit', bare);
}

function ipv4Fault(text: string): [why: string, at?: string] | undefined {
  const fields = text.split('.');
  for (let i = 0; i < text.length; i++) {
    const before = text.slice(0, i);
    const field = before.slice(before.lastIndexOf('.') + 1);
    const c = text[i] ?? '';
    if (/\d/.test(c)) {
      if (field === '0') return ['IPv4 field has octet with leading zero'];
      if (Number(field + c) > 255) return ['IPv4 field has value >255'];
    } else if (c === '.') {
      if (field === '' || i === text.length - 1) return ['IPv4 field must have at least one digit', text.slice(i)];
      if (before.split('.').length === 4) return ['IPv4 address too long'];
    } else return ['unexpected character', text.slice(i)];
  }
  return fields.length < 4 ? ['IPv4 address too short'] : undefined;
}

const ipv4Value = (text: string) => text.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n);

function ipv6Value(text: string): bigint {
  const words = (part: string | undefined) =>
    (part === undefined || part === '' ? [] : part.split(':')).flatMap((word) =>
      word.includes('.') ? [ipv4Value(word) >> 16n, ipv4Value(word) & 0xffffn] : [BigInt(`0x${word}`)],
    );
  const [head, tail] = text.split('::');
  const [left, right] = [words(head), words(tail)];
  const zeros = tail === undefined ? [] : Array<bigint>(8 - left.length - right.length).fill(0n);
  return [...left, ...zeros, ...right].reduce((sum, word) => (sum << 16n) + word, 0n);
}

/** `::ffff:10.0.0.1`: an IPv4 address in the guise of an IPv6 one. */
export const isMapped = ({ value, v6 }: Address) => v6 && value >> 32n === 0xffffn;

/** In its canonical form. */
export function addressText({ value, v6 }: Address): string {
  if (!v6) return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 255n)).join('.');
  const words = Array.from({ length: 8 }, (_, i) => ((value >> BigInt((7 - i) * 16)) & 0xffffn).toString(16));
  return new URL(`http://[${words.join(':')}]`).hostname.slice(1, -1);
}

/** The prefix, or why the text is none. */
export function parsePrefix(text: string): Prefix | string {
  const fault = (why: string) => `netip.ParsePrefix(${JSON.stringify(text)}): ${why}`;
  const slash = text.lastIndexOf('/');
  if (slash < 0) return fault("no '/'");
  const address = parseAddress(text.slice(0, slash));
  if (typeof address === 'string') return fault(address);
  if (text.includes('%')) return fault('IPv6 zones cannot be present in a prefix');
  const bits = text.slice(slash + 1);
  if (!/^(0|[1-9]\d*)$/.test(bits)) return fault(`bad bits after slash: ${JSON.stringify(bits)}`);
  if (Number(bits) > width(address)) return fault('prefix length out of range');
  return { address, bits: Number(bits) };
}

export function maskedAddress({ address, bits }: Prefix): Address {
  const host = BigInt(width(address) - bits);
  return { v6: address.v6, value: (address.value >> host) << host };
}

export function contains(prefix: Prefix, address: Address): boolean {
  if (prefix.address.v6 !== address.v6) return false;
  const host = BigInt(width(address) - prefix.bits);
  return prefix.address.value >> host === address.value >> host;
}
