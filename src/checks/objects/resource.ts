import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import type { Stored } from '../../kube/meta.ts';
import * as known from '../../kube/resources.ts';
import { matchesLabels, parseLabelSelector } from '../../kube/selectors.ts';
import type { CheckType, ClusterView, Evidence, Suspect } from '../types.ts';
import { celExpression } from './cel.ts';
import { fieldPath, labelSelector, show, valuesAt } from './fields.ts';
import { kindName, resourceByName } from './reference.ts';

const schema = z
  .strictObject({
    kind: kindName,
    namespace: z.string().optional().describe('Where to look; left out: everywhere'),
    name: z.string().optional().describe('Only the object of this name'),
    selector: labelSelector.optional().describe('A label selector, as kubectl -l takes it'),
    expect: z.enum(['exists', 'absent']).default('exists').describe('Whether there must be such objects, or none'),
    count: z
      .strictObject({
        min: z.number().optional().describe('At least so many'),
        max: z.number().optional().describe('At most so many'),
      })
      .optional()
      .describe('How many there must be; left out: at least one'),
    fields: z.record(fieldPath, z.unknown()).default({}).describe('Paths and the values they must have'),
    cel: z.array(celExpression).default([]).describe('CEL expressions over `object` that must be true'),
    shows: z
      .string()
      .optional()
      .describe('What the CEL expressions expect, in words, as in: rules about backups only. Learners never see CEL'),
  })
  .refine((spec) => !(spec.name && spec.selector), { error: 'expected name or selector, not both' });
type Spec = z.infer<typeof schema>;

/** How long an object may take to go after its grace period, milliseconds. */
const patience = 10_000;

/** Objects that must exist, be absent, be so many, or have such fields. */
export const resource: CheckType<Spec> = {
  type: 'resource',
  schema,
  guard: false,
  needs: (spec) => [
    { kind: 'resource', resource: resourceOf(spec), ...(spec.namespace ? { namespace: spec.namespace } : {}) },
    { kind: 'resource', resource: known.namespaces, optional: true },
  ],
  evaluate(spec, view) {
    const r = resourceOf(spec);
    const label = [r.kind, spec.name ?? (spec.selector ? `with ${spec.selector}` : undefined)]
      .filter(Boolean)
      .join(' ');
    const look: Evidence = {
      kind: 'command',
      text: [
        'kubectl get',
        spec.name ? `${r.resource}/${spec.name}` : r.resource,
        spec.selector && `-l ${spec.selector}`,
        spec.namespace && `-n ${spec.namespace}`,
      ]
        .filter(Boolean)
        .join(' '),
    };
    if (r.namespaced && spec.namespace && goneNamespace(view, spec.namespace)) {
      const why = `the namespace ${spec.namespace} does not exist`;
      const evidence: Evidence[] = [look, { kind: 'command', text: `kubectl get namespace ${spec.namespace}` }];
      return { status: 'fail', expected: label, actual: 'no such namespace', why, evidence };
    }
    const selector = parseLabelSelector(spec.selector ?? '');
    const all = view
      .list(r, r.namespaced ? spec.namespace : undefined)
      .filter((o) => (spec.name ? o.metadata.name === spec.name : matchesLabels(selector, o.metadata.labels ?? {})));
    const found = all.filter((o) => !o.metadata.deletionTimestamp);

    if (spec.expect === 'absent') {
      const expected = `no ${label}`;
      const names = all.map((o) => o.metadata.name).join(', ');
      if (all.length === 0) return { status: 'pass', expected, actual: 'none', evidence: [look] };
      if (found.length > 0)
        return { status: 'fail', expected, actual: names, why: `${names} is there`, evidence: [look] };
      // What is being deleted goes within its grace period, unless a finalizer holds it.
      const left = Math.max(...all.map((o) => Date.parse(o.metadata.deletionTimestamp ?? ''))) + patience - view.now();
      if (left > 0) view.wakeIn(left);
      const why = `${names} is being deleted${left > 0 ? '' : ', and does not go'}`;
      const suspects = suspectsOf(
        spec,
        all.map((o) => o.metadata.name),
      );
      return {
        status: left > 0 ? 'pending' : 'fail',
        expected,
        actual: 'being deleted',
        why,
        evidence: [look],
        suspects,
      };
    }
    const min = spec.count?.min ?? 1;
    const max = spec.count?.max ?? Number.POSITIVE_INFINITY;
    const expected = [spec.count ? `${rangeText(min, max)} ${label}` : label, ...wishes(spec)].join(', ');
    const wrong = found.map((o) => ({ name: o.metadata.name, problems: problemsOf(spec, o) }));
    const good = wrong.filter((w) => w.problems.length === 0).length;
    if (good >= min && good <= max) return { status: 'pass', expected, actual: `${good} found`, evidence: [look] };
    const problems = wrong.flatMap((w) => w.problems.map((p) => `${w.name}: ${p}`));
    const why = problems[0] ?? (found.length === 0 ? `there is no ${label}` : `there are ${found.length}`);
    const evidence = problems.map((text): Evidence => ({ kind: 'object', text }));
    return {
      status: 'fail',
      expected,
      actual: problems[0] ?? `${good} found`,
      why,
      evidence: [...evidence, look],
      suspects: suspectsOf(
        spec,
        wrong.filter((w) => w.problems.length > 0).map((w) => w.name),
      ),
    };
  },
};

/** Objects that are not as they should be, or what should have made them. */
function suspectsOf(spec: Spec, names: readonly string[]): Suspect[] {
  const resource = resourceOf(spec);
  const { namespace, selector } = spec;
  if (names.length === 0 && namespace && selector && resource.kind === 'Pod')
    return [{ about: 'pods', namespace, selector }];
  const service = /(?:^|,)\s*kubernetes\.io\/service-name\s*==?\s*([a-z0-9-]+)/.exec(selector ?? '')?.[1];
  if (names.length === 0 && namespace && service && resource.kind === 'EndpointSlice')
    return [{ about: 'object', resource: known.services, namespace, name: service }];
  // Without a namespace its name alone does not say which it is.
  if (resource.namespaced && !namespace) return [];
  return names
    .slice(0, 2)
    .map((name) => ({ about: 'object', resource, ...(namespace && resource.namespaced ? { namespace } : {}), name }));
}

/** Nothing is in a namespace that was deleted: that proves nothing. Who may see no namespaces can delete none either. */
function goneNamespace(view: ClusterView, name: string): boolean {
  if (view.list(known.namespaces).length === 0) return false;
  const namespace = view.get(known.namespaces, undefined, name);
  return !namespace || namespace.metadata.deletionTimestamp !== undefined;
}

function resourceOf(spec: Spec) {
  return resourceByName(spec.kind) ?? known.configMaps;
}

function rangeText(min: number, max: number): string {
  if (max === Number.POSITIVE_INFINITY) return `at least ${min}`;
  return min === max ? `${min}` : `${min} to ${max}`;
}

function wishes(spec: Spec): string[] {
  return [
    ...Object.entries(spec.fields).map(([path, value]) => `${path} = ${show(value)}`),
    ...(spec.cel.length > 0 ? [inWords(spec)] : []),
  ];
}

/** What the CEL expressions expect. `pack lint` asks for it. */
function inWords({ shows = 'as the title says' }: Spec): string {
  return shows;
}

function problemsOf(spec: Spec, object: Stored): string[] {
  const problems: string[] = [];
  for (const [path, wanted] of Object.entries(spec.fields)) {
    const values = valuesAt(object, path);
    if (values.length === 0 || !values.every((v) => isDeepStrictEqual(v, wanted))) {
      problems.push(`${path} is ${show(values.length > 1 ? values : values[0])}, expected ${show(wanted)}`);
    }
  }
  if (!spec.cel.every(({ holds }) => holds(object))) problems.push(`expected ${inWords(spec)}`);
  return problems;
}
