/** Requests to the API server, and kubectl's words for what goes wrong. */
import type { Duplex } from 'node:stream';
import type { Process } from '../kernel/process.ts';
import { formatDate } from '../lib/format-date.ts';
import { exchange, HttpFailure, type HttpRequest, type HttpResponse, openConnection } from '../lib/http-client.ts';
import type { ClientConfig } from './config.ts';
import { type Flags, KubectlError } from './flags.ts';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type Obj = { [key: string]: Json };

/** A Status that the server answered. */
export class StatusError extends Error {
  readonly status: Obj;
  readonly code: number;
  readonly reason: string;

  constructor(status: Obj, code: number) {
    super(typeof status.message === 'string' ? status.message : '');
    this.status = status;
    this.code = code;
    this.reason = typeof status.reason === 'string' ? status.reason : '';
  }
}

/** Nobody answered. `words` is what kubectl prints; `cause` what its log line says. */
export class ConnectError extends Error {
  readonly words: string;

  constructor(words: string, detail: string) {
    super(detail);
    this.words = words;
  }
}

export interface RequestOptions {
  method?: string;
  query?: Record<string, string | readonly string[] | undefined>;
  accept?: string;
  contentType?: string;
  body?: Json | string;
}

export class RestClient {
  readonly p: Process;
  readonly config: ClientConfig;
  readonly #flags: Flags;
  readonly #verbosity: number;
  readonly #warned = new Set<string>();

  constructor(p: Process, config: ClientConfig, flags: Flags) {
    this.p = p;
    this.config = config;
    this.#flags = flags;
    this.#verbosity = Number(flags.get('v') ?? 0) || 0;
  }

  /** What a request says: who asks, how, for what. */
  #request(path: string, options: RequestOptions): HttpRequest {
    const { config } = this;
    const url = new URL(config.server.replace(/\/$/, '') + path);
    for (const [key, value] of Object.entries(options.query ?? {})) {
      for (const one of Array.isArray(value) ? value : [value])
        if (one !== undefined) url.searchParams.append(key, one);
    }
    const body =
      options.body === undefined
        ? undefined
        : typeof options.body === 'string'
          ? options.body
          : JSON.stringify(options.body);
    const headers: [string, string][] = [
      ['Host', url.host],
      ['User-Agent', 'kubectl/v1.35.4 (linux/amd64) kubernetes/0000000'],
      ['Accept', options.accept ?? 'application/json'],
    ];
    if (config.token !== undefined) headers.push(['Authorization', `Bearer ${config.token}`]);
    else if (config.basic !== undefined)
      headers.push(['Authorization', `Basic ${Buffer.from(config.basic).toString('base64')}`]);
    if (body !== undefined) headers.push(['Content-Type', options.contentType ?? 'application/json']);
    const as = this.#flags.get('as');
    if (as) headers.push(['Impersonate-User', as]);
    for (const group of this.#flags.list('as-group')) headers.push(['Impersonate-Group', group]);
    const timeout = this.#flags.duration('request-timeout');
    return {
      method: options.method ?? 'GET',
      url,
      headers,
      ...(body === undefined ? {} : { body: new TextEncoder().encode(body) }),
      tls: {
        insecure: config.insecure,
        ...(config.ca === undefined ? {} : { ca: config.ca }),
        ...(config.cert === undefined ? {} : { cert: config.cert }),
        ...(config.key === undefined ? {} : { key: config.key }),
        ...(config.servername === undefined ? {} : { servername: config.servername }),
      },
      connectTimeoutMs: (timeout || 30) * 1000,
    };
  }

  /** Sends a request; resolves with any response. Throws ConnectError. */
  async send(path: string, options: RequestOptions = {}): Promise<HttpResponse> {
    const { p } = this;
    const request = this.#request(path, options);
    const started = p.container.clock.now();
    try {
      const connection = await openConnection(p, request);
      const response = await exchange(p, request, connection);
      await this.#log(request, response, p.container.clock.now() - started);
      await this.#warnings(response);
      return response;
    } catch (error) {
      if (!(error instanceof HttpFailure)) throw error;
      throw connectError(error, request.url);
    }
  }

  /** A connection for a request that is upgraded, and what the request says. Throws ConnectError. */
  async connect(path: string, options: RequestOptions = {}): Promise<{ request: HttpRequest; socket: Duplex }> {
    const request = this.#request(path, options);
    try {
      return { request, socket: (await openConnection(this.p, request)).socket };
    } catch (error) {
      if (!(error instanceof HttpFailure)) throw error;
      throw connectError(error, request.url);
    }
  }

  /** A request whose answer is JSON. Throws StatusError for failures. */
  async json(path: string, options: RequestOptions = {}): Promise<Obj> {
    const response = await this.send(path, options);
    return decode(response);
  }

  async #warnings(response: HttpResponse): Promise<void> {
    for (const [name, value] of response.headers) {
      if (name.toLowerCase() !== 'warning') continue;
      for (const m of value.matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g)) {
        const text = (m[1] ?? '').replace(/\\(.)/g, '$1');
        // Each is reported once, however many answers carry it.
        if (!this.#warned.has(text)) await this.p.print(2, `Warning: ${text}\n`);
        this.#warned.add(text);
      }
    }
  }

  /** What `-v=6` and more shows of a request. */
  async #log(request: HttpRequest, response: HttpResponse, ms: number): Promise<void> {
    if (this.#verbosity < 6) return;
    const stamp = klogStamp(this.p);
    const line = (level: string, text: string) => `${level}${stamp} round_trippers.go:632] ${text}\n`;
    let text = '';
    if (this.#verbosity >= 7) {
      text += line('I', `"Request" verb="${request.method}" url="${request.url}" headers=<`);
      for (const [name, value] of request.headers.filter(([n]) => n !== 'Host')) {
        text += `\t${name}: ${name === 'Authorization' ? 'Bearer <masked>' : value}\n`;
      }
      text += ' >\n';
    }
    const status = `${response.status} ${response.statusText}`;
    if (this.#verbosity >= 8) {
      text += line('I', `"Response" status="${status}" headers=<`);
      text += `${response.headers.map(([n, v]) => `\t${n}: ${v}\n`).join('')} > milliseconds=${ms}\n`;
    } else
      text += line(
        'I',
        `"Response" verb="${request.method}" url="${request.url}" status="${status}" milliseconds=${ms}`,
      );
    await this.p.print(2, text);
  }
}

/** `1124 20:31:29.130692   31869`, after the level's letter in klog's lines. */
export function klogStamp(p: Process): string {
  return `${formatDate(p.container.clock.now(), '%m%d %H:%M:%S.%6N')} ${String(p.pid).padStart(7)}`;
}

/** Reads an answer. Throws StatusError if it is a failure. */
export async function decode(response: HttpResponse): Promise<Obj> {
  return decodeText(response.status, Buffer.from(await response.bytes()).toString('utf8'));
}

/** Reads an answer's text. Throws StatusError if it is a failure. */
export function decodeText(status: number, text: string): Obj {
  let value: unknown;
  try {
    value = text === '' ? {} : JSON.parse(text);
  } catch {
    value = undefined;
  }
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (status >= 200 && status < 300) {
    if (!isObject) throw new KubectlError(`unexpected answer of the server: ${text.slice(0, 200)}`);
    return value as Obj;
  }
  if (isObject && (value as Obj).kind === 'Status') throw new StatusError(value as Obj, status);
  const reasons: Record<number, string> = {
    401: 'Unauthorized',
    403: 'Forbidden',
    404: 'NotFound',
    500: 'InternalError',
  };
  const message = text.trim() === '' ? 'unknown' : text.trim();
  const words = status === 404 ? 'the server could not find the requested resource' : message;
  throw new StatusError({ kind: 'Status', message: words, reason: reasons[status] ?? '' }, status);
}

function connectError(error: HttpFailure, url: URL): ConnectError {
  const { hostname, host } = url;
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  const get = `Get "${url}": `;
  const unable = (detail: string) => new ConnectError(`Unable to connect to the server: ${detail}`, get + detail);
  switch (error.kind) {
    case 'refused': {
      const address = error.code || hostname;
      const shown = hostname === 'localhost' ? '[::1]' : address;
      return new ConnectError(
        `The connection to the server ${host} was refused - did you specify the right host or port?`,
        `${get}dial tcp ${shown}:${port}: connect: connection refused`,
      );
    }
    case 'resolve':
      return unable(`dial tcp: lookup ${hostname}: no such host`);
    case 'dns-timeout':
      return unable(`dial tcp: lookup ${hostname}: i/o timeout`);
    case 'timeout':
      return unable(`dial tcp ${error.code || hostname}:${port}: i/o timeout`);
    case 'certificate':
      return unable(`tls: failed to verify certificate: ${certificateText(error, hostname)}`);
    case 'tls':
      return unable(
        /wrong version|packet length/i.test(error.message)
          ? 'http: server gave HTTP response to HTTPS client'
          : `remote error: ${error.message}`,
      );
    default:
      return unable('EOF');
  }
}

function certificateText(error: HttpFailure, host: string): string {
  if (error.code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    const names = /altnames: (.*)$/.exec(error.message)?.[1]?.replace(/(DNS|IP Address):/g, '') ?? 'other names';
    return `x509: certificate is valid for ${names}, not ${host}`;
  }
  if (error.code === 'CERT_HAS_EXPIRED' || error.code === 'CERT_NOT_YET_VALID')
    return 'x509: certificate has expired or is not yet valid';
  return 'x509: certificate signed by unknown authority';
}
