import { describe, expect, it } from 'vitest';
import type { CronJob, DaemonSet, Deployment, Job, PodTemplateSpec } from '../../../src/kube/api.gen.ts';
import { cronJobs, daemonSets, deployments, jobs } from '../../../src/kube/resources.ts';
import { api, causes } from './api.ts';

const selector = { matchLabels: { app: 'a' } };
const template = (change: Partial<PodTemplateSpec['spec']> = {}): PodTemplateSpec => ({
  metadata: { labels: { app: 'a' } },
  spec: { containers: [{ name: 'c', image: 'nginx' }], ...change },
});
const metadata = { name: 'w', namespace: 'lab' };
const deployment = (spec: Partial<Deployment['spec']> = {}): Deployment => ({
  metadata,
  spec: { selector, template: template(), ...spec },
});
const job = (spec: Partial<Job['spec']> = {}): Job => ({
  metadata,
  spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'busybox' }] } }, ...spec },
});
const cronJob = (spec: Partial<CronJob['spec']> = {}): CronJob => ({
  metadata,
  spec: { schedule: '*/5 * * * *', jobTemplate: { spec: job().spec }, ...spec },
});

describe('Deployments', () => {
  it('have the defaults of apps/v1', async () => {
    const { client } = await api();
    const { spec, status } = await client.create(deployments, deployment());
    expect(spec).toMatchObject({
      progressDeadlineSeconds: 600,
      replicas: 1,
      revisionHistoryLimit: 10,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
    });
    expect(status).toEqual({});
  });

  it('must select their own Pods, and never change the selector', async () => {
    const { client } = await api();
    const other = { matchLabels: { app: 'b' } };
    const mismatch =
      'spec.template.metadata.labels: Invalid value: {"app":"a"}: `selector` does not match template `labels`';
    expect(await causes(client.create(deployments, deployment({ selector: other })))).toEqual([mismatch]);
    await client.create(deployments, deployment());
    const change = { spec: { selector: other } };
    expect(await causes(client.patch(deployments, 'lab', 'w', 'merge', change))).toEqual([
      mismatch,
      'spec.selector: Invalid value: {"matchLabels":{"app":"b"}}: field is immutable',
    ]);
  });

  it.each([
    [{ replicas: -1 }, 'spec.replicas: Invalid value: -1: must be greater than or equal to 0'],
    [
      { template: template({ restartPolicy: 'Never' }) },
      'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
    ],
    [
      { strategy: { type: 'x' } },
      'spec.strategy: Unsupported value: {"Type":"x","RollingUpdate":null}: supported values: "Recreate", "RollingUpdate"',
    ],
    [
      { strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } } },
      'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0',
    ],
    [
      { minReadySeconds: 10, progressDeadlineSeconds: 5 },
      'spec.progressDeadlineSeconds: Invalid value: 5: must be greater than minReadySeconds',
    ],
  ] as [Deployment['spec'], string][])('refuse %j', async (spec, cause) => {
    const { client } = await api();
    expect(await causes(client.create(deployments, deployment(spec)))).toEqual([cause]);
  });

  it('count the generation of the spec only', async () => {
    const { client } = await api();
    await client.create(deployments, deployment());
    const patch = (change: object, subresource?: string) =>
      client.patch(deployments, 'lab', 'w', 'merge', change, { subresource });
    expect((await patch({ metadata: { labels: { x: 'y' } } })).metadata.generation).toBe(1);
    expect((await patch({ status: { replicas: 1 } }, 'status')).metadata.generation).toBe(1);
    expect((await patch({ spec: { replicas: 2 } })).metadata).toMatchObject({ generation: 2, labels: { x: 'y' } });
  });
});

describe('DaemonSets', () => {
  it('keep the generation of their template in an annotation', async () => {
    const { client } = await api();
    const set: DaemonSet = { metadata, spec: { selector, template: template() } };
    const generation = (s: DaemonSet) => s.metadata?.annotations?.['deprecated.daemonset.template.generation'];
    expect(generation(await client.create(daemonSets, set))).toBe('1');
    const image = { spec: { template: { spec: { containers: [{ name: 'c', image: 'nginx:2' }] } } } };
    const changed = await client.patch(daemonSets, 'lab', 'w', 'strategic', image);
    expect([generation(changed), changed.metadata.generation]).toEqual(['2', 2]);
    const minReady = await client.patch(daemonSets, 'lab', 'w', 'merge', { spec: { minReadySeconds: 5 } });
    expect([generation(minReady), minReady.metadata.generation]).toEqual(['2', 3]);
  });
});

describe('Jobs', () => {
  it('select their Pods by their own uid', async () => {
    const { client } = await api();
    const made = await client.create(jobs, job());
    const { uid } = made.metadata;
    const labels = {
      'batch.kubernetes.io/controller-uid': uid,
      'batch.kubernetes.io/job-name': 'w',
      'controller-uid': uid,
      'job-name': 'w',
    };
    expect(made.spec?.selector).toEqual({ matchLabels: { 'batch.kubernetes.io/controller-uid': uid } });
    expect(made.spec?.template.metadata?.labels).toEqual(labels);
    expect(made.metadata.labels).toEqual(labels);
    expect(made.spec).toMatchObject({ backoffLimit: 6, completions: 1, parallelism: 1, completionMode: 'NonIndexed' });
  });

  it('may change parallelism and suspension, not the template or completions', async () => {
    const { client } = await api();
    await client.create(jobs, job());
    const patch = (spec: object) => client.patch(jobs, 'lab', 'w', 'strategic', { spec });
    expect((await patch({ parallelism: 3, suspend: true })).spec).toMatchObject({ parallelism: 3, suspend: true });
    expect(await causes(patch({ completions: 5 }))).toEqual(['spec.completions: Invalid value: 5: field is immutable']);
    // Suspended and never started: where it may run can still be said.
    await patch({ template: { spec: { nodeSelector: { disk: 'ssd' } } } });
    const [cause] = await causes(patch({ template: { spec: { containers: [{ name: 'c', image: 'x' }] } } }));
    expect(cause).toMatch(
      /^spec\.template: Invalid value: \{"labels":\{.*"Spec":\{"Volumes":null.*field is immutable$/,
    );
  });

  it('want a restart policy that ends', async () => {
    const { client } = await api();
    const bad = job({ template: { spec: { containers: [{ name: 'c', image: 'x' }] } } });
    expect(await causes(client.create(jobs, bad))).toEqual([
      'spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"',
    ]);
  });
});

describe('CronJobs', () => {
  it.each([
    ['every day', 'expected exactly 5 fields, found 2: [every day]'],
    ['60 * * * *', 'end of range (60) above maximum (59): 60'],
    ['5-1 * * * *', 'beginning of range (5) beyond end of range (1): 5-1'],
    ['*/0 * * * *', 'step of range should be a positive number: */0'],
    ['* * * foo *', 'failed to parse int from foo: strconv.Atoi: parsing "foo": invalid syntax'],
    ['@sometimes', 'unrecognized descriptor: @sometimes'],
    ['TZ=UTC 0 * * * *', 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead'],
  ])('refuse the schedule %s', async (schedule, why) => {
    const { client } = await api();
    expect(await causes(client.create(cronJobs, cronJob({ schedule })))).toEqual([
      `spec.schedule: Invalid value: "${schedule}": ${why}`,
    ]);
  });

  it.each(['@hourly', '@every 90s', '0 9-17/2 * jan,JUL mon-fri', '*/5 0 1 * ?'])('accept %s', async (schedule) => {
    const { client } = await api();
    expect((await client.create(cronJobs, cronJob({ schedule, timeZone: 'Europe/Berlin' }))).spec).toMatchObject({
      concurrencyPolicy: 'Allow',
      failedJobsHistoryLimit: 1,
      successfulJobsHistoryLimit: 3,
      suspend: false,
    });
  });
});
