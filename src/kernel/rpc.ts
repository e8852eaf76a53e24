import { connect as connectSocket, type Socket } from 'node:net';
import { type Clock, systemClock, type Timer } from './clock.ts';
import { DisconnectedError, EnvironmentError, UnresponsiveError, UserError } from './errors.ts';
import { readJsonLines } from './json-lines.ts';
import { fromWire, longestReply, longestRequest, type Reply, type Request, replySchema } from './rpc-wire.ts';

export interface CallOptions {
  /** Events of the handler. If it throws, the call ends with that. */
  onEvent?: ((event: unknown) => unknown) | undefined;
  /** Asks the handler to stop. */
  signal?: AbortSignal | undefined;
  /** The call ends with the signal, whatever the handler does. Default: it ends when the handler has. */
  abandon?: boolean;
  /** Milliseconds after which a call that was not answered rejects with an EnvironmentError. Default: never. */
  limit?: number | undefined;
}

export interface RpcClient {
  /**
   * Rejects with the error that the handler threw, as the same class. When `signal` aborts, it ends when the handler
   * has: with its answer if there was one all the same, else rejecting with the signal's reason.
   */
  call(method: string, params?: unknown, options?: CallOptions): Promise<unknown>;
  /** Resolves when the connection has ended, by whichever side. */
  readonly closed: Promise<void>;
  close(): void;
}

export interface ConnectionOptions {
  /** What calls reject with when the connection ends and nobody said why. */
  lost?: () => Error;
  /**
   * How long a server may be silent while calls are under way, milliseconds: it is asked for a sign of life, which a call
   * that takes its time does not hold up. Then calls reject with an UnresponsiveError. Default: for ever.
   */
  patience?: number;
  clock?: Clock;
}

/** Of a daemon that is well, the event loop turns every few milliseconds. */
const daemonPatience = 15_000;
/** The looks of a client in the time of its patience: one that was stopped itself, and goes on late, takes just one more. */
const looks = 3;
/** How often to look once the caller wants an end, milliseconds. */
const hurriedLook = 1_000;

/** Connects to a server; rejects with the socket's error if there is none, or with an UnresponsiveError. */
export function connectRpc(path: string, options: ConnectionOptions = {}): Promise<RpcClient> {
  const { patience = daemonPatience, clock = systemClock } = options;
  return new Promise((resolve, reject) => {
    const socket = connectSocket(path);
    const late = clock.after(patience, () => {
      socket.destroy();
      reject(new UnresponsiveError({ what: 'the daemon accepts no connection' }));
    });
    socket.once('error', (error) => {
      late.cancel();
      reject(error);
    });
    socket.once('connect', () => {
      late.cancel();
      socket.removeAllListeners('error');
      resolve(rpcOver(socket, { ...options, patience }));
    });
  });
}

/** Calls over one connection, whose other end serves them. */
export function rpcOver(socket: Socket, options: ConnectionOptions = {}): RpcClient {
  return new Client(socket, options);
}

interface Call {
  resolve(value: unknown): void;
  reject(error: Error): void;
  onEvent: CallOptions['onEvent'];
}

class Client implements RpcClient {
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #clock: Clock;
  readonly #patience: number | undefined;
  readonly #lost: () => Error;
  readonly #calls = new Map<number, Call>();
  /** Why the connection ends, if anybody knows. */
  #reason: Error | undefined;
  #sequence = 0;
  #look: Timer | undefined;
  #heard = false;
  #missed = 0;

  constructor(socket: Socket, { lost = disconnected, patience, clock = systemClock }: ConnectionOptions) {
    this.#socket = socket;
    this.#clock = clock;
    this.#patience = patience;
    this.#lost = lost;
    const gone = Promise.withResolvers<void>();
    this.closed = gone.promise;
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      this.#look?.cancel();
      for (const call of [...this.#calls.values()]) call.reject(this.#reason ?? this.#lost());
      this.#calls.clear();
      gone.resolve();
    });
    socket.on('data', () => {
      this.#heard = true;
    });
    const unreadable = (why: string) => this.#destroy(new EnvironmentError({ what: 'an answer cannot be read', why }));
    readJsonLines(socket, longestReply, {
      value: (value) => {
        const { success, data } = replySchema.safeParse(value);
        if (success) this.#onReply(data);
        else unreadable('it is none of the kinds that there are');
      },
      malformed: (error) => unreadable(error.message),
      tooLong: () => unreadable(`it has more than ${longestReply} bytes`),
      cutOff: () => {
        this.#reason ??= new DisconnectedError({
          what: 'the connection to the daemon ended in the middle of an answer',
          why: 'the daemon ended, or this command did not read what it was sent',
          next: 'try again',
        });
      },
    });
  }

  close(): void {
    // Not until the other side ends, too: one that hangs never does.
    this.#socket.destroySoon();
  }

  call(
    method: string,
    params: unknown = {},
    { onEvent, signal, abandon = false, limit }: CallOptions = {},
  ): Promise<unknown> {
    const id = ++this.#sequence;
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      if (this.#socket.destroyed) return reject(this.#reason ?? this.#lost());
      let late: Timer | undefined;
      const done = () => {
        late?.cancel();
        signal?.removeEventListener('abort', cancel);
        this.#calls.delete(id);
        if (this.#calls.size === 0) this.#stopLooking();
      };
      const call: Call = {
        resolve(value) {
          done();
          resolve(value);
        },
        reject(error) {
          done();
          reject(signal?.aborted ? signal.reason : error);
        },
        onEvent,
      };
      const cancel = () => {
        this.#send({ cancel: id });
        if (abandon) call.reject(signal?.reason);
        else if (this.#patience !== undefined) this.#lookEvery(hurriedLook);
      };
      signal?.addEventListener('abort', cancel, { once: true });
      if (limit !== undefined) {
        late = this.#clock.after(limit, () => {
          this.#send({ cancel: id });
          const seconds = Math.round(limit / 1000);
          call.reject(
            new EnvironmentError({
              what: `the daemon has not done what it was asked for (${method}) within ${seconds} s`,
              next: 'try again; if it stays so: kubedrill daemon stop, which keeps the labs',
            }),
          );
        });
      }
      this.#calls.set(id, call);
      if (!this.#send({ id, method, params })) {
        return call.reject(new UserError({ what: `more than ${longestRequest} bytes cannot be sent at once` }));
      }
      if (this.#patience !== undefined && !this.#look) this.#lookEvery(this.#patience / looks);
    });
  }

  #onReply(reply: Reply): void {
    if ('pong' in reply) return;
    if ('end' in reply) {
      this.#reason = fromWire(reply.end);
      return;
    }
    const call = reply.id === null ? undefined : this.#calls.get(reply.id);
    if (!call) return;
    if ('event' in reply) {
      try {
        call.onEvent?.(reply.event);
      } catch (error) {
        this.#send({ cancel: reply.id });
        call.reject(error as Error);
      }
    } else if ('error' in reply) call.reject(fromWire(reply.error));
    else call.resolve(reply.result);
  }

  /** False: it is too long. */
  #send(request: Request): boolean {
    const line = `${JSON.stringify(request)}\n`;
    if (Buffer.byteLength(line) > longestRequest) return false;
    if (this.#socket.writable) this.#socket.write(line);
    return true;
  }

  #lookEvery(interval: number): void {
    this.#look?.cancel();
    this.#missed = 0;
    this.#heard = false;
    const next = () => {
      this.#send({ ping: 0 });
      this.#look = this.#clock.after(interval, look);
    };
    const look = () => {
      this.#missed = this.#heard ? 0 : this.#missed + 1;
      this.#heard = false;
      if (this.#missed < looks) return next();
      const seconds = Math.round((looks * interval) / 1000);
      this.#destroy(
        new UnresponsiveError({
          what: 'the daemon does not answer',
          why: `nothing has come from it for ${seconds} s`,
          next: 'kubedrill daemon stop, which ends it and keeps the labs; then try again',
        }),
      );
    };
    next();
  }

  #stopLooking(): void {
    this.#look?.cancel();
    this.#look = undefined;
  }

  #destroy(reason: Error): void {
    this.#reason ??= reason;
    this.#socket.destroy();
  }
}

function disconnected(): DisconnectedError {
  return new DisconnectedError({ what: 'the connection to the daemon ended', next: 'try again: it is started anew' });
}
