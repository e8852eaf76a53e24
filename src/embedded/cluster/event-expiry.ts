import type { Event } from '../../kube/api.gen.ts';
import type { Stored } from '../../kube/meta.ts';
import { events } from '../../kube/resources.ts';
import type { Component } from '../api.ts';
import { bucketOf } from '../registry/keys.ts';
import type { Store } from '../store/store.ts';

/** kube-apiserver's --event-ttl: an hour after it was last written an event is gone. */
const lifetimeMs = 3_600_000;
const sweepMs = 60_000;

/** Lets events go when their hour is over, as etcd's leases do. */
export function eventExpiry(store: Store): Component {
  return {
    name: 'event-expiry',
    start({ clock, signal }) {
      const bucket = bucketOf(events);
      const sweep = () => {
        if (signal.aborted) return;
        const oldest = clock.now() - lifetimeMs;
        for (const [id, event] of [...store.entries(bucket)]) {
          if (lastSeen(event as Stored<Event>) < oldest) store.delete(bucket, id);
        }
        clock.after(sweepMs, sweep);
      };
      clock.after(sweepMs, sweep);
    },
  };
}

function lastSeen({ metadata, lastTimestamp, eventTime, series }: Stored<Event>): number {
  const times = [metadata.creationTimestamp, lastTimestamp, eventTime, series?.lastObservedTime];
  return Math.max(...times.map((time) => (time ? Date.parse(time) : 0)));
}
