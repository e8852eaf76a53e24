import { lookupHosts } from '../kernel/resolver.ts';
import { parseOptions } from '../lib/options.ts';
import { program } from '../lib/program.ts';

export const hostname = program('hostname', async (p) => {
  const options = parseOptions(p, 'ifsdI', {
    'ip-address': 'i',
    fqdn: 'f',
    long: 'f',
    short: 's',
    domain: 'd',
    'all-ip-addresses': 'I',
  });
  const name = p.container.hostname;
  const [given] = options.operands;
  if (given !== undefined) {
    await p.print(2, 'hostname: sethostname: Operation not permitted\n');
    return 1;
  }
  if (options.has('i', 'I')) {
    const addresses = options.has('i') ? lookupHosts(p, name) : [p.container.network.pod.ip];
    await p.print(1, `${addresses.join(' ')}${options.has('I') ? ' ' : ''}\n`);
    return 0;
  }
  const full = canonicalName(p.vfs.readText(p, '/etc/hosts'), name);
  if (options.has('f')) await p.print(1, `${full}\n`);
  else if (options.has('d')) await p.print(1, `${full.split('.').slice(1).join('.')}\n`);
  else if (options.has('s')) await p.print(1, `${name.split('.')[0]}\n`);
  else await p.print(1, `${name}\n`);
  return 0;
});

/** The first name of the line of /etc/hosts that has this one. */
function canonicalName(hosts: string, name: string): string {
  for (const line of hosts.split('\n')) {
    const [, ...names] = line.split(/\s+/);
    if (!line.startsWith('#') && names.includes(name)) return names[0] ?? name;
  }
  return name;
}
