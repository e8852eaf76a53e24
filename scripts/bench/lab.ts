import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { resolvePaths } from '../../src/kernel/paths.ts';
import { connectRpc, type RpcClient } from '../../src/kernel/rpc.ts';
import { methodsOver } from '../../src/kernel/rpc-contract.ts';
import { daemonContract, type Labs, labContract } from '../../src/session/contract.ts';
import { frugal, socketPath } from '../../src/session/remote-labs.ts';

export const root = join(import.meta.dirname, '..', '..');
const executable = join(root, 'bin', 'kubedrill.js');

/** What one bench keeps from run to run, as a user's own cache does: compiled code, and a kubectl. */
const sharedCache = mkdtempSync(join(tmpdir(), 'kubedrill-bench-cache-'));
process.on('exit', () => rmSync(sharedCache, { recursive: true, force: true }));

/** A home of its own for one run of kubedrill: state and config in a temporary folder, and the cache if it is to be cold. */
export class Bed {
  readonly folder = mkdtempSync(join(tmpdir(), 'kubedrill-bench-'));
  readonly env: Record<string, string>;

  constructor({ coldCache = false } = {}) {
    const { CI: _, ...rest } = process.env as Record<string, string>;
    this.env = {
      ...rest,
      XDG_STATE_HOME: join(this.folder, 'state'),
      XDG_CONFIG_HOME: join(this.folder, 'config'),
      XDG_CACHE_HOME: coldCache ? join(this.folder, 'cache') : sharedCache,
    };
  }

  /** Runs a command to its end; stdout and the milliseconds it took. */
  async run(...args: string[]): Promise<{ stdout: string; milliseconds: number }> {
    const begin = performance.now();
    const { stdout } = await execa(process.execPath, [executable, ...args], {
      env: this.env,
      reject: false,
      stdin: 'ignore',
      extendEnv: false,
    });
    return { stdout, milliseconds: performance.now() - begin };
  }

  spawnDaemon(): { ready: Promise<number>; pid: number } {
    const begin = performance.now();
    // As the program starts it.
    const child = spawn(process.execPath, [...frugal.nodeFlags, executable, 'daemon'], {
      env: { ...frugal.env, ...this.env },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const ready = new Promise<number>((resolve) => child.once('message', () => resolve(performance.now() - begin)));
    return { ready, pid: child.pid ?? 0 };
  }

  /** From nothing to a cluster: the daemon's process, and what `kubedrill cluster up` asks it for. */
  async startCluster(): Promise<{ pid: number; kubeconfig: string; milliseconds: number }> {
    const begin = performance.now();
    const { pid, ready } = this.spawnDaemon();
    await ready;
    const labs = await this.labs();
    const { kubeconfig } = await labs.clusterUp({ provider: 'embedded' });
    labs.close();
    return { pid, kubeconfig, milliseconds: Math.round(performance.now() - begin) };
  }

  /** Connects to the daemon that was spawned. */
  async labs(): Promise<Labs & { close(): void }> {
    const client = await this.#connect();
    return { ...methodsOver(client, labContract), close: () => client.close() };
  }

  #connect(): Promise<RpcClient> {
    return connectRpc(socketPath(resolvePaths(this.env)));
  }

  async dispose(): Promise<void> {
    const client = await this.#connect().catch(() => undefined);
    if (client) {
      const daemon = methodsOver(client, daemonContract);
      const { pid } = await daemon.hello();
      await daemon.shutdown().catch(() => undefined);
      await client.closed;
      while (alive(pid)) await new Promise((resolve) => setTimeout(resolve, 10));
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function alive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Resident memory of a process in MiB, from /proc; undefined elsewhere. */
export function residentMemory(pid: number): number | undefined {
  try {
    const match = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return match ? Math.round(Number(match[1]) / 1024) : undefined;
  } catch {
    return undefined;
  }
}

/** Processor time of a process so far in milliseconds, from /proc; undefined elsewhere. */
export function processorTime(pid: number): number | undefined {
  try {
    const [utime, stime] = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ')
      .slice(11, 13);
    // Linux counts in hundredths of a second.
    return 10 * (Number(utime) + Number(stime));
  } catch {
    return undefined;
  }
}

/** The median of some measurements, to one decimal. */
export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return Math.round((sorted[Math.floor(sorted.length / 2)] ?? Number.NaN) * 10) / 10;
}
