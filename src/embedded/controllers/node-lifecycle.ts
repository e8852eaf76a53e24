import type { Node, NodeCondition, Pod, Taint } from '../../kube/api.gen.ts';
import type { Stored } from '../../kube/meta.ts';
import { leases, nodes, pods } from '../../kube/resources.ts';
import type { ApiClient, Component, ComponentContext, EventRecorder } from '../api.ts';
import { timestamp } from '../registry/metadata.ts';
import { isConflict, isNotFound } from './failures.ts';
import { controllerClient } from './identity.ts';
import { WorkQueue } from './work-queue.ts';

/** --node-monitor-period and --node-monitor-grace-period of v1.35. */
const periodMs = 5_000;
const graceMs = 50_000;
const monitored = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'];

/** Conditions and the taint each status of theirs stands for. */
const conditionTaints: Record<string, Partial<Record<string, string>>> = {
  Ready: { False: 'node.kubernetes.io/not-ready', Unknown: 'node.kubernetes.io/unreachable' },
  MemoryPressure: { True: 'node.kubernetes.io/memory-pressure' },
  DiskPressure: { True: 'node.kubernetes.io/disk-pressure' },
  PIDPressure: { True: 'node.kubernetes.io/pid-pressure' },
  NetworkUnavailable: { True: 'node.kubernetes.io/network-unavailable' },
};
const unschedulable = 'node.kubernetes.io/unschedulable';
const evicting = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'];
const managed = new Set([
  unschedulable,
  ...Object.values(conditionTaints).flatMap((byStatus) => Object.values(byStatus).filter((key) => key !== undefined)),
]);

/**
 * Turns what kubelets report into taints, and silence into `Unknown`: a node whose lease was not renewed for the grace
 * period is unreachable, its Pods are not ready.
 */
export const nodeLifecycle: Component = {
  name: 'node-lifecycle',
  start: (context) => new NodeLifecycle(context).start(),
};

class NodeLifecycle {
  readonly #context: ComponentContext;
  readonly #client: ApiClient;
  readonly #recorder: EventRecorder;
  readonly #queue: WorkQueue;
  /** When each node last showed life: what its lease said, and when that was noticed (ms since 1970). */
  readonly #seen = new Map<string, { renewTime: string; at: number }>();

  constructor(context: ComponentContext) {
    const { clock, signal } = context;
    this.#context = context;
    this.#client = controllerClient(context, 'node-controller');
    this.#recorder = context.recorder('node-controller');
    this.#queue = new WorkQueue({ clock, signal, sync: (name) => this.#sync(name) });
  }

  start(): void {
    this.#context.informers.of(nodes).on({
      add: (node) => {
        this.#recorder.event(
          node,
          'Normal',
          'RegisteredNode',
          `Node ${node.metadata.name} event: Registered Node ${node.metadata.name} in Controller`,
        );
        this.#queue.add(node.metadata.name);
      },
      update: ({ metadata }) => this.#queue.add(metadata.name),
      delete: ({ metadata }) => this.#seen.delete(metadata.name),
    });
    this.#watchOver();
  }

  /** Every period each node is looked at for silence; its taints follow from its conditions. */
  #watchOver(): void {
    const { clock, signal, informers } = this.#context;
    clock.after(periodMs, () => {
      if (signal.aborted) return;
      for (const { metadata } of informers.of(nodes).list()) this.#queue.add(metadata.name);
      this.#watchOver();
    });
  }

  async #sync(name: string): Promise<void> {
    const node = this.#context.informers.of(nodes).get(undefined, name);
    if (!node) return;
    try {
      if (this.#isSilent(node)) await this.#markUnknown(node);
      const wanted = this.#taints(node);
      if (!sameTaints(wanted, node.spec?.taints ?? [])) {
        await this.#client.update(nodes, { ...node, spec: { ...node.spec, taints: wanted } });
      }
      if (statusOf(node, 'Ready') !== 'True' && node.status?.conditions?.length) await this.#unreadyPods(name);
    } catch (error) {
      // A newer state of the node is on its way and brings us back here.
      if (!isConflict(error) && !isNotFound(error)) throw error;
    }
  }

  /** A node that never had a lease and reports nothing is only registering. */
  #isSilent(node: Stored<Node>): boolean {
    const { clock, informers } = this.#context;
    const { name } = node.metadata;
    const lease = informers.of(leases).get('kube-node-lease', name);
    const heartbeat = node.status?.conditions?.find((c) => c.type === 'Ready')?.lastHeartbeatTime ?? '';
    const renewTime = `${lease?.spec?.renewTime ?? ''} ${heartbeat}`;
    const known = this.#seen.get(name);
    if (known?.renewTime !== renewTime) {
      this.#seen.set(name, { renewTime, at: clock.now() });
      return false;
    }
    return clock.now() - known.at >= graceMs && monitored.some((type) => statusOf(node, type) !== 'Unknown');
  }

  async #markUnknown(node: Stored<Node>): Promise<void> {
    const now = timestamp(this.#context.clock.now());
    const old = node.status?.conditions ?? [];
    const wasReady = statusOf(node, 'Ready') === 'True';
    const conditions = monitored.flatMap((type): NodeCondition[] => {
      const known = old.find((c) => c.type === type);
      if (known?.status === 'Unknown') return [];
      const why = known
        ? { reason: 'NodeStatusUnknown', message: 'Kubelet stopped posting node status.' }
        : { reason: 'NodeStatusNeverUpdated', message: 'Kubelet never posted node status.' };
      return [
        {
          type,
          status: 'Unknown',
          ...why,
          lastHeartbeatTime: known?.lastHeartbeatTime ?? now,
          lastTransitionTime: now,
        },
      ];
    });
    if (conditions.length === 0) return;
    await this.#client.patch(
      nodes,
      undefined,
      node.metadata.name,
      'strategic',
      { status: { conditions } },
      { subresource: 'status' },
    );
    if (!wasReady) return;
    const text = `Node ${node.metadata.name} status is now: NodeNotReady`;
    this.#recorder.event(node, 'Normal', 'NodeNotReady', text);
  }

  /** The taints the node should have: those of others as they are, ours by its conditions. */
  #taints(node: Stored<Node>): Taint[] {
    const now = timestamp(this.#context.clock.now());
    const old = node.spec?.taints ?? [];
    const keys = (node.status?.conditions ?? []).flatMap((c) => conditionTaints[c.type]?.[c.status] ?? []);
    // A node that reported nothing yet keeps what it was made with.
    if (!node.status?.conditions?.length) keys.push(...old.filter((t) => managed.has(t.key)).map((t) => t.key));
    const noExecute = keys.filter((key) => evicting.includes(key) && node.status?.conditions?.length);
    if (node.spec?.unschedulable) keys.push(unschedulable);
    const wanted: Taint[] = [
      ...keys.map((key): Taint => ({ key, effect: 'NoSchedule' })),
      ...noExecute.map((key): Taint => ({ key, effect: 'NoExecute' })),
    ];
    const kept = old.filter((taint) => !managed.has(taint.key) || wanted.some((w) => isSame(w, taint)));
    const added = wanted.filter((w) => !old.some((taint) => isSame(w, taint)));
    return [...kept, ...added.map((taint) => ({ ...taint, timeAdded: now }))];
  }

  /** Services must not lead to Pods that nobody hears of. */
  async #unreadyPods(nodeName: string): Promise<void> {
    const { informers, clock } = this.#context;
    for (const pod of informers.of(pods).list()) {
      if (pod.spec?.nodeName !== nodeName || readyOf(pod) !== 'True') continue;
      this.#recorder.event(pod, 'Warning', 'NodeNotReady', 'Node is not ready');
      const condition = { type: 'Ready', status: 'False', lastTransitionTime: timestamp(clock.now()) };
      const { namespace, name } = pod.metadata;
      await this.#client.patch(
        pods,
        namespace,
        name,
        'strategic',
        { status: { conditions: [condition] } },
        { subresource: 'status' },
      );
    }
  }
}

function statusOf(node: Stored<Node>, type: string): string | undefined {
  return node.status?.conditions?.find((c) => c.type === type)?.status;
}

function readyOf(pod: Stored<Pod>): string | undefined {
  return pod.status?.conditions?.find((c) => c.type === 'Ready')?.status;
}

function isSame(a: Taint, b: Taint): boolean {
  return a.key === b.key && a.effect === b.effect;
}

function sameTaints(a: readonly Taint[], b: readonly Taint[]): boolean {
  return a.length === b.length && a.every((taint, index) => isSame(taint, b[index] ?? taint));
}
