import type { CronJob, DaemonSet, Deployment, Job, Node, Pod, ReplicaSet, StatefulSet } from '../../kube/api.gen.ts';
import type { Resource, Stored } from '../../kube/meta.ts';
import { tolerates } from '../../kube/placement.ts';
import * as resources from '../../kube/resources.ts';
import type { WorkloadRef } from '../types.ts';
import { isReady, troubleOf } from '../workloads/pod-trouble.ts';
import { ownersOf, podSpecOf, podsOf, resourceOfWorkload, workloadObject } from '../workloads/workload.ts';
import { traceMissing } from './missing.ts';
import { tracePod } from './pod.ts';
import { eventsAbout, snapshot, type Trace } from './reader.ts';
import { traceRefusal } from './refusal.ts';
import { clip, describeCommand, eventsCommand, getCommand, listed, quote } from './words.ts';

/** From a workload that is not as it should be to what keeps it from that: the refusal of its Pods, or their troubles. */
export async function traceWorkload(t: Trace, workload: WorkloadRef): Promise<void> {
  const { kind, name, namespace } = workload;
  if (kind === 'Pod') {
    const pod = await t.reader.get(resources.pods, namespace, name);
    return pod ? tracePod(t, pod) : traceMissing(t, resources.pods, namespace, name);
  }
  if (!t.chain.enter(`${kind} ${namespace}/${name}`)) return;
  const view = await snapshot(t.reader, seenOf(workload), namespace);
  const object = workloadObject(view, workload);
  if (!object) return traceMissing(t, resourceOfWorkload(workload), namespace, name);
  const owners = ownersOf(view, workload, object);
  const before = t.chain.length;
  const fine = tellState(t, object, owners);
  await traceMakers(t, workload, object, owners, podsOf(view, workload));
  // That all is well with it explains nothing.
  if (fine && t.chain.length === before + 1) t.chain.cut(before);
}

/** What keeps those who make the Pods from making them, or the Pods themselves from getting on. */
async function traceMakers(
  t: Trace,
  { kind, name, namespace }: WorkloadRef,
  object: Stored,
  owners: readonly Stored[],
  pods: readonly Stored<Pod>[],
): Promise<void> {
  if (kind === 'CronJob') {
    const [job] = owners;
    if (job) await traceWorkload(t, { kind: 'Job', name: job.metadata.name, namespace });
    return;
  }
  for (const owner of owners) if (await traceFailedCreate(t, owner)) return;
  const worst = pods.find(troubleOf) ?? pods.find((pod) => !isReady(pod) && pod.status?.phase !== 'Succeeded');
  if (worst) return tracePod(t, worst);
  if (kind === 'DaemonSet') return tellNodesLeftOut(t, object as Stored<DaemonSet>);
  // The Pods of a Job that is over may be gone.
  if (pods.length > 0 || kind === 'Job' || (object as Stored<Deployment>).spec?.replicas === 0) return;
  if (kind === 'Deployment' && owners.length === 0) {
    const fact = `no ReplicaSet has the present template of Deployment ${name}`;
    return t.chain.add({ kind: 'missing', fact, command: `kubectl get replicasets -n ${namespace}` });
  }
  t.chain.add({ kind: 'missing', fact: `${kind} ${name} has no Pods`, command: `kubectl get pods -n ${namespace}` });
}

function seenOf(workload: WorkloadRef): Resource[] {
  const between: Partial<Record<WorkloadRef['kind'], Resource>> = {
    Deployment: resources.replicaSets,
    CronJob: resources.jobs,
  };
  const made = between[workload.kind];
  return [resourceOfWorkload(workload), resources.pods, ...(made ? [made] : [])];
}

/** Tells what the object itself says of how far it got. Returns whether that is far enough. */
function tellState(t: Trace, object: Stored, owners: readonly Stored[]): boolean {
  switch (object.kind) {
    case 'Deployment':
      return tellDeployment(t, object, owners);
    case 'DaemonSet': {
      const { desiredNumberScheduled = 0, numberReady = 0 } = (object as Stored<DaemonSet>).status ?? {};
      const fact = `DaemonSet ${object.metadata.name}: ${numberReady} of the ${desiredNumberScheduled} Pods that it wants are ready`;
      t.chain.add({ fact, command: getCommand('daemonset', object), shows: [object.metadata.name] });
      return numberReady >= desiredNumberScheduled;
    }
    case 'Job':
      return tellJob(t, object);
    case 'CronJob':
      return tellCronJob(t, object);
    default: {
      const { spec, status } = object as Stored<StatefulSet>;
      const [ready, wanted] = [status?.readyReplicas ?? 0, spec?.replicas ?? 1];
      const kind = object.kind ?? '';
      const fact = `${kind} ${object.metadata.name}: ${ready} of ${wanted} Pods are ready`;
      const shows = [object.metadata.name, ...(kind === 'StatefulSet' ? [`${ready}/${wanted}`] : [])];
      t.chain.add({ fact, command: getCommand(kind.toLowerCase(), object), shows });
      return ready >= wanted && wanted > 0;
    }
  }
}

function tellDeployment(t: Trace, object: Stored<Deployment>, owners: readonly Stored<ReplicaSet>[]): boolean {
  const { spec, status, metadata } = object;
  const [ready, wanted] = [status?.readyReplicas ?? 0, spec?.replicas ?? 1];
  const fact = `Deployment ${metadata.name}: ${ready} of ${wanted} Pods are ready`;
  t.chain.add({ fact, command: getCommand('deployment', object), shows: [`${ready}/${wanted}`] });
  if (spec?.paused) {
    t.chain.add({
      fact: `Deployment ${metadata.name} is paused: changes of its template are not rolled out`,
      command: getCommand('deployment', object, "-o jsonpath='{.spec.paused}'"),
      shows: ['true'],
    });
  }
  const [own] = owners;
  const fine = ready >= wanted && wanted > 0;
  if (!own || ready < wanted || (own.status?.readyReplicas ?? 0) >= wanted) return fine;
  const got = `${own.status?.readyReplicas ?? 0} of ${own.spec?.replicas ?? 0}`;
  t.chain.add({
    fact: `those are of an older template; of ReplicaSet ${own.metadata.name}, which has the present one, ${got} are`,
    command: `kubectl get replicasets -n ${metadata.namespace}`,
    shows: [own.metadata.name],
  });
  return false;
}

function tellJob(t: Trace, object: Stored<Job>): boolean {
  const { status, spec, metadata } = object;
  const [done, wanted] = [status?.succeeded ?? 0, spec?.completions ?? 1];
  t.chain.add({
    fact: `Job ${metadata.name}: ${done} of ${wanted} completions, ${status?.failed ?? 0} Pods have failed`,
    command: getCommand('job', object),
    shows: [`${done}/${wanted}`],
  });
  if (spec?.suspend) {
    const command = getCommand('job', object, "-o jsonpath='{.spec.suspend}'");
    t.chain.add({ fact: `Job ${metadata.name} is suspended`, command, shows: ['true'] });
  }
  const failed = status?.conditions?.find((c) => c.type === 'Failed' && c.status === 'True');
  if (!failed) return done >= wanted;
  const { reason = '', message = '' } = failed;
  const limit = reason === 'DeadlineExceeded' ? spec?.activeDeadlineSeconds : spec?.backoffLimit;
  const field = reason === 'DeadlineExceeded' ? 'activeDeadlineSeconds' : 'backoffLimit';
  t.chain.add({
    fact: `the Job was given up, ${reason}: ${message}`,
    command: describeCommand('job', object),
    shows: [quote(message)].filter(Boolean),
  });
  if (limit === undefined || !['DeadlineExceeded', 'BackoffLimitExceeded'].includes(reason)) return false;
  const command = getCommand('job', object, `-o jsonpath='{.spec.${field}}'`);
  t.chain.add({ fact: `its ${field} is ${limit}`, command, shows: [String(limit)] });
  return false;
}

function tellCronJob(t: Trace, object: Stored<CronJob>): boolean {
  const { spec, status, metadata } = object;
  const last = status?.lastScheduleTime ? `last run at ${status.lastScheduleTime}` : 'it has not run on schedule yet';
  t.chain.add({
    fact: `CronJob ${metadata.name}: schedule "${spec?.schedule}", ${last}`,
    command: getCommand('cronjob', object),
    shows: [spec?.schedule ?? ''],
  });
  if (!spec?.suspend) return false;
  const command = getCommand('cronjob', object, "-o jsonpath='{.spec.suspend}'");
  t.chain.add({ fact: `CronJob ${metadata.name} is suspended`, command, shows: ['true'] });
  return false;
}

/** Whether the API server refuses the Pods that an object makes; if so, why. */
async function traceFailedCreate(t: Trace, owner: Stored): Promise<boolean> {
  const { spec, status } = owner as Stored<ReplicaSet>;
  const events = await eventsAbout(t.reader, owner);
  const failed = events.findLast((e) => e.reason === 'FailedCreate');
  if (!failed) return false;
  const made = events.findLast((e) => e.reason === 'SuccessfulCreate');
  const wanted = owner.kind === 'DaemonSet' ? undefined : (spec?.replicas ?? 1);
  const refused = status?.conditions?.some((c) => c.type === 'ReplicaFailure' && c.status === 'True');
  const later = !made || events.indexOf(made) < events.indexOf(failed);
  const short = wanted === undefined || (status?.replicas ?? 0) < wanted;
  if (!refused && !(later && short)) return false;
  const message = failed.message ?? '';
  const kind = (owner.kind ?? '').toLowerCase();
  t.chain.add({
    fact: `${owner.kind} ${owner.metadata.name} cannot make its Pods: ${clip(reasonIn(message))}`,
    command: eventsCommand(kind, owner),
    shows: ['FailedCreate', quote(reasonIn(message))],
  });
  await traceRefusal(t, owner.metadata.namespace ?? '', message, podSpecOf(owner));
  return true;
}

/** `Error creating: pods "web-x" is forbidden: exceeded quota ...` without what only says that it was refused. */
function reasonIn(message: string): string {
  return message.replace(
    /^(?:\(combined from similar events\): )?(?:Error creating: |create (?:Pod|Claim) [^:]+ failed error: )?(?:\S+ "[^"]*" is forbidden: )?/,
    '',
  );
}

/** Nodes that a DaemonSet puts no Pod on. */
async function tellNodesLeftOut(t: Trace, { spec, status }: Stored<DaemonSet>): Promise<void> {
  const nodes = await t.reader.list(resources.nodes);
  if ((status?.desiredNumberScheduled ?? 0) >= nodes.length) return;
  const tolerations = spec?.template.spec?.tolerations;
  const closed = (node: Stored<Node>) =>
    (node.spec?.taints ?? []).filter((taint) => taint.effect !== 'PreferNoSchedule' && !tolerates(tolerations, taint));
  const left = nodes.filter((node) => closed(node).length > 0);
  if (left.length === 0) return;
  t.chain.add({
    fact: `it tolerates not all taints of ${listed(left.map((n) => `${n.metadata.name} (${closed(n).map((x) => x.key)})`))}`,
    command: 'kubectl get nodes -o custom-columns=NAME:.metadata.name,TAINTS:.spec.taints[*].key',
    shows: left.slice(0, 3).map((n) => n.metadata.name),
  });
}
