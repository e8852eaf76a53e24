import { markdownLine, visible } from '../kernel/visible.ts';
import { loadScenario, scenarioIds } from '../scenario/load.ts';
import { type Pack, type Scenario, tiersOf } from '../scenario/types.ts';

/** A page for each scenario of a pack and one that lists them, as Markdown by file name. Solutions stay out. */
export function packDocs(pack: Pack): Map<string, string> {
  const scenarios = scenarioIds(pack).map((id) => loadScenario(pack, id));
  return new Map([['README.md', overview(pack, scenarios)], ...scenarios.map((s) => [`${s.id}.md`, page(s)] as const)]);
}

function overview(pack: Pack, scenarios: readonly Scenario[]): string {
  const rows = scenarios.map(
    (s) =>
      `| [${markdownLine(s.title)}](${s.id}.md) | ${s.difficulty} | ${s.minutes} min | ${s.competencies.join(', ')} |`,
  );
  return lines([
    `# ${markdownLine(pack.title)}`,
    '',
    `Version ${markdownLine(pack.version)}, ${scenarios.length} ${scenarios.length === 1 ? 'scenario' : 'scenarios'}.`,
    '',
    '| scenario | difficulty | time | competencies |',
    '|---|---|---|---|',
    ...rows,
  ]);
}

function page(s: Scenario): string {
  const tiers = tiersOf(s);
  const prices = tiers.map((hint) => hint.price).join(', ');
  const observed = s.hints.length - tiers.length;
  return lines([
    `# ${markdownLine(s.title)}`,
    '',
    `- Start: \`kubedrill start ${s.id}\``,
    `- ${s.difficulty}, ${s.minutes} minutes`,
    `- Competencies: ${s.competencies.join(', ')}`,
    `- Cluster: ${[`${s.cluster.nodes} ${s.cluster.nodes === 1 ? 'node' : 'nodes'}`, ...s.cluster.addons].join(', ')}`,
    `- Hints: ${tiers.length === 0 ? 'none' : `${tiers.length}, for ${prices} points`}${observed > 0 ? `; ${observed} on what is there` : ''}`,
    '',
    '## Task',
    '',
    visible(s.task).trim(),
    '',
    '## Checks',
    '',
    '| check | points | how | |',
    '|---|---|---|---|',
    ...s.checks.map(
      (c) => `| ${markdownLine(c.title)} | ${c.weight} | ${c.type} | ${c.guard ? 'holds from the start' : ''} |`,
    ),
    '',
    '## Proved',
    '',
    `Untouched it scores 0; ${s.solutions.length} ${s.solutions.length === 1 ? 'solution scores' : 'solutions score'} 100. Known mistakes that are caught:`,
    '',
    ...(s.mistakes.length === 0
      ? ['- none']
      : s.mistakes.map((m) => `- ${markdownLine(m.title)}: ${m.fails.join(', ')}`)),
  ]);
}

function lines(all: string[]): string {
  return `${all.join('\n')}\n`;
}
