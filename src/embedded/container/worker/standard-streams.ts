import type { Caller } from '../kernel/caller.ts';
import { EMPTY, OpenFile } from '../kernel/vfs-node.ts';
import type { RateLimit, Window } from './port.ts';

/** A place where output goes: the log, an attached client, an exec session. */
export interface Sink {
  readonly window: Window;
  send(stream: 'stdout' | 'stderr', data: Uint8Array): void;
}

/** stdout or stderr of a container or of an exec session. */
export class OutputFile extends OpenFile {
  readonly #stream: 'stdout' | 'stderr';
  readonly #sinks: ReadonlySet<Sink>;
  readonly #rate: RateLimit;
  override readonly path = 'pipe:';

  constructor(stream: 'stdout' | 'stderr', sinks: ReadonlySet<Sink>, rate: RateLimit) {
    super();
    this.#stream = stream;
    this.#sinks = sinks;
    this.#rate = rate;
  }

  override async write(p: Caller, data: Uint8Array): Promise<void> {
    await sendPaced(p, this.#stream, data, this.#sinks, this.#rate);
  }
}

/** Sends a chunk to all sinks once there is room; `p` waits meanwhile (without one nobody does). */
export async function sendPaced(
  p: Caller | undefined,
  stream: 'stdout' | 'stderr',
  data: Uint8Array,
  sinks: ReadonlySet<Sink>,
  rate: RateLimit,
): Promise<void> {
  if (data.length === 0) return;
  for (const sink of sinks) {
    while (p && sink.window.full) await p.block((resume) => sink.window.wait(() => resume()));
  }
  const delay = rate.delay(data.length);
  for (const sink of sinks) {
    sink.window.take(data.length);
    // Each message carries bytes of its own: the writer may go on with its buffer.
    sink.send(stream, new Uint8Array(data));
  }
  if (p && delay > 1) {
    // Real time: what is protected is this machine.
    await p.block((resume) => {
      const timer = setTimeout(resume, delay);
      return () => clearTimeout(timer);
    });
  }
}

/** stdin that comes from the main thread. */
export class InputFile extends OpenFile {
  #chunks: Uint8Array[] = [];
  #ended = false;
  #readers: (() => void)[] = [];
  readonly #consumed: (bytes: number) => void;
  override readonly path = 'pipe:';

  /** `consumed` runs when bytes were read, so that the sender may go on. */
  constructor(consumed: (bytes: number) => void) {
    super();
    this.#consumed = consumed;
  }

  push(data: Uint8Array): void {
    this.#chunks.push(data);
    this.#wake();
  }

  end(): void {
    this.#ended = true;
    this.#wake();
  }

  #wake(): void {
    for (const resume of this.#readers.splice(0)) resume();
  }

  override async read(p: Caller, max: number): Promise<Uint8Array> {
    while (this.#chunks.length === 0) {
      if (this.#ended) return EMPTY;
      await p.block((resume) => {
        this.#readers.push(resume);
        return () => {
          this.#readers = this.#readers.filter((r) => r !== resume);
        };
      });
    }
    const first = this.#chunks[0] ?? EMPTY;
    const data = first.subarray(0, max);
    if (data.length === first.length) this.#chunks.shift();
    else this.#chunks[0] = first.subarray(data.length);
    this.#consumed(data.length);
    return data;
  }
}
