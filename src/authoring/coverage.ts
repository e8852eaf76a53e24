import { join } from 'node:path';
import type { Catalog } from '../scenario/catalog.ts';
import { type Coverage, coverageOf } from '../scenario/coverage.ts';
import type { ScenarioEntry } from '../scenario/overview.ts';
import { proofDigest, type Result, readResults, type Standing, standingOf } from '../scenario/results.ts';

/** Where scenarios are proved: what the curriculum's coverage speaks of. */
export const provingGrounds = ['embedded', 'kind'] as const;

/** A scenario and where it stands on each of them. */
export interface ProvedScenario extends ScenarioEntry {
  on: Record<(typeof provingGrounds)[number], { standing: Standing; result: Result | undefined }>;
}

/** A competency, and those of its scenarios that are verified as they are now. */
export interface ProvedCoverage extends Coverage {
  verified: Record<(typeof provingGrounds)[number], string[]>;
}

/** The built-in scenarios as `pack verify` left them, and what they cover of the curricula. */
export function provedCoverage(
  catalog: Pick<Catalog, 'packFolder' | 'resultsFile'>,
  entries: readonly ScenarioEntry[],
): { competencies: ProvedCoverage[]; scenarios: ProvedScenario[] } {
  const results = readResults(catalog.resultsFile);
  const scenarios = entries.map((entry): ProvedScenario => {
    const digest = proofDigest(join(catalog.packFolder(entry.pack.id), entry.id));
    const of = (provider: string) => {
      const result = results.scenarios[`${entry.pack.id}/${entry.id}`]?.[provider];
      return { standing: standingOf(result, digest), result };
    };
    return { ...entry, on: { embedded: of('embedded'), kind: of('kind') } };
  });
  const verified = (provider: keyof ProvedScenario['on'], ids: readonly string[]) =>
    ids.filter((id) => scenarios.some((s) => s.id === id && s.on[provider].standing === 'verified'));
  const competencies = coverageOf(entries).map((competency) => ({
    ...competency,
    verified: { embedded: verified('embedded', competency.scenarios), kind: verified('kind', competency.scenarios) },
  }));
  return { competencies, scenarios };
}
