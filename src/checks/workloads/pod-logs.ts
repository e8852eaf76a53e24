import * as z from 'zod';
import type { Pattern } from '../../kernel/pattern.ts';
import type { Pod } from '../../kube/api.gen.ts';
import { parseForbidden } from '../../kube/forbidden.ts';
import type { Stored } from '../../kube/meta.ts';
import { pods } from '../../kube/resources.ts';
import { explainDenial, isGranted } from '../access/access.ts';
import { rbacNeeds } from '../access/grants.ts';
import { serviceAccountSubject, workloadNeeds } from '../access/subject.ts';
import { redact } from '../evidence/words.ts';
import { duration, regex } from '../objects/fields.ts';
import type { CheckType, ClusterView, ContainerLog, Evidence, LogLine, Outcome, Suspect } from '../types.ts';
import { isReady, troubleOf } from './pod-trouble.ts';
import { describeWorkload, deviation, parseWorkload, podsOf, workloadName, workloadObject } from './workload.ts';

const schema = z.strictObject({
  workload: workloadName.describe('Whose Pods: deployment/web, job/report'),
  namespace: z.string().describe('Where it is'),
  container: z.string().optional().describe('Only this container; left out: all of them'),
  matches: regex.describe('A line that shows success'),
  contradicts: regex.optional().describe('A line that takes earlier success back'),
  period: duration.default(5_000).describe('How often the workload writes such lines'),
  shows: z.string().describe('What the success line is, for people: a table of pods'),
});
type Spec = z.infer<typeof schema>;

/** How long a Pod may take to start before that is a failure, milliseconds. */
const startPatience = 30_000;

type Judged = Outcome & { wakeIn?: number };

/** What patterns said of lines: a line is looked at again with each one that comes after it, and says the same. */
const known = new WeakMap<Pattern, WeakMap<LogLine, boolean>>();

function isLike(pattern: Pattern | undefined, line: LogLine): boolean {
  if (!pattern) return false;
  const lines = known.get(pattern) ?? new WeakMap<LogLine, boolean>();
  known.set(pattern, lines);
  const is = lines.get(line) ?? pattern.test(line.text);
  lines.set(line, is);
  return is;
}

/**
 * Reads success from what the Pods log: only lines of the newest instance of each container of the workload's current
 * Pods, written after activation and after the last line that contradicts them, and not older than three periods
 * while the container runs.
 */
export const podLogs: CheckType<Spec> = {
  type: 'podLogs',
  schema,
  guard: false,
  needs: (spec) => [
    ...workloadNeeds(spec.workload, spec.namespace),
    ...rbacNeeds,
    {
      kind: 'logs',
      workload: parseWorkload(spec.workload, spec.namespace),
      ...(spec.container ? { container: spec.container } : {}),
    },
  ],
  period: (spec) => spec.period,
  evaluate(spec, view) {
    const workload = parseWorkload(spec.workload, spec.namespace);
    const expected = spec.shows;
    const look: Evidence = { kind: 'command', text: `kubectl get ${spec.workload} -n ${spec.namespace}` };
    const fail = (text: string, evidence: Evidence[] = [look]): Outcome => ({
      status: 'fail',
      expected,
      actual: text,
      why: text,
      evidence,
    });
    const object = workloadObject(view, workload);
    if (!object) return fail(`the ${describeWorkload(workload)} does not exist`);
    const pods = podsOf(view, workload);
    if (pods.length === 0) return fail(`the ${describeWorkload(workload)} has no Pods that started`);
    for (const pod of pods) {
      const other = deviation(pod, object);
      const command = `kubectl get pod ${pod.metadata.name} -n ${spec.namespace} -o yaml`;
      if (other)
        return fail(other, [
          { kind: 'object', text: other },
          { kind: 'command', text: command },
        ]);
    }
    const logs = view.logs(workload, spec.container);
    const judged = [
      ...logs.map((log) => judge(spec, view, log)),
      ...pods.flatMap((pod) =>
        logs.some((log) => log.pod.metadata.uid === pod.metadata.uid) ? [] : [silent(spec, view, pod)],
      ),
    ];
    for (const { wakeIn } of judged) if (wakeIn !== undefined) view.wakeIn(wakeIn);
    // The worst of the Pods speaks for all.
    const order = ['error', 'fail', 'pending', 'pass'] as const;
    const worst = order.map((status) => judged.find((v) => v.status === status)).find((v) => v !== undefined);
    const { wakeIn: _, ...outcome } = worst as Judged;
    return outcome;
  },
};

/** A Pod none of whose containers (or not the one that is read) has started. */
function silent(spec: Spec, view: ClusterView, pod: Stored<Pod>): Judged {
  const expected = spec.shows;
  const { name, creationTimestamp } = pod.metadata;
  const trouble = troubleOf(pod);
  const none = spec.container && !pod.spec?.containers.some((c) => c.name === spec.container);
  const left = startPatience - (view.now() - Date.parse(creationTimestamp));
  const text = none ? `Pod ${name} has no container ${spec.container}` : (trouble ?? `Pod ${name} has not started`);
  const evidence: Evidence[] = [{ kind: 'command', text: `kubectl describe pod ${name} -n ${spec.namespace}` }];
  const suspects: Suspect[] = none ? [] : [podSuspect(pod)];
  if (none || trouble || left <= 0) return { status: 'fail', expected, actual: text, why: text, evidence, suspects };
  const why = 'its containers are being started';
  return { status: 'pending', expected, actual: text, why, evidence, suspects, wakeIn: left };
}

const podSuspect = ({ metadata: { namespace = '', name } }: Stored<Pod>): Suspect => ({
  about: 'object',
  resource: pods,
  namespace,
  name,
});

/** A line that may point further, and the Pod that wrote it. */
function suspectsOf(pod: Stored<Pod>, container: string, line: LogLine | undefined): Suspect[] {
  const { namespace = '', name } = pod.metadata;
  const words: Suspect[] = line ? [{ about: 'log', namespace, pod: name, container, line: line.text }] : [];
  return isReady(pod) ? words : [...words, podSuspect(pod)];
}

function judge(spec: Spec, view: ClusterView, log: ContainerLog): Judged {
  const pod = log.pod as Stored<Pod>;
  const expected = spec.shows;
  const command: Evidence = {
    kind: 'command',
    text: `kubectl logs ${pod.metadata.name} -c ${log.container} -n ${pod.metadata.namespace} --tail=5`,
  };
  if (log.error) {
    return { status: 'error', expected, actual: 'the log cannot be read', why: log.error.message, evidence: [command] };
  }
  const telling = log.lines.findLast((line) => isLike(spec.contradicts, line) || isLike(spec.matches, line));
  if (!telling) return noSuchLine(spec, view, log, command);
  const age = Math.max(0, view.now() - telling.time);
  const where = `${ago(age)} (Pod ${pod.metadata.name})`;
  const evidence: Evidence[] = [{ kind: 'log', text: redact(telling.text) }, command];
  if (isLike(spec.contradicts, telling)) {
    return {
      status: 'fail',
      expected,
      actual: `${shorten(telling)}, ${where}`,
      ...cause(spec, view, pod, telling, age, command),
      ...(isOfAccount(telling) ? {} : { suspects: suspectsOf(pod, log.container, telling) }),
    };
  }
  const doubt = doubtOf(spec, log);
  if (doubt && doubt.until > view.now()) {
    return {
      status: doubt.often ? 'fail' : 'pending',
      expected,
      actual: `now this, now that, ${where}`,
      why: 'success and failure alternate in this log; it counts once only success is left',
      evidence,
      wakeIn: doubt.until - view.now(),
    };
  }
  const freshFor = 3 * spec.period + 2_000;
  if (log.running && age > freshFor) {
    const why = `nothing like it was logged for ${ago(age).replace(' ago', '')}: old success is no success`;
    return { status: 'fail', expected, actual: `${spec.shows}, but ${where}`, why, evidence };
  }
  const fresh = { status: 'pass', expected, actual: `${spec.shows} (Pod ${pod.metadata.name})`, evidence } as const;
  return log.running ? { ...fresh, wakeIn: freshFor - age + 100 } : fresh;
}

/**
 * Until when success is doubted: where it was logged already shortly before a failure, somebody else may write it. Then
 * two of the workload's own periods must pass without a failure. `often`: that was so more than once lately.
 */
function doubtOf({ contradicts, matches, period }: Spec, { lines }: ContainerLog) {
  let success: LogLine | undefined;
  const turns: number[] = [];
  for (const line of lines) {
    if (isLike(contradicts, line)) {
      if (success && line.time - success.time < 2 * period) turns.push(line.time);
      success = undefined;
    } else if (isLike(matches, line)) success = line;
  }
  const last = turns.at(-1);
  if (last === undefined) return undefined;
  return { until: last + 2 * period + 1_000, often: turns.filter((time) => time > last - 4 * period).length > 1 };
}

/** No line tells: that is pending while the container had no time to write one, then a failure. */
function noSuchLine(spec: Spec, view: ClusterView, log: ContainerLog, command: Evidence): Judged {
  const pod = log.pod as Stored<Pod>;
  const status = [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])].find(
    (s) => s.name === log.container,
  );
  const started = Date.parse(status?.state?.running?.startedAt ?? pod.metadata.creationTimestamp);
  const patience = 2 * spec.period + 1_000 - (view.now() - Math.max(view.activatedAt, started));
  const last = log.lines.at(-1);
  const evidence: Evidence[] = last ? [{ kind: 'log', text: redact(last.text) }, command] : [command];
  if (log.running && patience > 0) {
    const why = 'the Pod has just started; its first attempt is on its way';
    return { status: 'pending', expected: spec.shows, actual: 'nothing yet', why, evidence, wakeIn: patience + 100 };
  }
  const actual = last ? `other output: ${shorten(last)}` : 'no output';
  return {
    status: 'fail',
    expected: spec.shows,
    actual,
    why: `Pod ${pod.metadata.name} logs no such line`,
    evidence,
    suspects: suspectsOf(pod, log.container, last),
  };
}

/** Whether a line tells of a right that a ServiceAccount lacks: `cause` follows that to its end. */
function isOfAccount({ text }: LogLine): boolean {
  return parseForbidden(text)?.user.startsWith('system:serviceaccount:') ?? false;
}

/** Follows a Forbidden line to its cause; other lines speak for themselves. */
function cause(
  spec: Spec,
  view: ClusterView,
  pod: Stored<Pod>,
  line: LogLine,
  age: number,
  command: Evidence,
): { why: string; evidence: Evidence[] } {
  const head: Evidence[] = [{ kind: 'log', text: redact(line.text) }, command];
  const facts = parseForbidden(line.text);
  const account = facts && /^system:serviceaccount:([^:]+):([^:]+)$/.exec(facts.user);
  if (!facts || !account) return { why: shorten(line), evidence: head };
  const [, namespace = '', name = ''] = account;
  const subject = serviceAccountSubject(namespace, name);
  const question = {
    user: subject.user,
    groups: subject.groups,
    verb: facts.verb,
    ...(facts.apiGroup ? { group: facts.apiGroup } : {}),
    ...(facts.resource ? { resource: facts.resource } : {}),
    ...(facts.subresource ? { subresource: facts.subresource } : {}),
    ...(facts.namespace ? { namespace: facts.namespace } : {}),
    ...(facts.path ? { path: facts.path } : {}),
  };
  const denial = explainDenial(view, subject, question);
  const granted = isGranted(view, subject, question);
  if (!granted) return { why: denial.why, evidence: [...head, ...denial.evidence] };
  const next = Math.max(0, Math.ceil((spec.period - age) / 1000));
  const ended = pod.status?.containerStatuses?.some((s) => s.state?.waiting?.reason === 'CrashLoopBackOff');
  const when = ended
    ? 'when its back-off ends, or at once after a rollout restart'
    : next > 0
      ? `in about ${next} s`
      : 'any moment';
  const why = `the right is there now; the Pod's next attempt comes ${when}`;
  return { why, evidence: [...head, { kind: 'review', text: why }] };
}

function shorten(line: LogLine): string {
  const facts = parseForbidden(line.text);
  if (facts) return `Forbidden: cannot ${facts.verb} ${facts.resource ?? facts.path}`;
  const text = redact(line.text);
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

function ago(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 120 ? `${seconds} s ago` : `${Math.round(seconds / 60)} min ago`;
}
