import { systemClock } from '../kernel/clock.ts';
import { EnvironmentError } from '../kernel/errors.ts';
import type { Paths } from '../kernel/paths.ts';
import type { Catalog } from '../scenario/catalog.ts';
import type { ScenarioEntry } from '../scenario/overview.ts';
import { type Progress, type RenamedKeys, readProgress, renamedKeys } from '../session/progress.ts';
import type { LabsAccess } from './access.ts';

export interface ProgressSources {
  version: string;
  paths: Paths;
  scenarios: readonly ScenarioEntry[];
  catalog(): Promise<Catalog>;
}

/** How the app reads what was achieved, what is to be repeated, and how an attempt went. */
export function progressAccess({
  version,
  paths,
  scenarios,
  catalog,
}: ProgressSources): Pick<LabsAccess, 'progress' | 'due' | 'freshSeed' | 'report'> {
  return {
    progress: () => progressOf(paths, renamedKeys(scenarios.map((entry) => entry.pack))),
    async due() {
      // Loaded late: the first frame does not wait for what schedules.
      const { readReviews } = await import('../session/review.ts');
      return (await readReviews(paths.state, scenarios, systemClock.now())).filter(({ isDue }) => isDue);
    },
    async freshSeed(scenario, used) {
      const { freshSeed } = await import('../session/review.ts');
      const found = await catalog();
      return freshSeed(used, (seed) => found.scenario(scenario, { seed }).variables);
    },
    async report(id) {
      const { readReport } = await import('../session/read-report.ts');
      const { reportMarkdown } = await import('../present/report-markdown.ts');
      return reportMarkdown(await readReport({ paths, catalog: await catalog(), version, id }));
    },
  };
}

async function progressOf({ state }: Paths, renamed: RenamedKeys): Promise<Progress> {
  try {
    return await readProgress(state, renamed);
  } catch (cause) {
    throw new EnvironmentError(
      { what: 'what was solved so far cannot be read', why: (cause as Error).message, next: 'kubedrill doctor' },
      { cause },
    );
  }
}
