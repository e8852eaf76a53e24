import { isIPv6 } from 'node:net';
import { validCidr } from '../../../kube/validation.ts';
import type * as field from '../../errors/field.ts';
import { quote } from '../../errors/field.ts';

function words(address: string): bigint {
  if (!isIPv6(address)) return address.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n);
  const [head = '', tail] = address.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const gap = tail === undefined ? 0 : 8 - left.length - right.length;
  return [...left, ...Array<string>(gap).fill('0'), ...right].reduce(
    (sum, part) => sum * 65_536n + BigInt(`0x${part}`),
    0n,
  );
}

function text(value: bigint, v6: boolean): string {
  if (!v6) return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 255n)).join('.');
  const parts = Array.from({ length: 8 }, (_, i) => ((value >> BigInt((7 - i) * 16)) & 65_535n).toString(16));
  return new URL(`http://[${parts.join(':')}]`).hostname.slice(1, -1);
}

/** The network that a valid CIDR lies in: `10.1.2.3/8` is `10.0.0.0/8`. */
export function networkOf(cidr: string): string {
  const [address = '', bits = ''] = cidr.split('/');
  const v6 = isIPv6(address);
  const host = BigInt((v6 ? 128 : 32) - Number(bits));
  return `${text((words(address) >> host) << host, v6)}/${bits}`;
}

/** GetWarningsForCIDR: a CIDR whose host bits are set means either the network or the one address. */
export function cidrWarnings(where: field.FieldPath, cidr: string | undefined): string[] {
  if (!cidr || validCidr(cidr).length > 0) return [];
  const network = networkOf(cidr);
  const [address = ''] = cidr.split('/');
  const v6 = isIPv6(address);
  if (network === `${text(words(address), v6)}/${cidr.split('/')[1]}`) return [];
  const single = `${text(words(address), v6)}/${v6 ? 128 : 32}`;
  return [
    `${where}: CIDR value ${quote(cidr)} is ambiguous in this context (should be ${quote(network)} or ${quote(single)}?)`,
  ];
}
