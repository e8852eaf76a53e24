import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { ensureKubectl } from '../../src/cluster/kubectl/kubectl.ts';
import { oldestMinor } from '../../src/cluster/kubectl/version.ts';
import { type Paths, resolvePaths } from '../../src/kernel/paths.ts';
import { connectRpc, type RpcClient } from '../../src/kernel/rpc.ts';
import { methodsOver } from '../../src/kernel/rpc-contract.ts';
import { daemonContract } from '../../src/session/contract.ts';
import { socketPath } from '../../src/session/remote-labs.ts';
import { Terminal } from './terminal.ts';

export const root = join(import.meta.dirname, '..', '..');
export const program = join(root, 'bin', 'kubedrill.js');

export interface Result {
  code: number;
  stdout: string;
  stderr: string;
}

/**
 * A user of this machine who has nothing yet: own home, state, cache and configuration. Runs the built program as that
 * user; `dispose` ends the daemon and removes everything.
 */
export class Sandbox {
  readonly folder: string;
  readonly env: Record<string, string>;
  readonly paths: Paths;
  #terminals: Terminal[] = [];

  private constructor(folder: string, kubectlFolder: string) {
    this.folder = folder;
    const home = join(folder, 'home');
    // kubectl leaves the file of an edit that failed: it goes with the rest.
    const temporary = join(folder, 'tmp');
    for (const own of [home, temporary]) mkdirSync(own);
    this.env = {
      PATH: [kubectlFolder, dirname(process.execPath), '/usr/local/bin', '/usr/bin', '/bin'].join(delimiter),
      HOME: home,
      TMPDIR: temporary,
      SHELL: '/bin/bash',
      LANG: 'C.UTF-8',
      TERM: 'xterm-256color',
      // Compiled code may be shared: nothing of a user is in it.
      NODE_COMPILE_CACHE: join(root, 'node_modules', '.cache', 'e2e-code'),
      XDG_STATE_HOME: join(folder, 'state'),
      XDG_CACHE_HOME: join(folder, 'cache'),
      XDG_CONFIG_HOME: join(folder, 'config'),
    };
    this.paths = resolvePaths(this.env);
  }

  static async create(): Promise<Sandbox> {
    const { file } = await kubectl();
    return new Sandbox(mkdtempSync(join(tmpdir(), 'kubedrill-e2e-')), dirname(file));
  }

  /** Runs a command line to its end. */
  run(args: readonly string[], more: { env?: NodeJS.ProcessEnv; input?: string } = {}): Promise<Result> {
    return execute(process.execPath, [program, ...args], { ...more, env: { ...this.env, ...more.env } });
  }

  /** Runs a command with --json; its document. */
  async json<T>(args: readonly string[]): Promise<T> {
    const { stdout, stderr } = await this.run([...args, '--json']);
    try {
      return JSON.parse(stdout) as T;
    } catch (cause) {
      throw new Error(`no JSON from ${args.join(' ')}: ${stdout}${stderr}`, { cause });
    }
  }

  /** Opens the program in a terminal. */
  terminal(
    args: readonly string[],
    { env = {}, ...size }: { columns?: number; rows?: number; env?: Record<string, string> } = {},
  ): Terminal {
    return this.open(process.execPath, [program, ...args], { env, ...size });
  }

  /** Opens anything in a terminal. */
  open(
    file: string,
    args: readonly string[],
    { env = {}, ...size }: { columns?: number; rows?: number; env?: Record<string, string> } = {},
  ): Terminal {
    const terminal = new Terminal({ file, args: [...args], env: { ...this.env, ...env }, cwd: this.folder, ...size });
    this.#terminals.push(terminal);
    return terminal;
  }

  /** The daemon's process id; undefined if none runs. */
  async daemonPid(): Promise<number | undefined> {
    const daemon = await this.#connect();
    if (!daemon) return undefined;
    const { pid } = await methodsOver(daemon, daemonContract).hello();
    daemon.close();
    return pid;
  }

  /** Ends the daemon the hard way and waits until it is gone. */
  async killDaemon(): Promise<void> {
    const daemon = await this.#connect();
    if (!daemon) throw new Error('there is no daemon to kill');
    const { pid } = await methodsOver(daemon, daemonContract).hello();
    process.kill(pid, 'SIGKILL');
    await daemon.closed;
    await gone(pid);
  }

  async dispose(): Promise<void> {
    for (const terminal of this.#terminals) {
      terminal.kill();
      await terminal.exited;
    }
    const daemon = await this.#connect();
    if (daemon) {
      const { pid } = await methodsOver(daemon, daemonContract).hello();
      await daemon.call('shutdown');
      await daemon.closed;
      await gone(pid);
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #connect(): Promise<RpcClient | undefined> {
    return connectRpc(socketPath(this.paths)).catch(() => undefined);
  }
}

/** The kubectl of this machine, fetched into the user's own cache if there is none. */
export function kubectl() {
  return ensureKubectl({ cache: resolvePaths().cache });
}

/**
 * The kubectl of this machine, and those of other versions beside any on PATH that are named for it, as `kubectl.1.29`:
 * from 1.29 on, oldest first.
 */
export async function kubectls(): Promise<{ version: string; file: string }[]> {
  const folders = (process.env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => existsSync(join(folder, 'kubectl')))
    .flatMap((folder) => [folder, dirname(realpathSync(join(folder, 'kubectl')))]);
  const others = [...new Set(folders)]
    .flatMap((folder) => readdirSync(folder).map((name) => ({ name, file: join(folder, name) })))
    .map(({ name, file }) => ({ minor: Number(/^kubectl\.1\.(\d+)$/.exec(name)?.[1] ?? 0), file }))
    .filter(({ minor }) => minor >= oldestMinor)
    .sort((a, b) => a.minor - b.minor);
  return [
    { version: 'of the machine', file: (await kubectl()).file },
    ...others.map(({ minor, file }) => ({ version: `1.${minor}`, file })),
  ];
}

/** Runs a program; never rejects because of its exit code. */
export function execute(
  file: string,
  args: readonly string[],
  { env, input, cwd }: { env: NodeJS.ProcessEnv; input?: string; cwd?: string },
): Promise<Result> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      file,
      args,
      { env, ...(cwd ? { cwd } : {}), maxBuffer: 64 * 2 ** 20 },
      (error, stdout, stderr) => {
        const code = error ? (typeof error.code === 'number' ? error.code : undefined) : 0;
        if (code === undefined && !error?.signal) return reject(error);
        resolve({ code: code ?? 128, stdout, stderr });
      },
    );
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input ?? '');
  });
}

/** Resolves when the process has ended: it is nobody's child here, so there is no event to wait for. */
async function gone(pid: number): Promise<void> {
  for (;;) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
