/** Makes, mends and deletes the Pods of a StatefulSet and their claims, with the events of its controller. */
import type { OwnerReference, PersistentVolumeClaim, Pod, StatefulSet } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { persistentVolumeClaims, pods, statefulSets } from '../../../kube/resources.ts';
import type { ApiClient, EventRecorder, Informer } from '../../api.ts';
import { SyncError } from '../../errors/background.ts';
import { isAlreadyExists, isNamespaceTerminating, isNotFound } from '../failures.ts';
import { controllerRef } from '../ownership.ts';
import { claimsOf, isInRange, withIdentity } from './statefulset-pods.ts';

export class StatefulPodControl {
  readonly #client: ApiClient;
  readonly #recorder: EventRecorder;
  readonly #claims: Informer<PersistentVolumeClaim>;

  constructor(client: ApiClient, recorder: EventRecorder, claims: Informer<PersistentVolumeClaim>) {
    this.#client = client;
    this.#recorder = recorder;
    this.#claims = claims;
  }

  /** Makes the Pod after its claims. Rejects with the API's refusal after the event FailedCreate. */
  async create(set: Stored<StatefulSet>, pod: Pod, ordinal: number): Promise<void> {
    const name = pod.metadata?.name ?? '';
    try {
      await this.createClaims(set, ordinal);
      await this.#client.create(pods, pod);
      this.#tell(set, 'Create', name);
    } catch (error) {
      if (!isAlreadyExists(error) && !isNamespaceTerminating(error)) this.#tell(set, 'Create', name, error);
      throw error;
    }
  }

  async delete(set: Stored<StatefulSet>, { metadata: { namespace, name, uid } }: Stored<Pod>): Promise<void> {
    try {
      await this.#client.delete(pods, namespace, name, { preconditions: { uid } });
      this.#tell(set, 'Delete', name);
    } catch (error) {
      if (isNotFound(error)) return;
      this.#tell(set, 'Delete', name, error);
      throw error;
    }
  }

  /** Gives a Pod back what its ordinal gave it. */
  async update(set: Stored<StatefulSet>, pod: Stored<Pod>, ordinal: number): Promise<void> {
    try {
      await this.createClaims(set, ordinal);
      await this.#client.update(pods, withIdentity(set, pod, ordinal));
      this.#tell(set, 'Update', pod.metadata.name);
    } catch (error) {
      this.#tell(set, 'Update', pod.metadata.name, error);
      throw error;
    }
  }

  /** Claims outlive Pods: those that are there are taken as they are. */
  async createClaims(set: Stored<StatefulSet>, ordinal: number): Promise<void> {
    for (const { claim } of claimsOf(set, ordinal)) {
      const { name } = claim.metadata;
      const known = this.#claims.get(set.metadata.namespace, name);
      if (known?.metadata.deletionTimestamp) throw new SyncError(`pvc ${name} is being deleted`);
      if (known) continue;
      const where = `Create Claim ${name}`;
      const pod = `Pod ${set.metadata.name}-${ordinal} in StatefulSet ${set.metadata.name}`;
      try {
        await this.#client.create(persistentVolumeClaims, claim);
        this.#recorder.event(set, 'Normal', 'SuccessfulCreate', `${where} ${pod} success`);
      } catch (error) {
        if (isAlreadyExists(error)) continue;
        const text = `${where} for ${pod} failed error: ${(error as Error).message}`;
        this.#recorder.event(set, 'Warning', 'FailedCreate', text);
        throw error;
      }
    }
  }

  /** Whether a claim of the Pod belongs to an earlier Pod of its name: it will be deleted with that one. */
  hasStaleClaim(set: Stored<StatefulSet>, ordinal: number, pod: Stored<Pod> | undefined): boolean {
    if (!retention(set).scaled) return false;
    const name = `${set.metadata.name}-${ordinal}`;
    return claimsOf(set, ordinal).some(({ claim }) => {
      const owners = this.#claims.get(set.metadata.namespace, claim.metadata.name)?.metadata.ownerReferences ?? [];
      return owners.some((ref) => ref.kind === 'Pod' && ref.name === name && ref.uid !== pod?.metadata.uid);
    });
  }

  /**
   * Who owns the claims, as persistentVolumeClaimRetentionPolicy says (KEP-1847): the set, a Pod that is no longer
   * wanted, or nobody.
   */
  async retainClaims(set: Stored<StatefulSet>, pod: Stored<Pod>, ordinal: number): Promise<void> {
    const policy = retention(set);
    const condemned = !isInRange(set, ordinal);
    const bySet = policy.deleted && !(policy.scaled && condemned);
    const byPod = policy.scaled && condemned;
    for (const { claim } of claimsOf(set, ordinal)) {
      const known = this.#claims.get(set.metadata.namespace, claim.metadata.name);
      if (!known) continue;
      const old = known.metadata.ownerReferences ?? [];
      const kept = old.filter(({ uid }) => uid !== set.metadata.uid && uid !== pod.metadata.uid);
      const wanted: OwnerReference[] = [
        ...kept,
        ...(bySet ? [controllerRef(set, statefulSets)] : []),
        ...(byPod ? [controllerRef(pod, pods)] : []),
      ];
      const same = wanted.length === old.length && wanted.every(({ uid }) => old.some((ref) => ref.uid === uid));
      if (same) continue;
      const ownerReferences = wanted.length > 0 ? wanted : undefined;
      await this.#client.update(persistentVolumeClaims, { ...known, metadata: { ...known.metadata, ownerReferences } });
    }
  }

  #tell(set: Stored<StatefulSet>, verb: string, pod: string, error?: unknown): void {
    const text = `${verb} Pod ${pod} in StatefulSet ${set.metadata.name}`;
    if (error === undefined) this.#recorder.event(set, 'Normal', `Successful${verb}`, `${text} successful`);
    else this.#recorder.event(set, 'Warning', `Failed${verb}`, `${text} failed error: ${(error as Error).message}`);
  }
}

/** What the claims go with. */
function retention({ spec }: StatefulSet): { deleted: boolean; scaled: boolean } {
  const policy = spec?.persistentVolumeClaimRetentionPolicy;
  return { deleted: policy?.whenDeleted === 'Delete', scaled: policy?.whenScaled === 'Delete' };
}
