import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { connect as connectSocket, createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { BugError, EnvironmentError, type ErrorText, UserError } from './errors.ts';
import { readJsonLines } from './json-lines.ts';
import { ownValue } from './own.ts';
import { longestRequest, type Reply, requestSchema, toWire } from './rpc-wire.ts';

export interface CallContext {
  /** Aborts when the caller is gone or has cancelled. */
  signal: AbortSignal;
  /** Sends an event before the answer. */
  emit(event: unknown): void;
  /**
   * Resolves when the caller has read what it was sent, or is gone. Whoever has much to send waits for it: the
   * connection of a caller that leaves too much unread is ended.
   */
  drained(): Promise<void>;
}

/** Answers a call, whose parameters may be anything. */
export type Handler = (params: unknown, context: CallContext) => unknown;

/** What answers calls, by method. */
export type Handlers = Readonly<Record<string, Handler>>;

export interface RpcServer {
  /** Connections right now. */
  readonly connections: number;
  close(): Promise<void>;
}

/** The bytes that may wait for a client that does not read; one message more is kept at most. */
const mostUnread = 16 * 2 ** 20;
/** The calls of one connection that may run at a time. */
const mostCalls = 256;
/** How long a connection that is being ended waits for its client to read why, milliseconds. */
const endPatience = 30_000;
/** How long a server that closes waits for its clients to close, milliseconds. */
const closePatience = 1_000;

/**
 * Listens on a socket file (mode 0600). Rejects with EADDRINUSE if another live server has it; a file that nobody
 * listens on is taken over. `onConnections` hears of every connection that comes or goes.
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
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      // They may still write meanwhile: to a connection that is gone that is an error, and their answer would be lost.
      for (const socket of sockets) socket.end();
      const late = setTimeout(() => {
        for (const socket of sockets) socket.destroy();
      }, closePatience);
      return closed.finally(() => clearTimeout(late));
    },
  };
}

/**
 * Answers the calls that come over one connection; when it closes, what still runs is asked to stop. What is no request
 * is answered with an error. A line without an end, and a client that does not read its answers, end the connection.
 */
export function serveRpcOver(socket: Socket, handlers: Handlers): void {
  new Connection(socket, handlers);
}

class Connection {
  readonly #socket: Socket;
  readonly #handlers: Handlers;
  readonly #running = new Map<number, AbortController>();
  #ending = false;
  #drained: Promise<void> | undefined;

  constructor(socket: Socket, handlers: Handlers) {
    this.#socket = socket;
    this.#handlers = handlers;
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#abortAll());
    readJsonLines(socket, longestRequest, {
      value: (value) => this.#onRequest(value),
      malformed: (error) => this.#refuse(error.message),
      tooLong: () =>
        this.#end({
          what: 'the connection was ended',
          why: `a line had more than ${longestRequest} bytes`,
        }),
      cutOff: () => this.#refuse('the line was cut off'),
    });
  }

  #onRequest(value: unknown): void {
    if (this.#ending) return;
    const parsed = requestSchema.safeParse(value);
    if (!parsed.success) return this.#refuse('a call looks like {"id": 1, "method": "hello", "params": {}}');
    const request = parsed.data;
    if ('cancel' in request) this.#running.get(request.cancel)?.abort();
    else if ('ping' in request) this.#send({ pong: request.ping });
    else void this.#answer(request.id, request.method, request.params);
  }

  async #answer(id: number, method: string, params: unknown): Promise<void> {
    const controller = new AbortController();
    const isFirst = !this.#running.has(id);
    try {
      if (!isFirst) throw new BugError({ what: `the call ${id} is under way already` });
      if (this.#running.size >= mostCalls) {
        throw new EnvironmentError({ what: `more than ${mostCalls} calls are under way on this connection` });
      }
      this.#running.set(id, controller);
      const handler = ownValue(this.#handlers, method);
      if (!handler) throw new BugError({ what: `no method ${method.slice(0, 100)}` });
      const context: CallContext = {
        signal: controller.signal,
        emit: (event) => this.#send({ id, event }),
        drained: () => this.#whenDrained(),
      };
      this.#send({ id, result: (await handler(params, context)) ?? null });
    } catch (error) {
      this.#send({ id, error: toWire(error) });
    } finally {
      if (isFirst) this.#running.delete(id);
    }
  }

  #refuse(why: string): void {
    this.#send({ id: null, error: toWire(new UserError({ what: 'this line is no call', why: why.slice(0, 200) })) });
  }

  #send(reply: Reply): void {
    if (this.#ending || !this.#socket.writable) return;
    if (this.#socket.writableLength > mostUnread) {
      return this.#end({
        what: 'the connection was ended',
        why: `this client did not read what it was sent: more than ${mostUnread / 2 ** 20} MiB waited for it`,
        next: 'try again',
      });
    }
    this.#socket.write(`${JSON.stringify(reply)}\n`);
  }

  /** Says why, and ends the connection once that is read, or will not be. */
  #end(text: ErrorText): void {
    if (this.#ending) return;
    this.#ending = true;
    this.#abortAll();
    const reply: Reply = { end: toWire(new EnvironmentError(text)) };
    this.#socket.end(`${JSON.stringify(reply)}\n`);
    setTimeout(() => this.#socket.destroy(), endPatience).unref();
  }

  #abortAll(): void {
    for (const controller of this.#running.values()) controller.abort();
  }

  #whenDrained(): Promise<void> {
    const socket = this.#socket;
    if (!socket.writableNeedDrain || socket.destroyed) return Promise.resolve();
    this.#drained ??= new Promise((resolve) => {
      const done = () => {
        socket.off('drain', done).off('close', done);
        this.#drained = undefined;
        resolve();
      };
      socket.on('drain', done).on('close', done);
    });
    return this.#drained;
  }
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

const nobodyListens = ['ECONNREFUSED', 'ENOENT', 'ENOTSOCK'];

function isAlive(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connectSocket(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    // Only what says that nobody listens; a server that has no time to accept is one, too.
    socket.once('error', ({ code = '' }: NodeJS.ErrnoException) => resolve(!nobodyListens.includes(code)));
  });
}
