import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { replaceFile } from '../kernel/files.ts';
import { examsOf, type Scenario } from './types.ts';

/** What a list of scenarios shows of one. */
export interface ScenarioEntry extends Pick<Scenario, 'id' | 'title' | 'competencies' | 'difficulty' | 'minutes'> {
  pack: { id: string; title: string };
  exams: string[];
}

/** A scenario as a list shows it. */
export function entryOf(scenario: Scenario): ScenarioEntry {
  const { id, title, competencies, difficulty, minutes } = scenario;
  const pack = { id: scenario.pack.id, title: scenario.pack.title };
  return { id, title, pack, exams: examsOf(scenario), competencies, difficulty, minutes };
}

/**
 * The scenarios of the packs in these folders, as `load` reads them. Reading them all takes longer than a first screen may:
 * the entries are kept in `cacheFile`, and hold as long as no description of a pack or scenario has changed.
 */
export async function overview(
  packs: readonly string[],
  cacheFile: string,
  load: () => Promise<readonly Scenario[]>,
): Promise<ScenarioEntry[]> {
  const made = fingerprint(packs);
  const kept = readKept(cacheFile);
  if (kept?.made === made) return kept.entries;
  const entries = (await load()).map(entryOf);
  // Without a place to keep them they are read again next time.
  await replaceFile(cacheFile, JSON.stringify({ made, entries })).catch(() => undefined);
  return entries;
}

/** Names, sizes and times of the descriptions of packs and scenarios. */
function fingerprint(packs: readonly string[]): string {
  return packs
    .flatMap((pack) => [
      join(pack, 'pack.yaml'),
      ...readdirSync(pack)
        .sort()
        .map((name) => join(pack, name, 'scenario.yaml')),
    ])
    .filter((path) => existsSync(path))
    .map((path) => {
      const { size, mtimeMs } = statSync(path);
      return `${path} ${size} ${mtimeMs}`;
    })
    .join('\n');
}

function readKept(file: string): { made: string; entries: ScenarioEntry[] } | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
