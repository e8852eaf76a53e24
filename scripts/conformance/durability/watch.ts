import type { IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';

export interface Event {
  type: string;
  /** Of an ERROR a Status. */
  object: { metadata: { resourceVersion: string }; code?: number };
}

/** The events of a watch as they come, until it ends or breaks. */
export class Watch {
  readonly events: Event[] = [];
  readonly ended: Promise<void>;
  #response: IncomingMessage | undefined;
  #closed = false;
  #arrived: () => void = () => undefined;

  constructor(response: Promise<IncomingMessage>) {
    this.ended = this.#read(response).catch(() => undefined);
  }

  /** Resolves when there are that many events, or no more will come. */
  async take(count: number): Promise<Event[]> {
    let over = false;
    void this.ended.then(() => {
      over = true;
      this.#arrived();
    });
    while (this.events.length < count && !over) {
      await new Promise<void>((resolve) => {
        this.#arrived = resolve;
      });
    }
    return this.events.slice(0, count);
  }

  close(): void {
    this.#closed = true;
    this.#response?.destroy();
  }

  async #read(coming: Promise<IncomingMessage>): Promise<void> {
    const response = await coming;
    this.#response = response;
    if (this.#closed) response.destroy();
    for await (const line of createInterface({ input: response })) {
      this.events.push(JSON.parse(line) as Event);
      this.#arrived();
    }
  }
}
