import type { Duplex } from 'node:stream';
import { isSysError, SysError } from '../kernel/errno.ts';
import type { Process } from '../kernel/process.ts';
import { resolveHost } from '../kernel/resolver.ts';
import { parseOptions } from '../lib/options.ts';
import { isBusybox, program, UsageError } from '../lib/program.ts';

/** Carries bytes between a socket and standard input and output until either ends. */
async function relay(p: Process, socket: Duplex): Promise<void> {
  const input = (async () => {
    for (let data = await p.read(0); data.length > 0; data = await p.read(0)) {
      await p.block((resolve) => {
        socket.write(data, () => resolve());
        return undefined;
      });
    }
    socket.end();
  })();
  p.background(input);
  const iterator = socket[Symbol.asyncIterator]();
  for (;;) {
    const next = await p.until(iterator.next());
    if (next.done) return;
    await p.write(1, next.value);
  }
}

export const nc = program('nc', async (p) => {
  const options = parseOptions(p, 'zvlp:w:nukhq:Ni:e:4', {});
  const listenPort = options.get('p') ?? (options.has('l') ? options.operands.at(-1) : undefined);
  if (options.has('l')) return listen(p, Number(listenPort), options.has('k'));
  const [host, range = ''] = options.operands;
  if (host === undefined || range === '')
    throw new UsageError(isBusybox(p) ? 'missing host or port' : 'missing port number');
  const seconds = options.number('w');
  const [first = 0, last = first] = range.split('-').map(Number);
  const addresses = await resolveHost(p, host);
  const [address] = addresses;
  if (address === undefined)
    throw new UsageError(
      isBusybox(p)
        ? `bad address '${host}'`
        : `getaddrinfo for host "${host}" port ${range}: Name or service not known`,
    );
  let status = 1;
  for (let port = first; port <= last; port++) {
    try {
      const socket = await p.container.network.connect(
        p,
        address,
        port,
        seconds === undefined ? undefined : seconds * 1000,
      );
      if (options.has('v'))
        await p.print(
          2,
          isBusybox(p)
            ? `${host} (${address}:${port}) open\n`
            : `Connection to ${host} (${address}) ${port} port [tcp/*] succeeded!\n`,
        );
      status = 0;
      if (options.has('z')) socket.destroy();
      else {
        await relay(p, socket);
        return 0;
      }
    } catch (error) {
      if (!isSysError(error)) throw error;
      if (error.code === 'EPIPE') throw error;
      if (isBusybox(p)) {
        if (options.has('v') || !options.has('z'))
          await p.print(2, `nc: ${host} (${address}:${port}): ${error.message}\n`);
      } else if (options.has('v') || !options.has('z')) {
        await p.print(
          2,
          `nc: connect to ${host} (${address}) port ${port} (tcp) ${error.code === 'ETIMEDOUT' ? 'timed out: Operation now in progress' : `failed: ${error.message}`}\n`,
        );
      }
    }
  }
  return status;
});

async function listen(p: Process, port: number, keep: boolean): Promise<number> {
  if (!Number.isInteger(port) || port <= 0) throw new UsageError('bad port');
  if (port < 1024 && p.uid !== 0) throw new UsageError(`bind: ${new SysError('EACCES').message}`);
  do {
    const socket = await p.block<Duplex>((resolve, reject) => {
      try {
        const stop = p.container.network.listen(p, port, (connection) => {
          stop();
          resolve(connection);
        });
        return stop;
      } catch (error) {
        reject(error);
        return undefined;
      }
    });
    await relay(p, socket);
  } while (keep);
  return 0;
}

export const telnet = program('telnet', async (p) => {
  const [host, port = '23'] = p.args;
  if (host === undefined) throw new UsageError('usage: telnet HOST [PORT]');
  const [address] = await resolveHost(p, host);
  if (address === undefined) throw new UsageError(`bad address '${host}'`);
  try {
    const socket = await p.container.network.connect(p, address, Number(port));
    await p.print(1, `Connected to ${host}\n\nEntering character mode\nEscape character is '^]'.\n\n`);
    await relay(p, socket);
    await p.print(2, 'Connection closed by foreign host\n');
    return 1;
  } catch (error) {
    if (!isSysError(error)) throw error;
    throw new UsageError(`can't connect to remote host (${address}): ${error.message}`);
  }
});

export const ping = program('ping', async (p) => {
  const options = parseOptions(p, 'c:w:W:i:s:q46nI:', {});
  const [host] = options.operands;
  if (host === undefined) throw new UsageError('missing host');
  const [address] = await resolveHost(p, host);
  if (address === undefined) {
    await p.print(2, isBusybox(p) ? `ping: bad address '${host}'\n` : `ping: ${host}: Name or service not known\n`);
    return isBusybox(p) ? 1 : 2;
  }
  await p.print(1, `PING ${host} (${address})${isBusybox(p) ? ': 56 data bytes' : ' 56(84) bytes of data.'}\n`);
  const count = options.number('c') ?? Number.POSITIVE_INFINITY;
  const deadline = options.number('w');
  let [sent, received] = [0, 0];
  const started = p.container.clock.now();
  while (sent < count) {
    const alive = await p.container.network.reachable(p, address);
    if (alive) {
      await p.print(
        1,
        `64 bytes from ${address}: ${isBusybox(p) ? 'seq' : 'icmp_seq'}=${sent + (isBusybox(p) ? 0 : 1)} ttl=64 time=0.0${50 + (sent % 40)} ms\n`,
      );
      received++;
    }
    sent++;
    if (deadline !== undefined && p.container.clock.now() - started >= deadline * 1000) break;
    if (sent < count) await p.sleep((options.number('i') ?? 1) * 1000);
    else if (!alive) await p.sleep((options.number('W') ?? 10) * 1000);
  }
  await p.print(
    1,
    `\n--- ${host} ping statistics ---\n${sent} packets transmitted, ${received} ${isBusybox(p) ? 'packets received' : 'received'}, ${Math.round(((sent - received) / Math.max(1, sent)) * 100)}% packet loss\n`,
  );
  return received > 0 ? 0 : 1;
});

export const ip = program('ip', async (p) => {
  const words = p.args.filter((a) => !a.startsWith('-'));
  const address = p.container.network.pod.ip;
  const [object = ''] = words;
  if (/^r(oute)?$/.test(object))
    await p.print(1, `default via 10.244.0.1 dev eth0 \n10.244.0.0/24 dev eth0 scope link  src ${address} \n`);
  else if (/^(a|addr|address|l|link)$/.test(object)) {
    const addresses = object[0] === 'a';
    await p.print(
      1,
      `1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN qlen 1000\n    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00\n${addresses ? '    inet 127.0.0.1/8 scope host lo\n       valid_lft forever preferred_lft forever\n' : ''}2: eth0@if7: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP qlen 1000\n    link/ether ${hardwareAddress(address)} brd ff:ff:ff:ff:ff:ff\n${addresses ? `    inet ${address}/24 brd 10.244.0.255 scope global eth0\n       valid_lft forever preferred_lft forever\n` : ''}`,
    );
  } else throw new UsageError(`Object "${object}" is unknown, try "ip help".`);
  return 0;
});

function hardwareAddress(address: string): string {
  return ['02', '42', ...address.split('.').map((n) => Number(n).toString(16).padStart(2, '0'))].join(':');
}

export const ifconfig = program('ifconfig', async (p) => {
  const address = p.container.network.pod.ip;
  await p.print(
    1,
    `eth0      Link encap:Ethernet  HWaddr ${hardwareAddress(address).toUpperCase()}\n          inet addr:${address}  Bcast:10.244.0.255  Mask:255.255.255.0\n          UP BROADCAST RUNNING MULTICAST  MTU:1500  Metric:1\n\nlo        Link encap:Local Loopback\n          inet addr:127.0.0.1  Mask:255.0.0.0\n          UP LOOPBACK RUNNING  MTU:65536  Metric:1\n\n`,
  );
  return 0;
});

export const getent = program('getent', async (p) => {
  const [database, key] = p.args;
  if (database === 'hosts' || database === 'ahosts' || database === 'ahostsv4') {
    if (key === undefined) {
      await p.print(1, p.vfs.readText(p, '/etc/hosts'));
      return 0;
    }
    const found = await resolveHost(p, key);
    for (const address of found) await p.print(1, `${address.padEnd(15)} ${key}\n`);
    return found.length > 0 ? 0 : 2;
  }
  if (database === 'passwd' || database === 'group') {
    const all = p.vfs.readText(p, `/etc/${database}`).split('\n').filter(Boolean);
    const found = key === undefined ? all : all.filter((l) => l.split(':')[0] === key || l.split(':')[2] === key);
    await p.print(1, found.map((l) => `${l}\n`).join(''));
    return found.length > 0 ? 0 : 2;
  }
  throw new UsageError(`Unknown database: ${database ?? ''}`);
});
