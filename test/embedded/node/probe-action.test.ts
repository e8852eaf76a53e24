import { Duplex, PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { RunningContainer } from '../../../src/embedded/container-api.ts';
import { runProbe } from '../../../src/embedded/node/probes/probe-action.ts';
import { systemClock } from '../../../src/kernel/clock.ts';
import { FakeRuntime } from './fake-runtime.ts';

describe('a connection of a probe that is let go', () => {
  it('ends without an error of its own when nothing more is asked of it', async () => {
    // As the container runtime makes it, to somebody who never answers.
    const connection = Duplex.from({ readable: new PassThrough(), writable: new PassThrough() });
    const closed = new Promise((resolve) => connection.once('close', resolve));
    const runtime = new FakeRuntime();
    runtime.connect = async () => connection;
    const target = {
      container: { name: 'web', image: 'web' },
      running: {} as RunningContainer,
      podIP: '10.244.0.5',
      podUid: 'web',
      runtime,
    };
    expect(await runProbe(target, { tcpSocket: { port: 80 } }, systemClock)).toMatchObject({ success: true });
    await closed;
  });
});
