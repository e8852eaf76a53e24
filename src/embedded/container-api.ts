/** The container runtime, as kubelets know it. Types only. */
import type { Duplex } from 'node:stream';
import type { ProcessStreams } from '../kernel/process-streams.ts';
import type { EnvVar, ResourceRequirements } from '../kube/api.gen.ts';
import type { NodeEntries, NodeLog } from './node-api.ts';

/** A file or folder that the kubelet puts into a container. */
export type VolumeSource =
  /** Read-only content that the kubelet owns (projected, configMap, secret, downwardAPI); may be replaced while running. */
  | { kind: 'files'; id: string; files: Record<string, { content: Uint8Array; mode: number }> }
  /**
   * A writable tree that the containers of the Pod share (emptyDir): same id, same tree.
   * `sizeBytes`: sizeLimit or capacity; `memory`: medium Memory (a tmpfs in `df` and `mount`).
   */
  | { kind: 'tree'; id: string; sizeBytes?: number; memory?: boolean }
  /** A path of the node itself (hostPath, local): what is missing there is created, a folder with `mode` (default 0755). */
  | { kind: 'host'; node: string; path: string; mode?: number };

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
  /** Whether there is such a repository, whatever its tags. */
  hasRepository(reference: string): boolean;
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
