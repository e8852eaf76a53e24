import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Following } from '../e2e/following.ts';
import { type CheckReport, Kubectl, type Started } from '../e2e/lab.ts';
import { program } from '../e2e/sandbox.ts';
import { containers, KindUser } from './kind-user.ts';

const namespace = ['-n', 'project-swan'];
const onKind = ['start', 'forbidden-deployment', '--provider', 'kind'];

describe('a lab on kind, as its user sees it', () => {
  let user: KindUser;
  let present: string[];
  let started: Started;
  let kubectl: Kubectl;

  beforeAll(async () => {
    present = await containers();
    user = await KindUser.create();
  });
  afterAll(() => user.dispose(), 120_000);

  const run = (...args: string[]) => user.sandbox.run(args);
  const created = async () => (await containers()).filter((name) => !present.includes(name));

  it('Ctrl-C at the control plane leaves no container, no kubeconfig and no log', { timeout: 120_000 }, async () => {
    const { code, output } = await startUntil(/^control plane$/, 'SIGINT');
    expect([code, output.at(-1)]).toEqual([130, 'cleaning up']);
    expect(await created()).toEqual([]);
    expect(user.left()).toEqual([]);
  });

  it('starts with its steps told, each once', { timeout: 180_000 }, async () => {
    const { code, stderr } = await run(...onKind);
    expect(code).toBe(0);
    const steps = stderr.trim().split('\n');
    for (const step of ['node containers', 'control plane', 'network (CNI)', 'storage', 'waiting for the workloads'])
      expect(steps.filter((line) => line === step)).toHaveLength(1);
    const [cluster] = await user.sandbox.json<Started[]>(['cluster', 'list']);
    started = cluster ?? expect.unreachable();
    expect(started).toMatchObject({ provider: 'kind', server: expect.stringMatching(/^https:\/\/127\.0\.0\.1:/) });
    expect(await created()).toHaveLength(1);
    kubectl = new Kubectl(user.sandbox, started.kubeconfig);
    expect(await kubectl.run(['get', 'nodes', '-o', 'name'])).toBe(`node/${(await created())[0]}\n`);
  });

  it('opens a shell on a node', async () => {
    const { stdout } = await user.sandbox.run(['node', 'shell', 'control-plane'], { input: 'hostname\n' });
    expect(stdout.trim()).toBe((await created())[0]);
    const refused = await run('node', 'shell', 'worker');
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining(`one of: ${(await created())[0]}`)]);
  });

  it('goes on after the daemon was killed, and is solved', { timeout: 120_000 }, async () => {
    const watching = run('check', '--watch', '--json');
    await kubectl.run(['create', 'role', 'pod-reader', '--verb=list', '--resource=pods', ...namespace]);
    expect((await run('cluster', 'doctor')).stdout).toBe('Role project-swan/pod-reader is new\n');
    await user.sandbox.killDaemon();
    expect((await watching).code).toBe(3);
    const report = JSON.parse((await run('check', '--json')).stdout) as CheckReport;
    expect(report).toMatchObject({ attempt: started.id, solved: false });
    const again = run('check', '--watch', '--json');
    const account = '--serviceaccount=project-swan:default';
    await kubectl.run(['create', 'rolebinding', 'pod-reader', '--role=pod-reader', account, ...namespace]);
    expect(JSON.parse((await again).stdout)).toMatchObject({ score: 100, solved: true });
  });

  it('is as at the start after a reset', { timeout: 120_000 }, async () => {
    expect((await run('reset')).code).toBe(0);
    expect((await run('cluster', 'doctor')).stdout).toBe('everything is as it was\n');
    expect(JSON.parse((await run('check', '--json')).stdout)).toMatchObject({ score: 0, solved: false });
  });

  it('gives its cluster to the next attempt, which finds nothing of the one before', { timeout: 180_000 }, async () => {
    await kubectl.run(['create', 'namespace', 'mine']);
    expect((await run('stop')).stdout).toContain('is kept for the next attempt');
    const next = await user.sandbox.json<Started>(onKind);
    expect(next.attempt).not.toBe(started.attempt);
    expect(next.server).toBe(started.server);
    expect(existsSync(started.kubeconfig)).toBe(false);
    const other = new Kubectl(user.sandbox, next.kubeconfig);
    expect(await other.run(['get', 'namespaces', '-o', 'name'])).not.toContain('mine');
    expect(await other.run(['get', 'roles', ...namespace])).toBe('');
  });

  it('is gone for good when it is no longer kept', { timeout: 120_000 }, async () => {
    await run('stop');
    const [kept] = await user.sandbox.json<Started[]>(['cluster', 'list']);
    expect(kept).toMatchObject({ kept: true });
    expect((await run('cluster', 'down', kept?.id ?? '')).code).toBe(0);
    expect(await created()).toEqual([]);
    expect(await user.sandbox.json(['cluster', 'list'])).toEqual([]);
  });

  it('is made anew after the daemon was killed in the middle of its making', { timeout: 240_000 }, async () => {
    let cutOff: string[] = [];
    const { code } = await startUntil(/^control plane$/, async () => {
      cutOff = await created();
      await user.sandbox.killDaemon();
    });
    expect([code, cutOff.length]).toEqual([3, 1]);
    // Any command brings a daemon, which finishes off what is left and begins again.
    await run('status');
    const attempt = await Following.newest(user.sandbox);
    await attempt.until((state) => state.phase === 'active', 180_000);
    attempt.close();
    const now = await created();
    expect(now).toHaveLength(1);
    expect(now).not.toEqual(cutOff);
    const { attempt: id } = (await user.sandbox.json<Started[]>(['cluster', 'list']))[0] ?? expect.unreachable();
    await run('stop');
    expect((await run('cluster', 'down', id)).code).toBe(0);
    expect(await created()).toEqual([]);
  });

  /** Starts the lab and does something to it at a step; how it ended. */
  async function startUntil(step: RegExp, act: NodeJS.Signals | (() => Promise<void>)) {
    const child = spawn(process.execPath, [program, ...onKind], {
      env: user.sandbox.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const output: string[] = [];
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    createInterface(child.stderr).on('line', (line) => {
      output.push(line);
      if (!step.test(line)) return;
      if (typeof act === 'string') child.kill(act);
      else void act();
    });
    return { code: await ended, output };
  }
});
