import { existsSync, watch } from 'node:fs';
import { dirname } from 'node:path';
import type { Clock, Timer } from '../kernel/clock.ts';
import { Queue } from '../kernel/queue.ts';
import { type CallContext, type RpcServer, serveRpc } from '../kernel/rpc.ts';
import type { LabHost } from '../session/lab-host.ts';
import type { AttemptState, ClusterRequest, NodeInput, NodeProcessRequest, StartRequest } from '../session/types.ts';

export interface DaemonOptions {
  socket: string;
  /** Told to clients, so that they can ask a daemon of another build to go. */
  build: string;
  host: LabHost;
  clock: Clock;
  /** Milliseconds without any client after which the daemon suspends everything and ends. */
  idleAfter: number;
  /** Brings back what attempts run on: clusters of an earlier daemon. */
  resume(): Promise<void>;
  /** Stops what the host does not know of: clusters, the container runtime. */
  stop(): Promise<void>;
  log(line: string): void;
}

export interface Daemon {
  /** Resolves when the daemon has let go of everything. */
  readonly ended: Promise<void>;
  shutdown(): Promise<void>;
}

type Id = { id?: string };
type Session = { session: string };

/** Serves the Labs of this process on a local socket until it has idled or is asked to go. */
export async function runDaemon(options: DaemonOptions): Promise<Daemon> {
  const { host, clock, build, log } = options;
  const ended = Promise.withResolvers<void>();
  let idle: Timer | undefined;
  let going: Promise<void> | undefined;
  /** What clients type into processes on nodes, by their sessions. */
  const inputs = new Map<string, Queue<NodeInput>>();

  const shutdown = () => {
    going ??= (async () => {
      idle?.cancel();
      watcher.close();
      await host.suspend().catch((error: unknown) => log(`suspend: ${(error as Error).message}`));
      await options.stop().catch((error: unknown) => log(`stop: ${(error as Error).message}`));
      await server.close();
      ended.resolve();
    })();
    return going;
  };

  const resumption = Promise.withResolvers<void>();
  const ready =
    <P, R>(handler: (params: P, context: CallContext) => R) =>
    async (params: P, context: CallContext) => {
      await resumption.promise;
      return handler(params, context);
    };
  const server: RpcServer = await serveRpc(
    options.socket,
    {
      hello: () => ({ build, pid: process.pid }),
      shutdown: () => void setImmediate(() => void shutdown()),
      start: ready((request: StartRequest, { emit, signal }) =>
        host.start(request, emit as (s: AttemptState) => void, signal),
      ),
      attempts: ready(() => host.attempts()),
      attempt: ready(({ id }: Id) => host.attempt(id)),
      check: ready(({ id }: Id) => host.check(id)),
      follow: ready(({ id }: Id, { emit, signal }) => host.follow(id, emit as (s: AttemptState) => void, signal)),
      explain: ready(({ id, check }: Id & { check: string }) => host.explain(check, id)),
      hint: ready(({ id }: Id) => host.hint(id)),
      solution: ready(({ id }: Id) => host.solution(id)),
      debrief: ready(({ id }: Id) => host.debrief(id)),
      reset: ready(({ id }: Id) => host.reset(id)),
      stop: ready(({ id }: Id) => host.stop(id)),
      clusterUp: ready((request: ClusterRequest, { emit, signal }) => host.clusterUp(request, emit, signal)),
      clusterList: ready(() => host.clusterList()),
      clusterDown: ready(({ id }: { id: string }) => host.clusterDown(id)),
      clusterDifferences: ready(({ id }: Id) => host.clusterDifferences(id)),
      nodeCommand: ready(({ node, command, id }: Id & { node: string; command: string[] }) =>
        host.nodeCommand(node, command, id),
      ),
      nodeProcess: ready(async ({ session, ...request }: NodeProcessRequest & Session, { emit, signal }) => {
        const input = new Queue<NodeInput>();
        inputs.set(session, input);
        try {
          return await host.nodeProcess(request, emit, input, signal);
        } finally {
          inputs.delete(session);
          input.end();
        }
      }),
      nodeInput: ready(({ session, input }: Session & { input: NodeInput }) => inputs.get(session)?.push(input)),
    },
    (connections) => {
      idle?.cancel();
      idle = connections === 0 ? clock.after(options.idleAfter, () => void shutdown()) : undefined;
    },
  );
  idle = clock.after(options.idleAfter, () => void shutdown());
  // Without its socket, as when somebody deletes the state folder, nobody can reach it any more.
  const watcher = watch(dirname(options.socket), { persistent: false }, () => {
    if (!existsSync(options.socket)) void shutdown();
  });
  watcher.on('error', () => undefined);
  // Only whoever has the socket may write. Clients wait until the attempts of an earlier daemon are back.
  options
    .resume()
    .then(() => host.resume())
    .catch((error: unknown) => log(`resume: ${(error as Error).message}`))
    .finally(() => resumption.resolve());
  return { ended: ended.promise, shutdown };
}
