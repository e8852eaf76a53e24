import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Harness } from './harness.ts';
import { readScenarios, recordingFile, type Scenario } from './recording.ts';

/** Scenarios of kinds and controllers that are there, in the order of the file. */
const played = [
  'namespace-new',
  'cronjob',
  'deployment',
  'deployment-stuck',
  'deployment-recreate',
  'replicaset',
  'daemonset',
  'job',
  'job-indexed',
  'job-fail',
  'job-deadline',
  'job-ttl',
  'endpoints',
  'garbage-collection',
  'namespace-delete',
  'serviceaccount-token',
  'clusterrole-aggregation',
];

/** What this cluster does not have yet, and what a moment decides. */
const accepted: Record<string, RegExp> = {
  replicaset: /ReplicationController|event SuccessfulDelete of rc /,
  daemonset: /f:numberMisscheduled/,
};

describe.skipIf(!existsSync(recordingFile))('what the controllers of a real v1.35 did', () => {
  let harness: Harness;
  const scenarios = new Map<string, Scenario>();

  beforeAll(async () => {
    for (const scenario of readScenarios()) scenarios.set(scenario.scenario, scenario);
    harness = await Harness.start();
    const nodes = scenarios.get('nodes');
    if (nodes) await harness.nodes(nodes);
  });
  afterAll(() => harness?.stop());

  it.each(played)('%s', async (name) => {
    const scenario = scenarios.get(name);
    if (!scenario) throw new Error(`no scenario ${name}`);
    // The recorder read it more than a minute later.
    const options = { anyNode: true, ...(name === 'cronjob' && { longSleep: 65 }) };
    const differences = await harness.play(scenario, options);
    expect(differences.filter((text) => !accepted[name]?.test(text))).toEqual([]);
  });
});
