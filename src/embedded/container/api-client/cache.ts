import type { Stored } from '../../../kube/meta.ts';
import type { Process } from '../kernel/process.ts';
import { ConnectError, decode, klogStamp, type RestClient, StatusError } from './client.ts';
import { JsonLines } from './watch-stream.ts';

/** How long a follower waits after a failure. */
const retryMs = 2000;

/** Copies of all objects of some collections, kept up by watches as client-go's reflectors do it. */
export class ApiCache {
  readonly #p: Process;
  readonly #client: RestClient;
  readonly #changed: () => void;
  readonly #objects = new Map<string, Map<string, Stored>>();

  /** @param changed called after every change, once for all of one moment */
  constructor(p: Process, client: RestClient, changed: () => void) {
    this.#p = p;
    this.#client = client;
    this.#changed = changed;
  }

  /** The objects of a collection, as far as they are known. */
  list<T extends Stored>(path: string): T[] {
    return [...(this.#objects.get(path)?.values() ?? [])] as T[];
  }

  /** Follows a collection (`/api/v1/services`) until the process ends; resolves when it has been listed once. */
  follow(path: string): Promise<void> {
    return new Promise((resolve) => {
      const loop = async () => {
        for (;;) {
          try {
            const version = await this.#relist(path);
            resolve();
            await this.#watch(path, version);
          } catch (error) {
            if (!(error instanceof StatusError || error instanceof ConnectError)) throw error;
            await this.#complain(path, error.message);
            await this.#p.sleep(retryMs);
          }
        }
      };
      this.#p.background(loop());
    });
  }

  async #relist(path: string): Promise<string> {
    const list = (await this.#client.json(path)) as unknown as {
      items: Stored[];
      metadata: { resourceVersion: string };
    };
    this.#objects.set(path, new Map(list.items.map((object) => [keyOf(object), object])));
    this.#changed();
    return list.metadata.resourceVersion;
  }

  /** Resolves when the server ends the watch, or can't go on from here. */
  async #watch(path: string, resourceVersion: string): Promise<void> {
    const response = await this.#client.send(path, { query: { watch: 'true', resourceVersion } });
    if (response.status !== 200) await decode(response);
    const lines = new JsonLines();
    for await (const chunk of response.body()) {
      for (const event of lines.push(chunk)) {
        if (event.type === 'ERROR') return response.close();
        const object = event.object as unknown as Stored;
        const objects = this.#objects.get(path) ?? new Map<string, Stored>();
        if (event.type === 'DELETED') objects.delete(keyOf(object));
        else objects.set(keyOf(object), object);
        this.#changed();
      }
    }
  }

  #complain(path: string, why: string): Promise<void> {
    return this.#p.print(
      2,
      `E${klogStamp(this.#p)} reflector.go:205] "Failed to watch" err="failed to list ${path}: ${why}"\n`,
    );
  }
}

/** Changes of so many milliseconds are taken up together. */
const gatherMs = 100;

/**
 * Follows collections and calls `sync` once all are known, and after changes; one call at a time. What the API server
 * refuses of one is tried again. Resolves after the first.
 */
export async function followAll(
  p: Process,
  client: RestClient,
  paths: readonly string[],
  sync: (cache: ApiCache) => Promise<void>,
): Promise<void> {
  let listed = false;
  let waiting = false;
  let last: Promise<void> = Promise.resolve();
  const run = () => {
    last = last.then(async () => {
      try {
        await sync(cache);
      } catch (error) {
        if (!(error instanceof StatusError || error instanceof ConnectError)) throw error;
        await p.print(2, `E${klogStamp(p)} queue.go:131] "requeuing" err="${error.message}" key="initial-sync"\n`);
        soon(retryMs);
      }
    });
    return last;
  };
  const soon = (ms: number) => {
    if (waiting) return;
    waiting = true;
    p.background(
      p.sleep(ms).then(() => {
        waiting = false;
        return run();
      }),
    );
  };
  const cache = new ApiCache(p, client, () => {
    if (listed) soon(gatherMs);
  });
  await Promise.all(paths.map((path) => cache.follow(path)));
  listed = true;
  await run();
}

const keyOf = ({ metadata }: Stored) => `${metadata.namespace ?? ''}/${metadata.name}`;
