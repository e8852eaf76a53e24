import { join } from 'node:path';
import { replaceFileSync } from '../kernel/files.ts';
import { proofDigest, type Result, type Results, readResults } from '../scenario/results.ts';
import { defaultSeed, readSeeds, writeSeeds } from '../scenario/seed-list.ts';
import type { Pack } from '../scenario/types.ts';
import type { ScenarioReport, VerifyReport } from './verify.ts';

/**
 * Adds what was found on the clusters of some providers to the results in a file, which is created if it is not there.
 * What was found before of the same scenario stays as long as the scenario is the same.
 */
export function recordResults(file: string, packs: readonly Pack[], found: Record<string, VerifyReport>): void {
  const results = readResults(file);
  for (const [provider, report] of Object.entries(found)) {
    for (const scenario of report.scenarios) {
      const pack = packs.find((p) => p.id === scenario.pack);
      if (pack) record(results, provider, pack, scenario);
    }
  }
  const scenarios = Object.fromEntries(Object.entries(results.scenarios).sort(([a], [b]) => (a < b ? -1 : 1)));
  replaceFileSync(file, `${JSON.stringify({ ...results, scenarios }, null, 2)}\n`, 0o644);
}

function record(results: Results, provider: string, pack: Pack, report: ScenarioReport): void {
  const name = `${pack.id}/${report.id}`;
  results.scenarios[name] ??= {};
  const known = results.scenarios[name];
  const digest = proofDigest(join(pack.folder, report.id));
  const before = known[provider]?.digest === digest ? known[provider] : undefined;
  const tried = report.seeds ?? [defaultSeed];
  const seeds = new Set(seedsOf(before?.seeds));
  const failed = new Set(seedsOf(before?.failed));
  for (const seed of tried) {
    (report.ok ? seeds : failed).add(seed);
    (report.ok ? failed : seeds).delete(seed);
  }
  const mutants = report.mutants?.length ?? before?.mutants;
  const reference = report.reference ?? before?.reference;
  const result: Result = {
    version: pack.version,
    digest,
    solutions: report.solutions.length,
    mistakes: report.mistakes.length,
    ...(reference && { reference }),
    ...(mutants === undefined ? {} : { mutants }),
    seeds: writeSeeds(seeds),
    failed: writeSeeds(failed),
  };
  known[provider] = result;
}

function seedsOf(text = ''): number[] {
  return readSeeds(text, Number.POSITIVE_INFINITY) ?? [];
}
