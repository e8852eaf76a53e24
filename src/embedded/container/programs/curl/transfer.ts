import { ownValue } from '../../../../kernel/own.ts';
import { isSysError } from '../../kernel/errno.ts';
import type { Process } from '../../kernel/process.ts';
import { baseName } from '../../lib/files.ts';
import {
  exchange,
  HttpFailure,
  type HttpRequest,
  type HttpResponse,
  openConnection,
  portOf,
} from '../../lib/http-client.ts';
import type { Options } from '../../lib/options.ts';

import { CurlError, curlError } from './errors.ts';
import { CommandLine } from './request.ts';

const encoder = new TextEncoder();

/** One URL of a curl command line. */
export class Transfer {
  readonly #p: Process;
  readonly #options: Options;
  readonly #given: string;
  readonly #index: number;
  readonly #started: number;
  #response: HttpResponse | undefined;
  #address = '';
  #size = 0;
  #redirects = 0;
  #url: URL | undefined;
  readonly retries: number;
  readonly retryDelayMs: number | undefined;

  constructor(p: Process, options: Options, given: string, index: number) {
    this.#p = p;
    this.#options = options;
    this.#given = given;
    this.#index = index;
    this.#started = p.container.clock.now();
    this.retries = options.number('retry') ?? 0;
    const delay = options.number('retry-delay');
    this.retryDelayMs = delay === undefined ? undefined : delay * 1000;
  }

  retryable(status: number): boolean {
    return status === 28 || status === 6 || (status === 7 && this.#options.has('retry-connrefused'));
  }

  /** Resolves with curl's exit code. */
  async run(): Promise<number> {
    const o = this.#options;
    const limit = o.number('m');
    let failure: CurlError | undefined;
    try {
      const line = await CommandLine.read(this.#p, o);
      const request = line.request(this.#given);
      await this.#limited(limit, this.#transfer(request));
    } catch (error) {
      if (!(error instanceof CurlError)) throw error;
      failure = error;
    }
    this.#response?.close();
    const format = o.get('w');
    if (format !== undefined) await this.#writeOut(format, failure);
    if (failure && (!o.has('s') || o.has('S'))) await this.#p.print(2, `curl: (${failure.code}) ${failure.message}\n`);
    return failure?.code ?? 0;
  }

  async #limited(seconds: number | undefined, work: Promise<void>): Promise<void> {
    if (seconds === undefined || seconds === 0) return work;
    const ms = Math.round(seconds * 1000);
    const expiry = this.#p.sleep(ms).then(() => {
      const doing = this.#response
        ? `Operation timed out after ${ms} milliseconds with ${this.#size} bytes received`
        : `${this.#address === '' ? 'Resolving' : 'Connection'} timed out after ${ms} milliseconds`;
      throw new CurlError(28, doing);
    });
    return Promise.race([work, expiry]);
  }

  async #verbose(text: string): Promise<void> {
    if (this.#options.has('v')) await this.#p.print(2, text.replace(/^/gm, '* ').replace(/\* $/, ''));
  }

  async #transfer(first: HttpRequest): Promise<void> {
    const o = this.#options;
    let request = first;
    for (;;) {
      this.#url = request.url;
      const response = await this.#send(request);
      this.#response = response;
      const location = response.header('location');
      const redirect = o.has('L') && response.status >= 300 && response.status < 400 && location !== undefined;
      if (!redirect) return this.#receive(response, request.method);
      await this.#headers(response);
      if (++this.#redirects > (o.number('max-redirs') ?? 50))
        throw new CurlError(47, `Maximum (${o.number('max-redirs') ?? 50}) redirects followed`);
      response.close();
      const next = new URL(location, request.url);
      const get = response.status === 303 || (response.status < 303 && request.method === 'POST');
      // Credentials stay with their host.
      const headers = request.headers.filter(
        ([n]) => next.host === request.url.host || !/^(authorization|cookie)$/i.test(n),
      );
      request = { ...request, url: next, headers, ...(get ? { method: 'GET', body: undefined } : {}) };
    }
  }

  async #send(request: HttpRequest): Promise<HttpResponse> {
    const { url } = request;
    const port = portOf(url);
    const started = this.#p.container.clock.now();
    try {
      const connection = await openConnection(this.#p, request, {
        resolved: (addresses) =>
          this.#verbose(`Host ${url.hostname}:${port} was resolved.\nIPv6: (none)\nIPv4: ${addresses.join(', ')}\n`),
        connecting: async (address) => {
          this.#address = address;
          await this.#verbose(`  Trying ${address}:${port}...\n`);
        },
        connected: async (address) => {
          if (url.protocol === 'https:')
            await this.#verbose('ALPN: curl offers h2,http/1.1\nTLSv1.3 (OUT), TLS handshake, Client hello (1):\n');
          else await this.#verbose(`Connected to ${url.hostname} (${address}) port ${port}\n`);
        },
        secured: async (socket) => {
          const cert = socket.getPeerCertificate();
          const name = (n: object | undefined) =>
            Object.entries(n ?? {})
              .map(([k, v]) => `${k}=${v}`)
              .join('; ');
          await this.#verbose(
            `SSL connection using ${socket.getProtocol()} / ${socket.getCipher().name}\nALPN: server accepted ${socket.alpnProtocol || 'nothing'}\nServer certificate:\n subject: ${name(cert.subject)}\n start date: ${cert.valid_from}\n expire date: ${cert.valid_to}\n issuer: ${name(cert.issuer)}\n${request.tls?.insecure ? ' SSL certificate verification failed, continuing anyway.\n' : ' SSL certificate verify ok.\n'}Connected to ${url.hostname} (${this.#address}) port ${port}\n`,
          );
        },
      });
      if (this.#options.has('v')) {
        const lines = [
          `${request.method} ${url.pathname}${url.search} HTTP/1.1`,
          ...request.headers.map(([n, v]) => `${n}: ${v}`),
        ];
        if (request.body) lines.push(`Content-Length: ${request.body.length}`);
        await this.#p.print(2, `${lines.map((l) => `> ${l}\n`).join('')}> \n`);
      }
      return await exchange(this.#p, request, connection);
    } catch (error) {
      if (!(error instanceof HttpFailure)) throw error;
      throw curlError(error, url, this.#p.container.clock.now() - started, this.#options.has('connect-timeout'));
    }
  }

  async #headers(response: HttpResponse): Promise<void> {
    const o = this.#options;
    const head = `HTTP/${response.httpVersion} ${response.status}${response.statusText === '' ? '' : ` ${response.statusText}`}\r\n${response.headers.map(([n, v]) => `${n}: ${v}\r\n`).join('')}\r\n`;
    if (o.has('v'))
      await this.#p.print(2, head.replaceAll('\r', '').replace(/\n$/, '').replace(/^/gm, '< ').concat('\n'));
    if (o.has('i') || o.has('I')) await this.#output(encoder.encode(head));
    const dump = o.get('D');
    if (dump !== undefined && dump !== '-') this.#p.vfs.writeFile(this.#p, dump, head);
    else if (dump === '-') await this.#output(encoder.encode(head));
  }

  #outFd: number | undefined;

  async #output(data: Uint8Array): Promise<void> {
    const o = this.#options;
    const p = this.#p;
    const file = o.all('o')[this.#index] ?? (o.has('O') ? baseName(this.#url?.pathname ?? '') : undefined);
    if (file === undefined || file === '-') return p.write(1, data);
    if (this.#outFd === undefined) {
      try {
        this.#outFd = p.addFd(p.vfs.open(p, file, { write: true, create: true, truncate: true }));
      } catch (error) {
        if (!isSysError(error)) throw error;
        throw new CurlError(23, `client returned ERROR on write, ${data.length} bytes wanted to be written`);
      }
    }
    await p.write(this.#outFd, data);
  }

  async #receive(response: HttpResponse, method: string): Promise<void> {
    const o = this.#options;
    const failing = o.has('f') && response.status >= 400;
    if (!failing) await this.#headers(response);
    else if (o.has('v')) await this.#headers(response);
    if (failing) throw new CurlError(22, `The requested URL returned error: ${response.status}`);
    if (method === 'HEAD') return;
    try {
      for await (const chunk of response.body()) {
        this.#size += chunk.length;
        await this.#output(chunk);
      }
    } catch (error) {
      if (!(error instanceof HttpFailure)) throw error;
      throw new CurlError(18, 'transfer closed with outstanding read data remaining');
    }
    await this.#progress();
    if (o.has('v')) await this.#verbose(`Connection #0 to host ${this.#url?.hostname} left intact\n`);
    if (o.has('fail-with-body') && response.status >= 400)
      throw new CurlError(22, `The requested URL returned error: ${response.status}`);
  }

  /** Shown where the body goes to something else than a terminal. */
  async #progress(): Promise<void> {
    const o = this.#options;
    const p = this.#p;
    const toTerminal = p.fds.get(1)?.isTty && !o.has('o') && !o.has('O');
    if (o.has('s', 'no-progress-meter', '#') || toTerminal) return;
    const seconds = Math.max(0.001, (p.container.clock.now() - this.#started) / 1000);
    const speed = Math.round(this.#size / seconds);
    const short = (n: number) =>
      (n < 100_000
        ? String(n)
        : n < 10_240_000
          ? `${Math.round(n / 1024)}k`
          : `${Math.round(n / 1024 / 1024)}M`
      ).padStart(5);
    await p.print(
      2,
      `  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current\n                                 Dload  Upload   Total   Spent    Left  Speed\n\r100 ${short(this.#size)}  100 ${short(this.#size)}    0     0  ${short(speed)}      0 --:--:-- --:--:-- --:--:-- ${short(speed)}\n`,
    );
  }

  async #writeOut(format: string, failure: CurlError | undefined): Promise<void> {
    const r = this.#response;
    const seconds = ((this.#p.container.clock.now() - this.#started) / 1000).toFixed(6);
    const values: Record<string, string> = {
      http_code: String(r?.status ?? 0).padStart(3, '0'),
      response_code: String(r?.status ?? 0).padStart(3, '0'),
      http_version: r?.httpVersion ?? '0',
      content_type: r?.header('content-type') ?? '',
      size_download: String(this.#size),
      speed_download: String(Math.round(this.#size / Math.max(0.001, Number(seconds)))),
      time_total: seconds,
      time_connect: seconds,
      time_namelookup: seconds,
      time_starttransfer: seconds,
      url: this.#given,
      url_effective: this.#url?.href ?? this.#given,
      remote_ip: this.#address,
      remote_port: this.#url ? String(portOf(this.#url)) : '0',
      num_redirects: String(this.#redirects),
      redirect_url: r?.header('location') ?? '',
      method: this.#options.get('X') ?? 'GET',
      scheme: this.#url?.protocol.slice(0, -1) ?? '',
      ssl_verify_result: failure?.code === 60 ? '20' : '0',
      exitcode: String(failure?.code ?? 0),
      errormsg: failure?.message ?? '',
    };
    const text = format
      .replace(/%\{(\w+)\}|%%/g, (whole, name: string | undefined) =>
        name === undefined ? '%' : (ownValue(values, name) ?? whole),
      )
      .replace(/\\([nrt\\])/g, (_, c: string) => ({ n: '\n', r: '\r', t: '\t' })[c] ?? '\\');
    await this.#p.print(1, text);
  }
}
