/** What is asked of a node: by the API server, and by the programs that run on it. Types only. */
import type { Duplex, Readable } from 'node:stream';
import type { ProcessStreams } from '../kernel/process-streams.ts';
import type { Pod } from '../kube/api.gen.ts';
import type { Stored } from '../kube/meta.ts';
import type { Upgrade } from './upgrade.ts';

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

/** A request to a kubelet's own server. */
export interface KubeletRequest {
  method: string;
  /** Without its query. */
  path: string;
  query: URLSearchParams;
  /** The client asked to speak something else on its connection. */
  upgrade?: Upgrade;
}

export interface HttpAnswer {
  status: number;
  contentType?: string;
  /** Where the client should ask instead: a path of the same server, or relative to the one it asked for. */
  location?: string;
  body: string | Readable;
}

/** What the API server asks of a node's kubelet (port 10250 on a real node). Rejects with an ApiFailure. */
export interface NodeAgent {
  readonly nodeName: string;
  logs(pod: Stored<Pod>, options: LogOptions): Promise<Readable>;
  exec(pod: Stored<Pod>, options: ExecOptions): Promise<ProcessStreams>;
  attach(pod: Stored<Pod>, options: Omit<ExecOptions, 'command'>): Promise<ProcessStreams>;
  portForward(pod: Stored<Pod>, port: number): Promise<Duplex>;
  /** A request for one of the kubelet's own paths: `/metrics/resource`. Undefined: its upgrade was taken, and is over. */
  answer(request: KubeletRequest): Promise<HttpAnswer | undefined>;
}

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
  lost(loss: RuntimeLoss): void;
}

/** Why all containers of a cluster died at once: what runs them stopped answering, had no memory left, or crashed. */
export type RuntimeLoss = 'hang' | 'memory' | 'crash';

/** What lies at a path of a node. */
export type NodeEntry =
  | { kind: 'file'; mode: number; content: Uint8Array }
  | { kind: 'dir'; mode: number }
  | { kind: 'link'; target: string };

/** By absolute path. */
export type NodeEntries = Readonly<Record<string, NodeEntry>>;
