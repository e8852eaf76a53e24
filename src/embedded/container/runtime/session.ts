import { Duplex, Readable, Writable } from 'node:stream';
import type { ProcessStreams } from '../../../kernel/process-streams.ts';
import { ACK_AFTER, INPUT_WINDOW, type Stream, type ToWorker } from '../protocol.ts';
import { RuntimeStartFailure } from './start-failure.ts';

/** An exec, an attach or a connection: Node streams on this side, messages to the other. */
export class Session {
  readonly id: number;
  readonly #exit = Promise.withResolvers<number>();
  readonly #opened = Promise.withResolvers<void>();
  readonly #send: (message: ToWorker) => void;
  readonly #outputs: Record<Stream, Readable>;
  readonly #stdin: Writable | undefined;
  #inFlight = 0;
  #resumeInput: (() => void) | undefined;
  #unacked: Record<Stream, number> = { stdout: 0, stderr: 0 };
  #done = false;

  /** `id`: no other session or container of the cluster has it. */
  constructor(id: number, send: (message: ToWorker) => void, stdin: boolean) {
    this.id = id;
    this.#send = send;
    // Whoever uses the session waits for one of the two, and hears of a failure there.
    this.#exit.promise.catch(() => {});
    // The same.
    this.#opened.promise.catch(() => {});
    const output = (stream: Stream) =>
      new Readable({ highWaterMark: 64 * 1024, read: () => this.#acknowledge(stream) });
    this.#outputs = { stdout: output('stdout'), stderr: output('stderr') };
    this.#stdin = stdin ? this.#input() : undefined;
  }

  /** Resolves once the other end is there. */
  get opened(): Promise<void> {
    return this.#opened.promise;
  }

  #input(): Writable {
    return new Writable({
      write: (chunk: Uint8Array, _encoding, done) => {
        if (this.#done) return done();
        this.#inFlight += chunk.length;
        this.#send({ t: 'input', session: this.id, data: new Uint8Array(chunk) });
        if (this.#inFlight < INPUT_WINDOW) done();
        else this.#resumeInput = done;
      },
      final: (done) => {
        if (!this.#done) this.#send({ t: 'inputEnd', session: this.id });
        done();
      },
    });
  }

  inputTaken(bytes: number): void {
    this.#inFlight = Math.max(0, this.#inFlight - bytes);
    if (this.#inFlight >= INPUT_WINDOW) return;
    const resume = this.#resumeInput;
    this.#resumeInput = undefined;
    resume?.();
  }

  /** The reader wants more: what it was given before has been taken. */
  #acknowledge(stream: Stream): void {
    const bytes = this.#unacked[stream];
    if (bytes < ACK_AFTER) return;
    this.#unacked[stream] = 0;
    this.#send({ t: 'ackSession', session: this.id, bytes });
  }

  output(stream: Stream, data: Uint8Array): void {
    this.#unacked[stream] += data.length;
    if (this.#outputs[stream].push(Buffer.from(data.buffer, data.byteOffset, data.byteLength)))
      this.#acknowledge(stream);
  }

  started(): void {
    this.#opened.resolve();
  }

  ended(code: number | undefined, failure: { message: string; exitCode: number; code?: string } | undefined): void {
    if (this.#done) return;
    this.#done = true;
    this.#outputs.stdout.push(null);
    this.#outputs.stderr.push(null);
    const resume = this.#resumeInput;
    this.#resumeInput = undefined;
    resume?.();
    if (failure) {
      const error = Object.assign(new RuntimeStartFailure('StartError', failure.message, failure.exitCode), {
        code: failure.code,
      });
      this.#exit.reject(error);
      this.#opened.reject(error);
    } else {
      this.#opened.resolve();
      this.#exit.resolve(code ?? 0);
    }
  }

  #close(): void {
    if (!this.#done) this.#send({ t: 'hangup', session: this.id });
  }

  /** A process's streams. */
  streams(tty: boolean): ProcessStreams {
    return {
      ...(this.#stdin ? { stdin: this.#stdin } : {}),
      stdout: this.#outputs.stdout,
      ...(tty ? {} : { stderr: this.#outputs.stderr }),
      resize: (columns, rows) => this.#send({ t: 'resize', session: this.id, columns, rows }),
      exit: this.#exit.promise,
      close: () => this.#close(),
    };
  }

  /** A connection's one stream for both directions. */
  duplex(): Duplex {
    const { stdout } = this.#outputs;
    const stdin = this.#stdin ?? this.#input();
    const socket = Duplex.from({ readable: stdout, writable: stdin });
    socket.once('close', () => this.#close());
    return socket;
  }
}
