import type { ContainerUsage, ProbeRequest, ProbeResponse } from '../../container-api.ts';
import type { HandlersOf } from '../protocol.ts';
import type { WorkerClient } from '../worker-client.ts';

type Usage = Readonly<Record<string, ContainerUsage>>;

/** What the worker has been asked and has not answered yet. */
export class Requests {
  readonly #worker: WorkerClient;
  readonly #usages = new Map<number, (usage: Usage) => void>();
  readonly #hostPaths = new Map<number, PromiseWithResolvers<void>>();
  readonly #gets = new Map<number, PromiseWithResolvers<ProbeResponse>>();
  #next = 1;

  constructor(worker: WorkerClient) {
    this.#worker = worker;
  }

  readonly handlers: HandlersOf<'usage' | 'hostPath' | 'got'> = {
    usage: ({ request, containers }) => {
      this.#usages.get(request)?.(containers);
      this.#usages.delete(request);
    },
    hostPath: ({ request, error }) => {
      const answer = this.#hostPaths.get(request);
      this.#hostPaths.delete(request);
      if (error === undefined) answer?.resolve();
      else answer?.reject(new Error(error));
    },
    got: ({ request, response, error }) => {
      const answer = this.#gets.get(request);
      if (response) answer?.resolve(response);
      else answer?.reject(Object.assign(new Error(error?.message), { code: error?.code }));
    },
  };

  /** See `ContainerRuntime.usage`; `now`: the time of the cluster's own clock, if it has one. */
  usage(now: number | undefined): Promise<Usage> {
    return new Promise((resolve) => {
      const request = this.#next++;
      this.#usages.set(request, resolve);
      this.#worker.send({ t: 'usage', request, now });
    });
  }

  /** See `ContainerRuntime.prepareHostPath`. */
  prepareHostPath(node: string, path: string, type: string): Promise<void> {
    const answer = Promise.withResolvers<void>();
    const request = this.#next++;
    this.#hostPaths.set(request, answer);
    this.#worker.send({ t: 'hostPath', request, node, path, type });
    return answer.promise;
  }

  /** See `ContainerRuntime.get`. */
  async get(podUid: string, port: number, get: ProbeRequest, signal?: AbortSignal): Promise<ProbeResponse> {
    signal?.throwIfAborted();
    const request = this.#next++;
    const answer = Promise.withResolvers<ProbeResponse>();
    this.#gets.set(request, answer);
    const abort = () => {
      this.#worker.send({ t: 'getAbort', request });
      answer.reject(signal?.reason);
    };
    signal?.addEventListener('abort', abort);
    try {
      this.#worker.send({ t: 'get', request, podUid, port, get });
      return await answer.promise;
    } finally {
      signal?.removeEventListener('abort', abort);
      this.#gets.delete(request);
    }
  }

  /** The worker died, and nobody answers any more. */
  lost(): void {
    this.#giveUp(({ reject }) => reject(new Error('the container runtime was restarted')));
  }

  /** The cluster has ended: the node that asks stops as well, and no fault of a volume is to be told. */
  ended(): void {
    this.#giveUp(({ resolve }) => resolve());
  }

  #giveUp(endHostPath: (answer: PromiseWithResolvers<void>) => void): void {
    for (const answer of this.#usages.values()) answer({});
    this.#usages.clear();
    for (const answer of this.#hostPaths.values()) endHostPath(answer);
    this.#hostPaths.clear();
    for (const { reject } of this.#gets.values()) reject(new Error('EOF'));
  }
}
