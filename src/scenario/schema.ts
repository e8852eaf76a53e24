import * as z from 'zod';
import { duration } from '../checks/objects/fields.ts';
import { checkTypes } from '../checks/registry.ts';
import type { Check } from '../checks/types.ts';
import { addonNames } from '../cluster/addons/names.ts';
import { isCompetency } from './curriculum.ts';

export const apiVersion = 'kubedrill.dev/v1';

/** Names of scenarios, checks and exams. */
export const id = z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, { error: 'expected lower-case words joined by -' });
/** One line of a list, of a table or a report. */
const title = z.string().min(1).max(200);
const typeKeys = Object.fromEntries([...checkTypes.values()].map((type) => [type.type, type.schema.optional()]));

/** A statement about the cluster: exactly one of the check types as a key. */
const statement = z.strictObject(typeKeys).superRefine(exactlyOneType);
const check = z
  .strictObject({
    id: id.describe('Names the check in mistakes, gates and reports'),
    title: title.describe('What must be so, in words of the task; shown while the learner works'),
    weight: z.number().int().min(0).max(100).describe('Points; those of all checks add up to 100'),
    guard: z
      .boolean()
      .optional()
      .describe('Holds before the learner did anything; earns its points with the first other check'),
    mode: z
      .union([z.enum(['level', 'latch']), z.strictObject({ hold: duration.describe('How long it must stay so') })])
      .default('level')
      .describe('level: as it is now; latch: once passed it stays so; hold: it must stay so for a time'),
    after: z.array(z.string()).default([]).describe('Ids of checks that must pass before this one is judged'),
    why: z.string().optional().describe('Said first where it fails; the solution itself does not belong here'),
    ...typeKeys,
  })
  .superRefine(exactlyOneType);

function exactlyOneType(value: object, context: z.RefinementCtx): void {
  const used = Object.keys(value).filter(
    (key) => checkTypes.has(key) && (value as Record<string, unknown>)[key] !== undefined,
  );
  if (used.length === 1) return;
  const names = [...checkTypes.keys()].join(', ');
  const message =
    used.length === 0 ? `expected one check type of ${names}` : `expected one check type, found ${used.join(' and ')}`;
  context.addIssue({ code: 'custom', message });
}

/** What a hint waits for: looked at all the time, so nothing that does something in the cluster to find out. */
const condition = z.strictObject(typeKeys).superRefine((value, context) => {
  exactlyOneType(value, context);
  const probe = Object.keys(value).find((key) => checkTypes.get(key)?.probe);
  if (probe) context.addIssue({ code: 'custom', message: `a hint cannot wait for ${probe}`, path: [probe] });
});

/** A name or a number, or a few words. */
const longestValue = 500;

const variable = z.strictObject({
  default: z.string().max(longestValue).describe('The value of the default seed: the familiar name'),
  others: z.array(z.string().max(longestValue)).default([]).describe('What other seeds draw from, beside the default'),
  with: z
    .string()
    .optional()
    .describe(
      'A variable that is drawn by itself: this one takes its value from the same place, so that they go together',
    ),
});

/** Names that seeds draw. Those that go together (`with`) have as many values as the one that they follow. */
const variables = z
  .record(
    z.string().regex(/^[a-zA-Z][a-zA-Z0-9]*$/, { error: 'expected a word of letters and digits, as in namespace' }),
    variable,
  )
  .superRefine((declared, context) => {
    const leaders = Object.keys(declared).filter((name) => declared[name]?.with === undefined);
    for (const [name, { with: leader, others }] of Object.entries(declared)) {
      if (leader === undefined) continue;
      const wrong = (message: string, field: string) =>
        context.addIssue({ code: 'custom', message, path: [name, field] });
      const led = leaders.includes(leader) ? declared[leader] : undefined;
      if (!led) wrong(`expected a variable that is drawn by itself: ${leaders.join(', ')}`, 'with');
      else if (led.others.length !== others.length)
        wrong(`expected as many as ${leader} has: ${led.others.length}`, 'others');
    }
  });

export const scenarioSchema = z
  .strictObject({
    apiVersion: z.literal(apiVersion).describe('The version of this format'),
    kind: z.literal('Scenario').describe('What the file is'),
    title: title.describe('One line for lists and reports'),
    competencies: z
      .array(z.string().refine(isCompetency, { error: 'expected an exam and one of its competencies, as in cka/rbac' }))
      .min(1)
      .describe("Items of the exams' curricula that it trains, as in cka/rbac"),
    difficulty: z.enum(['easy', 'medium', 'hard']).describe('How hard it is for somebody who prepares for the exam'),
    minutes: z.number().int().min(1).max(120).describe('How long it should take at the exam'),
    cluster: z
      .strictObject({
        nodes: z.number().int().min(1).max(5).default(1).describe('How many nodes it needs'),
        addons: z
          .array(z.enum(addonNames))
          .default([])
          .describe('What must be installed that a cluster does not come with'),
      })
      .prefault({})
      .describe('The cluster that it needs'),
    variables: variables.default({}).describe('Names that seeds draw; written @{name} in every text of the scenario'),
    namespaces: z.array(z.string()).min(1).describe('Where the learner works; the first is the default of the shell'),
    setup: z
      .strictObject({
        wait: z.array(statement).default([]).describe('What must hold before the learner begins, as checks say it'),
      })
      .prefault({})
      .describe('Beside the files in setup/'),
    hints: z
      .array(
        z.strictObject({
          text: z.string().min(1).max(4_000).describe('What it says; the further down the more it may tell'),
          price: z.number().int().min(0).max(100).describe('Points it costs'),
          when: z
            .array(condition)
            .min(1)
            .optional()
            .describe('What holds after a mistake, as checks say it: then this hint is given before the next in turn'),
        }),
      )
      .default([])
      .describe('Given one by one, when asked for; those with `when` only while all of that holds'),
    checks: z.array(check).min(1).describe('What is graded'),
    mistakes: z
      .record(
        id,
        z.strictObject({
          title: title.describe('What was done wrong, in words'),
          fails: z.array(z.string()).min(1).describe('Ids of the checks that must fail; all others must pass'),
        }),
      )
      .default({})
      .describe('Wrong fixes that people make, by the names of their files in mistakes/'),
    lint: z
      .strictObject({
        unchecked: z.array(z.string()).default([]).describe('Names in the task that no check looks at, on purpose'),
        missing: z.array(z.string()).default([]).describe('Images that no registry has, on purpose'),
        equivalent: z
          .array(z.string())
          .default([])
          .describe('Mutants of the reference solution that are right as well, by their names'),
      })
      .prefault({})
      .describe('What pack lint and pack verify --mutate may take as meant'),
  })
  .superRefine((scenario, context) => {
    const ids = scenario.checks.map((c) => c.id);
    ids.forEach((checkId, index) => {
      if (ids.indexOf(checkId) !== index)
        context.addIssue({
          code: 'custom',
          message: `the check ${checkId} is there twice`,
          path: ['checks', index, 'id'],
        });
    });
    const unknown = (name: string, path: (string | number)[]) => {
      if (!ids.includes(name))
        context.addIssue({
          code: 'custom',
          message: `there is no check ${name}; expected one of ${ids.join(', ')}`,
          path,
        });
    };
    scenario.checks.forEach((c, index) => {
      c.after.forEach((name, place) => {
        unknown(name, ['checks', index, 'after', place]);
      });
    });
    for (const [name, mistake] of Object.entries(scenario.mistakes)) {
      mistake.fails.forEach((failing, place) => {
        unknown(failing, ['mistakes', name, 'fails', place]);
      });
    }
    const sum = scenario.checks.reduce((total, c) => total + c.weight, 0);
    if (sum !== 100)
      context.addIssue({ code: 'custom', message: `the weights add up to ${sum}, expected 100`, path: ['checks'] });
  });

const mockTask = z.strictObject({
  scenario: id.describe('One of the scenarios of the pack'),
  weight: z.number().int().min(1).max(100).describe('Of the whole exam, in percent; those of all tasks add up to 100'),
});

const exam = z.strictObject({
  id: id.describe('Names the exam in commands'),
  title: title.describe('One line for lists'),
  minutes: z.number().int().min(1).max(240).describe('How long it may take'),
  curriculum: z
    .enum(['cka', 'ckad'])
    .optional()
    .describe('Whose domains it is drawn and reported by (default: those of both)'),
  tasks: z
    .union([z.number().int().min(1).max(30), z.array(mockTask).min(1).max(30).superRefine(mockFaults)])
    .describe('How many scenarios of the pack a seed draws; or a mock: the scenarios in order, with their weights'),
});

function mockFaults(tasks: readonly z.infer<typeof mockTask>[], context: z.RefinementCtx): void {
  const ids = tasks.map((task) => task.scenario);
  for (const [index, task] of ids.entries()) {
    if (ids.indexOf(task) !== index)
      context.addIssue({ code: 'custom', message: `${task} is there twice`, path: [index, 'scenario'] });
  }
  const sum = tasks.reduce((total, { weight }) => total + weight, 0);
  if (sum !== 100)
    context.addIssue({ code: 'custom', message: `the weights add up to ${sum}, expected 100`, path: [] });
}

export const packSchema = z.strictObject({
  apiVersion: z.literal(apiVersion).describe('The version of this format'),
  kind: z.literal('Pack').describe('What the file is'),
  title: title.describe('One line for lists'),
  version: z.string().min(1).describe('Of the pack, as in 1.2.0; stands in reports'),
  order: z.array(id).default([]).describe('Ids of scenarios as they are best learned; the others follow by name'),
  renamed: z
    .record(id, id)
    .default({})
    .describe('Former ids of scenarios with those they have now: what was achieved at them is kept'),
  exams: z
    .array(exam)
    .default([])
    .describe('Exams made of its scenarios: drawn by the weights of the domains that these train, within the minutes'),
});

type ParsedScenario = z.infer<typeof scenarioSchema>;
type ParsedCheck = ParsedScenario['checks'][number];

/** A parsed check as the grader takes it. */
export function toCheck(parsed: ParsedCheck): Check {
  const { id: checkId, title, weight, guard, mode, after, why } = parsed;
  const { type, spec } = statementOf(parsed);
  const base = {
    id: checkId,
    title,
    weight,
    guard: guard ?? checkTypes.get(type)?.guard ?? false,
    mode,
    after,
    type,
    spec,
  };
  return why === undefined ? base : { ...base, why };
}

/** A statement as a check that nobody is graded by: what `waiting` (set-up, a hint) waits for. */
export function toCondition(parsed: object, waiting: string, index: number): Check {
  const { type, spec } = statementOf(parsed);
  return {
    id: `${waiting}-${index + 1}`,
    title: `${waiting}: ${type}`,
    weight: 0,
    guard: false,
    mode: 'level',
    after: [],
    type,
    spec,
  };
}

function statementOf(parsed: object): { type: string; spec: unknown } {
  for (const type of checkTypes.keys()) {
    const spec = (parsed as Record<string, unknown>)[type];
    if (spec !== undefined) return { type, spec };
  }
  throw new Error('a check without a type passed the schema');
}
