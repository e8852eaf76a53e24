import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, it } from 'vitest';
import { createEmbeddedCluster } from '../../../src/embedded/cluster.ts';

it('closes although somebody has connected and not begun with TLS yet', async () => {
  const cluster = await createEmbeddedCluster({ controllers: false });
  const socket = connect({ host: '127.0.0.1', port: cluster.port });
  await once(socket, 'connect');
  socket.on('error', () => undefined);
  const closed = once(socket, 'close');
  await cluster.stop();
  await closed;
  expect(socket.destroyed).toBe(true);
});
