/** Resizing Pods in place (KEP-1287): what a node grants, what becomes of running containers, and how it is told. */
import type { Container, Pod, PodCondition, ResourceRequirements } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { type Amounts, amounts, podRequests } from '../../../kube/requests.ts';
import { type ContainerRecord, containersOf } from '../containers/container-record.ts';
import { same } from '../registration/status-writer.ts';
import { runs } from './lifecycle.ts';

/** Why a wish is not granted, now or ever. */
interface Pending {
  reason: 'Deferred' | 'Infeasible';
  message: string;
}

/** What the node has, and what its other Pods hold of it. */
export interface Room {
  allocatable: Readonly<Record<string, string>>;
  used: Amounts;
}

export type ResizeEvent = [type: 'Normal' | 'Warning', reason: string, message: string];

/** What the containers of one Pod have been granted: what the spec says, unless the node could not give that. */
export class Allocation {
  readonly #granted = new Map<string, ResourceRequirements>();
  #pending: Pending | undefined;
  #toldPending: string | undefined;
  /** The generation whose resources are being applied. */
  #applying: number | undefined;
  #shown: { of: Stored<Pod>; pod: Stored<Pod> } | undefined;

  constructor(pod: Stored<Pod>) {
    const { initContainerStatuses = [], containerStatuses = [] } = pod.status ?? {};
    const statuses = [...initContainerStatuses, ...containerStatuses];
    for (const { spec } of containersOf(pod)) {
      // What ran before the kubelet started again had what its status says.
      const before = statuses.find(({ name }) => name === spec.name)?.resources;
      this.#granted.set(spec.name, before ?? spec.resources ?? {});
    }
  }

  get isPending(): boolean {
    return this.#pending !== undefined;
  }

  /** The Pod as it would be if it asked for nothing but what it was granted. */
  show(pod: Stored<Pod>): Stored<Pod> {
    if (this.#shown?.of !== pod) this.#shown = { of: pod, pod: this.#withGranted(pod) };
    return this.#shown.pod;
  }

  #withGranted(pod: Stored<Pod>): Stored<Pod> {
    if (!pod.spec || !this.#differs(pod)) return pod;
    const granted = (container: Container) => {
      const resources = this.#granted.get(container.name);
      return resources ? { ...container, resources } : container;
    };
    const { containers, initContainers } = pod.spec;
    return {
      ...pod,
      spec: {
        ...pod.spec,
        containers: containers.map(granted),
        ...(initContainers && { initContainers: initContainers.map(granted) }),
      },
    };
  }

  #differs(pod: Stored<Pod>): boolean {
    return containersOf(pod).some(({ spec }) => {
      const granted = this.#granted.get(spec.name);
      return granted !== undefined && !same(granted, spec.resources ?? {});
    });
  }

  /** Grants what the spec wishes for if there is room. Returns what there is to tell. */
  consider(pod: Stored<Pod>, room: () => Room): ResizeEvent[] {
    if (!this.#differs(pod)) {
      this.#pending = undefined;
      return [];
    }
    this.#pending = refusal(pod, room());
    if (this.#pending) return this.#tellPending(pod, this.#pending);
    for (const { spec } of containersOf(pod)) this.#granted.set(spec.name, spec.resources ?? {});
    this.#shown = undefined;
    this.#applying = pod.metadata.generation ?? 0;
    return [['Normal', 'ResizeStarted', `Pod resize started: ${summary(pod)}`]];
  }

  #tellPending(pod: Stored<Pod>, { reason, message }: Pending): ResizeEvent[] {
    const text = `Pod resize ${reason}: ${summary(pod, message)}`;
    if (text === this.#toldPending) return [];
    this.#toldPending = text;
    return [['Warning', `Resize${reason}`, text]];
  }

  /** Called after containers have been changed: tells when all of them have what was granted. */
  settle(pod: Stored<Pod>, records: ReadonlyMap<string, ContainerRecord>): ResizeEvent[] {
    if (this.#applying === undefined) return [];
    const shown = this.show(pod);
    const all = containersOf(shown).every(({ kind, spec }) => {
      const record = records.get(spec.name);
      return kind === 'init' || (runs(record) && same(record?.current?.resources ?? {}, spec.resources ?? {}));
    });
    if (!all) return [];
    this.#applying = undefined;
    return [['Normal', 'ResizeCompleted', `Pod resize completed: ${summary(shown)}`]];
  }

  /** What the Pod's status says of it; without a time. */
  conditions(generation: number | undefined): Omit<PodCondition, 'lastTransitionTime'>[] {
    const conditions: Omit<PodCondition, 'lastTransitionTime'>[] = [];
    if (this.#pending) {
      const observed = generation === undefined ? {} : { observedGeneration: generation };
      conditions.push({ type: 'PodResizePending', status: 'True', ...this.#pending, ...observed });
    }
    if (this.#applying !== undefined) {
      conditions.push({ type: 'PodResizeInProgress', status: 'True', observedGeneration: this.#applying });
    }
    return conditions;
  }
}

/** Whether a container must start anew to get what it was granted. */
export function resizeRestarts(container: Container, applied: ResourceRequirements): boolean {
  const differs = (part: 'limits' | 'requests', name: string) =>
    applied[part]?.[name] !== container.resources?.[part]?.[name];
  const changed = new Set([
    ...(differs('limits', 'cpu') || differs('requests', 'cpu') ? ['cpu'] : []),
    // A request for memory changes nothing for the process.
    ...(differs('limits', 'memory') ? ['memory'] : []),
  ]);
  return (container.resizePolicy ?? []).some(
    ({ resourceName, restartPolicy }) => restartPolicy === 'RestartContainer' && changed.has(resourceName),
  );
}

function refusal(pod: Stored<Pod>, { allocatable, used }: Room): Pending | undefined {
  const has = amounts(allocatable);
  // What it has now is no part of what it asks for.
  const wants = podRequests({ ...pod, status: undefined });
  const tooMuch = ['memory', 'cpu'].find((name) => (wants[name] ?? 0) > (has[name] ?? 0));
  if (tooMuch !== undefined) {
    const what = `${tooMuch}, requested: ${wants[tooMuch]}, capacity: ${has[tooMuch]}`;
    return { reason: 'Infeasible', message: `Node didn't have enough capacity: ${what}` };
  }
  const scarce = ['cpu', 'memory'].find((name) => (wants[name] ?? 0) > (has[name] ?? 0) - (used[name] ?? 0));
  if (scarce === undefined) return undefined;
  const what = `${scarce}, requested: ${wants[scarce]}, used: ${used[scarce]}, capacity: ${has[scarce]}`;
  return { reason: 'Deferred', message: `Node didn't have enough resource: ${what}` };
}

/** The resources of all containers, as events show them. */
function summary({ metadata, spec }: Stored<Pod>, error?: string): string {
  const sorted = (list: Record<string, string> | undefined) =>
    list && Object.fromEntries(Object.entries(list).sort(([a], [b]) => (a < b ? -1 : 1)));
  const of = (containers: readonly Container[] | undefined) =>
    containers?.map(({ name, resources }) => ({
      name,
      resources: { limits: sorted(resources?.limits), requests: sorted(resources?.requests) },
    }));
  const { generation = 0 } = metadata;
  return JSON.stringify({
    initContainers: of(spec?.initContainers),
    containers: of(spec?.containers),
    generation,
    error,
  });
}
