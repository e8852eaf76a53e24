import type { Container, Pod } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import type { RunningContainer } from '../../container-api.ts';
import { type ContainerRecord, containersOf, type Instance } from '../containers/container-record.ts';
import { startContainer } from '../containers/container-start.ts';
import { type Deadline, stopContainer } from '../containers/container-stop.ts';
import { restartDelay, waitBeforeStart } from '../containers/crash-loop.ts';
import type { PodVolumes } from '../environment/volumes.ts';
import { PodProbes } from '../probes/pod-probes.ts';
import { same } from '../registration/status-writer.ts';
import type { NodeServices } from '../services.ts';
import { runs } from './lifecycle.ts';
import { restoreRecords } from './pod-restore.ts';
import { resizeRestarts } from './resize.ts';

/** How soon a container is tried again that could not be created. */
export const retryDelay = 10_000;

/** What containers need of the Pod that they are of. */
export interface ContainersOwner {
  pod(): Stored<Pod>;
  /** Empty: it has none yet. */
  podIP(): string;
  volumes: PodVolumes;
  /** Nothing is started any more. */
  signal: AbortSignal;
  /** The Pod's status may have changed. */
  touch(): void;
  /** The Pod has to be looked at: now, or at a time (ms since 1970). */
  wake(): void;
  wakeAt(time: number): void;
}

/** The containers of one Pod: what runs, is probed, and is about to end. */
export class PodContainers {
  readonly records: Map<string, ContainerRecord>;
  readonly probes: PodProbes;
  readonly #services: NodeServices;
  readonly #owner: ContainersOwner;
  readonly #deadlines = new Set<Deadline>();
  #discarded = false;

  constructor(services: NodeServices, owner: ContainersOwner) {
    this.#services = services;
    this.#owner = owner;
    this.records = restoreRecords(services, owner.pod());
    this.probes = new PodProbes(services);
  }

  /** Those that are ending have so long at most, milliseconds. */
  hurry(ms: number): void {
    for (const deadline of this.#deadlines) deadline.shorten(ms);
  }

  /** From now on nothing has time to end. */
  discard(): void {
    this.#discarded = true;
    this.hurry(0);
  }

  /** The node stops: no timer is left. */
  cancel(): void {
    this.probes.stopAll();
    for (const deadline of this.#deadlines) deadline.cancel();
  }

  /** Starts a container, unless it has to wait; then it says when it is due. */
  async start(container: Container, now: number): Promise<void> {
    const record = this.recordOf(container);
    const wait = waitBeforeStart(this.#services, this.#owner.pod(), container, record, now);
    if (wait !== undefined) {
      this.#owner.touch();
      return this.#owner.wakeAt(wait);
    }
    const again = await startContainer(this.#services, {
      pod: this.#owner.pod(),
      container,
      record,
      volumes: this.#owner.volumes,
      podIP: this.#owner.podIP(),
      signal: this.#owner.signal,
      begun: (instance, running) => this.#probe(container, record, instance, running),
      ended: () => {
        this.probes.stop(container.name);
        this.#owner.touch();
        this.#owner.wake();
      },
    });
    this.#owner.touch();
    if (record.waiting) {
      record.notBefore = record.current ? undefined : (again ?? now + retryDelay);
      this.#owner.wakeAt(record.notBefore ?? now + restartDelay);
    } else this.#owner.wake();
  }

  /** Gives a running container what it has been granted, which may take another start. */
  async resize(container: Container): Promise<void> {
    const record = this.recordOf(container);
    const { current } = record;
    if (!current?.running || same(current.resources ?? {}, container.resources ?? {})) return;
    if (resizeRestarts(container, current.resources ?? {})) {
      this.#owner.touch();
      record.interrupted = true;
      await this.stop(container, `Container ${container.name} resize requires restart`);
      return this.#owner.wake();
    }
    current.running.update(container.resources ?? {});
    current.resources = container.resources ?? {};
  }

  /** Main containers first, together; then sidecars, last started first (KEP-753). */
  async stopAll(graceSeconds: number): Promise<void> {
    const began = this.#services.clock.now();
    const left = () => Math.max(graceSeconds > 0 ? 1 : 0, graceSeconds - (this.#services.clock.now() - began) / 1000);
    const all = containersOf(this.#owner.pod());
    await Promise.all(
      all
        .filter((c) => c.kind !== 'sidecar')
        .map((c) => this.stop(c.spec, `Stopping container ${c.spec.name}`, left())),
    );
    for (const { spec } of all.filter((c) => c.kind === 'sidecar').reverse()) {
      await this.stop(spec, `Stopping container ${spec.name}`, left());
    }
  }

  /** Ends a container, if it runs. */
  async stop(
    spec: Container,
    message: string,
    graceSeconds = this.#owner.pod().spec?.terminationGracePeriodSeconds ?? 30,
  ) {
    const record = this.records.get(spec.name);
    if (!record || !runs(record)) return;
    this.probes.stop(spec.name);
    record.stopped = record.current?.id;
    const mine: Deadline[] = [];
    await stopContainer(this.#services, this.#owner.pod(), spec, record, {
      graceSeconds,
      message,
      podIP: this.#owner.podIP(),
      onDeadline: (d) => {
        mine.push(d);
        this.#deadlines.add(d);
        if (this.#discarded) d.shorten(0);
      },
    });
    for (const d of mine) this.#deadlines.delete(d);
    this.#owner.touch();
  }

  #probe(container: Container, record: ContainerRecord, instance: Instance, running: RunningContainer): void {
    this.probes.start({
      pod: this.#owner.pod(),
      podIP: this.#owner.podIP(),
      container,
      record,
      instance,
      running,
      changed: () => {
        this.#owner.touch();
        this.#owner.wake();
      },
      kill: (message, graceSeconds) => void this.stop(container, message, graceSeconds),
    });
    this.#owner.touch();
  }

  recordOf(container: Container): ContainerRecord {
    const known = this.records.get(container.name);
    if (known) return known;
    const kind = containersOf(this.#owner.pod()).find((c) => c.spec.name === container.name)?.kind ?? 'main';
    const record: ContainerRecord = { name: container.name, kind };
    this.records.set(container.name, record);
    return record;
  }
}
