import type { DaemonSet, DaemonSetStatus, Node, Pod, Toleration } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { matchesNode, tolerates } from '../../../kube/placement.ts';
import { daemonSets, nodes, pods } from '../../../kube/resources.ts';
import { selectorMatches } from '../../../kube/selectors.ts';
import type { Component, ComponentContext } from '../../api.ts';
import { WorkQueue } from '../../client/work-queue.ts';
import { controllerClient } from '../identity.ts';
import { claim, controllerOf, keyOf, ownerIn, splitKey } from '../ownership.ts';
import {
  isActive,
  isAvailable,
  isReady,
  isTerminal,
  PodControl,
  podFromTemplate,
  sameJson,
  slowStart,
  untilAvailable,
} from '../pod-control.ts';
import { cleanHistory, daemonSetHistory, revisionHashLabel } from './daemonset-history.ts';
import { scaled } from './deployment-math.ts';

const generationAnnotation = 'deprecated.daemonset.template.generation';
const burst = 250;
/** A failed daemon Pod is replaced after a second, two, four ... up to fifteen minutes. */
const firstBackoff = 1000;
const longestBackoff = 900_000;

/** Runs one Pod of each DaemonSet on every node that fits. */
export const daemonSetController: Component = {
  name: 'daemonset',
  start(context) {
    new DaemonSetController(context).start();
  },
};

class DaemonSetController {
  readonly #context: ComponentContext;
  readonly #client: ComponentContext['client'];
  readonly #recorder: ReturnType<ComponentContext['recorder']>;
  readonly #control: PodControl;
  readonly #queue: WorkQueue;
  /** Replacements of failed Pods by set and node. */
  readonly #failed = new Map<string, { at: number; delay: number }>();

  constructor(context: ComponentContext) {
    this.#context = context;
    this.#client = controllerClient(context, 'daemon-set-controller');
    this.#recorder = context.recorder('daemonset-controller');
    this.#control = new PodControl(this.#client, this.#recorder);
    const { clock, signal, report } = context;
    this.#queue = new WorkQueue({ clock, signal, report, sync: (key) => this.#sync(key), workers: 2 });
  }

  start(): void {
    const { informers } = this.#context;
    const sets = informers.of(daemonSets);
    const enqueue = (set: Stored<DaemonSet>) => this.#queue.add(keyOf(set));
    const everyone = () => {
      for (const set of sets.list()) enqueue(set);
    };
    sets.on({ add: enqueue, update: enqueue });
    informers.of(nodes).on({
      add: everyone,
      update: (node, old) => {
        if (nodeFacts(node) !== nodeFacts(old)) everyone();
      },
      delete: everyone,
    });
    const owner = (pod: Stored<Pod>) => {
      const set = ownerIn(sets, 'DaemonSet', pod);
      if (set) enqueue(set);
      else if (!controllerOf(pod)) {
        for (const s of sets.list(pod.metadata.namespace)) {
          if (selectorMatches(s.spec?.selector, pod.metadata.labels)) enqueue(s);
        }
      }
    };
    informers.of(pods).on({ add: owner, update: owner, delete: owner });
  }

  async #sync(key: string): Promise<{ after: number } | undefined> {
    const [namespace, name] = splitKey(key);
    const { informers, clock } = this.#context;
    const set = informers.of(daemonSets).get(namespace, name);
    if (!set?.spec || set.metadata.deletionTimestamp) return undefined;
    const history = await daemonSetHistory(this.#client, informers, set);
    const hash = history.current.metadata.labels?.[revisionHashLabel] ?? '';
    const placed = await this.#podsByNode(set);

    let failure: unknown;
    let wait: number | undefined;
    try {
      wait = await this.#manage(set, placed, hash);
      if (set.spec.updateStrategy?.type !== 'OnDelete')
        await this.#rollingUpdate(set, await this.#podsByNode(set), hash);
      await cleanHistory(this.#client, informers, set, history);
    } catch (error) {
      failure = error;
    }
    const now = await this.#podsByNode(set);
    await this.#writeStatus(set, now, hash);
    if (failure) throw failure;
    const later = untilAvailable([...now.values()].flat(), set.spec.minReadySeconds ?? 0, clock.now());
    const next = Math.min(wait ?? Number.POSITIVE_INFINITY, later ?? Number.POSITIVE_INFINITY);
    return Number.isFinite(next) ? { after: next } : undefined;
  }

  /** The set's Pods by the node they are on or meant for. */
  async #podsByNode(set: Stored<DaemonSet>): Promise<Map<string, Stored<Pod>[]>> {
    const all = this.#context.informers.of(pods).list(set.metadata.namespace);
    const mine = await claim(this.#client, set, daemonSets, set.spec?.selector, pods, all);
    const result = new Map<string, Stored<Pod>[]>();
    for (const pod of mine) {
      const node = targetNode(pod);
      if (node !== undefined) result.set(node, [...(result.get(node) ?? []), pod]);
    }
    return result;
  }

  /** Pods for nodes without one, none for nodes that must not have one; failed ones are replaced. */
  async #manage(set: Stored<DaemonSet>, placed: Map<string, Stored<Pod>[]>, hash: string): Promise<number | undefined> {
    const missing: string[] = [];
    const surplus: Stored<Pod>[] = [];
    let wait: number | undefined;
    const all = this.#context.informers.of(nodes).list();
    for (const node of all) {
      const here = placed.get(node.metadata.name) ?? [];
      const { run, stay } = fits(set, node);
      const ended = here.filter((p) => !p.metadata.deletionTimestamp && !isActive(p));
      const living = here.filter((p) => isActive(p));
      if (run && here.length === 0) missing.push(node.metadata.name);
      else if (!stay) surplus.push(...here.filter((p) => !p.metadata.deletionTimestamp));
      else {
        for (const pod of ended) {
          const later = this.#replaceEnded(set, pod, node.metadata.name);
          if (later === undefined) surplus.push(pod);
          else wait = Math.min(wait ?? later, later);
        }
        // The oldest stays.
        surplus.push(...living.sort(byAge).slice(surging(set) ? 2 : 1));
      }
    }
    const known = new Set(all.map((n) => n.metadata.name));
    for (const [node, list] of placed) if (!known.has(node)) surplus.push(...list.filter((p) => isActive(p)));
    await Promise.all(surplus.map((pod) => this.#control.delete(set, pod)));
    await slowStart(Math.min(missing.length, burst), (i) =>
      this.#control.create(set, daemonPod(set, missing[i] ?? '', hash)),
    );
    return wait;
  }

  /** Undefined: delete it now; else how long to wait (ms). */
  #replaceEnded(set: Stored<DaemonSet>, pod: Stored<Pod>, node: string): number | undefined {
    const failed = pod.status?.phase === 'Failed';
    const where = `daemon pod ${pod.metadata.namespace}/${pod.metadata.name} on node ${node}, will try to ${failed ? 'kill' : 'delete'} it`;
    if (!failed) {
      this.#recorder.event(set, 'Normal', 'SucceededDaemonPod', `Found succeeded ${where}`);
      return undefined;
    }
    const now = this.#context.clock.now();
    const key = `${set.metadata.uid}/${node}`;
    const before = this.#failed.get(key);
    if (before && now < before.at + before.delay) return before.at + before.delay - now;
    const forgotten = !before || now - before.at > 2 * longestBackoff;
    const delay = forgotten ? firstBackoff : Math.min(before.delay * 2, longestBackoff);
    this.#failed.set(key, { at: now, delay });
    this.#recorder.event(set, 'Warning', 'FailedDaemonPod', `Found failed ${where}`);
    return undefined;
  }

  /** Replaces Pods of old templates, at most maxUnavailable at a time (or maxSurge new ones beside them). */
  async #rollingUpdate(set: Stored<DaemonSet>, placed: Map<string, Stored<Pod>[]>, hash: string): Promise<void> {
    const now = this.#context.clock.now();
    const minReady = set.spec?.minReadySeconds ?? 0;
    const wantedNodes = this.#context.informers
      .of(nodes)
      .list()
      .filter((n) => fits(set, n).run);
    const rolling = set.spec?.updateStrategy?.rollingUpdate ?? {};
    const surge = scaled(rolling.maxSurge ?? 0, wantedNodes.length, Math.ceil);
    const unavailableLimit = scaled(rolling.maxUnavailable ?? 1, wantedNodes.length, Math.ceil);
    const limit = surge === 0 ? Math.max(1, unavailableLimit) : unavailableLimit;
    let unavailable = 0;
    let surged = 0;
    const broken: Stored<Pod>[] = [];
    const candidates: Stored<Pod>[] = [];
    const doubled: string[] = [];
    for (const node of wantedNodes) {
      const here = placed.get(node.metadata.name) ?? [];
      const current = here.find((p) => isActive(p) && isOf(p, set, hash));
      const old = here.find((p) => isActive(p) && !isOf(p, set, hash));
      const up = (p: Stored<Pod> | undefined) => p !== undefined && isAvailable(p, minReady, now);
      if (surge > 0) {
        if (!old) continue;
        if (current) {
          if (up(current)) candidates.push(old);
          else surged++;
        } else if (!here.some((p) => p.metadata.deletionTimestamp)) doubled.push(node.metadata.name);
      } else if (old && !current) {
        if (up(old)) candidates.push(old);
        else broken.push(old);
        if (!up(old)) unavailable++;
      } else if (!up(current)) unavailable++;
    }
    if (surge > 0) {
      await Promise.all(candidates.map((p) => this.#control.delete(set, p)));
      const more = doubled.slice(0, Math.max(0, surge - surged));
      await slowStart(more.length, (i) => this.#control.create(set, daemonPod(set, more[i] ?? '', hash)));
      return;
    }
    const replace = [...broken, ...candidates.slice(0, Math.max(0, limit - unavailable))];
    await Promise.all(replace.map((p) => this.#control.delete(set, p)));
  }

  async #writeStatus(set: Stored<DaemonSet>, placed: Map<string, Stored<Pod>[]>, hash: string): Promise<void> {
    const { informers, clock } = this.#context;
    const newest = informers.of(daemonSets).get(set.metadata.namespace, set.metadata.name);
    if (newest?.metadata.uid !== set.metadata.uid) return;
    let [desired, scheduled, misscheduled, ready, free, updated] = [0, 0, 0, 0, 0, 0];
    for (const node of informers.of(nodes).list()) {
      // Those on their way out still count, until they have ended.
      const here = (placed.get(node.metadata.name) ?? []).filter(
        (p) => !p.metadata.deletionTimestamp || !isTerminal(p),
      );
      if (!fits(set, node).run) {
        if (here.length > 0) misscheduled++;
        continue;
      }
      desired++;
      const [pod] = here.sort(byAge);
      if (!pod) continue;
      scheduled++;
      if (isReady(pod)) ready++;
      if (isAvailable(pod, set.spec?.minReadySeconds ?? 0, clock.now())) free++;
      if (isOf(pod, set, hash)) updated++;
    }
    const status: DaemonSetStatus = {
      ...(set.status?.collisionCount !== undefined && { collisionCount: set.status.collisionCount }),
      currentNumberScheduled: scheduled,
      desiredNumberScheduled: desired,
      ...(free > 0 && { numberAvailable: free }),
      numberMisscheduled: misscheduled,
      numberReady: ready,
      ...(desired > free && { numberUnavailable: desired - free }),
      observedGeneration: set.metadata.generation,
      ...(updated > 0 && { updatedNumberScheduled: updated }),
    };
    if (!sameJson(newest.status, status)) await this.#client.updateStatus(daemonSets, { ...newest, status });
  }
}

const byAge = (a: Stored<Pod>, b: Stored<Pod>): number =>
  a.metadata.creationTimestamp < b.metadata.creationTimestamp ? -1 : 1;

function surging(set: Stored<DaemonSet>): boolean {
  const surge = set.spec?.updateStrategy?.rollingUpdate?.maxSurge ?? 0;
  return set.spec?.updateStrategy?.type !== 'OnDelete' && surge !== 0 && surge !== '0%';
}

/** Whether a Pod is of the current template. */
function isOf(pod: Stored<Pod>, set: Stored<DaemonSet>, hash: string): boolean {
  const generation = set.metadata.annotations?.[generationAnnotation];
  const labels = pod.metadata.labels ?? {};
  return (
    labels[revisionHashLabel] === hash || (generation !== undefined && labels['pod-template-generation'] === generation)
  );
}

function targetNode(pod: Stored<Pod>): string | undefined {
  if (pod.spec?.nodeName) return pod.spec.nodeName;
  const required = pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return required?.nodeSelectorTerms[0]?.matchFields?.find((f) => f.key === 'metadata.name')?.values?.[0];
}

/** What every daemon Pod puts up with. */
const daemonTolerations: readonly Toleration[] = [
  { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/disk-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/memory-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/pid-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/unschedulable', operator: 'Exists', effect: 'NoSchedule' },
];
const networkToleration: Toleration = {
  key: 'node.kubernetes.io/network-unavailable',
  operator: 'Exists',
  effect: 'NoSchedule',
};

function tolerationsOf(set: Stored<DaemonSet>): Toleration[] {
  const spec = set.spec?.template?.spec;
  const own = spec?.tolerations ?? [];
  const added = spec?.hostNetwork ? [...daemonTolerations, networkToleration] : daemonTolerations;
  return [...own, ...added.filter((t) => !own.some((o) => sameJson(o, t)))];
}

/** Whether a Pod of the set should run on the node, and whether one that is there may stay. */
function fits(set: Stored<DaemonSet>, node: Stored<Node>): { run: boolean; stay: boolean } {
  const spec = set.spec?.template?.spec;
  if (!spec) return { run: false, stay: false };
  if (spec.nodeName && spec.nodeName !== node.metadata.name) return { run: false, stay: false };
  if (!matchesNode({ spec }, node)) return { run: false, stay: false };
  const tolerations = tolerationsOf(set);
  const refusing = (node.spec?.taints ?? []).filter(
    (t) => t.effect !== 'PreferNoSchedule' && !tolerates(tolerations, t),
  );
  return { run: refusing.length === 0, stay: refusing.every((t) => t.effect !== 'NoExecute') };
}

/** Bound to its node by an affinity, as the scheduler expects it. */
function daemonPod(set: Stored<DaemonSet>, node: string, hash: string): Pod {
  const pod = podFromTemplate(set, daemonSets, set.spec?.template ?? {});
  const generation = set.metadata.annotations?.[generationAnnotation];
  pod.metadata = {
    ...pod.metadata,
    labels: {
      ...pod.metadata?.labels,
      [revisionHashLabel]: hash,
      ...(generation !== undefined && { 'pod-template-generation': generation }),
    },
  };
  const matchFields = [{ key: 'metadata.name', operator: 'In', values: [node] }];
  const spec = pod.spec ?? { containers: [] };
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const terms = required?.nodeSelectorTerms.map((term) => ({ ...term, matchFields })) ?? [{ matchFields }];
  pod.spec = {
    ...spec,
    affinity: {
      ...spec.affinity,
      nodeAffinity: {
        ...spec.affinity?.nodeAffinity,
        requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms },
      },
    },
    tolerations: tolerationsOf(set),
  };
  return pod;
}

/** What of a node decides where daemon Pods run. */
function nodeFacts({ metadata, spec }: Stored<Node>): string {
  return JSON.stringify([metadata.labels, spec?.taints, spec?.unschedulable]);
}
