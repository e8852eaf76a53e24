import type { IncomingMessage, ServerResponse } from 'node:http';
import { isSysError } from '../kernel/errno.ts';
import type { Peer } from '../kernel/network.ts';
import type { Process } from '../kernel/process.ts';
import { signals } from '../kernel/signals.ts';
import { contentType, serveHttp, untilSignal } from '../lib/http-server.ts';
import { type NginxLocation, type NginxServer, readNginxConfig } from '../lib/nginx-config.ts';
import { program } from '../lib/program.ts';
import { formatDate } from './date.ts';

const version = '1.27.5';

function stamp(p: Process): string {
  return formatDate(p.container.clock.now(), '%Y/%m/%d %H:%M:%S');
}

/** Writes to a log; a link to /dev/stdout is followed as for any file. */
async function log(p: Process, path: string, line: string, fallback: number): Promise<void> {
  try {
    const fd = p.addFd(p.vfs.open(p, path, { write: true, create: true, append: true }));
    await p.print(fd, line);
    p.setFd(fd, undefined);
  } catch (error) {
    if (!isSysError(error)) throw error;
    await p.print(fallback, line);
  }
}

const notice = (p: Process, text: string) =>
  log(p, '/var/log/nginx/error.log', `${stamp(p)} [notice] ${p.pid}#${p.pid}: ${text}\n`, 2);

export const nginx = program('nginx', async (p) => {
  if (p.args.includes('-v')) {
    await p.print(2, `nginx version: nginx/${version}\n`);
    return 0;
  }
  const file = p.args.includes('-c') ? (p.args[p.args.indexOf('-c') + 1] ?? '') : '/etc/nginx/nginx.conf';
  let servers: NginxServer[];
  try {
    servers = readNginxConfig(
      (path) => p.vfs.readText(p, path),
      (folder) => p.vfs.readdir(p, folder),
      file,
    );
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    await p.print(
      2,
      `${stamp(p)} [emerg] ${p.pid}#${p.pid}: ${isSysError(error) ? `open() "${file}" failed (2: ${text})` : text}\n`,
    );
    if (p.args.includes('-t')) await p.print(2, `nginx: configuration file ${file} test failed\n`);
    return 1;
  }
  if (p.args.includes('-t')) {
    await p.print(
      2,
      `nginx: the configuration file ${file} syntax is ok\nnginx: configuration file ${file} test is successful\n`,
    );
    return 0;
  }
  if (p.args[0] === '-s') return control(p, p.args[1] ?? '');
  for (const port of new Set(servers.map((s) => s.port))) {
    if (port < 1024 && p.uid !== 0) {
      await p.print(
        2,
        `${stamp(p)} [emerg] ${p.pid}#${p.pid}: bind() to 0.0.0.0:${port} failed (13: Permission denied)\nnginx: [emerg] bind() to 0.0.0.0:${port} failed (13: Permission denied)\n`,
      );
      return 1;
    }
    try {
      serveHttp(p, port, (request, response, peer) => answer(p, servers, port, request, response, peer));
    } catch (error) {
      if (!isSysError(error)) throw error;
      await p.print(
        2,
        `${stamp(p)} [emerg] ${p.pid}#${p.pid}: bind() to 0.0.0.0:${port} failed (98: Address already in use)\nnginx: [emerg] bind() to 0.0.0.0:${port} failed (98: Address already in use)\n`,
      );
      return 1;
    }
  }
  p.argv = [`nginx: master process ${p.argv.join(' ')}`];
  await notice(p, 'using the "epoll" event method');
  await notice(p, `nginx/${version}`);
  await notice(p, 'OS: Linux 6.8.0-embedded');
  await notice(p, 'start worker processes');
  p.dispositions.set(signals.SIGHUP, () => {
    servers = readNginxConfig(
      (path) => p.vfs.readText(p, path),
      (folder) => p.vfs.readdir(p, folder),
      file,
    );
    void notice(p, 'signal 1 (SIGHUP) received, reconfiguring').catch(() => {});
  });
  const signal = await untilSignal(p, signals.SIGTERM, signals.SIGQUIT, signals.SIGINT);
  const how = signal === signals.SIGQUIT ? 'gracefully shutting down' : 'exiting';
  await notice(
    p,
    `signal ${signal} (${signal === signals.SIGQUIT ? 'SIGQUIT' : signal === signals.SIGINT ? 'SIGINT' : 'SIGTERM'}) received, ${how}`,
  );
  await notice(p, 'exit');
  return 0;
});

/** `nginx -s reload|stop|quit`. */
async function control(p: Process, action: string): Promise<number> {
  const master = [...p.container.processes.values()].find((q) => q !== p && q.argv[0]?.startsWith('nginx: master'));
  const signal = { reload: signals.SIGHUP, stop: signals.SIGTERM, quit: signals.SIGQUIT, reopen: signals.SIGUSR1 }[
    action
  ];
  if (!master || signal === undefined) {
    await p.print(
      2,
      signal === undefined
        ? `nginx: invalid option: "-s ${action}"\n`
        : `nginx: [error] open() "/run/nginx.pid" failed (2: No such file or directory)\n`,
    );
    return 1;
  }
  master.signal(signal);
  return 0;
}

function errorPage(status: number, reason: string): string {
  return `<html>\r\n<head><title>${status} ${reason}</title></head>\r\n<body>\r\n<center><h1>${status} ${reason}</h1></center>\r\n<hr><center>nginx/${version}</center>\r\n</body>\r\n</html>\r\n`;
}

async function answer(
  p: Process,
  servers: readonly NginxServer[],
  port: number,
  request: IncomingMessage,
  response: ServerResponse,
  peer: Peer,
): Promise<void> {
  const name = (request.headers.host ?? '').replace(/:\d+$/, '');
  const candidates = servers.filter((s) => s.port === port);
  const server = candidates.find((s) => s.names.includes(name)) ?? candidates[0];
  const path = decodeURIComponent(new URL(request.url ?? '/', 'http://x').pathname);
  const location = server?.locations
    .filter((l) => (l.exact ? path === l.prefix : path.startsWith(l.prefix)))
    .sort((a, b) => Number(b.exact) - Number(a.exact) || b.prefix.length - a.prefix.length)[0];
  const reply = respond(p, server, location, path);
  const body = Buffer.from(reply.body);
  response.writeHead(reply.status, {
    Server: `nginx/${version}`,
    'Content-Type': reply.type,
    'Content-Length': body.length,
    ...(reply.headers ?? {}),
    ...(reply.status === 200 ? { 'Accept-Ranges': 'bytes' } : {}),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
  if (reply.missing !== undefined) {
    await log(
      p,
      '/var/log/nginx/error.log',
      `${stamp(p)} [error] ${p.pid}#${p.pid}: *1 open() "${reply.missing}" failed (2: No such file or directory), client: ${peer.address}, server: ${server?.names[0] ?? ''}, request: "${request.method} ${request.url} HTTP/1.1", host: "${request.headers.host ?? ''}"\n`,
      2,
    );
  }
  const time = formatDate(p.container.clock.now(), '%d/%b/%Y:%H:%M:%S +0000');
  await log(
    p,
    '/var/log/nginx/access.log',
    `${peer.address} - - [${time}] "${request.method} ${request.url} HTTP/${request.httpVersion}" ${reply.status} ${body.length} "${request.headers.referer ?? '-'}" "${request.headers['user-agent'] ?? '-'}" "-"\n`,
    1,
  );
}

interface Reply {
  status: number;
  type: string;
  body: string | Uint8Array;
  headers?: Record<string, string>;
  missing?: string;
}

function respond(
  p: Process,
  server: NginxServer | undefined,
  location: NginxLocation | undefined,
  path: string,
): Reply {
  const fixed = location?.returns ?? server?.returns;
  if (fixed) {
    const redirect = fixed.status >= 300 && fixed.status < 400;
    if (redirect)
      return {
        status: fixed.status,
        type: 'text/html',
        body: errorPage(fixed.status, 'Moved'),
        headers: { Location: fixed.text },
      };
    return { status: fixed.status, type: location?.type ?? 'text/plain', body: fixed.text };
  }
  const root = location?.root ?? server?.root ?? '/usr/share/nginx/html';
  const relative =
    location?.alias === undefined ? `${root}${path}` : location.alias + path.slice(location.prefix.length);
  const indexes = location?.index ?? server?.index ?? ['index.html'];
  for (const candidate of path.endsWith('/') ? indexes.map((i) => `${relative.replace(/\/$/, '')}/${i}`) : [relative]) {
    try {
      const place = p.vfs.find(p, candidate);
      if (place?.node.kind === 'dir')
        return {
          status: 301,
          type: 'text/html',
          body: errorPage(301, 'Moved Permanently'),
          headers: { Location: `${path}/` },
        };
      if (place) return { status: 200, type: contentType(candidate), body: p.vfs.readFile(p, candidate) };
    } catch (error) {
      if (!isSysError(error, 'EACCES')) throw error;
      return { status: 403, type: 'text/html', body: errorPage(403, 'Forbidden') };
    }
  }
  // A folder without its index file may not be listed.
  const folder = path.endsWith('/') && p.vfs.find(p, relative)?.node.kind === 'dir';
  if (folder) return { status: 403, type: 'text/html', body: errorPage(403, 'Forbidden') };
  return { status: 404, type: 'text/html', body: errorPage(404, 'Not Found'), missing: relative };
}
