import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';
import { isAlive, ownIdentity, startOf } from '../../src/cluster/record.ts';

it('knows this process from one with the same number that started at another time', async () => {
  const own = await ownIdentity();
  expect(await isAlive(own)).toBe(true);
  if (own.started !== '') expect(await isAlive({ ...own, started: '1' })).toBe(false);
});

it('takes a process that was killed but not yet reaped for dead', async ({ skip }) => {
  skip((await startOf(process.pid)) === '', 'the system does not tell when a process started');
  // What the shell becomes never asks how its child ended.
  const parent = spawn('sh', ['-c', 'sleep 60 & echo $!; exec cat'], { stdio: ['pipe', 'pipe', 'ignore'] });
  try {
    const [line] = await once(createInterface(parent.stdout), 'line');
    const pid = Number(line);
    const identity = { pid, started: await startOf(pid) };
    expect(await isAlive(identity)).toBe(true);
    process.kill(pid, 'SIGKILL');
    await expect.poll(() => isAlive(identity)).toBe(false);
    expect(process.kill(pid, 0)).toBe(true);
  } finally {
    parent.kill('SIGKILL');
  }
});
