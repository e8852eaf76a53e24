import { mkdirSync, readdirSync, rmSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Kubectl } from './lab.ts';
import { kubectl, program, Sandbox } from './sandbox.ts';
import type { Terminal } from './terminal.ts';

const namespace = ['-n', 'project-swan'];
const titles = [
  "The Pods' ServiceAccount may list pods",
  "The Pods' logs show the list",
  'Nothing more than needed',
  'The containers still run what they ran',
  'The Deployment is rolled out',
];
const keys = { enter: '\r', escape: '\u001b' };

/**
 * Resolves when the frame is whole: header and keys at the edges, nothing wider than the terminal. Right after a
 * resize the terminal still holds the frame for the old size, so all of it is waited for together.
 */
async function wholeFrame(terminal: Terminal): Promise<void> {
  const { columns, rows } = terminal.size;
  await terminal.until(() => {
    const lines = terminal.screen();
    return (
      lines.length === rows &&
      /^ kubedrill /.test(lines[0] ?? '') &&
      // In a lab the clock is at the right edge, a blank behind it; elsewhere the tabs are there, and the version if there is room.
      (lines[0]?.length === columns - 1 || /(· Kubernetes v1\.35|5 Doctor)$/.test(lines[0] ?? '')) &&
      /\? keys {2}q quit$/.test(lines.at(-1) ?? '') &&
      terminal.wrapped().length === 0
    );
  });
  expect(terminal.alternate).toBe(true);
}

/** The first screen of a lab, with every check judged. */
async function openLab(terminal: Terminal): Promise<void> {
  await terminal.until('❯ forbidden-deployment');
  terminal.type(keys.enter);
  await terminal.until(/✘ The Pods' logs show the list/);
}

async function kubectlOf(user: Sandbox): Promise<Kubectl> {
  const { current } = await user.json<{ current: { cluster: { kubeconfig: string } } }>(['status']);
  return new Kubectl(user, current.cluster.kubeconfig);
}

async function fix(kubectl: Kubectl): Promise<void> {
  await kubectl.run(['create', 'role', 'pod-reader', '--verb=list', '--resource=pods', ...namespace]);
  await kubectl.run([
    'create',
    'rolebinding',
    'pod-reader',
    '--role=pod-reader',
    '--serviceaccount=project-swan:default',
    ...namespace,
  ]);
}

describe.each([
  { columns: 80, rows: 24 },
  { columns: 120, rows: 40 },
])('the app at $columns x $rows', (size) => {
  let user: Sandbox;
  let terminal: Terminal;
  beforeAll(async () => {
    user = await Sandbox.create();
    terminal = user.terminal([], size);
  });
  afterAll(() => user.dispose());

  it('opens with home, where the first lab is chosen', async () => {
    await terminal.until('❯ forbidden-deployment');
    await wholeFrame(terminal);
    expect(terminal.screen()).toHaveLength(size.rows);
  });

  it('shows labs as they are filtered, progress, packs and what the doctor finds', async () => {
    terminal.type('/');
    await terminal.until(/\/▏ +24 of 24/);
    terminal.type('token ');
    await terminal.until(/\/token ▏ +\d of 24/);
    terminal.type('\u007f\r');
    await terminal.until(/❯ [a-z-]*token|❯ .*oken/);
    terminal.type(keys.escape);
    await terminal.until((text) => !text.includes('/token'));
    terminal.type('3');
    await terminal.until('Nothing was tried yet');
    terminal.type('4');
    await terminal.until('In-cluster API access');
    terminal.type('5');
    await terminal.until(/✔ node +Node /);
    await wholeFrame(terminal);
    terminal.type('1');
    await terminal.until('❯ forbidden-deployment');
  });

  it('starts the lab by Enter: task, checks, activity, time and keys', async () => {
    await openLab(terminal);
    const text = terminal.text();
    for (const title of titles) expect(text).toContain(title);
    expect(text).toMatch(/The Deployment api-client in namespace project-swan/);
    expect(text).toMatch(/0 of 100/);
    expect(text).toMatch(/embedded ● ready in \d+\.\d s +00:\d\d/);
    expect(text).toContain('s shell  h hint -5  e explain  r reset  n next');
    expect(text).toMatch(/Nothing has been changed yet/);
    await wholeFrame(terminal);
  });

  it('shows what is in the cluster as it changes, and describes it', async () => {
    terminal.type('v');
    await terminal.until(
      /namespace project-swan[\s\S]*Deployment api-client[\s\S]*└ ReplicaSet[\s\S]*└ Pod api-client-\S+ +1\/1 +Running/,
    );
    const kubectl = await kubectlOf(user);
    await kubectl.run(['create', 'configmap', 'aaa', '--from-literal=k=v', ...namespace]);
    await terminal.until(/ConfigMap aaa +1/);
    await kubectl.run(['delete', 'configmap', 'aaa', ...namespace]);
    await terminal.until((text) => !text.includes('ConfigMap aaa'));
    terminal.type(keys.enter);
    await terminal.until(
      /Deployment api-client[^\n]*kubectl describe deployments.apps [\s\S]*Namespace: +project-swan/,
    );
    terminal.type(keys.escape);
    await terminal.until('namespace project-swan');
    terminal.type(keys.escape);
    await terminal.until('Checks');
  });

  it('explains a failing check down to the missing rule', async () => {
    expect(terminal.text()).not.toMatch(/expected|actual|RoleBinding/);
    terminal.type('e');
    await terminal.until(/▸ Explain.*actual/s);
    for (const [price, shown] of [
      [3, /▸ Explain.* why {7}/s],
      [5, /▸ Explain.* look +kubectl /s],
    ] as const) {
      terminal.type('e');
      await terminal.until(`costs ${price} points. Go on?`);
      terminal.type('y');
      await terminal.until(shown);
    }
    const links = (text: string) => text.match(/^ *(log|object|review|rule|cause|look) /gm)?.length ?? 0;
    while (!terminal.text().includes('system:serviceaccount:project-swan:default')) {
      const before = links(terminal.text());
      terminal.type('e');
      await terminal.until((text) => links(text) > before);
    }
    await wholeFrame(terminal);
    terminal.type(keys.escape);
    await terminal.until('Checks');
  });

  it('stays whole while it is resized', async () => {
    for (const [columns, rows] of [
      [100, 30],
      [60, 16],
      [200, 50],
      [99, 24],
      [size.columns, size.rows],
    ] as const) {
      terminal.resize(columns, rows);
      await wholeFrame(terminal);
      expect(terminal.text()).toContain(titles[0]);
    }
  });

  it('shows the fix arrive, and solved, without a key pressed', async () => {
    await fix(await kubectlOf(user));
    await terminal.until('✔ solved');
    const text = terminal.text();
    for (const title of titles) expect(text).toContain(`✔ ${title}`);
    expect(text).not.toContain('✘');
    expect(text).toMatch(/\+ Role pod-reader/);
    expect(text).toMatch(/\+ RoleBinding pod-reader/);
    expect(text).toContain('solved · 92 of 100');
    await wholeFrame(terminal);
  });

  it('shows the debrief and how it went after solving', async () => {
    terminal.type('d');
    await terminal.until('Why it broke');
    terminal.type(keys.escape);
    await terminal.until('Checks');
    terminal.type('w');
    await terminal.until(/▸ Report[\s\S]*A Deployment that may not list Pods/);
    terminal.type(keys.escape);
    await terminal.until('Checks');
  });

  it('resets after a question', async () => {
    terminal.type('r');
    await terminal.until('Reset the cluster?');
    terminal.type('y');
    await terminal.until(/✘ The Pods' logs show the list/);
    await terminal.until('Nothing has been changed yet');
    await wholeFrame(terminal);
  });

  it('gives the terminal back', async () => {
    terminal.type('q');
    expect(await terminal.exited).toBe(0);
    expect(terminal.alternate).toBe(false);
    expect(terminal.text()).toMatch(
      /forbidden-deployment goes on, its clock stands at \d\d:\d\d\.\nCome back with: kubedrill/,
    );
    const raw = terminal.raw();
    expect(raw.lastIndexOf('\u001b[?25h')).toBeGreaterThan(raw.lastIndexOf('\u001b[?25l'));
    expect(raw.lastIndexOf('\u001b[?2004l')).toBeGreaterThan(raw.lastIndexOf('\u001b[?2004h'));
  });

  it('goes on where it was when it is opened again', async () => {
    const again = user.terminal([], size);
    await again.until('✔ ▶ 0 of 100');
    expect((await user.run(['status'])).stdout).toContain('active, solved before, the clock stands');
    const clock = async () => (await user.json<{ current: { running: boolean; seconds: number } }>(['status'])).current;
    expect(await clock()).toMatchObject({ running: false });
    expect(again.text()).toContain('Enter go on');
    again.type(keys.enter);
    await again.until(/✘ The Pods' logs show the list/);
    expect(await clock()).toMatchObject({ running: true });
    again.type('q');
    await again.exited;
    expect(await clock()).toMatchObject({ running: false });
  });
});

describe('the app', () => {
  let user: Sandbox;
  beforeEach(async () => {
    user = await Sandbox.create();
  });
  afterEach(() => user.dispose());

  it('opens the shell with kubectl set to the cluster, and comes back when it is left', async () => {
    // Without pseudo-terminals there is no pane: the shell has the terminal.
    const env = { NODE_OPTIONS: `--require ${join(import.meta.dirname, 'without-pty.cjs')}` };
    const terminal = user.terminal(['forbidden-deployment'], { columns: 120, rows: 40, env });
    await terminal.until(/✘ The Pods' logs show the list/);
    terminal.type('s');
    await terminal.until('(forbidden-deployment)');
    expect(terminal.alternate).toBe(false);
    terminal.type('basename "$KUBECONFIG" && basename "$KUBEDRILL_ANSWERS"\r');
    await terminal.until(/^kubeconfig\nanswers$/m);
    terminal.type('k get deploy -n project-swan\r');
    await terminal.until(/api-client-once +0\/1/);
    // Ctrl-C is the shell's: the app behind it stays.
    terminal.type(`sh -c "echo fell-''asleep; exec sleep 60"\r`);
    await terminal.until('fell-asleep');
    terminal.type('\u0003');
    await terminal.until('^C');
    terminal.type('echo still-"here"\r');
    await terminal.until('still-here');
    terminal.type('k create role r --verb=list --resource=pods -n project-swan\r');
    await terminal.until('role.rbac.authorization.k8s.io/r created');
    terminal.type('exit\r');
    await terminal.until('Checks');
    await terminal.until(/\+ Role r /);
    await wholeFrame(terminal);
    terminal.type('q');
    expect(await terminal.exited).toBe(0);
  });

  it('hands what is typed while the shell comes to the shell, and hears only Esc meanwhile', async () => {
    // A kubectl that takes as long as a download.
    const bin = join(user.folder, 'slow');
    const gate = join(user.folder, 'gate');
    mkdirSync(bin);
    const { file } = await kubectl();
    writeFileSync(
      join(bin, 'kubectl'),
      `#!/bin/sh\nwhile [ "$1" = version ] && [ ! -e '${gate}' ]; do sleep 0.05; done\nexec '${file}' "$@"\n`,
      { mode: 0o755 },
    );
    const env = { PATH: `${bin}:${user.env.PATH}` };
    // Too narrow for a pane beside the task: it is shown in full.
    const terminal = user.terminal(['forbidden-deployment'], { columns: 100, rows: 40, env });
    await terminal.until(/✘ The Pods' logs show the list/);
    terminal.type('s');
    await terminal.until('getting kubectl ready');
    terminal.type('nhhry');
    terminal.type(keys.escape);
    await terminal.until('no shell was opened');
    // All in one breath, and more of it later.
    terminal.type('sn=1; h=2;');
    await terminal.until('getting kubectl ready');
    terminal.type('echo "typed-$((n + h))"-ahead\rx');
    writeFileSync(gate, '');
    // Until the line is the shell's, the terminal's own editing would see to it, which does not take back an earlier x.
    await terminal.until(/^ typed-3-ahead$\n.*# x$/m);
    terminal.type('\u007fexit\r');
    await terminal.until(/✘ The Pods' logs show the list/);
    await wholeFrame(terminal);
    const { attempts } = await user.json<{ attempts: { scenario: string }[] }>(['status']);
    expect(attempts.map((a) => a.scenario)).toEqual(['forbidden-deployment']);
    expect(await user.json(['hint'])).toMatchObject({ left: 2 });
    // A terminal that is closed over an open shell takes shell and app along, and the clock stands.
    terminal.type('s');
    await terminal.until('(forbidden-deployment)');
    terminal.type('echo "shell=$$="\r');
    await terminal.until(/^ shell=\d+=$/m);
    const shell = Number(/^ shell=(\d+)=$/m.exec(terminal.text())?.[1]);
    terminal.kill('SIGHUP');
    await terminal.exited;
    expect(() => process.kill(shell, 0)).toThrow('ESRCH');
    expect(await user.json(['status'])).toMatchObject({ current: { running: false } });
  });

  it('leaves raw mode and the alternate screen behind, in the shell that started it', async () => {
    const terminal = user.open('/bin/sh', ['-c', '"$0" "$1"; echo "code $?"; stty -a', process.execPath, program]);
    await terminal.until('❯ forbidden-deployment');
    terminal.type('q');
    await terminal.exited;
    expect(terminal.text()).toMatch(/code 0/);
    expect(terminal.text()).toMatch(/(^|[ ;])icanon/m);
    expect(terminal.text()).toMatch(/(^|[ ;])echo /m);
    expect(terminal.alternate).toBe(false);
  });

  it('leaves by Ctrl-C and by SIGTERM just as well', async () => {
    // Also as soon as it is there, when it has only begun to ask the daemon.
    for (const leave of [(t: Terminal) => t.type('\u0003'), (t: Terminal) => t.kill('SIGTERM')]) {
      const terminal = user.terminal([]);
      await terminal.until('❯ forbidden-deployment');
      leave(terminal);
      expect(await terminal.exited).toBe(0);
      expect(terminal.alternate).toBe(false);
    }
  });

  it('takes what it was making along when the terminal is closed', async () => {
    const folder = user.env.TMPDIR ?? '';
    const created = Promise.withResolvers<void>();
    const watcher = watch(folder, () => created.resolve());
    const terminal = user.terminal(['pack', 'verify', '--scenario', 'forbidden-deployment']);
    await created.promise;
    watcher.close();
    terminal.kill('SIGHUP');
    expect(await terminal.exited).toBe(130);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('uses no colour under NO_COLOR, and symbols all the same', async () => {
    const terminal = user.terminal([], { env: { NO_COLOR: '1' } });
    await openLab(terminal);
    await fix(await kubectlOf(user));
    await terminal.until('✔ solved');
    // biome-ignore lint/complexity/useRegexLiterals: an escape in a literal is refused
    expect(terminal.raw()).not.toMatch(new RegExp('\u001b\\[[0-9;]*m'));
    terminal.type('q');
    await terminal.exited;
  });

  it('is plain lines with --plain, told as they change', async () => {
    const terminal = user.terminal(['--plain'], { columns: 100, rows: 60 });
    await terminal.until('words: list');
    terminal.type('start forbidden-deployment\r');
    await terminal.until(/✘ The Pods' logs show the list/);
    terminal.type('hint\r');
    await terminal.until('-5 points');
    await fix(await kubectlOf(user));
    await terminal.until('solved: 95 of 100 (help cost 5)');
    expect(terminal.alternate).toBe(false);
    terminal.type('quit\r');
    expect(await terminal.exited).toBe(0);
    expect(terminal.raw()).not.toContain('\u001b[?1049h');
  });

  it('goes on when the daemon is killed under it', async () => {
    const terminal = user.terminal([], { columns: 120, rows: 40 });
    await openLab(terminal);
    const before = await user.daemonPid();
    await user.killDaemon();
    await terminal.until('the daemon ended; it is being started again');
    await terminal.until((text) => !text.includes('the daemon ended'));
    await terminal.until(/✘ The Pods' logs show the list/);
    await fix(await kubectlOf(user));
    await terminal.until('✔ solved');
    expect(await user.daemonPid()).not.toBe(before);
    terminal.type('q');
    await terminal.exited;
  });

  it('loses nothing when app and daemon are killed the hard way', async () => {
    const terminal = user.terminal([], { columns: 120, rows: 40 });
    await openLab(terminal);
    terminal.type('h');
    await terminal.until('The next hint costs 5 points. Take it?');
    terminal.type('h');
    await terminal.until('▸ Hints');
    const kubectl = await kubectlOf(user);
    await kubectl.run(['create', 'role', 'kept', '--verb=get', '--resource=pods', ...namespace]);
    terminal.type(keys.escape);
    await terminal.until(/\+ Role kept/);
    const { current } = await user.json<{ current: { attempt: string } }>(['status']);
    terminal.kill('SIGKILL');
    await terminal.exited;
    await user.killDaemon();

    const again = user.terminal([], { columns: 120, rows: 40 });
    await again.until('▶ 0 of 100');
    again.type(keys.enter);
    await again.until(/✘ The Pods' logs show the list/);
    await again.until(/\+ Role kept/);
    expect(again.text()).toContain('Hint 1 of 3');
    expect(again.text()).toContain('help -5');
    const { current: now } = await user.json<{ current: { attempt: string; cluster: { kubeconfig: string } } }>([
      'status',
    ]);
    expect(now.attempt).toBe(current.attempt);
    await kubectl.run(['get', 'role', 'kept', ...namespace]);
    await kubectl.run(['delete', 'role', 'kept', ...namespace]);
    await fix(kubectl);
    await again.until('✔ solved');
    again.type('q');
    await again.exited;
  });

  it('follows a fix that was made while no terminal was open', async () => {
    const terminal = user.terminal([]);
    await openLab(terminal);
    terminal.type('q');
    await terminal.exited;
    await fix(await kubectlOf(user));
    expect((await user.run(['check', '--watch'])).code).toBe(0);
    const again = user.terminal([]);
    await again.until('✔ solved');
    again.type('q');
    await again.exited;
  });

  it('ends an attempt by x, and the cluster with it', async () => {
    const terminal = user.terminal([]);
    await openLab(terminal);
    terminal.type('x');
    await terminal.until('End it and delete its cluster?');
    terminal.type('y');
    await terminal.until('its cluster is gone');
    expect(await user.json(['cluster', 'list'])).toEqual([]);
    terminal.type('q');
    await terminal.exited;
  });

  it('keeps the mark of what was solved when attempt, daemon and clusters are gone', async () => {
    const terminal = user.terminal([]);
    await openLab(terminal);
    await fix(await kubectlOf(user));
    await terminal.until('✔ solved');
    terminal.type('x');
    await terminal.until('End it and delete its cluster?');
    terminal.type('y');
    // Until home is there no other key is heard.
    await terminal.until(/Start here[\s\S]*CKA +1 of/);
    terminal.type('2');
    await terminal.until(/❯ forbidden-deployment .*✔ solved/);
    terminal.type('q');
    await terminal.exited;
    await user.killDaemon();
    // What earlier versions left: the attempt's log is all that tells of it.
    rmSync(join(user.paths.state, 'progress.jsonl'));
    for (const again of ['from the log', 'from the file']) {
      const next = user.terminal([]);
      await next.until(/CKA +1 of/);
      next.type('2');
      await next.until(/forbidden-deployment .*✔ solved/);
      expect(next.text(), again).not.toContain('▶');
      next.type('q');
      await next.exited;
      rmSync(join(user.paths.state, 'attempts'), { recursive: true, force: true });
    }
  });
});
