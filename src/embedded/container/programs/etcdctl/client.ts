/** etcdctl's connections: endpoints, TLS from its files, and patience as long as --command-timeout. */

import { X509Certificate } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { checkServerIdentity, createSecureContext, type SecureContext, type TLSSocket } from 'node:tls';
import { grpcCodes, type Method, RpcError } from '../../../etcd/messages.ts';
import { isSysError } from '../../kernel/errno.ts';
import { type Process, ProcessKilled } from '../../kernel/process.ts';
import { resolveHost } from '../../kernel/resolver.ts';
import { GrpcConnection } from '../../lib/grpc.ts';
import { shakeHands } from '../../lib/tls.ts';
import { badArgs, CommandError, type Flags } from './flags.ts';
import { globalFlags } from './usage.ts';

/** gRPC's first wait between two attempts to connect. */
const retryMs = 1000;
const commandTimeoutMs = 5000;

/** Takes the flags that are not given from ETCDCTL_*. Throws where one is given both ways, as etcdctl does. */
export function readEnvironment(p: Process, flags: Flags): void {
  for (const { name } of globalFlags) {
    const variable = `ETCDCTL_${name.toUpperCase().replaceAll('-', '_')}`;
    const value = p.env.get(variable);
    if (value === undefined || value === '') continue;
    if (flags.has(name)) throw new ShadowedVariable(variable);
    flags.set(name, value);
  }
}

/** A variable whose flag is given, too; reported as a line of the log. */
export class ShadowedVariable extends Error {
  readonly variable: string;

  constructor(variable: string) {
    super(
      `conflicting environment variable is shadowed by corresponding command-line flag (either unset environment variable or disable flag))`,
    );
    this.variable = variable;
  }
}

export interface Client {
  readonly endpoints: readonly string[];
  /** One call to the first endpoint that answers. Throws a CommandError when its time is over, an RpcError. */
  unary<T>(method: Method, request: object, options?: CallOptions): Promise<T>;
  stream<T>(method: Method, request: object): AsyncGenerator<T>;
  close(): void;
}

export interface CallOptions {
  endpoint?: string;
  logger?: string;
}

interface Tls {
  context: SecureContext;
  ca: string | undefined;
  hasCertificate: boolean;
  skipsVerify: boolean;
}

/** Reads the files that the flags name. Throws a CommandError. */
function tlsOf(p: Process, flags: Flags): Tls | undefined {
  const [ca, cert, key] = ['cacert', 'cert', 'key'].map((name) => flags.text(name)) as [string, string, string];
  const read = (file: string) => {
    try {
      return p.vfs.readText(p, file);
    } catch (error) {
      if (!isSysError(error)) throw error;
      throw badArgs(`open ${file}: ${error.message.toLowerCase()}`);
    }
  };
  if ((cert === '') !== (key === '')) {
    throw badArgs(`KeyFile and CertFile must both be present[key: ${key}, cert: ${cert}]`);
  }
  const files = {
    ...(cert !== '' && { cert: read(cert), key: read(key) }),
    ...(ca !== '' && { ca: read(ca) }),
  };
  if (files.ca !== undefined) certificateIn(files.ca, 'x509: malformed certificate');
  if (files.cert !== undefined) certificateIn(files.cert, 'tls: failed to find any PEM data in certificate input');
  let context: SecureContext;
  try {
    context = createSecureContext({ ca: [], ...files });
  } catch (error) {
    const mismatch = (error as { code?: string }).code === 'ERR_OSSL_X509_KEY_VALUES_MISMATCH';
    const why = mismatch ? 'private key does not match public key' : 'failed to find any PEM data in key input';
    throw badArgs(`tls: ${why}`);
  }
  const skipsVerify = flags.is('insecure-skip-tls-verify');
  return { context, ca: files.ca, hasCertificate: cert !== '', skipsVerify };
}

function certificateIn(text: string, otherwise: string): void {
  try {
    new X509Certificate(text);
  } catch {
    throw badArgs(/-----BEGIN/.test(text) ? 'x509: malformed tbs certificate' : otherwise);
  }
}

/** Why a connection cannot be used, in gRPC's words. */
class ConnectionError extends Error {}

/** The connections of one command, each opened when it is needed. */
class Connections {
  readonly #p: Process;
  readonly #tls: Tls | undefined;
  readonly #scheme: 'http' | 'https';
  readonly #timeoutMs: number;
  readonly #open = new Map<string, GrpcConnection>();

  constructor(p: Process, flags: Flags, tls: Tls | undefined, timeoutMs: number) {
    this.#p = p;
    this.#tls = tls;
    this.#timeoutMs = timeoutMs;
    const isTls =
      flags.text('cacert') !== '' ||
      flags.text('cert') !== '' ||
      flags.is('insecure-skip-tls-verify') ||
      flags.text('insecure-transport') === 'false';
    this.#scheme = isTls ? 'https' : 'http';
  }

  close(): void {
    for (const connection of this.#open.values()) connection.close();
    this.#open.clear();
  }

  /** Tries endpoints in turn until one is there; without a connection when the time is over. */
  async first(
    endpoints: readonly string[],
    end: number,
  ): Promise<{ connection: GrpcConnection | undefined; fault: string }> {
    let fault = '';
    for (let i = 0; ; i++) {
      try {
        return { connection: await this.#dial(endpoints[i % endpoints.length] ?? ''), fault };
      } catch (error) {
        if (!(error instanceof ConnectionError)) throw error;
        fault = error.message;
      }
      const left = end - this.#p.container.clock.now();
      if (left <= 0) return { connection: undefined, fault };
      if ((i + 1) % endpoints.length === 0) await this.#p.sleep(Math.min(retryMs, left));
    }
  }

  async #dial(endpoint: string): Promise<GrpcConnection> {
    const p = this.#p;
    const known = this.#open.get(endpoint);
    if (known) return known;
    const url = new URL(/^\w+:\/\//.test(endpoint) ? endpoint : `${this.#scheme}://${endpoint}`);
    const port = url.port || '2379';
    const socket = await reach(p, url.hostname, Number(port), this.#timeoutMs);
    const tls = url.protocol === 'https:' ? this.#tls : undefined;
    const secured = tls ? await secure(p, socket, url.hostname, tls) : socket;
    const shown = url.protocol !== 'https:' ? undefined : tls?.hasCertificate === true;
    const silent = p.sleep(this.#timeoutMs).then(() => Promise.reject(new Error('i/o timeout')));
    const opened = Promise.race([GrpcConnection.open(secured, `${url.hostname}:${port}`), silent]);
    const connection = await p.until(opened).catch((error: unknown) => {
      if (error instanceof ProcessKilled) throw error;
      socket.destroy();
      throw new ConnectionError(`error reading server preface: ${prefaceFault(error as Error, shown)}`);
    });
    this.#open.set(endpoint, connection);
    return connection;
  }
}

/** Opens the flags' endpoints when they are needed. Throws a CommandError for files that can't be used. */
export function openClient(p: Process, flags: Flags): Client {
  readEnvironment(p, flags);
  const tls = tlsOf(p, flags);
  const timeoutMs = flags.duration('command-timeout', commandTimeoutMs);
  const connections = new Connections(p, flags, tls, timeoutMs);
  const endpoints = (flags.text('endpoints') || '127.0.0.1:2379').split(',');
  const close = () => connections.close();
  p.onExit(close);

  const target = `etcd-endpoints://0x${Math.floor(Math.random() * 2 ** 44).toString(16)}/`;
  const warn = (method: Method, error: string, { endpoint = endpoints[0], logger = 'etcd-client' }: CallOptions) => {
    const line = {
      level: 'warn',
      ts: microTime(p),
      logger,
      caller: 'v3@v3.6.6/retry_interceptor.go:65',
      msg: 'retrying of unary invoker failed',
      target: `${target}${endpoint?.replace(/^\w+:\/\//, '')}`,
      method: method.path,
      attempt: 0,
      error,
    };
    return p.print(2, `${JSON.stringify(line)}\n`);
  };

  return {
    endpoints,
    close,
    unary: async <T>(method: Method, request: object, options: CallOptions = {}): Promise<T> => {
      const end = p.container.clock.now() + timeoutMs;
      const list = options.endpoint === undefined ? endpoints : [options.endpoint];
      const { connection, fault } = await connections.first(list, end);
      if (!connection) {
        const why = `latest balancer error: connection error: desc = ${JSON.stringify(fault)}`;
        await warn(method, new RpcError(grpcCodes.deadlineExceeded, why).text, options);
        throw new CommandError('context deadline exceeded');
      }
      try {
        return await p.until(connection.unary<T>(method, request));
      } catch (error) {
        if (!(error instanceof RpcError)) throw error;
        await warn(method, error.text, options);
        throw new CommandError(error.message);
      }
    },
    stream: async function* <T>(method: Method, request: object): AsyncGenerator<T> {
      const { connection } = await connections.first(endpoints, Number.POSITIVE_INFINITY);
      if (!connection) return;
      const messages = connection.stream<T>(method, request);
      try {
        for (let next = await p.until(messages.next()); !next.done; next = await p.until(messages.next())) {
          yield next.value;
        }
      } catch (error) {
        if (error instanceof RpcError) throw new CommandError(error.message);
        throw error;
      }
    },
  };
}

/** The time with microseconds, as zap writes it. */
export function microTime(p: Process): string {
  return new Date(p.container.clock.now()).toISOString().replace('Z', '000Z');
}

async function reach(p: Process, host: string, port: number, timeoutMs: number): Promise<Duplex> {
  const dialing = (address: string, why: string) =>
    new ConnectionError(
      `transport: Error while dialing: dial tcp${address === '' ? '' : ` ${address}:${port}`}: ${why}`,
    );
  const [address] = await resolveHost(p, host, timeoutMs).catch((error: unknown) => {
    if (isSysError(error)) return [];
    throw error;
  });
  if (address === undefined) throw dialing('', `lookup ${host}: no such host`);
  try {
    return await p.container.network.connect(p, address, port, timeoutMs);
  } catch (error) {
    if (!isSysError(error)) throw error;
    throw dialing(address, error.code === 'ETIMEDOUT' ? 'i/o timeout' : 'connect: connection refused');
  }
}

/** Node's names of what OpenSSL says, in Go's words. */
const handshakeFaults: Readonly<Record<string, string>> = {
  ERR_SSL_WRONG_VERSION_NUMBER: 'tls: first record does not look like a TLS handshake',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'tls: first record does not look like a TLS handshake',
};

async function secure(p: Process, socket: Duplex, host: string, tls: Tls): Promise<TLSSocket> {
  const failed = (why: string) => new ConnectionError(`transport: authentication handshake failed: ${why}`);
  const servername = /^[\d.]+$|:/.test(host) ? undefined : host;
  let secured: TLSSocket;
  try {
    const handshake = { servername, secureContext: tls.context, ALPNProtocols: ['h2'] };
    secured = await shakeHands(p, socket, handshake, () => new Error('EOF'));
  } catch (error) {
    if (error instanceof ProcessKilled) throw error;
    socket.destroy();
    const { code = '', message } = error as Error & { code?: string };
    throw failed(handshakeFaults[code] ?? message);
  }
  const why = tls.skipsVerify ? undefined : certificateFault(secured, servername ?? host, p.container.clock.now());
  if (why === undefined) return secured;
  secured.destroy();
  throw failed(`tls: failed to verify certificate: x509: ${why}`);
}

/** What is wrong with a server's certificate, in Go's words; undefined: nothing. */
function certificateFault(socket: TLSSocket, host: string, now: number): string | undefined {
  const certificate = socket.getPeerCertificate();
  const verdict = socket.authorizationError as unknown as string | Error | undefined;
  const code =
    verdict instanceof Error ? ((verdict as { code?: string }).code ?? verdict.message) : String(verdict ?? '');
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID') {
    const [word, bound] =
      code === 'CERT_HAS_EXPIRED' ? ['after', certificate.valid_to] : ['before', certificate.valid_from];
    const iso = (at: number) => `${new Date(at).toISOString().slice(0, 19)}Z`;
    return `certificate has expired or is not yet valid: current time ${iso(now)} is ${word} ${iso(Date.parse(bound))}`;
  }
  if (code !== '') return 'certificate signed by unknown authority';
  if (!checkServerIdentity(host, certificate)) return undefined;
  const isAddress = /^[\d.]+$|:/.test(host);
  const names = (certificate.subjectaltname ?? '')
    .split(', ')
    .filter((name) => name.startsWith(isAddress ? 'IP Address:' : 'DNS:'))
    .map((name) => name.slice(name.indexOf(':') + 1));
  return `certificate is valid for ${names.join(', ')}, not ${host}`;
}

/**
 * Why a server said nothing on a connection that is there.
 * @param showedCertificate undefined: there is no TLS
 */
function prefaceFault(error: Error & { code?: string }, showedCertificate: boolean | undefined): string {
  // It has gone after the handshake: the alert that says why is not to be had from Node's end.
  if (showedCertificate !== undefined) {
    return `remote error: tls: ${showedCertificate ? 'unknown certificate authority' : 'certificate required'}`;
  }
  if (error.code === 'ERR_HTTP2_ERROR' || error.code === 'ERR_HTTP2_SESSION_ERROR') {
    return 'http2: failed reading the frame payload: %!w(<nil>), note that the frame header looked like an HTTP/1.1 header';
  }
  return 'EOF';
}
