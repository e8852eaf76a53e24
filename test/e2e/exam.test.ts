/** A mock exam as somebody sits it: hosts, clock, crash, result. `npm test` takes four tasks, `npm test -- --all` sixteen. */
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { loadPack, loadScenario } from '../../src/scenario/load.ts';
import type { ExamReport } from '../../src/session/exam/report.ts';
import type { ExamState, ExamTask } from '../../src/session/exam/types.ts';
import { share } from '../helpers/share.ts';
import { execute, root, Sandbox } from './sandbox.ts';
import type { Terminal } from './terminal.ts';

const seed = 7;
const sixteen = [
  { scenario: 'who-can', weight: 10 },
  { scenario: 'escalation', weight: 9 },
  { scenario: 'console-rights', weight: 8 },
  { scenario: 'three-readers', weight: 7 },
  { scenario: 'secret-reader', weight: 7 },
  { scenario: 'aggregate-to-view', weight: 7 },
  { scenario: 'across-namespaces', weight: 6 },
  { scenario: 'one-secret-only', weight: 6 },
  { scenario: 'listing-nodes', weight: 6 },
  { scenario: 'release-rights', weight: 6 },
  { scenario: 'forbidden-deployment', weight: 6 },
  { scenario: 'no-token-needed', weight: 5 },
  { scenario: 'clusterrole-in-a-namespace', weight: 5 },
  { scenario: 'who-am-i', weight: 4 },
  { scenario: 'default-has-nothing', weight: 4 },
  { scenario: 'what-kubectl-sends', weight: 4 },
];
const four = [40, 30, 20, 10].map((weight, index) => ({ scenario: sixteen[index]?.scenario ?? '', weight }));
const isShort = share([1, 2], 2).length === 1;
const mock = isShort ? four : sixteen;
/** The first two of each four. */
const solvedWeight = mock.reduce((sum, { weight }, index) => sum + (index % 4 < 2 ? weight : 0), 0);

/** What all clusters may take on a busy machine, milliseconds. */
const patience = mock.length * 15_000;
vi.setConfig({ testTimeout: 2 * patience });

let user: Sandbox;
let pack: string;
let begun: ExamState;

beforeAll(async () => {
  user = await Sandbox.create();
  pack = join(user.folder, 'mocks');
  cpSync(join(root, 'scenarios', 'in-cluster-api-access'), pack, { recursive: true });
  const tasks = JSON.stringify(mock);
  const head = 'apiVersion: kubedrill.dev/v1\nkind: Pack\ntitle: Mocks\nversion: 1.0.0\n';
  const exam = `exams: [{ id: mock, title: A mock, minutes: 120, curriculum: cka, tasks: ${tasks} }]\n`;
  writeFileSync(join(pack, 'pack.yaml'), head + exam);
  await user.run(['pack', 'trust', pack]);
  begun = await user.json<ExamState>(['exam', 'start', 'mock', '--pack', pack, '--seed', String(seed)]);
});
afterAll(() => user.dispose());

const state = () => user.json<ExamState>(['exam', 'status']);

async function allReady(): Promise<ExamState> {
  return vi.waitFor(
    async () => {
      const now = await state();
      expect(now.tasks.map(({ phase }) => phase)).toEqual(mock.map(() => 'ready'));
      return now;
    },
    { timeout: patience, interval: 250 },
  );
}

/** Does a task as its author would, and waits until the grader has seen it. */
async function solve({ scenario: { id }, cluster, attempt = '' }: ExamTask): Promise<void> {
  const reference = loadScenario(loadPack(pack, false), id, seed).solutions.find(({ name }) => name === 'reference');
  const folder = join(user.paths.state, 'attempts', attempt);
  const env = { ...user.env, KUBECONFIG: cluster?.kubeconfig ?? '', KUBEDRILL_ANSWERS: join(folder, 'answers') };
  const [file, args] =
    reference?.kind === 'shell' ? ['bash', ['-e', '-c', reference.text]] : ['kubectl', ['apply', '-f', '-']];
  const done = await execute(file as string, args as string[], { env, input: reference?.text ?? '' });
  expect(done, id).toMatchObject({ code: 0 });
  // Nothing of the program says it: that is the exam.
  const log = join(folder, 'events.jsonl');
  await vi.waitFor(() => expect(readFileSync(log, 'utf8'), id).toContain('"type":"solved"'), { timeout: 30_000 });
}

it('is there with its first task, and prepares the others meanwhile', async () => {
  expect(begun).toMatchObject({ mode: 'exam', seed, phase: 'running', current: 1, minutes: 120, notes: '' });
  expect(begun.tasks[0]).toMatchObject({ phase: 'ready', weight: mock[0]?.weight });
  const hosts = begun.tasks.map(({ host }) => host);
  expect(new Set(hosts).size).toBe(mock.length);
  for (const host of hosts) expect(host).toMatch(/^cka\d{4}$/);
  const ready = await allReady();
  expect(new Set(ready.tasks.map(({ cluster }) => cluster?.server)).size).toBe(mock.length);
  const { stdout } = await user.run(['exam', 'task']);
  expect(stdout).toContain(`Solve this on: ssh ${hosts[0]}`);
  expect((await user.run(['exam', 'start', 'mock', '--pack', pack])).stderr).toContain('one is sat at a time');
});

describe('before the end', () => {
  const refused = ['check', 'hint', 'explain', 'solution', 'debrief', 'report', 'replay', 'reset'];
  it('says nothing of how it stands, whatever is asked', async () => {
    const [first] = begun.tasks;
    const of = ['--attempt', first?.attempt ?? ''];
    const answers = await Promise.all(
      refused.flatMap((command) => [user.run([command, ...of]), user.run([command, ...of, '--json'])]),
    );
    for (const { code, stdout, stderr } of answers) {
      expect(code).toBe(2);
      expect(stdout + stderr).toContain('that comes after the exam');
    }
    expect((await user.run(['stop', ...of])).stderr).toContain('is a task of the exam');
    expect((await user.run(['exam', 'report'])).stderr).toContain('no exam was submitted yet');
    expect(Object.keys((await user.json<{ current: object }>(['status', ...of])).current)).not.toContain('checks');
    expect((await user.run(['status'])).stdout).toContain('verdicts come after the exam');
    expect(JSON.stringify(await state())).not.toMatch(/"(score|verdicts|solved)"/);
  });

  it('keeps flags, notes and the current task, also when everything is killed', async () => {
    await user.run(['exam', 'flag', '3']);
    await user.run(['exam', 'note', 'come back', 'to three']);
    await user.run(['exam', 'next']);
    const before = await state();
    expect(before.current).toBe(2);
    const watching = user.terminal(['exam', 'shell']);
    await watching.until('candidate@terminal:');
    watching.kill();
    await user.killDaemon();
    const after = await allReady();
    const lasting = ({ id, current, notes, openedAt, deadline, tasks }: ExamState) => {
      const same = tasks.map(({ host, attempt, flagged, cluster }) => ({ host, attempt, flagged, id: cluster?.id }));
      return { id, current, notes, openedAt, deadline, same };
    };
    expect(lasting(after)).toEqual(lasting(before));
    expect(after.notes).toBe('come back to three');
    expect(after.tasks[2]?.flagged).toBe(true);
    // Time runs on whatever happens.
    expect(after.left).toBe((after.deadline ?? 0) - after.now);
    expect(after.left).toBeLessThan(before.left);
  });
});

describe('the terminal of the exam', () => {
  let terminal: Terminal;
  const last = (command: string, wanted: string | RegExp) => {
    terminal.type(`clear; ${command}\r`);
    return terminal.until(wanted);
  };

  it('has no cluster, and ssh to the hosts of this exam only', async () => {
    terminal = user.terminal(['exam', 'shell'], { columns: 120 });
    await terminal.until('candidate@terminal:');
    await last('kubectl get ns', /connection refused|was refused/);
    await last('ssh example.com', 'there is no host example.com in this exam');
    await last(`ssh candidate@${begun.tasks[1]?.host}`, `candidate@${begun.tasks[1]?.host}:`);
  });

  it('is on a host the cluster of its task, and no other way', async () => {
    const { tasks } = await state();
    await last('k config view -o jsonpath={.clusters[0].cluster.server}', tasks[1]?.cluster?.server ?? '');
    await last(`ssh ${tasks[0]?.host}`, `there is no way to ${tasks[0]?.host}`);
    await last('sudo whoami', /^root$/m);
    await last('sudo -i', /root@\S+-control-plane/);
    await last('exit', `candidate@${tasks[1]?.host}:`);
    await last('k create ns of-the-second', 'namespace/of-the-second created');
    await last('exit', 'candidate@terminal:');
    terminal.type(`clear; ssh ${tasks[0]?.host} kubectl get ns of-the-second\r`);
    await terminal.until('"of-the-second" not found');
    terminal.type('exit\r');
    await terminal.exited;
  });
});

describe('at the end', () => {
  let report: ExamReport;

  it('weighs the half that was done, exactly', async () => {
    const { tasks } = await state();
    await Promise.all(tasks.filter((_, index) => index % 4 < 2).map(solve));
    expect((await user.run(['exam', 'submit'])).stderr).toContain('agree to it: --yes');
    const { code, stdout } = await user.run(['exam', 'submit', '--yes', '--json']);
    report = JSON.parse(stdout) as ExamReport;
    expect(report).toMatchObject({ score: solvedWeight, max: 100, passMark: 66, passed: solvedWeight >= 66 });
    expect(code).toBe(solvedWeight >= 66 ? 0 : 1);
    expect(report.tasks.map(({ points }) => points)).toEqual(mock.map(({ weight }, i) => (i % 4 < 2 ? weight : 0)));
    expect(report.domains.reduce((sum, { score }) => sum + score, 0)).toBe(solvedWeight);
    expect(report.domains.reduce((sum, { max }) => sum + max, 0)).toBe(100);
    if (isShort) {
      expect(report.domains).toEqual([
        { domain: 'cka/cluster-architecture', score: 70, max: 90 },
        { domain: 'cka/troubleshooting', score: 0, max: 10 },
      ]);
    }
  });

  it('says what was lost and why, what to do again and how long each took', async () => {
    const third = report.tasks[2];
    expect(third).toMatchObject({ flagged: true, solved: false, spent: 0 });
    expect(third?.lost.reduce((sum, { points }) => sum + points, 0)).toBeCloseTo(third?.weight ?? 0, 1);
    expect(third?.lost[0]?.why).not.toBe('');
    expect(report.tasks[1]?.spent).toBeGreaterThan(0);
    expect(report.review[0]?.scenario.id).toBe('console-rights');
    expect(await user.json(['exam', 'report'])).toEqual(report);
    const text = (await user.run(['exam', 'report'])).stdout;
    expect(text).toContain(`${solvedWeight} %`);
    expect(text).toContain('What was lost');
    const page = join(user.folder, 'exam.html');
    await user.run(['exam', 'report', '--html', page]);
    expect(readFileSync(page, 'utf8')).toContain(`<strong>${solvedWeight} %</strong>`);
    expect(await user.json(['exam', 'sittings'])).toMatchObject([{ running: false, result: { score: solvedWeight } }]);
  });

  it('takes the clusters away, and leaves progress, reports and all help', async () => {
    expect(await user.json(['cluster', 'list'])).toEqual([]);
    expect((await user.run(['exam', 'status'])).stderr).toContain('no exam goes on');
    const first = report.tasks[0]?.attempt ?? '';
    expect(existsSync(join(user.paths.state, 'attempts', first))).toBe(true);
    expect(await user.json(['report', '--attempt', first])).toMatchObject({ solved: true, score: 100 });
    const progress = readFileSync(join(user.paths.state, 'progress.jsonl'), 'utf8');
    expect(progress).toMatch(/"scenario":"who-can".*"type":"solved"/);
    expect(progress).not.toMatch(/"scenario":"console-rights".*"type":"solved"/);
  });
});
