/** Errors that nobody caught, made in the daemon of the built program, are in its log and told by `kubedrill doctor`. */
import { existsSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { daemonLogPath } from '../../src/session/remote-labs.ts';
import { Inspector } from './inspector.ts';
import type { Started } from './lab.ts';
import { Sandbox } from './sandbox.ts';

interface Finding {
  subject: string;
  ok: boolean;
  text: string;
  fix?: string;
}

let user: Sandbox;
beforeEach(async () => {
  user = await Sandbox.create();
});
afterEach(() => user.dispose());

const log = () => readFileSync(daemonLogPath(user.paths), 'utf8');

/** Resolves when the daemon's log has an entry. */
async function logged(pattern: RegExp): Promise<void> {
  while (!pattern.test(log())) await new Promise((resolve) => setTimeout(resolve, 20));
}

async function faults() {
  const { ok, findings } = await user.json<{ ok: boolean; findings: Finding[] }>(['doctor']);
  return { ok, ...findings.find(({ subject }) => subject === 'faults') };
}

it('of its main thread and of a thread of containers', async () => {
  expect(existsSync(daemonLogPath(user.paths))).toBe(false);
  expect(await faults()).toMatchObject({ ok: true, text: 'none in the last 24 hours' });
  // So that Node's inspector, which any process opens at SIGUSR1, takes a free port.
  const env = { NODE_OPTIONS: '--inspect-port=0' };
  const { stdout } = await user.run(['start', 'forbidden-deployment', '--json'], { env });
  const lab = JSON.parse(stdout) as Started;
  expect(await faults()).toMatchObject({ ok: true });

  process.kill((await user.daemonPid()) ?? expect.unreachable(), 'SIGUSR1');
  await logged(/Debugger listening on ws:/);
  const inspector = await Inspector.connect(/ws:\S+/.exec(log())?.[0] ?? '');
  await inspector.evaluate(`setTimeout(function planted() { throw new Error('first', { cause: new Error('deep') }) })`);
  await logged(/Z fault: an error that nobody caught: Error: first\n +at .*planted[\s\S]*cause.*Error: deep\n +at /);
  await inspector.evaluate(`void Promise.reject(new Error('second'))`);
  await logged(/Z fault: a rejection that nobody handled: Error: second\n +at /);
  expect(await faults()).toMatchObject({
    ok: false,
    text: expect.stringMatching(/^2 in the last 24 hours, the last at 20.*Z: a rejection.*: Error: second$/),
    fix: expect.stringContaining(daemonLogPath(user.paths)),
  });

  await inspector.evaluateIn('kubedrill-containers', `setTimeout(function gone() { throw new Error('third') })`);
  await logged(/Z fault: worker: Error: third\n +at .*gone/);
  inspector.close();
  expect(await faults()).toMatchObject({ ok: false, text: expect.stringContaining('worker: Error: third') });
  const { code, stdout: shown } = await user.run(['doctor']);
  expect([code, shown]).toEqual([3, expect.stringMatching(/✘ +faults +3 in the last 24 hours/)]);
  // The lab goes on.
  expect(await user.json(['status'])).toMatchObject({ current: { attempt: lab.attempt, phase: 'active' } });
});
