import { type Clock, pause } from '../kernel/clock.ts';
import { type KubeClient, KubeError } from './client.ts';
import type { KubeObject, Resource, Stored } from './meta.ts';

/** What changed in a mirrored resource. `old` is undefined for new objects, `object` for deleted ones. */
export interface Change<T extends KubeObject = KubeObject> {
  resource: Resource<T>;
  object?: Stored<T>;
  old?: Stored<T>;
  /** It was there when the mirror began: nothing happened to it. */
  first?: true;
}

export interface ReflectorOptions<T extends KubeObject> {
  client: KubeClient;
  resource: Resource<T>;
  /** Undefined: all namespaces. */
  namespace?: string;
  clock: Clock;
  onChange(change: Change<T>): void;
  /** The mirror can't follow the cluster right now (`error`), or can again (undefined). */
  onHealth(error: Error | undefined): void;
}

const firstRetry = 100;
const lastRetry = 5_000;

/**
 * Mirrors one resource of a cluster: list, then watch from there, for ever; what was missed during an interruption
 * comes out as changes of the next list. A resource that the cluster does not serve is an empty one.
 */
export class Reflector<T extends KubeObject> {
  readonly #options: ReflectorOptions<T>;
  readonly #objects = new Map<string, Stored<T>>();
  readonly #stop = new AbortController();
  readonly #waiting = new Set<() => void>();
  #synced = Promise.withResolvers<void>();
  #failing = false;
  #listed = false;
  /** The newest that was seen. */
  #version = 0n;

  constructor(options: ReflectorOptions<T>) {
    this.#options = options;
    void this.#run();
  }

  /** Resolves after the first complete list, or when it is forbidden: `onHealth` tells the difference. */
  get synced(): Promise<void> {
    return this.#synced.promise;
  }

  /**
   * Resolves when the mirror has everything that the cluster had when this was called; rejects if that can't be asked.
   * A watch tells changes in the order of their resourceVersions, which are numbers that can be compared (KEP-5504).
   */
  async caughtUp(): Promise<void> {
    const list = await this.#list();
    const listed = new Set(list?.items.map(keyOf));
    const newest = (list?.items ?? []).reduce((max, object) => later(max, versionOf(object)), 0n);
    const until = BigInt(list?.metadata.resourceVersion ?? 0);
    const holds = () =>
      this.#version >= newest &&
      [...this.#objects].every(([key, object]) => listed.has(key) || versionOf(object) > until);
    await new Promise<void>((resolve) => {
      const look = () => {
        if (!this.#stop.signal.aborted && !holds()) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
  }

  get(namespace: string | undefined, name: string): Stored<T> | undefined {
    return this.#objects.get(`${namespace ?? ''}/${name}`);
  }

  list(): Stored<T>[] {
    return [...this.#objects.values()];
  }

  stop(): void {
    this.#stop.abort();
    this.#report();
  }

  async #run(): Promise<void> {
    const { clock, onHealth } = this.#options;
    const signal = this.#stop.signal;
    let delay = firstRetry;
    while (!signal.aborted) {
      try {
        let version = await this.#relist();
        this.#synced.resolve();
        if (this.#failing) onHealth(undefined);
        this.#failing = false;
        delay = firstRetry;
        while (!signal.aborted) version = await this.#follow(version);
      } catch (error) {
        if (signal.aborted) return;
        // An expired version only asks for a new list.
        if (error instanceof KubeError && error.code === 410) continue;
        this.#failing = true;
        onHealth(error as Error);
        if (error instanceof KubeError && error.code === 403) this.#synced.resolve();
        await pause(clock, delay, signal);
        delay = Math.min(delay * 2, lastRetry);
      }
    }
  }

  /** Brings the mirror to the cluster's present state and returns its version; undefined where the resource is not served. */
  async #relist(): Promise<string | undefined> {
    const list = await this.#list();
    const seen = new Set<string>();
    for (const object of list?.items ?? []) {
      seen.add(keyOf(object));
      this.#put(object);
    }
    for (const [key, object] of this.#objects) if (!seen.has(key)) this.#remove(object);
    this.#listed = true;
    if (list?.metadata.resourceVersion) this.#saw(list.metadata.resourceVersion);
    return list?.metadata.resourceVersion;
  }

  #list() {
    const { client, resource, namespace } = this.#options;
    return client.list(resource, namespace).catch((error: unknown) => {
      if (error instanceof KubeError && error.code === 404) return undefined;
      throw error;
    });
  }

  /** Follows one watch until the server ends it; returns the version to go on from. */
  async #follow(version: string | undefined): Promise<string | undefined> {
    const { client, resource, namespace, clock } = this.#options;
    const signal = this.#stop.signal;
    if (version === undefined) {
      await pause(clock, lastRetry, signal);
      return this.#relist();
    }
    let last = version;
    const query = { resourceVersion: version, allowWatchBookmarks: true };
    for await (const event of client.watch(resource, namespace, query, signal)) {
      if (event.type === 'ERROR') throw new KubeError(event.object as never);
      last = event.object.metadata.resourceVersion;
      if (event.type === 'DELETED') this.#remove(event.object);
      else if (event.type !== 'BOOKMARK') this.#put(event.object);
      this.#saw(last);
    }
    return last;
  }

  #saw(version: string): void {
    this.#version = later(this.#version, BigInt(version));
    this.#report();
  }

  #report(): void {
    for (const look of [...this.#waiting]) look();
  }

  #put(object: Stored<T>): void {
    const key = keyOf(object);
    const old = this.#objects.get(key);
    if (old?.metadata.resourceVersion === object.metadata.resourceVersion) return;
    this.#objects.set(key, object);
    const first = this.#listed ? {} : { first: true as const };
    this.#options.onChange({ resource: this.#options.resource, object, ...(old ? { old } : {}), ...first });
  }

  #remove(object: Stored<T>): void {
    if (this.#objects.delete(keyOf(object))) this.#options.onChange({ resource: this.#options.resource, old: object });
  }
}

function keyOf(object: Stored): string {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
}

function versionOf(object: Stored): bigint {
  return BigInt(object.metadata.resourceVersion);
}

function later(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
