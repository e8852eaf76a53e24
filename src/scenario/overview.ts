import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { replaceFile } from '../kernel/files.ts';
import { examsOf, type Pack, type Scenario } from './types.ts';

/** What a list of scenarios shows of one. */
export interface ScenarioEntry extends Pick<Scenario, 'id' | 'title' | 'competencies' | 'difficulty' | 'minutes'> {
  pack: Pick<Pack, 'id' | 'title' | 'renamed'>;
  exams: string[];
}

/** The entries of packs, by the fingerprint of the pack that they were read from. */
export type Overview = Record<string, ScenarioEntry[]>;

export interface OverviewOptions {
  /** The folders of packs, in the order of the list; of packs of one id the first is shown. */
  packs: readonly string[];
  /** An `Overview` of the built-in packs, made with the build; need not exist. */
  shipped: string;
  /** Where the entries of other packs are kept. */
  cache: string;
  /** What is kept by another build does not count. */
  build: string;
  /** Reads all scenarios of a pack that can be read. */
  load(folder: string): Promise<readonly Scenario[]>;
}

/** A scenario as a list shows it. */
export function entryOf(scenario: Scenario): ScenarioEntry {
  const { id, title, competencies, difficulty, minutes } = scenario;
  const pack = { id: scenario.pack.id, title: scenario.pack.title, renamed: scenario.pack.renamed };
  return { id, title, pack, exams: examsOf(scenario), competencies, difficulty, minutes };
}

/**
 * The scenarios of packs as a list shows them. Reading a pack takes longer than a first screen may: entries are read only
 * where a description of the pack or of a scenario is another than when they were shipped or kept.
 */
export async function overview({ packs, shipped, cache, build, load }: OverviewOptions): Promise<ScenarioEntry[]> {
  const kept = read<{ build: string; packs: Overview }>(cache);
  const known: Overview = { ...(kept?.build === build ? kept.packs : {}), ...read<Overview>(shipped) };
  const ids = packs.map((folder) => basename(folder));
  const shown: Overview = {};
  for (const folder of packs.filter((_, index) => ids.indexOf(ids[index] ?? '') === index)) {
    const fingerprint = fingerprintOf(folder);
    shown[fingerprint] = known[fingerprint] ?? (await load(folder)).map(entryOf);
  }
  if (Object.keys(shown).some((fingerprint) => !known[fingerprint])) {
    // Without a place to keep them they are read again next time.
    await replaceFile(cache, JSON.stringify({ build, packs: shown })).catch(() => undefined);
  }
  return Object.values(shown).flat();
}

/** Of the descriptions of a pack and of its scenarios, wherever its folder lies. */
export function fingerprintOf(pack: string): string {
  const hash = createHash('sha256');
  const names = readdirSync(pack).sort();
  for (const file of ['pack.yaml', ...names.map((name) => join(name, 'scenario.yaml'))]) {
    const path = join(pack, file);
    if (existsSync(path)) hash.update(`${file}\n`).update(readFileSync(path));
  }
  return `${basename(pack)} ${hash.digest('hex')}`;
}

function read<T>(file: string): T | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
