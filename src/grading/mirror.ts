import type { Clock } from '../kernel/clock.ts';
import type { KubeClient } from '../kube/client.ts';
import type { KubeObject, Resource, Stored } from '../kube/meta.ts';
import { type Change, Reflector } from '../kube/reflector.ts';

interface Entry {
  resource: Resource;
  namespace: string | undefined;
  reflector: Reflector<KubeObject>;
  error?: Error;
}

export interface MirrorOptions {
  client: KubeClient;
  clock: Clock;
  onChange(change: Change): void;
  onHealth(): void;
}

/** The live copy of all that checks and the activity feed look at: one reflector a resource and namespace. */
export class Mirror {
  readonly #options: MirrorOptions;
  readonly #entries: Entry[] = [];

  constructor(options: MirrorOptions) {
    this.#options = options;
  }

  /** Mirrors these as well; what is already covered (the same, or all namespaces of it) is not mirrored twice. */
  add(wanted: readonly { resource: Resource; namespace?: string }[]): void {
    // All namespaces first: they cover the single ones.
    const sorted = [...wanted].sort((a, b) => Number(a.namespace !== undefined) - Number(b.namespace !== undefined));
    for (const { resource, namespace } of sorted) {
      const scope = resource.namespaced ? namespace : undefined;
      if (this.#covering(resource, scope).length > 0) continue;
      const entry: Entry = { resource, namespace: scope } as Entry;
      entry.reflector = new Reflector<KubeObject>({
        client: this.#options.client,
        clock: this.#options.clock,
        resource,
        ...(scope === undefined ? {} : { namespace: scope }),
        onChange: (change) => this.#options.onChange(change),
        onHealth: (error) => {
          if (error) entry.error = error;
          else delete entry.error;
          this.#options.onHealth();
        },
      });
      this.#entries.push(entry);
    }
  }

  async synced(): Promise<void> {
    await Promise.all(this.#entries.map((entry) => entry.reflector.synced));
  }

  /** Resolves when all that is mirrored, but for what can't be asked, is as the cluster was when this was called. */
  async caughtUp(): Promise<void> {
    await Promise.allSettled(this.#entries.map((entry) => entry.reflector.caughtUp()));
  }

  get<T extends KubeObject>(r: Resource<T>, namespace: string | undefined, name: string): Stored<T> | undefined {
    const scope = r.namespaced ? namespace : undefined;
    for (const entry of this.#covering(r, scope)) {
      const found = entry.reflector.get(scope, name);
      if (found) return found as Stored<T>;
    }
    return undefined;
  }

  /** Without a namespace: all that is mirrored of the resource. */
  list<T extends KubeObject>(r: Resource<T>, namespace?: string): Stored<T>[] {
    const scope = r.namespaced ? namespace : undefined;
    const entries = this.#entries.filter(
      (e) => same(e.resource, r) && (!e.namespace || !scope || e.namespace === scope),
    );
    const objects = new Map(entries.flatMap((e) => e.reflector.list()).map((o) => [o.metadata.uid, o]));
    return [...objects.values()].filter((o) => !scope || o.metadata.namespace === scope) as Stored<T>[];
  }

  /** Why one of these can't be followed right now; undefined if all can. */
  errorOf(needs: readonly { resource: Resource; namespace?: string }[]): Error | undefined {
    for (const { resource, namespace } of needs) {
      for (const entry of this.#covering(resource, resource.namespaced ? namespace : undefined)) {
        if (entry.error) return entry.error;
      }
    }
    return undefined;
  }

  stop(): void {
    for (const entry of this.#entries) entry.reflector.stop();
  }

  #covering(resource: Resource, namespace: string | undefined): Entry[] {
    return this.#entries.filter((e) => same(e.resource, resource) && (!e.namespace || e.namespace === namespace));
  }
}

/** Whether two descriptions name the same resource. */
export function same(a: Resource, b: Resource): boolean {
  return a.resource === b.resource && a.group === b.group;
}
