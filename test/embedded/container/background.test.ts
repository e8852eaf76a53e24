import { expect, it } from 'vitest';
import { SysError } from '../../../src/embedded/container/kernel/errno.ts';
import type { Process } from '../../../src/embedded/container/kernel/process.ts';
import { program } from '../../../src/embedded/container/lib/program.ts';
import { programs } from '../../../src/embedded/container/programs/index.ts';
import type { ToMain } from '../../../src/embedded/container/protocol.ts';
import { ContainerHost } from '../../../src/embedded/container/worker/host.ts';
import { specOf } from './helpers.ts';

/** Runs code as the main process of a container; what it printed, its exit code, and what was reported of it. */
async function run(code: (p: Process) => Promise<number>) {
  const ended = Promise.withResolvers<number>();
  let printed = '';
  const bugs: unknown[] = [];
  const host = new ContainerHost(new Map([...programs, ['sleep', program('sleep', code)]]), (messages: ToMain[]) => {
    for (const message of messages) {
      if (message.t === 'output') printed += new TextDecoder().decode(message.data);
      if (message.t === 'bug') bugs.push(message);
      if (message.t === 'exited') ended.resolve(message.exit.exitCode);
    }
  });
  host.handle({ t: 'cluster' });
  host.handle({ t: 'start', container: 2, spec: specOf('busybox:1.36', { command: ['sleep'] }) });
  return { exitCode: await ended.promise, printed, bugs };
}

/** A controller that serves until it is stopped, with something going on beside it. */
const beside = (work: (p: Process) => Promise<unknown>) => async (p: Process) => {
  p.background(work(p));
  await p.sleep(500);
  return 0;
};

it('goes on beside a program, which ends as it does', async () => {
  const fine = await run(beside((p) => p.print(1, 'beside\n')));
  expect(fine).toEqual({ exitCode: 0, printed: 'beside\n', bugs: [] });
  expect(await run(beside((p) => p.sleep(60_000)))).toMatchObject({ exitCode: 0, bugs: [] });
});

it('ends the process if it fails, and is reported if the failure is our own', async () => {
  const own = await run(beside(() => Promise.reject(new TypeError('x is not a function'))));
  expect(own).toMatchObject({ exitCode: 1, printed: 'sleep: x is not a function\n', bugs: [{ program: 'sleep' }] });
  const refused = await run(beside(() => Promise.reject(new SysError('EACCES'))));
  expect(refused).toMatchObject({ exitCode: 1, bugs: [] });
});

it('is reported if it cannot even say why it failed, unless it has nowhere to say it', async () => {
  const failing = (prepare: (p: Process) => void) =>
    run(async (p) => {
      prepare(p);
      throw new SysError('EACCES');
    });
  const broken = await failing((p) => {
    p.print = () => Promise.reject(new TypeError('y is not a function'));
  });
  expect(broken).toMatchObject({ exitCode: 1, bugs: [{ stack: expect.stringContaining('y is not a function') }] });
  expect(await failing((p) => p.setFd(2, undefined))).toEqual({ exitCode: 1, printed: '', bugs: [] });
});
