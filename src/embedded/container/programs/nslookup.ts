import { isIP } from 'node:net';
import type { DnsRecord } from '../../network-api.ts';
import type { Process } from '../kernel/process.ts';
import { readResolvConf, resolveHost, searchList } from '../kernel/resolver.ts';
import { type Lookup, lookupFirst, NoAnswer, reverseName } from '../lib/dns-client.ts';
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
    if (match) type = match[1]?.toUpperCase();
    else if (!arg.startsWith('-')) operands.push(arg);
  }
  const [name, server] = operands;
  if (name === undefined) return undefined;
  return { name, server: server ?? readResolvConf(p).nameservers[0] ?? '127.0.0.1', type };
}

/** Asks for addresses, for names of addresses, or for what `-type` names; as busybox does it and as bind does. */
export const nslookup = program('nslookup', async (p) => {
  const query = parse(p);
  if (!query) {
    await p.print(2, 'Usage: nslookup [-type=QUERY_TYPE] [-debug] HOST [DNS_SERVER]\n');
    return 1;
  }
  const conf = readResolvConf(p);
  const busybox = isBusybox(p);
  const { name, server, type } = query;
  const [address] = await resolveHost(p, server);
  if (address === undefined) {
    await p.print(
      2,
      `nslookup: ${busybox ? `bad address '${server}'` : `couldn't get address for '${server}': not found`}\n`,
    );
    return 1;
  }
  const types = isIP(name) ? ['PTR'] : type ? [type] : busybox ? ['A', 'AAAA'] : ['A'];
  const names = namesOf(name, busybox, searchList(name, conf));
  const found: { type: string; lookup: Lookup }[] = [];
  try {
    for (const t of types) {
      const lookup = await lookupFirst(p, names, t, { address }, conf.timeoutMs * conf.attempts);
      found.push({ type: t, lookup });
    }
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
    return unanswered(p, address, error.kind);
  }
  await p.print(1, `Server:\t\t${address}\nAddress:\t${address}${busybox ? ':' : '#'}53\n\n`);
  let ok = true;
  for (const { lookup } of found) {
    const good = lookup.code === 'NOERROR';
    await p.print(1, good ? answerText(lookup, name, busybox) : `** server can't find ${name}: ${lookup.code}\n\n`);
    ok &&= good;
  }
  return ok ? 0 : 1;
});

/** bind's tool follows the search list, busybox' own asks for a name with dots as it is. */
function namesOf(name: string, busybox: boolean, searched: string[]): string[] {
  if (isIP(name)) return [reverseName(name)];
  return busybox && name.includes('.') ? [name.replace(/\.$/, '')] : searched;
}

async function unanswered(p: Process, server: string, kind: NoAnswer['kind']): Promise<number> {
  if (kind === 'refused') {
    if (isBusybox(p)) await p.print(2, 'nslookup: read: Connection refused\n');
    else await p.print(1, `;; communications error to ${server}#53: connection refused\n`.repeat(3));
  }
  const why = kind === 'refused' && !isBusybox(p) ? '' : 'connection timed out; ';
  await p.print(1, `;; ${why}no servers could be reached\n\n`);
  return 1;
}

function answerText({ records }: Lookup, name: string, busybox: boolean): string {
  if (records.length === 0 && !busybox) return `*** Can't find ${name}: No answer\n\n`;
  return `${records.map(recordText).join('')}\n`;
}

function recordText({ name, type, data }: DnsRecord): string {
  switch (type) {
    case 'A':
    case 'AAAA':
      return `Name:\t${name}\nAddress: ${data}\n`;
    case 'CNAME':
      return `${name}\tcanonical name = ${data}\n`;
    case 'PTR':
      return `${name}\tname = ${data.replace(/\.$/, '')}\n`;
    case 'SRV':
      return `${name}\tservice = ${data.replace(/\.$/, '')}\n`;
    case 'TXT':
      return `${name}\ttext = ${data}\n`;
    default:
      return `${name}\t${type.toLowerCase()} = ${data}\n`;
  }
}
