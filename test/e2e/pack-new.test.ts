import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Sandbox } from './sandbox.ts';

let user: Sandbox;
beforeEach(async () => {
  user = await Sandbox.create();
});
afterEach(() => user.dispose());

it('asks an author who says nothing, again where an answer will not do, and writes what was answered', async () => {
  const terminal = user.terminal(['pack', 'new', '--title', 'My first'], { columns: 100 });
  const answer = async (question: string | RegExp, text: string) => {
    await terminal.until(question);
    terminal.type(`${text}\r`);
  };
  await answer(/joined by -:$/m, 'My Scenario');
  await answer(
    /^My Scenario is no name for a scenario\nwhy: expected lower-case words joined by -\n.*joined by -:/m,
    'mine',
  );
  await answer('made if it is not there [.]:', 'club');
  // The title was given.
  await answer("curriculum's items [ckad/configmaps]:", 'cka/rback');
  await answer(/there is no competency cka\/rback\nwhy: .* as in cka\/rbac\n.*\[ckad\/configmaps\]:/, 'cka/rbac');
  await answer('where the learner works [project-new]:', '');
  await terminal.until('next: kubedrill pack verify club --scenario mine');
  expect(await terminal.exited).toBe(0);
  const written = readFileSync(join(user.folder, 'club', 'mine', 'scenario.yaml'), 'utf8');
  for (const line of ['title: My first', '  - cka/rbac', '    default: project-new']) expect(written).toContain(line);
});

it('writes nothing when the author leaves, and asks nobody where nobody is', async () => {
  const before = readdirSync(user.folder);
  const leaves = async (key: string) => {
    const terminal = user.terminal(['pack', 'new']);
    await terminal.until('Name of the scenario');
    terminal.type('mine\r');
    await terminal.until('Folder of the pack');
    terminal.type(key);
    return { code: await terminal.exited, text: terminal.text() };
  };
  expect(await leaves('\u0003')).toMatchObject({ code: 130 });
  expect(await leaves('\u0004')).toMatchObject({ code: 2, text: expect.stringMatching(/^kubedrill: no answer came/m) });
  const nobody = await user.run(['pack', 'new']);
  expect(nobody).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('a scenario needs a name') });
  const wrong = await user.run([
    'pack',
    'new',
    'mine',
    '--namespace',
    'Not A Name',
    '--pack',
    join(user.folder, 'club'),
  ]);
  expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('Not A Name is no name for a namespace') });
  expect(readdirSync(user.folder)).toEqual(before);
  expect(existsSync(join(user.folder, 'club'))).toBe(false);
});
