import type { Clock } from '../kernel/clock.ts';
import type { Resource } from '../kube/meta.ts';
import type { Change } from '../kube/reflector.ts';
import * as resources from '../kube/resources.ts';
import { activityOf, activityResources } from './activity.ts';
import { type Mirror, same } from './mirror.ts';
import type { Activity } from './types.ts';

/** Namespaces whose changes are reported, beside those of no namespace; none: nothing is. */
export type FeedNamespaces = 'everywhere' | readonly string[];

export interface FeedOptions {
  clock: Clock;
  mirror: Mirror;
  namespaces: FeedNamespaces;
  onActivity(activity: Activity): void;
}

/** Tells what people change in the cluster. */
export class Feed {
  readonly #options: FeedOptions;

  constructor(options: FeedOptions) {
    this.#options = options;
  }

  /** What the mirror has to follow for it. */
  needs(): { resource: Resource; namespace?: string }[] {
    const { namespaces } = this.#options;
    if (namespaces.length === 0) return [];
    return activityResources.flatMap((resource) =>
      resource.namespaced && namespaces !== 'everywhere'
        ? namespaces.map((namespace) => ({ resource, namespace }))
        : [{ resource }],
    );
  }

  /** Tells of a change, if somebody made it and it says something. */
  take(change: Change): void {
    const { namespaces, clock, onActivity } = this.#options;
    if (change.first || namespaces.length === 0 || !activityResources.some((r) => same(r, change.resource))) return;
    const namespace = (change.object ?? change.old)?.metadata.namespace;
    if (namespace && namespaces !== 'everywhere' && !namespaces.includes(namespace)) return;
    // With a namespace all in it goes: that it goes is enough.
    if (namespace && !change.object && this.#isGoing(namespace)) return;
    const activity = activityOf(change, clock.now());
    if (activity) onActivity(activity);
  }

  #isGoing(namespace: string): boolean {
    const found = this.#options.mirror.get(resources.namespaces, undefined, namespace);
    return !found || found.metadata.deletionTimestamp !== undefined;
  }
}
