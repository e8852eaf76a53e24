import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AttemptReport } from '../../src/session/report.ts';
import { Kubectl, type Started } from './lab.ts';
import { Sandbox } from './sandbox.ts';

let user: Sandbox;
beforeAll(async () => {
  user = await Sandbox.create();
});
afterAll(() => user.dispose());

const day = 86_400_000;

describe('kubedrill config', () => {
  const file = () => join(user.paths.config, 'config.yaml');
  const set = (key: string, value: string) => user.run(['config', 'set', key, value]);

  it('keeps what was chosen, and the comments of the file', async () => {
    expect((await user.run(['config', 'path'])).stdout).toBe(`${file()}\n`);
    expect((await user.run(['config', 'get', 'clock.idle'])).stdout).toBe('10\n');
    expect(existsSync(file())).toBe(false);
    mkdirSync(user.paths.config, { recursive: true });
    writeFileSync(file(), '# mine\ncoach: 1 # told a little\n');
    for (const [key, value] of [
      ['clock.idle', '5'],
      ['keys.shell', '5'],
      ['coach', '2'],
    ] as const)
      expect(await set(key, value)).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(readFileSync(file(), 'utf8')).toBe(
      '# mine\ncoach: 2 # told a little\nclock:\n  idle: 5\nkeys:\n  shell: "5"\n',
    );
    expect(await user.json(['config', 'get', 'keys.shell'])).toEqual({ key: 'keys.shell', value: '5' });
    await user.run(['config', 'unset', 'keys.shell']);
    expect(readFileSync(file(), 'utf8')).not.toContain('keys');
    expect((await user.run(['config'])).stdout).toMatch(/^coach +2 +0 +what each check/m);
  });

  it.each([
    ['coach', '7', 'that is no value of coach', 'use one of: 0, 1, 2, 3'],
    ['clock.idle', 'soon', 'that is no value of clock.idle', 'kubedrill config list'],
    ['keys.shell', 'h', 'h is the key of hint, too', 'kubedrill config list'],
    ['teme', 'dark', 'did you mean theme?', 'kubedrill config list'],
  ])('refuses %s %s, and writes nothing', async (key, value, why, next) => {
    const before = readFileSync(file(), 'utf8');
    const { code, stderr } = await set(key, value);
    expect(code).toBe(2);
    expect(stderr).toContain(why);
    expect(stderr).toContain(`next: ${next}`);
    expect(readFileSync(file(), 'utf8')).toBe(before);
  });

  it('says where a file is wrong, to whoever needs it, and completes keys and values', async () => {
    const before = readFileSync(file(), 'utf8');
    writeFileSync(file(), 'coach: 2\nteme: dark\n');
    for (const args of [
      ['config', 'list'],
      ['start', 'who-am-i'],
      ['config', 'set', 'motion', 'full'],
    ]) {
      const { code, stderr } = await user.run(args);
      expect([code, stderr]).toEqual([2, expect.stringContaining(`${file()}:2:1: unknown field "teme"`)]);
    }
    writeFileSync(file(), before);
    const offered = async (...words: string[]) => (await user.run(['complete', '--', ...words])).stdout;
    expect(await offered('config', 'set', 'clock')).toContain('clock.idle');
    expect(await offered('config', 'set', 'theme', '')).toContain('high-contrast');
  });
});

describe('what was learnt', () => {
  let started: Started;
  const solve = async ({ kubeconfig }: Started, namespace: string) => {
    const kubectl = new Kubectl(user, kubeconfig);
    const here = ['-n', namespace];
    await kubectl.run(['create', 'role', 'pod-reader', '--verb=list', '--resource=pods', ...here]);
    const subject = `--serviceaccount=${namespace}:default`;
    await kubectl.run(['create', 'rolebinding', 'pod-reader', '--role=pod-reader', subject, ...here]);
    expect((await user.run(['check', '--watch', '--json'])).code).toBe(0);
  };

  it('begins a lab as it was chosen, and sets the solved one beside the reference', async () => {
    started = await user.json<Started>(['start', 'forbidden-deployment']);
    await solve(started, 'project-swan');
    const report = await user.json<AttemptReport>(['report']);
    expect(report).toMatchObject({
      coach: { base: 2 },
      comparison: {
        time: { exam: report.minutes * 60_000 },
        changes: { own: { '+ Role': 1, '+ RoleBinding': 1 }, reference: expect.any(Object) },
      },
    });
    const { best, worked } = report.comparison?.time ?? { best: 0, worked: -1 };
    expect(best).toBe(worked);
    expect((await user.run(['report', '--format', 'html'])).stdout).toContain('The reference changes: ');
    expect((await user.run(['report'])).stdout).toContain('that is your best');
  });

  it('survives a reset, kill -9 and the end of the lab', async () => {
    await user.run(['reset']);
    await user.killDaemon();
    await user.run(['stop']);
    const { domains, scenarios } = await user.json<{ domains: object[]; scenarios: object[] }>(['progress']);
    expect(scenarios).toEqual([
      expect.objectContaining({
        scenario: 'forbidden-deployment',
        solved: true,
        tries: 2,
        hints: 0,
        seeds: [expect.objectContaining({ seed: 0, solved: true, tries: 2 })],
      }),
    ]);
    expect(domains).toContainEqual({
      exam: 'cka',
      domain: 'troubleshooting',
      weight: 30,
      solved: 1,
      scenarios: expect.any(Number),
    });
    const { stdout } = await user.run(['list', '--sort', 'solved']);
    expect(stdout).toMatch(/^CKA {2}troubleshooting {2}30 % {2}█.* 1 of \d+ solved$/m);
    expect(stdout).toMatch(/^forbidden-deployment .*✔ \d+ of 100, \d\d:\d\d/m);
    expect((await user.run(['list', '--by', 'pack'])).stdout).toContain('1 of 24 solved');
  });

  it('comes back when it is due, with other names', async () => {
    expect((await user.run(['review'])).stdout).toMatch(/^nothing is due now/);
    expect(await user.run(['review', '--start'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('nothing is due now'),
    });
    // A year has gone by.
    const file = join(user.paths.state, 'progress.jsonl');
    const earlier = readFileSync(file, 'utf8').replaceAll(/"t":(\d+)/g, (_, t) => `"t":${Number(t) - 400 * day}`);
    await user.run(['daemon', 'stop']);
    writeFileSync(file, earlier);
    const { due } = await user.json<{ due: object[] }>(['review', '--count', '1']);
    expect(due).toEqual([expect.objectContaining({ scenario: 'forbidden-deployment', isDue: true, seeds: [0] })]);
    expect((await user.run(['list', '--due'])).stdout).toMatch(/^forbidden-deployment .*✔ ↻/m);
    const again = await user.json<Started>(['review', '--start']);
    const events = readFileSync(join(user.paths.state, 'attempts', again.attempt, 'events.jsonl'), 'utf8');
    expect(JSON.parse(events.split('\n')[0] ?? '')).toMatchObject({ scenario: { seed: expect.any(Number) }, coach: 2 });
    expect(JSON.parse(events.split('\n')[0] ?? '').scenario.seed).not.toBe(0);
    await user.run(['stop']);
  });
});
