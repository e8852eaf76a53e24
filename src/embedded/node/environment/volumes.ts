import type { Clock } from '../../../kernel/clock.ts';
import type { Container, Pod, Volume } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { quantityValue } from '../../../kube/quantity.ts';
import type { ContainerMount, ContainerRuntime, VolumeSource } from '../../container-api.ts';
import { BackOff } from '../containers/back-off.ts';
import { type ClaimSources, claimedTree, claimNameOf } from './claims.ts';
import { expand } from './expansion.ts';
import { isProjection, type ProjectionSources, sameFiles, volumeFiles } from './projections.ts';

/** As the kubelet's nestedpendingoperations: a failed mount is tried again after 0.5 s, doubling to about two minutes. */
const firstRetry = 500;
const lastRetry = 122_000;

/** The volumes of one Pod: set up once, kept up to date, taken down with it. */
export class PodVolumes {
  readonly #runtime: ContainerRuntime;
  readonly #clock: Clock;
  readonly #nodeName: string;
  readonly #claims: ClaimSources;
  readonly #readOnly = new Set<string>();
  readonly #mounted = new Map<string, VolumeSource>();
  readonly #failures = new Map<string, { at: number; text: string }>();
  readonly #backOff = new BackOff(firstRetry, lastRetry);

  constructor(runtime: ContainerRuntime, clock: Clock, nodeName: string, claims: ClaimSources) {
    this.#runtime = runtime;
    this.#clock = clock;
    this.#nodeName = nodeName;
    this.#claims = claims;
  }

  /**
   * Sets up what is not set up yet. Returns undefined when all is there, else when to try again (ms since 1970).
   * `failed` is told of every attempt that failed, with the text of its FailedMount event. `retryNow`: without waiting for the back-off.
   */
  async setUp(
    pod: Stored<Pod>,
    sources: ProjectionSources,
    failed: (text: string) => void,
    retryNow = false,
  ): Promise<number | undefined> {
    const retries: number[] = [];
    for (const volume of pod.spec?.volumes ?? []) {
      if (this.#mounted.has(volume.name)) continue;
      const now = this.#clock.now();
      const before = this.#failures.get(volume.name);
      const until = before && !retryNow ? this.#backOff.until(volume.name, before.at, now) : undefined;
      if (until !== undefined) {
        retries.push(until);
        continue;
      }
      try {
        this.#mounted.set(volume.name, await this.#source(pod, volume, sources));
        if (volume.persistentVolumeClaim?.readOnly) this.#readOnly.add(volume.name);
        this.#failures.delete(volume.name);
      } catch (error) {
        const text = error instanceof Error ? error.message : String(error);
        failed(`MountVolume.SetUp failed for volume "${volume.name}" : ${text}`);
        this.#failures.set(volume.name, { at: now, text });
        this.#backOff.next(volume.name, now, now);
        retries.push(now + this.#backOff.delay(volume.name));
      }
    }
    return retries.length > 0 ? Math.min(...retries) : undefined;
  }

  /** Writes the files of volumes again where their ConfigMap, Secret, token or the Pod's own labels changed. */
  async refresh(pod: Stored<Pod>, sources: ProjectionSources): Promise<void> {
    for (const volume of pod.spec?.volumes ?? []) {
      const source = this.#mounted.get(volume.name);
      if (source?.kind !== 'files') continue;
      try {
        const files = await volumeFiles(pod, volume, sources);
        if (sameFiles(files, source.files)) continue;
        this.#mounted.set(volume.name, { ...source, files });
        this.#runtime.updateFiles(source.id, files);
      } catch {
        // What is mounted stays as it is while its source is gone.
      }
    }
  }

  /** The mounts of a container; `subPathExpr` is expanded with its environment. */
  mounts(container: Container, variable: (name: string) => string | undefined): ContainerMount[] {
    return (container.volumeMounts ?? []).flatMap((mount) => {
      const volume = this.#mounted.get(mount.name);
      if (!volume) return [];
      const subPath = mount.subPathExpr ? expand(mount.subPathExpr, variable) : mount.subPath;
      const readOnly = (mount.readOnly ?? false) || this.#readOnly.has(mount.name);
      return [{ mountPath: mount.mountPath, ...(subPath && { subPath }), readOnly, volume }];
    });
  }

  /** Forgets what lives only as long as the Pod. */
  tearDown(pod: Stored<Pod>): void {
    for (const { name } of pod.spec?.volumes ?? []) this.#runtime.removeVolume(`${pod.metadata.uid}/${name}`);
    this.#mounted.clear();
  }

  async #source(pod: Stored<Pod>, volume: Volume, sources: ProjectionSources): Promise<VolumeSource> {
    const id = `${pod.metadata.uid}/${volume.name}`;
    if (isProjection(volume)) return { kind: 'files', id, files: await volumeFiles(pod, volume, sources) };
    if (volume.emptyDir) {
      const { medium, sizeLimit } = volume.emptyDir;
      return {
        kind: 'tree',
        id,
        ...(sizeLimit && { sizeBytes: quantityValue(sizeLimit) }),
        ...(medium === 'Memory' && { memory: true }),
      };
    }
    if (volume.hostPath) {
      const { path, type } = volume.hostPath;
      if (type) await this.#runtime.prepareHostPath(this.#nodeName, path, type);
      return { kind: 'host', node: this.#nodeName, path };
    }
    const claim = claimNameOf(pod, volume);
    if (claim !== undefined) return claimedTree(this.#nodeName, pod.metadata.namespace ?? '', claim, this.#claims);
    // emptyDir is what a volume without a source defaults to.
    if (Object.keys(volume).length === 1) return { kind: 'tree', id };
    const kind = Object.keys(volume).find((key) => key !== 'name');
    throw new Error(`volumes of type ${kind} are not simulated by this cluster`);
  }
}
