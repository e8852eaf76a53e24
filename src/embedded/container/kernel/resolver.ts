/** Name resolution as libc does it: /etc/hosts, then the nameserver with the search list of /etc/resolv.conf. */
import { isIP } from 'node:net';
import type { DnsAnswer, DnsQuestion } from '../../network-api.ts';
import { isSysError } from './errno.ts';
import type { Process } from './process.ts';

export interface ResolvConf {
  nameservers: string[];
  searches: string[];
  ndots: number;
  timeoutMs: number;
  attempts: number;
}

/** Reads /etc/resolv.conf; what is missing has libc's defaults. */
export function readResolvConf(p: Process): ResolvConf {
  const conf: ResolvConf = { nameservers: [], searches: [], ndots: 1, timeoutMs: 5000, attempts: 2 };
  for (const line of readLines(p, '/etc/resolv.conf')) {
    const [key, ...values] = line.split(/\s+/);
    if (key === 'nameserver' && values[0]) conf.nameservers.push(values[0]);
    else if (key === 'search') conf.searches = values;
    else if (key === 'options') {
      for (const option of values) {
        const [name, value] = option.split(':');
        if (name === 'ndots') conf.ndots = Number(value) || 0;
        if (name === 'timeout') conf.timeoutMs = (Number(value) || 5) * 1000;
        if (name === 'attempts') conf.attempts = Number(value) || 2;
      }
    }
  }
  if (conf.nameservers.length === 0) conf.nameservers.push('127.0.0.1');
  return conf;
}

/** Addresses that /etc/hosts gives a name. */
export function lookupHosts(p: Process, name: string): string[] {
  const wanted = name.toLowerCase();
  const found: string[] = [];
  for (const line of readLines(p, '/etc/hosts')) {
    const [address, ...names] = line.split(/\s+/);
    if (address && names.some((n) => n.toLowerCase() === wanted)) found.push(address);
  }
  // The simulated network has no IPv6.
  return found.filter((address) => !address.includes(':'));
}

function readLines(p: Process, path: string): string[] {
  try {
    return p.vfs
      .readText(p, path)
      .split('\n')
      .map((line) => line.replace(/#.*/, '').trim())
      .filter((line) => line !== '');
  } catch {
    return [];
  }
}

/** The names that are asked for one after the other. */
export function searchList(name: string, conf: ResolvConf): string[] {
  if (name.endsWith('.')) return [name.slice(0, -1)];
  const searched = conf.searches.map((domain) => `${name}.${domain}`);
  const dots = name.split('.').length - 1;
  return dots >= conf.ndots ? [name, ...searched] : [...searched, name];
}

/** The addresses that an answer has for the name that was asked for, aliases followed. */
function addressesOf({ records }: DnsAnswer): string[] {
  return [...new Set(records.filter((r) => r.type === 'A').map(({ data }) => data))];
}

/**
 * The IPv4 addresses of a host name or address. Empty: there is no such name, or no name server will say.
 * Throws ETIMEDOUT if no name server answers, after at most `timeoutMs`.
 */
export async function resolveHost(p: Process, name: string, timeoutMs = Number.POSITIVE_INFINITY): Promise<string[]> {
  if (isIP(name)) return [name];
  const local = lookupHosts(p, name);
  if (local.length > 0) return local;
  if (!/^[A-Za-z0-9_.-]+$/.test(name) || name.includes('..')) return [];
  const conf = readResolvConf(p);
  const wait = Math.min(conf.timeoutMs * conf.attempts, timeoutMs);
  for (const candidate of searchList(name, conf)) {
    const answer = await askAny(p, { name: candidate.toLowerCase(), type: 'A' }, conf.nameservers, wait);
    // Servers that are dead, or don't answer this name, are no better at the rest of the list.
    if (!answer || answer.code === 'SERVFAIL' || answer.code === 'REFUSED') return [];
    const found = addressesOf(answer);
    if (found.length > 0) return found;
  }
  return [];
}

/** The first answer of a list of name servers; undefined: none is there. Throws ETIMEDOUT if one was silent. */
async function askAny(
  p: Process,
  question: DnsQuestion,
  servers: readonly string[],
  timeoutMs: number,
): Promise<DnsAnswer | undefined> {
  let silent: unknown;
  let failed: DnsAnswer | undefined;
  for (const server of servers) {
    try {
      const answer = await p.container.network.query(p, question, server, timeoutMs);
      if (answer.code !== 'SERVFAIL' && answer.code !== 'REFUSED') return answer;
      failed = answer;
    } catch (error) {
      if (!isSysError(error)) throw error;
      if (error.code === 'ETIMEDOUT') silent = error;
    }
  }
  if (silent !== undefined && !failed) throw silent;
  return failed;
}
