import * as z from 'zod';
import { duration } from '../checks/fields.ts';
import { checkTypes } from '../checks/registry.ts';
import type { Check } from '../checks/types.ts';
import { isCompetency } from './curriculum.ts';

export const apiVersion = 'kubedrill.dev/v1';

const id = z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, { error: 'expected lower-case words joined by -' });
const typeKeys = Object.fromEntries([...checkTypes.values()].map((type) => [type.type, type.schema.optional()]));

/** A statement about the cluster: exactly one of the check types as a key. */
const statement = z.strictObject(typeKeys).superRefine(exactlyOneType);
const check = z
  .strictObject({
    id,
    title: z.string().min(1),
    weight: z.number().int().min(0).max(100),
    guard: z
      .boolean()
      .optional()
      .describe('Holds before the learner did anything; earns its points with the first other check'),
    mode: z.union([z.enum(['level', 'latch']), z.strictObject({ hold: duration })]).default('level'),
    after: z.array(z.string()).default([]),
    why: z.string().optional(),
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

const variable = z.strictObject({
  default: z.string(),
  others: z.array(z.string()).default([]).describe('What other seeds draw from, beside the default'),
});

export const scenarioSchema = z
  .strictObject({
    apiVersion: z.literal(apiVersion),
    kind: z.literal('Scenario'),
    title: z.string().min(1),
    competencies: z
      .array(z.string().refine(isCompetency, { error: 'expected an exam and one of its competencies, as in cka/rbac' }))
      .min(1),
    difficulty: z.enum(['easy', 'medium', 'hard']),
    minutes: z.number().int().min(1).max(120),
    cluster: z.strictObject({ nodes: z.number().int().min(1).max(5).default(1) }).prefault({}),
    variables: z.record(z.string().regex(/^[a-zA-Z][a-zA-Z0-9]*$/), variable).default({}),
    namespaces: z.array(z.string()).min(1),
    setup: z.strictObject({ wait: z.array(statement).default([]) }).prefault({}),
    hints: z.array(z.strictObject({ text: z.string().min(1), price: z.number().int().min(0).max(100) })).default([]),
    checks: z.array(check).min(1),
    mistakes: z.record(id, z.strictObject({ title: z.string().min(1), fails: z.array(z.string()).min(1) })).default({}),
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

export const packSchema = z.strictObject({
  apiVersion: z.literal(apiVersion),
  kind: z.literal('Pack'),
  title: z.string().min(1),
  version: z.string().min(1),
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

/** A declared wait as a check that nobody is graded by. */
export function toWait(parsed: object, index: number): Check {
  const { type, spec } = statementOf(parsed);
  return {
    id: `wait-${index + 1}`,
    title: `set-up: ${type}`,
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
