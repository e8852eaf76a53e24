import { afterEach, describe, expect, it } from 'vitest';
import type { Deployment, Job } from '../../../src/kube/api.gen.ts';
import {
  controllerRevisions,
  cronJobs,
  daemonSets,
  deployments,
  jobs,
  nodes,
  pods,
  replicaSets,
} from '../../../src/kube/resources.ts';
import { workloadPlane } from './workload-plane.ts';

let stop = () => {};
afterEach(() => stop());

async function plane(nodes = 1) {
  const p = await workloadPlane(nodes);
  stop = p.stop;
  return p;
}

const labels = { app: 'a' };
const template = (image = 'nginx') => ({ metadata: { labels }, spec: { containers: [{ name: 'c', image }] } });
const deployment = (spec: Partial<NonNullable<Deployment['spec']>> = {}): Deployment => ({
  metadata: { name: 'web', namespace: 'default' },
  spec: { replicas: 3, selector: { matchLabels: labels }, template: template(), ...spec },
});
const progressing = (d: Deployment | undefined) => d?.status?.conditions?.find((c) => c.type === 'Progressing');

describe('Deployments', () => {
  it('roll out, keep the old ReplicaSet, and come back as a new revision of it', async () => {
    const { client, get, list, until, events } = await plane();
    await client.create(deployments, deployment());
    await until(() => get(deployments, 'web')?.status?.readyReplicas === 3);
    expect(list(replicaSets).map((s) => s.metadata.name)).toEqual(['web-58bbb84bd5']);
    expect(progressing(get(deployments, 'web'))).toMatchObject({
      reason: 'NewReplicaSetAvailable',
      message: 'ReplicaSet "web-58bbb84bd5" has successfully progressed.',
    });
    await client.patch(deployments, 'default', 'web', 'strategic', { spec: { template: template('nginx:2') } });
    await until(() => {
      const { observedGeneration, updatedReplicas, replicas } = get(deployments, 'web')?.status ?? {};
      return observedGeneration === 2 && updatedReplicas === 3 && replicas === 3;
    });
    expect(list(replicaSets).map((s) => [s.metadata.name, s.spec?.replicas])).toEqual([
      ['web-58bbb84bd5', 0],
      ['web-6cb47766bf', 3],
    ]);
    await client.patch(deployments, 'default', 'web', 'strategic', { spec: { template: template() } });
    await until(() => get(replicaSets, 'web-58bbb84bd5')?.status?.readyReplicas === 3);
    expect(get(replicaSets, 'web-58bbb84bd5')?.metadata.annotations).toMatchObject({
      'deployment.kubernetes.io/revision': '3',
      'deployment.kubernetes.io/revision-history': '1',
    });
    expect(events('ScalingReplicaSet')).toContain('Scaled up replica set web-58bbb84bd5 from 0 to 3');
  });

  it('keep what works while a new template does not become ready, and say so after the deadline', async () => {
    const { client, get, list, until, behave } = await plane();
    await client.create(deployments, deployment({ replicas: 4, progressDeadlineSeconds: 2 }));
    await until(() => get(deployments, 'web')?.status?.readyReplicas === 4);
    behave((pod) => (pod.spec?.containers[0]?.image === 'bad' ? undefined : 'ready'));
    await client.patch(deployments, 'default', 'web', 'strategic', { spec: { template: template('bad') } });
    const stuck = await until(() => {
      const d = get(deployments, 'web');
      return progressing(d)?.reason === 'ProgressDeadlineExceeded' && d;
    });
    expect(stuck.status).toMatchObject({ readyReplicas: 3, updatedReplicas: 2, replicas: 5, unavailableReplicas: 2 });
    expect(list(pods).filter((p) => p.spec?.containers[0]?.image === 'nginx')).toHaveLength(3);
  });

  it('end all old Pods before new ones start with Recreate', async () => {
    const { client, get, list, until } = await plane();
    await client.create(deployments, deployment({ replicas: 2, strategy: { type: 'Recreate' } }));
    await until(() => get(deployments, 'web')?.status?.readyReplicas === 2);
    await client.patch(deployments, 'default', 'web', 'strategic', { spec: { template: template('v2') } });
    let most = 0;
    await until(() => {
      const images = new Set(list(pods).map((p) => p.spec?.containers[0]?.image));
      most = Math.max(most, images.size);
      const { updatedReplicas, readyReplicas, observedGeneration } = get(deployments, 'web')?.status ?? {};
      return observedGeneration === 2 && updatedReplicas === 2 && readyReplicas === 2;
    });
    expect(most).toBe(1);
  });

  it('follow their size but not their template while paused', async () => {
    const { client, get, list, until, clock } = await plane();
    await client.create(deployments, deployment({ replicas: 1 }));
    await until(() => get(deployments, 'web')?.status?.readyReplicas === 1);
    const change = { spec: { paused: true, replicas: 2, template: template('v2') } };
    await client.patch(deployments, 'default', 'web', 'strategic', change);
    await until(() => get(deployments, 'web')?.status?.readyReplicas === 2);
    await clock.advance(1000);
    expect(list(replicaSets)).toHaveLength(1);
    expect(progressing(get(deployments, 'web'))).toMatchObject({ status: 'Unknown', reason: 'DeploymentPaused' });
    await client.patch(deployments, 'default', 'web', 'merge', { spec: { paused: null } });
    await until(() => get(deployments, 'web')?.status?.updatedReplicas === 2 && list(replicaSets).length === 2);
  });

  it('tell why Pods cannot be made', async () => {
    const { client, get, until, events } = await plane();
    const spec = { ...template().spec, serviceAccountName: 'nope' };
    await client.create(deployments, deployment({ replicas: 1, template: { metadata: { labels }, spec } }));
    const failing = await until(() => {
      const d = get(deployments, 'web');
      return d?.status?.conditions?.find((c) => c.type === 'ReplicaFailure');
    });
    expect(failing).toMatchObject({ status: 'True', reason: 'FailedCreate' });
    expect(events('FailedCreate')[0]).toMatch(
      /^Error creating: pods "web-[a-z0-9]+-" is forbidden: error looking up service account default\/nope: serviceaccount "nope" not found$/,
    );
  });

  it('take their ReplicaSets and Pods with them', async () => {
    const { client, get, list, until } = await plane();
    await client.create(deployments, deployment());
    await until(() => get(deployments, 'web')?.status?.readyReplicas === 3);
    await client.delete(deployments, 'default', 'web');
    await until(() => list(replicaSets).length === 0 && list(pods).length === 0);
  });
});

describe('ReplicaSets', () => {
  it('adopt Pods that match, release those that no longer do, and replace what is deleted', async () => {
    const { client, get, list, until } = await plane();
    await client.create(pods, { metadata: { name: 'orphan', namespace: 'default', labels }, spec: template().spec });
    const spec = { replicas: 2, selector: { matchLabels: labels }, template: template() };
    await client.create(replicaSets, { metadata: { name: 'rs', namespace: 'default' }, spec });
    await until(() => get(replicaSets, 'rs')?.status?.readyReplicas === 2);
    expect(get(pods, 'orphan')?.metadata.ownerReferences?.[0]?.name).toBe('rs');
    await client.patch(pods, 'default', 'orphan', 'merge', { metadata: { labels: { app: 'b' } } });
    await until(() => list(pods).length === 3 && get(replicaSets, 'rs')?.status?.readyReplicas === 2);
    expect(get(pods, 'orphan')?.metadata.ownerReferences).toBeUndefined();
    const mine = list(pods).find((p) => p.metadata.name !== 'orphan');
    await client.delete(pods, 'default', mine?.metadata.name ?? '');
    await until(() => list(pods).length === 3 && !list(pods).some((p) => p.metadata.uid === mine?.metadata.uid));
  });
});

describe('DaemonSets', () => {
  it('run on every node, update one by one and keep revisions', async () => {
    const { client, get, list, until, addNode } = await plane(2);
    const spec = { selector: { matchLabels: labels }, template: template() };
    await client.create(daemonSets, { metadata: { name: 'agent', namespace: 'default' }, spec });
    await until(() => get(daemonSets, 'agent')?.status?.numberReady === 2);
    expect(new Set(list(pods).map((p) => p.spec?.nodeName)).size).toBe(2);
    await addNode('node-3');
    await until(() => get(daemonSets, 'agent')?.status?.numberReady === 3);
    await client.patch(daemonSets, 'default', 'agent', 'strategic', { spec: { template: template('v2') } });
    let fewest = 3;
    await until(() => {
      const { numberReady = 0, updatedNumberScheduled, observedGeneration } = get(daemonSets, 'agent')?.status ?? {};
      fewest = Math.min(fewest, list(pods).filter(({ metadata }) => !metadata.deletionTimestamp).length);
      return observedGeneration === 2 && updatedNumberScheduled === 3 && numberReady === 3;
    });
    expect(fewest).toBe(2);
    expect(list(controllerRevisions).map((r) => [r.metadata.name, r.revision])).toEqual([
      ['agent-5854d9fcc7', 2],
      ['agent-58bbb84bd5', 1],
    ]);
  });

  it('leave a node whose taint they do not tolerate', async () => {
    const { client, get, until } = await plane(2);
    const spec = { selector: { matchLabels: labels }, template: template() };
    await client.create(daemonSets, { metadata: { name: 'agent', namespace: 'default' }, spec });
    await until(() => get(daemonSets, 'agent')?.status?.numberReady === 2);
    const taints = [{ key: 'gone', effect: 'NoExecute' }];
    await client.patch(nodes, undefined, 'node-2', 'strategic', { spec: { taints } });
    const left = await until(() => {
      const { status } = get(daemonSets, 'agent') ?? {};
      return status?.desiredNumberScheduled === 1 && status;
    });
    expect(left).toMatchObject({ currentNumberScheduled: 1, numberReady: 1 });
  });
});

describe('Jobs', () => {
  const job = (spec: Partial<NonNullable<Job['spec']>> = {}): Job => ({
    metadata: { name: 'j', namespace: 'default' },
    spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'x' }] } }, ...spec },
  });
  const condition = (j: Job | undefined, type: string) => j?.status?.conditions?.find((c) => c.type === type);

  it('count every finished Pod once and complete', async () => {
    const { client, get, until, behave, events, list } = await plane();
    behave(() => 'Succeeded');
    await client.create(jobs, job({ completions: 3, parallelism: 2 }));
    const done = await until(() => {
      const j = get(jobs, 'j');
      return condition(j, 'Complete') && j;
    });
    expect(done.status).toMatchObject({ succeeded: 3, uncountedTerminatedPods: {}, ready: 0, terminating: 0 });
    expect(done.status?.conditions?.map((c) => c.type)).toEqual(['SuccessCriteriaMet', 'Complete']);
    expect(events('Completed')).toEqual(['Job completed']);
    expect(list(pods).every((p) => p.metadata.finalizers === undefined)).toBe(true);
  });

  it('give up after backoffLimit failures, ten seconds and more apart', async () => {
    const { client, get, until, behave, clock } = await plane();
    behave(() => 'Failed');
    const began = clock.now();
    await client.create(jobs, job({ backoffLimit: 2 }));
    const failed = await until(() => {
      const j = get(jobs, 'j');
      return condition(j, 'Failed') && j;
    });
    expect(failed.status).toMatchObject({ failed: 3 });
    expect(condition(failed, 'Failed')).toMatchObject({
      reason: 'BackoffLimitExceeded',
      message: 'Job has reached the specified backoff limit',
    });
    expect(clock.now() - began).toBeGreaterThan(29_000);
  });

  it('give each index its Pod', async () => {
    const { client, get, until, behave, list } = await plane();
    behave(() => 'Succeeded');
    await client.create(jobs, job({ completions: 3, parallelism: 3, completionMode: 'Indexed' }));
    const done = await until(() => {
      const j = get(jobs, 'j');
      return condition(j, 'Complete') && j;
    });
    expect(done.status).toMatchObject({ succeeded: 3, completedIndexes: '0-2' });
    expect(
      list(pods)
        .map((p) => p.spec?.hostname)
        .sort(),
    ).toEqual(['j-0', 'j-1', 'j-2']);
  });

  it('stop at once when podFailurePolicy says FailJob', async () => {
    const { client, get, until, behave } = await plane();
    behave(() => 'Failed');
    const onPodConditions = [{ type: 'Ready', status: 'False' }];
    await client.create(jobs, job({ podFailurePolicy: { rules: [{ action: 'FailJob', onPodConditions }] } }));
    const failed = await until(() => condition(get(jobs, 'j'), 'Failed'));
    expect(failed.reason).toBe('PodFailurePolicy');
  });

  it('suspend and resume', async () => {
    const { client, get, until, list, events } = await plane();
    await client.create(jobs, job({ suspend: true }));
    await until(() => condition(get(jobs, 'j'), 'Suspended')?.status === 'True');
    expect(list(pods)).toEqual([]);
    await client.patch(jobs, 'default', 'j', 'merge', { spec: { suspend: false } });
    await until(() => get(jobs, 'j')?.status?.active === 1);
    expect(condition(get(jobs, 'j'), 'Suspended')).toMatchObject({ status: 'False', reason: 'JobResumed' });
    await client.patch(jobs, 'default', 'j', 'merge', { spec: { suspend: true } });
    await until(() => list(pods).length === 0);
    expect(get(jobs, 'j')?.status?.failed).toBeUndefined();
    expect([...events('Suspended'), ...events('Resumed')]).toEqual(['Job suspended', 'Job resumed']);
  });

  it('go ttlSecondsAfterFinished after their end', async () => {
    const { client, get, until, behave, list } = await plane();
    behave(() => 'Succeeded');
    await client.create(jobs, job({ ttlSecondsAfterFinished: 5 }));
    await until(() => condition(get(jobs, 'j'), 'Complete'));
    await until(() => get(jobs, 'j') === undefined && list(pods).length === 0);
  });
});

describe('CronJobs', () => {
  const cron = (spec: object) => ({
    metadata: { name: 'tick', namespace: 'default' },
    spec: {
      schedule: '* * * * *',
      jobTemplate: {
        spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'x' }] } } },
      },
      ...spec,
    },
  });

  it('make a Job a minute and keep the history short', async () => {
    const { client, get, list, until, behave, events } = await plane();
    behave(() => 'Succeeded');
    await client.create(cronJobs, cron({ successfulJobsHistoryLimit: 1 }));
    await until(() => events('SawCompletedJob').length === 3, 240_000);
    await until(() => list(jobs).length === 1);
    expect(list(jobs)[0]?.metadata.name).toMatch(/^tick-\d{8}$/);
    expect(get(cronJobs, 'tick')?.status).toMatchObject({
      lastScheduleTime: expect.any(String),
      lastSuccessfulTime: expect.any(String),
    });
    expect(events('SuccessfulDelete').length).toBeGreaterThan(0);
  });

  it('do not start beside a running Job with Forbid', async () => {
    const { client, list, until, clock, events } = await plane();
    await client.create(cronJobs, cron({ concurrencyPolicy: 'Forbid' }));
    await until(() => list(jobs).length === 1);
    await clock.advance(61_000);
    expect(list(jobs)).toHaveLength(1);
    expect(events('JobAlreadyActive')).toEqual([
      'Not starting job because prior execution is running and concurrency policy is Forbid',
    ]);
  });
});
