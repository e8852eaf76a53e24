import * as z from 'zod';
import type { Contract, Methods } from '../kernel/rpc-contract.ts';
import {
  examFlagRequest,
  examGoRequest,
  examNoteRequest,
  examStartRequest,
  examState,
  examSubmitRequest,
  sittingOrRunning,
} from './exam/types.ts';
import {
  attemptState,
  checkView,
  clusterInfo,
  clusterRequest,
  daemonStatus,
  hintGiven,
  listedCluster,
  nodeCommand,
  nodeCommandRequest,
  nodeInput,
  nodeOutput,
  nodeProcessRequest,
  startRequest,
  suspendedLabs,
  text,
} from './types.ts';

/** For what the daemon does at once, milliseconds: it may have clusters to bring back before. */
const moment = { limit: 120_000 };

const nothing = z.object({});
/** Attempts are named by id; undefined means the one started last that isn't stopped. */
const attemptOrNewest = z.object({ id: text.optional() });
const clusterId = z.object({ id: text });

/**
 * What commands and the app ask of the daemon's labs, from which server, client and test doubles are created. All reject
 * with a UserError or an EnvironmentError that says what to do.
 */
export const labContract = {
  /** Resolves when the scenario is ready; events show the steps on the way. Aborting leaves nothing. */
  start: { params: startRequest, event: attemptState, events: 'newest', result: attemptState, aborting: 'waits' },
  attempts: { params: nothing, result: z.array(attemptState), ...moment },
  /** The present state; verdicts are live. */
  attempt: { params: attemptOrNewest, result: attemptState, ...moment },
  /** The state once the checks have taken in what was just changed: no verdict moved for a moment. */
  check: { params: attemptOrNewest, result: attemptState, ...moment },
  /**
   * A check with as much of its chain of evidence as was asked for, read from the cluster now. Undefined: there is no such
   * check, or nothing has been judged yet.
   */
  explain: { params: attemptOrNewest.extend({ check: text }), result: checkView.optional() },
  /** The same after one step more; rejects if that costs more than `price`, which the learner agreed to. */
  ask: { params: attemptOrNewest.extend({ check: text, price: z.number() }), result: checkView.optional() },
  /** Tells the state at once and at every change, until it is aborted. */
  follow: { params: attemptOrNewest, event: attemptState, events: 'newest', result: z.void(), aborting: 'ends' },
  /** Something was typed where somebody works on it: its clock runs on. Whoever types goes on giving that sign. */
  work: { params: attemptOrNewest, result: z.void(), ...moment },
  hint: { params: attemptOrNewest, result: hintGiven, ...moment },
  /** The solutions' texts; noted in the attempt. */
  solution: {
    params: attemptOrNewest,
    result: z.array(z.object({ name: z.string(), text: z.string() })),
    ...moment,
  },
  debrief: { params: attemptOrNewest, result: z.string(), ...moment },
  reset: { params: attemptOrNewest, result: attemptState },
  /** Ends the attempt and deletes its cluster; the log stays. */
  stop: { params: attemptOrNewest, result: attemptState },
  /** Resolves when the cluster is ready; events are the steps on the way. Aborting leaves nothing. */
  clusterUp: { params: clusterRequest, event: z.string(), result: clusterInfo, aborting: 'waits' },
  clusterList: { params: nothing, result: z.array(listedCluster), ...moment },
  /** A broken one may be an attempt's: that ends with it, and keeps its results. */
  clusterDown: { params: clusterId, result: z.void() },
  /** Mends what can be mended of a broken cluster and brings it and its attempt back; what was done, a line each. */
  clusterRepair: { params: clusterId, result: z.array(z.string()) },
  /** What is not as it was at the snapshot, a line each. `id` of a cluster; undefined: that of the newest attempt. */
  clusterDifferences: { params: attemptOrNewest, result: z.array(z.string()) },
  /** How a command is run on a node of a cluster. */
  nodeCommand: { params: nodeCommandRequest, result: nodeCommand, ...moment },
  /**
   * Runs a command as root on a simulated node; resolves with its exit code when its output, the events, is complete.
   * While an event is being taken no more is read. Aborting hangs up.
   */
  nodeProcess: { params: nodeProcessRequest, event: nodeOutput, result: z.number(), aborting: 'waits' },
  /** Brings what a process on a node reads; resolves when that has taken it, or has ended: who types faster waits. */
  nodeInput: { params: z.object({ session: text, input: nodeInput }), result: z.void() },
  /** Resolves when the first task is ready; the others are prepared meanwhile and after. Aborting leaves nothing. */
  examStart: { params: examStartRequest, event: examState, events: 'newest', result: examState, aborting: 'waits' },
  /** The present state; also of one that is over, by id. */
  exam: { params: sittingOrRunning, result: examState, ...moment },
  /** Tells the state at once and at every change, until it is aborted. */
  examFollow: { params: sittingOrRunning, event: examState, events: 'newest', result: z.void(), aborting: 'ends' },
  /** Makes a task the current one; one that could not be prepared is tried again. */
  examGo: { params: examGoRequest, result: examState, ...moment },
  examFlag: { params: examFlagRequest, result: examState, ...moment },
  examNote: { params: examNoteRequest, result: examState, ...moment },
  /** Ends it, its attempts and their clusters; the results stay. */
  examSubmit: { params: examSubmitRequest, result: examState },
  /** Ends it without a result. */
  examStop: { params: sittingOrRunning, result: examState },
} satisfies Contract;

export type Labs = Methods<typeof labContract>;

/** What is asked of the daemon itself. The first two must not change: daemons of other builds are asked, too. */
export const daemonContract = {
  hello: { params: nothing, result: z.object({ build: z.string(), pid: z.number() }) },
  /** Suspends the labs and ends; what was suspended. */
  shutdown: { params: nothing, result: suspendedLabs, limit: 60_000 },
  status: { params: nothing, result: daemonStatus },
} satisfies Contract;
