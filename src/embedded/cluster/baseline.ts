import { randomUUID } from 'node:crypto';
import type { Pod, Secret } from '../../kube/api.gen.ts';
import type { KubeObject, Stored } from '../../kube/meta.ts';
import * as resources from '../../kube/resources.ts';
import { managedByLabel } from '../controllers/services/endpoint-slice.ts';
import { endpointsManagedByLabel } from '../controllers/services/endpoints.ts';
import { sameJson } from '../errors/field.ts';
import { isMirror } from '../mirror-pod.ts';
import { equalJson } from '../registry/core.ts';
import { bucketOf } from '../registry/keys.ts';
import { timestamp } from '../registry/metadata.ts';
import type { Store } from '../store/store.ts';
import { isSystemNamespace } from '../system-namespaces.ts';

/** The objects of a cluster at one moment, by bucket and id. */
export type Baseline = Map<string, Map<string, Stored>>;

const buckets = {
  events: bucketOf(resources.events),
  leases: bucketOf(resources.leases),
  nodes: bucketOf(resources.nodes),
  namespaces: bucketOf(resources.namespaces),
  pods: bucketOf(resources.pods),
  jobs: bucketOf(resources.jobs),
  certificateRequests: bucketOf(resources.certificateSigningRequests),
};

/** What a reset goes back to. */
export function recordObjects(store: Store): Baseline {
  const baseline: Baseline = new Map();
  for (const { bucket, id, object } of store.all()) {
    if (isHeartbeat(bucket, object)) continue;
    const content = baseline.get(bucket);
    if (content) content.set(id, object);
    else baseline.set(bucket, new Map([[id, object]]));
  }
  return baseline;
}

/** All objects of a baseline. */
export function* objectsIn(baseline: Baseline): Generator<{ bucket: string; object: Stored }> {
  for (const [bucket, content] of baseline) {
    for (const object of content.values()) yield { bucket, object };
  }
}

/**
 * Brings every object back to what it was in `baseline`, in one turn of the event loop, by writes that watchers see:
 * what is new is deleted whatever its finalizers, what changed is restored, what is missing is recreated (with a new
 * uid, as a second object of that name, which all that named the first one names from then on). Pods outside the system's
 * namespaces are replaced, so that their processes end. What controllers derive (the Pods of a ReplicaSet, the endpoints
 * of a selector) is left to them.
 */
export function restoreBaseline(store: Store, baseline: Baseline, now: number): void {
  new Restoration(store, baseline, timestamp(now)).run();
}

/** Whether the garbage collector has something to do: an object's owner is gone. */
export function hasOrphans(store: Store): boolean {
  const all = [...store.all()].map(({ object }) => object.metadata);
  const uids = new Set(all.map(({ uid }) => uid));
  return all.some(({ ownerReferences = [] }) => ownerReferences.some(({ uid }) => !uids.has(uid)));
}

class Restoration {
  readonly #store: Store;
  readonly #baseline: Baseline;
  readonly #now: string;
  /** From the uids of the baseline to those of objects that had to be recreated. */
  readonly #uids = new Map<string, string>();

  constructor(store: Store, baseline: Baseline, now: string) {
    this.#store = store;
    this.#baseline = baseline;
    this.#now = now;
  }

  run(): void {
    const names = new Set([...this.#store.buckets(), ...this.#baseline.keys()]);
    for (const bucket of names) this.#removeNew(bucket);
    for (const [bucket, content] of this.#baseline) {
      for (const [id, object] of content) this.#noteReplacement(bucket, id, object);
    }
    for (const bucket of names) {
      if (bucket !== buckets.pods) this.#restoreAll(bucket);
    }
    this.#restorePods();
  }

  #saved(bucket: string, id: string): Stored | undefined {
    return this.#baseline.get(bucket)?.get(id);
  }

  #removeNew(bucket: string): void {
    for (const [id, object] of [...this.#store.entries(bucket)]) {
      if (this.#saved(bucket, id) || isHeartbeat(bucket, object)) continue;
      if (bucket === buckets.pods && isOwnedSystemPod(object)) continue;
      if (isDerived(object) && this.#belongsToBaseline(object)) continue;
      this.#store.delete(bucket, id);
    }
  }

  /** Derived objects go with what they are derived from. */
  #belongsToBaseline(object: Stored): boolean {
    const { namespace = '', name, labels } = object.metadata;
    const service = labels?.['kubernetes.io/service-name'] ?? name;
    return this.#saved(bucketOf(resources.services), `${namespace}/${service}`) !== undefined;
  }

  /** Finds out which objects can't be brought back as they were: they are gone, or on their way out. */
  #noteReplacement(bucket: string, id: string, saved: Stored): void {
    if (bucket === buckets.pods) return;
    const live = this.#store.get(bucket, id);
    const leaving = live?.metadata.deletionTimestamp && !saved.metadata.deletionTimestamp;
    if (live && leaving) this.#store.delete(bucket, id);
    if (!live || leaving) {
      if (!isManaged(saved)) this.#uids.set(saved.metadata.uid, randomUUID());
    } else if (live.metadata.uid !== saved.metadata.uid) this.#uids.set(saved.metadata.uid, live.metadata.uid);
  }

  #restoreAll(bucket: string): void {
    for (const [id, saved] of this.#baseline.get(bucket) ?? []) {
      if (isDerived(saved)) continue;
      const live = this.#store.get(bucket, id);
      if (live) this.#restore(bucket, id, saved, live);
      else if (!isManaged(saved)) this.#store.create(bucket, id, this.#again(saved));
    }
  }

  #restore(bucket: string, id: string, saved: Stored, live: Stored): void {
    const renewed = this.#renewed(saved);
    if (renewed === saved && live.metadata.resourceVersion === saved.metadata.resourceVersion) return;
    const { uid, creationTimestamp, generation } = live.metadata;
    const metadata = { ...renewed.metadata, uid, creationTimestamp };
    const status = statusOf(hasFinalStatus(bucket) ? renewed : live);
    const wanted = { ...renewed, metadata, ...(status !== undefined && { status }) };
    if (generation !== undefined) {
      // Generations never go back: whoever observed the later one has to look again.
      wanted.metadata.generation = sameContent(saved, live) ? generation : generation + 1;
    }
    const { resourceVersion } = live.metadata;
    if (equalJson({ ...wanted, metadata: { ...wanted.metadata, resourceVersion } }, live)) return;
    this.#store.update(bucket, id, wanted);
  }

  #again(saved: Stored): KubeObject {
    const renewed = this.#renewed(saved);
    const uid = this.#uids.get(saved.metadata.uid) ?? randomUUID();
    return { ...renewed, metadata: { ...renewed.metadata, uid, creationTimestamp: this.#now } };
  }

  /** The object with the present uids of others that it names: of its owners, of a volume's claim, in a Job's selector. */
  #renewed(saved: Stored): Stored {
    const renewed = this.#uids.size > 0 ? (renameUids(saved, this.#uids) as Stored) : saved;
    return renewed !== saved && isAccountToken(renewed) ? withoutToken(renewed) : renewed;
  }

  #restorePods(): void {
    for (const [id, live] of [...this.#store.entries(buckets.pods)]) {
      if (isSystem(live)) continue;
      const saved = this.#saved(buckets.pods, id);
      if (saved && isFinishedAsSaved(live, saved)) this.#restore(buckets.pods, id, saved, live);
      else this.#store.delete(buckets.pods, id);
    }
    for (const [id, saved] of this.#baseline.get(buckets.pods) ?? []) {
      const live = this.#store.get(buckets.pods, id);
      if (live || (isManaged(saved) && !isMirror(saved))) continue;
      this.#store.create(buckets.pods, id, isMirror(saved) ? this.#again(saved) : unscheduled(this.#again(saved)));
    }
  }
}

/** Leases by which nodes and the control plane only say that they live. */
function isHeartbeat(bucket: string, { metadata }: Stored): boolean {
  return bucket === buckets.leases && /^kube-(system|node-lease)$/.test(metadata.namespace ?? '');
}

/** Endpoints that controllers keep right from Services and Pods; others somebody has written. */
const isDerived = ({ metadata: { labels } }: Stored) =>
  labels?.[endpointsManagedByLabel] !== undefined || labels?.[managedByLabel]?.endsWith('.k8s.io') === true;

const isSystem = (object: Stored) => isSystemNamespace(object.metadata.namespace);

/** Whose status does not follow from the rest: what has ended or was decided, and what no controller here looks after. */
function hasFinalStatus(bucket: string): boolean {
  const isCustom = bucket.includes('.');
  return isCustom || bucket === buckets.jobs || bucket === buckets.certificateRequests;
}

/** Created by a controller, which makes it again. */
const isManaged = (object: Stored) => object.metadata.ownerReferences?.some((owner) => owner.controller) ?? false;

const isOwnedSystemPod = (object: Stored) => isSystem(object) && isManaged(object);

const statusOf = (object: Stored): unknown => (object as { status?: unknown }).status;

/** It had ended before, and need not run again. */
function isFinishedAsSaved(live: Stored, saved: Stored): boolean {
  const phase = phaseOf(live);
  const isFinished = phase === 'Succeeded' || phase === 'Failed';
  return isFinished && phase === phaseOf(saved) && live.metadata.uid === saved.metadata.uid;
}

const phaseOf = (object: Stored): string | undefined => (object as Stored<Pod>).status?.phase;

/** How managedFields name an entry of ownerReferences. */
const ownerKey = /^k:\{"uid":"(.*)"\}$/;

/** The value with other uids where it has those that are gone; the same value if it has none of them. */
function renameUids(value: unknown, uids: ReadonlyMap<string, string>): unknown {
  if (typeof value === 'string') return uids.get(value) ?? value;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const items = value.map((item) => renameUids(item, uids));
    return items.some((item, index) => item !== value[index]) ? items : value;
  }
  let differs = false;
  const entries = Object.entries(value).map(([key, item]): [string, unknown] => {
    const name = key.replace(ownerKey, (whole, uid: string) => whole.replace(uid, uids.get(uid) ?? uid));
    const renamed = renameUids(item, uids);
    differs ||= name !== key || renamed !== item;
    return [name, renamed];
  });
  return differs ? Object.fromEntries(entries) : value;
}

const isAccountToken = (object: Stored) => (object as Stored<Secret>).type === 'kubernetes.io/service-account-token';

/** A token holds its account's uid: the controller signs another one. */
function withoutToken(secret: Stored<Secret>): Stored {
  const { token: _, ...data } = secret.data ?? {};
  return { ...secret, data } as Stored;
}

function sameContent(a: Stored, b: Stored): boolean {
  const content = ({ metadata: _, ...rest }: Stored) => ({ ...rest, status: undefined });
  return sameJson(content(a), content(b));
}

/** A Pod as its creator wrote it, before a scheduler and a kubelet had to do with it. */
function unscheduled(pod: KubeObject): KubeObject {
  const { spec, status, ...rest } = structuredClone(pod) as Pod;
  const { nodeName: _, ...unbound } = spec ?? { containers: [] };
  return { ...rest, spec: unbound, status: { phase: 'Pending', qosClass: status?.qosClass } } as Pod;
}

/** A baseline as text, to outlive the process. */
export function baselineToJson(baseline: Baseline): string {
  return JSON.stringify([...baseline].map(([bucket, content]) => [bucket, [...content]]));
}

/** Throws a SyntaxError for anything that `baselineToJson` did not write. */
export function baselineFromJson(text: string): Baseline {
  const parsed = JSON.parse(text) as [string, [string, Stored][]][];
  return new Map(parsed.map(([bucket, content]) => [bucket, new Map(content)]));
}
