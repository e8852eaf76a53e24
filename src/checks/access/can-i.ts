import * as z from 'zod';
import type { AccessQuestion, CheckType, Evidence } from '../types.ts';
import { canICommand, describeQuestion, explainDenial } from './access.ts';
import { grantsOf, rbacNeeds } from './grants.ts';
import { resolveSubject, subjectNeeds, subjectSchema } from './subject.ts';

const schema = z
  .strictObject({
    subject: subjectSchema.describe('Who is asked about'),
    verb: z.string().describe('The verb: get, list, create, impersonate'),
    resource: z.string().optional().describe('The resource, plural: pods'),
    group: z.string().default('').describe('Its API group; left out: the core group'),
    subresource: z.string().optional().describe('The subresource: log, exec, scale'),
    name: z.string().optional().describe('One object by its name'),
    namespace: z.string().optional().describe('Left out: the question is about the whole cluster'),
    path: z.string().optional().describe('A path that is no resource, as in /metrics'),
    expect: z.enum(['allow', 'deny']).default('allow').describe('Whether it must be allowed or denied'),
  })
  .refine((spec) => (spec.resource === undefined) !== (spec.path === undefined), {
    error: 'expected either resource or path',
  });
type Spec = z.infer<typeof schema>;

/** What a subject may or may not do, answered by the cluster's own authorizer (SubjectAccessReview). */
export const canI: CheckType<Spec> = {
  type: 'canI',
  schema,
  guard: false,
  needs: (spec) => [...subjectNeeds(spec.subject), ...rbacNeeds, { kind: 'review' }],
  async evaluate(spec, view) {
    const { expect, subject: _, ...rest } = spec;
    const resolved = resolveSubject(spec.subject, view);
    const question = (user: string, groups: string[]): AccessQuestion => ({ ...rest, user, groups });
    const expected = expect === 'allow' ? 'allowed' : 'denied';
    if ('missing' in resolved) {
      const evidence: Evidence[] = [
        { kind: 'missing', text: resolved.missing },
        { kind: 'command', text: resolved.command },
      ];
      return { status: 'fail', expected, actual: 'nobody to ask about', why: resolved.missing, evidence };
    }
    const { subject } = resolved;
    const asked = question(subject.user, subject.groups);
    const answer = await view.review(asked);
    const actual = answer.allowed ? 'allowed' : 'denied';
    if (answer.allowed === (expect === 'allow')) {
      const evidence: Evidence[] = [
        { kind: 'review', text: `${subject.label} ${answer.allowed ? 'may' : 'may not'} ${describeQuestion(asked)}` },
        { kind: 'command', text: canICommand(asked) },
      ];
      return { status: 'pass', expected, actual, evidence };
    }
    if (!answer.allowed) return { status: 'fail', expected, actual, ...explainDenial(view, subject, asked) };
    const why = answer.reason.replace(/^RBAC: /, '') || 'another authorizer of the cluster allows it';
    const ways = grantsOf(view, subject).filter((g) => g.rule.verbs.some((v) => v === '*' || v === spec.verb));
    return {
      status: 'fail',
      expected,
      actual,
      why,
      evidence: [
        { kind: 'review', text: `${subject.label} may ${describeQuestion(asked)}: ${why}` },
        ...ways.slice(0, 5).map((g): Evidence => ({ kind: 'rule', text: `${g.binding} gives ${g.role}` })),
        { kind: 'command', text: canICommand(asked) },
      ],
    };
  },
};
