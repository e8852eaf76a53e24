import { setTimeout as delay } from 'node:timers/promises';
import { isAlive } from '../cluster/record.ts';
import { DisconnectedError, EnvironmentError, UnresponsiveError } from '../kernel/errors.ts';
import type { Paths } from '../kernel/paths.ts';
import { connectRpc, type RpcClient } from '../kernel/rpc.ts';
import { methodsOver } from '../kernel/rpc-contract.ts';
import { daemonContract } from './contract.ts';
import { type DaemonRecord, readDaemonRecord } from './daemon-record.ts';
import { socketPath } from './remote-labs.ts';
import type { DaemonStatus, SuspendedLabs } from './types.ts';

/** A daemon that has ended. */
export interface StoppedDaemon {
  pid: number;
  /** It did not answer. */
  killed: boolean;
  /** What it suspended. */
  suspended: SuspendedLabs;
}

/** How long to wait for a sign of life, and for the end of a process, milliseconds. */
const answerPatience = 6_000;
const termPatience = 2_000;
const killPatience = 10_000;
/** A process that is no child of ours tells nobody when it has ended. */
const lookInterval = 25;

/** The daemon as it sees itself; undefined: none runs. Rejects with an UnresponsiveError if it does not answer. */
export async function daemonStatus(paths: Paths): Promise<DaemonStatus | undefined> {
  const client = await connect(paths);
  if (!client) {
    const record = await readDaemonRecord(paths);
    if (record) throw notListening(record);
    return undefined;
  }
  try {
    return await methodsOver(client, daemonContract).status();
  } catch (error) {
    throw await named(error, paths);
  } finally {
    client.close();
  }
}

/**
 * Has the daemon suspend its labs and end; one that does not answer is killed: what is on the disk is where its
 * successor goes on. Undefined: none runs. Rejects with an EnvironmentError if it can't be ended.
 */
export async function stopDaemon(paths: Paths): Promise<StoppedDaemon | undefined> {
  const record = await readDaemonRecord(paths);
  try {
    const client = await connect(paths);
    if (client) {
      const daemon = methodsOver(client, daemonContract);
      const { pid } = await daemon.hello();
      const suspended = await daemon.shutdown();
      await client.closed;
      if (record) await goneWithin(record, killPatience);
      return { pid, killed: false, suspended };
    }
  } catch (error) {
    if (!(error instanceof EnvironmentError) || error instanceof DisconnectedError) throw error;
    if (!record) throw error;
  }
  if (!record) return undefined;
  await kill(record);
  return { pid: record.pid, killed: true, suspended: { attempts: [], clusters: 0 } };
}

async function kill(record: DaemonRecord): Promise<void> {
  process.kill(record.pid, 'SIGTERM');
  if (await goneWithin(record, termPatience)) return;
  process.kill(record.pid, 'SIGKILL');
  if (await goneWithin(record, killPatience)) return;
  throw new EnvironmentError({
    what: `the daemon (process ${record.pid}) cannot be ended`,
    why: 'not even SIGKILL ends it: the machine does not let it go',
    next: 'look at its disk; the labs are kept',
  });
}

async function goneWithin(record: DaemonRecord, patience: number): Promise<boolean> {
  for (let waited = 0; waited < patience; waited += lookInterval) {
    if (!(await isAlive(record))) return true;
    await delay(lookInterval);
  }
  return !(await isAlive(record));
}

async function connect(paths: Paths): Promise<RpcClient | undefined> {
  try {
    return await connectRpc(socketPath(paths), { patience: answerPatience });
  } catch (error) {
    if (error instanceof UnresponsiveError) throw await named(error, paths);
    return undefined;
  }
}

/** Says which process it is that does not answer. */
async function named(error: unknown, paths: Paths): Promise<unknown> {
  const record = error instanceof UnresponsiveError ? await readDaemonRecord(paths) : undefined;
  if (!record || !(error instanceof UnresponsiveError)) return error;
  return new UnresponsiveError({ ...error.text, what: `the daemon (process ${record.pid}) does not answer` });
}

function notListening({ pid }: DaemonRecord): UnresponsiveError {
  return new UnresponsiveError({
    what: `the daemon (process ${pid}) does not answer`,
    why: 'it runs, but does not listen',
    next: 'kubedrill daemon stop, which ends it and keeps the labs',
  });
}
