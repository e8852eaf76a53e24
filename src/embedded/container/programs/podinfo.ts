/** stefanprodan/podinfo: a small web service that tells of itself, and fails when it is told to. */
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import { isSysError } from '../kernel/errno.ts';
import type { Process } from '../kernel/process.ts';
import { signals } from '../kernel/signals.ts';
import { serveHttp, untilSignal } from '../lib/http-server.ts';
import { program } from '../lib/program.ts';
import { imageVersion } from '../lib/versions.ts';

/** Flags with their defaults; each is read from `PODINFO_…` too. */
const defaults = {
  ...{ host: '', port: '9898', 'port-metrics': '0', level: 'info', 'ui-message': '', 'ui-color': '#34577c' },
  ...{ 'ui-logo': 'https://raw.githubusercontent.com/stefanprodan/podinfo/gh-pages/cuddle_clap.gif' },
  ...{ unhealthy: 'false', unready: 'false', 'random-delay': 'false', 'random-delay-min': '0' },
  ...{ 'random-delay-max': '5', 'random-delay-unit': 's', 'random-error': 'false' },
};
type Flag = keyof typeof defaults;

const switches = new Set<string>(['unhealthy', 'unready', 'random-delay', 'random-error']);
const levels = ['debug', 'info', 'warn', 'error', 'fatal', 'panic'];
const isFlag = (name: string): name is Flag => Object.hasOwn(defaults, name);

/** Reads arguments over variables over defaults. A string: what is wrong with them. */
function readFlags(p: Process): Record<Flag, string> | string {
  const flags = { ...defaults };
  for (const name of Object.keys(defaults)) {
    const value = p.env.get(`PODINFO_${name.toUpperCase().replaceAll('-', '_')}`);
    if (isFlag(name) && value !== undefined && value !== '') flags[name] = value;
  }
  const { args } = p;
  for (let i = 0; i < args.length; i++) {
    const [, name = '', value] = /^--([\w-]+)(?:=(.*))?$/s.exec(args[i] ?? '') ?? [];
    if (name === '') continue;
    if (!isFlag(name)) return `unknown flag: --${name}`;
    const given = value ?? (switches.has(name) ? 'true' : args[++i]);
    if (given === undefined) return `flag needs an argument: --${name}`;
    flags[name] = given;
  }
  return flags;
}

interface Counts {
  count: number;
  seconds: number;
}

/** The service while it runs. */
class Podinfo {
  readonly #p: Process;
  readonly #flags: Record<Flag, string>;
  readonly #requests = new Map<string, Counts>();
  healthy: boolean;
  ready: boolean;

  constructor(p: Process, flags: Record<Flag, string>) {
    this.#p = p;
    this.#flags = flags;
    this.healthy = flags.unhealthy !== 'true';
    this.ready = flags.unready !== 'true';
  }

  /** A line of its log, if its level is wanted. */
  async log(level: string, caller: string, msg: string, more: Record<string, unknown> = {}): Promise<void> {
    if (levels.indexOf(level) < levels.indexOf(this.#flags.level)) return;
    const ts = new Date(this.#p.container.clock.now()).toISOString();
    await this.#p.print(2, `${JSON.stringify({ level, ts, caller, msg, ...more })}\n`);
  }

  handle = async (request: IncomingMessage, response: ServerResponse, remote: string): Promise<void> => {
    const { clock } = this.#p.container;
    const began = clock.now();
    await this.log('debug', 'http/logging.go:35', 'request started', {
      ...{ proto: `HTTP/${request.httpVersion}`, uri: request.url, method: request.method, remote },
      'user-agent': request.headers['user-agent'] ?? '',
    });
    const { pathname } = new URL(request.url ?? '/', 'http://x');
    await this.#disturb(pathname, response);
    if (!response.writableEnded) await this.#answer(pathname, request, response);
    const key = `method="${request.method}",path="${pathname.split('/')[1] || 'root'}",status="${response.statusCode}"`;
    const counts = this.#requests.get(key) ?? { count: 0, seconds: 0 };
    this.#requests.set(key, counts);
    counts.count++;
    counts.seconds += (clock.now() - began) / 1000;
  };

  /** Random delays and errors, where they are wanted. */
  async #disturb(path: string, response: ServerResponse): Promise<void> {
    if (path === '/healthz' || path === '/readyz' || path === '/metrics') return;
    if (this.#flags['random-delay'] === 'true') {
      const [from, to] = [Number(this.#flags['random-delay-min']), Number(this.#flags['random-delay-max'])];
      const unit = this.#flags['random-delay-unit'] === 's' ? 1000 : 1;
      await this.#p.sleep((from + Math.floor(Math.random() * Math.max(1, to - from))) * unit);
    }
    if (this.#flags['random-error'] !== 'true' || Math.random() >= 1 / 3) return;
    response.statusCode = [500, 400, 409][Math.floor(Math.random() * 3)] ?? 500;
    response.end(STATUS_CODES[response.statusCode]);
  }

  async #answer(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const json = (value: unknown, status = 200) => {
      response.writeHead(status, {
        'Content-Type': 'application/json; charset=utf-8',
        'X-Content-Type-Options': 'nosniff',
      });
      response.end(JSON.stringify(value, undefined, 2));
    };
    const state = (good: boolean) => json({ status: good ? 'OK' : 'Service Unavailable' }, good ? 200 : 503);
    const post = request.method === 'POST';
    const number = Number(/^\/(?:delay|status)\/(\d{1,5})$/.exec(path)?.[1] ?? Number.NaN);
    switch (path) {
      case '/':
      case '/api/info':
        return json(this.#info());
      case '/version':
        return json({ commit: 'unknown', version: imageVersion(this.#p) });
      case '/healthz':
        return state(this.healthy);
      case '/readyz':
        return state(this.ready);
      case '/readyz/enable':
      case '/readyz/disable':
        if (!post) return refuse(response, 405);
        this.ready = path === '/readyz/enable';
        return json({ status: 'OK' }, 202);
      case '/env':
      case '/api/env':
        return json([...this.#p.env].map(([name, value]) => `${name}=${value}`));
      case '/headers':
        return json(headersOf(request));
      case '/echo':
      case '/api/echo':
        return post ? echo(request, response) : refuse(response, 405);
      case '/metrics':
        return this.#metrics(response);
      case '/panic':
        await this.log('info', 'http/panic.go:14', 'Panic command received');
        return this.#p.terminate({ code: 255 });
    }
    if (Number.isNaN(number)) return refuse(response, 404);
    if (path.startsWith('/delay/')) {
      await this.#p.sleep(number * 1000);
      return json({ delay: number });
    }
    return number >= 200 && number <= 599 ? json({ status: number }, number) : refuse(response, 400);
  }

  #info(): Record<string, string> {
    const version = imageVersion(this.#p);
    return {
      ...{ hostname: this.#p.container.hostname, version, revision: 'unknown', color: this.#flags['ui-color'] },
      ...{ logo: this.#flags['ui-logo'], message: this.#flags['ui-message'] || `greetings from podinfo v${version}` },
      ...{ goos: 'linux', goarch: 'amd64' },
    };
  }

  #metrics(response: ServerResponse): void {
    const of = (name: string, value: (counts: Counts) => number) =>
      [...this.#requests].map(([labels, counts]) => `${name}{${labels}} ${value(counts)}\n`).join('');
    response.writeHead(200, { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8' });
    response.end(
      `# HELP http_request_duration_seconds Seconds spent serving HTTP requests.\n# TYPE http_request_duration_seconds histogram\n${of(
        'http_request_duration_seconds_sum',
        ({ seconds }) => seconds,
      )}${of('http_request_duration_seconds_count', ({ count }) => count)}# HELP http_requests_total The total number of HTTP requests.\n# TYPE http_requests_total counter\n${this.#totals()}`,
    );
  }

  /** Requests by their status alone. */
  #totals(): string {
    const totals = new Map<string, number>();
    for (const [labels, { count }] of this.#requests) {
      const status = /status="(\d+)"/.exec(labels)?.[1] ?? '';
      totals.set(status, (totals.get(status) ?? 0) + count);
    }
    return [...totals].map(([status, count]) => `http_requests_total{status="${status}"} ${count}\n`).join('');
  }
}

function refuse(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' });
  response.end(status === 404 ? '404 page not found\n' : status === 405 ? undefined : `${STATUS_CODES[status]}\n`);
}

/** Headers with Go's way of writing their names. */
function headersOf(request: IncomingMessage): Record<string, string[]> {
  const headers: [string, string[]][] = Object.entries(request.headers)
    .filter(([name]) => name !== 'host')
    .map(([name, value]) => [
      name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase()),
      typeof value === 'string' ? [value] : (value ?? []),
    ]);
  return Object.fromEntries(headers);
}

/** The longest body that is taken. */
const MAX_BODY = 1024 * 1024;

async function echo(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > MAX_BODY) return refuse(response, 413);
    chunks.push(chunk);
  }
  response.writeHead(202, { 'Content-Type': 'application/json; charset=utf-8' });
  response.end(Buffer.concat(chunks));
}

export const podinfo = program('podinfo', async (p) => {
  const version = imageVersion(p);
  if (p.args.includes('--version') || p.args.includes('-v')) {
    await p.print(1, `${version}\n`);
    return 0;
  }
  const flags = readFlags(p);
  if (typeof flags === 'string') {
    const known = Object.entries(defaults).map(
      ([name, value]) => `      --${name}${value === '' ? '' : ` (default ${value})`}\n`,
    );
    await p.print(2, `Error: ${flags}\n\nUsage of podinfo:\n${known.join('')}`);
    return 2;
  }
  if (!levels.includes(flags.level)) flags.level = 'info';
  const service = new Podinfo(p, flags);
  const { port } = flags;
  if (!/^\d+$/.test(port) || Number(port) < 1 || Number(port) > 65_535) {
    await service.log('fatal', 'http/server.go:270', 'HTTP server crashed', {
      error: `listen tcp: address ${port}: invalid port`,
    });
    return 1;
  }
  await service.log('info', 'podinfo/main.go:153', 'Starting podinfo', { version, revision: 'unknown', port });
  await service.log('info', 'http/server.go:224', 'Starting HTTP Server.', { addr: `${flags.host}:${port}` });
  try {
    for (const one of new Set([Number(port), Number(flags['port-metrics'])]))
      if (one > 0)
        serveHttp(p, one, (request, response, peer) =>
          service.handle(request, response, `${peer.address}:${peer.port}`),
        );
  } catch (error) {
    if (!isSysError(error)) throw error;
    const told = `listen tcp ${flags.host}:${port}: bind: ${error.message.toLowerCase()}`;
    await service.log('fatal', 'http/server.go:270', 'HTTP server crashed', { error: told });
    return 1;
  }
  await untilSignal(p, signals.SIGTERM, signals.SIGINT);
  service.healthy = false;
  service.ready = false;
  await service.log('info', 'signals/shutdown.go:53', 'Shutting down HTTP/HTTPS server', { timeout: 5 });
  // Requests go on until the endpoints are known to be without it.
  if (flags.level !== 'debug') await p.sleep(3000);
  return 0;
});
