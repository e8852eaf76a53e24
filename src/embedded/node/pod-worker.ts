import type { Timer } from '../../kernel/clock.ts';
import type { Container, Pod, PodStatus } from '../../kube/api.gen.ts';
import type { Stored } from '../../kube/meta.ts';
import { pods } from '../../kube/resources.ts';
import type { RunningContainer } from '../api.ts';
import { type ContainerRecord, containersOf, type Instance, recordFromStatus } from './container-record.ts';
import { startContainer } from './container-start.ts';
import { type Deadline, stopContainer } from './container-stop.ts';
import { goDuration } from './duration.ts';
import { containerActions, deadline, restarts, runs, type Stage, stageOf } from './lifecycle.ts';
import { podStatus } from './pod-status.ts';
import { Prober } from './prober.ts';
import type { ProjectionSources } from './projections.ts';
import { containerEvent, containerPath, type NodeServices, podFullName } from './services.ts';
import { StatusWriter, same } from './status-writer.ts';
import { PodTokens } from './tokens.ts';
import { PodVolumes } from './volumes.ts';

/** A real kubelet sees ends of containers when it lists them, once a second; until then they show as ended. */
const restartDelay = 1000;
/** How soon a container is tried again that could not be created. */
const retryDelay = 10_000;
/** A Pod that waits is looked at this often, which its events count. */
const resyncDelay = 12_000;
/** Containers of a Pod whose object was deleted by force. */
const forcedGraceSeconds = 1;

/**
 * The life of one Pod on this node: one task at a time. `#sync` looks at the stage the Pod is in (`lifecycle.ts`)
 * and does what is due there; everything that happens (a new object, an exit, a probe, a timer) only wakes it.
 */
export class PodWorker {
  readonly #services: NodeServices;
  readonly #records = new Map<string, ContainerRecord>();
  readonly #probers = new Map<string, Prober>();
  readonly #volumes: PodVolumes;
  readonly #tokens: PodTokens;
  readonly #status: StatusWriter;
  readonly #onGone: () => void;
  readonly #deadlines = new Set<Deadline>();
  readonly #abort = new AbortController();
  #pod: Stored<Pod>;
  #podIP: string | undefined;
  #sandbox = false;
  #mounted = false;
  #finished = false;
  #removed = false;
  #deleted = false;
  #stopped = false;
  #retryMounts = false;
  #verdict: { reason: string; message: string } | undefined;
  #awake = false;
  #working = false;
  #timer: { at: number; timer: Timer } | undefined;

  /** `onGone`: the Pod is off the node and needs this worker no more. */
  constructor(services: NodeServices, pod: Stored<Pod>, onGone: () => void) {
    this.#services = services;
    this.#pod = pod;
    this.#onGone = onGone;
    this.#volumes = new PodVolumes(services.runtime, services.clock, services.nodeName);
    this.#tokens = new PodTokens(services.client, services.clock);
    this.#status = new StatusWriter(
      services.client,
      () => (this.#removed ? undefined : { pod: this.#pod, status: this.#currentStatus() }),
      (written) => this.#adopt(written),
    );
    this.#restore();
    this.wake();
  }

  get pod(): Stored<Pod> {
    return this.#pod;
  }

  record(container: string): ContainerRecord | undefined {
    return this.#records.get(container);
  }

  /** A new state of the object. */
  update(pod: Stored<Pod>): void {
    const { labels, annotations } = this.#pod.metadata;
    this.#adopt(pod);
    const labelled = !same(labels, pod.metadata.labels) || !same(annotations, pod.metadata.annotations);
    const { deletionTimestamp, deletionGracePeriodSeconds = 0 } = pod.metadata;
    if (deletionTimestamp) {
      this.#abort.abort(new Error('the Pod is being deleted'));
      for (const d of this.#deadlines) d.shorten(deletionGracePeriodSeconds * 1000);
    }
    if (labelled && this.#mounted) void this.refreshVolumes();
    this.wake();
  }

  /** The object is gone from the API. */
  remove(): void {
    this.#removed = true;
    this.#abort.abort(new Error('the Pod is gone'));
    for (const d of this.#deadlines) d.shorten(forcedGraceSeconds * 1000);
    this.wake();
  }

  /** A ConfigMap or Secret that the Pod may use changed: mounted files follow, waiting containers try again. */
  sourceChanged(): void {
    if (this.#mounted) void this.refreshVolumes();
    this.#retryMounts = true;
    for (const record of this.#records.values()) {
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
    this.#stopped = true;
    this.#removed = true;
    this.#timer?.timer.cancel();
    this.#tokens.stop();
    for (const prober of this.#probers.values()) prober.stop();
    for (const d of this.#deadlines) d.cancel();
  }

  wake(): void {
    this.#awake = true;
    if (!this.#working && !this.#stopped) void this.#work();
  }

  async #work(): Promise<void> {
    this.#working = true;
    try {
      while (this.#awake && !this.#stopped) {
        this.#awake = false;
        await this.#sync();
      }
    } catch (error) {
      if (this.#stopped) return;
      this.#services.recorder.event(
        this.#pod,
        'Warning',
        'FailedSync',
        `error syncing pod: ${(error as Error).message}`,
      );
      this.#wakeAt(this.#services.clock.now() + retryDelay);
    } finally {
      this.#working = false;
      if (this.#awake) this.wake();
    }
  }

  async #sync(): Promise<void> {
    const stage = stageOf(this.#view());
    const act: Record<Stage, () => Promise<void>> = {
      removed: () => this.#leave(forcedGraceSeconds),
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
      pod: this.#pod,
      records: this.#records,
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
    if (end !== undefined) this.#wakeAt(end);
    if (!this.#mounted) {
      const retryNow = this.#retryMounts;
      this.#retryMounts = false;
      const tell = (text: string) => recorder.event(this.#pod, 'Warning', 'FailedMount', text);
      const again = await this.#volumes.setUp(this.#pod, this.#sources(), tell, retryNow);
      this.#tokens.onDue(() => void this.refreshVolumes());
      if (again !== undefined) return this.#wakeAt(again);
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
    if (end !== undefined) this.#wakeAt(end);
    for (const { spec, action } of containerActions(this.#view())) {
      if (this.#abort.signal.aborted) return;
      if (action === 'start') await this.#start(spec, now);
      if (action === 'replace') {
        this.#recordOf(spec).interrupted = true;
        await this.#stop(spec, `Container ${spec.name} definition changed, will be restarted`);
        this.wake();
      }
    }
    this.#status.touch();
  }

  async #start(container: Container, now: number): Promise<void> {
    const record = this.#recordOf(container);
    const wait = record.interrupted ? undefined : this.#waitBeforeStart(container, record, now);
    if (wait !== undefined) return this.#wakeAt(wait);
    const again = await startContainer(this.#services, {
      pod: this.#pod,
      container,
      record,
      volumes: this.#volumes,
      podIP: this.#podIP ?? '',
      signal: this.#abort.signal,
      begun: (instance, running) => this.#probe(container, record, instance, running),
      ended: () => {
        this.#stopProber(container.name);
        this.#status.touch();
        this.wake();
      },
    });
    this.#status.touch();
    if (record.waiting) {
      record.notBefore = record.current ? undefined : (again ?? now + retryDelay);
      this.#wakeAt(record.notBefore ?? now + restartDelay);
    } else this.wake();
  }

  /** When a container may start (ms since 1970), undefined: now. Sets the reason CrashLoopBackOff while it lasts. */
  #waitBeforeStart(container: Container, record: ContainerRecord, now: number): number | undefined {
    const { crashes } = this.#services;
    const end = record.current?.end;
    if (!end) return record.notBefore !== undefined && record.notBefore > now ? record.notBefore : undefined;
    // What the kubelet ended itself it starts again in the same breath.
    if (now < end.at + restartDelay && record.stopped !== record.current?.id) return end.at + restartDelay;
    const key = `${this.#pod.metadata.uid}/${container.name}/${container.image}`;
    const until = crashes.until(key, end.at, now);
    if (until === undefined) {
      crashes.next(key, end.at, now);
      return undefined;
    }
    const delay = goDuration(crashes.delay(key));
    const name = podFullName(this.#pod);
    record.waiting = {
      reason: 'CrashLoopBackOff',
      message: `back-off ${delay} restarting failed container=${container.name} pod=${name}`,
    };
    this.#status.touch();
    if (record.toldAt === undefined || record.toldAt < end.at || now - record.toldAt >= retryDelay) {
      record.toldAt = now;
      const text = `Back-off restarting failed container ${container.name} in pod ${name}`;
      const path = containerPath(this.#pod, container.name);
      containerEvent(this.#services, this.#pod, path, 'Warning', 'BackOff', text);
    }
    return Math.min(until, now + resyncDelay);
  }

  /** All main containers have ended for good: sidecars end, last started first, then the Pod is finished. */
  async #complete(): Promise<void> {
    for (const { spec, kind } of containersOf(this.#pod).reverse()) {
      if (kind === 'sidecar' && runs(this.#records.get(spec.name))) {
        await this.#stop(spec, `Stopping container ${spec.name}`);
      }
    }
    await this.#finish();
  }

  /** activeDeadlineSeconds is over. */
  async #expire(): Promise<void> {
    const message = 'Pod was active on the node longer than the specified deadline';
    this.#verdict = { reason: 'DeadlineExceeded', message };
    this.#services.recorder.event(this.#pod, 'Normal', 'DeadlineExceeded', message);
    await this.#stopAll(this.#pod.spec?.terminationGracePeriodSeconds ?? 30);
    await this.#finish();
  }

  /** Deleted through the API: containers get their grace period, the last status is written, the object is removed. */
  async #terminate(): Promise<void> {
    if (this.#deleted) return;
    await this.#stopAll(this.#pod.metadata.deletionGracePeriodSeconds ?? 30);
    if (this.#removed) return this.wake();
    await this.#finish();
    const { name, namespace, uid } = this.#pod.metadata;
    this.#deleted = true;
    await this.#services.client
      .delete(pods, namespace, name, { gracePeriodSeconds: 0, preconditions: { uid } })
      .catch(() => {}); // gone already
  }

  /** The object is gone: so is everything that belonged to it. */
  async #leave(graceSeconds: number): Promise<void> {
    await this.#stopAll(graceSeconds);
    const { addresses, logs, images, crashes } = this.#services;
    this.#timer?.timer.cancel();
    this.#tokens.stop();
    addresses.release(this.#pod.metadata.uid);
    images.forget(this.#pod.metadata.uid);
    crashes.forget((key) => key.startsWith(this.#pod.metadata.uid));
    this.#volumes.tearDown(this.#pod);
    this.#finished = true;
    this.#onGone();
    await logs.dropPod(this.#pod);
  }

  async #finish(): Promise<void> {
    this.#finished = true;
    this.#sandbox = false;
    this.#tokens.stop();
    this.#timer?.timer.cancel();
    this.#status.touch();
    await this.#status.flush();
    this.#services.addresses.release(this.#pod.metadata.uid);
  }

  // ------------------------------------------------------------------ containers

  /** Main containers first, together; then sidecars, last started first (KEP-753). */
  async #stopAll(graceSeconds: number): Promise<void> {
    const began = this.#services.clock.now();
    const left = () => Math.max(graceSeconds > 0 ? 1 : 0, graceSeconds - (this.#services.clock.now() - began) / 1000);
    const all = containersOf(this.#pod);
    await Promise.all(
      all
        .filter((c) => c.kind !== 'sidecar')
        .map((c) => this.#stop(c.spec, `Stopping container ${c.spec.name}`, left())),
    );
    for (const { spec } of all.filter((c) => c.kind === 'sidecar').reverse()) {
      await this.#stop(spec, `Stopping container ${spec.name}`, left());
    }
  }

  async #stop(spec: Container, message: string, graceSeconds = this.#pod.spec?.terminationGracePeriodSeconds ?? 30) {
    const record = this.#records.get(spec.name);
    if (!record || !runs(record)) return;
    this.#stopProber(spec.name);
    record.stopped = record.current?.id;
    const mine: Deadline[] = [];
    await stopContainer(this.#services, this.#pod, spec, record, {
      graceSeconds,
      message,
      podIP: this.#podIP ?? '',
      onDeadline: (d) => {
        mine.push(d);
        this.#deadlines.add(d);
      },
    });
    for (const d of mine) this.#deadlines.delete(d);
    this.#status.touch();
  }

  #probe(container: Container, record: ContainerRecord, instance: Instance, running: RunningContainer): void {
    const { runtime, clock } = this.#services;
    const target = {
      container,
      running,
      podIP: this.#podIP ?? '',
      connect: (port: number) => runtime.connect(this.#pod.metadata.uid, port),
    };
    const path = containerPath(this.#pod, container.name);
    const names = { startup: 'Startup', liveness: 'Liveness', readiness: 'Readiness' } as const;
    const prober = new Prober(target, instance, clock, {
      unhealthy: (kind, output) =>
        containerEvent(
          this.#services,
          this.#pod,
          path,
          'Warning',
          'Unhealthy',
          `${names[kind]} probe failed: ${output}`,
        ),
      changed: () => {
        this.#status.touch();
        this.wake();
      },
      kill: (kind) => {
        const probe = kind === 'startup' ? container.startupProbe : container.livenessProbe;
        const grace = probe?.terminationGracePeriodSeconds ?? this.#pod.spec?.terminationGracePeriodSeconds ?? 30;
        const willRestart = restarts(this.#pod, container, {
          ...record,
          current: { ...instance, end: { exitCode: 137, reason: '', at: 0 } },
        });
        const message = `Container ${container.name} failed ${kind} probe${willRestart ? ', will be restarted' : ''}`;
        void this.#stop(container, message, grace);
      },
    });
    this.#probers.set(container.name, prober);
    this.#status.touch();
  }

  #stopProber(container: string): void {
    this.#probers.get(container)?.stop();
    this.#probers.delete(container);
  }

  // ------------------------------------------------------------------ state

  #recordOf(container: Container): ContainerRecord {
    const known = this.#records.get(container.name);
    if (known) return known;
    const kind = containersOf(this.#pod).find((c) => c.spec.name === container.name)?.kind ?? 'main';
    const record: ContainerRecord = { name: container.name, kind };
    this.#records.set(container.name, record);
    return record;
  }

  /** What the status says of the time before the kubelet (and the node with it) started again. */
  #restore(): void {
    const { status, metadata } = this.#pod;
    const known = new Map(
      [
        ...(status?.initContainerStatuses ?? []),
        ...(status?.containerStatuses ?? []),
        ...(status?.ephemeralContainerStatuses ?? []),
      ].map((s) => [s.name, s]),
    );
    for (const { kind, spec } of containersOf(this.#pod)) {
      const old = known.get(spec.name);
      if (!old) continue;
      const record = recordFromStatus(kind, old, this.#services.clock.now());
      if (record.current) record.current = { ...record.current, specImage: spec.image ?? '' };
      for (const instance of [record.current, record.previous]) {
        if (instance) instance.log = this.#services.logs.open(this.#pod, spec.name, instance.attempt);
      }
      this.#records.set(spec.name, record);
    }
    if (status?.phase === 'Succeeded' || status?.phase === 'Failed') {
      this.#finished = true;
      this.#podIP = status.podIP;
    } else if (status?.podIP && !this.#pod.spec?.hostNetwork) {
      this.#podIP = this.#services.addresses.allocate(metadata.uid, status.podIP);
    }
  }

  #currentStatus(): PodStatus {
    const { clock, hostIP } = this.#services;
    return podStatus({
      pod: this.#pod,
      records: this.#records,
      now: clock.now(),
      hostIP,
      podIP: this.#podIP,
      sandbox: this.#sandbox,
      terminal: this.#finished,
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

  /** One timer: the earliest moment something is due. */
  #wakeAt(at: number): void {
    const { clock } = this.#services;
    if (this.#timer && this.#timer.at <= at && this.#timer.at > clock.now()) return;
    this.#timer?.timer.cancel();
    const timer = clock.after(Math.max(0, at - clock.now()), () => {
      this.#timer = undefined;
      this.wake();
    });
    this.#timer = { at, timer };
  }
}
