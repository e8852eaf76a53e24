import type { Duplex, Readable } from 'node:stream';
import { systemClock } from '../../kernel/clock.ts';
import type { ProcessStreams } from '../../kernel/process-streams.ts';
import type { Pod } from '../../kube/api.gen.ts';
import type { Stored } from '../../kube/meta.ts';
import { configMaps, nodes, pods, secrets } from '../../kube/resources.ts';
import type { Component, ComponentContext } from '../api.ts';
import type { ContainerRuntime } from '../container-api.ts';
import { isMirror, uidOnNode } from '../mirror-pod.ts';
import type { ExecOptions, HttpAnswer, KubeletRequest, LogOptions, LogPiece, NodeAgent } from '../node-api.ts';
import { isSystemNamespace } from '../system-namespaces.ts';
import { Agent } from './agent.ts';
import { kubeletAnswer } from './kubelet-api/answers.ts';
import { containerStates } from './kubelet-api/metrics.ts';
import { NodeStatistics } from './kubelet-api/stats.ts';
import { Rates } from './kubelet-api/summary.ts';
import type { KubeletLog } from './logs/kubelet-log.ts';
import type { NodeFiles } from './machine/files.ts';
import { nodeServices } from './make-services.ts';
import { PodWorker } from './pods/pod-worker.ts';
import { usesSource } from './pods/sources.ts';
import { StaticPods } from './pods/static-pods.ts';
import { type NodeFacts, newBootId } from './registration/node-object.ts';
import { registerNode } from './registration/node-registration.ts';
import { KubeletServer } from './server.ts';
import type { NodeServices } from './services.ts';

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
  /**
   * Resolves when the Node has been reported.
   * @param staticPodPath the folder of the static Pods
   * @param configuration what its configuration file says
   */
  resume(staticPodPath?: string, configuration?: Readonly<Record<string, unknown>>): Promise<void>;
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
  readonly #rates = new Rates();
  /** When the process was started, and what its file said then. */
  #startedAt = 0;
  #configuration: Readonly<Record<string, unknown>> = {};
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
      answer: (request) => this.answer(request),
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

  async resume(staticPodPath?: string, configuration: Readonly<Record<string, unknown>> = {}): Promise<void> {
    const [context, shared] = [this.#context, this.#services];
    if (!context || !shared || this.#run || context.signal.aborted) return;
    const run = new AbortController();
    this.#startedAt = context.clock.now();
    this.#configuration = configuration;
    this.#run = run;
    await registerNode({
      ...{
        client: shared.client,
        clock: context.clock,
        recorder: shared.recorder,
        signal: run.signal,
        report: context.report,
      },
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

  async answer(request: KubeletRequest): Promise<HttpAnswer | undefined> {
    const [services, statistics] = [this.#services, this.#statistics];
    if (!services || !statistics) throw new Error('the node has not started');
    const workers = this.workers();
    return kubeletAnswer(request, {
      ...{ workers, logs: services.logs, rates: this.#rates, probes: services.probes.counts, agent: this },
      configuration: this.#configuration,
      stats: () => statistics.collect(),
      state: () => ({
        ...{ facts: this.#facts, startedAt: this.#startedAt },
        pods: workers.map(({ pod, isStatic }) => ({ pod, isStatic })),
        containers: containerStates(workers),
      }),
    });
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
        shared.probes.forget(uid);
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
