/** Who listens: netstat and ss. */
import type { Caller } from '../kernel/caller.ts';
import type { Process } from '../kernel/process.ts';
import { parseOptions } from '../lib/options.ts';
import { isBusybox, program } from '../lib/program.ts';

/** Names of ports that the tools show without `-n`. */
const services: Record<number, string> = {
  ...{
    22: 'ssh',
    53: 'domain',
    80: 'http',
    443: 'https',
    3306: 'mysql',
    5432: 'postgresql',
    6379: 'redis',
    8080: 'http-alt',
  },
};

const portName = (port: number, numeric: boolean) => (numeric ? String(port) : (services[port] ?? String(port)));

/** The process behind a port as this container sees it: those of other containers of the Pod are not its own. */
function owner(p: Process, process: Caller): Caller | undefined {
  return process.container === p.container && (p.uid === 0 || process.uid === p.uid) ? process : undefined;
}

export const netstat = program('netstat', async (p) => {
  const options = parseOptions(p, 'tulnapWrceixs', {
    tcp: 't',
    udp: 'u',
    listening: 'l',
    numeric: 'n',
    all: 'a',
    programs: 'p',
    route: 'r',
    wide: 'W',
  });
  if (options.has('r')) {
    const address = p.container.network.pod.ip;
    const gateway = address.replace(/\d+$/, '1');
    const network = address.replace(/\d+$/, '0');
    await p.print(
      1,
      `Kernel IP routing table\nDestination     Gateway         Genmask         Flags   MSS Window  irtt Iface\n${(options.has('n') ? '0.0.0.0' : 'default').padEnd(15)} ${gateway.padEnd(15)} 0.0.0.0         UG        0 0          0 eth0\n${network.padEnd(15)} 0.0.0.0         255.255.255.0   U         0 0          0 eth0\n`,
    );
    return 0;
  }
  const withPrograms = options.has('p');
  const title = options.has('l') ? 'only servers' : options.has('a') ? 'servers and established' : 'w/o servers';
  const end = withPrograms ? (isBusybox(p) ? ' PID/Program name    ' : ' PID/Program name    ') : '';
  await p.print(
    1,
    `Active Internet connections (${title})\nProto Recv-Q Send-Q Local Address           Foreign Address         State      ${end}\n`,
  );
  // Without -l or -a there are the connections alone, and those are not kept a list of.
  if (!options.has('l', 'a') || (options.has('u') && !options.has('t'))) return 0;
  const any = options.has('n') ? '0.0.0.0' : '*';
  for (const { port, process } of p.container.network.listening) {
    const own = owner(p, process);
    const shown = withPrograms ? ` ${own ? `${own.pid}/${own.name}` : '-'}` : '';
    const local = `0.0.0.0:${portName(port, options.has('n'))}`;
    await p.print(1, `tcp        0      0 ${local.padEnd(23)} ${`${any}:*`.padEnd(23)} LISTEN     ${shown}\n`);
  }
  return 0;
});

export const ss = program('ss', async (p) => {
  const options = parseOptions(p, 'tulnapHomie460xs', {
    ...{
      tcp: 't',
      udp: 'u',
      listening: 'l',
      numeric: 'n',
      all: 'a',
      processes: 'p',
      'no-header': 'H',
      summary: 's',
      ipv4: '4',
      ipv6: '6',
    },
  });
  const { listening } = p.container.network;
  if (options.has('s')) {
    await p.print(
      1,
      `Total: ${listening.length}\nTCP:   ${listening.length} (estab 0, closed 0, orphaned 0, timewait 0)\n`,
    );
    return 0;
  }
  // With both kinds the first column says which.
  const both = options.has('u') === options.has('t');
  const rows = options.has('l', 'a') && (options.has('t') || !options.has('u')) && !options.has('6') ? listening : [];
  const named = rows.map(({ port, process }) => {
    const own = options.has('p') ? owner(p, process) : undefined;
    return {
      local: `0.0.0.0:${portName(port, options.has('n'))}`,
      users: own ? `users:(("${own.name}",pid=${own.pid},fd=6))` : '',
    };
  });
  const kind = (text: string) => (both ? `${text.padEnd(6)}` : '');
  const width = Math.max(18, ...named.map(({ local }) => local.length));
  if (!options.has('H'))
    await p.print(
      1,
      `${kind('Netid')}State  Recv-Q Send-Q ${'Local Address:Port'.padStart(width)} Peer Address:Port Process\n`,
    );
  for (const { local, users } of named)
    await p.print(
      1,
      `${kind('tcp')}LISTEN 0      511    ${local.padStart(width)} ${'0.0.0.0:*'.padStart(17)} ${users}\n`,
    );
  return 0;
});
