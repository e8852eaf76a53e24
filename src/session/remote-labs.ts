import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../kernel/clock.ts';
import { DisconnectedError, EnvironmentError, UnresponsiveError } from '../kernel/errors.ts';
import type { Paths } from '../kernel/paths.ts';
import { platform } from '../kernel/platform.ts';
import { connectRpc, type RpcClient } from '../kernel/rpc.ts';
import { methodsOver } from '../kernel/rpc-contract.ts';
import { daemonContract, type Labs, labContract } from './contract.ts';

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

/** How long a daemon may take to listen, milliseconds. */
const startPatience = 60_000;

/**
 * Connects to the user's daemon, starting one if there is none. A daemon of another build is asked to go first; its
 * attempts go on in the new one. Rejects with an UnresponsiveError if there is one that does not answer, with the
 * signal's reason once that aborts: so do all calls that nothing is to be cleaned up after.
 */
export async function connectLabs(paths: Paths, daemon: DaemonCommand, signal: AbortSignal): Promise<RemoteLabs> {
  let client = await connectOfBuild(paths, daemon.build, signal);
  if (!client) {
    await startDaemon(paths, daemon, signal);
    client = await tryConnect(paths, signal);
  }
  if (!client) {
    throw new EnvironmentError({
      what: 'the daemon does not answer',
      why: `see ${daemonLogPath(paths)}`,
      next: 'kubedrill doctor',
    });
  }
  return remoteLabs(client, signal);
}

/** Connects only if a daemon of that build runs already; one of another build goes, and its labs wait for the next. */
export async function connectRunningLabs(
  paths: Paths,
  build: string,
  signal: AbortSignal,
): Promise<RemoteLabs | undefined> {
  const client = await connectOfBuild(paths, build, signal);
  return client && remoteLabs(client, signal);
}

/** Undefined: there is none of that build, or not any more. */
async function connectOfBuild(paths: Paths, build: string, signal: AbortSignal): Promise<RpcClient | undefined> {
  const client = await tryConnect(paths, signal);
  return client && (await isOfBuild(client, build, signal)) ? client : undefined;
}

/** Undefined: nobody listens. */
async function tryConnect(paths: Paths, signal: AbortSignal): Promise<RpcClient | undefined> {
  try {
    return await orAborted(connectRpc(socketPath(paths)), signal, (client) => client.close());
  } catch (error) {
    if (error instanceof UnresponsiveError || signal.aborted) throw error;
    return undefined;
  }
}

/**
 * Whether the daemon is of that build; one of another is asked to go, one that was about to end has gone. A connection
 * that nobody gets is closed.
 */
async function isOfBuild(client: RpcClient, wanted: string, signal: AbortSignal): Promise<boolean> {
  try {
    const { build } = await methodsOver(client, daemonContract, signal).hello();
    if (build === wanted) return true;
    await replaceDaemon(client, signal);
    return false;
  } catch (error) {
    // An open one would keep the process alive.
    client.close();
    if (error instanceof DisconnectedError) return false;
    throw error;
  }
}

async function replaceDaemon(client: RpcClient, signal: AbortSignal): Promise<void> {
  try {
    await methodsOver(client, daemonContract, signal).shutdown();
  } catch (error) {
    // It may end before it answers.
    if (!(error instanceof DisconnectedError)) throw error;
  }
  await orAborted(client.closed, signal);
}

/** Rejects with the signal's reason once that aborts; what comes after that is given to `late`. */
function orAborted<T>(
  promise: Promise<T>,
  signal: AbortSignal,
  late: (value: T) => void = () => undefined,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    promise
      .then((value) => (signal.aborted ? late(value) : resolve(value)), reject)
      .finally(() => signal.removeEventListener('abort', onAbort));
  });
}

/** What keeps the daemon's process small, as it stays for hours. */
export const frugal = {
  /** MiB that new objects may take before they are looked through; Node's own 16 are kept three times over. */
  nodeFlags: ['--max-semi-space-size=4'],
  /** glibc: buffers from 128 KiB go back to the machine when they are free, and threads share two heaps. */
  env: { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '131072', MALLOC_TRIM_THRESHOLD_: '131072' },
};

/** Starts the daemon in a session of its own; resolves when it listens. */
function startDaemon(paths: Paths, { command }: DaemonCommand, signal: AbortSignal): Promise<void> {
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
  const ready = new Promise<void>((resolve, reject) => {
    const child = spawn(file, args, {
      detached: true,
      stdio: ['ignore', output, output, 'ipc'],
      env: { ...frugal.env, ...process.env },
      cwd: '/',
    });
    closeSync(output);
    const late = systemClock.after(startPatience, () => {
      child.kill('SIGKILL');
      fail(`it was not ready after ${startPatience / 1000} s`);
    });
    const fail = (why: string) => {
      late.cancel();
      reject(
        new EnvironmentError({ what: 'the daemon did not start', why, next: `look into ${daemonLogPath(paths)}` }),
      );
    };
    child.once('error', (error) => fail(error.message));
    child.once('exit', (code) => fail(`it ended with exit code ${code}`));
    child.once('message', (message) => {
      const { error } = message as { error?: string };
      late.cancel();
      child.removeAllListeners('exit');
      child.disconnect();
      child.unref();
      if (error) fail(error);
      else resolve();
    });
  });
  return orAborted(ready, signal);
}

function remoteLabs(client: RpcClient, interrupted: AbortSignal): RemoteLabs {
  return {
    ...methodsOver(client, labContract, interrupted),
    closed: client.closed,
    close: () => client.close(),
  };
}
