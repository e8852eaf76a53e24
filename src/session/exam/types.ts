import * as z from 'zod';
import { clusterInfo, type Shape, scenarioRef, text } from '../types.ts';
import { type ExamRef, examModes } from './events.ts';

/** What crosses the daemon's socket about exams. Tasks are counted from 1 here, as people do. */

const examRef: z.ZodType<ExamRef> = z.object({
  pack: z.string(),
  folder: z.string().optional(),
  id: z.string(),
  title: z.string(),
} satisfies Shape<ExamRef>);

const taskNumber = z.int().min(1).max(100);

export const examTask = z.object({
  number: z.number(),
  host: z.string(),
  title: z.string(),
  scenario: scenarioRef,
  /** In percent of the exam. */
  weight: z.number(),
  domain: z.string().optional(),
  minutes: z.number(),
  /** `waiting`: its cluster is not being created yet. */
  phase: z.enum(['waiting', 'preparing', 'ready', 'failed', 'over']),
  step: z.string().optional(),
  failure: z.object({ what: z.string(), why: z.string().optional(), next: z.string().optional() }).optional(),
  attempt: z.string().optional(),
  cluster: clusterInfo.optional(),
  namespace: z.string(),
  flagged: z.boolean(),
  /** Milliseconds that it was the current one. */
  spent: z.number(),
  /** What is asked, with the host to do it on. */
  task: z.string(),
  /** How it stands, where that may be known. */
  score: z.object({ score: z.number(), max: z.number(), solved: z.boolean() }).optional(),
});
export type ExamTask = z.infer<typeof examTask>;

/** A sitting as the app and the commands show it. */
export const examState = z.object({
  id: z.string(),
  exam: examRef,
  mode: z.enum(examModes),
  seed: z.number(),
  minutes: z.number(),
  phase: z.enum(['preparing', 'running', 'submitted', 'discarded']),
  /** Milliseconds since 1970: when it was opened, when it will be over, and when this was looked at. */
  openedAt: z.number().optional(),
  deadline: z.number().optional(),
  now: z.number(),
  /** Milliseconds left; negative where time ends nothing and is over. */
  left: z.number(),
  /** Number of the current task. */
  current: z.number(),
  tasks: z.array(examTask),
  notes: z.string(),
  docs: z.array(z.object({ title: z.string(), url: z.string() })),
  submitted: z.object({ by: z.enum(['learner', 'deadline']), at: z.number() }).optional(),
  /** How it came out. */
  result: z.object({ score: z.number(), max: z.number(), passed: z.boolean() }).optional(),
});
export type ExamState = z.infer<typeof examState>;

export const examStartRequest = z.object({
  exam: text,
  /** Folder of a pack that isn't built in. */
  packFolder: text.optional(),
  /** Name of its pack. */
  pack: text.optional(),
  seed: z.int(),
  mode: z.enum(examModes),
  provider: text,
  nodeImage: text.optional(),
});
export type ExamStartRequest = z.infer<typeof examStartRequest>;

/** Sittings are named by id; undefined means the one that goes on. */
export const sittingOrRunning = z.object({ id: text.optional() });

export const examGoRequest = sittingOrRunning.extend({ task: taskNumber });
/** Default: the current task, and the other way round than it is. */
export const examFlagRequest = sittingOrRunning.extend({
  task: taskNumber.optional(),
  flagged: z.boolean().optional(),
});
/** A line more, unless it is to replace what is there. */
export const examNoteRequest = sittingOrRunning.extend({
  text: z.string().max(20_000),
  replace: z.boolean().optional(),
});
/** `keep`: the task whose cluster is to stay. */
export const examSubmitRequest = sittingOrRunning.extend({ keep: taskNumber.optional() });
