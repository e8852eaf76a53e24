import type { AddonName } from '../cluster/addons/names.ts';
import type { BrokenCluster, ClusterSpec } from '../cluster/provider.ts';
import type { Activity, Verdict } from '../grading/types.ts';
import type { ClusterRef, ScenarioRef } from './events.ts';

/** An attempt as the app and the commands show it: the fold of its log plus the live verdicts. */
export interface AttemptState {
  id: string;
  scenario: ScenarioRef;
  title: string;
  competencies: string[];
  minutes: number;
  task: string;
  phase: 'preparing' | 'active' | 'resetting' | 'failed' | 'stopped';
  step?: string;
  failure?: { what: string; why?: string; next?: string };
  cluster?: ClusterRef;
  namespace: string;
  /** Milliseconds. */
  readyIn?: number;
  worked: number;
  /** Whether the clock runs: `worked` grows from the moment this state was made. */
  running: boolean;
  /**
   * `observed`: given for what was there. `total` counts the others. `paid`: what those taken cost together; after
   * solving they are free. `nextPrice`: of whichever would be given now.
   */
  hints: {
    taken: { text: string; price: number; observed?: true }[];
    paid: number;
    total: number;
    nextPrice?: number;
  };
  verdicts: Verdict[];
  /** Ids of checks that passed at some time since the start or the last reset. */
  passedBefore: string[];
  score: number;
  max: number;
  solved: boolean;
  /** Solved once, in this attempt or an earlier one at the scenario, whatever was changed or reset since. */
  wasSolved: boolean;
  sawSolution: boolean;
  activities: Activity[];
}

export interface ClusterInfo {
  id: string;
  provider: string;
  kubeconfig: string;
  context: string;
  server: string;
}

/** A cluster as lists show it. `kept`: nobody's, it waits for the next attempt. `broken`: it could not be brought back. */
export type ListedCluster = ClusterInfo & { attempt?: string; kept?: true; broken?: BrokenCluster };

/** What went on to the disk when the daemon ended. */
export interface SuspendedLabs {
  /** Ids of attempts. */
  attempts: string[];
  clusters: number;
}

/** The daemon, as it sees itself. */
export interface DaemonStatus {
  pid: number;
  build: string;
  socket: string;
  /** Seconds. */
  uptime: number;
  /** Bytes of resident memory. */
  memory: number;
  clusters: number;
  attempts: number;
  clients: number;
}

/** A hint that was asked for. */
export interface HintGiven {
  text: string;
  price: number;
  /** Given for what is there now, not in its turn. */
  observed: boolean;
  /** How many there are left in turn. */
  left: number;
}

/** How a cluster is chosen, beside its provider. */
export type ClusterOptions = Pick<ClusterSpec, 'nodeImage' | 'target'>;

export interface ClusterRequest extends ClusterOptions {
  name?: string;
  nodes?: number;
  addons?: readonly AddonName[];
  provider: string;
}

export interface StartRequest extends ClusterOptions {
  scenario: string;
  /** Folder of a pack that isn't built in. */
  packFolder?: string;
  provider: string;
  seed?: number;
  /** Take up the newest attempt that isn't stopped, instead of a new one. */
  resume?: boolean;
}

/** `argv` runs it. `simulated`: it is a command of kubedrill itself, which asks for `nodeProcess`. */
export interface NodeCommand {
  argv: string[];
  simulated: boolean;
}

export interface NodeProcessRequest {
  /** A cluster; default: that of the newest attempt. */
  id?: string;
  node: string;
  command: readonly string[];
  tty: boolean;
}

/** A piece of output, base64. */
export interface NodeOutput {
  stream: 'stdout' | 'stderr';
  data: string;
}

/** A piece of input (base64), the end of it, or another size of the terminal. */
export type NodeInput = { data: string } | { end: true } | { columns: number; rows: number };

/**
 * What commands and the app ask of the daemon. All methods reject with a UserError or an EnvironmentError that says
 * what to do. Attempts are named by id; undefined means the one started last that isn't stopped.
 */
export interface Labs {
  /** Resolves when the scenario is ready; `onState` shows the steps on the way. */
  start(request: StartRequest, onState?: (state: AttemptState) => void, signal?: AbortSignal): Promise<AttemptState>;
  attempts(): Promise<AttemptState[]>;
  /** The present state; verdicts are live. */
  attempt(id?: string): Promise<AttemptState>;
  /** The state once the checks have taken in what was just changed: no verdict moved for a moment. */
  check(id?: string): Promise<AttemptState>;
  /**
   * A check's verdict with the whole chain of evidence, read from the cluster now. Undefined: there is no such check, or
   * nothing has been judged yet.
   */
  explain(check: string, id?: string): Promise<Verdict | undefined>;
  /** Calls `onState` at once and at every change, until `signal` aborts. */
  follow(id: string | undefined, onState: (state: AttemptState) => void, signal: AbortSignal): Promise<void>;
  hint(id?: string): Promise<HintGiven>;
  /** The solutions' texts; noted in the attempt. */
  solution(id?: string): Promise<{ name: string; text: string }[]>;
  debrief(id?: string): Promise<string>;
  reset(id?: string): Promise<AttemptState>;
  /** Ends the attempt and deletes its cluster; the log stays. */
  stop(id?: string): Promise<AttemptState>;
  /** Resolves when the cluster is ready; `onStep` shows the steps on the way. Aborting leaves nothing. */
  clusterUp(request: ClusterRequest, onStep?: (step: string) => void, signal?: AbortSignal): Promise<ClusterInfo>;
  clusterList(): Promise<ListedCluster[]>;
  /** A broken one may be an attempt's: that ends with it, and keeps its results. */
  clusterDown(id: string): Promise<void>;
  /** Mends what can be mended of a broken cluster and brings it and its attempt back; what was done, a line each. */
  clusterRepair(id: string): Promise<string[]>;
  /** What is not as it was at the snapshot, a line each. `id` of a cluster; undefined: that of the newest attempt. */
  clusterDifferences(id?: string): Promise<string[]>;
  /** How a command (default: a shell) is run on a node of that cluster. */
  nodeCommand(node: string, command: readonly string[], id?: string): Promise<NodeCommand>;
  /**
   * Runs a command as root on a simulated node; resolves with its exit code when its output is complete. `input` brings
   * what it reads; aborting hangs up. If `onOutput` returns a promise, no more is read until it resolves.
   */
  nodeProcess(
    request: NodeProcessRequest,
    onOutput: (output: NodeOutput) => unknown,
    input: AsyncIterable<NodeInput>,
    signal: AbortSignal,
  ): Promise<number>;
}
