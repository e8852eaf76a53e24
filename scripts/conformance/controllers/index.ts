import { Harness, type Observation } from './harness.ts';
import { readScenarios } from './recording.ts';

export interface ScenarioReport {
  scenario: string;
  observations: Observation[];
}

/**
 * Replays what the controllers of a real cluster did, on one embedded cluster, in the recorded order, as later scenarios
 * need the nodes of earlier ones. Those that `only` does not match are left out, but for the nodes.
 */
export async function replayControllers(options: {
  only?: RegExp;
  report?(report: ScenarioReport): void;
}): Promise<ScenarioReport[]> {
  const harness = await Harness.start();
  const reports: ScenarioReport[] = [];
  try {
    for (const scenario of readScenarios()) {
      const wanted = options.only?.test(scenario.scenario) ?? true;
      if (!wanted && !['no-nodes', 'nodes'].includes(scenario.scenario)) continue;
      const report = { scenario: scenario.scenario, observations: await harness.play(scenario) };
      if (!wanted) continue;
      reports.push(report);
      options.report?.(report);
    }
  } finally {
    await harness.stop();
  }
  return reports;
}
