/** The scheduler: binds Pods to nodes with Kubernetes' own filters, scores and event texts. */
import { pause, turnToWork } from '../../kernel/clock.ts';
import type { Node, Pod, PodCondition } from '../../kube/api.gen.ts';
import type { Stored } from '../../kube/meta.ts';
import { holdsResources } from '../../kube/requests.ts';
import {
  namespaces,
  nodes,
  persistentVolumeClaims,
  persistentVolumes,
  pods,
  storageClasses,
} from '../../kube/resources.ts';
import type { Component, ComponentContext } from '../api.ts';
import { expecting, inBackground, isFault, refusals } from '../errors/background.ts';
import { reasonOf } from '../errors/status.ts';
import { type Diagnosis, diagnose, plugins, selectNode, unschedulableMessage } from './framework.ts';
import { PlacedPods } from './placed-pods.ts';
import type { Cycle } from './plugin.ts';
import { interPodAffinity } from './plugins/inter-pod-affinity.ts';
import { nodeAffinity } from './plugins/node-affinity.ts';
import { nodePorts, nodeResourcesFit } from './plugins/resources.ts';
import { podTopologySpread } from './plugins/topology-spread.ts';
import { decideVolumes, volumeBinding, volumeRestrictions } from './plugins/volumes.ts';
import { PodVolumes } from './pod-volumes.ts';
import { preempt, priorityOf } from './preemption.ts';
import { SchedulingQueue } from './queue.ts';

/** Whom it helps when a Pod leaves a node, comes to one, and when a node's taints or labels change. */
const roomPlugins = [nodeResourcesFit, nodePorts, volumeRestrictions, podTopologySpread, interPodAffinity].map(
  (p) => p.name,
);
const neighbourPlugins = [podTopologySpread.name, interPodAffinity.name];
const nodePlugins = plugins.map((p) => p.name).filter((name) => name !== volumeBinding.name);
const labelPlugins = [nodeAffinity, volumeBinding, podTopologySpread, interPodAffinity].map((p) => p.name);
const storagePlugins = [volumeBinding.name, volumeRestrictions.name];

const schedulerName = 'default-scheduler';
const flushEvery = 30_000;

/** The kube-scheduler with its default profile. */
export function createScheduler(): Component {
  return {
    name: 'scheduler',
    start(context) {
      new Scheduler(context).start();
    },
  };
}

class Scheduler {
  readonly #context: ComponentContext;
  readonly #client: ComponentContext['client'];
  readonly #recorder: ReturnType<ComponentContext['recorder']>;
  readonly #queue: SchedulingQueue;
  readonly #volumes: PodVolumes;
  /** Pods on nodes: as seen, and as bound by us a moment ago. */
  readonly #placed = new PlacedPods();
  /** What waits to be placed, by uid. */
  readonly #pending = new Map<string, Stored<Pod>>();
  /** What is placed and waits for its volumes, by uid. */
  readonly #waiting = new Map<string, AbortController>();
  #running = false;

  constructor(context: ComponentContext) {
    this.#context = context;
    const user = { name: 'system:kube-scheduler', groups: ['system:authenticated'] };
    this.#client = context.client.as({ user, fieldManager: 'kube-scheduler' });
    // Counted events with times in seconds, as on the recorded kind cluster: they stay in order beside the kubelet's.
    this.#recorder = context.recorder(schedulerName);
    this.#volumes = new PodVolumes(context, this.#client);
    this.#queue = new SchedulingQueue(context.clock, () => this.#kick());
  }

  start(): void {
    const { informers, signal, clock } = this.#context;
    const stops = [
      informers.of(nodes).on({
        add: () => this.#queue.moveAll(),
        update: (node, old) => this.#nodeChanged(node, old),
      }),
      informers.of(pods).on({
        add: (pod) => this.#see(pod),
        update: (pod, old) => this.#see(pod, old),
        delete: (pod) => this.#gone(pod),
      }),
    ];
    const changed = () => this.#queue.moveAll(storagePlugins);
    for (const resource of [persistentVolumeClaims, persistentVolumes, storageClasses]) {
      stops.push(informers.of(resource as typeof persistentVolumes).on({ add: changed, update: changed }));
    }
    void (async () => {
      while (!signal.aborted) {
        await pause(clock, flushEvery, signal);
        this.#queue.flush();
      }
      for (const stop of stops) stop();
      this.#queue.stop();
    })();
  }

  #see(pod: Stored<Pod>, old?: Stored<Pod>): void {
    const key = pod.metadata.uid;
    if (pod.spec?.nodeName) {
      this.#placed.put(pod, pod.spec.nodeName);
      this.#forget(key);
      // A Pod that is bound, relabelled or finished can make room or fulfil an affinity.
      const labels = JSON.stringify(pod.metadata.labels) !== JSON.stringify(old?.metadata.labels);
      if (old && holdsResources(old) && !holdsResources(pod)) this.#queue.moveAll(roomPlugins);
      else if (!old?.spec?.nodeName || labels) this.#queue.moveAll(neighbourPlugins);
      return;
    }
    const ours = (pod.spec?.schedulerName ?? schedulerName) === schedulerName;
    const gated = (pod.spec?.schedulingGates ?? []).length > 0;
    if (!ours || gated || pod.metadata.deletionTimestamp || !holdsResources(pod)) {
      this.#forget(key);
      return;
    }
    this.#pending.set(key, pod);
    const changed =
      old !== undefined &&
      JSON.stringify([pod.spec, pod.metadata.labels]) !== JSON.stringify([old.spec, old.metadata.labels]);
    if (!this.#queue.has(key) || changed) this.#queue.add(key, priorityOf(pod));
  }

  #gone(pod: Stored<Pod>): void {
    this.#waiting.get(pod.metadata.uid)?.abort();
    this.#forget(pod.metadata.uid);
    this.#placed.remove(pod.metadata.uid);
    if (pod.spec?.nodeName) this.#queue.moveAll(roomPlugins);
  }

  /** What of a node can make a Pod fit: heartbeats are not among it. */
  #nodeChanged(node: Stored<Node>, old: Stored<Node>): void {
    const differ = (of: (n: Stored<Node>) => unknown) => JSON.stringify(of(node)) !== JSON.stringify(of(old));
    if (differ((n) => [n.spec?.taints, n.spec?.unschedulable])) this.#queue.moveAll(nodePlugins);
    else if (differ((n) => n.metadata.labels)) this.#queue.moveAll(labelPlugins);
    else if (differ((n) => n.status?.allocatable)) this.#queue.moveAll([nodeResourcesFit.name]);
  }

  #forget(uid: string): void {
    this.#pending.delete(uid);
    this.#queue.remove(uid);
  }

  /** One Pod at a time, as kube-scheduler does. */
  #kick(): void {
    if (this.#running || this.#context.signal.aborted) return;
    this.#running = true;
    queueMicrotask(() => void this.#drain());
  }

  async #drain(): Promise<void> {
    try {
      for (let key = this.#queue.pop(); key !== undefined; key = this.#queue.pop()) {
        if (this.#context.signal.aborted) return;
        const pod = this.#pending.get(key);
        if (pod) await this.#attempt(pod);
        else this.#queue.remove(key);
        // Whoever asks the API is not kept waiting by a long queue.
        await turnToWork();
      }
    } finally {
      this.#running = false;
    }
  }

  /** A fault of ours in one attempt keeps nobody else waiting. */
  async #attempt(pod: Stored<Pod>): Promise<void> {
    await inBackground(this.#context, 'scheduling a Pod', async () => {
      try {
        await this.#schedule(pod);
      } catch (error) {
        this.#queue.retry(pod.metadata.uid);
        throw error;
      }
    });
  }

  async #schedule(pod: Stored<Pod>): Promise<void> {
    const cycle = this.#cycle(pod);
    if (cycle.nodes.length === 0) {
      // No plugin refused it: as after an error it comes again by itself.
      this.#queue.retry(pod.metadata.uid);
      return this.#reject(pod, 'no nodes available to schedule pods');
    }
    const diagnosis = diagnose(cycle);
    const target = selectNode(cycle, diagnosis.feasible);
    if (target) return this.#place(pod, cycle, target.node);
    return this.#preempt(pod, cycle, diagnosis);
  }

  /** Binds the Pod, at once or as soon as its claims are bound; others are placed meanwhile. */
  async #place(pod: Stored<Pod>, cycle: Cycle, { metadata: { name: node } }: Stored<Node>): Promise<void> {
    const { uid } = pod.metadata;
    this.#placed.put(pod, node);
    const target = cycle.nodes.find((n) => n.node.metadata.name === node)?.node;
    const decision = target && decideVolumes(cycle, target);
    if (!decision || decision.bind.length + decision.provision.length === 0) return this.#bind(pod, node);
    try {
      await this.#volumes.reserve(decision, node);
    } catch (error) {
      this.#unassume(pod);
      this.#queue.retry(uid);
      if (isFault(error)) throw error;
      return;
    }
    const gone = new AbortController();
    this.#waiting.set(uid, gone);
    const settle = () =>
      this.#volumes.whenBound(pod, gone.signal).then(
        () => this.#bind(pod, node),
        (error: Error) => this.#unplace(pod, error),
      );
    void inBackground(this.#context, 'binding volumes', settle).then(() => this.#waiting.delete(uid));
  }

  /** The Pod's claims were not bound: it is tried again. */
  async #unplace(pod: Stored<Pod>, { message }: Error): Promise<void> {
    const { uid } = pod.metadata;
    this.#unassume(pod);
    if (!this.#pending.has(uid) || this.#context.signal.aborted) return;
    this.#queue.retry(uid);
    await this.#reject(pod, `running PreBind plugin "VolumeBinding": ${message}`);
  }

  /** It did not get where we placed it; it may have got somewhere else. */
  #unassume({ metadata: { namespace, name, uid } }: Stored<Pod>): void {
    const now = this.#context.informers.of(pods).get(namespace, name);
    if (now?.metadata.uid === uid && now.spec?.nodeName) this.#placed.put(now, now.spec.nodeName);
    else this.#placed.remove(uid);
  }

  async #bind(pod: Stored<Pod>, node: string): Promise<void> {
    const { name, namespace, uid } = pod.metadata;
    try {
      await this.#client.createSubresource(pods, namespace, name, 'binding', {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { name, namespace, uid },
        target: { apiVersion: 'v1', kind: 'Node', name: node },
      });
      this.#forget(uid);
      const text = `Successfully assigned ${namespace}/${name} to ${node}`;
      this.#recorder.event(pod, 'Normal', 'Scheduled', text);
    } catch (error) {
      this.#unassume(pod);
      if (reasonOf(error) === 'NotFound') this.#forget(uid);
      else this.#queue.retry(uid);
      if (isFault(error)) throw error;
    }
  }

  async #preempt(pod: Stored<Pod>, cycle: Cycle, diagnosis: Diagnosis): Promise<void> {
    this.#queue.rejected(pod.metadata.uid, diagnosis.rejectedBy);
    const result = preempt(cycle, diagnosis);
    const why = 'message' in result ? result.message : '';
    const text = unschedulableMessage(cycle.nodes.length, diagnosis, why);
    const nominated = 'node' in result ? result.node : undefined;
    if ('victims' in result) {
      for (const victim of result.victims) {
        const { name, namespace } = victim.metadata;
        const said = `Preempted by pod ${pod.metadata.uid} on node ${result.node}`;
        await this.#addDisruption(victim, `${schedulerName}: preempting to accommodate a higher priority pod`);
        try {
          await this.#client.delete(pods, namespace, name);
        } catch (error) {
          // It has gone by itself. With a victim that stays there is no room on that node.
          if (reasonOf(error) === 'NotFound') continue;
          if (isFault(error)) throw error;
          return this.#reject(pod, text);
        }
        this.#recorder.event(victim, 'Normal', 'Preempted', said);
      }
    }
    await this.#reject(pod, text, nominated);
  }

  async #reject(pod: Stored<Pod>, message: string, nominatedNodeName?: string): Promise<void> {
    this.#recorder.event(pod, 'Warning', 'FailedScheduling', message);
    const generation = pod.metadata.generation;
    const observed = generation === undefined ? {} : { observedGeneration: generation };
    const condition = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message, ...observed };
    await this.#writeCondition(pod, condition, nominatedNodeName);
  }

  async #addDisruption(pod: Stored<Pod>, message: string): Promise<void> {
    const generation = pod.metadata.generation;
    const observed = generation === undefined ? {} : { observedGeneration: generation };
    const condition = {
      type: 'DisruptionTarget',
      status: 'True',
      reason: 'PreemptionByScheduler',
      message,
      ...observed,
    };
    await this.#writeCondition(pod, condition);
  }

  async #writeCondition(pod: Stored<Pod>, condition: PodCondition, nominatedNodeName?: string): Promise<void> {
    const before = pod.status?.conditions?.find((c) => c.type === condition.type);
    const same = before?.status === condition.status && before.message === condition.message;
    if (same && nominatedNodeName === pod.status?.nominatedNodeName) return;
    const now = `${new Date(this.#context.clock.now()).toISOString().slice(0, 19)}Z`;
    const lastTransitionTime = before?.status === condition.status ? before.lastTransitionTime : now;
    const { name, namespace, uid } = pod.metadata;
    const patch = {
      metadata: { uid },
      status: {
        conditions: [{ lastProbeTime: null, lastTransitionTime, ...condition }],
        ...(nominatedNodeName && { nominatedNodeName }),
      },
    };
    // It is gone, or somebody refuses it: the event says the same.
    const written = this.#client.patch(pods, namespace, name, 'strategic', patch, { subresource: 'status' });
    await expecting(refusals, written);
  }

  /** The cluster as it is now, with what was bound a moment ago. */
  #cycle(pod: Stored<Pod>): Cycle {
    const { informers } = this.#context;
    // Room that preemption made is kept for the Pod it was made for.
    const reserved = new Map<string, Stored<Pod>[]>();
    for (const other of this.#pending.values()) {
      const node = other.status?.nominatedNodeName;
      if (!node || other.metadata.uid === pod.metadata.uid || priorityOf(other) < priorityOf(pod)) continue;
      reserved.set(node, [...(reserved.get(node) ?? []), other]);
    }
    return {
      pod,
      nodes: informers
        .of(nodes)
        .list()
        .map((node) => this.#placed.info(node, reserved.get(node.metadata.name))),
      namespaces: () => informers.of(namespaces).list(),
      storage: this.#volumes.view(pod),
    };
  }
}
