import { isSysError } from '../kernel/errno.ts';
import type { Process } from '../kernel/process.ts';
import { signals } from '../kernel/signals.ts';
import { formatDate } from '../lib/format-date.ts';
import { contentType, serveHttp, untilSignal } from '../lib/http-server.ts';
import { parseOptions } from '../lib/options.ts';
import { program, UsageError } from '../lib/program.ts';
import { imageVersion } from '../lib/versions.ts';

interface Site {
  root: string;
  server: string;
  notFound: string;
  log: boolean;
}

/** Serves a folder: its files, and index.html for folders. */
function serveFolder(p: Process, port: number, site: Site): () => void {
  return serveHttp(p, port, async (request, response, peer) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://x').pathname);
    const file = `${site.root}${path.endsWith('/') ? `${path}index.html` : path}`;
    let status = 200;
    let body: Uint8Array;
    try {
      const place = p.vfs.find(p, file);
      if (!place || place.node.kind === 'dir') throw new Error('missing');
      body = p.vfs.readFile(p, file);
    } catch (error) {
      status = isSysError(error, 'EACCES') ? 403 : 404;
      body = new TextEncoder().encode(site.notFound);
    }
    const type = status === 200 ? contentType(file) : 'text/html; charset=iso-8859-1';
    response.writeHead(status, { Server: site.server, 'Content-Length': body.length, 'Content-Type': type });
    response.end(request.method === 'HEAD' ? undefined : body);
    if (!site.log) return;
    const time = formatDate(p.container.clock.now(), '%d/%b/%Y:%H:%M:%S +0000');
    await p.print(
      1,
      `${peer.address} - - [${time}] "${request.method} ${request.url} HTTP/${request.httpVersion}" ${status} ${body.length}\n`,
    );
  });
}

const apacheOf = (p: Process) => `Apache/${imageVersion(p)} (Unix)`;

/** Apache, as the httpd image starts it. */
export const apacheHttpd = program('apache-httpd', async (p) => {
  if (p.args.includes('-v')) {
    await p.print(1, `Server version: ${apacheOf(p)}\n`);
    return 0;
  }
  const conf = p.vfs.find(p, '/usr/local/apache2/conf/httpd.conf')
    ? p.vfs.readText(p, '/usr/local/apache2/conf/httpd.conf')
    : '';
  const port = Number(/^\s*Listen\s+(?:\S+:)?(\d+)/m.exec(conf)?.[1] ?? 80);
  const root = /^\s*DocumentRoot\s+"?([^"\n]+)"?/m.exec(conf)?.[1] ?? '/usr/local/apache2/htdocs';
  const notFound =
    '<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">\n<html><head>\n<title>404 Not Found</title>\n</head><body>\n<h1>Not Found</h1>\n<p>The requested URL was not found on this server.</p>\n</body></html>\n';
  try {
    serveFolder(p, port, { root, server: apacheOf(p), notFound, log: true });
  } catch (error) {
    if (!isSysError(error)) throw error;
    await p.print(
      2,
      `(98)Address already in use: AH00072: make_sock: could not bind to address 0.0.0.0:${port}\nno listening sockets available, shutting down\n`,
    );
    return 1;
  }
  const now = () => formatDate(p.container.clock.now(), '%a %b %d %H:%M:%S.000000 %Y');
  await p.print(
    2,
    `AH00558: httpd: Could not reliably determine the server's fully qualified domain name, using ${p.container.network.pod.ip}. Set the 'ServerName' directive globally to suppress this message\n`,
  );
  await p.print(
    2,
    `[${now()}] [mpm_event:notice] [pid ${p.pid}:tid ${p.pid}] AH00489: ${apacheOf(p)} configured -- resuming normal operations\n`,
  );
  await p.print(
    2,
    `[${now()}] [core:notice] [pid ${p.pid}:tid ${p.pid}] AH00094: Command line: 'httpd -D FOREGROUND'\n`,
  );
  await untilSignal(p, signals.SIGTERM, signals.SIGINT, signals.SIGWINCH);
  await p.print(
    2,
    `[${now()}] [mpm_event:notice] [pid ${p.pid}:tid ${p.pid}] AH00491: caught SIGTERM, shutting down\n`,
  );
  return 0;
});

/** busybox' httpd: `httpd -f -p 8080 -h /www`. */
export const httpd = program('httpd', async (p) => {
  const options = parseOptions(p, 'fivp:h:c:u:r:', {});
  const port = Number((options.get('p') ?? '80').replace(/^.*:/, ''));
  const root = options.get('h') ?? p.cwd;
  if (p.vfs.find(p, root)?.node.kind !== 'dir')
    throw new UsageError(`can't change directory to '${root}': No such file or directory`);
  const serve = (q: Process) => {
    if (port < 1024 && q.uid !== 0) throw new UsageError('bind: Permission denied');
    serveFolder(q, port, {
      root: p.vfs.realpath(p, root).replace(/\/$/, ''),
      server: 'busybox',
      notFound:
        '<HTML><HEAD><TITLE>404 Not Found</TITLE></HEAD>\n<BODY><H1>404 Not Found</H1>\nThe requested URL was not found\n</BODY></HTML>\n',
      log: false,
    });
    return untilSignal(q, signals.SIGTERM, signals.SIGINT).then(() => 143);
  };
  if (options.has('f')) return serve(p);
  // Without -f it goes on in the background.
  p.container.spawn({
    parent: p,
    argv: p.argv,
    env: p.env,
    cwd: p.cwd,
    uid: p.uid,
    gid: p.gid,
    groups: p.groups,
    fds: new Map(),
    session: {},
    main: serve,
  });
  return 0;
});
