/** Words, names, errors and shells of the command line, as a learner meets them. */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Started } from './lab.ts';
import { execute, program, Sandbox } from './sandbox.ts';

let user: Sandbox;
/** The attempt that is current throughout. */
let attempt: string;
beforeAll(async () => {
  user = await Sandbox.create();
  ({ attempt } = await user.json<Started>(['start', 'forbidden-deployment']));
});
afterAll(() => user.dispose());

const run = (...args: string[]) => user.run(args);
const attempts = () => readdirSync(join(user.paths.state, 'attempts'));

/** What the Tab key would offer after these words. */
async function offered(...words: string[]): Promise<string[]> {
  const { stdout } = await run('complete', '--', ...words);
  return stdout
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith(':'))
    .map((line) => line.split('\t')[0] ?? '');
}

describe('help and errors', () => {
  it('shows the help of a command, of one in a group, and of all', async () => {
    const [all, up, same] = await Promise.all([
      run('help'),
      run('help', 'cluster', 'up'),
      run('cluster', 'up', '--help'),
    ]);
    expect([all.code, up.code]).toEqual([0, 0]);
    expect(all.stdout).toMatch(/^ {2}version /m);
    expect(up.stdout).toMatch(/^Usage: kubedrill cluster up /);
    expect(up.stdout).toBe(same.stdout);
    const [version, flag] = await Promise.all([run('version'), run('--version')]);
    expect(version).toEqual(flag);
  });

  it.each([
    [['help', 'clustr'], 'there is no command clustr', 'did you mean cluster?', 'kubedrill help'],
    [['help', 'cluster', 'upp'], 'there is no command cluster upp', 'did you mean up?', 'kubedrill help cluster'],
    [['strat'], 'there is no command or scenario strat', 'did you mean start?', 'kubedrill help start'],
    [['xyzzy'], 'there is no command or scenario xyzzy', undefined, 'kubedrill help, or kubedrill list'],
    [['list', '--jsn'], "unknown option '--jsn'", 'did you mean --json?', 'kubedrill help list'],
    [['cluster', 'upp'], "unknown command 'upp'", 'did you mean up?', 'kubedrill help cluster'],
    [['start'], "missing required argument 'scenario'", undefined, 'kubedrill help start'],
    [['start', 'x', '--cluster', 'kind'], "unknown option '--cluster'", undefined, 'kubedrill help start'],
    [
      ['cluster', 'up', '--addon', 'foo'],
      'there is no addon foo',
      undefined,
      expect.stringMatching(/^one of: gateway/),
    ],
    [
      ['cluster', 'up', '--nodes', '99'],
      "option '--nodes <count>' argument '99' is invalid",
      'expected a number from 1 to 5',
      'kubedrill help cluster up',
    ],
    [
      ['start', 'who-am-i', '--kubeconfig', 'file'],
      '--kubeconfig goes with --provider kubeconfig',
      'the provider is embedded, which takes no --kubeconfig',
      'add --provider kubeconfig, or leave --kubeconfig out',
    ],
    [
      ['cluster', 'up', '--provider', 'kind', '--context', 'name'],
      '--context goes with --provider kubeconfig',
      'the provider is kind, which takes no --context',
      'add --provider kubeconfig, or leave --context out',
    ],
  ])('%j says what is wrong, why and what to do', async (args, what, why, next) => {
    const { code, stdout, stderr } = await user.run(args);
    expect([code, stdout]).toEqual([2, '']);
    const [first, ...rest] = stderr.trimEnd().split('\n');
    expect(first).toBe(`kubedrill: ${what}`);
    const parts = Object.fromEntries(
      rest.map((line) => [line.slice(0, line.indexOf(':')), line.replace(/^\w+: /, '')]),
    );
    expect(parts).toEqual({ ...(why && { why }), next });
  });

  it('puts a usage error into the document with --json', async () => {
    const { code, stdout } = await run('list', '--jsn', '--json');
    const error = { what: "unknown option '--jsn'", why: 'did you mean --json?', next: 'kubedrill help list', code: 2 };
    expect([code, JSON.parse(stdout)]).toEqual([2, { error }]);
  });
});

describe('list', () => {
  interface Row {
    id: string;
    exams: string[];
    domains: string[];
    difficulty: string;
    solved: boolean;
  }
  const list = (...args: string[]) => user.json<Row[]>(['list', ...args]);

  it('shows only what is asked for', async () => {
    const all = await list();
    const some = await list('--exam', 'cka', '--domain', 'troubleshooting', '--difficulty', 'easy');
    expect(some.map((row) => row.id)).toEqual(
      all
        .filter((r) => r.exams.includes('cka') && r.domains.includes('cka/troubleshooting') && r.difficulty === 'easy')
        .map((row) => row.id),
    );
    expect(await list('--pack', 'in-cluster-api-access')).toEqual(all);
    expect((await user.run(['ls'])).stdout).toBe((await user.run(['list'])).stdout);
    expect((await run('list', '--domain', 'trouble')).stderr).toContain('did you mean troubleshooting?');
    expect((await run('list', '--pack', 'nothing-like-it')).code).toBe(2);
  });

  it('marks what was solved, and leaves it out', async () => {
    const log = join(user.paths.state, 'progress.jsonl');
    const record = { version: 1, t: 1, pack: 'in-cluster-api-access', scenario: 'who-am-i', seed: 0, attempt: 'a' };
    const solved = { ...record, type: 'solved', score: 95, max: 100, worked: 1, hints: 1, sawSolution: false };
    writeFileSync(log, `${JSON.stringify(solved)}\n`, { flag: 'a' });
    expect((await run('list')).stdout).toMatch(/^who-am-i .* ✔ ↻ 95 of 100, 00:00$/m);
    expect((await list()).filter((row) => row.solved).map((row) => row.id)).toEqual(['who-am-i']);
    const ids = (await list('--unsolved')).map((row) => row.id);
    expect(ids).toContain('forbidden-deployment');
    expect(ids).not.toContain('who-am-i');
  });
});

describe('the current attempt', () => {
  /** No program but Node's and the system's: neither kind nor Docker. */
  const bare = { PATH: [join(program, '..', 'nothing'), '/bin'].join(delimiter) };

  it('is not one whose start failed, whatever it failed for', async () => {
    const before = attempts();
    const kind = await user.run(['start', 'who-am-i', '--provider', 'kind'], { env: bare });
    expect([kind.code, kind.stderr]).toEqual([3, expect.stringMatching(/^kubedrill: /m)]);
    const kubeconfig = join(user.folder, 'nowhere.yaml');
    const where = ['--provider', 'kubeconfig', '--kubeconfig', kubeconfig];
    expect((await run('start', 'who-am-i', ...where)).code).not.toBe(0);
    expect(await user.json(['status'])).toMatchObject({ current: { attempt }, attempts: [{ attempt }] });
    expect(await user.json(['check'])).toMatchObject({ attempt });
    for (const command of ['report', 'replay']) expect(await user.json([command])).toMatchObject({ attempt });
    const [failed = ''] = attempts().filter((id) => !before.includes(id));
    const report = await run('report', '--attempt', failed);
    expect([report.code, report.stderr]).toEqual([2, expect.stringContaining(`the attempt ${failed} never began`)]);
    expect((await user.json<unknown[]>(['cluster', 'list'])).length).toBe(1);

    // A daemon that takes up what there was has the same one.
    await user.killDaemon();
    expect(await user.json(['status'])).toMatchObject({ current: { attempt }, attempts: [{ attempt }] });
  });

  it('is not one whose set-up failed, and nothing of its cluster stays', async () => {
    const pack = join(user.folder, 'own');
    await run('pack', 'new', 'never-ready', '--pack', pack);
    writeFileSync(
      join(pack, 'never-ready', 'setup', '30-broken.yaml'),
      'apiVersion: v1\nkind: Nothing\nmetadata: {name: a}\n',
    );
    const { code, stderr } = await run('start', 'never-ready', '--pack', pack);
    expect(code, stderr).not.toBe(0);
    expect(await user.json(['status'])).toMatchObject({ current: { attempt }, attempts: [{ attempt }] });
    expect(await user.json(['cluster', 'list'])).toMatchObject([{ attempt }]);
  });

  it('is not one whose start was cancelled or killed', async () => {
    const before = attempts();
    for (const signal of ['SIGINT', 'SIGKILL'] as const) {
      const terminal = user.terminal(['start', 'least-privilege']);
      await terminal.until(/making keys|starting|taking a cluster/);
      terminal.kill(signal);
      await terminal.exited;
      expect(await user.json(['status'])).toMatchObject({ current: { attempt } });
    }
    // Who is gone can't be told when the daemon has done with it: the next command that changes something can.
    expect(await user.json(['check'])).toMatchObject({ attempt });
    expect(before).toEqual(expect.arrayContaining([attempt]));
  });

  it('is the one of --attempt, else of KUBEDRILL_ATTEMPT, else the one started last', async () => {
    const other = await user.json<Started>(['start', 'who-am-i']);
    const current = async (args: string[], env = {}) =>
      (JSON.parse((await user.run(['status', '--json', ...args], { env })).stdout) as { current: { attempt: string } })
        .current.attempt;
    expect(await current([])).toBe(other.attempt);
    expect(await current([], { KUBEDRILL_ATTEMPT: attempt })).toBe(attempt);
    expect(await current(['--attempt', other.attempt], { KUBEDRILL_ATTEMPT: attempt })).toBe(other.attempt);
    expect(await user.json(['stop'])).toMatchObject({ attempt: other.attempt });
  });
});

describe('clusters', () => {
  it('have a name once', async () => {
    const up = ['cluster', 'up', '--name', 'scratch'];
    await user.json(up);
    const { code, stderr } = await user.run(up);
    expect([code, stderr]).toEqual([
      2,
      'kubedrill: there is a cluster scratch already\nnext: kubedrill cluster down scratch, or choose another --name\n',
    ]);
    const there = await user.run(['node', 'shell', 'control-plane', '--cluster', 'scratch', '--', 'hostname']);
    expect(there.code, there.stderr).toBe(0);
    expect((await run('cluster', 'rm', 'scratch')).stdout).toBe('scratch is gone\n');
    expect((await run('cluster', 'ls')).stdout).not.toContain('scratch');
  });
});

describe('the shell of a lab', () => {
  const shells = ['bash', 'zsh', 'fish', 'dash'].flatMap((name) => {
    const file = ['/bin', '/usr/bin'].map((folder) => join(folder, name)).find((path) => existsSync(path));
    return file ? [{ name, file }] : [];
  });

  it.each(shells)('$name has kubedrill, whatever its start-up file makes of PATH', async ({ name, file }) => {
    const home = user.env.HOME ?? '';
    const fish = join(user.env.XDG_CONFIG_HOME ?? '', 'fish');
    mkdirSync(fish, { recursive: true });
    for (const rc of ['.bashrc', '.zshrc']) writeFileSync(join(home, rc), 'PATH="$HOME/mine:/usr/bin:/bin"\n');
    writeFileSync(join(fish, 'config.fish'), 'set -gx PATH $HOME/mine /usr/bin /bin\n');
    const terminal = user.terminal(['shell'], { columns: 200, env: { SHELL: file } });
    await terminal.until(name === 'fish' ? 'Welcome to fish' : '(forbidden-deployment)');
    terminal.type('kubedrill check --json | head -c 60; echo; echo "$PATH"\r');
    await terminal.until(`{"attempt":"${attempt}"`);
    // Its own folders stay: what is added is added to them.
    if (name !== 'dash') await terminal.until(/kubedrill\/bin\/\w+[: ].*\/home\/mine[: ]/);
    terminal.type('exit\r');
    await terminal.exited;
  });

  it.each(shells)('$name is set by env, twice as well as once, and set back', async ({ name, file }) => {
    const own = (args: string) =>
      `"${process.execPath}" "${program}" env --shell ${name === 'dash' ? 'sh' : name} ${args}`;
    const evaluate = (command: string) => (name === 'fish' ? `${command} | source` : `eval "$(${command})"`);
    const script = [
      evaluate(own('')),
      'PATH="$PATH:/later"',
      evaluate(own('')),
      'kubedrill status --json',
      'echo "set $KUBECONFIG $PATH"',
      evaluate(own('--unset')),
      'echo "back <$KUBECONFIG$KUBEDRILL_ATTEMPT> $PATH"',
    ];
    // fish has a list in its place.
    if (name === 'fish') script[1] = 'set -gx PATH $PATH /later';
    const PATH = '/usr/bin:/bin:/a folder';
    const { stdout, stderr } = await execute(file, ['-c', script.join('\n')], {
      env: { ...user.env, HOME: user.folder, XDG_CONFIG_HOME: user.folder, PATH },
    });
    expect(stdout, stderr).toContain(`{"current":{"attempt":"${attempt}"`);
    const joined = (text: string) => text.replaceAll(':', ' ');
    const [, set = ''] = /^set (.*)$/m.exec(stdout) ?? [];
    const commands = /\/kubedrill\/bin\/\w+/g;
    expect(joined(set)).toMatch(/\/kubeconfig \S+\/kubedrill\/bin\/\w+ .*\/usr\/bin \/bin \/a folder \/later$/);
    expect(set.match(commands)).toHaveLength(1);
    const [, back = ''] = /^back (.*)$/m.exec(stdout) ?? [];
    expect(joined(back)).toBe('<> /usr/bin /bin /a folder /later');
  });

  it('is told to PowerShell in its own words', async () => {
    const { stdout } = await run('env', '--shell', 'powershell');
    expect(stdout).toMatch(/^\$env:KUBEDRILL_ATTEMPT = 'forbidden-deployment-\w+'$/m);
    expect(stdout).toMatch(/^if \(\(\$env:PATH -split .*\$env:PATH = '.*' \+ .* \+ \$env:PATH }$/m);
    expect(stdout).not.toContain(user.env.PATH);
    expect((await run('env', '--unset', '--shell', 'powershell')).stdout).toContain('Remove-Item');
    expect((await run('env', '--shell', 'tcsh')).stderr).toContain(
      'allowed choices are sh, bash, zsh, fish, powershell',
    );
  });
});

describe('completion', () => {
  it.each<[string[], string[]]>([
    [['start', 'forb'], ['forbidden-deployment']],
    [
      ['start', '--provider', 'k'],
      ['kind', 'kubeconfig'],
    ],
    [['start', '--pack', ''], ['in-cluster-api-access']],
    [['cluster', 'up', '--addon', 'm'], ['metrics-server']],
    [['exam', 'draw', ''], ['api-access']],
    [['exam', 'start', ''], ['api-access']],
    [
      ['exam', 'start', '--mode', ''],
      ['training', 'mastery', 'exam'],
    ],
    [
      ['report', '--format', ''],
      ['json', 'html', 'junit', 'csv', 'md'],
    ],
    [
      ['env', '--shell', ''],
      ['sh', 'bash', 'zsh', 'fish', 'powershell'],
    ],
    [['completion', 'b'], ['bash']],
    [['list', '--domain', 'trouble'], ['troubleshooting']],
    [['list', '--difficulty', 'h'], ['hard']],
    [['pack', 'verify', 'in'], ['in-cluster-api-access']],
    [['help', 'clu'], ['cluster']],
    [['explain', 'may-l'], ['may-list']],
  ])('of %j', async (words, names) => {
    expect(await offered(...words)).toEqual(names);
  });

  it('of attempts and clusters', async () => {
    expect(await offered('check', '--attempt', attempt.slice(0, -2))).toEqual([attempt]);
    expect(await offered('cluster', 'doctor', attempt.slice(0, -2))).toEqual([attempt]);
    expect(await offered('node', 'shell', '--cluster', attempt.slice(0, -2))).toEqual([attempt]);
  });
});

it('is lines in a terminal that is dumb', async () => {
  // The harness names its terminal itself.
  const terminal = user.open('/usr/bin/env', ['TERM=dumb', process.execPath, program]);
  await terminal.until('words: list, start');
  terminal.type('quit\r');
  expect(await terminal.exited).toBe(0);
  expect(terminal.raw()).not.toContain('\u001b');
});
