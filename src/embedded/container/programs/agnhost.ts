/** The image of Kubernetes' end-to-end tests: the parts of agnhost that manifests and exercises run. */

import { ownValue } from '../../../kernel/own.ts';
import { isSysError } from '../kernel/errno.ts';
import { createPipe } from '../kernel/pipe.ts';
import type { Process } from '../kernel/process.ts';
import { readResolvConf, resolveHost } from '../kernel/resolver.ts';
import { signals } from '../kernel/signals.ts';
import { type Handler, serveHttp, untilSignal } from '../lib/http-server.ts';
import { program } from '../lib/program.ts';
import { startCommand } from '../lib/run-command.ts';
import { formatDate } from './date.ts';

/** Flags as cobra reads them: `--name=value`, `--name value`; names in `plain` need no value. */
class Flags {
  readonly #values = new Map<string, string>();
  readonly operands: string[] = [];
  /** A flag that there is not. */
  unknown: string | undefined;

  constructor(args: readonly string[], known: readonly string[], plain: readonly string[] = []) {
    for (let i = 0; i < args.length; i++) {
      const arg = args[i] ?? '';
      const [, name, value] = /^--?([\w-]+)(?:=(.*))?$/s.exec(arg) ?? [];
      if (name === undefined) this.operands.push(arg);
      else if (plain.includes(name)) this.#values.set(name, value ?? 'true');
      else if (known.includes(name)) this.#values.set(name, value ?? args[++i] ?? '');
      else this.unknown ??= `--${name}`;
    }
  }

  get(name: string, fallback: string): string {
    return this.#values.get(name) ?? fallback;
  }

  number(name: string, fallback: number): number {
    return Number(this.#values.get(name) ?? fallback);
  }
}

const log = (p: Process, text: string) =>
  p.print(2, `I${formatDate(p.container.clock.now(), '%m%d %H:%M:%S.%6N')}       ${p.pid} log.go:245] ${text}\n`);

const units: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** A duration of Go in milliseconds. */
function duration(text: string): number {
  return [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)].reduce(
    (sum, [, n, unit]) => sum + Number(n) * (units[unit ?? ''] ?? 0),
    0,
  );
}

const queryOf = (url: string | undefined) => new URL(url ?? '/', 'http://x');

async function serveUntilStopped(p: Process, port: number, handler: Handler): Promise<number> {
  try {
    serveHttp(p, port, handler);
  } catch (error) {
    if (!isSysError(error)) throw error;
    await p.print(2, `listen tcp :${port}: bind: ${error.message.toLowerCase()}\n`);
    return 1;
  }
  // It has no handler of its own for SIGTERM; Go's runtime ends it.
  await p.block(() => undefined);
  return 0;
}

/** Healthy for ten seconds, then never again. */
async function liveness(p: Process): Promise<number> {
  const started = p.container.clock.now();
  return serveUntilStopped(p, 8080, async (request, response) => {
    const seconds = (p.container.clock.now() - started) / 1000;
    const { pathname } = queryOf(request.url);
    if (pathname === '/started') response.end(`${seconds}s`);
    else if (pathname === '/healthz') {
      response.statusCode = seconds > 10 ? 500 : 200;
      response.end(seconds > 10 ? `error: ${seconds}` : 'ok');
    } else {
      response.statusCode = 404;
      response.end('404 page not found\n');
    }
  });
}

/** What a command prints, both streams, and its exit code. */
async function runShell(p: Process, command: string): Promise<{ text: string; code: number }> {
  const [reader, writer] = createPipe();
  const fds = new Map(p.fds).set(1, writer).set(2, writer);
  const child = startCommand(p, ['/bin/sh', '-c', command], fds);
  writer.ref();
  writer.unref();
  const fd = p.addFd(reader);
  const text = await p.readAllText(fd);
  p.setFd(fd, undefined);
  return { text, code: (await p.wait(child)).code };
}

async function netexec(p: Process, args: readonly string[]): Promise<number> {
  const flags = new Flags(args, [
    'http-port',
    'udp-port',
    'sctp-port',
    'http-override',
    'delay-shutdown',
    'udp-listen-addresses',
  ]);
  const port = flags.number('http-port', 8080);
  await log(p, `Started HTTP server on port ${port}`);
  await log(p, `Started UDP server on port  ${flags.number('udp-port', 8081)}`);
  const override = flags.get('http-override', '');
  return serveUntilStopped(p, port, async (request, response, peer) => {
    const { pathname, searchParams } = queryOf(request.url);
    await log(p, `GET ${pathname}`);
    const path = override === '' ? pathname : override;
    switch (path) {
      case '/':
        return void response.end(`NOW: ${formatDate(p.container.clock.now(), '%F %T.%6N000 +0000 UTC')}`);
      case '/clientip':
        return void response.end(`${peer.address}:${peer.port}`);
      case '/hostname':
      case '/hostName':
        return void response.end(p.container.hostname);
      case '/echo':
        response.statusCode = Number(searchParams.get('code') ?? 200) || 200;
        return void response.end(searchParams.get('msg') ?? '');
      case '/header': {
        const value = ownValue(request.headers, (searchParams.get('key') ?? '').toLowerCase());
        return void response.end(String(value ?? ''));
      }
      case '/healthz':
        return void response.end();
      case '/redirect':
        response.writeHead(Number(searchParams.get('code') ?? 302) || 302, {
          Location: searchParams.get('location') ?? '/',
        });
        return void response.end();
      case '/shutdown':
      case '/exit': {
        response.end();
        const code = Number(searchParams.get('code') ?? 0);
        return p.terminate({ code: code & 255 });
      }
      case '/shell': {
        const command = searchParams.get('shellCommand') ?? searchParams.get('cmd') ?? '';
        const { text, code } = await runShell(p, command);
        const answer = code === 0 ? { output: text } : { error: `exit status ${code}`, output: text };
        return void response.end(JSON.stringify(answer));
      }
      default:
        response.statusCode = 404;
        response.end('404 page not found\n');
    }
  });
}

async function serveHostname(p: Process, args: readonly string[]): Promise<number> {
  const flags = new Flags(args, ['port'], ['tcp', 'udp', 'http', 'close']);
  const port = flags.number('port', 9376);
  if (flags.get('tcp', 'false') === 'true') {
    p.container.network.listen(p, port, (socket) => {
      socket.end(`${p.container.hostname}\n`);
      socket.resume();
    });
    await p.block(() => undefined);
  }
  return serveUntilStopped(p, port, async (_, response) => void response.end(p.container.hostname));
}

/** Whether a TCP connection comes about; its one word on standard error is what tests of policies look for. */
async function connect(p: Process, args: readonly string[]): Promise<number> {
  const flags = new Flags(args, ['timeout', 'protocol']);
  const [, host = '', port = ''] = /^(.*):(\d+)$/.exec(flags.operands[0] ?? '') ?? [];
  if (port === '') {
    await p.print(2, `OTHER: address ${flags.operands[0] ?? ''}: missing port in address\n`);
    return 1;
  }
  const timeout = duration(flags.get('timeout', '0s'));
  const [address] = await resolveHost(p, host);
  if (address === undefined) {
    await p.print(2, `DNS: lookup ${host}: no such host\n`);
    return 1;
  }
  try {
    const socket = await p.container.network.connect(p, address, Number(port), timeout > 0 ? timeout : undefined);
    socket.destroy();
    return 0;
  } catch (error) {
    if (!isSysError(error) || error.code === 'EPIPE') throw error;
    await p.print(2, error.code === 'ETIMEDOUT' ? 'TIMEOUT\n' : 'REFUSED\n');
    return 1;
  }
}

const verbs = ['GET', 'PUT', 'POST'];
const kinds = ['ns', 'default', 'kube-system'];

/** Lines as an API server would log them, so many in so long. */
async function logsGenerator(p: Process, args: readonly string[]): Promise<number> {
  const flags = new Flags(args, ['log-lines-total', 't', 'run-duration', 'd']);
  const total = flags.number('log-lines-total', flags.number('t', 0));
  const time = duration(flags.get('run-duration', flags.get('d', '0s')));
  if (!(total > 0)) {
    await p.print(2, 'F0000 00:00:00.000000       1 logs_generator.go:75] Invalid total number of lines: 0\n');
    return 255;
  }
  const letters = 'bcdfghjklmnpqrstvwxz2456789';
  for (let i = 0; i < total; i++) {
    // Scattered, and the same every time.
    const n = (i * 2654435761) >>> 0;
    const name = [0, 5, 10].map((shift) => letters[(n >>> shift) % letters.length]).join('');
    const line = `${i} ${verbs[n % 3]} /api/v1/namespaces/${kinds[(n >>> 3) % 3]}/pods/${name} ${200 + (n % 400)}`;
    await p.print(
      2,
      `I${formatDate(p.container.clock.now(), '%m%d %H:%M:%S.%6N')}       ${p.pid} logs_generator.go:76] ${line}\n`,
    );
    if (time > 0) await p.sleep(time / total);
  }
  return 0;
}

const commands: Record<string, (p: Process, args: readonly string[]) => Promise<number>> = {
  ...{ connect, liveness, netexec, 'serve-hostname': serveHostname, 'logs-generator': logsGenerator },
  pause: async (p) => {
    await p.print(1, 'Paused\n');
    await untilSignal(p, signals.SIGTERM, signals.SIGINT);
    return 0;
  },
  'dns-suffix': async (p) => {
    await p.print(1, `${readResolvConf(p).searches.join(',')}\n`);
    return 0;
  },
  'dns-server-list': async (p) => {
    await p.print(1, `${readResolvConf(p).nameservers.join(',')}\n`);
    return 0;
  },
  'etc-hosts': async (p) => {
    await p.print(1, p.vfs.readText(p, '/etc/hosts'));
    return 0;
  },
};

export const agnhost = program(
  'agnhost',
  async (p) => {
    const [name = 'help', ...args] = p.args;
    const command = ownValue(commands, name);
    if (command) return command(p, args);
    const list = Object.keys(commands)
      .sort()
      .map((c) => `  ${c}\n`)
      .join('');
    const help = `Usage:\n  app [command]\n\nAvailable Commands (of this agnhost, a simulated one):\n${list}`;
    if (name === 'help' || name === '--help' || name === '-h') {
      await p.print(1, help);
      return 0;
    }
    await p.print(2, `Error: unknown command "${name}" for "app"\n${help}`);
    return 1;
  },
  { go: true },
);
