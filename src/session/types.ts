import * as z from 'zod';
import type { Evidence } from '../checks/types.ts';
import { addonNames } from '../cluster/addons/names.ts';
import type { BrokenCluster } from '../cluster/provider.ts';
import type { Activity, Verdict } from '../grading/types.ts';
import { type ClusterRef, type ExamMembership, type ScenarioRef, type Standing, standingReasons } from './events.ts';

/**
 * What crosses the daemon's socket: the schemas by which both sides check it, and the types made of them. Schemas of
 * types that stand elsewhere are compared with them by the compiler, also in what is optional.
 */
export type Shape<T> = { [Key in keyof T]-?: z.ZodType<T[Key]> };

/** Bounds what clients send. */
export const text = z.string().max(4096);

export const scenarioRef: z.ZodType<ScenarioRef> = z.object({
  pack: z.string(),
  folder: z.string().optional(),
  id: z.string(),
  seed: z.number(),
} satisfies Shape<ScenarioRef>);

const evidence: z.ZodType<Evidence> = z.object({
  kind: z.enum(['log', 'object', 'review', 'rule', 'missing', 'command']),
  text: z.string(),
  shows: z.array(z.string()).optional(),
} satisfies Shape<Evidence>);

const verdictShape = {
  id: z.string(),
  title: z.string(),
  status: z.enum(['pass', 'fail', 'pending', 'error']),
  weight: z.number(),
  guard: z.boolean(),
  expected: z.string(),
  actual: z.string(),
  why: z.string(),
  evidence: z.array(evidence),
  since: z.number(),
  scored: z.enum(['pass', 'fail']),
} satisfies Shape<Verdict>;

/** How much a check says, see `coach.ts`. */
export const coachLevel = z.union([z.literal(0), z.literal(1), z.literal(2), z.literal(3)]);

/** What is shown of a check: what is not asked for yet is empty. */
export const checkView = z.object({
  ...verdictShape,
  level: coachLevel,
  /** What asking about it once more shows, and what that costs; missing: there is nothing more. */
  next: z.object({ level: coachLevel, price: z.number() }).optional(),
});
export type CheckView = z.infer<typeof checkView>;

const activity: z.ZodType<Activity> = z.object({
  time: z.number(),
  change: z.enum(['+', '~', '-']),
  kind: z.string(),
  namespace: z.string().optional(),
  name: z.string(),
  manager: z.string(),
  detail: z.string(),
} satisfies Shape<Activity>);

export const clusterInfo = z.object({
  id: z.string(),
  provider: z.string(),
  kubeconfig: z.string(),
  context: z.string(),
  server: z.string(),
} satisfies Shape<ClusterRef>);
export type ClusterInfo = z.infer<typeof clusterInfo>;

const standing: z.ZodType<Standing> = z.object({
  why: z.enum(standingReasons),
  since: z.number(),
} satisfies Shape<Standing>);

const brokenCluster: z.ZodType<BrokenCluster> = z.object({
  id: z.string(),
  kubeconfig: z.string(),
  context: z.string(),
  what: z.string(),
  repair: z.string().optional(),
} satisfies Shape<BrokenCluster>);

/** A cluster as lists show it. */
export const listedCluster = clusterInfo.extend({
  attempt: z.string().optional(),
  /** Nobody's: it waits for the next attempt. */
  kept: z.literal(true).optional(),
  /** It could not be brought back. */
  broken: brokenCluster.optional(),
});
export type ListedCluster = z.infer<typeof listedCluster>;

const examMembership: z.ZodType<ExamMembership> = z.object({
  id: z.string(),
  host: z.string(),
  locked: z.boolean(),
} satisfies Shape<ExamMembership>);

/** An attempt as the app and the commands show it: the fold of its log plus the live verdicts. */
export const attemptState = z.object({
  id: z.string(),
  exam: examMembership.optional(),
  scenario: scenarioRef,
  title: z.string(),
  competencies: z.array(z.string()),
  minutes: z.number(),
  task: z.string(),
  phase: z.enum(['preparing', 'active', 'resetting', 'failed', 'stopped']),
  step: z.string().optional(),
  failure: z.object({ what: z.string(), why: z.string().optional(), next: z.string().optional() }).optional(),
  cluster: clusterInfo.optional(),
  namespace: z.string(),
  /** Milliseconds. */
  readyIn: z.number().optional(),
  worked: z.number(),
  /** Whether the clock runs: `worked` grows from the moment this state was created. */
  running: z.boolean(),
  /** Why it stands although there is something to do; missing where it runs, or for another reason. */
  standing: standing.optional(),
  /**
   * `observed`: given for what was there. `total` counts the others. `paid`: what those taken cost together; after
   * solving they are free. `nextPrice`: of whichever would be given now.
   */
  hints: z.object({
    taken: z.array(z.object({ text: z.string(), price: z.number(), observed: z.literal(true).optional() })),
    paid: z.number(),
    total: z.number(),
    nextPrice: z.number().optional(),
  }),
  /** What checks say from the start, the highest level that was asked for, and what that cost. */
  coach: z.object({ base: coachLevel, used: coachLevel, paid: z.number() }),
  verdicts: z.array(checkView),
  /** Ids of checks that passed at some time since the start or the last reset. */
  passedBefore: z.array(z.string()),
  score: z.number(),
  max: z.number(),
  solved: z.boolean(),
  /** Solved once, in this attempt or an earlier one at the scenario, whatever was changed or reset since. */
  wasSolved: z.boolean(),
  sawSolution: z.boolean(),
  activities: z.array(activity),
});
export type AttemptState = z.infer<typeof attemptState>;

/** A hint that was asked for. */
export const hintGiven = z.object({
  text: z.string(),
  price: z.number(),
  /** Given for what is there now, not in its turn. */
  observed: z.boolean(),
  /** How many there are left in turn. */
  left: z.number(),
});
export type HintGiven = z.infer<typeof hintGiven>;

/** What went on to the disk when the daemon ended. */
export const suspendedLabs = z.object({
  /** Ids of attempts. */
  attempts: z.array(z.string()),
  clusters: z.number(),
});
export type SuspendedLabs = z.infer<typeof suspendedLabs>;

/** The daemon, as it sees itself. */
export const daemonStatus = z.object({
  pid: z.number(),
  build: z.string(),
  socket: z.string(),
  /** Seconds. */
  uptime: z.number(),
  /** Bytes of resident memory. */
  memory: z.number(),
  clusters: z.number(),
  attempts: z.number(),
  clients: z.number(),
});
export type DaemonStatus = z.infer<typeof daemonStatus>;

/** How a cluster is chosen, beside its provider. */
const clusterOptions = z.object({
  nodeImage: text.optional(),
  target: z.object({ files: z.array(text).max(100).readonly(), context: text.optional() }).optional(),
});
export type ClusterOptions = z.infer<typeof clusterOptions>;

export const clusterRequest = clusterOptions.extend({
  name: text.optional(),
  nodes: z.int().min(1).max(100).optional(),
  addons: z.array(z.enum(addonNames)).optional(),
  provider: text,
});
export type ClusterRequest = z.infer<typeof clusterRequest>;

export const startRequest = clusterOptions.extend({
  scenario: text,
  /** Folder of a pack that isn't built in. */
  packFolder: text.optional(),
  provider: text,
  seed: z.int().optional(),
  /** What each check of a new attempt says from the start. Default: 0. */
  coach: coachLevel.optional(),
  /** Take up the newest attempt that isn't stopped, instead of a new one. */
  resume: z.boolean().optional(),
});
export type StartRequest = z.infer<typeof startRequest>;

/** Of a command on a node: the words of it. */
const words = z.array(z.string()).max(10_000);

export const nodeCommandRequest = z.object({
  /** A cluster; default: that of the newest attempt. */
  id: text.optional(),
  node: text,
  command: words,
});
export type NodeCommandRequest = z.infer<typeof nodeCommandRequest>;

/** `argv` runs it. `simulated`: it is a command of kubedrill itself, which asks for `nodeProcess`. */
export const nodeCommand = z.object({ argv: z.array(z.string()), simulated: z.boolean() });

export const nodeProcessRequest = nodeCommandRequest.extend({
  tty: z.boolean(),
  /** Names the process to `nodeInput`: the caller draws it. */
  session: text,
});
export type NodeProcessRequest = z.infer<typeof nodeProcessRequest>;

/** A piece of output, base64. */
export const nodeOutput = z.object({ stream: z.enum(['stdout', 'stderr']), data: z.base64() });
export type NodeOutput = z.infer<typeof nodeOutput>;

/** A piece of input (base64), the end of it, or another size of the terminal. */
export const nodeInput = z.union([
  z.object({ data: z.base64() }),
  z.object({ end: z.literal(true) }),
  z.object({ columns: z.int().min(0), rows: z.int().min(0) }),
]);
export type NodeInput = z.infer<typeof nodeInput>;
