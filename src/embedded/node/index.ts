/** The simulated kubelet: registers a node and runs the Pods that are bound to it. */
import { join } from 'node:path';
import type { Duplex, Readable } from 'node:stream';
import { systemClock } from '../../kernel/clock.ts';
import type { ProcessStreams } from '../../kernel/process-streams.ts';
import type { Pod } from '../../kube/api.gen.ts';
import type { Stored } from '../../kube/meta.ts';
import { type Amounts, add, holdsResources, podRequests } from '../../kube/requests.ts';
import {
  configMaps,
  nodes,
  persistentVolumeClaims,
  persistentVolumes,
  pods,
  secrets,
  services,
} from '../../kube/resources.ts';
import type { Component, ComponentContext } from '../api.ts';
import type { ContainerRuntime } from '../container-api.ts';
import { isMirror, uidOnNode } from '../mirror.ts';
import type { ExecOptions, HttpAnswer, LogOptions, LogPiece, NodeAgent } from '../node-api.ts';
import { isSystemNamespace } from '../system-namespaces.ts';
import { AddressPool } from './address-pool.ts';
import { Agent } from './agent.ts';
import { BackOff } from './back-off.ts';
import type { NodeFiles } from './files.ts';
import { Images } from './images.ts';
import { LogStore } from './log-store.ts';
import { capacityOf, type NodeFacts, newBootId } from './node-object.ts';
import { registerNode } from './node-registration.ts';
import { kubeletAnswer } from './paths.ts';
import { PodWorker } from './pod-worker.ts';
import { KubeletServer } from './server.ts';
import type { NodeServices } from './services.ts';
import { usesSource } from './sources.ts';
import { StaticPods } from './static-pods.ts';
import { NodeStatistics } from './stats.ts';

/** Takes a line of the kubelet's log: where in its source it comes from, what it says, and of what. */
export type KubeletLog = (
  severity: 'I' | 'W' | 'E',
  where: string,
  message: string,
  values?: Record<string, string | string[]>,
) => void;

export interface KubeletOptions extends Partial<Omit<NodeFacts, 'name'>> {
  nodeName: string;
  runtime: ContainerRuntime;
  /** What is on the node's disk; without it there are no static Pods. */
  files?: NodeFiles;
  log?: KubeletLog;
}

export interface Kubelet extends Component, NodeAgent {
  /** Where its port 10250 really is, once it has started; undefined: it does not run. */
  address(): Promise<{ host: string; port: number } | undefined>;
  /** Everything but the start of the process, which `resume` does. */
  prepare(context: ComponentContext): void;
  /** Whether the process runs: `pause` ends it and `resume` starts it; containers go on meanwhile. */
  readonly running: boolean;
  pause(): void;
  /** `staticPodPath`: the folder of the static Pods. Resolves when the Node has been told of. */
  resume(staticPodPath?: string): Promise<void>;
  /** A piece of a container's log, by its path on the node. Rejects where there is none. */
  logPiece(path: string, offset: number, length: number): Promise<LogPiece>;
  /** Every Pod that it works on. */
  workers(): readonly PodWorker[];
  /**
   * Whether all that was done on the node has gone with the Pods it was done in: no command ran in a Pod that is there
   * still, no Pod has left that had a part of the node's disk or was the cluster's own, and none is about to leave.
   */
  readonly untouched: boolean;
  /** Takes Pods off the node at once whose uids are not `living` any more; static ones stay. Resolves when they are off. */
  discard(living: ReadonlySet<string>): Promise<void>;
  /** Resolves when the node writes nothing any more: its context was aborted and its runtime has ended before. */
  stop(): Promise<void>;
}

/** What kubeadm configures. */
export const defaultStaticPodPath = '/etc/kubernetes/manifests';

/** CrashLoopBackOff: 10 s doubling to 5 min, forgotten after 10 min. */
const firstRestart = 10_000;
const lastRestart = 300_000;

/**
 * A kubelet for one node. `start` registers the Node and resolves when it is Ready; Pods bound to the node run from
 * then on, those that ran before a restart of the daemon again with restartCount + 1.
 */
export function createKubelet(options: KubeletOptions): Kubelet {
  return new SimulatedKubelet(options);
}

class SimulatedKubelet implements Kubelet {
  readonly name: string;
  readonly nodeName: string;
  readonly #options: KubeletOptions;
  readonly #facts: NodeFacts;
  readonly #workers = new Map<string, PodWorker>();
  readonly #agent: Agent;
  readonly #bootId = newBootId();
  #context: ComponentContext | undefined;
  #services: NodeServices | undefined;
  #statistics: NodeStatistics | undefined;
  #server: KubeletServer | undefined;
  #statics: StaticPods | undefined;
  /** Set while the process runs. */
  #run: AbortController | undefined;
  /** The uids of Pods that are here in which commands were run. */
  readonly #entered = new Set<string>();
  /** A Pod has left that leaves something behind. */
  #trace = false;

  constructor(options: KubeletOptions) {
    const { nodeName, runtime, files: _, log: __, ...more } = options;
    this.#options = options;
    this.name = `kubelet/${nodeName}`;
    this.nodeName = nodeName;
    this.#facts = {
      address: '172.18.0.2',
      podCIDR: '10.244.0.0/24',
      role: 'control-plane',
      ...more,
      name: nodeName,
    };
    this.#agent = new Agent(
      nodeName,
      runtime,
      () => this.#context?.clock ?? systemClock,
      (uid) => this.#workers.get(uid),
    );
  }

  get running(): boolean {
    return this.#run !== undefined;
  }

  async start(context: ComponentContext): Promise<void> {
    this.prepare(context);
    await this.resume(defaultStaticPodPath);
  }

  prepare(context: ComponentContext): void {
    const { runtime, files, log = () => {} } = this.#options;
    this.#context = context;
    const shared = nodeServices(context, this.#facts, runtime, this.#workers, () => this.running, log);
    this.#services = shared;
    this.#statistics = new NodeStatistics(runtime, context.clock, this.#workers);
    this.#server = new KubeletServer({
      ...{ nodeName: this.nodeName, clock: context.clock, client: shared.client },
      answer: (path) => this.answer(path),
      caCertificate: context.cluster.caCertificate,
    });
    const { informers } = context;
    if (files) {
      this.#statics = new StaticPods({
        ...{ services: shared, files, workers: this.#workers, log },
        node: () => informers.of(nodes).get(undefined, this.nodeName),
        stored: (namespace, name) => informers.of(pods).get(namespace, name),
      });
    }
    context.signal.addEventListener(
      'abort',
      () => {
        this.#run?.abort();
        this.#run = undefined;
        for (const worker of this.#workers.values()) worker.stop();
      },
      { once: true },
    );
  }

  pause(): void {
    this.#run?.abort();
    this.#run = undefined;
    for (const worker of this.#workers.values()) worker.suspend();
  }

  async resume(staticPodPath?: string): Promise<void> {
    const [context, shared] = [this.#context, this.#services];
    if (!context || !shared || this.#run || context.signal.aborted) return;
    const run = new AbortController();
    this.#run = run;
    await registerNode({
      ...{ client: shared.client, clock: context.clock, recorder: shared.recorder, signal: run.signal },
      ...{ facts: this.#facts, bootId: this.#bootId },
    });
    if (run.signal.aborted) return;
    const stored = context.informers.of(pods);
    for (const worker of this.#workers.values()) worker.resume();
    this.#statics?.start(staticPodPath);
    const stops = [this.#followPods(context, shared), ...this.#followSources(context)];
    // What was deleted while nobody looked.
    for (const worker of [...this.#workers.values()]) {
      const { uid, namespace, name } = worker.pod.metadata;
      if (!worker.isStatic && stored.get(namespace, name)?.metadata.uid !== uid) worker.remove();
    }
    run.signal.addEventListener('abort', () => {
      for (const stop of stops) stop();
      this.#statics?.stop();
    });
  }

  async logPiece(path: string, offset: number, length: number): Promise<LogPiece> {
    if (!this.#services) throw new Error('the node has not started');
    return this.#services.logs.readPiece(path, offset, length);
  }

  workers(): readonly PodWorker[] {
    return [...this.#workers.values()];
  }

  get untouched(): boolean {
    const isLeaving = ({ pod }: PodWorker) => pod.metadata.deletionTimestamp !== undefined;
    return !this.#trace && this.#entered.size === 0 && !this.workers().some(isLeaving);
  }

  async discard(living: ReadonlySet<string>): Promise<void> {
    const dead = this.workers().filter(({ isStatic, pod }) => !isStatic && !living.has(pod.metadata.uid));
    await Promise.all(dead.map((worker) => worker.discard()));
  }

  async address(): Promise<{ host: string; port: number } | undefined> {
    return this.running ? this.#server?.address() : undefined;
  }

  async stop(): Promise<void> {
    await this.#server?.close();
    await this.#services?.logs.close();
  }

  logs(pod: Stored<Pod>, options: LogOptions): Promise<Readable> {
    return this.#agent.logs(pod, options);
  }

  exec(pod: Stored<Pod>, options: ExecOptions): Promise<ProcessStreams> {
    const uid = uidOnNode(pod);
    if (this.#workers.has(uid)) this.#entered.add(uid);
    return this.#agent.exec(pod, options);
  }

  attach(pod: Stored<Pod>, options: Omit<ExecOptions, 'command'>): Promise<ProcessStreams> {
    return this.#agent.attach(pod, options);
  }

  portForward(pod: Stored<Pod>, port: number): Promise<Duplex> {
    return this.#agent.portForward(pod, port);
  }

  answer(path: string): Promise<HttpAnswer> {
    return kubeletAnswer(
      path,
      () => this.#statistics?.collect(),
      () => this.workers().map(({ pod }) => pod),
    );
  }

  /**
   * One worker a Pod, from the moment it is bound to the node until its object is gone and its containers ended. Mirrors
   * of static Pods are pictures only.
   */
  #followPods(context: ComponentContext, shared: NodeServices): () => void {
    const [workers, statics] = [this.#workers, this.#statics];
    const begin = (pod: Stored<Pod>) => {
      const { uid } = pod.metadata;
      const worker = new PodWorker(shared, pod, () => {
        workers.delete(uid);
        this.#entered.delete(uid);
        this.#trace ||= worker.usesDisk || isSystemNamespace(pod.metadata.namespace);
      });
      workers.set(uid, worker);
    };
    const see = (pod: Stored<Pod>) => {
      if (pod.spec?.nodeName !== shared.nodeName) return;
      if (statics && isMirror(pod)) return statics.mirrorSeen(pod);
      const worker = workers.get(pod.metadata.uid);
      if (worker) worker.update(pod);
      else begin(pod);
    };
    return context.informers.of(pods).on({
      add: see,
      update: (pod, old) => {
        // The same name again before we heard of the end of the first.
        if (old.metadata.uid !== pod.metadata.uid) workers.get(old.metadata.uid)?.remove();
        see(pod);
      },
      delete: (pod) => {
        if (statics && isMirror(pod) && pod.spec?.nodeName === shared.nodeName) statics.mirrorSeen(pod);
        else workers.get(pod.metadata.uid)?.remove();
      },
    });
  }

  #followSources(context: ComponentContext): (() => void)[] {
    return ([configMaps, secrets] as const).map((resource) => {
      const changed = (object: Stored) => {
        for (const worker of this.#workers.values()) if (usesSource(worker.pod, object)) worker.sourceChanged();
      };
      return context.informers.of(resource as typeof configMaps).on({ add: changed, update: changed });
    });
  }
}

function nodeServices(
  context: ComponentContext,
  facts: NodeFacts,
  runtime: ContainerRuntime,
  workers: ReadonlyMap<string, PodWorker>,
  running: () => boolean,
  log: KubeletLog,
): NodeServices {
  const { clock, informers, cluster } = context;
  const user = { name: `system:node:${facts.name}`, groups: ['system:nodes', 'system:authenticated'] };
  const [maps, secretCache, serviceCache] = [informers.of(configMaps), informers.of(secrets), informers.of(services)];
  const [claims, volumes] = [informers.of(persistentVolumeClaims), informers.of(persistentVolumes)];
  const recorder = context.recorder('kubelet', facts.name);
  return {
    nodeName: facts.name,
    hostIP: facts.address,
    allocatable: capacityOf(facts),
    client: context.client.as({ user, fieldManager: 'kubelet' }),
    clock,
    runtime,
    recorder: {
      event: (...event) => {
        if (!running()) return;
        recorder.event(...event);
        logFailure(workers, log, ...event);
      },
    },
    images: new Images(runtime, clock, cluster.unknownImages),
    crashes: new BackOff(firstRestart, lastRestart),
    logs: new LogStore({
      clock,
      ...(cluster.folder !== undefined && { folder: join(cluster.folder, 'logs', facts.name) }),
      show: (log) => runtime.showLog(facts.name, log),
      hide: (path) => runtime.hideLog(facts.name, path),
    }),
    addresses: new AddressPool(facts.podCIDR),
    configMap: (namespace, name) => maps.get(namespace, name),
    secret: (namespace, name) => secretCache.get(namespace, name),
    services: () => serviceCache.list(),
    claim: (namespace, name) => claims.get(namespace, name),
    persistentVolume: (name) => volumes.get(undefined, name),
    held: (uid) => {
      const sum: Amounts = {};
      for (const [other, { allocatedPod }] of workers) {
        if (other !== uid && holdsResources(allocatedPod)) add(sum, podRequests(allocatedPod));
      }
      return sum;
    },
    freed: () => {
      for (const worker of workers.values()) if (worker.waitsForRoom) worker.wake();
    },
  };
}

/** What keeps a container from running stands in the kubelet's log as well, in its own words. */
function logFailure(
  workers: ReadonlyMap<string, PodWorker>,
  log: KubeletLog,
  ...[involved, , reason, message]: Parameters<NodeServices['recorder']['event']>
): void {
  if (reason !== 'BackOff' && !message.startsWith('Error: ')) return;
  const { uid = '', namespace, name } = involved.metadata ?? {};
  const container = /\{(.*)\}/.exec(involved.fieldPath ?? '')?.[1] ?? '';
  const waiting = workers.get(uid)?.record(container)?.waiting;
  if (!waiting) return;
  const why = `failed to "StartContainer" for "${container}" with ${waiting.reason}: ${JSON.stringify(waiting.message ?? '')}`;
  log('E', 'pod_workers.go:1324', 'Error syncing pod, skipping', {
    err: why,
    pod: `${namespace}/${name}`,
    podUID: uid,
  });
}
