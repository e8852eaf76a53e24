import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, statSync, symlinkSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readBuild } from '../../src/kernel/build.ts';
import { resolvePaths } from '../../src/kernel/paths.ts';
import { connectRpc } from '../../src/kernel/rpc.ts';
import { socketPath } from '../../src/session/remote-labs.ts';
import { type CheckReport, Kubectl, type Started } from './lab.ts';
import { execute, kubectl as machinesKubectl, root, Sandbox } from './sandbox.ts';

/** What `npm pack` needs of a checkout; neither its repository nor anything that was built. */
const sources = ['bin', 'scenarios', 'scripts', 'src', 'package.json', 'package-lock.json', 'tsconfig.json'];
const documents = ['LICENSE', 'README.md', 'CHANGELOG.md', 'SECURITY.md'];

let user: Sandbox;
let tarball: string;
/** Paths in it. */
let files: string[];
let prefix: string;
/** Node, sh and the coreutils; npm comes by its path. */
let bare: string;
/** An empty home with the folders that everybody has by default, no registry, and nothing else of this machine. */
let env: Record<string, string>;

beforeAll(async () => {
  user = await Sandbox.create();
  const [checkout, packed] = ['checkout', 'packed'].map((name) => join(user.folder, name)) as [string, string];
  for (const folder of [checkout, packed]) mkdirSync(folder);
  for (const name of [...sources, ...documents]) cpSync(join(root, name), join(checkout, name), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(checkout, 'node_modules'));
  bare = join(user.folder, 'bare');
  prefix = join(user.folder, 'prefix');
  makeBarePath();
  env = {
    ...Object.fromEntries(Object.entries(user.env).filter(([name]) => /^(HOME|TMPDIR|LANG|TERM|NODE_)/.test(name))),
    PATH: bare,
    npm_config_offline: 'true',
    npm_config_registry: 'http://127.0.0.1:9',
    npm_config_cache: join(user.folder, 'npm-cache'),
    npm_config_update_notifier: 'false',
  };
  const { stdout } = await npm(['pack', '--json', '--pack-destination', packed], checkout);
  const created: unknown = JSON.parse(stdout.slice(stdout.search(/^[[{]/m)));
  const [entry] = Object.values(created as Record<string, { filename: string; files: { path: string }[] }>);
  tarball = join(packed, entry?.filename ?? '');
  files = entry?.files.map(({ path }) => path) ?? [];
  await npm(['install', '--global', '--prefix', prefix, tarball]);
}, 180_000);
afterAll(async () => {
  await endDaemon();
  await user.dispose();
});

function makeBarePath(): void {
  mkdirSync(bare);
  symlinkSync(realpathSync(process.execPath), join(bare, 'node'));
  const folders = ['/usr/bin', '/bin'].filter((folder) => existsSync(folder));
  for (const name of ['sh', 'cat', 'ls', 'env', 'mkdir', 'rm', 'cp', 'mv', 'uname', 'id', 'dirname', 'basename'])
    symlinkSync(folders.map((folder) => join(folder, name)).find(existsSync) ?? name, join(bare, name));
}

/** The npm that runs the tests, else the one on PATH. */
async function npm(args: readonly string[], cwd = user.folder, more: Record<string, string> = {}) {
  const found = (process.env.PATH ?? '').split(delimiter).find((folder) => existsSync(join(folder, 'npm'))) ?? '';
  const cli = process.env.npm_execpath ?? realpathSync(join(found, 'npm'));
  const result = await execute(process.execPath, [cli, ...args], { env: { ...env, ...more }, cwd });
  if (result.code !== 0) throw new Error(`npm ${args.join(' ')}: ${result.stdout}${result.stderr}`);
  return result;
}

function run(args: readonly string[], program = 'kubedrill') {
  return execute(join(prefix, 'bin', program), args, { env, cwd: user.folder });
}

async function json<T>(args: readonly string[]): Promise<T> {
  const { stdout, stderr } = await run([...args, '--json']);
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as T;
}

async function endDaemon(): Promise<void> {
  const daemon = await connectRpc(socketPath(resolvePaths(env))).catch(() => undefined);
  await daemon?.call('shutdown');
  await daemon?.closed;
}

/** Files and links below a folder, relative to it. */
function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
}

describe('the package', () => {
  it('is small, holds what it needs with the licences, and depends on nothing', () => {
    expect(statSync(tarball).size).toBeLessThan(4_000_000);
    const outside = files.filter((name) => !/^(bin|dist|scenarios)\/|^package\.json$/.test(name));
    expect(outside.sort()).toEqual([...documents].sort());
    for (const name of [
      'THIRD-PARTY-NOTICES',
      'kubedrill.1',
      'build.json',
      'descriptions.json.br',
      'scenarios.json',
      'worker.cjs',
    ])
      expect(files).toContain(`dist/${name}`);
    const installed = join(prefix, 'lib', 'node_modules', 'kubedrill');
    const description: unknown = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
    for (const key of ['dependencies', 'optionalDependencies', 'peerDependencies', 'private'])
      expect(description).not.toHaveProperty(key);
    expect(readFileSync(join(installed, 'dist', 'THIRD-PARTY-NOTICES'), 'utf8')).toMatch(/^ink 8\./m);
    expect(realpathSync(join(prefix, 'share', 'man', 'man1', 'kubedrill.1'))).toContain('dist/kubedrill.1');
  });

  it('is made of the sources alone: the same sources, the same build', () => {
    const { commit, ...packed } = readBuild(join(prefix, 'lib', 'node_modules', 'kubedrill'));
    expect(commit).toBeUndefined();
    expect(packed.digest).toBe(readBuild(root).digest);
  });

  it('says which build it is, to scripts and to the doctor', async () => {
    const { version, digest } = readBuild(root);
    expect((await run(['--version'])).stdout).toBe(`${version} (build ${digest})\n`);
    const { ok, findings } = await json<{ ok: boolean; findings: { subject: string; ok: boolean; text: string }[] }>([
      'doctor',
    ]);
    expect(findings).toContainEqual({ subject: 'kubedrill', ok: true, text: `${version} (build ${digest})` });
    // kubectl is not on this PATH, and what to do is said.
    expect(findings.filter((f) => !f.ok && f.subject !== 'docker' && f.subject !== 'kind')).toMatchObject([
      { subject: 'kubectl' },
    ]);
    expect(ok).toBe(false);
  });

  it('is a plugin of kubectl, and runs by npx', async () => {
    const { file } = await machinesKubectl();
    const path = [join(prefix, 'bin'), bare].join(delimiter);
    const plugin = await execute(file, ['drill', '--version'], { env: { ...env, PATH: path } });
    expect(plugin).toMatchObject({ code: 0, stdout: expect.stringContaining(readBuild(root).version) });
    const { stdout } = await npm(['exec', '--yes', `--package=${tarball}`, '--', 'kubedrill', 'list', '--json']);
    expect(stdout).toContain('forbidden-deployment');
  });

  it('says what to do when an older Node runs it', async () => {
    const old = `Object.defineProperty(process.versions, 'node', { value: '22.12.0' })`;
    const args = [`--import=data:text/javascript,${encodeURIComponent(old)}`, join(prefix, 'bin', 'kubedrill')];
    expect(await execute(process.execPath, [...args, 'list'], { env })).toMatchObject({
      code: 3,
      stdout: '',
      stderr: expect.stringMatching(/^kubedrill: needs Node 22\.13 or newer, this is 22\.12\.0 .*\nnext: install Node/),
    });
  });

  it('plays a lab from start to solved, and leaves nothing but its state when it goes', async () => {
    const started = await json<Started>(['start', 'forbidden-deployment']);
    expect((await run(['check'])).code).toBe(1);
    const kubectl = new Kubectl(user, started.kubeconfig, (await machinesKubectl()).file);
    // The learner's own kubectl keeps what it has discovered.
    kubectl.env.KUBECACHEDIR = join(user.folder, 'kubectl-cache');
    const project = ['-n', 'project-swan'];
    await kubectl.run(['create', 'role', 'pod-reader', '--verb=list', '--resource=pods', ...project]);
    const binding = ['--role=pod-reader', '--serviceaccount=project-swan:default'];
    await kubectl.run(['create', 'rolebinding', 'pod-reader', ...binding, ...project]);
    expect(await run(['check', '--watch'])).toMatchObject({ code: 0 });
    expect(await json<CheckReport>(['check'])).toMatchObject({ solved: true, score: 100 });
    expect((await json<{ kubedrill: string }>(['report'])).kubedrill).toContain(readBuild(root).digest);
    await run(['stop']);
    await endDaemon();

    await npm(['uninstall', '--global', '--prefix', prefix, 'kubedrill']);
    expect(filesIn(prefix).filter((name) => !name.endsWith('.package-lock.json'))).toEqual([]);
    const home = env.HOME ?? '';
    const own = ['.local/state/kubedrill/', '.cache/kubedrill/', '.config/kubedrill/'];
    expect(filesIn(home).filter((name) => !own.some((folder) => name.startsWith(folder)))).toEqual([]);
    expect(filesIn(env.TMPDIR ?? '')).toEqual([]);
  });
});
