import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';
import { KubeconfigProvider } from '../../src/cluster/kubeconfig/provider.ts';
import { isAlive, ownIdentity, startOf } from '../../src/cluster/record.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { temporaryFolder } from '../helpers/temporary.ts';

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

it.each(['', '{"version":1,"pha', 'null', '[]'])(
  'lists a cluster whose record is %j as broken, and deletes it only on request',
  async (text) => {
    const folder = temporaryFolder();
    const own = join(folder, 'lab');
    mkdirSync(own);
    writeFileSync(join(own, 'cluster.json'), text);
    const provider = new KubeconfigProvider({ folder, clock: systemClock, lasting: true });
    await provider.resume();
    expect(await provider.broken()).toMatchObject([
      { id: 'lab', what: `${join(own, 'cluster.json')} is empty or is no record of a cluster` },
    ]);
    expect(await provider.list()).toEqual([]);
    await provider.delete('lab');
    expect(existsSync(own)).toBe(false);
  },
);
