/** Files: the index, autoindex and static modules, and try_files. */
import { isSysError, type SysError } from '../../kernel/errno.ts';
import { formatDate } from '../../lib/format-date.ts';
import { errnoText } from './errno.ts';
import type { Exchange } from './exchange.ts';
import { logRequestError } from './logs.ts';
import { absolute, send, sendPage, writeHead } from './replies.ts';
import { kindOf } from './rewrite.ts';
import { typeOf } from './types.ts';

/** How a handler ended: answered, with a status that an error page is looked for, or at another URI. */
export type Outcome = { kind: 'done' } | { kind: 'status'; status: number } | { kind: 'uri'; uri: string };

const done: Outcome = { kind: 'done' };
const failed = (status: number): Outcome => ({ kind: 'status', status });

/** The first file of `try_files` that is there, else its last argument. */
export function tryFiles(x: Exchange): Outcome | undefined {
  const [d] = x.scope.own('try_files');
  if (!d) return undefined;
  for (const candidate of d.args.slice(0, -1)) {
    const uri = x.fill(candidate);
    const folder = candidate.endsWith('/');
    const kind = kindOf(x, x.fileOf(uri.startsWith('/') ? uri : `/${uri}`).replace(/(.)\/$/, '$1'));
    if (kind !== (folder ? 'dir' : 'file')) continue;
    // Of a folder without its slash: the redirection to it is the static module's.
    x.uri = `/${uri.replace(/^\//, '')}`.replace(folder ? /(.)\/$/ : /$^/, '$1');
    return undefined;
  }
  const last = d.args[d.args.length - 1] ?? '';
  if (last.startsWith('=')) return failed(Number(last.slice(1)) || 404);
  return { kind: 'uri', uri: last.startsWith('@') ? last : x.fill(last) };
}

/** Serves the file or the folder of the URI. */
export async function serveFiles(x: Exchange): Promise<Outcome> {
  const { method = 'GET' } = x.request;
  if (method !== 'GET' && method !== 'HEAD') return failed(405);
  return x.uri.endsWith('/') ? serveFolder(x) : serveFile(x);
}

async function serveFolder(x: Exchange): Promise<Outcome> {
  const { p } = x.site;
  const folder = x.filename();
  const indexes = x.scope.all('index').flatMap((d) => d.args);
  for (const index of indexes.length > 0 ? indexes : ['index.html']) {
    const name = x.fill(index);
    // An absolute one is a URI.
    if (name.startsWith('/')) return { kind: 'uri', uri: name };
    const kind = kindOf(x, `${folder.replace(/\/$/, '')}/${name}`);
    if (kind !== undefined && kind !== 'dir') return { kind: 'uri', uri: `${x.uri}${name}` };
  }
  if (kindOf(x, folder) !== 'dir') return missing(x, `${folder}${indexes[0] ?? 'index.html'}`);
  if (!x.scope.flag('autoindex', false)) {
    await logRequestError(x, 'error', `directory index of "${folder}" is forbidden`);
    return failed(403);
  }
  try {
    send(x, { status: 200, type: 'text/html', body: listing(x, folder, p.vfs.readdir(p, folder)) });
    return done;
  } catch (error) {
    if (!isSysError(error)) throw error;
    await logRequestError(x, 'error', `opendir() "${folder}" failed ${errnoText(error)}`);
    return failed(error.code === 'EACCES' ? 403 : 404);
  }
}

const markup: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };
const html = (text: string) => text.replace(/[&<>]/g, (c) => markup[c] ?? c);

function listing(x: Exchange, folder: string, names: readonly string[]): string {
  const { p } = x.site;
  const entries = names
    .filter((name) => !name.startsWith('.'))
    .map((name) => ({ name, stat: p.vfs.stat(p, `${folder}/${name}`) }))
    .sort((a, b) => Number(b.stat.kind === 'dir') - Number(a.stat.kind === 'dir') || (a.name < b.name ? -1 : 1));
  const lines = entries.map(({ name, stat }) => {
    const shown = stat.kind === 'dir' ? `${name}/` : name;
    const cut = shown.length > 50 ? `${shown.slice(0, 47)}..>` : shown;
    const size = stat.kind === 'dir' ? '-' : String(stat.size);
    const link = `<a href="${encodeURIComponent(name)}${stat.kind === 'dir' ? '/' : ''}">${html(cut)}</a>`;
    return `${link}${' '.repeat(Math.max(0, 50 - cut.length))} ${formatDate(stat.mtime, '%d-%b-%Y %H:%M')} ${size.padStart(19)}\r\n`;
  });
  const title = `Index of ${html(x.uri)}`;
  return `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<h1>${title}</h1><hr><pre><a href="../">../</a>\r\n${lines.join('')}</pre><hr></body>\r\n</html>\r\n`;
}

async function serveFile(x: Exchange): Promise<Outcome> {
  const { p } = x.site;
  const path = x.filename();
  try {
    const stat = p.vfs.stat(p, path);
    if (stat.kind === 'dir') {
      const args = x.args === '' ? '' : `?${x.args}`;
      sendPage(x, 301, { Location: absolute(x, `${x.uri}/${args}`) });
      return done;
    }
    sendFile(x, path, p.vfs.readFile(p, path), stat.mtime);
    return done;
  } catch (error) {
    if (!isSysError(error)) throw error;
    return notOpened(x, path, error);
  }
}

function sendFile(x: Exchange, path: string, content: Uint8Array, mtime: number): void {
  const asked = x.request.headers;
  const modified = new Date(mtime).toUTCString();
  const etag = `"${Math.floor(mtime / 1000).toString(16)}-${content.length.toString(16)}"`;
  const own = { 'Last-Modified': modified, ...(x.scope.flag('etag', true) && { ETag: etag }) };
  const match = asked['if-none-match'];
  // What was changed since may have changed within the same second.
  const same = match === undefined ? asked['if-modified-since'] === modified : match === '*' || match.includes(etag);
  if (same && x.errorStatus === undefined) return send(x, { status: 304, headers: own });
  const status = x.errorStatus ?? 200;
  const range = status === 200 ? rangeOf(asked.range, content.length) : undefined;
  if (range === 'none') return sendPage(x, 416, { 'Content-Range': `bytes */${content.length}` });
  const type = typeOf(x, path);
  if (!range) {
    const headers = status === 200 ? { ...own, 'Accept-Ranges': 'bytes' } : own;
    return send(x, { status, type, body: content, headers });
  }
  const [from, to] = range;
  const headersOfPart = { ...own, 'Content-Range': `bytes ${from}-${to}/${content.length}` };
  send(x, { status: 206, type, body: content.subarray(from, to + 1), headers: headersOfPart });
}

/** The first and last byte of a single range; `none`: there are no such bytes; undefined: all of it. */
function rangeOf(header: string | undefined, size: number): [number, number] | 'none' | undefined {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? [];
  if (first === '' && last === '') return undefined;
  const from = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const to = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  return from > to ? 'none' : [from, to];
}

async function missing(x: Exchange, path: string): Promise<Outcome> {
  await logRequestError(x, 'error', `"${path}" is not found (2: No such file or directory)`);
  return failed(404);
}

async function notOpened(x: Exchange, path: string, error: SysError): Promise<Outcome> {
  const quiet = !x.scope.flag('log_not_found', true) && error.code === 'ENOENT';
  if (!quiet) await logRequestError(x, 'error', `open() "${path}" failed ${errnoText(error)}`);
  return failed(error.code === 'EACCES' ? 403 : 404);
}

/** The counters of `stub_status`. */
export function serveStatus(x: Exchange): Outcome {
  const { active, accepted, requests, writing } = x.site.counters;
  const body = `Active connections: ${active} \nserver accepts handled requests\n ${accepted} ${accepted} ${requests} \nReading: 0 Writing: ${writing} Waiting: ${Math.max(0, active - writing)} \n`;
  writeHead(x, 200, [['Content-Type', 'text/plain']], body.length);
  x.bodyBytes = body.length;
  x.response.end(body);
  return done;
}
