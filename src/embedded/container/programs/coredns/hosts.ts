import { isIP, isIPv4 } from 'node:net';
import { isSysError } from '../../kernel/errno.ts';
import type { Process } from '../../kernel/process.ts';
import { fallsThrough, nothing, type Plugin, plain, zoneOf } from './plugin.ts';

const settings = ['ttl', 'reload', 'no_reverse', 'fallthrough'];

/** Names from a hosts file and from lines of the Corefile: https://coredns.io/plugins/hosts/ */
export const hosts: Plugin = (setup, next) => {
  const { directive, p } = setup;
  const [first, ...others] = directive.args;
  const fromFile = first?.startsWith('/') ?? false;
  const zones = (fromFile ? others : directive.args).map(plain);
  const inline = directive.block
    .filter(({ name }) => !settings.includes(name) && isIP(name))
    .map(({ name, args }) => [name, ...args]);
  const ttl = Number(directive.block.find(({ name }) => name === 'ttl')?.args[0] ?? 3600);
  const passes = fallsThrough(directive.block);
  const file = fromFile && first !== undefined ? first : '/etc/hosts';
  return async (question, depth) => {
    const { name, type } = question;
    if (zoneOf(name, zones.length > 0 ? zones : setup.zones) === undefined) return next(question, depth);
    const lines = [...inline, ...hostsLines(p, file)];
    const addresses = lines.filter(([, ...names]) => names.some((one) => plain(one) === name)).map(([ip = '']) => ip);
    const wanted = [...new Set(addresses)].filter((ip) => type === (isIPv4(ip) ? 'A' : 'AAAA'));
    if (wanted.length > 0) return { code: 'NOERROR', records: wanted.map((data) => ({ name, type, ttl, data })) };
    if (passes(name)) return next(question, depth);
    return addresses.length > 0 ? { code: 'NOERROR', records: [] } : nothing;
  };
};

function hostsLines(p: Process, path: string): string[][] {
  try {
    const lines = p.vfs.readText(p, path).split('\n');
    return lines.map((line) => line.replace(/#.*/, '').trim().split(/\s+/)).filter(([ip = '']) => isIP(ip) !== 0);
  } catch (error) {
    if (!isSysError(error)) throw error;
    return [];
  }
}
