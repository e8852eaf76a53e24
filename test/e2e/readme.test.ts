/** The README's lines, typed one after the other into a shell in a clone. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { quote } from '../../src/session/dialects.ts';
import { execute, root, Sandbox } from './sandbox.ts';

const readme = readFileSync(join(root, 'README.md'), 'utf8');

/** What a clone is for: how a package or an image is installed is tried by package.test.ts and `npm run test:image`. */
const ofClone = readme.slice(readme.indexOf('\n## Two commands\n'));

/** What other tests run, and takes minutes: the app, all tests, all proofs. */
const elsewhere = /^(npm (start|test)|kubedrill pack verify)\b/;

/** What the first lab says to type at the prompt of its shell, to solve it. */
const solution = [...readme.matchAll(/^ +\$ k (create .*)$/gm)].map(([, words]) => `kubectl ${words}`);

const lines = [...ofClone.matchAll(/^```sh\n(.*?)^```$/gms)]
  .flatMap(([, block = '']) => block.split('\n'))
  .filter((line) => line !== '' && !elsewhere.test(line));

let user: Sandbox;
beforeAll(async () => {
  user = await Sandbox.create();
});
afterAll(() => user.dispose());

/** A shell that runs the lines and says of each, after its output, what it ended with. */
const typed = (all: readonly string[]) => all.map((line) => `${line}\necho "== $?: "${quote(line)}`).join('\n');

it('works line by line as it stands', async () => {
  expect(solution).toHaveLength(2);
  const watched = lines.findIndex((line) => line.startsWith('kubedrill check --watch'));
  const solved = [...lines.slice(0, watched), ...solution, ...lines.slice(watched)];
  // What a shell does at the Tab key: the words so far, and the function that the script has registered.
  const complete = [
    'COMP_WORDS=(kubedrill start --provider k) COMP_CWORD=3',
    '$(complete -p kubedrill | sed "s/.*-F //; s/ .*//") 2>/dev/null',
    'declare -p COMPREPLY',
  ];
  const script = `set +H\n${typed([...solved, ...complete])}\n`;
  const { stdout, stderr } = await execute('/bin/bash', ['-c', script], { env: user.env, cwd: root });
  const ends = stdout.split('\n').filter((line) => /^== \d+: /.test(line));
  // A machine may lack what doctor looks for: that is its answer.
  const wrong = ends.filter((end) => !end.startsWith('== 0: ') && !/^== 3: kubedrill doctor/.test(end));
  expect(wrong, stderr).toEqual([]);
  expect(ends).toHaveLength(solved.length + complete.length);
  expect(stdout).toContain('solved: 100 of 100');
  expect(stdout).toMatch(/^declare -a COMPREPLY=\(\[0\]="kind" \[1\]="kubeconfig"\)$/m);
});
