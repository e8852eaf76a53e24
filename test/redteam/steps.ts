import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import * as z from 'zod';

const words = z.record(z.string(), z.string());
const rule = z.strictObject({
  verbs: z.array(z.string()),
  apiGroups: z.array(z.string()).optional(),
  resources: z.array(z.string()).optional(),
  resourceNames: z.array(z.string()).optional(),
  nonResourceURLs: z.array(z.string()).optional(),
});

/** What somebody does to a cluster. Objects without a namespace are of the scenario's first one. */
const simple = z.union([
  z.strictObject({ apply: z.string() }),
  z.strictObject({
    role: z.strictObject({
      name: z.string(),
      cluster: z.boolean().optional(),
      namespace: z.string().optional(),
      rules: z.array(rule).optional(),
      aggregates: words.optional(),
      labels: words.optional(),
    }),
  }),
  z.strictObject({
    bind: z.strictObject({
      name: z.string(),
      role: z.string().optional(),
      clusterRole: z.string().optional(),
      cluster: z.boolean().optional(),
      namespace: z.string().optional(),
      to: z.array(z.string()),
    }),
  }),
  z.strictObject({
    delete: z.string(),
    namespace: z.string().optional(),
    query: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
  }),
  z.strictObject({
    patch: z.string(),
    namespace: z.string().optional(),
    type: z.enum(['merge', 'json', 'strategic']).optional(),
    subresource: z.string().optional(),
    /** The field manager that it is said to come from. */
    manager: z.string().optional(),
    body: z.union([z.string(), z.looseObject({}), z.array(z.unknown())]),
  }),
  z.strictObject({ post: z.string(), manager: z.string().optional(), body: z.looseObject({}) }),
  z.strictObject({ sh: z.string() }),
  /** A file of the answers folder, or a link or folder in its place. */
  z.strictObject({
    answer: z.string(),
    text: z.string().optional(),
    link: z.string().optional(),
    folder: z.boolean().optional(),
  }),
  /** In every Pod of a workload. */
  z.strictObject({
    exec: z.string(),
    container: z.string().optional(),
    command: z.array(z.string()),
    background: z.boolean().optional(),
  }),
  /** Pods with the labels of a workload's own, which its ReplicaSet adopts and keeps rather than its own. */
  z.strictObject({
    adopt: z.strictObject({
      workload: z.string(),
      count: z.number(),
      /** What is other than in the template. */
      container: z.looseObject({}).optional(),
      nodeName: z.string().optional(),
      command: z.array(z.string()).optional(),
      serviceAccountName: z.string().optional(),
    }),
  }),
  /** A ReplicaSet by hand that says it belongs to a Deployment. */
  z.strictObject({
    ownedReplicaSet: z.strictObject({
      deployment: z.string(),
      name: z.string(),
      revision: z.string(),
      container: z.looseObject({}).optional(),
      command: z.array(z.string()).optional(),
    }),
  }),
  /** Until checks are in a status. */
  z.strictObject({ until: z.record(z.string(), z.enum(['pass', 'fail', 'pending', 'error'])) }),
]);
/** The same for each Pod of a workload, or for an object; POD, POD_UID, POD_IP and UID stand for what is theirs. */
const step = z.union([
  simple,
  z.strictObject({ podsOf: z.string(), do: z.array(simple) }),
  z.strictObject({ object: z.string(), namespace: z.string().optional(), do: z.array(simple) }),
]);
export type Step = z.infer<typeof step>;

const attemptSchema = z.strictObject({
  name: z.string(),
  /** The checks that must fail; empty: a right solution. */
  caught: z.array(z.string()).default([]),
  steps: z.array(step).min(1),
});
export type RedTeamAttempt = z.infer<typeof attemptSchema>;

/** The attempts of one file beside this one. YAML anchors save repeating. */
export function readAttempts(name: string): RedTeamAttempt[] {
  const text = readFileSync(join(import.meta.dirname, name), 'utf8');
  const { attempts } = parse(text, { merge: true }) as { attempts: unknown };
  return z.array(attemptSchema).parse(attempts);
}
