/** What nslookup and dig share: questions along a search list, and how they fail. */
import { isIPv4 } from 'node:net';
import type { DnsAnswer, DnsQuestion } from '../../network-api.ts';
import { isSysError } from '../kernel/errno.ts';
import type { Process } from '../kernel/process.ts';

/** A name server could not be asked. */
export class NoAnswer extends Error {
  readonly kind: 'refused' | 'timeout';

  constructor(kind: 'refused' | 'timeout') {
    super(kind);
    this.kind = kind;
  }
}

export interface Lookup extends DnsAnswer {
  /** The name that was asked for in the end. */
  name: string;
}

/** The answer to the first name that has one, else to the last. Throws a NoAnswer. */
export async function lookupFirst(
  p: Process,
  names: readonly string[],
  type: string,
  server: { address: string; port?: number },
  timeoutMs: number,
): Promise<Lookup> {
  let last: Lookup = { name: names[0] ?? '', code: 'NXDOMAIN', records: [] };
  for (const name of names) {
    last = { name, ...(await ask(p, { name: name.toLowerCase(), type }, server, timeoutMs)) };
    if (last.code !== 'NXDOMAIN') return last;
  }
  return last;
}

async function ask(
  p: Process,
  question: DnsQuestion,
  { address, port }: { address: string; port?: number },
  timeoutMs: number,
): Promise<DnsAnswer> {
  try {
    return await p.container.network.query(p, question, address, timeoutMs, port);
  } catch (error) {
    if (!isSysError(error)) throw error;
    throw new NoAnswer(error.code === 'ECONNREFUSED' ? 'refused' : 'timeout');
  }
}

/** `4.3.2.1.in-addr.arpa`. */
export function reverseName(address: string): string {
  return isIPv4(address) ? `${address.split('.').reverse().join('.')}.in-addr.arpa` : address;
}
