import { expect, it } from 'vitest';
import { parseWorkload, podsOf } from '../../src/checks/workloads/workload.ts';
import { fakeView } from '../helpers/fake-view.ts';

const owned = (kind: string, name: string) =>
  `ownerReferences: [{ apiVersion: batch/v1, kind: ${kind}, name: ${name}, uid: uid-${kind}-${name}, controller: true }]`;
const run = (name: string, time: string) => `---
apiVersion: batch/v1
kind: Job
metadata: { name: ${name}, namespace: here, creationTimestamp: "2026-01-01T${time}Z", ${owned('CronJob', 'sweeper')} }
---
apiVersion: v1
kind: Pod
metadata: { name: ${name}-pod, namespace: here, ${owned('Job', name)} }
`;
const cron = `
apiVersion: batch/v1
kind: CronJob
metadata: { name: sweeper, namespace: here }
`;

/** Names of the Pods of the CronJob, its Jobs listed as they were seen. */
function podsAfter(...runs: string[]): string[] {
  const view = fakeView({ objects: cron + runs.join('') });
  return podsOf(view, parseWorkload('cronjob/sweeper', 'here')).map((pod) => pod.metadata.name);
}

it('has the Pods of the last Job of a CronJob; of Jobs of the same second those of the one seen last', () => {
  const [early, late] = [run('early', '10:00:00'), run('late', '11:00:00')];
  expect(podsAfter(late, early)).toEqual(['late-pod']);
  expect(podsAfter(early, late)).toEqual(['late-pod']);
  expect(podsAfter(run('zeta', '10:00:00'), run('alpha', '10:00:00'))).toEqual(['alpha-pod']);
  expect(podsAfter(run('alpha', '10:00:00'), run('zeta', '10:00:00'))).toEqual(['zeta-pod']);
});
