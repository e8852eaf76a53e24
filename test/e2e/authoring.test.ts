import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { checkTypes } from '../../src/checks/registry.ts';
import { execute, program, root, Sandbox } from './sandbox.ts';

const tutorial = readFileSync(join(root, 'docs', 'authoring.md'), 'utf8');

/** The commands of the tutorial, and lines that each block of them shows, by the order of the text. */
function blocks(): { commands: string; shows: string[] }[] {
  const found: { commands: string; shows: string[] }[] = [];
  for (const [, language, text = ''] of tutorial.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)) {
    if (language === 'sh') found.push({ commands: text, shows: [] });
    else found.at(-1)?.shows.push(...text.trimEnd().split('\n'));
  }
  return found;
}

let user: Sandbox;
beforeAll(async () => {
  user = await Sandbox.create();
});
afterAll(() => user.dispose());

it('ends with a verified scenario, typed as it stands there', async () => {
  const [bin, work] = [join(user.folder, 'bin'), join(user.folder, 'work')];
  for (const folder of [bin, work]) mkdirSync(folder);
  const kubedrill = join(bin, 'kubedrill');
  writeFileSync(kubedrill, `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`);
  chmodSync(kubedrill, 0o755);
  const all = blocks();
  const script = all.map(({ commands }, index) => `${commands}\necho "end of block ${index}"\n`).join('');
  const env = { ...user.env, PATH: [bin, user.env.PATH].join(delimiter) };
  const { code, stdout, stderr } = await execute('/bin/sh', ['-eu', '-c', script], { env, cwd: work });
  expect(code, `${stdout}${stderr}`).toBe(0);
  let rest = stdout;
  for (const [index, { shows }] of all.entries()) {
    const [shown = '', after = ''] = rest.split(`end of block ${index}\n`);
    for (const line of shows) expect(shown.split('\n'), line).toContainEqual(expect.stringMatching(likeThis(line)));
    rest = after;
  }
}, 240_000);

/** A line of the tutorial; `…` is what differs from time to time. */
function likeThis(line: string): RegExp {
  const literally = (text: string) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  return new RegExp(`^${line.split('…').map(literally).join('.*')}$`);
}

it('tells of every type of check', () => {
  const reported = [...tutorial.matchAll(/^\| `(\w+)` \|/gm)].map(([, type]) => type).filter((t) => t !== 'task');
  expect(reported.sort()).toEqual([...checkTypes.keys()].sort());
});
