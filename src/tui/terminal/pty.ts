import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type * as Pty from '@lydell/node-pty';
import { type Clock, sleep } from '../../kernel/clock.ts';

export type PtyPackage = typeof Pty;

/** It brings machine code of its own, so it is no part of the bundle, and may be missing. */
export function loadPty(): PtyPackage | undefined {
  try {
    return createRequire(import.meta.url)('@lydell/node-pty') as PtyPackage;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Whether a package failed to load because it is not installed, or not for this machine. */
export function isMissing(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error ? error.code : undefined;
  // node-pty gives what its own loading failed with as the cause.
  return code === 'MODULE_NOT_FOUND' || code === 'ERR_DLOPEN_FAILED' || isMissing(error.cause);
}

/** How long those who are told that their terminal has gone may take to end, milliseconds. */
const lastRespite = 1_000;
const lookAgain = 20;

/**
 * Ends what runs in a terminal of its own: the process that `leader` says and all that it started there, in whatever process
 * group. They are told that the terminal has gone (SIGHUP); who then does not go is killed.
 */
export async function endSession(leader: number, clock: Clock): Promise<void> {
  // Who is stopped hears of it once it goes on.
  for (const signal of ['SIGHUP', 'SIGCONT'] as const) signalAll(sessionMembers(leader), leader, signal);
  for (let waited = 0; waited < lastRespite; waited += lookAgain) {
    if (!isAlive(leader) && sessionMembers(leader).length === 0) return;
    await sleep(clock, lookAgain);
  }
  signalAll(sessionMembers(leader), leader, 'SIGKILL');
}

function signalAll(members: readonly number[], leader: number, signal: NodeJS.Signals): void {
  // The negative number is a process group's.
  for (const pid of [-leader, ...members]) {
    try {
      process.kill(pid, signal);
    } catch {
      // It has ended meanwhile, or has become somebody else's.
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** The processes of a session that live, from /proc; elsewhere none are known. */
function sessionMembers(leader: number): number[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && isMember(pid, leader));
}

function isMember(pid: number, leader: number): boolean {
  try {
    // The name, in parentheses, may hold anything; behind it: state, parent, group, session (proc_pid_stat(5)).
    const [state, , , session] = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return Number(session) === leader && state !== 'Z';
  } catch {
    // It has ended meanwhile.
    return false;
  }
}
