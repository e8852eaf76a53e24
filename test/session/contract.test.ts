import { expect, it } from 'vitest';
import { EnvironmentError } from '../../src/kernel/errors.ts';
import { Queue } from '../../src/kernel/queue.ts';
import { runNodeProcess } from '../../src/session/node-session.ts';
import type { NodeInput } from '../../src/session/types.ts';
import { fakeLabs } from '../helpers/fake-labs.ts';

it('holds doubles to what is agreed', async () => {
  const labs = fakeLabs({
    attempts: async () => [{ id: 'half' } as never],
    check: async () => Promise.reject(new EnvironmentError({ what: 'out of order' })),
    debrief: async ({ id } = {}) => `of ${id}`,
  });
  expect(await labs.debrief({ id: 'mine' })).toBe('of mine');
  await expect(labs.debrief({ id: 5 as never })).rejects.toThrow('expected string');
  await expect(labs.check()).rejects.toThrow('out of order');
  await expect(labs.attempts()).rejects.toThrow('scenario');
  await expect(labs.stop()).rejects.toThrow('not faked: stop');
});

it('joins a process on a node to what it reads, a piece at a time', async () => {
  const asked: unknown[] = [];
  const ended = Promise.withResolvers<number>();
  const labs = fakeLabs({
    nodeProcess: async ({ session, ...request }, { onEvent } = {}) => {
      asked.push([session, request]);
      onEvent?.({ stream: 'stdout', data: 'aGk=' });
      return ended.promise;
    },
    nodeInput: async ({ session, input }) => {
      asked.push([session, input]);
      if ('end' in input) ended.resolve(7);
    },
  });
  const input = new Queue<NodeInput>();
  void input.push({ data: 'bHM=' });
  void input.push({ end: true });
  const output: unknown[] = [];
  const request = { node: 'worker', command: ['sh'], tty: false };
  const lines = { input, onOutput: (piece: unknown) => output.push(piece), signal: undefined };
  expect(await runNodeProcess(labs, request, lines)).toBe(7);
  const session = expect.stringMatching(/^[0-9a-f-]{36}$/);
  expect(asked).toEqual([
    [session, request],
    [session, { data: 'bHM=' }],
    [session, { end: true }],
  ]);
  expect(output).toEqual([{ stream: 'stdout', data: 'aGk=' }]);
});
