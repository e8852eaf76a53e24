import { type Clock, turnToWork } from '../../kernel/clock.ts';
import type { Event, ObjectReference } from '../../kube/api.gen.ts';
import type { KubeObject } from '../../kube/meta.ts';
import { events } from '../../kube/resources.ts';
import type { ApiClient, EventRecorder } from '../api.ts';
import { timestamp } from '../registry/metadata.ts';
import { Passing, Recent } from './recent.ts';

/** As client-go's defaults. */
const similarLimit = 10;
const similarMs = 600_000;
const burst = 25;
const refillMs = 300_000;
const messageLimit = 1024;
/** How long an event of the newer API counts as the same series. */
const seriesMs = 360_000;

type Involved = KubeObject & { fieldPath?: string };
type Type = 'Normal' | 'Warning';

/** What is known of an event that was written: where it is and how often it happened. */
interface Observation {
  name: string;
  count: number;
  firstTimestamp: string;
  /** Resolves when it has been written. */
  written: Promise<unknown>;
}

let sequence = 0;

/** `<object>.<nanoseconds in hex>`, as client-go names events. */
function eventName(object: string, clock: Clock): string {
  sequence = (sequence + 1) % 1_000_000;
  return `${object}.${(BigInt(clock.now()) * 1_000_000n + BigInt(sequence)).toString(16)}`;
}

function referenceTo(object: Involved): ObjectReference {
  const { apiVersion, kind, metadata, fieldPath } = object;
  const { namespace, name, uid, resourceVersion } = metadata ?? {};
  return {
    kind,
    ...(namespace && { namespace }),
    name,
    ...(uid && { uid }),
    apiVersion,
    ...(resourceVersion && { resourceVersion }),
    ...(fieldPath && { fieldPath }),
  };
}

/** What tells objects apart that events are about. Short, as thousands are kept: a uid stands for kind and name. */
function sourceOf({ resourceVersion: _, ...reference }: ObjectReference): string {
  const { uid, apiVersion, fieldPath } = reference;
  return uid ? [uid, apiVersion, fieldPath].join(' ') : JSON.stringify(reference);
}

/**
 * Writes Events as client-go's recorder and correlator do: an equal event counts up the one that exists, many similar
 * ones are combined, a flood is dropped. With `options.action` it is the recorder of events.k8s.io (the scheduler's):
 * eventTime and series instead of count. Failures to write are ignored, as events are best effort.
 */
export class CorrelatingRecorder implements EventRecorder {
  readonly #client: ApiClient;
  readonly #clock: Clock;
  readonly #component: string;
  readonly #host: string;
  readonly #similar = new Passing<{ messages: Set<string>; at: number }>(similarMs);
  readonly #observed = new Recent<Observation>();
  readonly #tokens = new Passing<{ left: number; at: number }>(burst * refillMs);
  readonly #series = new Passing<{ name: string; at: number; count: number; written: Promise<unknown> }>(seriesMs);

  constructor(client: ApiClient, clock: Clock, component: string, host = '') {
    this.#client = client;
    this.#clock = clock;
    this.#component = component;
    this.#host = host;
  }

  event(
    involved: Involved,
    type: Type,
    reason: string,
    message: string,
    options: { action?: string; related?: KubeObject } = {},
  ): void {
    const regarding = referenceTo(involved);
    const text = message.slice(0, messageLimit);
    if (options.action) this.#newStyle(regarding, type, reason, text, options.action, options.related);
    else this.#correlate(regarding, type, reason, text);
  }

  #correlate(regarding: ObjectReference, type: Type, reason: string, text: string): void {
    const now = this.#clock.now();
    const source = sourceOf(regarding);
    const similarKey = [source, type, reason].join(' ');
    let similar = this.#similar.get(similarKey);
    if (!similar || now - similar.at > similarMs) similar = { messages: new Set(), at: now };
    similar.messages.add(text);
    similar.at = now;
    this.#similar.set(similarKey, similar);
    const combined = similar.messages.size >= similarLimit;
    if (combined) {
      for (const any of similar.messages) {
        similar.messages.delete(any);
        break;
      }
    }
    const message = combined ? `(combined from similar events): ${text}` : text;
    const key = combined ? similarKey : [similarKey, text].join(' ');
    const known = this.#observed.get(key);
    const time = timestamp(now);
    const observation: Observation = known
      ? { ...known, count: known.count + 1 }
      : {
          name: eventName(regarding.name ?? '', this.#clock),
          count: 1,
          firstTimestamp: time,
          written: Promise.resolve(),
        };
    this.#observed.set(key, observation);
    if (!this.#take(source, now)) return;
    const event: Event = {
      ...this.#frame(regarding, observation.name),
      reason,
      message,
      source: { component: this.#component, ...(this.#host && { host: this.#host }) },
      firstTimestamp: observation.firstTimestamp,
      lastTimestamp: time,
      count: observation.count,
      type,
      // client-go leaves these out of combined events.
      reportingComponent: combined ? '' : this.#component,
      reportingInstance: combined ? '' : this.#host,
    };
    const patch = { count: event.count, lastTimestamp: time, message };
    observation.written = observation.written.then(() => (known ? this.#patch(event, patch) : this.#create(event)));
  }

  #newStyle(
    regarding: ObjectReference,
    type: Type,
    reason: string,
    message: string,
    action: string,
    related: KubeObject | undefined,
  ): void {
    const now = this.#clock.now();
    const { resourceVersion: _, ...same } = regarding;
    // Another text (a Pod's new reason to wait) is another event.
    const key = JSON.stringify([same, type, reason, message, action, related?.metadata?.uid]);
    const micro = `${new Date(now).toISOString().slice(0, 23)}000Z`;
    const known = this.#series.get(key);
    if (known && now - known.at <= seriesMs) {
      known.at = now;
      known.count++;
      this.#series.set(key, known);
      // The first repetition starts the series; later ones are only kept in mind (client-go's refresh is half an hour).
      if (known.count > 2) return;
      const event = this.#frame(regarding, known.name);
      const series = { count: known.count, lastObservedTime: micro };
      known.written = known.written.then(() => this.#patch(event, { series }));
      return;
    }
    const event: Event = {
      ...this.#frame(regarding, eventName(regarding.name ?? '', this.#clock)),
      eventTime: micro,
      reason,
      action,
      message,
      type,
      reportingComponent: this.#component,
      reportingInstance: this.#host ? `${this.#component}-${this.#host}` : this.#component,
      ...(related && { related: referenceTo(related) }),
    };
    this.#series.set(key, { name: event.metadata.name ?? '', at: now, count: 1, written: this.#create(event) });
  }

  #frame(regarding: ObjectReference, name: string): Event {
    return {
      apiVersion: 'v1',
      kind: 'Event',
      // Objects without a namespace have their events in `default`.
      metadata: { name, namespace: regarding.namespace ?? 'default' },
      involvedObject: regarding,
    };
  }

  async #create(event: Event): Promise<void> {
    await turnToWork();
    await this.#client.create(events, event).catch(ignore);
  }

  async #patch(event: Event, patch: unknown): Promise<void> {
    const { name = '', namespace } = event.metadata;
    try {
      await this.#client.patch(events, namespace, name, 'strategic', patch);
    } catch {
      // Someone deleted it, or its hour is over: it begins anew.
      if (event.reason) await this.#create(event);
    }
  }

  /** A token bucket an object: 25 events, then one every five minutes. */
  #take(source: string, now: number): boolean {
    const bucket = this.#tokens.get(source) ?? { left: burst, at: now };
    const left = Math.min(burst, bucket.left + (now - bucket.at) / refillMs);
    this.#tokens.set(source, { left: left >= 1 ? left - 1 : left, at: now });
    return left >= 1;
  }
}

function ignore(): void {}
