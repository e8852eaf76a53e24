import type { OwnerReference } from '../../kube/api.gen.ts';
import { groupResource, type Resource, type Stored } from '../../kube/meta.ts';
import { changedFields } from './content.ts';
import {
  type Inventory,
  type InventoryObject,
  indexOf,
  isUnseenIn,
  keyOf,
  keyOfOwner,
  resourcesByKind,
} from './inventory.ts';
import { controllerOf, isTrace, roleOf } from './roles.ts';

/** One object that is not as it was. */
export interface Difference {
  /**
   * - `new`: it was not there; `going`: neither, but its owner's end takes it along
   * - `changed`: at `fields`
   * - `missing`: it is gone; `leaving`: it is being deleted
   */
  change: 'new' | 'going' | 'changed' | 'missing' | 'leaving';
  key: string;
  resource: Resource;
  saved?: Stored;
  live?: Stored;
  /** Paths of the fields that changed: `spec.replicas`. */
  fields: string[];
  /** Writing the fields is not enough: it has to be recreated. */
  again: boolean;
}

/** Compares what is there now with what was; the cluster's own doings are none. */
export function differencesOf(baseline: Inventory, now: Inventory): Difference[] {
  return new Comparison(baseline, now).run();
}

/** The same as text for people, a line each, sorted; without what comes and goes with its owner. */
export function describeDifferences(baseline: Inventory, now: Inventory): string[] {
  return differencesOf(baseline, now)
    .filter((difference) => !isConsequence(difference))
    .map(describeDifference)
    .sort();
}

function isConsequence({ change, resource, live }: Difference): boolean {
  return change === 'going' || (change === 'leaving' && live !== undefined && roleOf(resource, live) !== 'own');
}

/** `Deployment web/api: spec.replicas changed`. */
export function describeDifference({ change, resource, saved, live, fields }: Difference): string {
  const { namespace, name } = (live ?? saved)?.metadata ?? { name: '' };
  const subject = `${resource.kind} ${namespace ? `${namespace}/` : ''}${name}`;
  switch (change) {
    case 'changed':
      return `${subject}: ${fields.slice(0, 3).join(', ')}${fields.length > 3 ? ` and ${fields.length - 3} more` : ''} changed`;
    case 'missing':
      return `${subject} is missing`;
    case 'leaving':
      return `${subject} is being deleted`;
    default:
      return `${subject} is new`;
  }
}

class Comparison {
  readonly #baseline: Inventory;
  readonly #saved: Map<string, InventoryObject>;
  readonly #live: Map<string, InventoryObject>;
  readonly #types: Map<string, Resource>;
  /** Keys of workloads whose replicas an autoscaler sets. */
  readonly #scaled = new Set<string>();

  constructor(baseline: Inventory, now: Inventory) {
    this.#baseline = baseline;
    this.#saved = indexOf(baseline);
    this.#live = indexOf(now);
    this.#types = resourcesByKind(baseline, now);
    for (const { resource, object } of baseline.objects) {
      if (groupResource(resource) === 'horizontalpodautoscalers.autoscaling') this.#noteTarget(object);
    }
  }

  run(): Difference[] {
    const found: Difference[] = [];
    for (const [key, { resource, object }] of this.#live) {
      const change = this.#saved.has(key) ? undefined : this.#additionOf(resource, object);
      if (change) found.push({ change, key, resource, live: object, fields: [], again: false });
    }
    for (const [key, { resource, object: saved }] of this.#saved) {
      const live = this.#live.get(key)?.object;
      const difference = live ? this.#changeOf(resource, saved, live) : this.#lossOf(resource, saved);
      if (difference)
        found.push({ key, resource, saved, ...(live && { live }), fields: [], again: false, ...difference });
    }
    return found;
  }

  #additionOf(resource: Resource, live: Stored): Difference['change'] | undefined {
    if (isUnseenIn(this.#baseline, resource, live.metadata.namespace)) return undefined;
    if (live.metadata.deletionTimestamp) return 'leaving';
    if (this.#isInDeparting(live)) return 'going';
    if (roleOf(resource, live) === 'own') return 'new';
    const owner = controllerOf(live);
    // A volume that a provisioner created stays as long as its claim.
    if (!owner) return this.#claimOf(live) ? undefined : 'new';
    const ownerEntry = this.#find(owner, live.metadata.namespace);
    const stays = ownerEntry && this.#saved.has(keyOf(ownerEntry.resource, ownerEntry.object));
    if (!stays || ownerEntry.object.metadata.deletionTimestamp) return 'going';
    return isTrace(resource) ? 'new' : undefined;
  }

  #lossOf(resource: Resource, saved: Stored): (Partial<Difference> & Pick<Difference, 'change'>) | undefined {
    if (roleOf(resource, saved) === 'own') return { change: 'missing' };
    // The current revision comes back by itself; older ones do not.
    const isRevision = isTrace(resource) && groupResource(resource) !== 'jobs.batch';
    return isRevision ? { change: 'missing' } : undefined;
  }

  #changeOf(
    resource: Resource,
    saved: Stored,
    live: Stored,
  ): (Partial<Difference> & Pick<Difference, 'change'>) | undefined {
    if (live.metadata.deletionTimestamp && !saved.metadata.deletionTimestamp) return { change: 'leaving' };
    const type = groupResource(resource);
    if (roleOf(resource, saved) === 'derived') {
      if (type !== 'pods' && type !== 'replicasets.apps') return undefined;
      // The owner sets replicas all the time.
      const fields = changedFields(resource, saved, live).filter((field) => field !== 'spec.replicas');
      return fields.length > 0 ? { change: 'changed', fields, again: type === 'pods' } : undefined;
    }
    const scaled = this.#scaled.has(keyOf(resource, saved));
    const fields = changedFields(resource, saved, live).filter((field) => !scaled || field !== 'spec.replicas');
    if (type === 'persistentvolumes' && this.#hasStaleClaim(saved, live)) fields.push('spec.claimRef.uid');
    if (type === 'persistentvolumeclaims' && phaseOf(live) === 'Lost' && phaseOf(saved) !== 'Lost') {
      return { change: 'changed', fields: [...fields, 'status.phase'], again: true };
    }
    if (fields.length === 0) return undefined;
    return { change: 'changed', fields, again: fields.includes('decision') };
  }

  /** A namespace on its way out, or one that was not there, takes all that is in it along. */
  #isInDeparting({ metadata }: Stored): boolean {
    if (metadata.namespace === undefined) return false;
    const key = `namespaces//${metadata.namespace}`;
    const namespace = this.#live.get(key)?.object;
    return namespace !== undefined && (!this.#saved.has(key) || namespace.metadata.deletionTimestamp !== undefined);
  }

  #find(owner: OwnerReference, namespace: string | undefined): InventoryObject | undefined {
    return this.#live.get(keyOfOwner(owner, namespace, this.#types));
  }

  #claimOf(volume: Stored): Stored | undefined {
    const { spec } = volume as Stored & { spec?: { claimRef?: { namespace?: string; name?: string } } };
    return this.#live.get(`persistentvolumeclaims/${spec?.claimRef?.namespace}/${spec?.claimRef?.name}`)?.object;
  }

  /** The volume waits for a claim that is not there any more: another of that name can't have it. */
  #hasStaleClaim(saved: Stored, live: Stored): boolean {
    const uid = (live as Stored & { spec?: { claimRef?: { uid?: string } } }).spec?.claimRef?.uid;
    if (uid === undefined) return false;
    const claim = this.#claimOf(saved);
    return claim !== undefined && claim.metadata.uid !== uid;
  }

  #noteTarget(autoscaler: Stored): void {
    const { spec } = autoscaler as Stored & { spec?: { scaleTargetRef?: { kind: string; name: string } } };
    const target = spec?.scaleTargetRef;
    const resource = [...this.#types.values()].find((r) => r.kind === target?.kind);
    if (resource) this.#scaled.add(`${groupResource(resource)}/${autoscaler.metadata.namespace}/${target?.name}`);
  }
}

function phaseOf(object: Stored): string | undefined {
  return (object as Stored & { status?: { phase?: string } }).status?.phase;
}
