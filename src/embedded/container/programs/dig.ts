import type { Process } from '../kernel/process.ts';
import { readResolvConf, resolveHost, searchList } from '../kernel/resolver.ts';
import { type Lookup, lookupFirst, NoAnswer, reverseName } from '../lib/dns-client.ts';
import { program } from '../lib/program.ts';

const types = /^(a|aaaa|srv|ptr|any|txt|mx|ns|cname|soa)$/i;

interface Query {
  name: string;
  type: string;
  server: string | undefined;
  port: number;
  options: ReadonlySet<string>;
  timeoutMs: number;
}

function parse(p: Process): Query {
  const options = new Set(p.args.filter((a) => a.startsWith('+')).map((a) => a.slice(1)));
  const operands: string[] = [];
  let [type, server, port, reverse]: [string, string | undefined, number, string | undefined] = [
    'A',
    undefined,
    53,
    undefined,
  ];
  for (let i = 0; i < p.args.length; i++) {
    const arg = p.args[i] ?? '';
    if (arg.startsWith('+')) continue;
    if (arg.startsWith('@')) server = arg.slice(1);
    else if (arg === '-p') port = Number(p.args[++i]);
    else if (arg === '-x') reverse = p.args[++i];
    else if (arg === '-t') type = (p.args[++i] ?? 'A').toUpperCase();
    else if (types.test(arg)) type = arg.toUpperCase();
    else if (!arg.startsWith('-') && !/^in$/i.test(arg)) operands.push(arg);
  }
  const number = (name: string, fallback: number) => {
    const option = [...options].find((one) => one.startsWith(`${name}=`));
    return option === undefined ? fallback : Number(option.slice(name.length + 1));
  };
  const timeoutMs = Math.max(1, number('time', 5)) * 1000 * Math.max(1, number('tries', 3));
  if (reverse !== undefined) return { name: reverseName(reverse), type: 'PTR', server, port, options, timeoutMs };
  return { name: operands[0] ?? '.', type, server, port, options, timeoutMs };
}

/** bind's dig: +short, +search, +noall +answer, -x, -p, -t, @server, +time, +tries. */
export const dig = program('dig', async (p) => {
  const query = parse(p);
  const conf = readResolvConf(p);
  const given = query.server ?? conf.nameservers[0] ?? '127.0.0.1';
  const [address] = await resolveHost(p, given);
  if (address === undefined) {
    await p.print(2, `dig: couldn't get address for '${given}': not found\n`);
    return 10;
  }
  const names = query.options.has('search') ? searchList(query.name, conf) : [query.name.replace(/(.)\.$/, '$1')];
  let lookup: Lookup;
  try {
    lookup = await lookupFirst(p, names, query.type, { address, port: query.port }, query.timeoutMs);
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
    const why = error.kind === 'refused' ? 'connection refused' : 'timed out';
    const complaint = `;; communications error to ${address}#${query.port}: ${why}\n`.repeat(3);
    await p.print(1, `${complaint}\n${query.options.has('short') ? '' : banner(p)};; no servers could be reached\n`);
    return 9;
  }
  await p.print(1, query.options.has('short') ? shortText(lookup) : fullText(p, query, lookup, address));
  return 0;
});

const banner = (p: Process) => `; <<>> DiG 9.18.28 <<>> ${p.args.join(' ')}\n;; global options: +cmd\n`;

function shortText({ records }: Lookup): string {
  return records.map(({ type, data }) => `${type === 'CNAME' ? `${data}.` : data}\n`).join('');
}

function fullText(p: Process, { type, options, port }: Query, { name, code, records }: Lookup, server: string): string {
  const answers = records
    .map((r) => `${r.name}.\t${r.ttl}\tIN\t${r.type}\t${r.type === 'CNAME' ? `${r.data}.` : r.data}\n`)
    .join('');
  if (options.has('noall')) return options.has('answer') ? answers : '';
  const section = answers === '' ? '' : `;; ANSWER SECTION:\n${answers}\n`;
  return `\n${banner(p)};; Got answer:\n;; ->>HEADER<<- opcode: QUERY, status: ${code}, id: 4711\n;; flags: qr aa rd; QUERY: 1, ANSWER: ${records.length}, AUTHORITY: 0, ADDITIONAL: 1\n\n;; QUESTION SECTION:\n;${name}.\t\tIN\t${type}\n\n${section};; SERVER: ${server}#${port}(${server}) (UDP)\n\n`;
}
