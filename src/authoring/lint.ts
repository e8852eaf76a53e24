import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { UserError } from '../kernel/errors.ts';
import { didYouMean } from '../kernel/nearest.ts';
import { whyNotDrawn } from '../scenario/exams.ts';
import { loadPack, loadScenario, scenarioIds } from '../scenario/load.ts';
import type { Pack, Scenario } from '../scenario/types.ts';
import { InvalidFile } from '../scenario/yaml-text.ts';
import { lintScenario } from './lint-rules.ts';
import { secretsIn } from './lint-text.ts';
import type { Finding, LintOptions } from './lint-types.ts';

/** Looks through a pack without running anything. Findings in the order of files and lines. */
export function lintPack(folder: string, options: LintOptions): Finding[] {
  const { pack, scenarios, findings } = loadAll(folder, options.scenario);
  if (!existsSync(join(folder, 'pack.yaml'))) return findings;
  findings.push(...unknownInOrder(pack));
  for (const scenario of scenarios) findings.push(...lintScenario(scenario, options));
  // With some of them only, or damaged ones, nothing can be said.
  if (scenarios.length === scenarioIds(pack).length) findings.push(...undrawable(pack, scenarios));
  for (const file of filesOf(folder)) {
    for (const { line, column, what } of secretsIn(readFileSync(file, 'utf8'))) {
      const message = `${what}: whoever gets the pack gets it, too`;
      findings.push({ severity: 'error', rule: 'secret', file: relative(folder, file), line, column, message });
    }
  }
  const seen = new Set<string>();
  return findings
    .sort((a, b) => a.file.localeCompare(b.file) || a.line - b.line || a.column - b.column)
    .filter((f) => {
      const key = JSON.stringify(f);
      return seen.has(key) ? false : seen.add(key);
    });
}

/** What keeps a pack from being used at all: what loading it refuses, as `lintPack` tells it. */
export function loadFindings(folder: string): Finding[] {
  return loadAll(folder).findings;
}

/** Loads what can be loaded of a pack (`only`: of its scenarios, this one); what can't is among the findings. */
function loadAll(folder: string, only?: string): { pack: Pack; scenarios: Scenario[]; findings: Finding[] } {
  const findings: Finding[] = [];
  const attempt = <T>(load: () => T): T | undefined => {
    try {
      return load();
    } catch (error) {
      findings.push(...findingsOf(error, folder));
      return undefined;
    }
  };
  // With a damaged pack.yaml the scenarios can still be looked at.
  const pack = attempt(() => loadPack(folder, false)) ?? {
    id: '',
    title: '',
    version: '',
    order: [],
    renamed: {},
    exams: [],
    folder,
    builtIn: false,
  };
  if (!existsSync(join(folder, 'pack.yaml'))) return { pack, scenarios: [], findings };
  const ids = scenarioIds(pack).filter((id) => !only || id === only);
  if (ids.length === 0)
    findings.push(
      at('pack.yaml', 'error', 'empty', only ? `there is no scenario ${only}` : 'the pack has no scenario'),
    );
  const scenarios = ids.flatMap((id) => attempt(() => loadScenario(pack, id)) ?? []);
  return { pack, scenarios, findings };
}

/** Exams that are there twice, or that no seed can draw. */
function undrawable(pack: Pack, scenarios: readonly Scenario[]): Finding[] {
  const ids = pack.exams.map((exam) => exam.id);
  return pack.exams.flatMap((exam, index) => {
    const twice = ids.indexOf(exam.id) !== index ? 'it is there twice' : undefined;
    const wrong = twice ?? whyNotDrawn(exam, scenarios);
    if (!wrong) return [];
    const lines = readFileSync(join(pack.folder, 'pack.yaml'), 'utf8').split('\n');
    const places = lines.flatMap((line, at) => (new RegExp(`\\bid: *["']?${exam.id}\\b`).test(line) ? [at] : []));
    const line = places[twice ? 1 : 0] ?? 0;
    const column = Math.max(0, lines[line]?.indexOf(exam.id) ?? 0) + 1;
    const message = `the exam ${exam.id} cannot be drawn: ${wrong}`;
    return [{ severity: 'error', rule: 'exam', file: 'pack.yaml', line: line + 1, column, message }];
  });
}

/** Names in the pack's order, and new names of renamed scenarios, that no scenario has. */
function unknownInOrder(pack: Pack): Finding[] {
  const ids = scenarioIds(pack);
  const unknown = [...pack.order, ...Object.values(pack.renamed)].filter((id) => !ids.includes(id));
  if (unknown.length === 0) return [];
  const lines = readFileSync(join(pack.folder, 'pack.yaml'), 'utf8').split('\n');
  return unknown.map((id) => {
    const index = lines.findIndex((line) => new RegExp(`(^|[^a-z0-9-])${id}([^a-z0-9-]|$)`).test(line));
    const { why } = didYouMean(id, ids);
    return {
      severity: 'error',
      rule: 'unknown-scenario',
      file: 'pack.yaml',
      line: index + 1,
      column: (lines[index]?.indexOf(id) ?? 0) + 1,
      message: `there is no scenario ${id}${why ? `; ${why}` : ''}`,
    };
  });
}

function at(file: string, severity: Finding['severity'], rule: string, message: string): Finding {
  return { severity, rule, file, line: 1, column: 1, message };
}

/** What loading refused, with its place. */
function findingsOf(error: unknown, folder: string): Finding[] {
  if (error instanceof InvalidFile) {
    const file = relative(folder, error.file);
    return error.problems.map((problem) => ({ severity: 'error', rule: 'schema', file, ...problem }));
  }
  if (!(error instanceof UserError)) throw error;
  const { what, why } = error.text;
  const named = [...what.matchAll(/\S+/g)].map(([word]) => word).find((word) => word.startsWith(folder));
  const file = named ? relative(folder, named) : 'pack.yaml';
  return [
    at(file || 'pack.yaml', 'error', 'missing', [what, why].filter(Boolean).join(': ').replaceAll(`${folder}/`, '')),
  ];
}

/** Text files of a pack; what is large is none. */
function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ya?ml|sh|md|json|txt)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
