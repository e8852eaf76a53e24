/** What people run of Python without writing any: its web server, its JSON printer, its version. */

import { isSysError } from '../kernel/errno.ts';
import type { Process } from '../kernel/process.ts';
import { signals } from '../kernel/signals.ts';
import { join } from '../lib/files.ts';
import { formatDate } from '../lib/format-date.ts';
import { contentType, type Handler, serveHttp } from '../lib/http-server.ts';
import { Output } from '../lib/io.ts';
import { JsonReader, ParseError } from '../lib/json-reader.ts';
import { pieces } from '../lib/json-writer.ts';
import { program } from '../lib/program.ts';
import { imageVersion } from '../lib/versions.ts';

const markup: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escapeHtml = (text: string) => text.replace(/[&<>"]/g, (c) => markup[c] ?? c);

const page = (title: string, body: string) =>
  `<!DOCTYPE HTML>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>${title}</title>\n</head>\n<body>\n${body}</body>\n</html>\n`;

/** The list of a folder, as `http.server` shows it: links, folders with a slash, symbolic links with an at sign. */
function listing(p: Process, folder: string, path: string): string {
  const names = p.vfs.readdir(p, folder).sort((a, b) => a.toLowerCase().localeCompare(b.toLowerCase()));
  const items = names.map((name) => {
    const kind = p.vfs.stat(p, join(folder, name), false).kind;
    const isFolder = p.vfs.find(p, join(folder, name))?.node.kind === 'dir';
    const shown = kind === 'link' ? `${name}@` : isFolder ? `${name}/` : name;
    return `<li><a href="${encodeURIComponent(name)}${isFolder ? '/' : ''}">${escapeHtml(shown)}</a></li>\n`;
  });
  const title = `Directory listing for ${escapeHtml(path)}`;
  return page(title, `<h1>${title}</h1>\n<hr>\n<ul>\n${items.join('')}</ul>\n<hr>\n`);
}

const explanations: Record<number, string> = {
  403: 'Request forbidden -- authorization will not help',
  404: 'Nothing matches the given URI',
  501: 'Server does not support this operation',
};

function errorPage(code: number, message: string): string {
  const indented = (text: string) => `        ${text}\n`;
  return `<!DOCTYPE HTML>\n<html lang="en">\n    <head>\n        <meta charset="utf-8">\n        <title>Error response</title>\n    </head>\n    <body>\n${[
    '<h1>Error response</h1>',
    `<p>Error code: ${code}</p>`,
    `<p>Message: ${escapeHtml(message)}.</p>`,
    `<p>Error code explanation: ${code} - ${explanations[code]}.</p>`,
  ]
    .map(indented)
    .join('')}    </body>\n</html>\n`;
}

/** Options of `python3 -m http.server`; a string: what it says instead of serving. */
function serverOptions(
  args: readonly string[],
): { port: number; root: string | undefined; bind: string } | { error: string } | 'help' {
  let [port, root, bind] = ['8000', undefined as string | undefined, '0.0.0.0'];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? '';
    const [name = '', given] = arg.startsWith('--')
      ? arg.split(/=(.*)/s)
      : [arg.slice(0, 2), arg.slice(2) || undefined];
    if (name === '-h' || name === '--help') return 'help';
    if (name === '--cgi') continue;
    if (/^(-b|--bind|-d|--directory|-p|--protocol)$/.test(name)) {
      const value = given ?? args[++i];
      if (value === undefined)
        return {
          error: `argument ${{ b: '-b/--bind', d: '-d/--directory', p: '-p/--protocol' }[name.replace(/^-+/, '')[0] ?? '']}: expected one argument`,
        };
      if (/^-+d/.test(name)) root = value;
      if (/^-+b/.test(name)) bind = value;
    } else if (arg.startsWith('-')) return { error: `unrecognized arguments: ${arg}` };
    else port = arg;
  }
  if (!/^\d+$/.test(port)) return { error: `argument port: invalid int value: '${port}'` };
  return { port: Number(port), root, bind };
}

const serverUsage = 'usage: server.py [-h] [--cgi] [-b ADDRESS] [-d DIRECTORY] [-p VERSION] [port]\n';

function handler(p: Process, root: string): Handler {
  return async (request, response, peer) => {
    const note = (text: string) =>
      p.print(2, `${peer.address} - - [${formatDate(p.container.clock.now(), '%d/%b/%Y %H:%M:%S')}] ${text}\n`);
    const line = `"${request.method} ${request.url} HTTP/${request.httpVersion}"`;
    const send = (
      status: number,
      reason: string,
      headers: Record<string, string | number>,
      body: string | Uint8Array,
    ) => {
      const all = {
        Server: `SimpleHTTP/0.6 Python/${imageVersion(p)}`,
        ...headers,
        'Content-Length': Buffer.byteLength(body),
      };
      response.writeHead(status, reason, all);
      response.end(request.method === 'HEAD' ? undefined : body);
    };
    const fail = async (status: number, message: string) => {
      await note(`code ${status}, message ${message}`);
      await note(`${line} ${status} -`);
      send(
        status,
        message,
        { Connection: 'close', 'Content-Type': 'text/html;charset=utf-8' },
        errorPage(status, message),
      );
    };
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return fail(501, `Unsupported method ('${request.method}')`);
    const { pathname } = new URL(request.url ?? '/', 'http://x');
    const path = decodeURIComponent(pathname);
    // What leads out of the folder has been taken away by the URL's own rules.
    const file = `${root}${path}`.replace(/\/+$/, '') || '/';
    try {
      const place = p.vfs.find(p, file);
      if (!place || (place.node.kind !== 'dir' && path.endsWith('/'))) return await fail(404, 'File not found');
      if (place.node.kind !== 'dir') return await sendFile(p, file, send, () => note(`${line} 200 -`));
      if (!path.endsWith('/')) {
        await note(`${line} 301 -`);
        return send(301, 'Moved Permanently', { Location: `${pathname}/` }, '');
      }
      const index = ['index.html', 'index.htm'].map((name) => join(file, name)).find((name) => p.vfs.find(p, name));
      if (index !== undefined) return await sendFile(p, index, send, () => note(`${line} 200 -`));
      const body = listing(p, file, path);
      await note(`${line} 200 -`);
      send(200, 'OK', { 'Content-type': 'text/html; charset=utf-8' }, body);
    } catch (error) {
      if (!isSysError(error)) throw error;
      await fail(404, p.vfs.find(p, file)?.node.kind === 'dir' ? 'No permission to list directory' : 'File not found');
    }
  };
}

async function sendFile(
  p: Process,
  file: string,
  send: (status: number, reason: string, headers: Record<string, string | number>, body: Uint8Array) => void,
  note: () => Promise<void>,
): Promise<void> {
  const body = p.vfs.readFile(p, file);
  const { mtime } = p.vfs.stat(p, file);
  await note();
  send(200, 'OK', { 'Content-type': contentType(file), 'Last-Modified': new Date(mtime).toUTCString() }, body);
}

async function httpServer(p: Process, args: readonly string[], unbuffered: boolean): Promise<number> {
  const options = serverOptions(args);
  if (options === 'help') {
    await p.print(
      1,
      `${serverUsage}\npositional arguments:\n  port                  bind to this port (default: 8000)\n\noptions:\n  -h, --help            show this help message and exit\n  --cgi                 run as CGI server\n  -b ADDRESS, --bind ADDRESS\n                        bind to this address (default: all interfaces)\n  -d DIRECTORY, --directory DIRECTORY\n                        serve this directory (default: current directory)\n  -p VERSION, --protocol VERSION\n                        conform to this HTTP version (default: HTTP/1.0)\n`,
    );
    return 0;
  }
  if ('error' in options) {
    await p.print(2, `${serverUsage}server.py: error: ${options.error}\n`);
    return 2;
  }
  const { port, bind } = options;
  const root = (
    options.root === undefined ? p.cwd : p.vfs.find(p, options.root) ? p.vfs.realpath(p, options.root) : options.root
  ).replace(/\/$/, '');
  const fail = async (errno: number, text: string) => {
    await p.print(
      2,
      `Traceback (most recent call last):\n  File "<frozen runpy>", line 198, in _run_module_as_main\n  File "<frozen runpy>", line 88, in _run_code\n${errno === 13 ? 'PermissionError' : 'OSError'}: [Errno ${errno}] ${text}\n`,
    );
    return 1;
  };
  if (port < 1024 && p.uid !== 0) return fail(13, 'Permission denied');
  try {
    serveHttp(p, port, handler(p, root));
  } catch (error) {
    if (!isSysError(error)) throw error;
    return fail(98, 'Address already in use');
  }
  const hello = `Serving HTTP on ${bind} port ${port} (http://${bind}:${port}/) ...\n`;
  // Standard output that is no terminal keeps its text until much has gathered.
  const direct = unbuffered || p.fds.get(1)?.isTty === true;
  if (direct) await p.print(1, hello);
  // Python handles SIGINT alone; as pid 1 it is deaf to SIGTERM.
  await p.block<void>((resolve) => {
    p.dispositions.set(signals.SIGINT, () => resolve());
    return undefined;
  });
  await p.print(1, `${direct ? '' : hello}\nKeyboard interrupt received, exiting.\n`);
  return 0;
}

/** `python3 -m json.tool`: prints JSON with four spaces, or says what is wrong with it. */
async function jsonTool(p: Process, args: readonly string[]): Promise<number> {
  const [file] = args.filter((arg) => !arg.startsWith('-'));
  const text = file === undefined || file === '-' ? await p.readAllText(0) : p.vfs.readText(p, file);
  const reader = new JsonReader();
  try {
    const values = [...reader.push(text), ...reader.end()];
    const [first] = values;
    if (!first) throw new ParseError('Expecting value: line 1 column 1 (char 0)');
    if (values.length > 1) throw new ParseError('Extra data: line 1');
    const layout = {
      indent: args.includes('--compact') ? undefined : args.includes('--tab') ? '\t' : '    ',
      ...{ sortKeys: args.includes('--sort-keys'), color: false, ascii: !args.includes('--no-ensure-ascii') },
    };
    const out = new Output(p);
    for (const piece of pieces(first.value, layout)) await out.write(piece);
    await out.write('\n');
    await out.flush();
    return 0;
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    await p.print(2, `${error.message}\n`);
    return 1;
  }
}

/** Python without the language: `-m http.server`, `-m json.tool`, `--version`. Anything else says that it can't be run. */
export const python = program('python3', async (p) => {
  let unbuffered = (p.env.get('PYTHONUNBUFFERED') ?? '') !== '';
  const rest = [...p.args];
  const impossible = async (what: string) => {
    await p.print(
      2,
      `${p.name}: ${what}: this container has no Python interpreter, only -m http.server, -m json.tool and --version\n`,
    );
    return 1;
  };
  while (rest.length > 0) {
    const arg = rest.shift() ?? '';
    if (arg === '-V' || arg === '--version' || arg === '-VV') {
      await p.print(1, `Python ${imageVersion(p)}\n`);
      return 0;
    }
    if (/^-[uBEIOqsSb]+$/.test(arg)) unbuffered ||= arg.includes('u');
    else if (arg === '-m') {
      const [module = '', ...args] = rest;
      if (module === 'http.server') return httpServer(p, args, unbuffered);
      if (module === 'json.tool') return jsonTool(p, args);
      if (module === '') {
        await p.print(
          2,
          `Argument expected for the -m option\nusage: ${p.argv[0]} [option] ... [-c cmd | -m mod | file | -] [arg] ...\nTry \`python -h' for more information.\n`,
        );
        return 2;
      }
      return impossible(`-m ${module}`);
    } else if (arg === '-c') return impossible('-c');
    else if (!arg.startsWith('-')) {
      if (p.vfs.find(p, arg)) return impossible(arg);
      await p.print(
        2,
        `${p.argv[0]}: can't open file '${arg.startsWith('/') ? arg : join(p.cwd, arg)}': [Errno 2] No such file or directory\n`,
      );
      return 2;
    } else if (arg !== '-') {
      await p.print(
        2,
        `Unknown option: ${arg}\nusage: ${p.argv[0]} [option] ... [-c cmd | -m mod | file | -] [arg] ...\nTry \`python -h' for more information.\n`,
      );
      return 2;
    }
  }
  // The image's own command reads standard input to its end.
  const input = await p.readAllText(0);
  return input.trim() === '' ? 0 : impossible('standard input');
});
