import { randomUUID } from 'node:crypto';
import type { PersistentVolume, PersistentVolumeClaim, Pod, StorageClass } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { compareQuantities } from '../../../kube/quantity.ts';
import { persistentVolumeClaims, persistentVolumes, pods, storageClasses } from '../../../kube/resources.ts';
import type { ApiClient, Component, ComponentContext, EventRecorder } from '../../api.ts';
import { WorkQueue } from '../../client/work-queue.ts';
import { SyncError } from '../../errors/background.ts';
import { serviceAccountUserName } from '../../rbac/users.ts';
import { localPathNamespace } from '../../system-namespaces.ts';
import { isAlreadyExists, isConflict, isNotFound } from '../failures.ts';
import { keyOf, splitKey } from '../ownership.ts';
import { isReady } from '../pod-control.ts';
import {
  classOf,
  provisionedBy,
  requestOf,
  selectedNode,
  storageProvisioner,
  waitsForConsumer,
} from './volume-matching.ts';

type Claim = Stored<PersistentVolumeClaim>;
type Volume = Stored<PersistentVolume>;

export const localPath = 'rancher.io/local-path';
const account = 'local-path-provisioner-service-account';
const folder = '/var/local-path-provisioner';
/** About as long as the Pod that makes the folder takes. */
const makeMs = 1000;

/**
 * What the Pods of the addon local-path-provisioner do while one of them is ready: volumes for claims of their classes,
 * as folders of a node; more room for those whose class allows it; and the end of volumes whose claims are gone.
 */
export const localPathProvisioner: Component = {
  name: 'local-path-provisioner',
  start: (context) => new LocalPathProvisioner(context).start(),
};

class LocalPathProvisioner {
  readonly #context: ComponentContext;
  readonly #client: ApiClient;
  readonly #claims: WorkQueue;
  readonly #volumes: WorkQueue;
  readonly #identity = randomUUID();
  /** When the volume of a claim will be there, by the claim's uid (ms since 1970). */
  readonly #making = new Map<string, number>();
  #pod = '';
  #recorder: EventRecorder;

  constructor(context: ComponentContext) {
    const { clock, signal, report } = context;
    this.#context = context;
    const user = { name: serviceAccountUserName(localPathNamespace, account), groups: ['system:authenticated'] };
    this.#client = context.client.as({ user, fieldManager: 'local-path-provisioner' });
    this.#recorder = context.recorder(localPath);
    this.#claims = new WorkQueue({ clock, signal, report, sync: (key) => this.#syncClaim(key) });
    this.#volumes = new WorkQueue({ clock, signal, report, sync: (name) => this.#syncVolume(name) });
  }

  start(): void {
    const { informers } = this.#context;
    const claim = (object: Claim) => this.#claims.add(keyOf(object));
    const volume = ({ metadata }: Volume) => this.#volumes.add(metadata.name);
    informers.of(persistentVolumeClaims).on({ add: claim, update: claim });
    informers.of(persistentVolumes).on({ add: volume, update: volume });
    const pod = ({ metadata }: Stored<Pod>) => {
      if (metadata.namespace === localPathNamespace) this.#elect();
    };
    informers.of(pods).on({ add: pod, update: pod, delete: pod });
  }

  /** Which Pod does the work now; what waited for one is looked at then. */
  #elect(): void {
    const { informers } = this.#context;
    const able = informers
      .of(pods)
      .list(localPathNamespace)
      .filter((pod) => pod.metadata.labels?.app === 'local-path-provisioner' && isReady(pod))
      .map(({ metadata }) => metadata.name);
    if (able.includes(this.#pod)) return;
    this.#pod = able[0] ?? '';
    if (this.#pod === '') return;
    this.#recorder = this.#context.recorder(`${localPath}_${this.#pod}_${this.#identity}`);
    for (const claim of informers.of(persistentVolumeClaims).list()) this.#claims.add(keyOf(claim));
    for (const { metadata } of informers.of(persistentVolumes).list()) this.#volumes.add(metadata.name);
  }

  async #syncClaim(key: string): Promise<{ after: number } | undefined> {
    const [space, name] = splitKey(key);
    const { informers } = this.#context;
    const claim = informers.of(persistentVolumeClaims).get(space, name);
    const storageClass = claim && informers.of(storageClasses).get(undefined, classOf(claim));
    if (this.#pod === '' || !claim || storageClass?.provisioner !== localPath) return undefined;
    try {
      if (claim.spec?.volumeName) await this.#expand(claim, storageClass);
      else return await this.#provision(claim, storageClass);
    } catch (error) {
      // A newer state is on its way, or the claim is gone.
      if (!isConflict(error) && !isNotFound(error)) throw error;
    }
    return undefined;
  }

  async #provision(claim: Claim, storageClass: Stored<StorageClass>): Promise<{ after: number } | undefined> {
    const { uid, annotations, deletionTimestamp } = claim.metadata;
    if (deletionTimestamp || annotations?.[storageProvisioner] !== localPath) return undefined;
    const node = annotations[selectedNode];
    if (waitsForConsumer(storageClass) && node === undefined) return undefined;
    const now = this.#context.clock.now();
    const ready = this.#making.get(uid);
    if (ready === undefined) {
      const text = `External provisioner is provisioning volume for claim "${keyOf(claim)}"`;
      this.#recorder.event(claim, 'Normal', 'Provisioning', text);
      const problem = unprovidable(claim, node);
      if (problem !== undefined) {
        const why = `failed to provision volume with StorageClass "${storageClass.metadata.name}": ${problem}`;
        this.#recorder.event(claim, 'Warning', 'ProvisioningFailed', why);
        throw new SyncError(why);
      }
      this.#making.set(uid, now + makeMs);
      return { after: makeMs };
    }
    if (ready > now) return { after: ready - now };
    this.#making.delete(uid);
    await this.#client.create(persistentVolumes, volumeFor(claim, storageClass, node ?? '')).catch((error) => {
      if (!isAlreadyExists(error)) throw error;
    });
    this.#recorder.event(claim, 'Normal', 'ProvisioningSucceeded', `Successfully provisioned volume pvc-${uid}`);
    return undefined;
  }

  /** Folders have no size: only the numbers grow. */
  async #expand(claim: Claim, storageClass: StorageClass): Promise<void> {
    const wanted = requestOf(claim);
    const has = claim.status?.capacity?.storage;
    if (!storageClass.allowVolumeExpansion || has === undefined || compareQuantities(wanted, has) <= 0) return;
    const volume = this.#context.informers.of(persistentVolumes).get(undefined, claim.spec?.volumeName ?? '');
    if (volume?.metadata.annotations?.[provisionedBy] !== localPath) return;
    const { name } = volume.metadata;
    const resizer = this.#context.recorder(`external-resizer ${localPath}`);
    resizer.event(claim, 'Normal', 'Resizing', `External resizer is resizing volume ${name}`);
    await this.#client.patch(persistentVolumes, undefined, name, 'merge', { spec: { capacity: { storage: wanted } } });
    const status = { ...claim.status, capacity: { ...claim.status?.capacity, storage: wanted } };
    await this.#client.updateStatus(persistentVolumeClaims, { ...claim, status });
    resizer.event(claim, 'Normal', 'VolumeResizeSuccessful', 'Resize volume succeeded');
  }

  async #syncVolume(name: string): Promise<void> {
    const volume = this.#context.informers.of(persistentVolumes).get(undefined, name);
    if (this.#pod === '' || !volume || volume.metadata.deletionTimestamp) return;
    const { spec, status, metadata } = volume;
    if (metadata.annotations?.[provisionedBy] !== localPath || status?.phase !== 'Released') return;
    if (spec?.persistentVolumeReclaimPolicy !== 'Delete') return;
    await this.#client.delete(persistentVolumes, undefined, name).catch((error) => {
      if (!isNotFound(error)) throw error;
    });
  }
}

/** Why no folder can be what the claim asks for. */
function unprovidable({ spec }: Claim, node: string | undefined): string | undefined {
  if (spec?.selector) return 'claim.Spec.Selector is not supported';
  if (spec?.accessModes?.some((mode) => mode !== 'ReadWriteOnce' && mode !== 'ReadWriteOncePod')) {
    return 'NodePath only supports ReadWriteOnce and ReadWriteOncePod (1.22+) access modes';
  }
  return node === undefined ? 'configuration error, no node was specified' : undefined;
}

function volumeFor(claim: Claim, storageClass: Stored<StorageClass>, node: string): PersistentVolume {
  const { namespace: space, name, uid, resourceVersion } = claim.metadata;
  const { accessModes, volumeMode } = claim.spec ?? {};
  const key = 'kubernetes.io/hostname';
  return {
    metadata: {
      name: `pvc-${uid}`,
      annotations: { 'local.path.provisioner/selected-node': node, [provisionedBy]: localPath },
    },
    spec: {
      accessModes,
      capacity: { storage: requestOf(claim) },
      claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace: space, name, uid, resourceVersion },
      hostPath: { path: `${folder}/pvc-${uid}_${space}_${name}`, type: 'DirectoryOrCreate' },
      nodeAffinity: {
        required: { nodeSelectorTerms: [{ matchExpressions: [{ key, operator: 'In', values: [node] }] }] },
      },
      persistentVolumeReclaimPolicy: storageClass.reclaimPolicy ?? 'Delete',
      storageClassName: storageClass.metadata.name,
      ...(volumeMode && { volumeMode }),
    },
  };
}
