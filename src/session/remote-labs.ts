import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { Verdict } from '../grading/types.ts';
import { EnvironmentError } from '../kernel/errors.ts';
import type { Paths } from '../kernel/paths.ts';
import { platform } from '../kernel/platform.ts';
import { connectRpc, type RpcClient } from '../kernel/rpc.ts';
import type { AttemptState, Labs } from './types.ts';

/** Where the daemon of a state folder listens: beside the state if the path is short enough for a socket. */
export function socketPath(paths: Paths): string {
  return platform.socketPath(join(paths.state, 'daemon.sock'));
}

export function daemonLogPath(paths: Paths): string {
  return join(paths.state, 'daemon.log');
}

export interface DaemonCommand {
  /** What starts a daemon: executable and arguments. */
  command: string[];
  /** Changes with every build: a daemon of another one is replaced. */
  build: string;
}

/** A connection to the daemon as Labs; `close` when done. */
export interface RemoteLabs extends Labs {
  readonly closed: Promise<void>;
  close(): void;
}

/**
 * Connects to the user's daemon, starting one if there is none. A daemon of another build is asked to go first; its
 * attempts go on in the new one.
 */
export async function connectLabs(paths: Paths, daemon: DaemonCommand): Promise<RemoteLabs> {
  let client = await tryConnect(paths);
  if (client) {
    const { build } = await client.call<{ build: string }>('hello');
    if (build !== daemon.build) {
      await client.call('shutdown').catch(() => undefined);
      await client.closed;
      client = undefined;
    }
  }
  if (!client) {
    await startDaemon(paths, daemon);
    client = await tryConnect(paths);
  }
  if (!client) {
    throw new EnvironmentError({
      what: 'the daemon does not answer',
      why: `see ${daemonLogPath(paths)}`,
      next: 'kubedrill doctor',
    });
  }
  return remoteLabs(client);
}

/** Connects only if a daemon runs already. */
export async function connectRunningLabs(paths: Paths): Promise<RemoteLabs | undefined> {
  const client = await tryConnect(paths);
  return client && remoteLabs(client);
}

async function tryConnect(paths: Paths): Promise<RpcClient | undefined> {
  return connectRpc(socketPath(paths)).catch(() => undefined);
}

/** What keeps the daemon's process small, as it stays for hours. */
export const frugal = {
  /** MiB that new objects may take before they are looked through; Node's own 16 are kept three times over. */
  nodeFlags: ['--max-semi-space-size=4'],
  /** glibc: buffers from 128 KiB go back to the machine when they are free, and threads share two heaps. */
  env: { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '131072', MALLOC_TRIM_THRESHOLD_: '131072' },
};

/** Starts the daemon in a session of its own; resolves when it listens. */
function startDaemon(paths: Paths, { command }: DaemonCommand): Promise<void> {
  const [file = process.execPath, ...args] = command;
  let output: number;
  try {
    mkdirSync(paths.state, { recursive: true, mode: 0o700 });
    output = openSync(daemonLogPath(paths), 'a', 0o600);
  } catch (cause) {
    throw new EnvironmentError(
      {
        what: `the state folder ${paths.state} cannot be written`,
        why: (cause as Error).message,
        next: 'set XDG_STATE_HOME to a folder that you may write to',
      },
      { cause },
    );
  }
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      detached: true,
      stdio: ['ignore', output, output, 'ipc'],
      env: { ...frugal.env, ...process.env },
      cwd: '/',
    });
    closeSync(output);
    const fail = (why: string) =>
      reject(
        new EnvironmentError({ what: 'the daemon did not start', why, next: `look into ${daemonLogPath(paths)}` }),
      );
    child.once('error', (error) => fail(error.message));
    child.once('exit', (code) => fail(`it ended with exit code ${code}`));
    child.once('message', (message) => {
      const { error } = message as { error?: string };
      child.removeAllListeners('exit');
      child.disconnect();
      child.unref();
      if (error) fail(error);
      else resolve();
    });
  });
}

function remoteLabs(client: RpcClient): RemoteLabs {
  return {
    closed: client.closed,
    close: () => client.close(),
    start: (request, onState, signal) =>
      client.call('start', request, {
        ...(onState ? { onEvent: onState as (event: never) => void } : {}),
        ...(signal ? { signal } : {}),
      }),
    attempts: () => client.call('attempts'),
    attempt: (id) => client.call('attempt', { id }),
    check: (id) => client.call('check', { id }),
    async follow(id: string | undefined, onState: (state: AttemptState) => void, signal: AbortSignal) {
      try {
        await client.call('follow', { id }, { onEvent: onState as (event: never) => void, signal });
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    },
    explain: async (check, id) => (await client.call<Verdict | null>('explain', { id, check })) ?? undefined,
    hint: (id) => client.call('hint', { id }),
    solution: (id) => client.call('solution', { id }),
    debrief: (id) => client.call('debrief', { id }),
    reset: (id) => client.call('reset', { id }),
    stop: (id) => client.call('stop', { id }),
    clusterUp: (request, onStep, signal) =>
      client.call('clusterUp', request, {
        ...(onStep ? { onEvent: onStep as (event: never) => void } : {}),
        ...(signal ? { signal } : {}),
      }),
    clusterList: () => client.call('clusterList'),
    clusterDown: (id) => client.call('clusterDown', { id }),
    clusterDifferences: (id) => client.call('clusterDifferences', { id }),
    nodeCommand: (node, command, id) => client.call('nodeCommand', { node, command, id }),
    nodeProcess(request, onOutput, input, signal) {
      const session = randomUUID();
      const ended = client.call<number>(
        'nodeProcess',
        { ...request, session },
        { onEvent: onOutput as (event: never) => void, signal },
      );
      void (async () => {
        for await (const piece of input) await client.call('nodeInput', { session, input: piece });
      })().catch(() => undefined);
      return ended;
    },
  };
}
