import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Harness } from '../../../scripts/conformance/controllers/harness.ts';
import { readScenarios } from '../../../scripts/conformance/controllers/recording.ts';

const scenarios = readScenarios();

/** What a moment or chance decides, by scenario: which of equal Pods goes, what a race was at when it was read. */
const accepted: Record<string, RegExp> = {
  // Read between the event and the condition.
  'no-nodes': /^pod created: Pod p\.(metadata.managedFields|status.conditions)/,
  // Read between the new revision and the first Pod that goes.
  statefulset: /^updated in reverse order: (StatefulSet db\.status|event (Scheduled|SuccessfulDelete) of db)/,
  // Read while the eviction was under way.
  scheduling: /^NoExecute evicts: /,
  // Whether the claim was there before its volume was Available: then it waits for the next look in 15 s.
  volumes: /^pre-bound: event (ProvisioningFailed of del|WaitForPodScheduled of waiting) /,
};

describe('what the controllers and the scheduler of a real v1.35 did', () => {
  let harness: Harness;

  beforeAll(async () => {
    harness = await Harness.start();
  });
  afterAll(() => harness?.stop());

  // One cluster, in the order of the file: later scenarios need the nodes of earlier ones.
  it.each(scenarios.map((scenario) => [scenario.scenario, scenario] as const))('%s', async (name, scenario) => {
    const differences = (await harness.play(scenario)).flatMap((seen) =>
      seen.differences.map((text) => `${seen.name}: ${text}`),
    );
    expect(differences.filter((text) => !accepted[name]?.test(text))).toEqual([]);
  });
});
