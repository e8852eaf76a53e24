import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { program, root, Sandbox } from './sandbox.ts';

/** A script that stands for another kubectl. */
function fakeKubectl(folder: string, version: string): string {
  mkdirSync(folder, { recursive: true });
  const [, minor = '0'] = version.split('.');
  const answer = JSON.stringify({ clientVersion: { major: '1', minor, gitVersion: `v${version}` } });
  writeFileSync(join(folder, 'kubectl'), `#!/bin/sh\necho '${answer}'\n`, { mode: 0o755 });
  return folder;
}

describe('bad input', () => {
  let user: Sandbox;
  beforeEach(async () => {
    user = await Sandbox.create();
  });
  afterEach(() => user.dispose());

  it('suggests the scenario that was meant', async () => {
    const { code, stderr, stdout } = await user.run(['start', 'forbiden-deployment']);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('forbiden-deployment');
    expect(stderr).toContain('forbidden-deployment');
  });

  it('says the same of the app’s scenario, before anything is drawn', async () => {
    const terminal = user.terminal(['forbiden-deployment']);
    expect(await terminal.exited).toBe(2);
    expect(terminal.text()).toContain('forbidden-deployment');
    expect(terminal.raw()).not.toContain('\u001b[?1049h');
  });

  it('puts an error into the document with --json', async () => {
    const { code, stdout } = await user.run(['start', 'nothing-like-it', '--json']);
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 2, what: expect.stringMatching(/nothing-like-it/) } });
  });

  it.each([
    ['an unknown command', ['strat'], /start/],
    ['an unknown option', ['list', '--jsn'], /--json/],
    ['a missing argument', ['start'], /scenario/],
    ['a seed that is no number', ['start', 'forbidden-deployment', '--seed', 'x'], /whole number/],
    ['an unknown provider', ['start', 'forbidden-deployment', '--provider', 'cloud'], /embedded/],
    ['too many nodes', ['cluster', 'up', '--nodes', '99'], /1 to 5/],
    ['an unknown attempt', ['check', '--attempt', 'nobody-0000'], /no attempt nobody-0000/],
    ['no attempt at all', ['check'], /no attempt is running/],
    ['an unknown cluster', ['cluster', 'down', 'nowhere'], /no cluster nowhere/],
    ['an unknown pack', ['pack', 'verify', 'no-such-pack'], /no-such-pack/],
    ['an unknown exam', ['exam', 'draw', 'no-such-exam'], /no exam no-such-exam/],
    ['an unknown shell', ['completion', 'tcsh'], /tcsh|shell/i],
  ])('refuses %s with exit code 2', async (_, args, message) => {
    const { code, stderr, stdout } = await user.run(args);
    expect(stderr + stdout).toMatch(message);
    expect(code).toBe(2);
  });

  it('names file, line and column of a broken scenario, and the field that was meant', async () => {
    const pack = join(user.folder, 'pack');
    cpSync(join(root, 'scenarios', 'in-cluster-api-access'), pack, { recursive: true });
    const file = join(pack, 'forbidden-deployment', 'scenario.yaml');
    writeFileSync(file, readFileSync(file, 'utf8').replace('\nminutes:', '\nminuets:'));
    const line =
      readFileSync(file, 'utf8')
        .split('\n')
        .findIndex((text) => text.startsWith('minuets:')) + 1;
    const { code, stderr } = await user.run(['start', 'forbidden-deployment', '--pack', pack]);
    expect(code).toBe(2);
    expect(stderr).toContain(`${file}:${line}:1`);
    expect(stderr).toContain('minutes');
  });

  it('names file, line and column of what is no YAML', async () => {
    const pack = join(user.folder, 'pack');
    cpSync(join(root, 'scenarios', 'in-cluster-api-access'), pack, { recursive: true });
    const file = join(pack, 'forbidden-deployment', 'scenario.yaml');
    writeFileSync(file, `title: [\n${readFileSync(file, 'utf8')}`);
    const { code, stderr } = await user.run(['pack', 'verify', pack]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/scenario\.yaml:\d+:\d+/);
  });

  it('says where to put the state if its folder cannot be written', async () => {
    // A file in its place: no user may make a folder there, not even root.
    writeFileSync(join(user.folder, 'file'), '');
    const { code, stderr } = await user.run(['start', 'forbidden-deployment'], {
      env: { XDG_STATE_HOME: join(user.folder, 'file') },
    });
    expect(code).toBe(3);
    expect(stderr).toContain('cannot be written');
    expect(stderr).toContain('next: set XDG_STATE_HOME');
  });

  // Root may write anywhere.
  const restricted = userInfo().uid === 0 ? [] : ['read-only'];
  it.each(restricted)('says so of a %s folder too', async () => {
    const locked = join(user.folder, 'locked');
    mkdirSync(locked);
    chmodSync(locked, 0o500);
    const { code, stderr } = await user.run(['start', 'forbidden-deployment'], { env: { XDG_STATE_HOME: locked } });
    expect([code, stderr]).toEqual([3, expect.stringContaining('cannot be written')]);
  });

  it('names the damaged line of an event log, keeps it, and starts others all the same', async () => {
    const { attempt } = await user.json<{ attempt: string }>(['start', 'forbidden-deployment']);
    await user.killDaemon();
    const file = join(user.paths.state, 'attempts', attempt, 'events.jsonl');
    const [first, ...rest] = readFileSync(file, 'utf8').split('\n');
    const damaged = [first, '{"t":1,"type":"st', ...rest].join('\n');
    writeFileSync(file, damaged);
    const { code, stderr } = await user.run(['check', '--attempt', attempt]);
    expect(code).toBe(3);
    expect(stderr).toContain(`${file}:2`);
    expect(readFileSync(file, 'utf8')).toBe(damaged);
    const other = await user.json<{ attempt: string }>(['start', 'forbidden-deployment']);
    expect(other.attempt).not.toBe(attempt);
  });

  it('takes a torn last line for what it is: the end of a crash', async () => {
    const { attempt } = await user.json<{ attempt: string }>(['start', 'forbidden-deployment']);
    await user.killDaemon();
    const file = join(user.paths.state, 'attempts', attempt, 'events.jsonl');
    writeFileSync(file, `${readFileSync(file, 'utf8')}{"t":1,"type":"hi`);
    expect(await user.json(['check', '--attempt', attempt])).toMatchObject({ attempt, score: 0 });
  });

  it('picks another port if the old one was taken meanwhile', async () => {
    const started = await user.json<{ attempt: string; server: string; kubeconfig: string }>([
      'start',
      'forbidden-deployment',
    ]);
    await user.killDaemon();
    const { createServer } = await import('node:net');
    const squatter = createServer();
    await new Promise<void>((resolve) => squatter.listen(Number(new URL(started.server).port), '127.0.0.1', resolve));
    try {
      // The first command brings back what the daemon left; the attempt goes on where it was.
      const { current: now } = await user.json<{ current: { attempt: string; cluster: { server: string } } }>([
        'status',
      ]);
      expect(now.attempt).toBe(started.attempt);
      expect(now.cluster.server).not.toBe(started.server);
      expect(readFileSync(started.kubeconfig, 'utf8')).toContain(now.cluster.server);
      expect(await user.json(['check'])).toMatchObject({ attempt: started.attempt });
    } finally {
      await new Promise((resolve) => squatter.close(resolve));
    }
  });

  it('tells in doctor that kubectl is too old or missing, and what to do', async () => {
    const old = fakeKubectl(join(user.folder, 'old'), '1.20.2');
    const findings = async (path: string) => {
      const { code, stdout } = await user.run(['doctor', '--json'], { env: { PATH: path } });
      const report = JSON.parse(stdout) as { findings: { subject: string; ok: boolean; text: string; fix?: string }[] };
      return { code, kubectl: report.findings.find((f) => f.subject === 'kubectl') };
    };
    expect(await findings(old)).toEqual({
      code: 3,
      kubectl: {
        subject: 'kubectl',
        ok: false,
        text: expect.stringContaining('too old'),
        fix: expect.stringContaining('1.29'),
      },
    });
    expect(await findings(dirname(old))).toMatchObject({ code: 3, kubectl: { ok: false, text: 'not found' } });
  });

  it('runs on a Node that is too old by finding a newer one, or says what to install', async () => {
    const other = join(user.folder, 'tree');
    mkdirSync(join(other, 'bin'), { recursive: true });
    cpSync(program, join(other, 'bin', 'kubedrill.js'));
    // A checkout that is not built.
    for (const name of ['package.json', 'package-lock.json']) symlinkSync(join(root, name), join(other, name));
    const { execute } = await import('./sandbox.ts');
    const { code, stderr } = await execute(process.execPath, [join(other, 'bin', 'kubedrill.js'), 'list'], {
      env: user.env,
    });
    expect([code, stderr]).toEqual([3, expect.stringContaining('npm run build')]);
  });

  it('needs no terminal: the app is plain lines in a pipe', async () => {
    const { code, stdout } = await user.run([], { input: 'nonsense\nstart nowhere\nquit\n' });
    expect(code).toBe(0);
    expect(stdout).toContain('forbidden-deployment: A Deployment that may not list Pods');
    expect(stdout).toContain('words: list, start');
    expect(stdout).toContain('nowhere');
    expect(stdout).not.toContain('\u001b');
  });

  it('says that the terminal is too small, and leaves by q', async () => {
    const terminal = user.terminal([], { columns: 40, rows: 10 });
    await terminal.until('This terminal is 40x10');
    terminal.resize(80, 24);
    await terminal.until('❯ forbidden-deployment');
    terminal.resize(50, 12);
    await terminal.until('This terminal is 50x12');
    terminal.type('q');
    expect(await terminal.exited).toBe(0);
  });

  it('leaves no file outside of its folders', async () => {
    await user.run(['list']);
    await user.run(['doctor']);
    for (const own of ['home', 'tmp']) expect(readdirSync(join(user.folder, own))).toEqual([]);
    const known = ['home', 'tmp', 'state', 'cache', 'config'];
    expect(readdirSync(user.folder).filter((name) => !known.includes(name))).toEqual([]);
  });
});
