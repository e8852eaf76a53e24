import type { PersistentVolume, PersistentVolumeClaim } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { persistentVolumeClaims, persistentVolumes, pods, storageClasses } from '../../../kube/resources.ts';
import type { ApiClient, Component, ComponentContext, EventRecorder } from '../../api.ts';
import { WorkQueue } from '../../client/work-queue.ts';
import { isDefaultClass } from '../../resources/storage-classes.ts';
import { isConflict, isNotFound } from '../failures.ts';
import { controllerClient } from '../identity.ts';
import { keyOf, splitKey } from '../ownership.ts';
import {
  bestMatch,
  betaStorageProvisioner,
  bindCompleted,
  classOf,
  isBoundTo,
  provisionedBy,
  sameMode,
  selectedNode,
  storageProvisioner,
  unsatisfied,
  waitsForConsumer,
} from './volume-matching.ts';
import { reclaim } from './volume-reclaim.ts';
import { VolumeWrites } from './volume-writes.ts';

type Volume = Stored<PersistentVolume>;
type Claim = Stored<PersistentVolumeClaim>;

/** --pvclaimbinder-sync-period: everything is looked at again. */
const periodMs = 15_000;

/** Brings claims and volumes together, asks provisioners for what is missing, and reclaims what is left. */
export const volumeBinder: Component = {
  name: 'persistentvolume-binder',
  start: (context) => new VolumeBinder(context).start(),
};

class VolumeBinder {
  readonly #context: ComponentContext;
  readonly #client: ApiClient;
  readonly #recorder: EventRecorder;
  readonly #writes: VolumeWrites;
  readonly #claims: WorkQueue;
  readonly #volumes: WorkQueue;

  constructor(context: ComponentContext) {
    const { clock, signal, report } = context;
    this.#context = context;
    this.#client = controllerClient(context, 'persistent-volume-binder');
    this.#recorder = context.recorder('persistentvolume-controller');
    this.#writes = new VolumeWrites(this.#client, this.#recorder);
    this.#claims = new WorkQueue({
      clock,
      signal,
      report,
      sync: (key) => this.#unlessStale(() => this.#syncClaim(key)),
    });
    this.#volumes = new WorkQueue({
      clock,
      signal,
      report,
      sync: (key) => this.#unlessStale(() => this.#syncVolume(key)),
    });
  }

  start(): void {
    const { informers } = this.#context;
    const claim = (object: Claim) => this.#claims.add(keyOf(object));
    const volume = ({ metadata }: Volume) => this.#volumes.add(metadata.name);
    informers.of(persistentVolumeClaims).on({
      add: claim,
      update: claim,
      delete: ({ spec }) => spec?.volumeName && this.#volumes.add(spec.volumeName),
    });
    informers.of(persistentVolumes).on({
      add: volume,
      update: volume,
      delete: ({ spec }) => spec?.claimRef && this.#claims.add(`${spec.claimRef.namespace}/${spec.claimRef.name}`),
    });
    this.#again();
  }

  #again(): void {
    const { clock, signal, informers } = this.#context;
    clock.after(periodMs, () => {
      if (signal.aborted) return;
      for (const { metadata } of informers.of(persistentVolumes).list()) this.#volumes.add(metadata.name);
      for (const claim of informers.of(persistentVolumeClaims).list()) this.#claims.add(keyOf(claim));
      this.#again();
    });
  }

  /** A newer state is on its way, or the object is gone. */
  async #unlessStale(sync: () => Promise<void>): Promise<void> {
    try {
      await sync();
    } catch (error) {
      if (!isConflict(error) && !isNotFound(error)) throw error;
    }
  }

  #volume(name: string): Volume | undefined {
    return this.#context.informers.of(persistentVolumes).get(undefined, name);
  }

  async #syncClaim(key: string): Promise<void> {
    const [namespace, name] = splitKey(key);
    const claim = this.#context.informers.of(persistentVolumeClaims).get(namespace, name);
    if (!claim) return;
    if (claim.metadata.annotations?.[bindCompleted] !== undefined) await this.#syncBound(claim);
    else if (claim.spec?.volumeName) await this.#bindTo(claim, claim.spec.volumeName);
    else await this.#findVolume(claim);
  }

  /** The claim takes whatever fits, or what is made for it. */
  async #findVolume(claim: Claim): Promise<void> {
    const { informers } = this.#context;
    const storageClass = informers.of(storageClasses).get(undefined, classOf(claim));
    const wait = waitsForConsumer(storageClass);
    const volume = bestMatch(claim, informers.of(persistentVolumes).list(), { wait });
    if (volume) return this.#writes.bind(volume, claim);
    if (await this.#adoptDefaultClass(claim)) return;
    if (wait && claim.metadata.annotations?.[selectedNode] === undefined) this.#tellWaiting(claim);
    else if (classOf(claim) !== '') return this.#provision(claim);
    else {
      const text = 'no persistent volumes available for this claim and no storage class is set';
      this.#recorder.event(claim, 'Normal', 'FailedBinding', text);
    }
    await this.#writes.claimPhase(claim, 'Pending');
  }

  /** Claims that were made before there was a default class get it later (KEP-3333). */
  async #adoptDefaultClass(claim: Claim): Promise<boolean> {
    if (claim.spec?.storageClassName !== undefined || classOf(claim) !== '') return false;
    const [newest] = this.#context.informers
      .of(storageClasses)
      .list()
      .filter(isDefaultClass)
      .sort((a, b) => (a.metadata.creationTimestamp > b.metadata.creationTimestamp ? -1 : 1));
    if (!newest) return false;
    const spec = { ...claim.spec, storageClassName: newest.metadata.name };
    await this.#client.update(persistentVolumeClaims, { ...claim, spec });
    return true;
  }

  #tellWaiting(claim: Claim): void {
    const { namespace, name } = claim.metadata;
    const waiting = this.#context.informers
      .of(pods)
      .list(namespace)
      .filter(({ spec }) => !spec?.nodeName && spec?.volumes?.some((v) => v.persistentVolumeClaim?.claimName === name))
      .map((pod) => pod.metadata.name);
    if (waiting.length === 0) {
      const text = 'waiting for first consumer to be created before binding';
      this.#recorder.event(claim, 'Normal', 'WaitForFirstConsumer', text);
    } else {
      const text = `waiting for pod${waiting.length > 1 ? 's' : ''} ${waiting.join(',')} to be scheduled`;
      this.#recorder.event(claim, 'Normal', 'WaitForPodScheduled', text);
    }
  }

  /** Tells who provisions for the claim's class that there is something to do. */
  async #provision(claim: Claim): Promise<void> {
    const name = classOf(claim);
    const provisioner = this.#context.informers.of(storageClasses).get(undefined, name)?.provisioner;
    if (provisioner === undefined) {
      const text = `storageclass.storage.k8s.io "${name}" not found`;
      return this.#recorder.event(claim, 'Warning', 'ProvisioningFailed', text);
    }
    if (provisioner.startsWith('kubernetes.io/')) {
      const text = `no volume plugin matched name: ${provisioner}`;
      return this.#recorder.event(claim, 'Warning', 'ProvisioningFailed', text);
    }
    const { annotations } = claim.metadata;
    if (annotations?.[storageProvisioner] !== provisioner || annotations[betaStorageProvisioner] !== provisioner) {
      const told = { ...annotations, [betaStorageProvisioner]: provisioner, [storageProvisioner]: provisioner };
      await this.#client.update(persistentVolumeClaims, {
        ...claim,
        metadata: { ...claim.metadata, annotations: told },
      });
    }
    const text = `Waiting for a volume to be created either by the external provisioner '${provisioner}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.`;
    this.#recorder.event(claim, 'Normal', 'ExternalProvisioning', text);
  }

  /** The claim names its volume. */
  async #bindTo(claim: Claim, volumeName: string): Promise<void> {
    const volume = this.#volume(volumeName);
    if (volume && (!volume.spec?.claimRef || isBoundTo(volume, claim))) {
      const problem = volume.spec?.claimRef ? undefined : unsatisfied(volume, claim);
      if (problem === undefined) return this.#writes.bind(volume, claim);
      const text = `Cannot bind to requested volume "${volumeName}": ${problem}`;
      this.#recorder.event(claim, 'Warning', 'VolumeMismatch', text);
    } else if (volume) {
      const text = `volume "${volumeName}" already bound to a different claim.`;
      this.#recorder.event(claim, 'Warning', 'FailedBinding', text);
    }
    await this.#writes.claimPhase(claim, 'Pending');
  }

  async #syncBound(claim: Claim): Promise<void> {
    const { volumeName } = claim.spec ?? {};
    const lost = (reason: string, text: string) => this.#writes.loseClaim(claim, reason, text);
    if (!volumeName) {
      return lost('ClaimLost', 'Bound claim has lost reference to PersistentVolume. Data on the volume is lost!');
    }
    const volume = this.#volume(volumeName);
    if (!volume) return lost('ClaimLost', 'Bound claim has lost its PersistentVolume. Data on the volume is lost!');
    const { claimRef } = volume.spec ?? {};
    if (!claimRef || claimRef.uid === claim.metadata.uid) return this.#writes.bind(volume, claim);
    return lost('ClaimMisbound', 'Two claims are bound to the same volume, this one is bound incorrectly');
  }

  async #syncVolume(name: string): Promise<void> {
    const volume = this.#volume(name);
    if (!volume) return;
    const ref = volume.spec?.claimRef;
    // Reserved for a claim that is not bound yet: its own sync does that.
    if (!ref?.uid) return this.#writes.volumePhase(volume, 'Available');
    const known = this.#context.informers.of(persistentVolumeClaims).get(ref.namespace, ref.name ?? '');
    const claim = known?.metadata.uid === ref.uid ? known : undefined;
    if (!claim) return this.#release(volume);
    if (!claim.spec?.volumeName) return this.#await(volume, claim);
    if (claim.spec.volumeName === name) return this.#writes.volumePhase(volume, 'Bound');
    const made = volume.metadata.annotations?.[provisionedBy] !== undefined;
    if (made && volume.spec?.persistentVolumeReclaimPolicy === 'Delete') await this.#release(volume);
    else await this.#writes.unbind(volume);
  }

  async #await(volume: Volume, claim: Claim): Promise<void> {
    if (sameMode(volume, claim)) return this.#claims.add(keyOf(claim));
    const [forVolume, forClaim] = [claim.metadata.name, volume.metadata.name].map((other) => `"${other}"`);
    const why = 'due to incompatible volumeMode.';
    const text = `Cannot bind PersistentVolume to requested PersistentVolumeClaim ${forVolume} ${why}`;
    this.#recorder.event(volume, 'Warning', 'VolumeMismatch', text);
    const other = `Cannot bind PersistentVolume ${forClaim} to requested PersistentVolumeClaim ${why}`;
    this.#recorder.event(claim, 'Warning', 'VolumeMismatch', other);
  }

  /** The claim is gone. A failure to reclaim the volume stays visible while it is tried again. */
  async #release(volume: Volume): Promise<void> {
    const { phase } = volume.status ?? {};
    if (phase !== 'Released' && phase !== 'Failed') await this.#writes.volumePhase(volume, 'Released');
    await reclaim(this.#client, this.#writes, this.#volume(volume.metadata.name) ?? volume);
  }
}
