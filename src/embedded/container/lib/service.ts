import { ownValue } from '../../../kernel/own.ts';
import type { ImageDescription } from '../../container-api.ts';
import { isSysError } from '../kernel/errno.ts';
import type { Process } from '../kernel/process.ts';
import { signals } from '../kernel/signals.ts';
import { formatDate } from './format-date.ts';
import { type Handler, serveHttp, untilSignal } from './http-server.ts';

type Service = NonNullable<ImageDescription['service']>;
type Port = NonNullable<Service['ports']>[number];

/** Fills in what described texts may name: `{iso}`, `{date}` and `{klog}` are times, the rest facts of the container. */
function fill(p: Process, text: string): string {
  const { clock, hostname, network, imageName } = p.container;
  const now = clock.now();
  const values: Record<string, () => string> = {
    iso: () => new Date(now).toISOString(),
    date: () => formatDate(now, '%F %T'),
    klog: () => formatDate(now, '%m%d %H:%M:%S.%6N'),
    hostname: () => hostname,
    ip: () => network.pod.ip,
    tag: () => imageName.slice(imageName.lastIndexOf(':') + 1),
  };
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => ownValue(values, name)?.() ?? whole);
}

const line = (p: Process, text: string) => `${fill(p, text)}\n`;

function listen(p: Process, port: Port, image: string): void {
  const routes = Object.entries(port.routes ?? { '/': { body: `${image}\n` } }).sort(([a], [b]) => b.length - a.length);
  if (port.protocol === 'tcp') {
    p.container.network.listen(p, port.port, (socket) => {
      const greeting = port.routes?.['/']?.body ?? '';
      if (greeting !== '') socket.write(greeting);
      // What is sent is taken and not answered.
      socket.resume();
      socket.once('end', () => socket.end());
    });
    return;
  }
  const answer: Handler = async (request, response) => {
    const path = new URL(request.url ?? '/', 'http://x').pathname;
    const [, route] =
      routes.find(([prefix]) => path === prefix || path.startsWith(prefix.endsWith('/') ? prefix : `${prefix}/`)) ?? [];
    const body = route ? fill(p, route.body) : '404 page not found\n';
    response.writeHead(route ? (route.status ?? 200) : 404, {
      'Content-Type': 'text/plain; charset=utf-8',
      'Content-Length': Buffer.byteLength(body),
      ...route?.headers,
    });
    response.end(request.method === 'HEAD' ? undefined : body);
  };
  serveHttp(p, port.port, answer, port.protocol);
}

/** Does what an image's description says: logs, listens, ends. `portOf`: where it listens instead of a described port. */
export async function runService(p: Process, portOf: (port: number) => number = (port) => port): Promise<number> {
  const { image } = p.container;
  const described = image.service ?? {};
  for (const one of described.ports ?? []) {
    const port = { ...one, port: portOf(one.port) };
    try {
      listen(p, port, image.repository);
    } catch (error) {
      if (!isSysError(error)) throw error;
      await p.print(2, `listen tcp :${port.port}: bind: ${error.message.toLowerCase()}\n`);
      return 1;
    }
  }
  for (const text of described.logs ?? []) await p.print(2, line(p, text));
  const { repeat } = described;
  if (repeat && repeat.lines.length > 0) {
    const tell = async () => {
      for (let i = 0; ; i = (i + 1) % repeat.lines.length) {
        await p.sleep(Math.max(0.05, repeat.everySeconds) * 1000);
        await p.print(1, line(p, repeat.lines[i] ?? ''));
      }
    };
    p.background(tell());
  }
  const stopped = untilSignal(p, signals.SIGTERM, signals.SIGINT, signals.SIGQUIT);
  const { exit } = described;
  if (!exit) {
    await stopped;
    return 0;
  }
  return Promise.race([stopped.then(() => 0), p.sleep(exit.afterSeconds * 1000).then(() => exit.code)]);
}
