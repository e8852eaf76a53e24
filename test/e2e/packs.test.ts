import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import { packTar } from 'modern-tar';
import { afterEach, beforeEach, expect, it, onTestFinished } from 'vitest';
import { newScenario } from '../../src/authoring/new.ts';
import { Sandbox } from './sandbox.ts';

let user: Sandbox;
let source: string;

beforeEach(async () => {
  user = await Sandbox.create();
  source = join(user.folder, 'club');
  scenario('first-map');
  writeFileSync(join(source, 'first-map', 'setup', '30-more.sh'), 'kubectl create namespace more\n');
});
afterEach(() => user.dispose());

/** Adds a scenario to the pack. */
function scenario(id: string): void {
  newScenario({ folder: source, id, title: 'One more', competency: 'ckad/configmaps', namespace: 'project-new' });
}

const ids = async () => (await user.json<{ id: string; pack: string }[]>(['list'])).filter((s) => s.pack === 'club');

it('installs a folder, starts its scenario once it is trusted, updates and removes it', async () => {
  const installed = await user.run(['pack', 'install', source]);
  const at = join(user.paths.state, 'packs', 'club', 'club');
  expect(installed).toMatchObject({ code: 0, stderr: '' });
  expect(installed.stdout).toMatch(/^club 0\.1\.0 \([0-9a-f]{12}\) is installed: first-map\nit has 1 script,/);
  expect(installed.stdout).toContain(`kubedrill pack trust ${at}\n`);
  expect(await ids()).toMatchObject([{ id: 'first-map' }]);
  expect((await user.run(['coverage'])).stdout).toContain('first-map');
  expect((await user.run(['coverage', '--built-in'])).stdout).not.toContain('first-map');

  const refused = await user.run(['start', 'first-map']);
  expect(refused).toMatchObject({ code: 2, stdout: '' });
  expect(refused.stderr).toContain(`next: read them, then: kubedrill pack trust ${at}`);
  expect((await user.run(['pack', 'trust', at])).stdout).toMatch(/^club is trusted as it is now/);
  const { attempt } = await user.json<{ attempt: string }>(['start', 'first-map']);
  expect(attempt).toMatch(/^first-map-/);
  expect((await user.run(['pack', 'remove', 'club'])).stderr).toContain(`next: kubedrill stop --attempt ${attempt}`);
  expect((await user.run(['stop'])).code).toBe(0);

  scenario('second-map');
  writeFileSync(join(source, 'first-map', 'debrief.md'), 'Another.\n');
  const pack = join(source, 'pack.yaml');
  writeFileSync(pack, readFileSync(pack, 'utf8').replace('0.1.0', '0.2.0'));
  const { stdout } = await user.run(['pack', 'update']);
  expect(stdout).toMatch(
    /^club 0\.1\.0 -> 0\.2\.0 \(\w+ -> \w+\)\n {2}added: second-map\n {2}changed: first-map\nit has/,
  );
  expect(await ids()).toMatchObject([{ id: 'first-map' }, { id: 'second-map' }]);
  expect(await user.json(['pack', 'list'])).toContainEqual(
    expect.objectContaining({ id: 'club', version: '0.2.0', trusted: false, source }),
  );
  expect((await user.run(['start', 'first-map'])).stderr).toContain('you have not trusted it');

  expect(await user.json(['pack', 'remove', 'club'])).toEqual({ removed: 'club' });
  expect(await ids()).toEqual([]);
});

it('installs from a git repository, by branch, and what is pushed there later', async () => {
  const env = {
    ...user.env,
    ...{ GIT_AUTHOR_NAME: 'a', GIT_AUTHOR_EMAIL: 'a@b', GIT_COMMITTER_NAME: 'a', GIT_COMMITTER_EMAIL: 'a@b' },
  };
  const git = (...args: string[]) => execFileSync('git', args, { env, cwd: source, stdio: 'ignore' });
  git('init', '--quiet', '--initial-branch=lessons');
  git('add', '.');
  git('commit', '--quiet', '--message=one');
  const url = `file://${source}#lessons`;
  expect(await user.json(['pack', 'install', url])).toMatchObject({
    id: 'club',
    source: url,
    scenarios: ['first-map'],
  });
  expect((await user.run(['pack', 'update', 'club'])).stdout).toBe('club 0.1.0 is as it was\n');
  git('mv', 'first-map', 'third-map');
  git('commit', '--quiet', '--message=two');
  expect(await user.json(['pack', 'update', 'club'])).toMatchObject({
    packs: [{ id: 'club', added: ['third-map'], removed: ['first-map'], changed: [] }],
  });
  const missing = await user.run(['pack', 'install', `file://${source}#exams`]);
  expect(missing).toMatchObject({ code: 2, stdout: '' });
  expect(missing.stderr).toMatch(/#exams cannot be fetched\nwhy: .*exams/s);
});

it('installs from a tarball; of one that cannot be used it says why, and installs nothing', async () => {
  const archive = join(user.folder, 'club.tgz');
  const pack = async (change: (text: string) => string) => {
    const files = readdirSync(source, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((file) => ({ header: { name: relative(user.folder, file) }, body: change(readFileSync(file, 'utf8')) }))
      .map(sized);
    writeFileSync(archive, gzipSync(await packTar(files)));
  };
  await pack((text) => text.replace('difficulty:', 'dificulty:'));
  const broken = await user.run(['pack', 'install', archive]);
  expect(broken).toMatchObject({ code: 2, stdout: '' });
  expect(broken.stderr).toMatch(/club\/first-map\/scenario\.yaml:\d+:1: unknown field "dificulty"; did you mean/);
  expect(await user.json(['pack', 'list'])).toMatchObject([{ id: 'in-cluster-api-access', trusted: true }]);
  await pack((text) => text);
  expect(await user.json(['pack', 'install', archive])).toMatchObject({ id: 'club', scenarios: ['first-map'] });

  scenario('forbidden-deployment');
  await pack((text) => text);
  const twice = await user.run(['pack', 'update']);
  expect(twice.code).toBe(2);
  expect(twice.stdout).toMatch(
    /^club: club has scenarios that .* in-cluster-api-access has, too: forbidden-deployment\n/,
  );
  expect(await ids()).toMatchObject([{ id: 'first-map' }]);
});

function sized({ header, body }: { header: { name: string }; body: string }) {
  return { header: { ...header, size: Buffer.byteLength(body) }, body };
}

/** The pack as it would lie on a server, under a folder of its own. */
async function tarball(): Promise<Buffer> {
  const files = readdirSync(source, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => sized({ header: { name: relative(user.folder, file) }, body: readFileSync(file, 'utf8') }));
  return gzipSync(await packTar(files));
}

it('installs from a URL of a tarball, and what lies there later', async () => {
  const server = createServer((request, response) => {
    if (request.url === '/moved.tgz') response.writeHead(302, { location: '/club.tgz?x=1' }).end();
    else if (request.url?.startsWith('/club.tgz')) void tarball().then((archive) => response.end(archive));
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const at = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  expect(await user.json(['pack', 'install', `${at}/moved.tgz`])).toMatchObject({
    id: 'club',
    source: `${at}/moved.tgz`,
    scenarios: ['first-map'],
  });
  scenario('second-map');
  expect(await user.json(['pack', 'update', 'club'])).toMatchObject({ packs: [{ id: 'club', added: ['second-map'] }] });
  const missing = await user.run(['pack', 'install', `${at}/nothing.tgz`]);
  expect(missing).toMatchObject({ code: 2, stderr: expect.stringContaining('why: the server answered 404') });
  const plain = await user.run(['pack', 'install', 'http://packs.example/club.tgz']);
  expect(plain).toMatchObject({ code: 2, stderr: expect.stringContaining('why: what comes by http can be changed') });
});

it('takes owner/repo for a repository of GitHub', async () => {
  // git itself says where that would be: nothing leaves this machine.
  const config = join(user.folder, 'home', '.gitconfig');
  const env = {
    ...user.env,
    ...{ GIT_AUTHOR_NAME: 'a', GIT_AUTHOR_EMAIL: 'a@b', GIT_COMMITTER_NAME: 'a', GIT_COMMITTER_EMAIL: 'a@b' },
  };
  const git = (...args: string[]) => execFileSync('git', args, { env, cwd: source, stdio: 'ignore' });
  git('init', '--quiet', '--initial-branch=main');
  git('add', '.');
  git('commit', '--quiet', '--message=one');
  writeFileSync(config, `[url "file://${source}"]\n  insteadOf = https://github.com/somebody/club.git\n`);
  const address = 'https://github.com/somebody/club.git';
  expect(await user.json(['pack', 'install', 'somebody/club'])).toMatchObject({ id: 'club', source: address });
  const wrong = await user.run(['pack', 'install', 'a/b/c']);
  expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('owner/repo on GitHub') });
});
