import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Kubectl, type Started } from './lab.ts';
import { program, Sandbox } from './sandbox.ts';

interface Status {
  current: { attempt: string; phase: string; score: number; failure?: { what: string; why: string } } | null;
}

let user: Sandbox;
let lab: Started;
let kubectl: Kubectl;
beforeAll(async () => {
  user = await Sandbox.create();
  lab = await user.json<Started>(['start', 'forbidden-deployment']);
  kubectl = new Kubectl(user, lab.kubeconfig);
}, 120_000);
afterAll(() => user.dispose());

const clusterFile = (...path: string[]) => join(user.paths.state, 'clusters', lab.id, ...path);
const status = () => user.json<Status>(['status']);
const daemonStatus = () => user.json<{ running: boolean; pid: number; clusters: number }>(['daemon', 'status']);

describe('the daemon', () => {
  it('is stopped on request, says what it suspends, and the next command has it back', async () => {
    await kubectl.run(['create', 'configmap', 'mine']);
    const { pid } = await daemonStatus();
    const { code, stdout } = await user.run(['daemon', 'stop']);
    expect(stdout).toBe(
      `the daemon (process ${pid}) has ended; suspended: ${lab.attempt}; 1 cluster is kept and back with the next command\n`,
    );
    expect(code).toBe(0);
    expect(await user.json(['daemon', 'status'])).toEqual({ running: false });
    expect(await user.json(['daemon', 'stop'])).toEqual({ stopped: false });
    expect((await status()).current).toMatchObject({ attempt: lab.attempt, phase: 'active' });
    await kubectl.run(['get', 'configmap', 'mine']);
    expect(await daemonStatus()).toMatchObject({ running: true, clusters: 1 });
  });

  it('that does not answer is no reason to wait: commands say so, end when told to, and it can be ended', async () => {
    const { pid } = await daemonStatus();
    process.kill(pid, 'SIGSTOP');
    const interrupted = spawn(process.execPath, [program, 'check'], {
      env: user.env,
      stdio: ['ignore', 'ignore', 'ignore'],
    });
    const ended = once(interrupted, 'exit');
    const waiting = [user.run(['status']), user.run(['daemon', 'status']), user.run(['doctor', '--json'])];
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    interrupted.kill('SIGTERM');
    expect(await ended).toEqual([130, null]);
    const [current, daemon, doctor] = await Promise.all(waiting);
    expect(current?.code).toBe(3);
    expect(current?.stderr).toMatch(/^kubedrill: the daemon does not answer\nwhy: .*\nnext: kubedrill daemon stop/);
    expect(daemon?.stderr).toContain(`kubedrill: the daemon (process ${pid}) does not answer`);
    expect(JSON.parse(doctor?.stdout ?? '')).toMatchObject({
      ok: false,
      findings: expect.arrayContaining([expect.objectContaining({ subject: 'daemon', ok: false })]),
    });
    expect(await user.json(['daemon', 'stop'])).toMatchObject({ stopped: true, killed: true, pid });
    expect((await status()).current).toMatchObject({ attempt: lab.attempt, phase: 'active' });
  });
});

describe('an attempt that blocked the daemon', () => {
  it('is set aside by the next one, named everywhere, and taken up once it is asked for', async () => {
    await user.killDaemon();
    const blocked = { seconds: 30, at: 0, work: { attempt: lab.attempt }, stack: ['RegExp.test (<anonymous>)'] };
    writeFileSync(join(user.paths.state, 'blocked.json'), JSON.stringify(blocked));
    const { current } = await status();
    expect(current).toMatchObject({
      ...{ attempt: lab.attempt, phase: 'failed' },
      failure: {
        what: `the attempt ${lab.attempt} is set aside`,
        why: expect.stringContaining('for 30 s, in RegExp.test'),
      },
    });
    const check = await user.run(['check']);
    expect(check.code).toBe(3);
    expect(check.stderr).toContain(`kubedrill: the attempt ${lab.attempt} is set aside`);
    expect((await user.run(['report', '--attempt', lab.attempt])).code).toBe(0);
    await user.killDaemon();
    expect((await status()).current?.phase).toBe('failed');
    await user.json(['reset', '--attempt', lab.attempt]);
    expect((await status()).current).toMatchObject({ attempt: lab.attempt, phase: 'active' });
  });
});

describe('a cluster whose files are damaged', () => {
  const listed = async () => {
    const clusters = await user.json<{ id: string; attempt: string; broken?: { what: string; repair?: string } }[]>([
      'cluster',
      'list',
    ]);
    return clusters.find(({ id }) => id === lab.id);
  };

  it('is listed as broken with the file, by cluster list, status and doctor, and is back after its repair', async () => {
    await user.killDaemon();
    writeFileSync(clusterFile('etcd.json'), '');
    writeFileSync(clusterFile('pki', 'ca.key'), readFileSync(clusterFile('pki', 'ca.key'), 'utf8').slice(0, 60));
    expect(await listed()).toMatchObject({
      attempt: lab.attempt,
      broken: { what: expect.stringContaining('etcd.json is empty') },
    });
    const { stdout } = await user.run(['cluster', 'list']);
    expect(stdout).toContain(`${clusterFile('pki', 'ca.key')} is no private key`);
    expect(stdout).toContain(`next: kubedrill cluster repair ${lab.id} restores it: pki/ca.key is restored from`);
    expect((await status()).current).toMatchObject({
      ...{ attempt: lab.attempt, phase: 'failed' },
      failure: { what: `the cluster ${lab.id} is broken`, why: expect.stringContaining('etcd.json is empty') },
    });
    expect((await user.run(['doctor'])).stdout).toContain('etcd.json is empty');
    expect((await user.run(['report', '--attempt', lab.attempt])).stdout).toContain(lab.attempt);
    expect(await user.json(['cluster', 'repair', lab.id])).toMatchObject({
      done: expect.arrayContaining([expect.stringContaining('etcd.json')]),
    });
    expect(await listed()).not.toHaveProperty('broken');
    expect((await status()).current).toMatchObject({ attempt: lab.attempt, phase: 'active' });
    await kubectl.run(['get', 'deployment', 'api-client', '-n', 'project-swan']);
  });

  it('that nothing can be restored of is deleted on request, and the results of its attempt stay', async () => {
    await user.killDaemon();
    for (const file of ['baseline.json', 'wal']) rmSync(clusterFile(file), { recursive: true });
    appendFileSync(clusterFile('meta.json'), '}');
    expect((await listed())?.broken).toMatchObject({
      what: `${clusterFile('meta.json')} is no JSON: it is cut off or was overwritten`,
    });
    const { code, stderr } = await user.run(['cluster', 'repair', lab.id]);
    expect(code).toBe(3);
    expect(stderr).toContain(`kubedrill: the cluster ${lab.id} stays broken`);
    expect((await user.run(['cluster', 'down', lab.id])).code).toBe(0);
    expect(await listed()).toBeUndefined();
    expect(existsSync(clusterFile())).toBe(false);
    expect((await user.run(['report', '--attempt', lab.attempt])).stdout).toContain(lab.attempt);
    expect((await status()).current).toBeNull();
  });
});
