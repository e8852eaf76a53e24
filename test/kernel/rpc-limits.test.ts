import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it, onTestFinished } from 'vitest';
import * as z from 'zod';
import { ManualClock } from '../../src/kernel/clock.ts';
import { DisconnectedError, UnresponsiveError, UserError } from '../../src/kernel/errors.ts';
import { connectRpc } from '../../src/kernel/rpc.ts';
import { verb } from '../../src/kernel/rpc-handlers.ts';
import { type CallContext, type Handlers, serveRpc } from '../../src/kernel/rpc-server.ts';
import { temporaryFolder } from '../helpers/temporary.ts';

async function serve(handlers: Handlers): Promise<string> {
  const path = join(temporaryFolder(), 'test.sock');
  const server = await serveRpc(path, handlers);
  onTestFinished(() => server.close());
  return path;
}

async function raw(path: string): Promise<Socket> {
  const socket = connect(path);
  socket.on('error', () => undefined);
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  return socket;
}

async function answers(socket: Socket, count: number): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const line of createInterface(socket)) {
    all.push(JSON.parse(line));
    if (all.length === count) break;
  }
  return all;
}

describe('a server', () => {
  const hello: Handlers = { hello: () => 'well', double: verb(z.object({ n: z.number() }), ({ n }) => 2 * n) };

  it.each(['null', '5', '"x"', '{', '[]', 'garbage', '', '{"id":"x","method":"hello"}', '{"cancel":{}}', '\u0000'])(
    'answers %j with an error, and goes on on that connection and on others',
    async (line) => {
      const path = await serve(hello);
      const [socket, client] = [await raw(path), await connectRpc(path)];
      socket.write(`${line}\n{"id":1,"method":"hello"}\n`);
      const [refusal, answer] = await answers(socket, 2);
      expect(refusal).toMatchObject({ id: null, error: { kind: 'user', text: { what: 'this line is no call' } } });
      expect(answer).toEqual({ id: 1, result: 'well' });
      expect(await client.call('hello')).toBe('well');
      client.close();
    },
  );

  it.each(['constructor', '__proto__', 'toString', 'hasOwnProperty'])('has no method %s', async (method) => {
    const client = await connectRpc(await serve(hello));
    await expect(client.call(method)).rejects.toThrow(`no method ${method}`);
    client.close();
  });

  it('refuses parameters of another shape, with what is wrong', async () => {
    const client = await connectRpc(await serve(hello));
    await expect(client.call('double', { n: 'two' })).rejects.toMatchObject({
      text: { why: expect.stringContaining('expected number, received string') },
    });
    await expect(client.call('double', null as never)).rejects.toBeInstanceOf(UserError);
    expect(await client.call('double', { n: 2 })).toBe(4);
    client.close();
  });

  it('goes on when a client ends in the middle of a line', async () => {
    const path = await serve(hello);
    const socket = await raw(path);
    socket.end('{"id":1,"meth');
    await once(socket.resume(), 'close');
    const client = await connectRpc(path);
    expect(await client.call('hello')).toBe('well');
    client.close();
  });

  it('ends a connection whose line does not end, says why, and keeps none of it', async () => {
    const path = await serve(hello);
    const socket = await raw(path);
    const [end] = await Promise.all([
      answers(socket, 1),
      (async () => {
        const piece = Buffer.alloc(2 ** 20, 'a');
        for (let sent = 0; sent < 64 && !socket.destroyed; sent++)
          if (!socket.write(piece)) await Promise.race([once(socket, 'drain'), once(socket, 'close')]);
      })(),
    ]);
    expect(end).toMatchObject([{ end: { text: { why: 'a line had more than 1048576 bytes' } } }]);
    const client = await connectRpc(path);
    expect(await client.call('hello')).toBe('well');
    client.close();
  });

  it('lets a client read its answer when the server closes, though that goes on writing', async () => {
    const path = join(temporaryFolder(), 'test.sock');
    const closed = Promise.withResolvers<void>();
    const server = await serveRpc(path, {
      bye: () => {
        setImmediate(() => void server.close().then(closed.resolve));
        return 'well';
      },
    });
    const socket = await raw(path);
    const ended = once(socket, 'end');
    socket.write('{"id":1,"method":"bye"}\n');
    // It listens no more.
    await expect.poll(() => once(connect(path), 'connect').catch((error) => error.code)).toMatch(/ENOENT|ECONNREFUSED/);
    await new Promise((resolve) => socket.write('{"ping":0}\n', resolve));
    expect(await answers(socket, 1)).toEqual([{ id: 1, result: 'well' }]);
    await ended;
    await closed.promise;
  });

  it('ends a connection that leaves too much unread, and tells the client once that reads', async () => {
    const stopped = Promise.withResolvers<void>();
    const path = await serve({
      flood: async (_, { emit, signal }: CallContext) => {
        signal.addEventListener('abort', () => stopped.resolve());
        const piece = 'x'.repeat(2 ** 20);
        for (let sent = 0; sent < 64; sent++) emit(piece);
        await stopped.promise;
      },
    });
    const socket = await raw(path);
    socket.pause();
    socket.write('{"id":1,"method":"flood"}\n');
    await stopped.promise;
    const lines: string[] = [];
    for await (const line of createInterface(socket)) lines.push(line);
    // What was waiting and why it ended; no more than the limit and one message was ever kept.
    expect(lines.length).toBeLessThan(24);
    expect(lines.at(-1)).toContain('this client did not read what it was sent');
  });

  it('waits for a caller that reads slowly where it is asked to', async () => {
    let sent = 0;
    const path = await serve({
      flood: async (_, { emit, drained }: CallContext) => {
        while (sent < 64) {
          emit('x'.repeat(2 ** 20));
          sent++;
          await drained();
        }
        return 'all';
      },
    });
    const socket = await raw(path);
    socket.pause();
    socket.write('{"id":1,"method":"flood"}\n{"id":2,"method":"nothing"}\n');
    await expect.poll(() => sent).toBeGreaterThan(0);
    expect(sent).toBeLessThan(64);
    const all = await answers(socket.resume(), 66);
    expect(all).toContainEqual({ id: 1, result: 'all' });
  });

  it('refuses more calls at a time than anybody needs', async () => {
    const client = await connectRpc(await serve({ never: () => new Promise(() => undefined) }));
    const calls = Array.from({ length: 257 }, () => client.call('never'));
    await expect(Promise.race(calls)).rejects.toThrow('more than 256 calls are under way');
    for (const call of calls) call.catch(() => undefined);
    client.close();
  });
});

describe('a client', () => {
  /** A server that accepts and reads, and says nothing by itself. */
  async function silent(): Promise<{ path: string; connection: Promise<Socket> }> {
    const path = join(temporaryFolder(), 'silent.sock');
    const connected = Promise.withResolvers<Socket>();
    const server = createServer((socket) => connected.resolve(socket.resume()));
    server.listen(path);
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    return { path, connection: connected.promise };
  }

  it('gives up on a server that gives no sign of life, and says what to do', async () => {
    const clock = new ManualClock();
    const client = await connectRpc((await silent()).path, { clock });
    const call = client.call('attempts');
    const outcome = expect(call).rejects.toMatchObject({
      constructor: UnresponsiveError,
      text: { what: 'the daemon does not answer', next: expect.stringContaining('kubedrill daemon stop') },
    });
    await clock.advance(15_000);
    await outcome;
    await client.closed;
  });

  it('waits for a call that takes its time as long as the server gives signs of life', async () => {
    const clock = new ManualClock();
    const done = Promise.withResolvers<string>();
    const client = await connectRpc(await serve({ slow: () => done.promise, ping: () => 'pong' }), { clock });
    const call = client.call('slow');
    for (let n = 0; n < 10; n++) {
      await clock.advance(5_000);
      await client.call('ping');
    }
    done.resolve('made');
    expect(await call).toBe('made');
    client.close();
  });

  it('ends a call at once when it is abandoned, and soon when the server that should clean up is silent', async () => {
    const clock = new ManualClock();
    const { path } = await silent();
    const interrupted = new AbortController();
    const client = await connectRpc(path, { clock });
    const calls = [
      client.call('attempts', {}, { signal: interrupted.signal, abandon: true }),
      client.call('start', {}, { signal: interrupted.signal }),
    ].map((call) => expect(call).rejects.toThrow('interrupted'));
    interrupted.abort(new Error('interrupted'));
    await calls[0];
    await clock.advance(3_000);
    await calls[1];
  });

  it('limits a call where that is asked for, whatever signs of life there are', async () => {
    const clock = new ManualClock();
    const client = await connectRpc(await serve({ never: () => new Promise(() => undefined) }), { clock });
    const call = expect(client.call('never', {}, { limit: 4_000 })).rejects.toThrow(
      'the daemon has not done what it was asked for (never) within 4 s',
    );
    await clock.advance(4_000);
    await call;
    client.close();
  });

  it.each(['null', '{"id":1}', '{"id":1,"error":"no"}', '{'])('refuses the answer %s', async (line) => {
    const { path, connection } = await silent();
    const client = await connectRpc(path);
    const call = client.call('attempts');
    (await connection).write(`${line}\n`);
    await expect(call).rejects.toThrow('an answer cannot be read');
    await client.closed;
  });

  it('says that the connection broke in the middle of an answer', async () => {
    const { path, connection } = await silent();
    const client = await connectRpc(path);
    const call = client.call('attempts');
    (await connection).end('{"id":1,"res');
    await expect(call).rejects.toMatchObject({
      constructor: DisconnectedError,
      text: { what: 'the connection to the daemon ended in the middle of an answer' },
    });
  });
});
