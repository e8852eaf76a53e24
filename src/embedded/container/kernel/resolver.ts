/** Name resolution as libc does it: /etc/hosts, then the nameserver with the search list of /etc/resolv.conf. */
import { isIP } from 'node:net';
import { isSysError, SysError } from './errno.ts';
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

/**
 * The IPv4 addresses of a host name or address. Empty: there is no such name.
 * Throws ETIMEDOUT if no nameserver answers, after at most `timeoutMs`.
 */
export async function resolveHost(p: Process, name: string, timeoutMs = Number.POSITIVE_INFINITY): Promise<string[]> {
  if (isIP(name)) return [name];
  const local = lookupHosts(p, name);
  if (local.length > 0) return local;
  if (!/^[A-Za-z0-9_.-]+$/.test(name) || name.includes('..')) return [];
  const conf = readResolvConf(p);
  let silent = 0;
  for (const candidate of searchList(name, conf)) {
    for (const nameserver of conf.nameservers) {
      try {
        const wait = Math.min(conf.timeoutMs * conf.attempts, timeoutMs);
        const found = await p.container.network.lookup(p, candidate, nameserver, wait);
        if (found.length > 0) return found;
        break;
      } catch (error) {
        if (!isSysError(error)) throw error;
        silent++;
      }
    }
    // A dead nameserver is dead for every name of the list.
    if (silent >= conf.nameservers.length) throw new SysError('ETIMEDOUT');
  }
  return [];
}
