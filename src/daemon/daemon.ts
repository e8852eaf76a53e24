import { existsSync, watch } from 'node:fs';
import { dirname } from 'node:path';
import type { Clock, Timer } from '../kernel/clock.ts';
import { type Around, handlersOf } from '../kernel/rpc-handlers.ts';
import { type RpcServer, serveRpc } from '../kernel/rpc-server.ts';
import { workFor } from '../kernel/work.ts';
import { daemonContract, labContract } from '../session/contract.ts';
import type { LabHost } from '../session/lab-host.ts';
import type { DaemonStatus, SuspendedLabs } from '../session/types.ts';

export interface DaemonOptions {
  socket: string;
  /** Told to clients, so that they can ask a daemon of another build to go. */
  build: string;
  host: LabHost;
  clock: Clock;
  /**
   * Milliseconds without any client after which the daemon suspends everything and ends: `withLabs` if there are
   * clusters, or one is being made, else `empty`.
   */
  idleAfter: { withLabs: number; empty: number };
  /** Brings back what attempts run on: clusters of an earlier daemon. */
  resume(): Promise<void>;
  /** Stops what the host does not know of: clusters, the container runtime. */
  stop(): Promise<void>;
  log(line: string): void;
}

export interface Daemon {
  /** Resolves when the daemon has suspended and released everything. */
  readonly ended: Promise<void>;
  shutdown(): Promise<SuspendedLabs>;
}

/** Serves the Labs of this process on a local socket until it has idled or is asked to go. */
export async function runDaemon(options: DaemonOptions): Promise<Daemon> {
  const { host, clock, build, log, idleAfter } = options;
  const startedAt = clock.now();
  const ended = Promise.withResolvers<void>();
  let idle: Timer | undefined;
  let idleSince = startedAt;
  let going: Promise<SuspendedLabs> | undefined;

  const shutdown = () => {
    going ??= (async () => {
      idle?.cancel();
      watcher.close();
      const none: SuspendedLabs = { attempts: [], clusters: 0 };
      const suspended = await host.suspend().catch((error: Error) => {
        log(`suspend: ${error.stack}`);
        return none;
      });
      await options.stop().catch((error: Error) => log(`stop: ${error.stack}`));
      return suspended;
    })();
    return going;
  };
  /** Once nobody is left to be answered. */
  const end = () => server.close().then(ended.resolve);

  /** Ends when it has idled for long enough; clusters may go without a client, so it looks again and again. */
  const look = async () => {
    const patience = (await host.isEmpty()) ? idleAfter.empty : idleAfter.withLabs;
    if (server.connections > 0 || going) return;
    if (clock.now() - idleSince >= patience) void shutdown().then(end);
    else idle = clock.after(idleAfter.empty, onIdle);
  };
  const onIdle = () => void look().catch((error: Error) => log(`looking whether anything is left: ${error.stack}`));
  const onConnections = (connections: number) => {
    idle?.cancel();
    idleSince = clock.now();
    if (connections === 0) idle = clock.after(idleAfter.empty, onIdle);
  };

  const status = async (): Promise<DaemonStatus> => {
    const [clusters, attempts] = await Promise.all([host.labs.clusterList(), host.labs.attempts()]);
    return {
      pid: process.pid,
      build,
      socket: options.socket,
      uptime: Math.round((clock.now() - startedAt) / 1000),
      memory: process.memoryUsage.rss(),
      clusters: clusters.length,
      attempts: attempts.length,
      // Without the one that asks.
      clients: server.connections - 1,
    };
  };
  const resumption = Promise.withResolvers<void>();
  /** Calls wait until the attempts and clusters of an earlier daemon are back. */
  const onceResumed: Around = async (call, run) => {
    await resumption.promise;
    return workFor({ call }, run);
  };
  const server: RpcServer = await serveRpc(
    options.socket,
    {
      ...handlersOf(labContract, host.labs, onceResumed),
      ...handlersOf(daemonContract, {
        hello: async () => ({ build, pid: process.pid }),
        status,
        shutdown: async () => {
          const suspended = await shutdown();
          // After the answer.
          setImmediate(() => void end());
          return suspended;
        },
      }),
    },
    onConnections,
  );
  onConnections(0);
  // Without its socket, as when somebody deletes the state folder, nobody can reach it any more.
  const watcher = watch(dirname(options.socket), { persistent: false }, () => {
    if (!existsSync(options.socket)) void shutdown().then(end);
  });
  watcher.on('error', (error) => log(`watching ${options.socket}: ${error.message}`));
  // Only whoever has the socket may write.
  options
    .resume()
    .then(() => host.resume())
    .catch((error: Error) => log(`resume: ${error.stack}`))
    .finally(() => resumption.resolve());
  return {
    ended: ended.promise,
    async shutdown() {
      const suspended = await shutdown();
      await end();
      return suspended;
    },
  };
}
