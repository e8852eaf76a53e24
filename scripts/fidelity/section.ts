import { readFile, writeFile } from 'node:fs/promises';
import type { Comparison } from './compare.ts';
import type { LearnerScript } from './script.ts';

const begin = '<!-- learner scripts: written by npm run fidelity -->';
const end = '<!-- end of learner scripts -->';

/** Share of lines that differ, in per cent. */
export function rateOf(comparisons: readonly Comparison[]): number {
  const differing = comparisons.filter((c) => c.difference !== undefined).length;
  return (100 * differing) / Math.max(comparisons.length, 1);
}

/** Puts the results into their section of a Markdown file; the rest of it stays. */
export async function writeSection(
  file: string,
  scripts: readonly LearnerScript[],
  comparisons: readonly Comparison[],
): Promise<void> {
  const text = await readFile(file, 'utf8');
  const [before, rest] = text.split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) throw new Error(`${file} has no section "${begin}" ... "${end}"`);
  await writeFile(file, `${before}${begin}\n${sectionOf(scripts, comparisons)}${end}${after}`);
}

function sectionOf(scripts: readonly LearnerScript[], comparisons: readonly Comparison[]): string {
  const differing = comparisons.filter((c) => c.difference !== undefined);
  const counts = scripts.map(({ topic, about, steps }) => {
    const differ = differing.filter((c) => c.script === topic).length;
    return `| ${topic} | ${about ?? ''} | ${steps.length} | ${differ} |`;
  });
  const lines = [
    `${differing.length} of ${comparisons.length} commands differ (${rateOf(comparisons).toFixed(1)} %).`,
    '',
    '| script | what is done | commands | differ |',
    '|---|---|---|---|',
    ...counts,
  ];
  if (differing.length > 0) {
    const reasons = differing.map(
      ({ script, step }) =>
        `| ${script} | \`${step.run.replaceAll('|', '\\|')}\` | ${step.differs ?? 'not explained'} |`,
    );
    lines.push('', '| script | command | why it differs |', '|---|---|---|', ...reasons);
  }
  return `${lines.join('\n')}\n`;
}
