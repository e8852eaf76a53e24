import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import * as known from '../../kube/resources.ts';
import { matchesLabels, parseLabelSelector } from '../../kube/selectors.ts';
import { fieldPath, labelSelector, regex, show, valuesAt } from '../objects/fields.ts';
import { kindName, resourceByName } from '../objects/reference.ts';
import type { CheckType, ClusterView, Evidence, Outcome } from '../types.ts';

const fromCluster = z
  .strictObject({
    kind: kindName,
    namespace: z.string().optional().describe('Where to look; left out: everywhere'),
    selector: labelSelector.optional().describe('A label selector, as kubectl -l takes it'),
    path: fieldPath.describe('Of each object the value that is a line of the answer: metadata.name'),
    at: z.enum(['now', 'setup']).default('now').describe('As the cluster is now, or as it was after set-up'),
  })
  .describe('The lines that the answer must have, read from the cluster');
const schema = z
  .strictObject({
    file: z
      .string()
      .regex(/^[A-Za-z0-9_][A-Za-z0-9._-]*(\/[A-Za-z0-9_][A-Za-z0-9._-]*)*$/, {
        error: 'expected a path inside of the answers folder, as in pods.txt',
      })
      .describe('The file in $KUBEDRILL_ANSWERS'),
    equals: z.string().optional().describe('The whole answer; space around it says nothing'),
    matches: regex.optional().describe('A regular expression that a line must match'),
    lines: z.array(z.string()).min(1).optional().describe('The lines that it must have'),
    cluster: fromCluster.optional(),
    number: z
      .strictObject({
        is: z.number().describe('The number'),
        within: z.number().min(0).default(0).describe('How far it may be off'),
      })
      .optional()
      .describe('The answer is a number'),
    ordered: z.boolean().default(false).describe('Whether lines must be in this order'),
  })
  .refine((s) => [s.equals, s.matches, s.lines, s.cluster, s.number].filter((v) => v !== undefined).length === 1, {
    error: 'expected one of equals, matches, lines, cluster and number',
  });
type Spec = z.infer<typeof schema>;

/** An answer that the learner wrote into a file of the attempt's answers folder; nothing outside of it is read. */
export const fileAnswer: CheckType<Spec> = {
  type: 'fileAnswer',
  schema,
  guard: false,
  needs: ({ file, cluster }) => [
    { kind: 'answer', name: file },
    ...(cluster ? [{ kind: 'resource', ...scopeOf(cluster) } as const] : []),
  ],
  async evaluate(spec, view) {
    const look: Evidence = { kind: 'command', text: `cat "$KUBEDRILL_ANSWERS/${spec.file}"` };
    const expected = `an answer in ${spec.file}`;
    const fail = (actual: string, why: string): Outcome => ({
      status: 'fail',
      expected,
      actual,
      why,
      evidence: [look],
    });
    const answer = await view.answer(spec.file);
    if ('missing' in answer) return fail('no answer', answer.missing);
    // What an editor or a redirection adds is no part of an answer.
    const text = answer.text
      .replaceAll('\r\n', '\n')
      .replace(/^\uFEFF/, '')
      .trim();
    if (text === '') return fail('an empty file', `${spec.file} is empty`);
    const problem = judge(spec, view, text);
    if (problem) return fail(show(text.split('\n').slice(0, 3).join(', ')), problem);
    return { status: 'pass', expected, actual: 'the right answer', evidence: [look] };
  },
};

/** What is wrong with an answer, without giving the right one away. */
function judge(spec: Spec, view: ClusterView, text: string): string | undefined {
  const lines = text
    .split('\n')
    .map((line) => line.trim().replace(/\s+/g, ' '))
    .filter(Boolean);
  if (spec.equals !== undefined) {
    return judgeLines(spec.file, lines, normalise(spec.equals), true);
  }
  if (spec.matches) {
    const { matches } = spec;
    return lines.some((line) => matches.test(line)) ? undefined : `no line of ${spec.file} is what was asked for`;
  }
  if (spec.number) {
    const value = Number(text);
    if (Number.isNaN(value)) return `${spec.file} holds no number`;
    return Math.abs(value - spec.number.is) <= spec.number.within ? undefined : `${spec.file} holds another number`;
  }
  const wanted = spec.lines ? normalise(spec.lines.join('\n')) : clusterLines(spec, view);
  if (wanted.length === 0) return 'the cluster has nothing that the answer could be about';
  return judgeLines(spec.file, lines, wanted, spec.ordered);
}

/** Says how many lines are right, never which: who tries them out one by one would be told the answer. */
function judgeLines(
  file: string,
  lines: readonly string[],
  wanted: readonly string[],
  isOrdered: boolean,
): string | undefined {
  const inOrder = (list: readonly string[]) => (isOrdered ? list : [...list].sort());
  if (isDeepStrictEqual(inOrder(lines), inOrder(wanted))) return undefined;
  if (wanted.length === 1 && lines.length === 1) return `${file} holds something else`;
  const left = [...wanted];
  const right = lines.filter((line) => {
    const at = left.indexOf(line);
    if (at >= 0) left.splice(at, 1);
    return at >= 0;
  }).length;
  if (right === lines.length && right === wanted.length) return `the lines of ${file} are in another order`;
  const all = lines.length === 1 ? 'the 1 line' : `the ${lines.length} lines`;
  const more = right === lines.length ? ', and more was asked for' : '';
  return `${right} of ${all} in ${file} ${right === 1 ? 'is' : 'are'} right${more}`;
}

function normalise(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim().replace(/\s+/g, ' '))
    .filter(Boolean);
}

function scopeOf({ kind, namespace }: NonNullable<Spec['cluster']>) {
  const resource = resourceByName(kind) ?? known.configMaps;
  return { resource, ...(namespace && resource.namespaced ? { namespace } : {}) };
}

function clusterLines(spec: Spec, view: ClusterView): string[] {
  if (!spec.cluster) return [];
  const { selector = '', path, at } = spec.cluster;
  const { resource, namespace } = scopeOf(spec.cluster);
  const wanted = parseLabelSelector(selector);
  return (at === 'setup' ? view.baseline : view)
    .list(resource, namespace)
    .filter((o) => !o.metadata.deletionTimestamp && matchesLabels(wanted, o.metadata.labels ?? {}))
    .flatMap((o) => valuesAt(o, path).map((value) => (typeof value === 'string' ? value : JSON.stringify(value))));
}
