import { Duplex, PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { RunningContainer } from '../../src/embedded/api.ts';
import { type ActionTarget, httpGet, runProbe } from '../../src/embedded/node/probe-action.ts';
import { systemClock } from '../../src/kernel/clock.ts';

/** A connection as the container runtime makes it, to somebody who never answers. */
function connection(): Duplex {
  return Duplex.from({ readable: new PassThrough(), writable: new PassThrough() });
}

function target(made: Duplex[]): ActionTarget {
  return {
    container: { name: 'web', image: 'web' },
    running: {} as RunningContainer,
    podIP: '10.244.0.5',
    connect: async () => {
      const socket = connection();
      made.push(socket);
      return socket;
    },
  };
}

async function closed(sockets: Duplex[]): Promise<void> {
  await Promise.all(
    sockets.map((socket) => socket.closed || new Promise<void>((resolve) => socket.once('close', resolve))),
  );
}

describe('a connection of a probe that is let go', () => {
  it('ends without an error of its own when the time is over before the request has it', async () => {
    const made: Duplex[] = [];
    const late = new AbortController();
    const asked = httpGet(target(made), { port: 80 }, late.signal);
    // The connection is there, the request has not got it yet.
    while (made.length === 0) await Promise.resolve();
    for (let turn = 0; turn < 3; turn++) await Promise.resolve();
    late.abort();
    expect(await asked).toMatchObject({ success: false });
    await closed(made);
  });

  it('ends without an error of its own when nothing more is asked of it', async () => {
    const made: Duplex[] = [];
    expect(await runProbe(target(made), { tcpSocket: { port: 80 } }, systemClock)).toMatchObject({ success: true });
    await closed(made);
  });
});
