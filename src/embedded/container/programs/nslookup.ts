import { isIP } from 'node:net';
import { isSysError } from '../kernel/errno.ts';
import type { Process } from '../kernel/process.ts';
import { readResolvConf, searchList } from '../kernel/resolver.ts';
import { isBusybox, program } from '../lib/program.ts';

interface Query {
  name: string;
  server: string;
  type: string | undefined;
}

function parse(p: Process): Query | undefined {
  let type: string | undefined;
  const operands: string[] = [];
  for (const arg of p.args) {
    const match = /^-(?:query|type|q|t)=(\w+)$/i.exec(arg);
    if (match) type = match[1]?.toLowerCase();
    else if (!arg.startsWith('-')) operands.push(arg);
  }
  const [name, server] = operands;
  if (name === undefined) return undefined;
  return { name, server: server ?? readResolvConf(p).nameservers[0] ?? '127.0.0.1', type };
}

export const nslookup = program('nslookup', async (p) => {
  const query = parse(p);
  if (!query) {
    await p.print(2, 'Usage: nslookup [-type=QUERY_TYPE] [-debug] HOST [DNS_SERVER]\n');
    return 1;
  }
  const conf = readResolvConf(p);
  const busybox = isBusybox(p);
  const { name, server, type } = query;
  const types = type ? [type] : busybox ? ['a', 'aaaa'] : ['a'];
  // bind's tool follows the search list, busybox' own asks for the name as it is.
  const names = isIP(name)
    ? [reverse(name)]
    : busybox && name.includes('.')
      ? [name.replace(/\.$/, '')]
      : searchList(name, conf);
  let found: { name: string; addresses: string[] } | undefined;
  try {
    for (const candidate of names) {
      const addresses = await p.container.network.lookup(p, candidate, server, conf.timeoutMs * conf.attempts);
      found = { name: candidate, addresses };
      if (addresses.length > 0) break;
    }
  } catch (error) {
    if (!isSysError(error)) throw error;
    await p.print(1, ';; connection timed out; no servers could be reached\n\n');
    return 1;
  }
  await p.print(1, `Server:\t\t${server}\nAddress:\t${server}${busybox ? ':' : '#'}53\n\n`);
  const addresses = found?.addresses ?? [];
  let ok = true;
  for (const t of types) {
    if (addresses.length === 0 || (t !== 'a' && t !== 'aaaa' && t !== 'any' && t !== 'ptr')) {
      const missing = busybox ? name : (names.at(-1) ?? name);
      await p.print(1, `** server can't find ${busybox ? missing : name}: NXDOMAIN\n\n`);
      ok = false;
      if (!busybox) break;
      continue;
    }
    const lines = t === 'aaaa' ? [] : addresses.map((a) => `Name:\t${found?.name}\nAddress: ${a}\n`);
    await p.print(1, `${lines.join('')}\n`);
  }
  return ok ? 0 : 1;
});
function reverse(address: string): string {
  return `${address.split('.').reverse().join('.')}.in-addr.arpa`;
}

export const dig = program('dig', async (p) => {
  const short = p.args.includes('+short');
  const search = p.args.includes('+search');
  const server = p.args.find((a) => a.startsWith('@'))?.slice(1);
  const operands = p.args.filter((a) => !/^[-+@]/.test(a));
  const name = operands.find((o) => !/^(a|aaaa|srv|ptr|any|in|txt|mx|ns|cname)$/i.test(o)) ?? '.';
  const conf = readResolvConf(p);
  const nameserver = server ?? conf.nameservers[0] ?? '127.0.0.1';
  let found = { name: name.replace(/\.$/, ''), addresses: [] as string[] };
  try {
    for (const candidate of search ? searchList(name, conf) : [found.name]) {
      found = { name: candidate, addresses: await p.container.network.lookup(p, candidate, nameserver, 15_000) };
      if (found.addresses.length > 0) break;
    }
  } catch (error) {
    if (!isSysError(error)) throw error;
    await p.print(1, ';; connection timed out; no servers could be reached\n');
    return 9;
  }
  if (short) {
    await p.print(1, found.addresses.map((a) => `${a}\n`).join(''));
    return 0;
  }
  const status = found.addresses.length > 0 ? 'NOERROR' : 'NXDOMAIN';
  const answers = found.addresses.map((a) => `${found.name}. 30 IN A ${a}\n`).join('');
  await p.print(
    1,
    `\n; <<>> DiG <<>> ${p.args.join(' ')}\n;; global options: +cmd\n;; Got answer:\n;; ->>HEADER<<- opcode: QUERY, status: ${status}, id: 4711\n;; flags: qr aa rd; QUERY: 1, ANSWER: ${found.addresses.length}, AUTHORITY: 0, ADDITIONAL: 1\n\n;; QUESTION SECTION:\n;${found.name}. IN A\n\n${answers === '' ? '' : `;; ANSWER SECTION:\n${answers}\n`};; SERVER: ${nameserver}#53(${nameserver})\n\n`,
  );
  return 0;
});
