/** A kubelet's `/logs/`: /var/log of its node as Go's file server shows it. */
import type { HttpAnswer } from '../../node-api.ts';
import type { LogStore } from '../logs/log-store.ts';

const root = '/var/log/';
const notFound: HttpAnswer = { status: 404, contentType: 'text/plain; charset=utf-8', body: '404 page not found\n' };

/** @param path below `/logs/` */
export async function logFolder(path: string, logs: Pick<LogStore, 'files' | 'readPiece'>): Promise<HttpAnswer> {
  // Both the files and the links to them lead to a log.
  const files = new Map(logs.files().flatMap(({ path: file, link }) => [[file, file] as const, [link, file] as const]));
  const at = root + path;
  const file = files.get(at.replace(/\/$/, ''));
  if (file !== undefined) {
    const { bytes } = await logs.readPiece(file, 0, Number.MAX_SAFE_INTEGER);
    return { status: 200, contentType: 'text/plain; charset=utf-8', body: Buffer.from(bytes).toString() };
  }
  const folder = at.endsWith('/') ? at : `${at}/`;
  const names = new Set(
    ['/var/log/containers/', '/var/log/pods/', ...files.keys()]
      .filter((one) => one.startsWith(folder))
      .map((one) => one.slice(folder.length).replace(/\/.*/s, '/'))
      .filter((name) => name !== ''),
  );
  if (names.size === 0 && folder !== '/var/log/containers/' && folder !== '/var/log/pods/') return notFound;
  if (!at.endsWith('/')) return { status: 301, location: `${at.slice(at.lastIndexOf('/') + 1)}/`, body: '' };
  const lines = [...names].sort().map((name) => `<a href="${encodeURI(name)}">${escaped(name)}</a>`);
  const page = [
    '<!doctype html>',
    '<meta name="viewport" content="width=device-width">',
    '<pre>',
    ...lines,
    '</pre>',
    '',
  ];
  return { status: 200, contentType: 'text/html; charset=utf-8', body: page.join('\n') };
}

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
