import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, nextTurn, systemClock } from '../kernel/clock.ts';
import { replaceFileSync } from '../kernel/files.ts';
import { ownValue } from '../kernel/own.ts';
import type { ProcessStreams } from '../kernel/process-streams.ts';
import type { DaemonSet, Deployment, Node } from '../kube/api.gen.ts';
import { mendKubeconfigFile } from '../kube/kubeconfig.ts';
import type { Stored } from '../kube/meta.ts';
import { daemonSets, deployments, namespaces, nodes, pods, serviceAccounts } from '../kube/resources.ts';
import { Aggregator } from './aggregation/aggregator.ts';
import { apiServiceAvailability } from './aggregation/availability.ts';
import type { ApiClient, Component, ComponentContext } from './api.ts';
import {
  type BootstrapOptions,
  bootstrapAddons,
  bootstrapControlPlane,
  kubernetesServiceUpkeep,
  markControlPlane,
} from './bootstrap/bootstrap.ts';
import type { ClusterFacts } from './bootstrap/facts.ts';
import { kubeadmFiles, manifestFolder, withoutControlPlane } from './bootstrap/node-files.ts';
import { securePort } from './bootstrap/objects.ts';
import { until } from './client/informers.ts';
import { captureBaseline, hasOrphans, objectsIn, restoreBaseline } from './cluster/baseline.ts';
import { type ClusterBaseline, readBaseline, writeBaseline } from './cluster/baseline-files.ts';
import { ControlPlaneParts, type Part } from './cluster/components.ts';
import { componentContext } from './cluster/context.ts';
import { type ControlPlane, createControlPlane } from './cluster/control-plane.ts';
import { eventExpiry } from './cluster/event-expiry.ts';
import { kubeconfigOf } from './cluster/kubeconfig.ts';
import { type ControlPlanePart, controlPlaneLease } from './cluster/leader-leases.ts';
import { Listener } from './cluster/listener.ts';
import { defaultName, type NodePlan, planNodes } from './cluster/nodes.ts';
import { type ObjectOf, withResources } from './cluster/objects.ts';
import { controllers } from './cluster/parts.ts';
import type { ContainerRuntime, ImageDescription } from './container-api.ts';
import { localPathProvisioner } from './controllers/local-path-provisioner.ts';
import { EtcdBackend } from './etcd/backend.ts';
import { type Dial, nodeDialer, refuse } from './network/dialer.ts';
import { createClusterNetwork } from './network/index.ts';
import { sameEntry } from './node/files.ts';
import { NodeMachine } from './node/machine.ts';
import type { NodeAnswers, NodeEntries } from './node-api.ts';
import { type Credentials, createPki, keptCredentials, openPki, type Pki } from './pki/pki.ts';
import { bucketOf } from './registry/keys.ts';
import { resourceHandlers } from './resources/handlers/index.ts';
import { builtinResources } from './resources/index.ts';
import { createScheduler } from './scheduler/index.ts';
import { type ApiServer, createApiServer } from './server/api-server.ts';
import { isSystemNamespace } from './system-namespaces.ts';

/** Makes the container runtime of a cluster, from what programs in its containers can reach. */
export type RuntimeFactory = (context: ComponentContext) => ContainerRuntime | Promise<ContainerRuntime>;

export interface EmbeddedClusterOptions {
  /** Default: the machine's. */
  clock?: Clock;
  /** kube-controller-manager and kube-scheduler. Default true. */
  controllers?: boolean;
  /** Nodes whose kubelets run Pods. Default: true where there is a runtime. */
  kubelet?: boolean;
  /** One untainted node, or a control plane and workers with kubeadm's taint. Default 1. */
  nodes?: number;
  /** CoreDNS, kube-proxy and the rest of what kubeadm leaves. Default: with controllers and kubelets. */
  addons?: boolean;
  /** Where objects, keys, logs and the kubeconfig are kept; brought back from there if it is not empty. Default: in memory. */
  folder?: string;
  /** The wanted port; 0: a free one. Default: the folder's last one, else a free one. If it is taken another is picked. */
  port?: number;
  /** Names nodes (`<name>-control-plane`) and kubeadm's clusterName. Default `kubedrill`. */
  name?: string;
  /** Name of the context in kubeconfigs. Default: `name`. */
  context?: string;
  runtime?: RuntimeFactory;
  /** Images beyond the catalogue's. */
  images?: readonly ImageDescription[];
  /**
   * Where to look for images that there are: an event says it on each Pod whose image there is not. Default: nothing beyond
   * what a registry answers.
   */
  unknownImages?: string;
  /** Serves `POST /debug/compact`, for tools that replay recordings. Default false. */
  debug?: boolean;
  /** Told what is done next on the way to a cluster; if it throws, the way ends there and nothing runs any more. */
  onStep?(step: string): void;
  /** Told of faults of ours. */
  report?(error: unknown, where: string): void;
}

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

export interface NodeShellOptions {
  command: string[];
  stdin: boolean;
  tty: boolean;
}

const serviceCidr = '10.96.0.0/12';
const podCidr = '10.244.0.0/16';

/**
 * Starts a cluster that speaks the Kubernetes API on 127.0.0.1; resolves when Pods can be made. Rejects with an
 * EnvironmentError if the folder's content is damaged, with the system's error if it can't be written or listened on.
 */
export async function createEmbeddedCluster(options: EmbeddedClusterOptions = {}): Promise<EmbeddedCluster> {
  const { folder, clock = systemClock, onStep } = options;
  onStep?.('making keys and certificates');
  if (folder !== undefined) await mkdir(folder, { recursive: true, mode: 0o700 });
  const [first] = planNodes(options.name ?? defaultName, 1);
  const names = first ? [first.nodeName, first.address] : [];
  const pki = folder === undefined ? createPki(clock, names) : await openPki(folder, clock, names);
  const plane = createControlPlane({
    clock,
    pki,
    folder,
    definitions: builtinResources,
    handlers: resourceHandlers(clock),
  });
  const cluster = new Cluster(options, clock, pki, plane);
  try {
    await cluster.start();
  } catch (error) {
    await cluster.stop();
    throw error;
  }
  return cluster;
}

class Cluster implements EmbeddedCluster {
  readonly pki: Pki;
  readonly client: ApiClient;
  readonly kubeconfigFile: string | undefined;
  readonly #options: EmbeddedClusterOptions;
  readonly #clock: Clock;
  readonly #plane: ControlPlane;
  readonly #abort = new AbortController();
  readonly #machines = new Map<string, NodeMachine>();
  readonly #plan: readonly NodePlan[];
  readonly #aggregator: Aggregator;
  readonly #parts: ControlPlaneParts;
  readonly #etcd: EtcdBackend;
  readonly #listener: Listener;
  #runtime: ContainerRuntime | undefined;
  #context: ComponentContext | undefined;
  #dial: Dial | undefined;
  #baseline: ClusterBaseline = { objects: new Map(), nodes: {} };
  /** The baseline of the beginning, of a cluster that was made by this process. */
  #made: ClusterBaseline | undefined;
  #kubeadmAdmin: Credentials | undefined;
  #starting = true;
  #stopped: Promise<void> | undefined;

  constructor(options: EmbeddedClusterOptions, clock: Clock, pki: Pki, plane: ControlPlane) {
    this.#options = options;
    this.#clock = clock;
    this.#plane = plane;
    this.pki = pki;
    this.client = plane.client;
    this.kubeconfigFile = options.folder && join(options.folder, 'kubeconfig');
    this.#plan = planNodes(options.name ?? defaultName, options.nodes ?? 1);
    this.#listener = new Listener({
      listen: (port) => this.#createServer(port),
      firstPort: async () => options.port ?? (await this.#lastPort()),
      clock,
      signal: this.#abort.signal,
    });
    this.#aggregator = this.#createAggregator();
    this.#parts = new ControlPlaneParts(this.#controlPlaneParts());
    const [first] = this.#plan;
    this.#etcd = new EtcdBackend({
      store: plane.store,
      definitions: () => plane.registry.definitions(),
      folder: options.folder,
      name: first?.nodeName ?? '',
      peerUrl: `https://${first?.address ?? ''}:2380`,
    });
  }

  get url(): string {
    return this.#listener.url;
  }

  get port(): number {
    return this.#listener.port;
  }

  get nodes(): readonly string[] {
    return [...this.#machines.keys()];
  }

  get caCertificate(): string {
    return this.pki.ca.certificate;
  }

  get context(): ComponentContext {
    if (!this.#context) throw new Error('the cluster has not started');
    return this.#context;
  }

  async start(): Promise<void> {
    const { controllers: manage = true, runtime, onStep } = this.#options;
    onStep?.('starting the API server');
    await this.#listener.open();
    this.#writeFiles();
    const context = this.#contextFor(this.#abort.signal);
    this.#context = context;
    const bootstrap = this.#bootstrap();
    await bootstrapControlPlane(bootstrap);
    await this.#run([eventExpiry(this.#plane.store), apiServiceAvailability(this.#aggregator)]);
    if (this.#hasNodes() && runtime) await this.#prepareNodes(await runtime(context));
    if (manage) onStep?.('starting controllers and scheduler');
    await this.#parts.start();
    if (this.#hasNodes()) {
      onStep?.('starting the nodes');
      await Promise.all([...this.#machines.values()].map((machine) => machine.start(context)));
      if (this.#plane.fresh) await markControlPlane(bootstrap);
    }
    if (this.#hasAddons() && this.#plane.fresh) {
      onStep?.('installing CoreDNS and kube-proxy');
      await bootstrapAddons(bootstrap);
    }
    if (this.#hasAddons()) await this.#run([localPathProvisioner]);
    // What was brought back may have been left in any state.
    if (manage && this.#plane.fresh) {
      onStep?.('waiting until Pods can be made');
      await this.#ready();
    }
    await this.#loadBaseline();
    this.#starting = false;
  }

  kubeconfig(user = 'admin', groups: readonly string[] = []): string {
    const credentials = user === 'admin' ? this.#admin() : this.#issue(user, groups);
    const context = this.#options.context ?? this.#options.name ?? defaultName;
    return kubeconfigOf({ context, server: this.url, caCertificate: this.caCertificate, credentials });
  }

  /** Where kubeadm's ClusterRoleBinding is, it is by that one that kubernetes-admin may do everything. */
  #admin(): Credentials {
    if (!this.#hasAddons()) return this.pki.admin;
    const name = 'kubernetes-admin';
    const issue = () => this.#issue(name, ['kubeadm:cluster-admins']);
    const { folder } = this.#options;
    this.#kubeadmAdmin ??= folder === undefined ? issue() : keptCredentials(folder, name, issue);
    return this.#kubeadmAdmin;
  }

  #issue(user: string, groups: readonly string[]): Credentials {
    return this.pki.issueClient({ commonName: user, organizations: [...groups] });
  }

  #hasAddons(): boolean {
    const { controllers: manage = true, runtime, kubelet = runtime !== undefined, addons } = this.#options;
    return addons ?? (manage && kubelet);
  }

  #hasNodes(): boolean {
    const { runtime, kubelet = runtime !== undefined } = this.#options;
    return kubelet && runtime !== undefined;
  }

  loadImages(images: readonly ImageDescription[]): void {
    this.#runtime?.loadImages(images);
  }

  async systemRuns(): Promise<boolean> {
    const isAvailable = ({ metadata, spec, status }: Stored<Deployment>) => {
      const { replicas = 1 } = spec ?? {};
      const counts = [status?.replicas, status?.updatedReplicas, status?.availableReplicas];
      return status?.observedGeneration === metadata.generation && counts.every((count = 0) => count === replicas);
    };
    const available = until(this.context.informers.of(deployments), (all) =>
      all
        .list()
        .filter(({ metadata }) => isSystemNamespace(metadata.namespace))
        .every(isAvailable),
    );
    return this.#comesInTime(available);
  }

  /** False: it did not come within five seconds. */
  async #comesInTime(awaited: Promise<unknown>): Promise<boolean> {
    const late = Promise.withResolvers<false>();
    const timer = this.#clock.after(5_000, () => late.resolve(false));
    try {
      return await Promise.race([awaited.then(() => true), late.promise]);
    } finally {
      timer.cancel();
    }
  }

  async snapshot(): Promise<void> {
    const nodes = Object.fromEntries([...this.#machines].map(([name, machine]) => [name, machine.capture()]));
    this.#remember({ objects: captureBaseline(this.#plane.store), nodes });
  }

  #remember(baseline: ClusterBaseline): void {
    this.#baseline = baseline;
    this.#etcd.data.mark();
    const { folder } = this.#options;
    if (folder !== undefined) writeBaseline(folder, baseline);
  }

  async reset(): Promise<void> {
    const { objects, nodes } = this.#baseline;
    this.#etcd.data.reset();
    // First the machines: what they run follows from their files.
    await Promise.all(
      [...this.#machines].map(([name, machine]) => {
        const saved = ownValue(nodes, name);
        return saved && machine.restore(saved);
      }),
    );
    restoreBaseline(this.#plane.store, objects, this.#clock.now());
    await this.#settled();
  }

  async renew(): Promise<boolean> {
    const machines = [...this.#machines.values()];
    if (!this.#made || machines.some(({ entered }) => entered)) return false;
    this.#remember(this.#made);
    await this.reset();
    const living = new Set([...this.#plane.store.entries(bucketOf(pods))].map(([, { metadata }]) => metadata.uid));
    const discarded = Promise.all(machines.map(({ kubelet }) => kubelet.discard(living)));
    if (!(await this.#comesInTime(discarded))) return false;
    // What was told of their end goes as well.
    await this.reset();
    if (!(await this.systemRuns()) || hasOrphans(this.#plane.store)) return false;
    return machines.every(({ kubelet }) => kubelet.untouched);
  }

  async nodeShell(node: string, options: NodeShellOptions): Promise<ProcessStreams> {
    const machine = this.#machines.get(node);
    if (!machine) throw new Error(`the cluster has no node ${node}`);
    return (await machine.processes()).exec(options);
  }

  /** Waits until the components have answered to what was written: a few turns in which nothing is written, or 50 ms. */
  async #settled(): Promise<void> {
    const { store } = this.#plane;
    const end = performance.now() + 50;
    let revision = -1;
    for (let quiet = 0; quiet < 5 && performance.now() < end; quiet++) {
      if (store.revision !== revision) quiet = 0;
      revision = store.revision;
      await store.delivered();
      await nextTurn();
    }
  }

  objects(when: 'now' | 'snapshot'): ObjectOf[] {
    const { store, registry } = this.#plane;
    return withResources(when === 'now' ? store.all() : objectsIn(this.#baseline.objects), registry.definitions());
  }

  compact(): void {
    this.#plane.store.compact();
  }

  stop(): Promise<void> {
    this.#stopped ??= (async () => {
      this.#parts.close();
      this.#abort.abort();
      await this.#listener.close();
      await this.#runtime?.dispose();
      await Promise.all([...this.#machines.values()].map((machine) => machine.stop()));
      await this.#plane.close();
    })();
    return this.#stopped;
  }

  /** Makes the nodes known that an emptied cluster has lost, for whatever routes to them. */
  async #registerNodes(): Promise<void> {
    if (!this.#context || this.#starting) return;
    const known = this.context.informers.of(nodes);
    const unknown = [...this.#machines.values()].filter(({ name }) => !known.get(undefined, name));
    if (unknown.length === 0) return;
    await bootstrapControlPlane(this.#bootstrap());
    await Promise.all(unknown.map((machine) => machine.registerAgain()));
    await markControlPlane(this.#bootstrap());
  }

  #bootstrap(): BootstrapOptions {
    return { ...this.#plane, clock: this.#clock, facts: this.#facts() };
  }

  #facts(): ClusterFacts {
    const [first] = this.#plan;
    return {
      name: this.#options.name ?? defaultName,
      node: first?.nodeName ?? '',
      nodeIP: first?.address ?? '',
      caCertificate: this.caCertificate,
      server: this.url,
    };
  }

  #contextFor(signal: AbortSignal): ComponentContext {
    const { host, port } = this.#listener;
    const { unknownImages } = this.#options;
    return componentContext(
      this.#plane,
      this.#clock,
      signal,
      {
        caCertificate: this.caCertificate,
        apiServer: { host, port },
        serviceCidr,
        podCidr,
        folder: this.#options.folder,
        ...(unknownImages !== undefined && { unknownImages }),
        nodes: this.#answers,
        kubelet: async (name) => this.#machines.get(name)?.kubelet.address(),
      },
      this.#aggregator,
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
      return this.#machines.get(node)?.answer(question);
    },
    lost: (loss) => {
      this.#parts.lost();
      for (const machine of this.#machines.values()) machine.runtimeLost(loss);
    },
  };

  #controlPlaneParts(): Part[] {
    const { controllers: manage = true } = this.#options;
    const led = (name: ControlPlanePart, components: () => Component[]): Part => ({
      name,
      needs: ['kube-apiserver'],
      start: (signal) => this.#runPart(name, components(), signal),
    });
    const server: Part = {
      name: 'kube-apiserver',
      needs: ['etcd'],
      start: async (signal) => {
        await this.#listener.open();
        // etcd may have come back with nothing in it.
        await bootstrapControlPlane(this.#bootstrap());
        await this.#runPart('kube-apiserver', [this.#serviceUpkeep()], signal);
      },
      stopped: () => this.#listener.close(),
    };
    const managers = [
      led('kube-controller-manager', () => controllers(this.pki)),
      led('kube-scheduler', () => [createScheduler()]),
    ];
    return [{ name: 'etcd', needs: [] }, server, ...(manage ? managers : [])];
  }

  #serviceUpkeep(): Component {
    return kubernetesServiceUpkeep(this.#bootstrap(), (error) => this.#options.report?.(error, 'Service kubernetes'));
  }

  async #runPart(name: ControlPlanePart, components: readonly Component[], signal: AbortSignal): Promise<void> {
    const context = this.#contextFor(signal);
    for (const component of components) await component.start(context);
    if (this.#hasAddons()) await controlPlaneLease(name, this.#plan[0]?.nodeName ?? '').start(context);
  }

  #createAggregator(): Aggregator {
    const { registry } = this.#plane;
    return new Aggregator({
      reader: registry.reader,
      definitions: () => registry.definitions(),
      dial: (address, port) => this.#dialer()(address, port),
      clock: this.#clock,
      frontProxy: this.#issue('front-proxy-client', []),
    });
  }

  #createServer(wanted: number): Promise<ApiServer> {
    const { registry, authorizer } = this.#plane;
    // Pods reach it through the address of the control plane's node.
    const node = this.#hasNodes() ? this.#plan[0] : undefined;
    return createApiServer({
      registry,
      reader: registry.reader,
      authorizer,
      aggregator: this.#aggregator,
      nodeAgent: (name) => {
        const kubelet = this.#machines.get(name)?.kubelet;
        return kubelet?.running ? kubelet : undefined;
      },
      dial: (address, port) => this.#dialer()(address, port),
      clock: this.#clock,
      pki: this.pki,
      port: wanted,
      ...(node && { advertised: `${node.address}:${securePort}` }),
      ...(this.#options.debug && { debugPaths: { '/debug/compact': () => this.compact() } }),
      report: this.#options.report,
    });
  }

  /** How the API server's machine reaches Pods. Where no containers run, nobody listens. */
  #dialer(): Dial {
    if (!this.#runtime) return refuse;
    this.#dial ??= nodeDialer(createClusterNetwork(this.context), this.#runtime, this.#plan[0]?.nodeName ?? '');
    return this.#dial;
  }

  async #lastPort(): Promise<number> {
    const { folder } = this.#options;
    if (folder === undefined) return 0;
    const text = await readFile(join(folder, 'port'), 'utf8').catch(() => '0');
    const port = Number(text);
    return Number.isInteger(port) && port > 0 && port < 2 ** 16 ? port : 0;
  }

  async #run(components: readonly Component[]): Promise<void> {
    for (const component of components) await component.start(this.context);
  }

  /** Puts the disks of the nodes in place. */
  async #prepareNodes(runtime: ContainerRuntime): Promise<void> {
    this.#runtime = runtime;
    runtime.loadImages(this.#options.images ?? []);
    const { folder } = this.#options;
    for (const plan of this.#plan) {
      const written = kubeadmFiles(plan, this.#facts(), this.pki, this.#clock);
      const files = this.#hasAddons() ? written : withoutControlPlane(written);
      const machine = await NodeMachine.open({
        ...{ plan, runtime, clock: this.#clock, initial: files },
        ...(plan.role === 'control-plane' && { beside: () => this.#etcd.data.entries() }),
        ...(folder !== undefined && { file: join(folder, 'nodes', plan.nodeName) }),
      });
      this.#machines.set(machine.name, machine);
      if (plan.role === 'control-plane' && this.#hasAddons()) this.#awaitChanged(machine, files);
    }
  }

  /** A part whose manifest is not as kubeadm wrote it runs when its process does. */
  #awaitChanged({ files }: NodeMachine, written: NodeEntries): void {
    for (const name of ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler']) {
      const path = `${manifestFolder}/${name}.yaml`;
      if (!sameEntry(files.entry(path), written[path])) this.#parts.release(name);
    }
  }

  /**
   * Pods can be made once the ServiceAccounts are there, and run once the nodes are known to be ready. What controllers
   * make of kubeadm's objects is no news for a reset.
   */
  async #ready(): Promise<void> {
    const { informers } = this.context;
    const accounts = informers.of(serviceAccounts);
    const hasAccount = ({ metadata }: Stored) => accounts.get(metadata.name, 'default') !== undefined;
    await until(accounts, () => informers.of(namespaces).list().every(hasAccount));
    const notReady = ({ spec }: Node) => spec?.taints?.some(({ key }) => key === 'node.kubernetes.io/not-ready');
    await until(informers.of(nodes), (all) => !all.list().some(notReady));
    const isObserved = ({ metadata, status }: Stored<Deployment | DaemonSet>) =>
      status?.observedGeneration === metadata.generation;
    await until(informers.of(deployments), (all) => all.list().every(isObserved));
    await until(informers.of(daemonSets), (all) => all.list().every(isObserved));
  }

  #writeFiles(): void {
    const { folder } = this.#options;
    if (folder === undefined || this.kubeconfigFile === undefined) return;
    replaceFileSync(join(folder, 'port'), `${this.port}\n`);
    // It may be brought back on another port; what whoever uses it put into the file stays.
    mendKubeconfigFile(this.kubeconfigFile, this.kubeconfig());
  }

  async #loadBaseline(): Promise<void> {
    const { folder } = this.#options;
    if (folder === undefined || this.#plane.fresh) {
      await this.snapshot();
      this.#made = this.#baseline;
      return;
    }
    const saved = await readBaseline(folder);
    if (!saved) return this.snapshot();
    this.#baseline = saved;
  }
}
