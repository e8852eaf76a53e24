import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { garbageCollector } from '../../../src/embedded/controllers/lifecycle/garbage-collector.ts';
import { cronJobController } from '../../../src/embedded/controllers/workloads/cron-job.ts';
import { nextRun, zonedTimestamp } from '../../../src/embedded/controllers/workloads/cron-schedule.ts';
import type { CronJobSpec } from '../../../src/kube/api.gen.ts';
import { parseCron } from '../../../src/kube/cron.ts';
import { cronJobs, jobs } from '../../../src/kube/resources.ts';
import { type Plane, startPlane } from './plane.ts';

describe('the next run of a schedule', () => {
  const runs = (text: string, from: string, count: number, zone?: string): (string | undefined)[] => {
    let at: number | undefined = Date.parse(from);
    return Array.from({ length: count }, () => {
      at = at === undefined ? undefined : nextRun(parseCron(text), at, zone);
      return at === undefined ? undefined : zonedTimestamp(at, zone);
    });
  };

  it.each([
    ['*/15 * * * *', '2026-03-01T10:00:30Z', ['2026-03-01T10:15:00Z', '2026-03-01T10:30:00Z']],
    ['0 0 1 1 *', '2026-03-01T00:00:00Z', ['2027-01-01T00:00:00Z', '2028-01-01T00:00:00Z']],
    ['0 0 29 2 *', '2026-03-01T00:00:00Z', ['2028-02-29T00:00:00Z']],
    ['30 6-16/4 * * 1-5', '2026-02-27T14:30:00Z', ['2026-03-02T06:30:00Z', '2026-03-02T10:30:00Z']],
    ['0 12 13 * 5', '2026-03-01T00:00:00Z', ['2026-03-06T12:00:00Z', '2026-03-13T12:00:00Z']],
    ['@every 90s', '2026-03-01T00:00:00.500Z', ['2026-03-01T00:01:30Z', '2026-03-01T00:03:00Z']],
  ])('%s', (text, from, expected) => {
    expect(runs(text, from, expected.length)).toEqual(expected);
  });

  it('follows the clocks of a time zone, and skips the hour that they skip', () => {
    expect(runs('0 3 * * *', '2026-03-01T10:00:00Z', 1, 'Europe/Berlin')).toEqual(['2026-03-02T03:00:00+01:00']);
    expect(runs('30 2 * * *', '2026-03-28T00:00:00Z', 2, 'Europe/Berlin')).toEqual([
      '2026-03-28T02:30:00+01:00',
      '2026-03-30T02:30:00+02:00',
    ]);
    expect(runs('0 0 * * *', '2026-10-24T12:00:00Z', 2, 'Europe/Berlin')).toEqual([
      '2026-10-25T00:00:00+02:00',
      '2026-10-26T00:00:00+01:00',
    ]);
  });

  it('is never for a day that does not come', () => {
    expect(runs('0 0 31 2 *', '2026-03-01T00:00:00Z', 1)).toEqual([undefined]);
  });
});

describe('a CronJob', () => {
  let plane: Plane;
  beforeEach(async () => {
    plane = await startPlane(cronJobController, garbageCollector);
  });
  afterEach(() => plane.stop());

  const jobTemplate = {
    metadata: { labels: { app: 'a' } },
    spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'x' }] } } },
  };
  const start = async (spec: Partial<CronJobSpec>) => {
    const metadata = { name: 'tick', namespace: 'default' };
    await plane.client.create(cronJobs, { metadata, spec: { schedule: '* * * * *', jobTemplate, ...spec } });
    await plane.settle();
  };
  const made = () =>
    plane.informers
      .of(jobs)
      .list('default')
      .map(({ metadata }) => metadata.name);
  const status = () => plane.informers.of(cronJobs).get('default', 'tick')?.status;
  const minute = (time: string) => Date.parse(time) / 60_000;
  const end = async (name: string, type: 'Complete' | 'Failed') => {
    const job = plane.informers.of(jobs).get('default', name);
    if (!job) throw new Error(`no Job ${name}`);
    const time = `${new Date(plane.clock.now()).toISOString().slice(0, 19)}Z`;
    const condition = { status: 'True', lastProbeTime: time, lastTransitionTime: time, reason: 'x', message: 'x' };
    const interim = type === 'Complete' ? 'SuccessCriteriaMet' : 'FailureTarget';
    const conditions = [
      { ...condition, type: interim },
      { ...condition, type },
    ];
    const done = type === 'Complete' && { completionTime: time, succeeded: 1 };
    const startTime = time;
    await plane.client.updateStatus(jobs, { ...job, status: { startTime, conditions, ...done } });
    await plane.settle();
  };

  it('makes a Job for every start, named by its minute', async () => {
    await start({});
    await plane.pass(31);
    const name = `tick-${minute('2026-03-01T10:01:00Z')}`;
    expect(made()).toEqual([name]);
    const job = plane.informers.of(jobs).get('default', name);
    expect(job?.metadata).toMatchObject({
      labels: { app: 'a' },
      annotations: { 'batch.kubernetes.io/cronjob-scheduled-timestamp': '2026-03-01T10:01:00Z' },
    });
    expect(status()).toMatchObject({ lastScheduleTime: '2026-03-01T10:01:00Z', active: [{ kind: 'Job', name }] });
    await plane.pass(60);
    expect(made()).toHaveLength(2);
  });

  it('keeps as many finished Jobs as its limits allow', async () => {
    await start({ successfulJobsHistoryLimit: 1, failedJobsHistoryLimit: 0 });
    await plane.pass(31);
    await end(made()[0] ?? '', 'Complete');
    expect(status()).toEqual({ lastScheduleTime: '2026-03-01T10:01:00Z', lastSuccessfulTime: '2026-03-01T10:01:01Z' });
    await plane.pass(60);
    await end(made()[1] ?? '', 'Failed');
    expect(made()).toEqual([`tick-${minute('2026-03-01T10:01:00Z')}`]);
    await plane.pass(60);
    await end(made()[1] ?? '', 'Complete');
    expect(made()).toEqual([`tick-${minute('2026-03-01T10:03:00Z')}`]);
  });

  it('Forbid waits for the Job before, Replace ends it', async () => {
    await start({ concurrencyPolicy: 'Forbid' });
    await plane.pass(91);
    expect(made()).toHaveLength(1);
    expect(plane.told()).toContain(
      'JobAlreadyActive: Not starting job because prior execution is running and concurrency policy is Forbid',
    );
    await plane.client.patch(cronJobs, 'default', 'tick', 'merge', { spec: { concurrencyPolicy: 'Replace' } });
    await plane.pass(61);
    expect(made()).toEqual([`tick-${minute('2026-03-01T10:03:00Z')}`]);
    expect(status()?.active).toHaveLength(1);
  });

  it('does not catch up on a schedule that was changed', async () => {
    await start({ schedule: '0 3 * * *' });
    await plane.pass(300);
    await plane.client.patch(cronJobs, 'default', 'tick', 'merge', { spec: { schedule: '* * * * *' } });
    await plane.settle();
    expect(made()).toEqual([]);
    await plane.pass(31);
    expect(made()).toEqual([`tick-${minute('2026-03-01T10:06:00Z')}`]);
  });

  it('starts once for what it missed while it was suspended, unless that is too long ago', async () => {
    await start({ suspend: true });
    await plane.pass(600);
    expect(made()).toEqual([]);
    await plane.client.patch(cronJobs, 'default', 'tick', 'merge', { spec: { suspend: false } });
    await plane.settle();
    expect(made()).toEqual([`tick-${minute('2026-03-01T10:10:00Z')}`]);
  });

  it('uses the clocks of its time zone', async () => {
    await start({ schedule: '1 11 * * *', timeZone: 'Europe/Berlin' });
    await plane.pass(31);
    const job = plane.informers.of(jobs).get('default', made()[0] ?? '');
    expect(job?.metadata.annotations).toEqual({
      'batch.kubernetes.io/cronjob-scheduled-timestamp': '2026-03-01T11:01:00+01:00',
    });
  });
});
