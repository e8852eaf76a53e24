/** A Pod on its node. Large because PodWorker is: what it does of itself stands here, and nothing else. */
import { randomBytes } from 'node:crypto';
import { turnToWork } from '../../../kernel/clock.ts';
import type { Pod, PodStatus, Volume } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { pods } from '../../../kube/resources.ts';
import { expecting, isFault, refusals } from '../../errors/background.ts';
import { type ContainerRecord, containersOf } from '../containers/container-record.ts';
import { claimNameOf } from '../environment/claims.ts';
import type { ProjectionSources } from '../environment/projections.ts';
import { PodTokens } from '../environment/tokens.ts';
import { PodVolumes } from '../environment/volumes.ts';
import { StatusWriter, same } from '../registration/status-writer.ts';
import type { NodeServices } from '../services.ts';
import { WakeTimer } from '../wake-timer.ts';
import { containerActions, deadline, runs, type Stage, stageOf } from './lifecycle.ts';
import { PodContainers, retryDelay } from './pod-containers.ts';
import { podStatus } from './pod-status.ts';
import { Allocation, type ResizeEvent } from './resize.ts';

/** Containers of a Pod whose object was deleted by force. */
const forcedGraceSeconds = 1;

/** Where the API server shows a Pod that is not the API server's: a static one. */
export interface MirrorLink {
  /** The mirror Pod; undefined: there is none now. */
  object(): Stored<Pod> | undefined;
  /** The containers have ended, as was asked for. */
  ended(): Promise<void>;
}

/**
 * The life of one Pod on this node: one task at a time. `#sync` looks at the stage the Pod is in (`lifecycle.ts`)
 * and does what is due there; everything that happens (a new object, an exit, a probe, a timer) only wakes it.
 *
 * Large because each stage and each thing that may happen to a Pod has its short method here, over the same few facts;
 * containers, volumes, tokens, resources and the status are in files of their own.
 */
export class PodWorker {
  readonly #services: NodeServices;
  readonly #containers: PodContainers;
  readonly #allocation: Allocation;
  readonly #volumes: PodVolumes;
  readonly #tokens: PodTokens;
  readonly #status: StatusWriter;
  readonly #onGone: () => void;
  readonly #mirror: MirrorLink | undefined;
  readonly #timer: WakeTimer;
  readonly #abort = new AbortController();
  /** Aborts when the node stops. */
  readonly #ended = new AbortController();
  #pod: Stored<Pod>;
  #podIP: string | undefined;
  #sandbox = false;
  #mounted = false;
  #finished = false;
  #removed = false;
  #deleted = false;
  #suspended = false;
  #discarded = false;
  readonly #left = Promise.withResolvers<void>();
  #hasLeft = false;
  #retryMounts = false;
  #verdict: { reason: string; message: string } | undefined;
  #awake = false;
  #working = false;

  /** `onGone`: the Pod is off the node and needs this worker no more. `mirror`: set for static Pods. */
  constructor(services: NodeServices, pod: Stored<Pod>, onGone: () => void, mirror?: MirrorLink) {
    this.#services = services;
    this.#pod = pod;
    this.#onGone = onGone;
    this.#mirror = mirror;
    this.#allocation = new Allocation(pod);
    this.#timer = new WakeTimer(services.clock, () => this.wake());
    this.#volumes = new PodVolumes(services.runtime, services.clock, services.nodeName, services);
    this.#tokens = new PodTokens(services.client, services.clock);
    this.#containers = new PodContainers(services, {
      pod: () => this.#pod,
      podIP: () => this.#podIP ?? '',
      volumes: this.#volumes,
      signal: this.#abort.signal,
      touch: () => this.#status.touch(),
      wake: () => this.wake(),
      wakeAt: (time) => this.#timer.wakeAt(time),
    });
    this.#status = new StatusWriter(
      services.client,
      () => this.#statusToWrite(),
      (written) => {
        if (!mirror) this.#adopt(written);
      },
      { signal: this.#ended.signal, report: services.report },
    );
    this.#restore();
    this.wake();
  }

  get pod(): Stored<Pod> {
    return this.#pod;
  }

  /** The Pod with the resources that it was granted. */
  get allocatedPod(): Stored<Pod> {
    return this.#allocation.show(this.#pod);
  }

  /** It is there because of a file, whatever the API server knows. */
  get isStatic(): boolean {
    return this.#mirror !== undefined;
  }

  /** Some of its volumes are on the node's own disk, where they stay. */
  get usesDisk(): boolean {
    const isOnDisk = (volume: Volume) => volume.hostPath !== undefined || claimNameOf(this.#pod, volume) !== undefined;
    return this.#pod.spec?.volumes?.some(isOnDisk) ?? false;
  }

  /** A resize would be granted if there were room. */
  get waitsForRoom(): boolean {
    return this.#allocation.isPending;
  }

  /** What the container runtime calls the Pod: 64 hexadecimal digits. */
  readonly podId = randomBytes(32).toString('hex');

  get records(): readonly ContainerRecord[] {
    return [...this.#containers.records.values()];
  }

  record(container: string): ContainerRecord | undefined {
    return this.#containers.records.get(container);
  }

  /** A new state of the object. */
  update(pod: Stored<Pod>): void {
    const { labels, annotations } = this.#pod.metadata;
    this.#adopt(pod);
    const labelled = !same(labels, pod.metadata.labels) || !same(annotations, pod.metadata.annotations);
    const { deletionTimestamp, deletionGracePeriodSeconds = 0 } = pod.metadata;
    if (deletionTimestamp) {
      this.#abort.abort(new Error('the Pod is being deleted'));
      this.#containers.hurry(deletionGracePeriodSeconds * 1000);
    }
    if (labelled && this.#mounted) void this.refreshVolumes();
    this.wake();
  }

  /** The object is gone from the API. */
  remove(): void {
    this.#removed = true;
    this.#abort.abort(new Error('the Pod is gone'));
    this.#containers.hurry(forcedGraceSeconds * 1000);
    this.wake();
  }

  /** The status has to be written again: there is another object to write it to. */
  tellStatus(): void {
    this.#status.touch();
  }

  /** As `remove`, but nobody waits for a graceful end. Resolves when the Pod is off the node, or the node stops. */
  discard(): Promise<void> {
    this.#discarded = true;
    this.remove();
    this.#containers.discard();
    return this.#left.promise;
  }

  /** The kubelet goes and the containers stay: nothing is done nor told until `resume`. */
  suspend(): void {
    this.#suspended = true;
    this.#containers.probes.pause();
  }

  resume(): void {
    this.#suspended = false;
    this.#containers.probes.resume();
    this.#status.touch();
    if (this.#mounted) void this.refreshVolumes();
    this.wake();
  }

  /** A ConfigMap or Secret that the Pod may use changed: mounted files follow, waiting containers try again. */
  sourceChanged(): void {
    if (this.#mounted) void this.refreshVolumes();
    this.#retryMounts = true;
    for (const record of this.#containers.records.values()) {
      if (record.waiting?.reason === 'CreateContainerConfigError') record.notBefore = undefined;
    }
    this.wake();
  }

  async refreshVolumes(): Promise<void> {
    await this.#volumes.refresh(this.#pod, this.#sources());
    this.#tokens.onDue(() => void this.refreshVolumes());
  }

  /** The node stops: containers are killed by the runtime, timers end here; nothing is written any more. */
  stop(): void {
    this.#ended.abort();
    this.#removed = true;
    this.#timer.cancel();
    this.#tokens.stop();
    this.#containers.cancel();
    this.#left.resolve();
  }

  wake(): void {
    this.#awake = true;
    if (!this.#working && !this.#ended.signal.aborted && !this.#suspended) void this.#work();
  }

  async #work(): Promise<void> {
    this.#working = true;
    try {
      while (this.#awake && !this.#ended.signal.aborted && !this.#suspended) {
        await turnToWork();
        if (this.#ended.signal.aborted || this.#suspended) return;
        this.#awake = false;
        await this.#sync();
      }
    } catch (error) {
      if (this.#ended.signal.aborted) return;
      if (isFault(error)) this.#services.report(error, 'a Pod on its node');
      this.#services.recorder.event(
        this.#pod,
        'Warning',
        'FailedSync',
        `error syncing pod: ${(error as Error).message}`,
      );
      this.#timer.wakeAt(this.#services.clock.now() + retryDelay);
    } finally {
      this.#working = false;
      if (this.#awake) this.wake();
    }
  }

  async #sync(): Promise<void> {
    const stage = stageOf(this.#view());
    const act: Record<Stage, () => Promise<void>> = {
      removed: () => this.#leave(this.#discarded ? 0 : forcedGraceSeconds),
      terminating: () => this.#terminate(),
      finished: async () => {},
      expired: () => this.#expire(),
      preparing: () => this.#prepare(),
      completing: () => this.#complete(),
      running: () => this.#run(),
    };
    await act[stage]();
  }

  #view() {
    const { clock } = this.#services;
    return {
      pod: this.allocatedPod,
      records: this.#containers.records,
      now: clock.now(),
      removed: this.#removed,
      finished: this.#finished,
      prepared: this.#sandbox && this.#mounted,
    };
  }

  // ------------------------------------------------------------------ stages

  /** Volumes first, then the network: as a real node does it, so that a Pod with a missing ConfigMap has no IP. */
  async #prepare(): Promise<void> {
    this.#status.touch();
    const { recorder, addresses, hostIP } = this.#services;
    const end = deadline(this.#pod);
    if (end !== undefined) this.#timer.wakeAt(end);
    if (!this.#mounted) {
      const retryNow = this.#retryMounts;
      this.#retryMounts = false;
      const tell = (text: string) => recorder.event(this.#pod, 'Warning', 'FailedMount', text);
      const again = await this.#volumes.setUp(this.#pod, this.#sources(), tell, retryNow);
      this.#tokens.onDue(() => void this.refreshVolumes());
      if (again !== undefined) return this.#timer.wakeAt(again);
      this.#mounted = true;
    }
    const uid = this.#pod.metadata.uid;
    this.#podIP = this.#pod.spec?.hostNetwork ? hostIP : addresses.allocate(uid, this.#pod.status?.podIP);
    this.#sandbox = true;
    this.wake();
  }

  async #run(): Promise<void> {
    const now = this.#services.clock.now();
    const end = deadline(this.#pod);
    if (end !== undefined) this.#timer.wakeAt(end);
    const { allocatable, held } = this.#services;
    const room = () => ({ allocatable, used: held(this.#pod.metadata.uid) });
    this.#tell(this.#allocation.consider(this.#pod, room));
    for (const { spec, action } of containerActions(this.#view())) {
      if (this.#abort.signal.aborted || this.#suspended) return;
      if (action === 'start') await this.#containers.start(spec, now);
      if (action === 'replace') {
        this.#containers.recordOf(spec).interrupted = true;
        await this.#containers.stop(spec, `Container ${spec.name} definition changed, will be restarted`);
        this.wake();
      }
      if (action === 'keep') await this.#containers.resize(spec);
    }
    const done = this.#allocation.settle(this.#pod, this.#containers.records);
    this.#tell(done);
    if (done.length > 0) this.#services.freed();
    this.#status.touch();
  }

  #tell(events: readonly ResizeEvent[]): void {
    for (const event of events) this.#services.recorder.event(this.#pod, ...event);
  }

  /** All main containers have ended for good: sidecars end, last started first, then the Pod is finished. */
  async #complete(): Promise<void> {
    for (const { spec, kind } of containersOf(this.#pod).reverse()) {
      if (kind === 'sidecar' && runs(this.#containers.records.get(spec.name))) {
        await this.#containers.stop(spec, `Stopping container ${spec.name}`);
      }
    }
    await this.#finish();
  }

  /** activeDeadlineSeconds is over. */
  async #expire(): Promise<void> {
    const message = 'Pod was active on the node longer than the specified deadline';
    this.#verdict = { reason: 'DeadlineExceeded', message };
    this.#services.recorder.event(this.#pod, 'Normal', 'DeadlineExceeded', message);
    await this.#containers.stopAll(this.#pod.spec?.terminationGracePeriodSeconds ?? 30);
    await this.#finish();
  }

  /** Deleted through the API: containers get their grace period, the last status is written, the object is removed. */
  async #terminate(): Promise<void> {
    if (this.#deleted) return;
    await this.#containers.stopAll(this.#pod.metadata.deletionGracePeriodSeconds ?? 30);
    if (this.#suspended) return;
    if (this.#removed) return this.wake();
    await this.#finish();
    if (this.#mirror) {
      this.#deleted = true;
      return this.#mirror.ended();
    }
    const { name, namespace, uid } = this.#pod.metadata;
    this.#deleted = true;
    const options = { gracePeriodSeconds: 0, preconditions: { uid } };
    // Gone already, or somebody keeps it.
    await expecting(refusals, this.#services.client.delete(pods, namespace, name, options));
  }

  /** The object is gone: so is everything that belonged to it. */
  async #leave(graceSeconds: number): Promise<void> {
    await this.#containers.stopAll(graceSeconds);
    const { addresses, logs, images, crashes } = this.#services;
    this.#timer.cancel();
    this.#tokens.stop();
    addresses.release(this.#pod.metadata.uid);
    images.forget(this.#pod.metadata.uid);
    crashes.forget((key) => key.startsWith(this.#pod.metadata.uid));
    this.#volumes.tearDown(this.#pod);
    this.#finished = true;
    // What woke it up meanwhile ends here once more; another Pod may have its name by then.
    if (this.#hasLeft) return;
    this.#hasLeft = true;
    this.#onGone();
    this.#left.resolve();
    this.#services.freed();
    await logs.dropPod(this.#pod);
  }

  async #finish(): Promise<void> {
    this.#finished = true;
    this.#sandbox = false;
    this.#tokens.stop();
    this.#timer.cancel();
    this.#status.touch();
    await this.#status.flush();
    this.#services.addresses.release(this.#pod.metadata.uid);
    this.#services.freed();
  }

  // ------------------------------------------------------------------ state

  /** Takes over what ran, or had ended, before the kubelet started again. */
  #restore(): void {
    const { status, metadata } = this.#pod;
    if (status?.phase === 'Succeeded' || status?.phase === 'Failed') {
      this.#finished = true;
      this.#podIP = status.podIP;
    } else if (status?.podIP && !this.#pod.spec?.hostNetwork) {
      this.#podIP = this.#services.addresses.allocate(metadata.uid, status.podIP);
    }
  }

  #statusToWrite(): { pod: Stored<Pod>; status: PodStatus } | undefined {
    if (this.#removed || this.#suspended) return undefined;
    const status = this.#currentStatus();
    if (!this.#mirror) return { pod: this.#pod, status };
    this.#pod = { ...this.#pod, status };
    const pod = this.#mirror.object();
    return pod && { pod, status };
  }

  #currentStatus(): PodStatus {
    const { clock, hostIP } = this.#services;
    return podStatus({
      pod: this.allocatedPod,
      records: this.#containers.records,
      now: clock.now(),
      hostIP,
      podIP: this.#podIP,
      sandbox: this.#sandbox,
      terminal: this.#finished,
      resize: this.#allocation.conditions(this.#pod.metadata.generation),
      ...(this.#verdict && { verdict: this.#verdict }),
    });
  }

  #sources(): ProjectionSources {
    const { configMap, secret, allocatable, hostIP } = this.#services;
    return {
      configMap,
      secret,
      allocatable,
      hostIP,
      podIP: this.#podIP ?? '',
      token: (pod, audience, seconds) => this.#tokens.get(pod, audience, seconds),
    };
  }

  /** Keeps the newest of the objects that the informer and our own writes bring. */
  #adopt(pod: Stored<Pod>): void {
    if (BigInt(pod.metadata.resourceVersion) >= BigInt(this.#pod.metadata.resourceVersion)) this.#pod = pod;
  }
}
