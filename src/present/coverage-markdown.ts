import { type ProvedCoverage, type ProvedScenario, provingGrounds } from '../authoring/coverage.ts';
import { markdownLine, visibleLine } from '../kernel/visible.ts';

/** The curricula, their scenarios and what `pack verify` found of each, as a page of the docs. */
export function coverageMarkdown(
  competencies: readonly ProvedCoverage[],
  scenarios: readonly ProvedScenario[],
): string {
  const trained = competencies.filter((c) => c.scenarios.length > 0).length;
  const packs = [...new Map(scenarios.map((s) => [s.pack.id, s.pack])).values()];
  return `${[
    '# Coverage',
    '',
    '<!-- Made by `npm run docs`: edit what it is made from instead. -->',
    '',
    `${trained} of the ${competencies.length} competencies of CKA and CKAD (v1.35) have scenarios. A scenario is verified on a kind of`,
    'cluster when, there, it scores 0 untouched, each of its solutions scores 100, and each known mistake fails exactly the',
    'checks that it names. `pack verify --results` writes down what it found; what was changed since counts as not verified.',
    '',
    ...['cka', 'ckad'].flatMap((exam) => competencyTable(exam, competencies)),
    ...packs.flatMap((pack) =>
      scenarioTable(
        pack,
        scenarios.filter((s) => s.pack.id === pack.id),
      ),
    ),
  ]
    .join('\n')
    .trimEnd()}\n`;
}

function competencyTable(exam: string, competencies: readonly ProvedCoverage[]): string[] {
  return [
    `## ${exam.toUpperCase()}`,
    '',
    `| domain | weight | competency | scenarios | ${provingGrounds.map((p) => `on ${p}`).join(' | ')} |`,
    `|---|---|---|---|${'---|'.repeat(provingGrounds.length)}`,
    ...competencies
      .filter((c) => c.exam === exam)
      .map((c) => {
        const cells = [c.domain, `${c.weight} %`, c.id, c.scenarios.join(', ') || 'none yet'];
        return row([...cells, ...provingGrounds.map((provider) => verifiedText(c, provider))]);
      }),
    '',
  ];
}

/** How many of a competency's scenarios are verified: `all 3`, `2 of 3`. */
export function verifiedText(
  { scenarios, verified }: ProvedCoverage,
  provider: keyof ProvedCoverage['verified'],
): string {
  if (scenarios.length === 0) return '-';
  const count = verified[provider].length;
  return count === scenarios.length ? `all ${count}` : `${count} of ${scenarios.length}`;
}

function scenarioTable(pack: ProvedScenario['pack'], scenarios: readonly ProvedScenario[]): string[] {
  return [
    `## ${markdownLine(pack.title)}`,
    '',
    `Pack \`${visibleLine(pack.id).replaceAll('`', '')}\`. Solutions, mistakes, and mutants of the reference solution are counted as they were proved; seeds draw the`,
    'names. Version and digest are those of the pack, and of what the verdicts depend on.',
    '',
    `| scenario | minutes | ${provingGrounds.map((p) => `on ${p}`).join(' | ')} |`,
    `|---|---|${'---|'.repeat(provingGrounds.length)}`,
    ...scenarios.map((s) => row([s.id, String(s.minutes), ...provingGrounds.map((p) => provedText(s.on[p]))])),
    '',
  ];
}

/** `verified (1.0.0 9c5e0308afb1): 3 solutions, 6 mistakes, 12 mutants, seeds 0-20` */
function provedText({ standing, result }: ProvedScenario['on']['kind']): string {
  if (!result) return 'not yet';
  if (standing === 'changed') return 'changed since';
  if (standing === 'failed') return `fails with seeds ${result.failed}`;
  const { version, digest, solutions, mistakes, mutants, seeds } = result;
  const counted = [`${solutions} solutions`, `${mistakes} mistakes`];
  if (mutants) counted.push(`${mutants} mutants`);
  return `verified (${markdownLine(version)} ${digest.slice(0, 12)}): ${[...counted, `seeds ${seeds}`].join(', ')}`;
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
