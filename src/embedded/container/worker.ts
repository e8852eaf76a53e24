/** The worker thread's entry: runs the containers of one cluster. */
import { parentPort, workerData } from 'node:worker_threads';
import type { BusyShare } from './kernel/busy-threads.ts';
import { ProcessKilled } from './kernel/process.ts';
import { programs } from './programs/index.ts';
import type { ToMain, ToWorker } from './protocol.ts';
import { ContainerHost } from './worker/host.ts';

const port = parentPort;
if (port) {
  const host = new ContainerHost(programs, (messages) => port.postMessage(messages), workerData as BusyShare);
  port.on('message', (messages: ToWorker[]) => {
    for (const message of messages) host.handle(message);
  });
  // One faulty program must not take the containers of everybody with it.
  const report = (error: unknown) => {
    if (error instanceof ProcessKilled) return;
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    port.postMessage([{ t: 'bug', program: 'worker', stack }] satisfies ToMain[]);
  };
  process.on('unhandledRejection', report);
  process.on('uncaughtException', report);
  port.postMessage([{ t: 'ready' }] satisfies ToMain[]);
}
