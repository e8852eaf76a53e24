import * as z from 'zod';
import type { PolicyRule } from '../../kube/api.gen.ts';
import { excess, formatRight, missingRights, rightsOf } from '../../kube/rules.ts';
import type { Baseline, CheckType, Evidence } from '../types.ts';
import { type Grant, grantsOf, rbacNeeds } from './grants.ts';
import { resolveSubject, subjectNeeds, subjectSchema } from './subject.ts';

const rule = z
  .strictObject({
    verbs: z.array(z.string()).min(1).describe('Verbs'),
    apiGroups: z.array(z.string()).default(['']).describe('API groups; left out: the core group'),
    resources: z.array(z.string()).default([]).describe('With a subresource as in pods/log'),
    resourceNames: z.array(z.string()).optional().describe('Only the objects of these names'),
    nonResourceURLs: z.array(z.string()).optional().describe('Paths that are no resources, as in /metrics'),
  })
  .refine((r) => r.resources.length > 0 || r.nonResourceURLs?.length, { error: 'expected resources' });
const schema = z.strictObject({
  subject: subjectSchema.describe('Whose effective rights are measured'),
  namespace: z.string().optional().describe('Where the rights are meant to hold; left out: in the whole cluster'),
  required: z.array(rule).min(1).describe('Rights that it must have'),
  allowed: z.array(rule).default([]).describe('Rights that are neither asked for nor held against the learner'),
  sharedWith: z
    .enum(['namespace', 'everyone'])
    .default('namespace')
    .describe('Who else may get the rights by the same binding: accounts and people that it names, or everyone'),
});
type Spec = z.infer<typeof schema>;

/**
 * Compares what a subject may effectively do, by whatever Roles and bindings, with what it needs. Rights that every
 * subject of its groups had when set-up ended (discovery, self reviews) don't count.
 */
export const leastPrivilege: CheckType<Spec> = {
  type: 'leastPrivilege',
  schema,
  guard: false,
  needs: (spec) => [...subjectNeeds(spec.subject), ...rbacNeeds],
  evaluate(spec, view) {
    const where = spec.namespace ? ` in namespace ${spec.namespace}` : ' in the whole cluster';
    const expected = `${spec.required.flatMap((r) => rightsOf([r]).map(formatRight)).join(', ')}${where}, nothing more`;
    const resolved = resolveSubject(spec.subject, view);
    if ('missing' in resolved) {
      const evidence: Evidence[] = [
        { kind: 'missing', text: resolved.missing },
        { kind: 'command', text: resolved.command },
      ];
      return { status: 'fail', expected, actual: 'nobody has the rights', why: resolved.missing, evidence };
    }
    const { subject } = resolved;
    const grants = grantsOf(view, subject);
    const free = groupGrants(view.baseline, subject.groups);
    const list = `kubectl auth can-i --list --as=${subject.user}${spec.namespace ? ` -n ${spec.namespace}` : ''}`;

    const freeFor = (grant: Grant) => free.filter((g) => !g.namespace || g.namespace === grant.namespace);
    const tooMuch = grants.flatMap((grant) => {
      const permitted: PolicyRule[] = [
        ...(grant.namespace === spec.namespace || !spec.namespace ? [...spec.required, ...spec.allowed] : []),
      ];
      permitted.push(...freeFor(grant).map((g) => g.rule));
      const rights = excess([grant.rule], permitted);
      return rights.length > 0 ? [{ grant, rights: rights.map(formatRight) }] : [];
    });
    if (tooMuch.length > 0) {
      const first = tooMuch.map(({ grant, rights }) => describeExcess(grant, rights));
      return {
        status: 'fail',
        expected,
        actual: `more: ${unique(tooMuch.flatMap((t) => t.rights)).join(', ')}`,
        why: first[0] ?? '',
        evidence: [...first.map((text): Evidence => ({ kind: 'rule', text })), { kind: 'command', text: list }],
      };
    }
    const shared =
      spec.sharedWith === 'everyone' ? [] : grants.filter((g) => g.everyone && !isFree(g.rule, freeFor(g)));
    if (shared.length > 0) {
      const texts = unique(shared.map((g) => `${g.binding} gives ${g.role} to the whole group ${g.everyone}`));
      return {
        status: 'fail',
        expected,
        actual: `others have it too: ${unique(shared.map((g) => g.everyone ?? '')).join(', ')}`,
        why: texts[0] ?? '',
        evidence: [...texts.map((text): Evidence => ({ kind: 'rule', text })), { kind: 'command', text: list }],
      };
    }
    const reach = grants.filter((g) => !g.namespace || g.namespace === spec.namespace).map((g) => g.rule);
    const missing = missingRights(reach, spec.required).flatMap((r) => rightsOf([r]).map(formatRight));
    if (missing.length > 0) {
      const text = `${subject.label} may not yet ${missing.join(', ')}${where}`;
      const evidence: Evidence[] = [
        { kind: 'missing', text },
        { kind: 'command', text: list },
      ];
      return { status: 'fail', expected, actual: `missing: ${missing.join(', ')}`, why: text, evidence };
    }
    const evidence = grants
      .filter((g) => !isFree(g.rule, free))
      .map((g): Evidence => ({ kind: 'rule', text: `${g.binding} gives ${g.role}` }));
    return {
      status: 'pass',
      expected,
      actual: 'exactly that',
      evidence: [...evidence, { kind: 'command', text: list }],
    };
  },
};

/** What anyone in these groups had at the baseline, whoever they are. */
function groupGrants(baseline: Baseline, groups: string[]): Grant[] {
  return grantsOf(baseline, { user: '', groups, label: 'groups' });
}

function isFree(candidate: PolicyRule, free: Grant[]): boolean {
  return (
    excess(
      [candidate],
      free.map((g) => g.rule),
    ).length === 0
  );
}

function describeExcess(grant: Grant, rights: string[]): string {
  const where = grant.namespace ? `in namespace ${grant.namespace}` : 'in the whole cluster';
  return `${grant.role} (rule ${grant.ruleNumber}, by ${grant.binding}) gives ${rights.join(', ')} ${where}`;
}

function unique(items: string[]): string[] {
  return [...new Set(items)];
}
