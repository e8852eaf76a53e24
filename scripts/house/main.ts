/**
 * `npm run house [-- --json | --sources]`: what grows beyond what one keeps in mind, with the reasons that are given for it. Exit code 1
 * if something has none. `--sources`: without the imports, which `npm run lint:layers` looks at.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { type Finding, limits, measure } from './measure.ts';

const root = join(import.meta.dirname, '..', '..');

const files = readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name) && !/\.gen\.ts$/.test(entry.name))
  .map((entry) => relative(root, join(entry.parentPath, entry.name)))
  .sort();
const findings = files.flatMap((file) => measure(file, readFileSync(join(root, file), 'utf8')));
const { circles, upward } = process.argv.includes('--sources') ? { circles: 0, upward: 0 } : imports();

if (process.argv.includes('--json')) console.log(JSON.stringify({ findings, circles, upward }, undefined, 2));
else print();
if (findings.some(({ reason }) => !reason) || circles > 0 || upward > 0) process.exitCode = 1;

/** What the rules of .dependency-cruiser.cjs find. */
function imports(): { circles: number; upward: number } {
  const program = join(root, 'node_modules', 'dependency-cruiser', 'bin', 'dependency-cruise.mjs');
  const args = [program, '--config', '.dependency-cruiser.cjs', '--output-type', 'json', 'src'];
  const { stdout } = spawnSync(process.execPath, args, { cwd: root, maxBuffer: 2 ** 30, encoding: 'utf8' });
  const { summary } = JSON.parse(stdout) as { summary: { violations: { rule: { name: string } }[] } };
  const circles = summary.violations.filter(({ rule }) => rule.name === 'no-circular').length;
  return { circles, upward: summary.violations.length - circles };
}

function print(): void {
  const titles: Record<Finding['kind'], string> = {
    class: `classes of more than ${limits.class} methods`,
    file: `files of more than ${limits.file} lines`,
    function: `functions of more than ${limits.function} lines`,
    catch: 'catches that do nothing',
  };
  for (const [kind, title] of Object.entries(titles)) {
    const all = findings.filter((finding) => finding.kind === kind).sort((a, b) => b.size - a.size);
    console.log(`${title}: ${all.length}, with a reason ${all.filter(({ reason }) => reason).length}`);
    for (const { at, name, size, reason } of all) {
      const what =
        kind === 'catch' ? at : kind === 'file' ? `${size}  ${at.replace(/:\d+$/, '')}` : `${size}  ${name}  ${at}`;
      console.log(`  ${what}${reason ? `  (${reason})` : ''}`);
    }
  }
  if (!process.argv.includes('--sources')) console.log(`circles: ${circles}\nupward imports: ${upward}`);
}
