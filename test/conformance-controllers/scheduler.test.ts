import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Harness } from './harness.ts';
import { readScenarios, recordingFile, type Scenario } from './recording.ts';

const played = ['create-failures-psa', 'scheduling', 'preemption'];

/** What a moment or chance decides (retries, which of equal Pods goes), and volumes. */
const accepted: Record<string, RegExp> = {
  'create-failures-psa': /is forbidden: violates PodSecurity/,
  scheduling: /^(one tainted, one cordoned|NoExecute evicts): |ProvisioningFailed|Pod nodename\.metadata\.labels/,
  preemption: /low-[01]|FailedScheduling of never/,
};

describe.skipIf(!existsSync(recordingFile))('what the scheduler of a real v1.35 did', () => {
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
    const differences = await harness.play(scenario, { anyNode: true });
    expect(differences.filter((text) => !accepted[name]?.test(text))).toEqual([]);
  });
});
