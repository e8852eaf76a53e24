import type { Job } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { jobs } from '../../../kube/resources.ts';
import type { Component } from '../../api.ts';
import { WorkQueue } from '../../client/work-queue.ts';
import { isNotFound } from '../failures.ts';
import { controllerClient } from '../identity.ts';
import { keyOf, splitKey } from '../ownership.ts';
import { conditionTrue } from './job-status.ts';

/** Deletes finished Jobs when their ttlSecondsAfterFinished are over. */
export const ttlAfterFinished: Component = {
  name: 'ttl-after-finished',
  start(context) {
    const client = controllerClient(context, 'ttl-after-finished-controller');
    const all = context.informers.of(jobs);

    async function sync(key: string): Promise<{ after: number } | undefined> {
      const job = all.get(...splitKey(key));
      const end = job && !job.metadata.deletionTimestamp ? expiry(job) : undefined;
      if (!job || end === undefined) return undefined;
      const left = end - context.clock.now();
      if (left > 0) return { after: left };
      const { namespace, name, uid } = job.metadata;
      try {
        await client.delete(jobs, namespace, name, { propagationPolicy: 'Foreground', preconditions: { uid } });
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
      return undefined;
    }

    const queue = new WorkQueue({ clock: context.clock, signal: context.signal, report: context.report, sync });
    const enqueue = (job: Stored<Job>) => {
      if (expiry(job) !== undefined) queue.add(keyOf(job));
    };
    all.on({ add: enqueue, update: enqueue });
  },
};

/** When a finished Job with a TTL has to go (ms since 1970). */
function expiry(job: Stored<Job>): number | undefined {
  const ttl = job.spec?.ttlSecondsAfterFinished;
  const finished = conditionTrue(job.status, 'Complete') ?? conditionTrue(job.status, 'Failed');
  return ttl === undefined || !finished ? undefined : Date.parse(finished.lastTransitionTime ?? '') + ttl * 1000;
}
