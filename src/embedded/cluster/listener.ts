import { type Clock, pause } from '../../kernel/clock.ts';
import type { ApiServer } from '../server/api-server.ts';

export interface ListenerOptions {
  /** Listens on a port; 0: a free one. */
  listen(port: number): Promise<ApiServer>;
  /** The port to begin with; if it is taken another is picked. */
  firstPort(): Promise<number>;
  clock: Clock;
  /** Nothing is opened any more. */
  signal: AbortSignal;
}

/** Where the API server listens: it may stop and begin again, always at the same address. */
export class Listener {
  readonly #options: ListenerOptions;
  #server: ApiServer | undefined;
  /** Also while it does not listen. */
  #address: Pick<ApiServer, 'host' | 'port' | 'url'> = { host: '', port: 0, url: '' };

  constructor(options: ListenerOptions) {
    this.#options = options;
  }

  get host(): string {
    return this.#address.host;
  }

  get port(): number {
    return this.#address.port;
  }

  /** `https://127.0.0.1:port` */
  get url(): string {
    return this.#address.url;
  }

  /** Listens, unless it does already. */
  async open(): Promise<void> {
    if (this.#server || this.#options.signal.aborted) return;
    const server = this.port === 0 ? await this.#first() : await this.#again();
    if (!server) return;
    this.#server = server;
    const { host, port, url } = server;
    this.#address = { host, port, url };
  }

  /** Resolves when nothing is served any more. */
  async close(): Promise<void> {
    const closed = this.#server?.close();
    this.#server = undefined;
    await closed;
  }

  async #first(): Promise<ApiServer> {
    const { listen, firstPort } = this.#options;
    const port = await firstPort();
    try {
      return await listen(port);
    } catch (error) {
      if (port === 0 || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
      return listen(0);
    }
  }

  /** The port was ours a moment ago; whoever has it now may give it back. */
  async #again(): Promise<ApiServer | undefined> {
    const { listen, clock, signal } = this.#options;
    while (!signal.aborted) {
      const server = await listen(this.port).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'EADDRINUSE') throw error;
        return undefined;
      });
      if (server) return server;
      await pause(clock, 1000, signal);
    }
    return undefined;
  }
}
