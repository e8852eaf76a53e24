import type { Node, NodeCondition, Pod } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { leases, nodes, pods } from '../../../kube/resources.ts';
import type { ApiClient, Component, ComponentContext, EventRecorder } from '../../api.ts';
import { WorkQueue } from '../../client/work-queue.ts';
import { expecting, inBackground, refusals } from '../../errors/background.ts';
import { timestamp } from '../../registry/metadata.ts';
import { controllerClient } from '../identity.ts';
import { changeTaints, hasTaint, notReady, schedulingTaints, unreachable } from './node-taints.ts';
import { NodeZones } from './node-zones.ts';

/** --node-monitor-period, --node-monitor-grace-period of v1.35 and --node-startup-grace-period. */
const periodMs = 5_000;
const graceMs = 50_000;
const startupGraceMs = 60_000;
/** How long after a look lost nodes get their NoExecute taints. */
const evictionPeriodMs = 100;
const monitored = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'];

/** Labels that kubelets of long ago set, and those they follow. */
const labelTwins = [
  ['kubernetes.io/os', 'beta.kubernetes.io/os'],
  ['kubernetes.io/arch', 'beta.kubernetes.io/arch'],
] as const;

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
  /** Nodes that wait for their zone's turn to be tainted NoExecute. */
  readonly #evictions: WorkQueue;
  readonly #zones = new NodeZones();
  /** When each node last showed life: what its lease said, and when that was noticed (ms since 1970). */
  readonly #seen = new Map<string, { life: string; at: number }>();

  constructor(context: ComponentContext) {
    const { clock, signal, report } = context;
    this.#context = context;
    this.#client = controllerClient(context, 'node-controller');
    this.#recorder = context.recorder('node-controller');
    this.#queue = new WorkQueue({ clock, signal, report, sync: (name) => this.#follow(name) });
    this.#evictions = new WorkQueue({ clock, signal, report, sync: (name) => this.#evict(name) });
  }

  start(): void {
    const { informers } = this.#context;
    informers.of(nodes).on({
      add: ({ metadata }) => this.#queue.add(metadata.name),
      update: ({ metadata }) => this.#queue.add(metadata.name),
    });
    informers.of(pods).on({
      add: (pod) => this.#arrived(pod),
      update: (pod, old) => {
        if (pod.spec?.nodeName !== old.spec?.nodeName) this.#arrived(pod);
      },
    });
    this.#watchOver(0);
  }

  /** What follows from a node's own state at once: labels and NoSchedule taints. */
  async #follow(name: string): Promise<void> {
    const node = this.#node(name);
    if (!node) return;
    await this.#unlessStale(async () => {
      const taints = schedulingTaints(node);
      if (taints) await changeTaints(this.#client, node, taints, this.#context.clock.now());
      const labels = Object.fromEntries(
        labelTwins.flatMap(([first, second]) => {
          const value = node.metadata.labels?.[first];
          return value === undefined || value === node.metadata.labels?.[second] ? [] : [[second, value]];
        }),
      );
      if (Object.keys(labels).length > 0) {
        await this.#client.patch(nodes, undefined, name, 'strategic', { metadata: { labels } });
      }
    });
  }

  /** Every period all nodes are looked at. */
  #watchOver(wait: number): void {
    const { clock, signal } = this.#context;
    clock.after(wait, () => {
      if (signal.aborted) return;
      // What fails now is tried again in the next period.
      void inBackground(this.#context, 'watching over nodes', () => this.#monitor(), refusals).then(() =>
        this.#watchOver(periodMs),
      );
    });
  }

  async #monitor(): Promise<void> {
    const all = this.#context.informers.of(nodes).list();
    this.#greet(all);
    for (const node of all) {
      await this.#unlessStale(async () => {
        if (this.#isSilent(node)) await this.#markUnknown(node);
      });
    }
    const now = this.#context.informers.of(nodes).list();
    this.#zones.observe(now);
    for (const node of now) await this.#unlessStale(() => this.#judge(node));
  }

  /** Tells of nodes that came and went since the last look. */
  #greet(all: readonly Stored<Node>[]): void {
    const names = new Set(all.map(({ metadata }) => metadata.name));
    for (const node of all) {
      const { name } = node.metadata;
      if (this.#seen.has(name)) continue;
      this.#seen.set(name, { life: '', at: 0 });
      this.#recorder.event(
        node,
        'Normal',
        'RegisteredNode',
        `Node ${name} event: Registered Node ${name} in Controller`,
      );
    }
    for (const name of [...this.#seen.keys()]) {
      if (names.has(name)) continue;
      this.#seen.delete(name);
      const gone = { apiVersion: 'v1', kind: 'Node', metadata: { name } };
      const text = `Node ${name} event: Removing Node ${name} from Controller`;
      this.#recorder.event(gone, 'Normal', 'RemovingNode', text);
    }
  }

  #isSilent(node: Stored<Node>): boolean {
    const { clock, informers } = this.#context;
    const { name, creationTimestamp } = node.metadata;
    const lease = informers.of(leases).get('kube-node-lease', name);
    const heartbeat = conditionOf(node, 'Ready')?.lastHeartbeatTime;
    const life = `${lease?.spec?.renewTime ?? ''} ${heartbeat ?? creationTimestamp}`;
    const known = this.#seen.get(name);
    if (known?.life !== life) {
      this.#seen.set(name, { life, at: clock.now() });
      return false;
    }
    const grace = conditionOf(node, 'Ready') ? graceMs : startupGraceMs;
    return clock.now() - known.at >= grace && monitored.some((type) => conditionOf(node, type)?.status !== 'Unknown');
  }

  async #markUnknown(node: Stored<Node>): Promise<void> {
    const now = timestamp(this.#context.clock.now());
    const unknown = (type: string): NodeCondition => {
      const known = conditionOf(node, type);
      if (known?.status === 'Unknown') return known;
      const why = known
        ? { reason: 'NodeStatusUnknown', message: 'Kubelet stopped posting node status.' }
        : { reason: 'NodeStatusNeverUpdated', message: 'Kubelet never posted node status.' };
      const lastHeartbeatTime = known?.lastHeartbeatTime ?? node.metadata.creationTimestamp;
      return { type, status: 'Unknown', ...why, lastHeartbeatTime, lastTransitionTime: now };
    };
    const old = node.status?.conditions ?? [];
    const conditions = [
      ...old.map((condition) => (monitored.includes(condition.type) ? unknown(condition.type) : condition)),
      ...monitored.filter((type) => !conditionOf(node, type)).map(unknown),
    ];
    await this.#client.updateStatus(nodes, { ...node, status: { ...node.status, conditions } });
    if (conditionOf(node, 'Ready')?.status !== 'True') return;
    const { name } = node.metadata;
    this.#recorder.event(node, 'Normal', 'NodeNotReady', `Node ${name} status is now: NodeNotReady`);
    for (const pod of this.#context.informers.of(pods).list()) {
      if (pod.spec?.nodeName === name) await this.#markNotReady(pod);
    }
  }

  /** NoExecute taints follow the node's readiness: a change from one to the other at once, new ones by turns. */
  async #judge(node: Stored<Node>): Promise<void> {
    const { clock } = this.#context;
    const status = conditionOf(node, 'Ready')?.status ?? 'Unknown';
    if (status === 'True' || this.#zones.allLost) {
      const none = { effect: 'NoExecute', add: [], remove: [notReady, unreachable] } as const;
      return changeTaints(this.#client, node, none, clock.now());
    }
    if (!node.status?.conditions?.length) return;
    const [key, other] = status === 'False' ? [notReady, unreachable] : [unreachable, notReady];
    if (hasTaint(node, other, 'NoExecute')) {
      const swap = { effect: 'NoExecute', add: [key], remove: [other] } as const;
      await changeTaints(this.#client, node, swap, clock.now());
    } else if (!hasTaint(node, key, 'NoExecute')) this.#evictions.addAfter(node.metadata.name, evictionPeriodMs);
  }

  async #evict(name: string): Promise<{ after: number } | undefined> {
    const { clock } = this.#context;
    const node = this.#node(name);
    const status = node && (conditionOf(node, 'Ready')?.status ?? 'Unknown');
    if (!node || status === 'True') return undefined;
    const key = status === 'False' ? notReady : unreachable;
    if (hasTaint(node, key, 'NoExecute')) return undefined;
    const wait = this.#zones.turn(node, clock.now());
    if (wait === undefined) return undefined;
    if (wait > 0) return { after: wait };
    await this.#unlessStale(() =>
      changeTaints(this.#client, node, { effect: 'NoExecute', add: [key], remove: [] }, clock.now()),
    );
    return undefined;
  }

  /** Services must not lead to Pods that nobody hears of. */
  #arrived(pod: Stored<Pod>): void {
    const node = pod.spec?.nodeName === undefined ? undefined : this.#node(pod.spec.nodeName);
    const ready = node && conditionOf(node, 'Ready');
    if (!ready || ready.status === 'True') return;
    void inBackground(this.#context, 'a Pod of a lost node', () => this.#markNotReady(pod), refusals);
  }

  async #markNotReady(pod: Stored<Pod>): Promise<void> {
    const now = timestamp(this.#context.clock.now());
    const old = pod.status?.conditions ?? [];
    if (!old.some((c) => c.type === 'Ready' && c.status !== 'False')) return;
    const conditions = old.map((c) => (c.type === 'Ready' ? { ...c, status: 'False', lastTransitionTime: now } : c));
    await this.#client.updateStatus(pods, { ...pod, status: { ...pod.status, conditions } });
    this.#recorder.event(pod, 'Warning', 'NodeNotReady', 'Node is not ready');
  }

  #node(name: string): Stored<Node> | undefined {
    return this.#context.informers.of(nodes).get(undefined, name);
  }

  /** A newer state of the object is on its way, or it is gone: then the next look is soon enough. */
  async #unlessStale(write: () => Promise<void>): Promise<void> {
    await expecting(['Conflict', 'NotFound'], write());
  }
}

function conditionOf(node: Node, type: string): NodeCondition | undefined {
  return node.status?.conditions?.find((c) => c.type === type);
}
