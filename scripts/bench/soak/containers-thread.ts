import { Session } from 'node:inspector/promises';
import type { Worker } from 'node:worker_threads';
import { round } from '../measure.ts';

/**
 * The thread that containers run in, as an observer sees it. It collects its garbage when it is asked to over the inspector's
 * protocol, in a moment: while a snapshot of its heap is taken, every probe of the fast clock's containers would time out.
 */
export class ContainersThread {
  readonly #worker: Worker;
  readonly #inspector = new Session();
  readonly #attached: Promise<string>;
  readonly #ended: Promise<void>;
  readonly #answers = new Map<number, () => void>();
  #next = 1;
  #released = false;

  /** `lost` is called when it ends before it is let go of. */
  constructor(worker: Worker, lost: () => void) {
    this.#worker = worker;
    this.#ended = new Promise((resolve) => {
      worker.once('exit', () => {
        if (!this.#released) lost();
        resolve();
      });
    });
    this.#inspector.connect();
    this.#inspector.on('NodeWorker.receivedMessageFromWorker', ({ params }) => {
      const { id } = JSON.parse(params.message) as { id?: number };
      this.#answers.get(id ?? 0)?.();
    });
    this.#attached = new Promise((resolve) => {
      this.#inspector.on('NodeWorker.attachedToWorker', ({ params }) => resolve(params.sessionId));
    });
    void this.#inspector.post('NodeWorker.enable', { waitForDebuggerOnStart: false });
  }

  /** What its heap holds after its garbage is gone, buffers included, in MiB; 0 once it has ended. */
  async collectedMiB(): Promise<number> {
    const collected = this.#collect().then(() => this.#worker.getHeapStatistics());
    const statistics = await Promise.race([collected, this.#ended]);
    if (!statistics) return 0;
    return round((statistics.used_heap_size + statistics.external_memory) / 2 ** 20, 1);
  }

  async #collect(): Promise<void> {
    const sessionId = await this.#attached;
    const id = this.#next++;
    const message = JSON.stringify({ id, method: 'HeapProfiler.collectGarbage' });
    await new Promise<void>((resolve) => {
      this.#answers.set(id, resolve);
      void this.#inspector.post('NodeWorker.sendMessageToWorker', { sessionId, message });
    });
    this.#answers.delete(id);
  }

  /** Lets go of it: from now on it may end. */
  release(): void {
    this.#released = true;
    this.#inspector.disconnect();
  }
}
