import { describe, expect, it } from 'vitest';
import { scheduled } from '../../src/checks/workloads/scheduled.ts';
import { swan } from '../helpers/fake-view.ts';
import { ago, judge } from '../helpers/judge.ts';

const nodes = ['one', 'two', 'three']
  .map(
    (name) => `
apiVersion: v1
kind: Node
metadata: { name: ${name}, labels: { disk: ${name === 'three' ? 'hdd' : 'ssd'}, kubernetes.io/hostname: ${name} } }
spec: ${name === 'three' ? '{ taints: [{ key: full, effect: NoSchedule }] }' : '{}'}
---
`,
  )
  .join('');
const pod = (name: string, node: string, more = '') => `
apiVersion: v1
kind: Pod
metadata:
  name: ${name}
  namespace: project-swan
  creationTimestamp: "${ago(5)}"
  ownerReferences: [{ apiVersion: apps/v1, kind: ReplicaSet, name: api-client-1, uid: uid-ReplicaSet-api-client-1, controller: true }]
${more}spec: { ${node ? `nodeName: ${node}, ` : ''}serviceAccountName: default, containers: [{ name: client, image: kubectl, command: [sh, -c, loop] }] }
status: { phase: Running }
---
`;
const start = `${swan().replace(/apiVersion: v1\nkind: Pod\n[\s\S]*/, '')}${nodes}`;
const spec = { workload: 'deployment/api-client', namespace: 'project-swan' };
const look = (objects: string, more: object = {}) => judge(scheduled, { ...spec, ...more }, { objects });

describe('scheduled', () => {
  it('passes where all Pods are where they should be', async () => {
    const objects = start + pod('a', 'one') + pod('b', 'two');
    expect(await look(objects, { on: { labels: 'disk=ssd' }, notOn: ['three'], spread: {} })).toMatchObject({
      status: 'pass',
      actual: 'on one, two',
    });
    expect(await look(objects, { on: { names: ['one', 'two'] } })).toMatchObject({ status: 'pass' });
  });

  it.each([
    [
      'a Pod is elsewhere',
      pod('a', 'one') + pod('b', 'two'),
      { on: { names: ['one'] } },
      'Pod b is on two, not on one',
    ],
    [
      'the node lacks the label',
      pod('a', 'three'),
      { on: { labels: 'disk=ssd' } },
      'Pod a is on three, which has no disk=ssd',
    ],
    ['the node is forbidden', pod('a', 'one'), { notOn: ['one'] }, 'Pod a is on one, where it must not be'],
    ['the node does not exist', pod('a', 'four'), {}, 'Pod a is on four, which does not exist'],
    ['all are in one place', pod('a', 'one') + pod('b', 'one'), { spread: {} }, 'unevenly spread (one: 2, two: 0)'],
    ['there are no Pods', '', {}, 'it has no Pods'],
  ])('fails where %s', async (_, pods, more, actual) => {
    expect(await look(start + pods, more)).toMatchObject({ status: 'fail', actual });
  });

  it('is pending while the scheduler thinks, and fails when it says no', async () => {
    expect(await look(start + pod('a', ''))).toMatchObject({ status: 'pending', wakes: [10_000] });
    const unschedulable = pod('a', '').replace(
      'status: {',
      'status: { conditions: [{ type: PodScheduled, status: "False", reason: Unschedulable, message: 0/3 nodes. }],',
    );
    expect(await look(start + unschedulable)).toMatchObject({
      status: 'fail',
      actual: 'Pod a cannot be scheduled: 0/3 nodes.',
    });
  });

  it('does not take a node that somebody wrote in for the scheduler', async () => {
    const template = start.replaceAll(
      'serviceAccountName: default',
      'nodeName: one\n      serviceAccountName: default',
    );
    expect(await look(template + pod('a', 'one'))).toMatchObject({ status: 'fail', actual: 'nodeName by hand' });
    expect(await look(template + pod('a', 'one'), { byScheduler: false })).toMatchObject({ status: 'pass' });
    const bound = pod(
      'a',
      'one',
      '  managedFields: [{ manager: kubectl, fieldsV1: { "f:spec": { "f:nodeName": {} } } }]\n',
    );
    expect(await look(start + bound)).toMatchObject({
      status: 'fail',
      why: 'Pod a is on one by a nodeName that was written by hand',
    });
  });

  it('does not take a node that some other scheduler chose', async () => {
    const foreign = pod('a', 'one').replace('nodeName: one', 'nodeName: one, schedulerName: mine');
    expect(await look(start + foreign)).toMatchObject({
      status: 'fail',
      why: "Pod a is on one by mine, not by the cluster's scheduler",
    });
    expect(await look(start + foreign, { byScheduler: false })).toMatchObject({ status: 'pass' });
  });

  it('takes labels and places as they were after set-up, if that is asked for', async () => {
    const later = (objects: string, more: object, baseline = start) =>
      judge(scheduled, { ...spec, ...more }, { objects, baseline });
    const relabelled = start.replace('disk: hdd', 'disk: ssd') + pod('a', 'three');
    expect(await later(relabelled, { on: { labels: 'disk=ssd' } })).toMatchObject({ status: 'pass' });
    expect(await later(relabelled, { on: { labels: 'disk=ssd', at: 'setup' } })).toMatchObject({
      status: 'fail',
      actual: 'Pod a is on three, which had no disk=ssd',
    });
    const both = pod('a', 'one') + pod('b', 'one');
    const uneven = { status: 'fail', actual: 'unevenly spread (one: 2, two: 0)' };
    const cordoned = start.replace('hostname: two } }\nspec: {}', 'hostname: two } }\nspec: { unschedulable: true }');
    expect(await later(cordoned + both, { spread: {} })).toMatchObject(uneven);
    const deleted = start.replace(/apiVersion: v1\nkind: Node\nmetadata: \{ name: two[\s\S]*?---\n/, '');
    expect(await later(deleted + both, { spread: {} })).toMatchObject(uneven);
    const renamed = start.replace('hostname: two', 'hostname: one') + pod('a', 'one') + pod('b', 'two');
    expect(await later(renamed, { spread: {} })).toMatchObject({ status: 'pass' });
  });

  it('does not take Pods that were smuggled in, or the Deployment gone', async () => {
    expect(await look(start + pod('a', 'one').replace('command: [sh, -c, loop]', 'command: [sleep]'))).toMatchObject({
      status: 'fail',
    });
    expect(await look(nodes + pod('a', 'one'))).toMatchObject({
      status: 'fail',
      actual: 'the Deployment api-client does not exist',
    });
  });
});

describe('scheduled runs of a CronJob', () => {
  const minute = Math.floor(Date.parse(ago(120)) / 60_000);
  const cron = (more = '') => `
apiVersion: batch/v1
kind: CronJob
metadata: { name: backup, namespace: project-swan }
spec: { schedule: "* * * * *"${more} }
---
`;
  const job = ({
    name = `backup-${minute}`,
    seconds = 110,
    manual = false,
    controller = true,
    status = '{ succeeded: 1 }',
    manager = 'kube-controller-manager',
  } = {}) => `
apiVersion: batch/v1
kind: Job
metadata:
  name: ${name}
  namespace: project-swan
  creationTimestamp: "${ago(seconds)}"
  annotations: { batch.kubernetes.io/cronjob-scheduled-timestamp: "${new Date(minute * 60_000).toISOString()}"${manual ? ', cronjob.kubernetes.io/instantiate: manual' : ''} }
  managedFields: [{ manager: ${manager} }]
  ownerReferences: [{ apiVersion: batch/v1, kind: CronJob, name: backup, uid: uid-CronJob-backup, controller: ${controller} }]
status: ${status}
---
`;
  const runs = { workload: 'cronjob/backup', runs: 1 };

  it('passes on a run that came on schedule', async () => {
    expect(await look(cron() + job(), runs)).toMatchObject({ status: 'pass', actual: '1 of 1' });
  });

  it.each([
    ['none came', '', 'no run on schedule has come since set-up'],
    ['one was made by hand', job({ manual: true, name: 'by-hand' }), 'no run on schedule has come since set-up'],
    ['one is of another time than its name', job({ name: 'backup-1' }), 'no run on schedule has come since set-up'],
    ['somebody else made it', job({ manager: 'kubectl-create' }), 'no run on schedule has come since set-up'],
    ['it is not its own', job({ controller: false }), 'no run on schedule has come since set-up'],
    ['it was before set-up ended', job({ seconds: 3_000 }), 'no run on schedule has come since set-up'],
    ['it has not ended', job({ status: '{ active: 1 }' }), 'a run has begun and has not ended yet'],
    [
      'it failed',
      job({ status: '{ conditions: [{ type: Failed, status: "True" }] }' }),
      `the run backup-${minute} failed`,
    ],
  ])('fails where %s', async (_, jobs, why) => {
    expect(await look(cron() + jobs, runs)).toMatchObject({ status: 'fail', why });
  });

  it('does not take a run whose Pods are not such as the CronJob makes', async () => {
    const owned = (command: string) => `
apiVersion: v1
kind: Pod
metadata:
  name: run
  namespace: project-swan
  ownerReferences: [{ apiVersion: batch/v1, kind: Job, name: j, uid: uid-Job-backup-${minute}, controller: true }]
spec: { containers: [{ name: c, command: [${command}] }] }
status: { phase: Succeeded }
---
`;
    const made = cron(
      ', jobTemplate: { spec: { template: { spec: { containers: [{ name: c, command: [dump] }] } } } }',
    );
    expect(await look(made + job() + owned('dump'), runs)).toMatchObject({ status: 'pass' });
    expect(await look(made + job() + owned('echo'), runs)).toMatchObject({ status: 'fail', actual: '0 of 1' });
  });

  it('says that it is suspended, and takes runs only of a cronjob', async () => {
    expect(await look(cron(', suspend: true'), runs)).toMatchObject({ status: 'fail', why: 'it is suspended' });
    expect(scheduled.schema.safeParse({ ...spec, runs: 1 }).success).toBe(false);
    expect(scheduled.schema.safeParse({ ...spec, workload: 'cronjob/backup' }).success).toBe(false);
  });
});
