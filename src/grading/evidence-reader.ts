import { type Reader, Unreadable } from '../checks/evidence/reader.ts';
import type { Clock } from '../kernel/clock.ts';
import { isNotFound, type KubeClient, KubeError } from '../kube/client.ts';
import type { KubeObject, Resource, Stored } from '../kube/meta.ts';

/** Of a list no more than this is read: an explanation may not weigh on a large cluster. */
const longestList = 500;
/** Of a log no more than these last lines. */
const logLines = 20;
/** All reads of one explanation together may take this long, milliseconds. */
const patience = 10_000;

/** Reads what one explanation needs, each list once; `stop` when it is put together. */
export class EvidenceReader implements Reader {
  readonly #client: KubeClient;
  readonly #answers = new Map<string, Promise<unknown>>();
  readonly #late = new AbortController();
  readonly stop: () => void;

  constructor(client: KubeClient, clock: Clock) {
    this.#client = client;
    const timer = clock.after(patience, () =>
      this.#late.abort(new Error(`it took longer than ${patience / 1_000} s to read`)),
    );
    this.stop = () => {
      timer.cancel();
      this.#late.abort(new Error('it is no longer asked for'));
    };
  }

  get<T extends KubeObject>(
    r: Resource<T>,
    namespace: string | undefined,
    name: string,
  ): Promise<Stored<T> | undefined> {
    return this.#once(`get ${r.resource}.${r.group} ${namespace}/${name}`, r, namespace, async () => {
      const object = await this.#client.find(r, namespace, name, { signal: this.#late.signal });
      return object && { ...object, kind: r.kind };
    });
  }

  list<T extends KubeObject>(r: Resource<T>, namespace?: string, fieldSelector?: string): Promise<Stored<T>[]> {
    return this.#once(
      `list ${r.resource}.${r.group} ${namespace ?? ''} ${fieldSelector ?? ''}`,
      r,
      namespace,
      async () => {
        const query = { limit: longestList, ...(fieldSelector ? { fieldSelector } : {}) };
        try {
          return (await this.#client.list(r, namespace, query, { signal: this.#late.signal })).items;
        } catch (error) {
          if (isNotFound(error)) return [];
          throw error;
        }
      },
    );
  }

  log(namespace: string, pod: string, container: string, previous: boolean): Promise<string[]> {
    const logs: Resource = { group: '', version: 'v1', resource: 'pods/log', kind: 'Pod', namespaced: true };
    return this.#once(`log ${namespace}/${pod}/${container} ${previous}`, logs, namespace, async () => {
      const lines: string[] = [];
      try {
        const query = { container, previous, tailLines: logLines };
        for await (const line of this.#client.logs(namespace, pod, query, this.#late.signal)) lines.push(line);
      } catch (error) {
        // 400: the container has not started, or there was no instance before.
        if (error instanceof KubeError && [400, 404, 500].includes(error.code)) return [];
        throw error;
      }
      return lines;
    });
  }

  #once<T>(key: string, r: Resource, namespace: string | undefined, read: () => Promise<T>): Promise<T> {
    const known = this.#answers.get(key);
    if (known) return known as Promise<T>;
    const answer = read().catch((cause: unknown) => {
      if (cause instanceof KubeError || this.#late.signal.aborted)
        throw new Unreadable(r, namespace, (cause as Error).message, { cause });
      throw cause;
    });
    this.#answers.set(key, answer);
    return answer;
  }
}
