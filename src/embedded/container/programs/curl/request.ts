/** The request that a command line of curl asks for. */
import { isSysError } from '../../kernel/errno.ts';
import type { Process } from '../../kernel/process.ts';
import { type HttpRequest, portOf } from '../../lib/http-client.ts';
import type { Options } from '../../lib/options.ts';
import { toolVersion } from '../../lib/versions.ts';
import { CurlError } from './errors.ts';

export class CommandLine {
  readonly #p: Process;
  readonly #options: Options;
  readonly #stdin: Buffer;

  private constructor(p: Process, options: Options, stdin: Buffer) {
    this.#p = p;
    this.#options = options;
    this.#stdin = stdin;
  }

  /** Reads standard input if the options say `@-`. */
  static async read(p: Process, o: Options): Promise<CommandLine> {
    const wanted = [...o.all('d'), ...o.all('data-binary'), ...o.all('json')].includes('@-') || o.get('T') === '-';
    return new CommandLine(p, o, wanted ? Buffer.from(await p.readAll(0)) : Buffer.alloc(0));
  }

  /** The request for a URL. Throws CurlError: it is none, or a file is not there. */
  request(given: string): HttpRequest {
    const o = this.#options;
    const p = this.#p;
    let url: URL;
    try {
      url = new URL(/^[a-z][a-z0-9+.-]*:\/\//i.test(given) ? given : `http://${given}`);
    } catch {
      throw new CurlError(3, 'URL rejected: Malformed input to a URL function');
    }
    if (url.protocol !== 'http:' && url.protocol !== 'https:')
      throw new CurlError(1, `Protocol "${url.protocol.slice(0, -1)}" not supported`);
    const headers: [string, string][] = [['Host', url.host]];
    const user =
      o.get('u') ??
      (url.username === '' ? undefined : `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`);
    if (user !== undefined)
      headers.push([
        'Authorization',
        `Basic ${Buffer.from(user.includes(':') ? user : `${user}:`).toString('base64')}`,
      ]);
    const bearer = o.get('oauth2-bearer');
    if (bearer !== undefined) headers.push(['Authorization', `Bearer ${bearer}`]);
    headers.push(['User-Agent', o.get('A') ?? `curl/${toolVersion(p, 'curl')}`], ['Accept', '*/*']);
    if (o.has('e')) headers.push(['Referer', o.get('e') ?? '']);
    if (o.has('b')) headers.push(['Cookie', o.get('b') ?? '']);
    const body = this.#body(headers);
    for (const line of o
      .all('H')
      .flatMap((h) => (h.startsWith('@') ? this.#file(h.slice(1), 26).toString().split('\n') : [h]))) {
      const match = /^([^:;]+)([:;])\s*(.*)$/.exec(line);
      if (!match) continue;
      const [, name = '', , value = ''] = match;
      const at = headers.findIndex(([n]) => n.toLowerCase() === name.toLowerCase());
      if (at >= 0) headers.splice(at, 1);
      if (value !== '' || match[2] === ';') headers.push([name, value.trim()]);
    }
    let method = o.get('X') ?? (o.has('I') ? 'HEAD' : body !== undefined ? (o.has('T') ? 'PUT' : 'POST') : 'GET');
    let sent = body;
    if (o.has('G') && body !== undefined) {
      url.search = [url.search.replace(/^\?/, ''), new TextDecoder().decode(body)].filter(Boolean).join('&');
      method = o.get('X') ?? 'GET';
      sent = undefined;
      headers.splice(0, headers.length, ...headers.filter(([n]) => n !== 'Content-Type'));
    }
    const ca = o.get('cacert') ?? p.env.get('CURL_CA_BUNDLE');
    const cert = o.get('E')?.replace(/:[^/]*$/, '');
    const key = o.get('key');
    const pinned = o
      .all('resolve')
      .map((r) => r.split(':'))
      .find(([host, port]) => host === url.hostname && Number(port) === portOf(url));
    const connectTimeout = o.number('connect-timeout');
    return {
      method,
      url,
      headers,
      ...(sent === undefined ? {} : { body: sent }),
      ...(pinned?.[2] === undefined ? {} : { address: pinned[2] }),
      ...(connectTimeout === undefined ? {} : { connectTimeoutMs: connectTimeout * 1000 }),
      tls: {
        insecure: o.has('k'),
        ...(ca === undefined ? {} : { ca: this.#file(ca, 77).toString() }),
        ...(cert === undefined ? {} : { cert: this.#file(cert, 58).toString() }),
        ...(key === undefined && cert === undefined ? {} : { key: this.#file(key ?? cert ?? '', 58).toString() }),
      },
    };
  }

  #file(path: string, code: number): Buffer {
    const p = this.#p;
    try {
      return Buffer.from(p.vfs.readFile(p, path));
    } catch (error) {
      if (!isSysError(error)) throw error;
      if (code === 77) throw new CurlError(77, `error setting certificate file: ${path}`);
      if (code === 58)
        throw new CurlError(
          58,
          `could not load PEM client certificate from ${path}, OpenSSL error error:80000002:system library::No such file or directory, (no key found, wrong pass phrase, or wrong file format?)`,
        );
      throw new CurlError(code, `Failed to open ${path}`);
    }
  }

  #body(headers: [string, string][]): Uint8Array | undefined {
    const o = this.#options;
    const pieces: Buffer[] = [];
    const add = (data: Buffer) => {
      if (pieces.length > 0) pieces.push(Buffer.from('&'));
      pieces.push(data);
    };
    const from = (text: string, keepLines: boolean) => {
      if (!text.startsWith('@')) return Buffer.from(text);
      const data = this.#input(text.slice(1));
      return keepLines ? data : Buffer.from(data.toString('latin1').replace(/[\r\n]/g, ''), 'latin1');
    };
    for (const d of o.all('d')) add(from(d, false));
    for (const d of o.all('data-binary')) add(from(d, true));
    for (const d of o.all('data-raw')) add(Buffer.from(d));
    for (const d of o.all('data-urlencode')) {
      const at = d.indexOf('=');
      add(
        Buffer.from(
          at >= 0
            ? `${d.slice(0, at + 1)}${encodeURIComponent(d.slice(at + 1))}`.replace(/^=/, '')
            : encodeURIComponent(d),
        ),
      );
    }
    for (const d of o.all('json')) pieces.push(from(d, true));
    const upload = o.get('T');
    if (upload !== undefined) return this.#input(upload);
    if (pieces.length === 0) return undefined;
    if (o.has('json')) headers.push(['Content-Type', 'application/json']);
    else headers.push(['Content-Type', 'application/x-www-form-urlencoded']);
    return Buffer.concat(pieces);
  }

  /** Standard input is read before; other names are files. */
  #input(path: string): Buffer {
    return path === '-' ? this.#stdin : this.#file(path, 26);
  }
}
