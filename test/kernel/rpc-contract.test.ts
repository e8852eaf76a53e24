import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import * as z from 'zod';
import { EnvironmentError, UserError } from '../../src/kernel/errors.ts';
import { connectRpc } from '../../src/kernel/rpc.ts';
import { type Contract, methodsOver } from '../../src/kernel/rpc-contract.ts';
import { handlersOf } from '../../src/kernel/rpc-handlers.ts';
import { type Handlers, serveRpc } from '../../src/kernel/rpc-server.ts';
import { temporaryFolder } from '../helpers/temporary.ts';

const contract = {
  double: { params: z.object({ n: z.number() }), result: z.number() },
  find: { params: z.object({ name: z.string().optional() }), result: z.string().optional() },
  count: { params: z.object({}), event: z.number(), result: z.void(), aborting: 'ends' },
  make: { params: z.object({}), result: z.string(), aborting: 'waits' },
  late: { params: z.object({}), result: z.string(), limit: 20 },
} satisfies Contract;

const untilAborted = (signal: AbortSignal | undefined) =>
  new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve()));

/** The methods of the contract, over a connection to what has these handlers. */
async function connected(handlers: Handlers, interrupted?: AbortSignal) {
  const path = join(temporaryFolder(), 'test.sock');
  const server = await serveRpc(path, handlers);
  const client = await connectRpc(path);
  onTestFinished(async () => {
    client.close();
    await server.close();
  });
  return { client, methods: methodsOver(client, contract, interrupted) };
}

/** A server that keeps to the contract; `over` hears which handlers have ended. */
function kept(over: string[] = []): Handlers {
  return handlersOf(contract, {
    double: async ({ n }) => 2 * n,
    find: async ({ name } = {}) => (name === 'there' ? 'found' : undefined),
    count: async (_, { onEvent, signal } = {}) => {
      for (const n of [1, 2, 3]) await onEvent?.(n);
      await untilAborted(signal);
    },
    make: async (_, { signal } = {}) => {
      await untilAborted(signal);
      over.push('make');
      return 'made';
    },
    late: async (_, { signal } = {}) => {
      await untilAborted(signal);
      return 'too late';
    },
  });
}

describe('a contract', () => {
  it('makes the handlers and the methods that call them', async () => {
    const { methods } = await connected(kept());
    expect(await methods.double({ n: 2 })).toBe(4);
    expect(await methods.find({ name: 'there' })).toBe('found');
    expect(await methods.find()).toBeUndefined();
  });

  it('says how a call ends that is aborted, and how long one is waited for', async () => {
    const over: string[] = [];
    const { methods } = await connected(kept(over));
    const stop = new AbortController();
    const seen: number[] = [];
    const onEvent = (n: number) => {
      seen.push(n);
      if (n === 3) stop.abort(new Error('enough'));
    };
    const making = methods.make({}, { signal: stop.signal });
    expect(await methods.count({}, { onEvent, signal: stop.signal })).toBeUndefined();
    expect(seen).toEqual([1, 2, 3]);
    expect(await making).toBe('made');
    expect(over).toEqual(['make']);
    await expect(methods.double({ n: 1 }, { signal: stop.signal })).rejects.toThrow('enough');
    await expect(methods.late()).rejects.toThrow('what it was asked for (late)');
  });

  it('is aborted by the interruption where a call has no signal of its own', async () => {
    const interrupted = new AbortController();
    const { methods } = await connected(kept(), interrupted.signal);
    const call = expect(methods.late()).rejects.toThrow('Ctrl-C');
    interrupted.abort(new Error('Ctrl-C'));
    await call;
  });

  it('runs every handler inside of what is around them', async () => {
    const called: string[] = [];
    const { double } = contract;
    const handlers = handlersOf({ double }, { double: async ({ n }) => 2 * n }, async (method, run) => {
      called.push(method);
      return run();
    });
    const { methods } = await connected(handlers);
    expect(await methods.double({ n: 2 })).toBe(4);
    expect(called).toEqual(['double']);
  });
});

describe('what is not as agreed', () => {
  it('is refused by the server if it is a parameter', async () => {
    const { client } = await connected(kept());
    await expect(client.call('double', { n: 'two' })).rejects.toMatchObject({
      constructor: UserError,
      text: { why: expect.stringContaining('expected number, received string') },
    });
    await expect(client.call('find', { name: 5 })).rejects.toBeInstanceOf(UserError);
  });

  it('is refused by the client if it is an answer, with the method', async () => {
    const { methods } = await connected({ double: () => 'four', find: () => 5 });
    await expect(methods.double({ n: 2 })).rejects.toMatchObject({
      constructor: EnvironmentError,
      text: { what: 'the answer to double is not as it should be', why: expect.stringContaining('expected number') },
    });
    await expect(methods.find()).rejects.toThrow('the answer to find is not as it should be');
  });

  it('is refused by the client if it is an event, whose call ends at once', async () => {
    const ended = Promise.withResolvers<void>();
    const { methods } = await connected({
      count: async (_, { emit, signal }) => {
        for (const event of [1, 'two', 3]) emit(event);
        await untilAborted(signal);
        ended.resolve();
      },
    });
    const seen: number[] = [];
    await expect(methods.count({}, { onEvent: (n) => seen.push(n) })).rejects.toMatchObject({
      constructor: EnvironmentError,
      text: { what: 'an event of count is not as it should be' },
    });
    expect(seen).toEqual([1]);
    await ended.promise;
  });
});
