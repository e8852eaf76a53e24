import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import * as z from 'zod';
import { EnvironmentError, UserError } from '../../src/kernel/errors.ts';
import { connectRpc } from '../../src/kernel/rpc.ts';
import { verb } from '../../src/kernel/rpc-handlers.ts';
import { type CallContext, type Handlers, serveRpc } from '../../src/kernel/rpc-server.ts';
import { temporaryFolder } from '../helpers/temporary.ts';

async function pair(handlers: Handlers) {
  const path = join(temporaryFolder(), 'state', 'test.sock');
  const server = await serveRpc(path, handlers);
  const client = await connectRpc(path);
  onTestFinished(async () => {
    client.close();
    await server.close();
  });
  return { path, server, client };
}

it('answers calls, also many at once, each with its own answer', async () => {
  const { client, path } = await pair({ double: verb(z.object({ n: z.number() }), ({ n }) => 2 * n) });
  const answers = await Promise.all([1, 2, 3].map((n) => client.call('double', { n })));
  expect(answers).toEqual([2, 4, 6]);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

it('hands errors over as what they are', async () => {
  const { client } = await pair({
    user: () => {
      throw new UserError({ what: 'no such thing', next: 'try another' });
    },
    environment: () => Promise.reject(new EnvironmentError({ what: 'disk full' })),
  });
  await expect(client.call('user')).rejects.toMatchObject({ text: { what: 'no such thing', next: 'try another' } });
  await expect(client.call('user')).rejects.toBeInstanceOf(UserError);
  await expect(client.call('environment')).rejects.toBeInstanceOf(EnvironmentError);
  await expect(client.call('nothing')).rejects.toThrow('no method nothing');
});

it('streams events until the caller cancels, and ends when the handler has', async () => {
  const { client } = await pair({
    count: async (_: unknown, { emit, signal }: CallContext) => {
      for (let n = 1; n <= 3; n++) emit(n);
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      emit(0);
      signal.throwIfAborted();
    },
  });
  const events: unknown[] = [];
  const stop = new AbortController();
  const call = client.call(
    'count',
    {},
    {
      signal: stop.signal,
      onEvent: (n) => {
        events.push(n);
        if (n === 3) stop.abort(new Error('enough'));
      },
    },
  );
  await expect(call).rejects.toThrow('enough');
  expect(events).toEqual([1, 2, 3, 0]);
});

it('gives the answer of a handler that was done before it heard of the cancelling', async () => {
  const { client } = await pair({
    make: (_: unknown, { signal }: CallContext) =>
      new Promise((resolve) => signal.addEventListener('abort', () => resolve('made'))),
  });
  const stop = new AbortController();
  const call = client.call('make', {}, { signal: stop.signal });
  stop.abort(new Error('too late'));
  expect(await call).toBe('made');
  await expect(client.call('make', {}, { signal: stop.signal })).rejects.toThrow('too late');
});

it('takes over a socket file that nobody listens on, never one that somebody does', async () => {
  const { path } = await pair({});
  await expect(serveRpc(path, {})).rejects.toMatchObject({ code: 'EADDRINUSE' });
  const stale = join(temporaryFolder(), 'stale.sock');
  writeFileSync(stale, '');
  const server = await serveRpc(stale, { ping: () => 'pong' });
  const client = await connectRpc(stale);
  expect(await client.call('ping')).toBe('pong');
  client.close();
  await server.close();
});

it('rejects open calls when the server goes', async () => {
  const { client, server } = await pair({ forever: () => new Promise(() => undefined) });
  const call = client.call('forever');
  await Promise.all([server.close(), expect(call).rejects.toBeInstanceOf(EnvironmentError)]);
  await client.closed;
});
