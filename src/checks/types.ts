import type * as z from 'zod';
import type { ExecResult } from '../kube/exec.ts';
import type { KubeObject, Resource, Stored } from '../kube/meta.ts';

/** `error` is the environment's fault and never costs points; `pending` waits for evidence that is on its way. */
export type VerdictStatus = 'pass' | 'fail' | 'pending' | 'error';

/** One link of the chain from what was seen to why: shown by `explain`. */
export interface Evidence {
  kind: 'log' | 'object' | 'review' | 'rule' | 'missing' | 'command';
  /** One line; for `command` what to type to see it. */
  text: string;
  /** Only for commands of a chain: what in their output bears the line before them out, word by word but for spaces. */
  shows?: string[];
}

/** Where the cause of a verdict is to be sought, see `evidence/trace.ts`. */
export type Suspect =
  | { about: 'object'; resource: Resource; namespace?: string; name: string }
  /** Pods that should be there; `selector` as kubectl takes it. */
  | { about: 'pods'; namespace: string; selector: string }
  /** `denied`: it comes about, and must not. */
  | { about: 'connection'; from: WorkloadRef; to: ConnectionTarget; port: number; denied?: boolean }
  /** A name that one of these Pods asked its DNS server for. */
  | { about: 'name'; from: WorkloadRef; name: string }
  /** A line that a container wrote. */
  | { about: 'log'; namespace: string; pod: string; container: string; line: string };

/** What is connected to: a Service, the Pods of a workload, or what else has a name or an address. */
export type ConnectionTarget = { service: string; namespace: string } | { workload: WorkloadRef } | { host: string };

/** What a check found at one moment. */
export interface Outcome {
  status: VerdictStatus;
  expected: string;
  actual: string;
  /** The cause, as far as it is known. */
  why?: string;
  evidence: Evidence[];
  /** What `explain` follows further, by reading what the check itself has no need of. */
  suspects?: Suspect[];
}

/** Something a check wants to see; the grader mirrors the union of what all checks need. */
export type Need =
  /** `optional`: where it may not be seen the check judges all the same. */
  | { kind: 'resource'; resource: Resource; namespace?: string; optional?: true }
  /** Logs of all containers (or one) of the Pods that a workload owns now. */
  | { kind: 'logs'; workload: WorkloadRef; container?: string }
  /** Probes run commands in this namespace's Pods. */
  | { kind: 'exec'; namespace: string }
  /** A file of the answers folder: a change of it wakes the check. */
  | { kind: 'answer'; name: string }
  /** Access reviews: the authorizer may follow a change late, and what it then says wakes the check. */
  | { kind: 'review' };

export interface WorkloadRef {
  kind: 'Deployment' | 'ReplicaSet' | 'StatefulSet' | 'DaemonSet' | 'Job' | 'CronJob' | 'Pod';
  name: string;
  namespace: string;
}

/** One line of a container's log. */
export interface LogLine {
  /** Milliseconds since 1970, as the kubelet stamped it. */
  time: number;
  text: string;
}

/** The log of the newest instance of a container, as far as it was followed. */
export interface ContainerLog {
  pod: Stored<KubeObject>;
  container: string;
  /** Counts from 0. */
  restartCount: number;
  running: boolean;
  /** Lines written since activation, oldest first; the last few thousand. */
  lines: readonly LogLine[];
  /** The follower can't read the log right now. */
  error?: Error;
}

/** What an access review is about; namespace undefined: cluster scope. */
export interface AccessQuestion {
  user: string;
  groups: string[];
  verb: string;
  group?: string;
  resource?: string;
  subresource?: string;
  name?: string;
  namespace?: string;
  path?: string;
}

export interface AccessAnswer {
  allowed: boolean;
  reason: string;
}

/** The cluster as a check may see it: a live mirror, logs, access reviews and the state just after set-up. */
export interface ClusterView {
  get<T extends KubeObject>(r: Resource<T>, namespace: string | undefined, name: string): Stored<T> | undefined;
  list<T extends KubeObject>(r: Resource<T>, namespace?: string): Stored<T>[];
  /** Objects as they were when set-up ended. */
  baseline: Baseline;
  logs(workload: WorkloadRef, container?: string): ContainerLog[];
  /** Asks the cluster's own authorizer; answers are kept until RBAC objects change. */
  review(question: AccessQuestion): Promise<AccessAnswer>;
  /** Objects of a resource that were deleted since grading began; only Events are remembered. */
  buried<T extends KubeObject>(r: Resource<T>, namespace?: string): Stored<T>[];
  /** Only for probes: runs a command in a container. Rejects if the cluster can't be asked; a Pod that is gone is an exit without a code. */
  exec(target: ExecTarget, command: readonly string[]): Promise<ExecResult>;
  /** Only for probes: GET of a path of the API; undefined for a 404. */
  fetch(path: string): Promise<unknown>;
  /** A file of the attempt's answers folder. */
  answer(name: string): Promise<Answer>;
  /** Milliseconds since 1970. */
  now(): number;
  /** When set-up (or the last reset) ended: older evidence does not count. */
  readonly activatedAt: number;
  /** Evaluate this check again so many milliseconds after it has been judged, whatever happens. */
  wakeIn(ms: number): void;
}

/** A container in which a probe runs. */
export interface ExecTarget {
  namespace: string;
  pod: string;
  container?: string;
}

/** A file of the attempt's answers folder, or why there is none. */
export type Answer = { text: string } | { missing: string };

/** The objects that `unchanged` and `leastPrivilege` compare with. */
export interface Baseline {
  get<T extends KubeObject>(r: Resource<T>, namespace: string | undefined, name: string): Stored<T> | undefined;
  list<T extends KubeObject>(r: Resource<T>, namespace?: string): Stored<T>[];
}

/** One check type: its parameters, what it must see, and how it judges. */
export interface CheckType<Spec = unknown> {
  /** The key in YAML: `podLogs`. */
  readonly type: string;
  readonly schema: z.ZodType<Spec>;
  /** Holds before the learner did anything, by its nature: it forbids, it does not ask. */
  readonly guard: boolean;
  /** Does something in the cluster to find out (runs a command in a Pod): asked more rarely. */
  readonly probe?: boolean;
  needs(spec: Spec): Need[];
  /** How often what it looks at says something new, milliseconds. Default: whenever it changes. */
  period?(spec: Spec): number;
  evaluate(spec: Spec, view: ClusterView): Outcome | Promise<Outcome>;
}

/** A check of a scenario after parsing. */
export interface Check {
  id: string;
  title: string;
  weight: number;
  guard: boolean;
  mode: 'level' | 'latch' | { hold: number };
  /** Ids of checks that must pass before this one is judged. */
  after: string[];
  /** The author's own words for why it fails, shown before ours. */
  why?: string;
  type: string;
  spec: unknown;
}
