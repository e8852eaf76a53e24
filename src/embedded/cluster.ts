import { mkdir } from 'node:fs/promises';
import type { ProcessStreams } from '../kernel/process-streams.ts';
import { nodes } from '../kube/resources.ts';
import { apiServiceAvailability } from './aggregation/availability.ts';
import type { ApiClient, Component, ComponentContext } from './api.ts';
import {
  type BootstrapOptions,
  bootstrapAddons,
  bootstrapControlPlane,
  markControlPlane,
} from './bootstrap/bootstrap.ts';
import { ClusterAccess } from './cluster/access.ts';
import { type Action, Actions } from './cluster/actions.ts';
import { ControlPlaneParts } from './cluster/components.ts';
import { componentContext } from './cluster/context.ts';
import { type ControlPlane, createControlPlane } from './cluster/control-plane.ts';
import { controlPlaneParts } from './cluster/control-plane-parts.ts';
import { eventExpiry } from './cluster/event-expiry.ts';
import { ClusterNodes, type NodeShellOptions } from './cluster/nodes.ts';
import type { ObjectOf } from './cluster/objects.ts';
import { type ClusterConfig, configOf, type EmbeddedClusterOptions } from './cluster/options.ts';
import { inTime, podsCanBeMade, systemAvailable } from './cluster/readiness.ts';
import { ClusterServer } from './cluster/server.ts';
import { Snapshots } from './cluster/snapshots.ts';
import type { ImageDescription } from './container-api.ts';
import { localPathProvisioner } from './controllers/storage/local-path-provisioner.ts';
import { EtcdBackend } from './etcd/backend.ts';
import type { NodeAnswers } from './node-api.ts';
import { createPki, openPki, type Pki } from './pki/pki.ts';
import { resourceHandlers } from './resources/handlers/index.ts';
import { builtinResources } from './resources/index.ts';

export type { NodeShellOptions } from './cluster/nodes.ts';
export type { EmbeddedClusterOptions, RuntimeFactory } from './cluster/options.ts';

export interface EmbeddedCluster {
  /** `https://127.0.0.1:port` */
  readonly url: string;
  readonly port: number;
  /** PEM of the CA that signed the server's certificate. */
  readonly caCertificate: string;
  readonly pki: Pki;
  /** The API in this process, as system:masters. */
  readonly client: ApiClient;
  /** What components are given, informers included. */
  readonly context: ComponentContext;
  /** The file in the cluster's folder; undefined without a folder. */
  readonly kubeconfigFile: string | undefined;
  /** YAML. `admin` is kubernetes-admin; another name gets a certificate of its own, in `groups`. */
  kubeconfig(user?: string, groups?: readonly string[]): string;
  loadImages(images: readonly ImageDescription[]): void;
  /**
   * Resolves when the cluster's own Deployments (its DNS above all) are rolled out and available; after five seconds in
   * any case, then with false.
   */
  systemRuns(): Promise<boolean>;
  /** Remembers the present state as the one that `reset` goes back to. */
  snapshot(): Promise<void>;
  /** Puts every object back as it was at the snapshot (or at the start), by writes that watchers see; running Pods are replaced. */
  reset(): Promise<void>;
  /**
   * Puts everything back as it was when the cluster was made, whatever was remembered since, and ends at once what ran.
   * False: something was done that no reset undoes (to the nodes' disks, in Pods that stay), or it was not made by this
   * process; then nothing is promised of it any more.
   */
  renew(): Promise<boolean>;
  /** Every object that there is now, or that there was at the snapshot, as it is stored; in no order. */
  objects(when: 'now' | 'snapshot'): ObjectOf[];
  /** The names of its nodes, the control plane's first. */
  readonly nodes: readonly string[];
  /** Runs a command as root on a node itself; rejects with an Error if there is no such node. */
  nodeShell(node: string, options: NodeShellOptions): Promise<ProcessStreams>;
  /** Forgets old revisions, as etcd's compaction does: watches and lists from before are `Expired`. */
  compact(): void;
  /** Ends everything; a folder keeps all that is needed to go on. */
  stop(): Promise<void>;
}

const serviceCidr = '10.96.0.0/12';
const podCidr = '10.244.0.0/16';

/**
 * Starts a cluster that speaks the Kubernetes API on 127.0.0.1; resolves when Pods can be made. Rejects with an
 * EnvironmentError if the folder's content is damaged, with the system's error if it can't be written or listened on.
 */
export async function createEmbeddedCluster(options: EmbeddedClusterOptions = {}): Promise<EmbeddedCluster> {
  const config = configOf(options);
  const { folder, clock, first } = config;
  options.onStep?.('making keys and certificates');
  if (folder !== undefined) await mkdir(folder, { recursive: true, mode: 0o700 });
  const names = [first.nodeName, first.address];
  const pki = folder === undefined ? createPki(clock, names) : await openPki(folder, clock, names);
  const plane = createControlPlane({
    clock,
    pki,
    folder,
    definitions: builtinResources,
    handlers: resourceHandlers(clock),
  });
  const cluster = new Cluster(options, config, pki, plane);
  try {
    await cluster.start();
  } catch (error) {
    // Why it did not start is what counts.
    await cluster.stop().catch((failure: unknown) => options.report?.(failure, 'ending a cluster that did not start'));
    throw error;
  }
  return cluster;
}

class Cluster implements EmbeddedCluster {
  readonly pki: Pki;
  readonly client: ApiClient;
  readonly caCertificate: string;
  readonly kubeconfigFile: string | undefined;
  readonly #options: EmbeddedClusterOptions;
  readonly #config: ClusterConfig;
  readonly #plane: ControlPlane;
  readonly #abort = new AbortController();
  readonly #actions: Actions;
  readonly #nodes: ClusterNodes;
  readonly #server: ClusterServer;
  readonly #access: ClusterAccess;
  readonly #parts: ControlPlaneParts;
  readonly #etcd: EtcdBackend;
  readonly #snapshots: Snapshots;
  #context: ComponentContext | undefined;
  #starting = true;
  #stopped: Promise<void> | undefined;

  constructor(options: EmbeddedClusterOptions, config: ClusterConfig, pki: Pki, plane: ControlPlane) {
    const { folder, first } = config;
    this.pki = pki;
    this.client = plane.client;
    this.caCertificate = pki.ca.certificate;
    this.#options = options;
    this.#config = config;
    this.#plane = plane;
    this.#actions = new Actions(options.onStep);
    this.#actions.defer('opening the store', () => plane.close());
    this.#etcd = new EtcdBackend({
      store: plane.store,
      definitions: () => plane.registry.definitions(),
      folder,
      name: first.nodeName,
      peerUrl: `https://${first.address}:2380`,
    });
    const report = (error: unknown, where: string) => options.report?.(error, where);
    this.#nodes = new ClusterNodes({ config, pki, report, etcdEntries: () => this.#etcd.data.entries() });
    this.#server = new ClusterServer({
      options,
      config,
      pki,
      plane,
      nodes: this.#nodes,
      context: () => this.context,
      signal: this.#abort.signal,
    });
    const { listener } = this.#server;
    this.#access = new ClusterAccess(config, pki, listener);
    this.kubeconfigFile = this.#access.kubeconfigFile;
    this.#parts = new ControlPlaneParts(
      controlPlaneParts({
        config,
        pki,
        listener,
        bootstrap: () => this.#bootstrap(),
        contextFor: (signal) => this.#contextFor(signal),
        report,
      }),
    );
    this.#snapshots = new Snapshots({ config, plane, nodes: this.#nodes, etcd: this.#etcd });
  }

  get url(): string {
    return this.#server.listener.url;
  }

  get port(): number {
    return this.#server.listener.port;
  }

  get nodes(): readonly string[] {
    return this.#nodes.names;
  }

  get context(): ComponentContext {
    if (!this.#context) throw new Error('the cluster has not started');
    return this.#context;
  }

  async start(): Promise<void> {
    await this.#actions.run(this.#startActions());
    this.#starting = false;
  }

  /** Aborts what runs in the background, then undoes the start. */
  stop(): Promise<void> {
    this.#abort.abort();
    this.#stopped ??= this.#actions.undo();
    return this.#stopped;
  }

  /** What is done, in order; a cluster that was brought back from a folder has some of it behind it. */
  #startActions(): Action[] {
    const { manages, hasNodes, hasAddons } = this.#config;
    const { runtime, images = [] } = this.#options;
    const { fresh, store } = this.#plane;
    const run = async (...components: Component[]) => {
      for (const component of components) await component.start(this.context);
    };
    const openNodes = async () => {
      if (!runtime) return;
      const changed = await this.#nodes.open(await runtime(this.context), images, this.#access.facts());
      // A part whose manifest is not as kubeadm wrote it runs when its process does.
      for (const name of changed) this.#parts.release(name);
    };
    const when = (condition: boolean, action: Action) => (condition ? [action] : []);
    return [
      {
        name: 'the API server',
        step: 'starting the API server',
        run: () => this.#server.listener.open(),
        undo: () => this.#server.listener.close(),
      },
      { name: 'port and kubeconfig', run: () => this.#access.writeFiles() },
      {
        name: 'the first objects',
        run: async () => {
          this.#context = this.#contextFor(this.#abort.signal);
          await bootstrapControlPlane(this.#bootstrap());
          await run(eventExpiry(store), apiServiceAvailability(this.#server.aggregator));
        },
      },
      ...when(hasNodes, { name: 'disks and containers', run: openNodes, undo: () => this.#nodes.stop() }),
      {
        name: 'the control plane',
        ...(manages && { step: 'starting controllers and scheduler' }),
        run: () => this.#parts.start(),
        undo: () => this.#parts.close(),
      },
      ...when(hasNodes, {
        name: 'the nodes',
        step: 'starting the nodes',
        run: async () => {
          await this.#nodes.start(this.context);
          if (fresh) await markControlPlane(this.#bootstrap());
        },
      }),
      ...when(hasAddons && fresh, {
        name: 'addons',
        step: 'installing CoreDNS and kube-proxy',
        run: () => bootstrapAddons(this.#bootstrap()),
      }),
      ...when(hasAddons, { name: 'storage', run: () => run(localPathProvisioner) }),
      // What was brought back may have been left in any state.
      ...when(manages && fresh, {
        name: 'Pods',
        step: 'waiting until Pods can be made',
        run: () => podsCanBeMade(this.context),
      }),
      { name: 'the snapshot', run: () => this.#snapshots.load() },
    ];
  }

  kubeconfig(user = 'admin', groups: readonly string[] = []): string {
    return this.#access.kubeconfig(user, groups);
  }

  loadImages(images: readonly ImageDescription[]): void {
    this.#nodes.runtime?.loadImages(images);
  }

  systemRuns(): Promise<boolean> {
    return inTime(this.#config.clock, systemAvailable(this.context));
  }

  async snapshot(): Promise<void> {
    this.#snapshots.take();
  }

  reset(): Promise<void> {
    return this.#snapshots.reset();
  }

  renew(): Promise<boolean> {
    return this.#snapshots.renew(this.context);
  }

  nodeShell(node: string, options: NodeShellOptions): Promise<ProcessStreams> {
    return this.#nodes.shell(node, options);
  }

  objects(when: 'now' | 'snapshot'): ObjectOf[] {
    return this.#snapshots.objects(when);
  }

  compact(): void {
    this.#plane.store.compact();
  }

  /** Makes the nodes known that an emptied cluster has lost, for whatever routes to them. */
  async #registerNodes(): Promise<void> {
    if (!this.#context || this.#starting) return;
    const known = this.context.informers.of(nodes);
    const unknown = this.#nodes.all.filter(({ name }) => !known.get(undefined, name));
    if (unknown.length === 0) return;
    await bootstrapControlPlane(this.#bootstrap());
    await Promise.all(unknown.map((machine) => machine.registerAgain()));
    await markControlPlane(this.#bootstrap());
  }

  #bootstrap(): BootstrapOptions {
    return { ...this.#plane, clock: this.#config.clock, facts: this.#access.facts() };
  }

  #contextFor(signal: AbortSignal): ComponentContext {
    const { host, port } = this.#server.listener;
    const { unknownImages } = this.#options;
    return componentContext(
      this.#plane,
      this.#config.clock,
      signal,
      {
        caCertificate: this.caCertificate,
        apiServer: { host, port },
        serviceCidr,
        podCidr,
        folder: this.#config.folder,
        ...(unknownImages !== undefined && { unknownImages }),
        nodes: this.#answers,
        kubelet: async (name) => this.#nodes.get(name)?.kubelet.address(),
      },
      this.#server.aggregator,
      this.#options.report,
    );
  }

  /** What programs on nodes ask. */
  readonly #answers: NodeAnswers = {
    answer: async (node, question) => {
      if (question.kind === 'component') return this.#parts.report(question.name, question.process, question.runs);
      if (question.kind === 'etcd') {
        const answer = await this.#etcd.answer(question.question);
        // An API server finds etcd by what is known of nodes and their Pods.
        if (question.question.op === 'open') {
          void this.#registerNodes().catch((error: unknown) => this.#options.report?.(error, 'registering nodes'));
        }
        return answer;
      }
      return this.#nodes.get(node)?.answer(question);
    },
    lost: (loss) => {
      this.#parts.lost();
      this.#nodes.runtimeLost(loss);
    },
  };
}
