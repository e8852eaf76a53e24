/** Replays what a real kube-controller-manager and kube-scheduler did; needs the recordings beside the project. */
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Replay, readScenarios } from './replay.ts';

const file = new URL('../../../shared/truth/controllers.jsonl', import.meta.url).pathname;

/** Of kinds that this cluster does not have yet, and what taints do to Pods that run already. */
const unsupported = [
  'replicationcontroller',
  'pvc-unbound',
  'PersistentVolumeClaim',
  'one tainted, one cordoned: no event',
  'NoExecute evicts',
  'Pod nodename.metadata.labels',
  // Which of two equal Pods is preempted is chance.
  'Pod low-',
  'Pod | low-',
];

describe.skipIf(!existsSync(file))('recorded controllers', () => {
  const scenarios = existsSync(file) ? readScenarios(file) : new Map();
  let replay: Replay;
  beforeAll(async () => {
    replay = await Replay.start();
  });
  afterAll(() => replay.stop());

  it.each([
    ['deployment'],
    ['deployment-stuck'],
    ['deployment-recreate'],
    ['create-failures-psa'],
    ['replicaset'],
    ['daemonset'],
    ['job'],
    ['job-indexed'],
    ['job-fail'],
    ['job-deadline'],
    ['job-ttl'],
    ['cronjob'],
    ['endpoints'],
    ['scheduling'],
    ['preemption'],
    ['garbage-collection'],
  ])(
    '%s',
    async (name) => {
      const recorded = scenarios.get(name);
      if (!recorded) throw new Error(`no scenario ${name}`);
      const results = await replay.play(recorded, name === 'cronjob' ? 61 : 0);
      const problems = results.flatMap((r) => [
        ...r.differences.map(
          (d) => `${r.label}: ${d.what}: expected ${JSON.stringify(d.expected)}, is ${JSON.stringify(d.actual)}`,
        ),
        ...r.missingEvents.map((e) => `${r.label}: no event ${e}`),
      ]);
      expect(problems.filter((p) => !unsupported.some((u) => p.includes(u)))).toEqual([]);
    },
    60_000,
  );
});
