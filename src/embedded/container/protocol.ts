/**
 * What the main thread and the worker say to each other. Ids are numbers given by the main thread:
 * `container`, `session` (exec, attach, connection), `request`. A worker has one cluster.
 */
import type { EnvVar, ResourceRequirements } from '../../kube/api.gen.ts';
import type {
  ContainerExit,
  ContainerSpec,
  ContainerUsage,
  ImageDescription,
  ProbeRequest,
  ProbeResponse,
} from '../container-api.ts';
import type { ClusterDnsQuestion, ConnectionSource, ConnectionTarget } from '../network-api.ts';
import type { NodeEntries, NodeLog, NodeQuestion } from '../node-api.ts';

export type Files = Record<string, { content: Uint8Array; mode: number }>;
export type Stream = 'stdout' | 'stderr';
export type ToWorker =
  /** `now`: the cluster has a clock of its own, which stands at this time; without it: the system's. */
  | { t: 'cluster'; now?: number }
  | { t: 'clusterEnd' }
  | { t: 'images'; images: readonly ImageDescription[] }
  | { t: 'start'; container: number; spec: ContainerSpec; now?: number }
  | { t: 'signal'; container: number; signal: string }
  | { t: 'limits'; container: number; resources: ResourceRequirements }
  | {
      t: 'exec';
      container: number;
      session: number;
      command: string[];
      stdin: boolean;
      tty: boolean;
      env: readonly EnvVar[];
    }
  | { t: 'attach'; container: number; session: number; stdin: boolean; tty: boolean }
  | { t: 'connect'; session: number; podUid: string; port: number; from?: string }
  | { t: 'get'; request: number; podUid: string; port: number; get: ProbeRequest }
  | { t: 'getAbort'; request: number }
  | { t: 'input'; session: number; data: Uint8Array }
  | { t: 'inputEnd'; session: number }
  | { t: 'resize'; session: number; columns: number; rows: number }
  | { t: 'hangup'; session: number }
  /** Output was taken: the writer may go on. */
  | { t: 'ackOutput'; container: number; bytes: number }
  | { t: 'ackSession'; session: number; bytes: number }
  | { t: 'files'; id: string; files: Files }
  | { t: 'removeVolume'; id: string }
  /** What is on a node below `roots`; `version` counts these messages. */
  | { t: 'nodeFiles'; node: string; roots: readonly string[]; entries: NodeEntries; version: number }
  | { t: 'nodeLog'; node: string; log: NodeLog }
  | { t: 'nodeLogEnd'; node: string; path: string }
  | { t: 'hostPath'; request: number; node: string; path: string; type: string }
  | { t: 'answer'; request: number; value?: unknown; errorCode?: string; now?: number }
  | { t: 'timer'; timer: number; now: number }
  | { t: 'usage'; request: number; now?: number }
  | { t: 'ping' };

export type ToMain =
  | { t: 'pong' }
  | { t: 'ready' }
  | { t: 'started'; container: number }
  | {
      t: 'startFailed';
      container: number;
      reason: 'StartError' | 'ContainerCannotRun';
      message: string;
      exitCode: number;
    }
  | { t: 'output'; container: number; stream: Stream; data: Uint8Array }
  | { t: 'exited'; container: number; exit: ContainerExit }
  | { t: 'sessionStarted'; session: number }
  | { t: 'sessionOutput'; session: number; stream: Stream; data: Uint8Array }
  | { t: 'sessionEnd'; session: number; code?: number; error?: { message: string; exitCode: number; code?: string } }
  | { t: 'ackInput'; session: number; bytes: number }
  | { t: 'listening'; podUid: string; ports: number[] }
  | { t: 'records'; request: number; question: ClusterDnsQuestion }
  | { t: 'route'; request: number; from: ConnectionSource; to: ConnectionTarget }
  | { t: 'node'; request: number; node: string; question: NodeQuestion }
  | { t: 'timer'; timer: number; ms: number }
  | { t: 'timerCancel'; timer: number }
  /** What each container of the cluster has used and uses. */
  | { t: 'usage'; request: number; containers: Record<string, ContainerUsage> }
  /** Something below the roots has changed since the main thread's `version`. */
  | { t: 'nodeFiles'; node: string; entries: NodeEntries; version: number }
  | { t: 'hostPath'; request: number; error?: string }
  | { t: 'got'; request: number; response?: ProbeResponse; error?: { message: string; code?: string } }
  | { t: 'bug'; program: string; stack: string };

/** What is done about some of what the worker says, by its `t`. */
export type HandlersOf<T extends ToMain['t']> = { readonly [K in T]: (message: Extract<ToMain, { t: K }>) => void };

/** Output that is under way before a writer waits, in bytes. */
export const OUTPUT_WINDOW = 512 * 1024;
/** Input that is under way before the main thread's stream waits. */
export const INPUT_WINDOW = 256 * 1024;
/** What was taken is told when it is this much, in bytes: below, no writer waits for it. */
export const ACK_AFTER = 64 * 1024;
