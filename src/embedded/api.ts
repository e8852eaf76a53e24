/**
 * What the parts of the embedded cluster know of each other. Types only; `cluster.ts` joins the parts.
 */
import type { Duplex, Readable } from 'node:stream';
import type { Clock } from '../kernel/clock.ts';
import type { ProcessStreams } from '../kernel/process-streams.ts';
import type { EnvVar, Pod, ResourceRequirements, Status } from '../kube/api.gen.ts';
import type { KubeObject, Resource, Stored } from '../kube/meta.ts';

/** Who makes a request, as authentication found out. */
export interface User {
  name: string;
  uid?: string;
  groups: readonly string[];
  extra?: Readonly<Record<string, readonly string[]>>;
}

/** A failed request: carries the Status that goes to the client. Made by the helpers in `server/status.ts`. */
export interface ApiFailure extends Error {
  readonly status: Status;
}

export interface WriteOptions {
  dryRun?: boolean;
  /** Defaults to the client's own. */
  fieldManager?: string;
  /** `status`, `scale`, `binding`, `token`, `eviction`, ... */
  subresource?: string;
  fieldValidation?: 'Strict' | 'Warn' | 'Ignore';
}

export interface ListOptions {
  labelSelector?: string;
  fieldSelector?: string;
  limit?: number;
  continue?: string;
  resourceVersion?: string;
}

export interface DeleteOptions {
  preconditions?: { uid?: string; resourceVersion?: string };
  gracePeriodSeconds?: number;
  propagationPolicy?: 'Orphan' | 'Background' | 'Foreground';
  dryRun?: boolean;
}

export type PatchType = 'json' | 'merge' | 'strategic' | 'apply';

/**
 * The API as controllers, scheduler and kubelet use it: the same registry, defaults, validation, admission and
 * watch events as over HTTPS, without TLS and authorization. Objects it returns are shared and must not be changed:
 * copy (`structuredClone`) before changing. All methods reject with an ApiFailure.
 */
export interface ApiClient {
  get<T extends KubeObject>(r: Resource<T>, namespace: string | undefined, name: string): Promise<Stored<T>>;
  list<T extends KubeObject>(
    r: Resource<T>,
    namespace?: string,
    options?: ListOptions,
  ): Promise<{ items: Stored<T>[]; resourceVersion: string; continue?: string }>;
  create<T extends KubeObject>(r: Resource<T>, object: T, options?: WriteOptions): Promise<Stored<T>>;
  /** POST to a subresource of one object: `token`, `binding`, `eviction`. */
  createSubresource<R extends KubeObject>(
    r: Resource,
    namespace: string | undefined,
    name: string,
    subresource: string,
    body: R,
  ): Promise<R>;
  /** GET of a subresource that is an object of its own: `scale`. */
  getSubresource<R extends KubeObject>(
    r: Resource,
    namespace: string | undefined,
    name: string,
    subresource: string,
  ): Promise<R>;
  /** Optimistic: a metadata.resourceVersion in `object` must be the current one (409 Conflict else). */
  update<T extends KubeObject>(r: Resource<T>, object: T, options?: WriteOptions): Promise<Stored<T>>;
  updateStatus<T extends KubeObject>(r: Resource<T>, object: T, options?: WriteOptions): Promise<Stored<T>>;
  patch<T extends KubeObject>(
    r: Resource<T>,
    namespace: string | undefined,
    name: string,
    type: PatchType,
    patch: unknown,
    options?: WriteOptions & { force?: boolean },
  ): Promise<Stored<T>>;
  delete(r: Resource, namespace: string | undefined, name: string, options?: DeleteOptions): Promise<void>;
  /** The same API as another identity (audit, admission, managedFields see it). */
  as(identity: { user: User; fieldManager: string }): ApiClient;
}

export interface InformerHandlers<T extends KubeObject> {
  add?(object: Stored<T>): void;
  update?(object: Stored<T>, old: Stored<T>): void;
  /** `object` is the last state. */
  delete?(object: Stored<T>): void;
}

/** A live cache of one resource. Handlers run after the write that caused them has returned. */
export interface Informer<T extends KubeObject> {
  get(namespace: string | undefined, name: string): Stored<T> | undefined;
  list(namespace?: string): Stored<T>[];
  /** Objects whose controller owner (ownerReference with controller: true) has this uid. */
  byOwner(uid: string): Stored<T>[];
  /** Existing objects are told as adds first. Returns the way to stop. */
  on(handlers: InformerHandlers<T>): () => void;
}

export interface Informers {
  of<T extends KubeObject>(r: Resource<T>): Informer<T>;
}

/** Writes Events as Kubernetes' recorders do: counted, aggregated, with `source.component` and reportingComponent. */
export interface EventRecorder {
  /** `involved` may be any stored object; `type` Normal or Warning. */
  event(
    involved: KubeObject & { fieldPath?: string },
    type: 'Normal' | 'Warning',
    reason: string,
    message: string,
    options?: { action?: string; related?: KubeObject },
  ): void;
}

/** A resource as discovery lists it. `storedAs` is set where another resource shows the same objects. */
export interface ServedResource extends Resource {
  readonly verbs?: readonly string[];
  readonly storedAs?: Resource;
  /** By name: `status`, `scale`, ... */
  readonly subresources?: Readonly<Record<string, unknown>>;
}

/** What a controller, the scheduler and the kubelet are given. */
export interface ComponentContext {
  client: ApiClient;
  informers: Informers;
  clock: Clock;
  /** Aborts when the cluster stops: every loop ends then. */
  signal: AbortSignal;
  /** An event recorder of the component, e.g. `recorder('replicaset-controller')`; host set for kubelets. */
  recorder(component: string, host?: string): EventRecorder;
  /** Every resource that the server serves now, custom ones included: what namespace deletion and garbage collection walk. */
  resources(): readonly ServedResource[];
  /** `group/version` of what another server serves, or should: discovery knows nothing of it now. */
  staleGroups(): readonly string[];
  /** Facts of the cluster that some components need. */
  cluster: {
    /** PEM of the CA that signed the serving certificate (kube-root-ca.crt). */
    caCertificate: string;
    /** Where in-cluster clients end up: what 10.96.0.1:443 really is. */
    apiServer: { host: string; port: number };
    /** What programs on nodes ask. */
    nodes?: NodeAnswers;
    /** Where the port 10250 of a node really is; undefined: no kubelet runs there. */
    kubelet?(nodeName: string): Promise<{ host: string; port: number } | undefined>;
    serviceCidr: string;
    podCidr: string;
    /** Folder of the cluster's own files (logs, volumes); undefined: keep in memory. */
    folder?: string;
  };
}

/** A controller, the scheduler, a kubelet: something that runs until `context.signal` aborts. */
export interface Component {
  /** As in kube-controller-manager: `replicaset`, `serviceaccount`, `garbage-collector`, ... */
  readonly name: string;
  start(context: ComponentContext): void | Promise<void>;
}

// ---------------------------------------------------------------- node and containers

export interface LogOptions {
  container?: string;
  previous?: boolean;
  follow?: boolean;
  tailLines?: number;
  sinceSeconds?: number;
  sinceTime?: string;
  timestamps?: boolean;
  limitBytes?: number;
  signal?: AbortSignal;
}

export interface ExecOptions {
  container?: string;
  command: string[];
  stdin: boolean;
  tty: boolean;
}

/** An answer to a GET. */
export interface HttpAnswer {
  status: number;
  contentType: string;
  body: string;
}

/** What the API server asks of a node's kubelet (port 10250 on a real node). Rejects with an ApiFailure. */
export interface NodeAgent {
  readonly nodeName: string;
  logs(pod: Stored<Pod>, options: LogOptions): Promise<Readable>;
  exec(pod: Stored<Pod>, options: ExecOptions): Promise<ProcessStreams>;
  attach(pod: Stored<Pod>, options: Omit<ExecOptions, 'command'>): Promise<ProcessStreams>;
  portForward(pod: Stored<Pod>, port: number): Promise<Duplex>;
  /** A GET of one of the kubelet's own paths: `/metrics/resource`. */
  answer(path: string): Promise<HttpAnswer>;
}

/** A file or folder that the kubelet puts into a container. */
export type VolumeSource =
  /** Read-only content that the kubelet owns (projected, configMap, secret, downwardAPI); may be replaced while running. */
  | { kind: 'files'; id: string; files: Record<string, { content: Uint8Array; mode: number }> }
  /**
   * A writable tree that the containers of the Pod share (emptyDir): same id, same tree.
   * `sizeBytes`: sizeLimit or capacity; `memory`: medium Memory (a tmpfs in `df` and `mount`).
   */
  | { kind: 'tree'; id: string; sizeBytes?: number; memory?: boolean }
  /** A path of the node itself (hostPath, local): what is missing there is made, a folder with `mode` (default 0755). */
  | { kind: 'host'; node: string; path: string; mode?: number };

/** What a program on a node asks of what the node does by itself. */
export type NodeQuestion =
  /** systemctl; `units` are names as they were typed. */
  | { kind: 'unit'; verb: string; units: readonly string[] }
  /** journalctl: everything that was written to the journal, oldest first. */
  | { kind: 'journal' }
  /** crictl: what the container runtime has. */
  | { kind: 'runtime' }
  /** Bytes of a container's log as it lies on the disk, at most `length`; the answer is a LogPiece. */
  | { kind: 'logFile'; path: string; offset: number; length: number }
  /** crictl logs: by the container's id or the beginning of it. */
  | { kind: 'log'; container: string; previous: boolean }
  /**
   * A process does the work of a part of the control plane until it says that it does not; `process` is a number of its
   * own. The answer is whether all that the part needs is there.
   */
  | { kind: 'component'; name: string; process: string; runs: boolean }
  /** A process of etcd asks for its data; the answer is an EtcdOpened or EtcdAnswer. */
  | { kind: 'etcd'; question: EtcdQuestion };

/** By what a data directory of etcd says that the cluster's own store holds its content: each start has another `epoch`. */
export interface DataClaim {
  id: string;
  epoch: number;
}

/** What a process of etcd asks. */
export type EtcdQuestion =
  | {
      op: 'open';
      /** What its data directory says; undefined: the directory is empty, or was restored and not served yet. */
      claim?: DataClaim;
      /** Where that is on the node; undefined: on no disk of the node. */
      path?: string;
      /** The directory's own database, if it is needed. */
      database?: Uint8Array;
      /** By its flags; `token`: --initial-cluster-token. */
      member: { name: string; peerUrls: readonly string[]; clientUrls: readonly string[]; token?: string };
    }
  /** It ends. */
  | { op: 'close'; id: string }
  /** A call of its API, named as in `etcd/messages.ts`. */
  | { op: 'call'; method: string; request: object };

export type EtcdOpened =
  | { kind: 'opened'; claim: DataClaim }
  /** The claim is not known: asked again with the database it can be opened. */
  | { kind: 'database wanted' }
  /** The database cannot be read. */
  | { kind: 'damaged'; message: string }
  | { kind: 'closed'; claim: DataClaim; database: Uint8Array }
  /** Another directory is served by now. */
  | { kind: 'another' };

/** The answer to a call: a message, or the status of a failure as gRPC has it. */
export type EtcdAnswer = { kind: 'response'; response: object } | { kind: 'error'; code: number; message: string };

/** A piece of a file, and how long the file is now, in bytes. */
export interface LogPiece {
  bytes: Uint8Array;
  size: number;
}

/** The log of a container on a node's disk, and the link that leads to it. */
export interface NodeLog {
  path: string;
  link: string;
  /** Bytes. */
  size: number;
}

/** A line of a node's journal. */
export interface JournalEntry {
  /** Milliseconds since 1970. */
  at: number;
  /** `kubelet.service`; empty: of systemd itself, about `about`. */
  unit: string;
  identifier: string;
  pid: number;
  text: string;
}

/** What systemctl has to say: its output, its complaint, its exit code. */
export interface UnitAnswer {
  stdout: string;
  stderr: string;
  code: number;
}

/** What crictl shows of a Pod and its containers. */
export interface RuntimePod {
  id: string;
  name: string;
  namespace: string;
  uid: string;
  attempt: number;
  /** ms since 1970. */
  createdAt: number;
  ready: boolean;
  containers: readonly RuntimeContainer[];
}

export interface RuntimeContainer {
  id: string;
  name: string;
  image: string;
  imageId: string;
  attempt: number;
  createdAt: number;
  state: 'Running' | 'Exited';
  exitCode?: number;
  /** ms since 1970; undefined: it never ran, or still does. */
  startedAt?: number;
  finishedAt?: number;
  reason?: string;
  message?: string;
  logPath: string;
}

export interface RuntimeState {
  pods: readonly RuntimePod[];
  images: readonly { name: string; id: string; sizeBytes: number }[];
}

/** Answers for nodes; by the kind of the question. Rejects with an Error for what is not there. */
export interface NodeAnswers {
  answer(node: string, question: NodeQuestion): Promise<unknown>;
  /** All processes of all nodes have died at once. */
  lost(): void;
}

/** What lies at a path of a node. */
export type NodeEntry =
  | { kind: 'file'; mode: number; content: Uint8Array }
  | { kind: 'dir'; mode: number }
  | { kind: 'link'; target: string };

/** By absolute path. */
export type NodeEntries = Readonly<Record<string, NodeEntry>>;

export interface ContainerMount {
  mountPath: string;
  subPath?: string;
  readOnly: boolean;
  volume: VolumeSource;
}

/** All that the runtime needs to start one container. */
export interface ContainerSpec {
  /** Unique: `<pod uid>/<container>/<restart count>`. */
  id: string;
  image: string;
  /** Overrides the image's ENTRYPOINT / CMD, with $(VAR) already expanded. */
  command?: string[];
  args?: string[];
  workingDir?: string;
  /** Complete: service links, env, envFrom, downward API resolved. */
  env: EnvVar[];
  mounts: ContainerMount[];
  /** It is the node itself: its root is the node's own file system, and nothing is put into it. */
  machine?: boolean;
  hostname: string;
  /** `host.subdomain.namespace.svc.cluster.local` where the Pod has a subdomain. */
  fqdn?: string;
  hostAliases?: readonly { ip?: string; hostnames?: readonly string[] }[];
  /** What /etc/resolv.conf says. Default: dnsPolicy ClusterFirst with the usual search domains. */
  dns?: { nameservers: readonly string[]; searches: readonly string[]; options: readonly string[] };
  /** Pod facts that programs see: hostname -i, resolv.conf, identity for network policies. */
  pod: { name: string; namespace: string; uid: string; ip: string; nodeName: string; serviceAccountName: string };
  securityContext?: {
    runAsUser?: number;
    runAsGroup?: number;
    fsGroup?: number;
    supplementalGroups?: readonly number[];
    readOnlyRootFilesystem?: boolean;
    privileged?: boolean;
    capabilities?: { add?: readonly string[]; drop?: readonly string[] };
  };
  stdin: boolean;
  stdinOnce?: boolean;
  tty: boolean;
  resources?: ResourceRequirements;
  terminationMessagePath: string;
}

export interface ContainerExit {
  exitCode: number;
  /** Set if a signal ended it. */
  signal?: number;
  /** `OOMKilled` where memory ran out; else the kubelet says Completed or Error. */
  reason?: string;
  /** Content of terminationMessagePath, if any. */
  message?: string;
}

/** What a container uses: CPU since it began, in milliseconds of one core; memory now. */
export interface ContainerUsage {
  cpuMs: number;
  memoryBytes: number;
}

export interface RunningContainer {
  readonly id: string;
  /** Fires for every chunk of output, in order. */
  onOutput(listener: (stream: 'stdout' | 'stderr', chunk: Uint8Array) => void): void;
  readonly exited: Promise<ContainerExit>;
  kill(signal: 'SIGTERM' | 'SIGKILL' | 'SIGINT' | 'SIGHUP' | 'SIGQUIT'): void;
  exec(options: { command: string[]; stdin: boolean; tty: boolean; env?: EnvVar[] }): ProcessStreams;
  attach(options: { stdin: boolean; tty: boolean }): ProcessStreams;
  /** Replaces the content of `files` volumes by id (token rotation, ConfigMap updates). */
  updateFiles(id: string, files: Record<string, { content: Uint8Array; mode: number }>): void;
  /** Other limits from now on. */
  update(resources: ResourceRequirements): void;
}

/** Why a container could not be started (reason StartError or RunContainerError, exit code 128 or 127). */
export interface StartFailure extends Error {
  readonly reason: 'StartError' | 'ContainerCannotRun';
  readonly exitCode: number;
}

/** An image that a pack brings: what it is built on, what it starts, and how it behaves. */
export interface ImageDescription {
  /** Reference without tag or digest: `example.com/shop/cart`. */
  name: string;
  /** Default: every plausible version and `latest`. */
  tags?: readonly string[];
  /** Reference of a catalogue image whose files and programs it has. Default: busybox. */
  base?: string;
  entrypoint?: readonly string[];
  cmd?: readonly string[];
  env?: Readonly<Record<string, string>>;
  workingDir?: string;
  user?: number;
  /** By absolute path. A file with `mode` 0755 and a `#!` line is a program. */
  files?: Readonly<Record<string, string | { content: string; mode?: number }>>;
  /** What it does when neither it nor the Pod names a command: logs, listens, ends. */
  service?: {
    /** Lines at the start; then `repeat`, one after the other, every `everySeconds`. */
    logs?: readonly string[];
    repeat?: { lines: readonly string[]; everySeconds: number };
    ports?: readonly {
      port: number;
      /** Default http. https: with a certificate that it signed itself. */
      protocol?: 'http' | 'https' | 'tcp';
      /** http(s): by path, the longest prefix wins; tcp: the greeting is `/`. Default: 200 with the image's name. */
      routes?: Readonly<Record<string, { status?: number; headers?: Readonly<Record<string, string>>; body: string }>>;
    }[];
    /** Ends by itself after this long. Default: never; SIGTERM ends it with 0. */
    exit?: { afterSeconds: number; code: number };
  };
}

/**
 * Runs containers. Lives apart from the API server's event loop (a worker thread), so that a busy loop in a
 * container slows neither the server nor the terminal app.
 */
export interface ContainerRuntime {
  /** What the catalogue says of an image reference; undefined: the image does not exist (ErrImagePull). */
  image(reference: string): { name: string; digest: string; sizeBytes: number; user?: number } | undefined;
  /** Resolves once the process runs; rejects with a StartFailure. */
  start(spec: ContainerSpec): Promise<RunningContainer>;
  /** Adds images (of packs), or replaces ones of the same name. */
  loadImages(images: readonly ImageDescription[]): void;
  /** Replaces the content of a `files` volume wherever it is mounted (the same as `RunningContainer.updateFiles`). */
  updateFiles(id: string, files: Record<string, { content: Uint8Array; mode: number }>): void;
  /** Forgets a volume tree (the Pod is gone). */
  removeVolume(id: string): void;
  /**
   * Puts `entries` on a node in place of all that is below `roots` (other entries beside what is there), and tells from
   * then on of everything below the roots whenever it has changed. Called again it begins anew.
   */
  keepFiles(
    node: string,
    roots: readonly string[],
    entries: NodeEntries,
    changed: (entries: NodeEntries) => void,
    /** What is put elsewhere on the disk whenever it is set up. */
    beside?: () => NodeEntries,
  ): void;
  /** Shows the log of a container on a node, or how long it is now; what is read of it is asked of the node. */
  showLog(node: string, log: NodeLog): void;
  /** Takes a log away. */
  hideLog(node: string, path: string): void;
  /** Does for a hostPath volume what its `type` asks for. Rejects with an Error in the kubelet's words if it can't be mounted. */
  prepareHostPath(node: string, path: string, type: string): Promise<void>;
  /** What every running container of the cluster uses, by its id. */
  usage(): Promise<Readonly<Record<string, ContainerUsage>>>;
  /** Whether a process of that Pod listens on the TCP port now. */
  listening(podUid: string, port: number): boolean;
  /**
   * A TCP connection to a listener of that Pod, from outside of it (port-forward, probes, Services); `from` is the
   * address that the listener sees, its node's if not given. Rejects with code `ECONNREFUSED` if nobody listens.
   */
  connect(podUid: string, port: number, from?: string): Promise<Duplex>;
  /**
   * One GET to a listener of that Pod as a kubelet's prober makes it: over a connection of its own, whatever certificate is
   * shown. Rejects in the words of Go's client, with code `ECONNREFUSED` if nobody listens; aborted, in no particular ones.
   */
  get(podUid: string, port: number, request: ProbeRequest, signal?: AbortSignal): Promise<ProbeResponse>;
  /** Kills everything that belongs to this cluster. */
  dispose(): Promise<void>;
}

export interface ProbeRequest {
  url: string;
  headers: Readonly<Record<string, string>>;
}

export interface ProbeResponse {
  status: number;
  /** Of a redirection, as it was sent. */
  location?: string;
}

/** `name` without the final dot; `type` is `A`, `SRV`, `PTR`, ... */
export interface DnsQuestion {
  name: string;
  type: string;
}

export interface DnsRecord extends DnsQuestion {
  /** Seconds. */
  ttl: number;
  /** As zone files write it: an address, a name, `priority weight port target`. */
  data: string;
}

export interface DnsAnswer {
  code: 'NOERROR' | 'NXDOMAIN' | 'SERVFAIL' | 'REFUSED';
  records: readonly DnsRecord[];
}

/** A question to the kubernetes plugin of a CoreDNS, with the settings that decide its answer. */
export interface ClusterDnsQuestion extends DnsQuestion {
  /** The plugin's zone that the name is in: `cluster.local`. */
  zone: string;
  /** `pods`: whether names of addresses are answered, and only for Pods that exist. */
  pods: 'disabled' | 'insecure' | 'verified';
  /** `endpoint_pod_names`. */
  endpointPodNames: boolean;
  /** `namespaces`; undefined: all. */
  namespaces?: readonly string[];
  ttl: number;
}

/** Who opens a connection: a process of a Pod, or of a node. */
export type ConnectionSource = { namespace: string; podName: string } | { nodeName: string };

export interface ConnectionTarget {
  address: string;
  port: number;
  /** ICMP: what ping sends; the port is of no meaning then. */
  protocol: 'TCP' | 'UDP' | 'ICMP';
}

/**
 * Where a connection ends up: the real address of the API server or of a kubelet, a Pod, a node (ICMP only), the name server of the nodes
 * (UDP only), a refusal. `timeout`: packets get lost (policy, no such address). `from` is the address that the listener
 * sees.
 */
export type ConnectionRoute =
  | { kind: 'api-server' | 'kubelet'; host: string; port: number }
  | { kind: 'container'; podUid: string; port: number; from: string }
  | { kind: 'node' }
  | { kind: 'resolver' }
  | { kind: 'refused' }
  | { kind: 'timeout' };

/** What programs in containers find on the network; answered by `network/` from the API objects. */
export interface ClusterNetwork {
  /** The records that a CoreDNS' kubernetes plugin makes of Services, EndpointSlices and Pods. */
  records(question: ClusterDnsQuestion): Promise<DnsAnswer>;
  /** @param listening whether a process of a Pod listens on a TCP port now; without it all ports count as open */
  route(
    from: ConnectionSource,
    to: ConnectionTarget,
    listening?: (podUid: string, port: number) => boolean,
  ): Promise<ConnectionRoute>;
}
