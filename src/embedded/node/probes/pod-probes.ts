import type { Container, Pod } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import type { RunningContainer } from '../../container-api.ts';
import type { ContainerRecord, Instance } from '../containers/container-record.ts';
import { restarts } from '../pods/lifecycle.ts';
import { containerEvent, containerPath, type NodeServices } from '../services.ts';
import { type ProbeKind, Prober } from './prober.ts';

const names: Readonly<Record<ProbeKind, string>> = { startup: 'Startup', liveness: 'Liveness', readiness: 'Readiness' };

/** What a worker gives the probes of one run of a container. */
export interface ProbedRun {
  pod: Stored<Pod>;
  podIP: string;
  container: Container;
  record: ContainerRecord;
  instance: Instance;
  running: RunningContainer;
  changed: () => void;
  /** A liveness or startup probe failed for good. */
  kill: (message: string, graceSeconds: number) => void;
}

/** The probers of a Pod's containers. */
export class PodProbes {
  readonly #services: NodeServices;
  readonly #probers = new Map<string, Prober>();
  readonly #runs = new Map<string, ProbedRun>();

  constructor(services: NodeServices) {
    this.#services = services;
  }

  start(run: ProbedRun): void {
    const { pod, podIP, container, record, instance, running, changed, kill } = run;
    this.#runs.set(container.name, run);
    const { runtime, clock } = this.#services;
    const path = containerPath(pod, container.name);
    const prober = new Prober({ container, running, podIP, podUid: pod.metadata.uid, runtime }, instance, clock, {
      unhealthy: (kind, output) =>
        containerEvent(this.#services, pod, path, 'Warning', 'Unhealthy', `${names[kind]} probe failed: ${output}`),
      probed: (kind, success) => this.#services.probes.count(pod, container.name, names[kind], success),
      changed,
      kill: (kind) => {
        const probe = kind === 'startup' ? container.startupProbe : container.livenessProbe;
        const grace = probe?.terminationGracePeriodSeconds ?? pod.spec?.terminationGracePeriodSeconds ?? 30;
        const ended = { ...instance, end: { exitCode: 137, reason: '', at: 0 } };
        const again = restarts(pod, container, { ...record, current: ended }) ? ', will be restarted' : '';
        kill(`Container ${container.name} failed ${kind} probe${again}`, grace);
      },
    });
    this.#probers.set(container.name, prober);
  }

  stop(container: string): void {
    this.#probers.get(container)?.stop();
    this.#probers.delete(container);
    this.#runs.delete(container);
  }

  stopAll(): void {
    for (const prober of this.#probers.values()) prober.stop();
  }

  /** No probes until `resume`. */
  pause(): void {
    this.stopAll();
    this.#probers.clear();
  }

  /** Probes begin anew; what they had found out holds until they find out something else. */
  resume(): void {
    for (const run of [...this.#runs.values()]) {
      const { started, ready } = run.instance;
      this.start(run);
      Object.assign(run.instance, { started, ready });
    }
  }
}
