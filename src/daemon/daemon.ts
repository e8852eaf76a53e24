import { existsSync, watch } from 'node:fs';
import { dirname } from 'node:path';
import type { Clock, Timer } from '../kernel/clock.ts';
import { failureText } from '../kernel/fault-log.ts';
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
  const { host, clock, build, log } = options;
  const startedAt = clock.now();
  const ended = Promise.withResolvers<void>();
  let going: Promise<SuspendedLabs> | undefined;

  const shutdown = () => {
    going ??= (async () => {
      idleness.end();
      watcher.close();
      return suspendAll(options);
    })();
    return going;
  };
  /** Once nobody is left to be answered. */
  const end = () => server.close().then(ended.resolve);
  const idleness = new Idleness(options, () => void shutdown().then(end));
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
        status: () => statusOf(options, startedAt, server),
        shutdown: async () => {
          const suspended = await shutdown();
          // After the answer.
          setImmediate(() => void end());
          return suspended;
        },
      }),
    },
    (connections) => idleness.clients(connections),
  );
  idleness.clients(0);
  // Without its socket, as when somebody deletes the state folder, nobody can reach it any more.
  const watcher = watch(dirname(options.socket), { persistent: false }, () => {
    if (!existsSync(options.socket)) void shutdown().then(end);
  });
  watcher.on('error', (error) => log(`watching ${options.socket}: ${error.message}`));
  // Only whoever has the socket may write.
  options
    .resume()
    .then(() => host.resume())
    .catch((error: unknown) => log(failureText('resuming labs', error)))
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

/** What a daemon that ends leaves to the next one; what fails keeps nothing else from ending. */
async function suspendAll({ host, stop, log }: DaemonOptions): Promise<SuspendedLabs> {
  const suspended = await host.suspend().catch((error: unknown): SuspendedLabs => {
    log(failureText('suspending labs', error));
    return { attempts: [], clusters: 0 };
  });
  await stop().catch((error: unknown) => log(failureText('stopping clusters', error)));
  return suspended;
}

async function statusOf(
  { host, clock, build, socket }: DaemonOptions,
  startedAt: number,
  server: RpcServer,
): Promise<DaemonStatus> {
  const [clusters, attempts] = await Promise.all([host.labs.clusterList(), host.labs.attempts()]);
  return {
    pid: process.pid,
    build,
    socket,
    uptime: Math.round((clock.now() - startedAt) / 1000),
    memory: process.memoryUsage.rss(),
    clusters: clusters.length,
    attempts: attempts.length,
    // Without the one that asks.
    clients: server.connections - 1,
  };
}

/** Says when a daemon has idled for long enough; clusters may go without a client, so it looks again and again. */
class Idleness {
  readonly #options: DaemonOptions;
  readonly #onIdle: () => void;
  #timer: Timer | undefined;
  #since: number;
  #clients = 0;
  #ended = false;

  constructor(options: DaemonOptions, onIdle: () => void) {
    this.#options = options;
    this.#onIdle = onIdle;
    this.#since = options.clock.now();
  }

  /** So many clients there are now. */
  clients(count: number): void {
    this.#timer?.cancel();
    this.#clients = count;
    this.#since = this.#options.clock.now();
    if (count === 0) this.#lookLater();
  }

  end(): void {
    this.#ended = true;
    this.#timer?.cancel();
  }

  #lookLater(): void {
    const { clock, idleAfter, log } = this.#options;
    const look = () => void this.#look().catch((error: unknown) => log(failureText('looking for idleness', error)));
    this.#timer = clock.after(idleAfter.empty, look);
  }

  async #look(): Promise<void> {
    const { host, clock, idleAfter } = this.#options;
    const patience = (await host.isEmpty()) ? idleAfter.empty : idleAfter.withLabs;
    if (this.#clients > 0 || this.#ended) return;
    if (clock.now() - this.#since >= patience) this.#onIdle();
    else this.#lookLater();
  }
}
