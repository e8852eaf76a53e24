import type { Clock, Timer } from '../../../kernel/clock.ts';
import type { Container, Pod } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { containerEvent, containerPath, type NodeServices } from '../services.ts';
import type { ContainerRecord } from './container-record.ts';
import { runHook } from './hooks.ts';

/** SIGTERM gets at least this long, however long preStop took. */
const shortestGrace = 2000;

/** The end of a grace period; it can only come nearer (a second delete with a shorter one). */
export class Deadline {
  readonly #clock: Clock;
  #at: number;
  #timer: Timer | undefined;
  #passed: () => void = () => {};
  readonly passed: Promise<void>;

  constructor(clock: Clock, ms: number) {
    this.#clock = clock;
    this.#at = clock.now() + ms;
    this.passed = new Promise((resolve) => {
      this.#passed = resolve;
    });
    this.#arm();
  }

  get left(): number {
    return Math.max(0, this.#at - this.#clock.now());
  }

  shorten(ms: number): void {
    const at = this.#clock.now() + ms;
    if (at >= this.#at) return;
    this.#at = at;
    this.#arm();
  }

  cancel(): void {
    this.#timer?.cancel();
  }

  #arm(): void {
    this.#timer?.cancel();
    this.#timer = this.#clock.after(this.left, () => this.#passed());
  }
}

export interface StopOptions {
  graceSeconds: number;
  /** Text of the event `Killing`. */
  message: string;
  podIP: string;
  /** Told of the deadline, so that it can be shortened. */
  onDeadline?: (deadline: Deadline) => void;
}

/** preStop, SIGTERM, and SIGKILL when the grace period is over. Resolves when the container has ended. */
export async function stopContainer(
  services: NodeServices,
  pod: Stored<Pod>,
  spec: Container,
  record: ContainerRecord,
  { graceSeconds, message, podIP, onDeadline }: StopOptions,
): Promise<void> {
  const running = record.current?.running;
  if (!running || record.current?.end) return;
  const path = containerPath(pod, spec.name);
  containerEvent(services, pod, path, 'Normal', 'Killing', message);
  const hook = spec.lifecycle?.preStop;
  let deadline = new Deadline(services.clock, graceSeconds * 1000);
  onDeadline?.(deadline);
  if (hook && graceSeconds > 0) {
    const abort = new AbortController();
    const target = { container: spec, running, podIP, podUid: pod.metadata.uid, runtime: services.runtime };
    const ran = runHook(target, hook, services.clock, abort.signal).catch(() => {
      if (!abort.signal.aborted) {
        containerEvent(services, pod, path, 'Warning', 'FailedPreStopHook', 'PreStopHook failed');
      }
    });
    await Promise.race([ran, running.exited, deadline.passed]);
    abort.abort();
    if (deadline.left < shortestGrace) {
      deadline.cancel();
      deadline = new Deadline(services.clock, shortestGrace);
      onDeadline?.(deadline);
    }
  }
  running.kill(graceSeconds > 0 ? 'SIGTERM' : 'SIGKILL');
  await Promise.race([running.exited, deadline.passed]);
  deadline.cancel();
  if (!record.current?.end) running.kill('SIGKILL');
  await running.exited;
}
