import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { garbageCollector } from '../../../src/embedded/controllers/lifecycle/garbage-collector.ts';
import { jobController } from '../../../src/embedded/controllers/workloads/job.ts';
import { ttlAfterFinished } from '../../../src/embedded/controllers/workloads/ttl-after-finished.ts';
import type { JobSpec, Pod } from '../../../src/kube/api.gen.ts';
import type { Stored } from '../../../src/kube/meta.ts';
import { jobs, pods } from '../../../src/kube/resources.ts';
import { ended, type Plane, startPlane } from './plane.ts';

let plane: Plane;
beforeEach(async () => {
  plane = await startPlane(jobController, ttlAfterFinished, garbageCollector);
});
afterEach(() => plane.stop());

async function start(spec: Partial<JobSpec>, restartPolicy = 'Never'): Promise<void> {
  const template = { spec: { restartPolicy, containers: [{ name: 'c', image: 'x' }] } };
  await plane.client.create(jobs, { metadata: { name: 'j', namespace: 'default' }, spec: { ...spec, template } });
  await plane.settle();
}

const job = () => plane.informers.of(jobs).get('default', 'j');
const status = () => job()?.status;
const conditions = () =>
  (status()?.conditions ?? []).map(({ type, reason, message }) => `${type} ${reason}: ${message}`);
const all = () => plane.informers.of(pods).list('default');
const active = () => all().filter((pod) => !['Succeeded', 'Failed'].includes(pod.status?.phase ?? ''));
const finish = (pod: Stored<Pod> | undefined, code: number) => {
  if (!pod) throw new Error('no such Pod');
  return plane.report(pod, ended(code, plane.clock.now()));
};
const byIndex = (index: number) =>
  active().find((pod) => pod.metadata.annotations?.['batch.kubernetes.io/job-completion-index'] === String(index));

describe('a Job', () => {
  it('keeps Pods until they are counted, then lets them go', async () => {
    await start({});
    expect(all()[0]?.metadata.finalizers).toEqual(['batch.kubernetes.io/job-tracking']);
    expect(status()).toMatchObject({ active: 1, ready: 0, terminating: 0, uncountedTerminatedPods: {} });
    await finish(active()[0], 0);
    expect(all()[0]?.metadata.finalizers).toBeUndefined();
    expect(status()).toMatchObject({ succeeded: 1, uncountedTerminatedPods: {} });
    expect(status()?.active).toBeUndefined();
    expect(conditions()).toEqual([
      'SuccessCriteriaMet CompletionsReached: Reached expected number of succeeded pods',
      'Complete CompletionsReached: Reached expected number of succeeded pods',
    ]);
  });

  it('waits 10 s, 20 s, 40 s ... before the next try', async () => {
    await start({ backoffLimit: 3 });
    for (const wait of [10, 20, 40]) {
      await finish(active()[0], 1);
      await plane.pass(wait - 1);
      expect(active()).toEqual([]);
      await plane.pass(2);
      expect(active()).toHaveLength(1);
    }
    await finish(active()[0], 1);
    expect(conditions().at(-1)).toBe('Failed BackoffLimitExceeded: Job has reached the specified backoff limit');
    expect(status()?.failed).toBe(4);
  });

  it('forgets failures after a success', async () => {
    await start({ completions: 3, backoffLimit: 5 });
    await finish(active()[0], 1);
    await plane.pass(11);
    await finish(active()[0], 1);
    await plane.pass(21);
    await finish(active()[0], 0);
    expect(active()).toHaveLength(1);
    await finish(active()[0], 1);
    await plane.pass(11);
    expect(active()).toHaveLength(1);
  });

  it('replaces a Pod that somebody deleted and counts it as failed', async () => {
    await start({});
    const [pod] = all();
    await plane.client.delete(pods, 'default', pod?.metadata.name ?? '', { gracePeriodSeconds: 0 });
    await plane.settle();
    expect(status()?.failed).toBe(1);
    await plane.pass(11);
    expect(active()).toHaveLength(1);
  });

  it('gives up Pods when its parallelism is lowered, without counting them', async () => {
    await start({ parallelism: 3, completions: 6 });
    expect(active()).toHaveLength(3);
    await plane.client.patch(jobs, 'default', 'j', 'merge', { spec: { parallelism: 1 } });
    await plane.settle();
    expect(active().filter((pod) => !pod.metadata.deletionTimestamp)).toHaveLength(1);
    expect(status()?.failed).toBeUndefined();
  });

  it('without completions ends once one Pod succeeded and the others have ended', async () => {
    await start({ parallelism: 2 });
    await finish(active()[0], 0);
    expect(conditions()).toEqual([]);
    expect(active()).toHaveLength(1);
    await finish(active()[0], 0);
    expect(conditions()).toHaveLength(2);
    expect(status()?.succeeded).toBe(2);
  });

  it('makes no more Pods while it is suspended, and starts its clock anew when it is resumed', async () => {
    await start({ suspend: true, activeDeadlineSeconds: 60 });
    expect(all()).toEqual([]);
    expect(status()?.startTime).toBeUndefined();
    await plane.pass(120);
    await plane.client.patch(jobs, 'default', 'j', 'merge', { spec: { suspend: false } });
    await plane.pass(30);
    expect(active()).toHaveLength(1);
    expect(conditions()).toEqual(['Suspended JobResumed: Job resumed']);
    await plane.pass(31);
    expect(conditions()).toContain('FailureTarget DeadlineExceeded: Job was active longer than specified deadline');
  });

  it('fails past its deadline, but only when its Pods have ended', async () => {
    await start({ activeDeadlineSeconds: 5 });
    const [pod] = all();
    if (pod) await plane.report(pod, { phase: 'Running' });
    await plane.client.patch(pods, 'default', pod?.metadata.name ?? '', 'merge', {
      metadata: { finalizers: ['a/b', 'batch.kubernetes.io/job-tracking'] },
    });
    await plane.pass(6);
    expect(conditions().map((text) => text.split(' ')[0])).toEqual(['FailureTarget']);
    expect(status()).toMatchObject({ terminating: 1, failed: 1 });
    await plane.client.patch(pods, 'default', pod?.metadata.name ?? '', 'merge', { metadata: { finalizers: null } });
    await plane.settle();
    expect(conditions().map((text) => text.split(' ')[0])).toEqual(['FailureTarget', 'Failed']);
  });

  it('goes with its Pods when its time to live is over', async () => {
    await start({ ttlSecondsAfterFinished: 5 });
    await finish(active()[0], 0);
    await plane.pass(4);
    expect(job()).toBeDefined();
    await plane.pass(2);
    expect(job()).toBeUndefined();
    expect(all()).toEqual([]);
  });

  it('leaves Pods without the finalizer when it is deleted and they stay', async () => {
    await start({});
    await plane.client.delete(jobs, 'default', 'j', { propagationPolicy: 'Orphan' });
    await plane.settle();
    expect(job()).toBeUndefined();
    expect(all().map(({ metadata }) => [metadata.finalizers, metadata.ownerReferences])).toEqual([
      [undefined, undefined],
    ]);
  });
});

describe('a podFailurePolicy', () => {
  const rule = (action: string) => ({ action, onExitCodes: { operator: 'In', values: [42] } });

  it('fails the Job at once', async () => {
    await start({ podFailurePolicy: { rules: [rule('FailJob')] } });
    const [pod] = all();
    await finish(pod, 42);
    expect(conditions().at(-1)).toBe(
      `Failed PodFailurePolicy: Container c for pod default/${pod?.metadata.name} failed with exit code 42 matching FailJob rule at index 0`,
    );
  });

  it('ignores what it says is to be ignored', async () => {
    await start({ backoffLimit: 0, podFailurePolicy: { rules: [rule('Ignore')] } });
    await finish(active()[0], 42);
    expect(status()?.failed).toBeUndefined();
    await plane.pass(11);
    expect(active()).toHaveLength(1);
    await finish(active()[0], 1);
    expect(conditions().at(-1)).toContain('BackoffLimitExceeded');
  });
});

describe('an Indexed Job', () => {
  const indexed = { completionMode: 'Indexed', completions: 3, parallelism: 3 };

  it('tries an index again and ends when all are done', async () => {
    await start(indexed);
    await finish(byIndex(0), 0);
    await finish(byIndex(2), 0);
    await finish(byIndex(1), 1);
    expect(status()?.completedIndexes).toBe('0,2');
    await plane.pass(11);
    await finish(byIndex(1), 0);
    expect(status()).toMatchObject({ completedIndexes: '0-2', succeeded: 3, failed: 1 });
    expect(conditions()).toHaveLength(2);
  });

  it('ends early when its successPolicy is met', async () => {
    await start({ ...indexed, successPolicy: { rules: [{ succeededIndexes: '0', succeededCount: 1 }] } });
    await finish(byIndex(0), 0);
    expect(conditions()).toContain('SuccessCriteriaMet SuccessPolicy: Matched rules at index 0');
    expect(conditions().at(-1)).toBe('Complete SuccessPolicy: Matched rules at index 0');
    expect(active()).toEqual([]);
  });

  it('counts failures by index with backoffLimitPerIndex', async () => {
    await start({ ...indexed, completions: 2, backoffLimitPerIndex: 1 });
    await finish(byIndex(0), 0);
    await finish(byIndex(1), 1);
    await plane.pass(11);
    expect(byIndex(1)?.metadata.annotations).toMatchObject({ 'batch.kubernetes.io/job-index-failure-count': '1' });
    await finish(byIndex(1), 1);
    expect(status()).toMatchObject({ completedIndexes: '0', failedIndexes: '1', succeeded: 1, failed: 2 });
    expect(conditions().at(-1)).toBe('Failed FailedIndexes: Job has failed indexes');
  });
});
