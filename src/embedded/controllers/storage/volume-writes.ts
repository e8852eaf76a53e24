import type { PersistentVolume, PersistentVolumeClaim, PersistentVolumeClaimStatus } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { persistentVolumeClaims, persistentVolumes } from '../../../kube/resources.ts';
import type { ApiClient, EventRecorder } from '../../api.ts';
import { bindCompleted, bindVolume, boundByController } from './volume-matching.ts';

type Volume = Stored<PersistentVolume>;
type Claim = Stored<PersistentVolumeClaim>;

/** What the binder writes; each write only if it changes something. */
export class VolumeWrites {
  readonly #client: ApiClient;
  readonly #recorder: EventRecorder;

  constructor(client: ApiClient, recorder: EventRecorder) {
    this.#client = client;
    this.#recorder = recorder;
  }

  /** Joins both in four steps, of which any may have been done before: volume, its phase, claim, its status. */
  async bind(volume: Volume, claim: Claim): Promise<void> {
    const reserved = bindVolume(volume, claim);
    const bound = reserved === volume ? volume : await this.#client.update(persistentVolumes, reserved);
    await this.volumePhase(bound, 'Bound');
    const joined = await this.#bindClaim(claim, bound);
    await this.claimPhase(joined, 'Bound', bound);
  }

  async #bindClaim(claim: Claim, volume: Volume): Promise<Claim> {
    const { name } = volume.metadata;
    const known = claim.metadata.annotations ?? {};
    const chosen = claim.spec?.volumeName !== name;
    if (!chosen && known[bindCompleted] !== undefined) return claim;
    const annotations = { ...known, [bindCompleted]: 'yes', ...(chosen && { [boundByController]: 'yes' }) };
    return this.#client.update(persistentVolumeClaims, {
      ...claim,
      metadata: { ...claim.metadata, annotations },
      spec: { ...claim.spec, volumeName: name },
    });
  }

  /** Takes the claim from a volume that it did not get; a reservation by name that somebody else made stays. */
  async unbind(volume: Volume): Promise<void> {
    const { [boundByController]: ours, ...annotations } = volume.metadata.annotations ?? {};
    const { claimRef, ...spec } = volume.spec ?? {};
    const { uid: _, resourceVersion: __, ...reserved } = claimRef ?? {};
    const unbound = await this.#client.update(persistentVolumes, {
      ...volume,
      metadata: { ...volume.metadata, annotations },
      spec: ours === undefined ? { ...spec, claimRef: reserved } : spec,
    });
    await this.volumePhase(unbound, 'Available');
  }

  /** `message`: why it failed. */
  async volumePhase(volume: Volume, phase: string, message?: string): Promise<void> {
    if (volume.status?.phase === phase) return;
    const { message: _, ...status } = volume.status ?? {};
    await this.#client.updateStatus(persistentVolumes, {
      ...volume,
      status: { ...status, phase, ...(message !== undefined && { message }) },
    });
  }

  /** Says of a volume that it could not be reclaimed; once, while it is tried again. */
  async failVolume(volume: Volume, reason: string, message: string): Promise<void> {
    if (volume.status?.phase === 'Failed') return;
    await this.volumePhase(volume, 'Failed', message);
    this.#recorder.event(volume, 'Warning', reason, message);
  }

  async claimPhase(claim: Claim, phase: string, volume?: Volume): Promise<void> {
    const status = claimStatus(claim, phase, volume);
    if (status) await this.#client.updateStatus(persistentVolumeClaims, { ...claim, status });
  }

  async loseClaim(claim: Claim, reason: string, message: string): Promise<void> {
    if (claim.status?.phase === 'Lost') return;
    await this.claimPhase(claim, 'Lost');
    this.#recorder.event(claim, 'Warning', reason, message);
  }
}

/** What a claim's status has to become; undefined: it is that already. */
function claimStatus(claim: Claim, phase: string, volume: Volume | undefined): PersistentVolumeClaimStatus | undefined {
  const { accessModes, capacity, ...old } = claim.status ?? {};
  if (!volume) {
    const empty = accessModes === undefined && capacity === undefined;
    return old.phase === phase && empty ? undefined : { ...old, phase };
  }
  const modes = volume.spec?.accessModes ?? [];
  const same = old.phase === phase && capacity !== undefined && modes.join() === (accessModes ?? []).join();
  // What a volume gains later is its claim's only once the file system has grown too.
  return same ? undefined : { ...old, accessModes: modes, capacity: capacity ?? volume.spec?.capacity, phase };
}
