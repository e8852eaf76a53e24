/** The worker thread's entry: runs the containers of all clusters of this process. */
import { parentPort } from 'node:worker_threads';
import { programs } from './programs/index.ts';
import type { ToWorker } from './protocol.ts';
import { ContainerHost } from './worker/host.ts';

const port = parentPort;
if (port) {
  const host = new ContainerHost(programs, (messages) => port.postMessage(messages));
  port.on('message', (messages: ToWorker[]) => {
    for (const message of messages) host.handle(message);
  });
  port.postMessage([{ t: 'ready' }]);
}
