import type { Clock, Timer } from '../../../kernel/clock.ts';
import type { Probe } from '../../../kube/api.gen.ts';
import type { Instance } from '../containers/container-record.ts';
import { type ActionTarget, runProbe } from './probe-action.ts';

export type ProbeKind = 'startup' | 'liveness' | 'readiness';

export interface ProbeListener {
  /** A probe has been made. */
  probed(kind: ProbeKind, success: boolean): void;
  /** The event `Unhealthy`. */
  unhealthy(kind: ProbeKind, output: string): void;
  /** `started` or `ready` of the instance changed. */
  changed(): void;
  /** A liveness or startup probe failed as often as it may. */
  kill(kind: ProbeKind): void;
}

/**
 * How long after the start the first probe runs. A real kubelet's first tick falls somewhere in the first period;
 * this gives a process the moment that it needs to open its port.
 */
const settleMs = 200;

/** Runs the probes of one run of a container, until `stop`. */
export class Prober {
  readonly #target: ActionTarget;
  readonly #instance: Instance;
  readonly #clock: Clock;
  readonly #listener: ProbeListener;
  readonly #timers = new Map<ProbeKind, Timer>();
  #stopped = false;

  constructor(target: ActionTarget, instance: Instance, clock: Clock, listener: ProbeListener) {
    this.#target = target;
    this.#instance = instance;
    this.#clock = clock;
    this.#listener = listener;
    const { startupProbe, readinessProbe } = target.container;
    instance.started = !startupProbe;
    instance.ready = !readinessProbe;
    if (startupProbe) this.#schedule('startup', startupProbe, firstDelay(startupProbe), { failed: 0, passed: 0 });
    else this.#startOthers();
  }

  stop(): void {
    this.#stopped = true;
    for (const timer of this.#timers.values()) timer.cancel();
  }

  /** Liveness and readiness wait for the startup probe. */
  #startOthers(): void {
    const { livenessProbe, readinessProbe } = this.#target.container;
    const age = this.#clock.now() - (this.#instance.startedAt ?? 0);
    for (const [kind, probe] of [
      ['liveness', livenessProbe],
      ['readiness', readinessProbe],
    ] as const) {
      if (probe) this.#schedule(kind, probe, Math.max(0, firstDelay(probe) - age), { failed: 0, passed: 0 });
    }
  }

  #schedule(kind: ProbeKind, probe: Probe, delay: number, counts: { failed: number; passed: number }): void {
    if (this.#stopped) return;
    this.#timers.set(
      kind,
      this.#clock.after(delay, () => void this.#probe(kind, probe, counts)),
    );
  }

  async #probe(kind: ProbeKind, probe: Probe, counts: { failed: number; passed: number }): Promise<void> {
    const began = this.#clock.now();
    const { success, output } = await runProbe(this.#target, probe, this.#clock);
    if (this.#stopped || this.#instance.end) return;
    this.#listener.probed(kind, success);
    if (success) {
      counts.passed++;
      counts.failed = 0;
      if (counts.passed >= (probe.successThreshold ?? 1)) this.#passed(kind);
      if (kind === 'startup' && this.#instance.started) return;
    } else {
      counts.failed++;
      counts.passed = 0;
      this.#listener.unhealthy(kind, output);
      if (counts.failed >= (probe.failureThreshold ?? 3)) {
        this.#failed(kind);
        if (kind !== 'readiness') return;
      }
    }
    const period = (probe.periodSeconds ?? 10) * 1000;
    this.#schedule(kind, probe, Math.max(0, began + period - this.#clock.now()), counts);
  }

  #passed(kind: ProbeKind): void {
    if (kind === 'startup' && !this.#instance.started) {
      this.#instance.started = true;
      this.#listener.changed();
      this.#startOthers();
    }
    if (kind === 'readiness' && !this.#instance.ready) {
      this.#instance.ready = true;
      this.#listener.changed();
    }
  }

  #failed(kind: ProbeKind): void {
    if (kind !== 'readiness') this.#listener.kill(kind);
    else if (this.#instance.ready) {
      this.#instance.ready = false;
      this.#listener.changed();
    }
  }
}

function firstDelay(probe: Probe): number {
  return Math.max(settleMs, (probe.initialDelaySeconds ?? 0) * 1000);
}
