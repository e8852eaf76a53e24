import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Host, Platform, platform } from '../../src/kernel/platform.ts';

const uid = process.getuid?.() ?? 0;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kd-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A system that refuses whatever a test does not give it. */
function systemWith(host: Partial<Host>): Platform {
  const refuse = async (what: string) => Promise.reject(new Error(`not here: ${what}`));
  return new Platform({
    system: 'darwin',
    architecture: 'arm64',
    release: '25.1.0',
    temporaryFolder: folder,
    uid,
    freeMemory: () => 50 * 2 ** 20,
    totalMemory: () => 16 * 2 ** 30,
    read: refuse,
    run: refuse,
    ...host,
  });
}

describe('where a system has no /proc', () => {
  const ps = (line: string) =>
    systemWith({
      run: async (file, args) =>
        file === 'ps' && args.at(-1) === '42' ? line : Promise.reject(new Error('exit code 1')),
    });

  it('asks ps when a process started', async () => {
    const system = ps('Ss   Tue Dec  1 10:00:00 2026    \n');
    expect(await system.processState(42)).toEqual({ started: 'Tue Dec  1 10:00:00 2026', exiting: false });
    expect(await system.processState(43)).toEqual({ started: '', exiting: false });
  });

  it('takes one that is trying to exit, or waits to be reaped, for exiting', async () => {
    expect(await ps('?E   Tue Dec  1 10:00:00 2026\n').processState(42)).toMatchObject({ exiting: true });
    expect(await ps('Z    Tue Dec  1 10:00:00 2026\n').processState(42)).toMatchObject({ exiting: true });
  });

  it('has no limits for inotify and no figure of free memory that means something', async () => {
    expect(await systemWith({}).inotifyLimit('max_user_instances')).toBeUndefined();
    expect(systemWith({}).availableMemory()).toBeUndefined();
    expect(systemWith({ system: 'linux' }).availableMemory()).toBe(50 * 2 ** 20);
  });
});

it('knows this very process', async () => {
  expect(await platform.processState(process.pid)).toEqual({ started: expect.stringMatching(/./), exiting: false });
});

describe('paths of sockets', () => {
  const long = () => join(folder, 'x'.repeat(100), 'daemon.sock');

  it('are beside the state where there is room, in a short folder of the user alone where there is none', () => {
    const short = join(folder, 'daemon.sock');
    expect(systemWith({}).socketPath(short)).toBe(short);
    const path = systemWith({}).socketPath(long());
    expect(path.startsWith(join(folder, `kubedrill-${uid}`))).toBe(true);
    expect(statSync(join(folder, `kubedrill-${uid}`)).mode & 0o777).toBe(0o700);
    expect(systemWith({}).socketPath(long())).toBe(path);
    expect(systemWith({}).socketPath(join(folder, 'y'.repeat(100), 'daemon.sock'))).not.toBe(path);
  });

  it('are never longer than a socket of macOS may be, even if the temporary folder is', async () => {
    const temporaryFolder = join(folder, 'T'.repeat(90));
    const path = systemWith({ temporaryFolder, uid }).socketPath(long());
    expect(Buffer.byteLength(path)).toBeLessThanOrEqual(103);
    const server = createServer((socket) => socket.end('heard')).listen(path);
    await new Promise((resolve) => server.once('listening', resolve));
    const text = await new Promise((resolve) => connect(path).once('data', (data) => resolve(String(data))));
    expect(text).toBe('heard');
    await new Promise((resolve) => server.close(resolve));
  });

  it("are in nobody else's folder, and not where a link leads", () => {
    expect(() => systemWith({ uid: uid + 1 }).socketPath(long())).toThrow(/belongs to somebody else/);
    const elsewhere = join(folder, 'elsewhere');
    mkdirSync(elsewhere);
    rmSync(join(folder, `kubedrill-${uid + 1}`), { recursive: true });
    symlinkSync(elsewhere, join(folder, `kubedrill-${uid}`));
    expect(() => systemWith({}).socketPath(long())).toThrow(/belongs to somebody else/);
  });

  it('are in a folder that others can not look into, whatever it was before', () => {
    const own = join(folder, `kubedrill-${uid}`);
    mkdirSync(own);
    chmodSync(own, 0o755);
    systemWith({}).socketPath(long());
    expect(statSync(own).mode & 0o777).toBe(0o700);
  });
});

it('says which system it is, and what to do where kubedrill does not run', () => {
  expect(systemWith({}).finding()).toEqual({ ok: true, text: 'macOS (Darwin 25.1.0) arm64' });
  const wsl = systemWith({ system: 'linux', release: '6.6.87.2-microsoft-standard-WSL2', architecture: 'x64' });
  expect(wsl.finding()).toEqual({ ok: true, text: 'Linux 6.6.87.2-microsoft-standard-WSL2 x64 in WSL' });
  expect(systemWith({ system: 'win32' }).finding()).toMatchObject({ ok: false, fix: expect.stringContaining('wsl') });
});

it('knows the kubectl for a machine, by the folders of its releases', () => {
  expect(systemWith({}).releaseFolder).toBe('darwin/arm64');
  expect(systemWith({ system: 'linux', architecture: 'x64' }).releaseFolder).toBe('linux/amd64');
  expect(systemWith({ system: 'win32', architecture: 'x64' }).releaseFolder).toBeUndefined();
});
