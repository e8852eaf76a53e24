import type { Process } from '../kernel/process.ts';
import { baseName, join } from '../lib/files.ts';
import {
  exchange,
  HttpFailure,
  type HttpRequest,
  type HttpResponse,
  openConnection,
  portOf,
} from '../lib/http-client.ts';
import { type Options, parseOptions } from '../lib/options.ts';
import { isBusybox, program, UsageError } from '../lib/program.ts';

const long = {
  ...{
    quiet: 'q',
    'output-document': 'O',
    timeout: 'T',
    'server-response': 'S',
    spider: 'spider',
    tries: 't',
    header: 'header:',
  },
  ...{ 'no-check-certificate': 'no-check-certificate', 'post-data': 'post-data:', 'user-agent': 'U', continue: 'c' },
  ...{
    'directory-prefix': 'P',
    'connect-timeout': 'T',
    'dns-timeout': 'T',
    'no-verbose': 'n',
    'ca-certificate': 'ca-certificate:',
  },
};

/** busybox' wget, which is what most images have; GNU's options mean the same. */
export const wget = program('wget', async (p) => {
  const args = p.args.map((a) => (a === '-nv' ? '-n' : a));
  const options = parseOptions(p, 'qO:T:St:U:cP:nY:', long, { args });
  const [given] = options.operands;
  if (given === undefined)
    throw new UsageError(isBusybox(p) ? 'missing URL' : 'missing URL\nUsage: wget [OPTION]... [URL]...');
  const timeout = options.number('T');
  try {
    return await limited(p, timeout, download(p, options, given));
  } catch (error) {
    if (!(error instanceof HttpFailure)) throw error;
    await p.print(2, `wget: ${error.message}\n`);
    return isBusybox(p) ? 1 : 4;
  }
});

/** The whole transfer may not take longer than -T says without progress; here: at all. */
async function limited(p: Process, seconds: number | undefined, work: Promise<number>): Promise<number> {
  if (seconds === undefined) return work;
  const expiry = p.sleep(seconds * 1000).then(() => {
    throw new HttpFailure('timeout', 'download timed out');
  });
  return Promise.race([work, expiry]);
}

async function download(p: Process, options: Options, given: string): Promise<number> {
  const quiet = options.has('q');
  let url = parseUrl(given);
  for (let redirects = 0; ; redirects++) {
    const response = await fetchUrl(p, options, url, redirects === 0 ? given : url.href, quiet);
    if (options.has('S')) {
      const lines = [`  HTTP/${response.httpVersion} ${response.status} ${response.statusText}`];
      if (response.status < 400) lines.push(...response.headers.map(([n, v]) => `  ${n}: ${v}`), '  ');
      await p.print(2, `${lines.join('\n')}\n`);
    }
    const location = response.header('location');
    if (response.status >= 300 && response.status < 400 && location !== undefined && redirects < 5) {
      response.close();
      url = new URL(location, url);
      continue;
    }
    if (response.status < 200 || response.status >= 300) {
      response.close();
      await p.print(
        2,
        `wget: server returned error: HTTP/${response.httpVersion} ${response.status} ${response.statusText}\n`,
      );
      return isBusybox(p) ? 1 : 8;
    }
    if (options.has('spider')) {
      response.close();
      if (!quiet) await p.print(2, 'remote file exists\n');
      return 0;
    }
    return save(p, options, url, response, quiet);
  }
}

function parseUrl(given: string): URL {
  try {
    return new URL(/^\w+:\/\//.test(given) ? given : `http://${given}`);
  } catch {
    throw new UsageError(`bad address '${given}'`);
  }
}

async function fetchUrl(p: Process, options: Options, url: URL, given: string, quiet: boolean): Promise<HttpResponse> {
  const post = options.get('post-data');
  const ca = options.get('ca-certificate');
  const headers: [string, string][] = [
    ['Host', url.host],
    ['User-Agent', options.get('U') ?? 'Wget'],
    ['Connection', 'close'],
  ];
  for (const h of options.all('header')) headers.push([h.slice(0, h.indexOf(':')), h.slice(h.indexOf(':') + 1).trim()]);
  const request: HttpRequest = {
    method: post === undefined ? 'GET' : 'POST',
    url,
    headers,
    ...(post === undefined ? {} : { body: new TextEncoder().encode(post) }),
    // busybox' wget has no verification of its own, and says so.
    tls: {
      insecure: isBusybox(p) || options.has('no-check-certificate'),
      ...(ca === undefined ? {} : { ca: p.vfs.readText(p, ca) }),
    },
  };
  if (url.protocol === 'https:' && isBusybox(p) && !options.has('no-check-certificate') && !quiet) {
    await p.print(2, 'wget: note: TLS certificate validation not implemented\n');
  }
  // As it was written: a default port that was given stays.
  const authority = /^(?:\w+:\/\/)?([^/]*)/.exec(given)?.[1] ?? url.host;
  let tried = '';
  try {
    const connection = await openConnection(p, request, {
      connecting: async (address, port) => {
        tried = address;
        if (!quiet) await p.print(2, `Connecting to ${authority} (${address}:${port})\n`);
      },
    });
    return await exchange(p, request, connection);
  } catch (error) {
    if (!(error instanceof HttpFailure)) throw error;
    throw new HttpFailure(error.kind, describe(error, url, tried));
  }
}

function describe(error: HttpFailure, url: URL, address: string): string {
  switch (error.kind) {
    case 'resolve':
    case 'dns-timeout':
      return `bad address '${url.hostname}${url.port === '' ? '' : `:${portOf(url)}`}'`;
    case 'refused':
      return `can't connect to remote host (${address}): Connection refused`;
    case 'timeout':
      return `can't connect to remote host (${address}): Operation timed out`;
    case 'certificate':
      return 'TLS certificate is not trusted';
    default:
      return 'error getting response: Connection reset by peer';
  }
}

/** A file that is there is not written over: busybox gives up, GNU's wget numbers. */
function freeName(p: Process, file: string): string {
  if (!p.vfs.find(p, file)) return file;
  if (isBusybox(p)) throw new UsageError(`can't open '${file}': File exists`);
  for (let n = 1; ; n++) if (!p.vfs.find(p, `${file}.${n}`)) return `${file}.${n}`;
}

async function save(p: Process, options: Options, url: URL, response: HttpResponse, quiet: boolean): Promise<number> {
  const named = options.get('O');
  if (named === '-') {
    for await (const chunk of response.body()) await p.write(1, chunk);
    return 0;
  }
  const last = url.pathname.endsWith('/') ? 'index.html' : baseName(url.pathname);
  const file = named ?? freeName(p, join(options.get('P') ?? '.', last).replace(/^\.\//, ''));
  if (!quiet) await p.print(2, `saving to '${file}'\n`);
  const fd = p.addFd(p.vfs.open(p, file, { write: true, create: true, truncate: true }));
  let size = 0;
  for await (const chunk of response.body()) {
    await p.write(fd, chunk);
    size += chunk.length;
  }
  p.setFd(fd, undefined);
  if (!quiet) {
    const bar = '*'.repeat(32);
    await p.print(
      2,
      `${baseName(file).padEnd(20)} 100% |${bar}| ${String(size).padStart(5)}  0:00:00 ETA\n'${file}' saved\n`,
    );
  }
  return 0;
}
