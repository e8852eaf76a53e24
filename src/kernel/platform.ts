/** Everything that differs between the systems kubedrill runs on: Linux, macOS, and Windows by way of WSL. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { arch, freemem, release, tmpdir, totalmem, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { EnvironmentError } from './errors.ts';

/** What a system says of itself; tests put another in its place. */
export interface Host {
  system: NodeJS.Platform;
  architecture: string;
  /** As `uname -r` prints it. */
  release: string;
  temporaryFolder: string;
  uid: number;
  /** Bytes. */
  freeMemory(): number;
  totalMemory(): number;
  read(file: string): Promise<string>;
  /** Runs a program; what it prints. */
  run(file: string, args: readonly string[]): Promise<string>;
}

/** A process as the system sees it: when it started, in units of the system's own, and whether it is on its way out. */
export interface ProcessState {
  /** Empty if there is no such process. */
  started: string;
  exiting: boolean;
}

export interface SystemFinding {
  ok: boolean;
  text: string;
  fix?: string;
}

/** What a local socket's path may have at most on every system that we know: macOS has room for 104 bytes and a zero. */
const longestSocketPath = 103;

/** PF_EXITING among the kernel's task flags: set before a killed process closes its sockets. */
const exitingFlag = 0x4;

/** Names of processors in Kubernetes' releases. */
const releaseArchitectures: Record<string, string> = { x64: 'amd64', arm64: 'arm64' };

export class Platform {
  readonly #host: Host;

  constructor(host: Host) {
    this.#host = host;
  }

  /** Which system this is, and what to do if kubedrill does not run on it. */
  finding(): SystemFinding {
    const { system, architecture, release: version } = this.#host;
    if (system === 'linux') {
      const inWindows = /microsoft|WSL/i.test(version) ? ' in WSL' : '';
      return { ok: true, text: `Linux ${version} ${architecture}${inWindows}` };
    }
    if (system === 'darwin') return { ok: true, text: `macOS (Darwin ${version}) ${architecture}` };
    if (system === 'win32')
      return { ok: false, text: `Windows ${version}`, fix: 'wsl --install, then install Node and kubedrill in there' };
    return { ok: false, text: `${system} ${version}: not tried`, fix: 'use Linux, macOS or WSL' };
  }

  /** When a process started, by /proc on Linux (proc(5), fields 9 and 22 of stat) and by ps elsewhere. */
  async processState(pid: number): Promise<ProcessState> {
    if (this.#host.system !== 'linux') return this.#processStateByPs(pid);
    const stat = await this.#host.read(`/proc/${pid}/stat`).catch(nothing);
    // The name before them may hold anything but ends with the last parenthesis.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { started: fields[19] ?? '', exiting: (Number(fields[6] ?? 0) & exitingFlag) !== 0 };
  }

  /** ps(1) of macOS: the letter E stands for a process that is trying to exit, Z for one that waits to be reaped. */
  async #processStateByPs(pid: number): Promise<ProcessState> {
    const line = await this.#host.run('ps', ['-o', 'stat=,lstart=', '-p', String(pid)]).catch(nothing);
    const [, flags = '', started = ''] = /^\s*(\S+)\s+(.*?)\s*$/.exec(line) ?? [];
    return { started, exiting: /[EZ]/.test(flags) };
  }

  /**
   * Where a socket may be that belongs to `wanted`: there, or, if that path is too long for a socket, in a folder of this
   * user's alone below the temporary one. Rejects a folder there that is somebody else's.
   */
  socketPath(wanted: string): string {
    if (fits(wanted)) return wanted;
    const { temporaryFolder, uid } = this.#host;
    const name = `${createHash('sha256').update(dirname(wanted)).digest('hex').slice(0, 16)}.sock`;
    const candidates = [temporaryFolder, '/tmp'].map((folder) => join(folder, `kubedrill-${uid}`, name));
    const path = candidates.find(fits) ?? join('/tmp', `kubedrill-${uid}`, name);
    this.#makePrivate(dirname(path));
    return path;
  }

  /** Anybody may create folders in a temporary one, also where we look for ours. */
  #makePrivate(folder: string): void {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const found = lstatSync(folder);
    if (!found.isDirectory() || found.uid !== this.#host.uid) {
      throw new EnvironmentError({
        what: `${folder} belongs to somebody else`,
        why: 'kubedrill keeps a socket there, as the path of its state folder is too long for one',
        next: 'set TMPDIR to a folder of your own, or XDG_STATE_HOME to a shorter path',
      });
    }
    if ((found.mode & 0o077) !== 0) chmodSync(folder, 0o700);
  }

  /** Bytes that programs can still have; undefined where the system does not say, as macOS fills its memory with caches. */
  availableMemory(): number | undefined {
    return this.#host.system === 'darwin' ? undefined : this.#host.freeMemory();
  }

  totalMemory(): number {
    return this.#host.totalMemory();
  }

  /** A limit of the kernel's for inotify; undefined where there is none. */
  async inotifyLimit(name: string): Promise<number | undefined> {
    if (this.#host.system !== 'linux') return undefined;
    const text = await this.#host.read(`/proc/sys/fs/inotify/${name}`).catch(nothing);
    return text === '' ? undefined : Number(text);
  }

  /** Whether text is UTF-8 where no variable says so. */
  get isUtf8ByDefault(): boolean {
    return this.#host.system === 'darwin';
  }

  /** The folder of Kubernetes' releases that holds programs for this machine, as `linux/amd64`; undefined if there is none. */
  get releaseFolder(): string | undefined {
    const { system, architecture } = this.#host;
    const machine = releaseArchitectures[architecture];
    return machine && (system === 'linux' || system === 'darwin') ? `${system}/${machine}` : undefined;
  }
}

/** Whether a path leaves room for nothing but itself in a socket's address. */
function fits(path: string): boolean {
  return Buffer.byteLength(path) <= longestSocketPath;
}

/** What is read of a process or a file that is not there. */
const nothing = () => '';

/** The machine that this runs on. */
export const platform = new Platform({
  system: process.platform,
  architecture: arch(),
  release: release(),
  temporaryFolder: tmpdir(),
  uid: process.getuid?.() ?? userInfo().uid,
  freeMemory: freemem,
  totalMemory: totalmem,
  read: (file) => readFile(file, 'utf8'),
  // In one language: when a process started is compared with what was written down.
  run: async (file, args) =>
    (await promisify(execFile)(file, [...args], { env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' } })).stdout,
});
