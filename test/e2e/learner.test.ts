import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AttemptReport } from '../../src/session/report.ts';
import type { CheckView } from '../../src/session/types.ts';
import { type CheckReport, inventory, Kubectl, type Started } from './lab.ts';
import { Sandbox } from './sandbox.ts';

const namespace = ['-n', 'project-swan'];
const canI = ['auth', 'can-i', 'list', 'pods', '--as=system:serviceaccount:project-swan:default', ...namespace];

describe("the learner's path with kubectl", () => {
  let user: Sandbox;
  let kubectl: Kubectl;
  let before: Record<string, unknown>;

  beforeAll(async () => {
    user = await Sandbox.create();
  });
  afterAll(() => user.dispose());

  it('starts a lab and says where it is', async () => {
    const started = await user.json<Started>(['start', 'forbidden-deployment']);
    expect(started).toMatchObject({
      scenario: 'forbidden-deployment',
      attempt: expect.stringMatching(/^forbidden-deployment-/),
      server: expect.stringMatching(/^https:\/\/127\.0\.0\.1:\d+$/),
      context: `kubedrill-${started.id}`,
    });
    expect(Object.keys(started).sort()).toEqual(['attempt', 'context', 'id', 'kubeconfig', 'scenario', 'server']);
    kubectl = new Kubectl(user, started.kubeconfig);
    before = await inventory(kubectl);
  });

  it('sees Forbidden in the logs, and the API server says no', async () => {
    expect(await kubectl.run(['logs', 'deploy/api-client', ...namespace])).toContain(
      'Error from server (Forbidden): pods is forbidden: User "system:serviceaccount:project-swan:default" cannot list resource "pods" in API group "" in the namespace "project-swan"',
    );
    const answer = await kubectl.try(canI);
    expect([answer.code, answer.stdout.trim()]).toEqual([1, 'no']);
  });

  it('sees the run-to-completion variant crash', async () => {
    await kubectl.run([
      'wait',
      'pod',
      '-l',
      'app=api-client-once',
      '--for=jsonpath={.status.containerStatuses[0].lastState.terminated.exitCode}=1',
      '--timeout=30s',
      ...namespace,
    ]);
    expect(await kubectl.run(['logs', '-l', 'app=api-client-once', '--previous', ...namespace])).toContain('Forbidden');
    await kubectl.line(['get', 'pods', '-l', 'app=api-client-once', '-w', ...namespace], /CrashLoopBackOff/);
  });

  it('has no points, and checks that say their title and state', async () => {
    const { code, stdout } = await user.run(['check', '--json']);
    const report = JSON.parse(stdout) as CheckReport;
    expect(code).toBe(1);
    expect(report).toMatchObject({ scenario: 'forbidden-deployment', score: 0, max: 100, solved: false });
    for (const check of report.checks.filter((c) => c.status !== 'pass')) {
      // Fresh evidence only: the logs are judged by what comes after the start.
      expect(check.status).toMatch(check.id === 'logs-show-list' ? /^(fail|pending)$/ : /^fail$/);
      expect(check).toMatchObject({ level: 0, expected: '', actual: '', why: '', evidence: [] });
    }
    expect((await user.run(['replay'])).stdout).not.toMatch(/system:serviceaccount/);
  });

  it('asks about a check, step by step, and is told the price before', async () => {
    const ask = () => user.json<CheckView>(['explain', 'may-list', '--yes']);
    expect(await ask()).toMatchObject({ level: 1, actual: expect.stringMatching(/./), why: '', next: { price: 3 } });
    expect(await user.run(['explain', 'may-list'])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/costs 3 points\nnext: .*kubedrill explain may-list --yes/),
    });
    expect(await ask()).toMatchObject({ level: 2, why: expect.stringMatching(/./), evidence: [], next: { price: 5 } });
    let view = await ask();
    expect(view.evidence).toEqual([expect.objectContaining({ kind: 'command' })]);
    while (view.next) view = await ask();
    expect(JSON.stringify(view.evidence)).toContain('system:serviceaccount:project-swan:default');
    const all = await user.json<CheckView[]>(['explain']);
    expect(all.find(({ id }) => id === 'may-list')?.evidence).toEqual(view.evidence);
    expect(all.filter(({ id }) => id !== 'may-list').every(({ level }) => level === 0)).toBe(true);
    expect((await user.run(['replay'])).stdout).toMatch(/level 2, for 3 points\n.*level 3, for 5 points/s);
    expect(await user.json<AttemptReport>(['report'])).toMatchObject({ coach: { base: 0, used: 3, paid: 8 } });
  });

  it('turns green by itself once the Role and the RoleBinding exist', async () => {
    const watching = user.run(['check', '--watch', '--json']);
    await kubectl.run(['create', 'role', 'pod-reader', '--verb=list', '--resource=pods', ...namespace]);
    await kubectl.run([
      'create',
      'rolebinding',
      'pod-reader',
      '--role=pod-reader',
      '--serviceaccount=project-swan:default',
      ...namespace,
    ]);
    const { code, stdout } = await watching;
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ score: 92, max: 100, solved: true });
    expect((await user.run(['explain'])).stdout).toBe('every check passes\n');
  });

  it('may list now, and the logs show the table', async () => {
    expect((await kubectl.run(canI)).trim()).toBe('yes');
    const logs = await kubectl.run(['logs', 'deploy/api-client', '--tail=20', ...namespace]);
    expect(logs).toMatch(/^NAME +READY +STATUS +RESTARTS +AGE$/m);
    expect(logs).toMatch(/^api-client-\S+ +1\/1 +Running/m);
  });

  it('has it in its progress, which can be taken elsewhere', async () => {
    const { scenarios } = await user.json<{ scenarios: object[] }>(['progress']);
    const solved = {
      scenario: 'forbidden-deployment',
      solved: true,
      best: { score: 92, max: 100 },
      tries: 1,
      level: 3,
    };
    expect(scenarios).toEqual([expect.objectContaining(solved)]);
    expect((await user.run(['progress'])).stdout).toMatch(/^CKA +troubleshooting +30 % +█/);
    const file = join(user.folder, 'progress.jsonl');
    writeFileSync(file, (await user.run(['progress', 'export'])).stdout);
    const other = await Sandbox.create();
    try {
      expect((await other.run(['progress', 'import', file])).stdout).toMatch(
        /^2 records read; 1 scenarios are new here/,
      );
      expect(await other.json(['progress'])).toMatchObject({ scenarios: [solved] });
      writeFileSync(file, 'nonsense\n');
      expect(await other.run(['progress', 'import', file])).toMatchObject({
        code: 2,
        stderr: expect.stringContaining(':1:1: this is no line'),
      });
    } finally {
      await other.dispose();
    }
  });

  it('reads the debrief after solving', async () => {
    const { stdout } = await user.run(['debrief']);
    expect(stdout).toContain('Two minutes at the exam');
    expect(stdout).toMatch(/How it went\n+.*First change after .*, first fix after .*, solved in /);
    const { statistics } = await user.json<AttemptReport>(['report']);
    expect(statistics).toMatchObject({
      times: { change: expect.any(Number), fix: expect.any(Number), solved: expect.any(Number) },
      detours: [],
      losses: [],
    });
  });

  it('goes back to the start by a reset, with nothing of the fix left', async () => {
    const { code } = await user.run(['reset']);
    expect(code).toBe(0);
    expect(await inventory(kubectl)).toEqual(before);
    const answer = await kubectl.try(canI);
    expect(answer.stdout.trim()).toBe('no');
    const report = JSON.parse((await user.run(['check', '--json'])).stdout) as CheckReport;
    expect(report).toMatchObject({ score: 0, solved: false });
    expect(report.checks.find((c) => c.id === 'logs-show-list')?.status).not.toBe('pass');
    await kubectl.line(['logs', '-f', '--tail=1', 'deploy/api-client', ...namespace], /Forbidden/);
  });

  it('goes back from a harder mess: Deployment deleted, namespace relabelled, things left around', async () => {
    await kubectl.run(['delete', 'deployment', '--all', ...namespace]);
    await kubectl.run(['label', 'namespace', 'project-swan', 'mess=yes']);
    await kubectl.run([
      'create',
      'clusterrolebinding',
      'mess',
      '--clusterrole=cluster-admin',
      '--serviceaccount=project-swan:default',
    ]);
    await kubectl.run(['create', 'namespace', 'mess']);
    await kubectl.run(['delete', 'configmap', 'kube-root-ca.crt', ...namespace]);
    expect((await user.run(['reset'])).code).toBe(0);
    expect(await inventory(kubectl)).toEqual(before);
  });

  it('tells the environment of the shell, and takes hints and the solution', async () => {
    const { stdout } = await user.run(['env']);
    expect(stdout).toMatch(/^export KUBECONFIG=\//m);
    expect(stdout).toMatch(/^export KUBEDRILL_ATTEMPT=forbidden-deployment-/m);
    expect(await user.json(['hint'])).toMatchObject({ price: 5, left: 2 });
    expect((await user.json<{ name: string }[]>(['solution'])).map((s) => s.name)).toContain('reference');
  });

  it('ends with the verdicts it had, and its cluster is gone', async () => {
    const { score, checks } = await user.json<{ score: number; checks: { id: string }[] }>(['check']);
    const ids = checks.map(({ id }) => expect.objectContaining({ id }));
    expect(await user.json(['stop'])).toMatchObject({ score, checks: ids });
    expect((await kubectl.try(['get', 'pods'])).code).not.toBe(0);
    expect(await user.json(['cluster', 'list'])).toEqual([]);
  });
});

describe('several labs at once', () => {
  let user: Sandbox;
  beforeAll(async () => {
    user = await Sandbox.create();
  });
  afterAll(() => user.dispose());

  it('keeps attempts and bare clusters apart', async () => {
    const [one, two, bare] = await Promise.all([
      user.json<Started>(['start', 'forbidden-deployment']),
      user.json<Started>(['start', 'forbidden-deployment', '--seed', '7']),
      user.json<Started>(['cluster', 'up', '--name', 'bare']),
    ]);
    expect(new Set([one.server, two.server, bare.server]).size).toBe(3);
    const namespaces = await new Kubectl(user, two.kubeconfig).run(['get', 'namespaces', '-o', 'name']);
    expect(namespaces).toMatch(/project-(tiger|hamster|heron)/);
    await new Kubectl(user, one.kubeconfig).run(['create', 'namespace', 'only-here']);
    expect(await new Kubectl(user, bare.kubeconfig).run(['get', 'namespaces', '-o', 'name'])).not.toContain(
      'only-here',
    );
    const refused = await user.run(['cluster', 'down', one.id]);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('belongs to the attempt')]);
    expect((await user.run(['cluster', 'down', bare.id])).code).toBe(0);
    const listed = await user.json<{ id: string; attempt?: string }[]>(['cluster', 'list']);
    expect(listed.map((c) => c.attempt).sort()).toEqual([one.attempt, two.attempt].sort());
    for (const { attempt } of [one, two]) expect((await user.run(['stop', '--attempt', attempt])).code).toBe(0);
  });
});
