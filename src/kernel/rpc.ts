import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { connect as connectSocket, createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { BugError, DisconnectedError, EnvironmentError, type ErrorText, UserError } from './errors.ts';
import { visibleJson } from './visible.ts';

/**
 * Calls and event streams between processes of one user: JSON lines over a local socket (mode 0600), written so that no text
 * in them ends a line (readline takes U+2028 for an end, which JSON.stringify leaves as it is). A call is answered
 * once; a subscription sends events until either side ends it.
 */
type Request = { id: number; method: string; params: unknown } | { cancel: number };
type Reply = { id: number; result: unknown } | { id: number; event: unknown } | { id: number; error: WireError };

interface WireError {
  kind: 'user' | 'environment' | 'bug';
  text: ErrorText;
}

export interface CallContext {
  /** Aborts when the caller is gone or has cancelled. */
  signal: AbortSignal;
  /** Sends an event before the answer. */
  emit(event: unknown): void;
}

export type Handlers = Record<string, (params: never, context: CallContext) => unknown>;

export interface RpcServer {
  /** Connections right now. */
  readonly connections: number;
  close(): Promise<void>;
}

/**
 * Listens on a socket file. Rejects with EADDRINUSE if another live server has it; a file that nobody listens on is
 * taken over.
 */
export async function serveRpc(
  path: string,
  handlers: Handlers,
  onConnections: (count: number) => void = () => undefined,
): Promise<RpcServer> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    onConnections(sockets.size);
    socket.on('close', () => {
      sockets.delete(socket);
      onConnections(sockets.size);
    });
    serveRpcOver(socket, handlers);
  });
  try {
    await listen(server, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || (await isAlive(path))) throw error;
    rmSync(path, { force: true });
    await listen(server, path);
  }
  chmodSync(path, 0o600);
  return {
    get connections() {
      return sockets.size;
    },
    close() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** Answers the calls that come over one connection; when it closes, what still runs is asked to stop. */
export function serveRpcOver(socket: Socket, handlers: Handlers): void {
  const running = new Map<number, AbortController>();
  const send = (reply: Reply) => {
    if (!socket.destroyed) socket.write(`${visibleJson(reply)}\n`);
  };
  socket.on('error', () => socket.destroy());
  socket.on('close', () => {
    for (const controller of running.values()) controller.abort();
  });
  linesOf(socket, async (line) => {
    const request = JSON.parse(line) as Request;
    if ('cancel' in request) return running.get(request.cancel)?.abort();
    const { id, method, params } = request;
    const controller = new AbortController();
    running.set(id, controller);
    try {
      const handler = handlers[method];
      if (!handler) throw new BugError({ what: `no method ${method}` });
      const context = { signal: controller.signal, emit: (event: unknown) => send({ id, event }) };
      send({ id, result: (await handler(params as never, context)) ?? null });
    } catch (error) {
      send({ id, error: toWire(error) });
    } finally {
      running.delete(id);
    }
  });
}

export interface RpcClient {
  /**
   * Rejects with the error that the handler threw, as the same class. `signal` asks the handler to stop; the call ends when
   * it has: with its answer if there was one all the same, else rejecting with the signal's reason.
   */
  call<T>(
    method: string,
    params?: unknown,
    options?: { onEvent?(event: never): void; signal?: AbortSignal },
  ): Promise<T>;
  /** Resolves when the connection has ended, by whichever side. */
  readonly closed: Promise<void>;
  close(): void;
}

/** Connects to a server; rejects with the socket's error if there is none. */
export function connectRpc(path: string): Promise<RpcClient> {
  return new Promise((resolve, reject) => {
    const socket = connectSocket(path);
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(rpcOver(socket));
    });
  });
}

/** Calls over one connection, whose other end serves them. `lost`: what its calls reject with when it ends. */
export function rpcOver(socket: Socket, lost: () => Error = disconnected): RpcClient {
  interface Call {
    resolve(value: unknown): void;
    reject(error: Error): void;
    onEvent: ((event: never) => void) | undefined;
  }
  const calls = new Map<number, Call>();
  const gone = Promise.withResolvers<void>();
  let sequence = 0;
  socket.on('error', () => socket.destroy());
  socket.on('close', () => {
    for (const call of calls.values()) call.reject(lost());
    calls.clear();
    gone.resolve();
  });
  linesOf(socket, (line) => {
    const reply = JSON.parse(line) as Reply;
    const call = calls.get(reply.id);
    if (!call) return;
    if ('event' in reply) return call.onEvent?.(reply.event as never);
    calls.delete(reply.id);
    if ('error' in reply) call.reject(fromWire(reply.error));
    else call.resolve(reply.result);
  });
  return {
    closed: gone.promise,
    close: () => socket.end(),
    call<T>(
      method: string,
      params: unknown = {},
      options: { onEvent?(event: never): void; signal?: AbortSignal } = {},
    ) {
      const id = ++sequence;
      const { signal } = options;
      return new Promise<T>((resolve, reject) => {
        signal?.throwIfAborted();
        if (socket.destroyed) return reject(lost());
        const cancel = () => socket.write(`${visibleJson({ cancel: id })}\n`);
        signal?.addEventListener('abort', cancel, { once: true });
        const done = () => signal?.removeEventListener('abort', cancel);
        calls.set(id, {
          resolve(value) {
            done();
            resolve(value as T);
          },
          reject(error) {
            done();
            reject(signal?.aborted ? signal.reason : error);
          },
          onEvent: options.onEvent,
        });
        socket.write(`${visibleJson({ id, method, params })}\n`);
      });
    },
  };
}

/** Calls back for each line; the end and errors of the socket are its owner's to hear. */
function linesOf(socket: Socket, onLine: (line: string) => void): void {
  createInterface(socket)
    .on('line', onLine)
    // readline passes the socket's error on.
    .on('error', () => undefined);
}

function toWire(error: unknown): WireError {
  if (error instanceof UserError) return { kind: 'user', text: error.text };
  if (error instanceof EnvironmentError) return { kind: 'environment', text: error.text };
  const text =
    error instanceof BugError ? error.text : { what: error instanceof Error ? error.message : String(error) };
  return { kind: 'bug', text };
}

function disconnected(): DisconnectedError {
  return new DisconnectedError({ what: 'the connection to the daemon ended', next: 'try again: it is started anew' });
}

function fromWire({ kind, text }: WireError): Error {
  if (kind === 'user') return new UserError(text);
  return kind === 'environment' ? new EnvironmentError(text) : new BugError(text);
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function isAlive(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connectSocket(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
