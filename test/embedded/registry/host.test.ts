import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ClusterHost, type HostedCluster } from '../../../src/embedded/host.ts';
import { UserError } from '../../../src/kernel/errors.ts';
import { configMaps, namespaces, serviceAccounts } from '../../../src/kube/resources.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'kubedrill-host-'));
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function newHost(folder: string): ClusterHost {
  const host = new ClusterHost({ folder });
  cleanups.push(() => host.stop());
  return host;
}

async function resumed(folder: string): Promise<{ host: ClusterHost; failures: [string, unknown][] }> {
  const host = newHost(folder);
  const failures: [string, unknown][] = [];
  await host.resume((id, error) => void failures.push([id, error]));
  return { host, failures };
}

const serverIn = ({ kubeconfig }: Pick<HostedCluster, 'kubeconfig'>) =>
  (parse(readFileSync(kubeconfig, 'utf8')) as { clusters: { cluster: { server: string } }[] }).clusters[0]?.cluster
    .server;

/** Runs a process that makes a cluster with a ConfigMap, and tells when it is there. */
async function otherProcess(folder: string): Promise<ChildProcess> {
  const url = (path: string) => JSON.stringify(new URL(path, import.meta.url).href);
  const code = `
    const { ClusterHost } = await import(${url('../../../src/embedded/host.ts')});
    const { configMaps } = await import(${url('../../../src/kube/resources.ts')});
    const { cluster } = await new ClusterHost({ folder: ${JSON.stringify(folder)} }).create({ name: 'lab' });
    await cluster.snapshot();
    await cluster.client.create(configMaps, { metadata: { name: 'mine', namespace: 'default' }, data: { k: 'v' } });
    console.log('ready');
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  cleanups.push(() => child.kill('SIGKILL'));
  const died = once(child, 'exit').then(([code]) => {
    throw new Error(`the other process ended with ${code}`);
  });
  await Promise.race([once(child.stdout, 'data'), died]);
  died.catch(() => {});
  return child;
}

describe('ClusterHost', () => {
  it('writes a kubeconfig and nothing else for clusters that end with it', async () => {
    const folder = newFolder();
    const host = new ClusterHost({ folder, lasting: false });
    cleanups.push(() => host.stop());
    const hosted = await host.create({ name: 'lab' });
    expect(readdirSync(join(folder, 'lab'))).toEqual(['kubeconfig']);
    expect(statSync(hosted.kubeconfig).mode & 0o777).toBe(0o600);
    expect(serverIn(hosted)).toBe(hosted.server);
    await hosted.cluster.client.create(configMaps, { metadata: { name: 'mine', namespace: 'default' } });
    await hosted.cluster.reset();
    expect(hosted.cluster.objects('now').some(({ object }) => object.metadata?.name === 'mine')).toBe(false);
    await host.delete('lab');
    expect(readdirSync(folder)).toEqual([]);
  });

  it('brings a cluster back after kill -9: objects, keys, port, kubeconfig, and what reset goes back to', async () => {
    const folder = newFolder();
    const child = await otherProcess(folder);
    const kubeconfig = join(folder, 'lab', 'kubeconfig');
    const before = readFileSync(kubeconfig, 'utf8');
    child.kill('SIGKILL');
    await once(child, 'exit');

    const { host, failures } = await resumed(folder);
    expect(failures).toEqual([]);
    const lab = host.get('lab');
    if (!lab) throw new Error('the cluster is lost');
    expect(readFileSync(kubeconfig, 'utf8')).toBe(before);
    expect(lab).toMatchObject({ context: 'kubedrill-lab', kubeconfig, server: serverIn({ kubeconfig }) });
    const { client } = lab.cluster;
    expect((await client.get(configMaps, 'default', 'mine')).data).toEqual({ k: 'v' });
    await lab.cluster.reset();
    await expect(client.get(configMaps, 'default', 'mine')).rejects.toThrow(/not found/);
    expect(await client.get(serviceAccounts, 'default', 'default')).toBeDefined();
  });

  it('picks another port where its own is taken, and says so in the same file', async () => {
    const folder = newFolder();
    const first = newHost(folder);
    const { server, kubeconfig, cluster } = await first.create({ name: 'lab' });
    const { port } = cluster;
    await first.stop();
    const thief = createServer().listen(port, '127.0.0.1');
    await once(thief, 'listening');
    cleanups.push(() => thief.close());
    const { host } = await resumed(folder);
    const lab = host.get('lab');
    expect(lab?.server).not.toBe(server);
    expect(serverIn({ kubeconfig })).toBe(lab?.server);
  });

  it('gives each cluster an id, a folder and a context of its own, readable by nobody else', async () => {
    const folder = newFolder();
    const host = newHost(folder);
    const [one, two] = await Promise.all([host.create({ name: 'lab' }), host.create({ name: 'lab' })]);
    expect([one.id, two.id].sort()).toEqual(['lab', 'lab-2']);
    expect(one.server).not.toBe(two.server);
    expect(statSync(one.kubeconfig).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, one.id)).mode & 0o777).toBe(0o700);
    await one.cluster.client.create(namespaces, { metadata: { name: 'only-one' } });
    await expect(two.cluster.client.get(namespaces, undefined, 'only-one')).rejects.toThrow(/not found/);
    await host.delete(one.id);
    expect(existsSync(join(folder, one.id))).toBe(false);
    expect(host.list().map(({ id }) => id)).toEqual([two.id]);
    await expect(host.create({ name: '../evil' })).rejects.toThrow(UserError);
  });

  it('removes what was never finished, and leaves alone what it cannot read', async () => {
    const folder = newFolder();
    const first = newHost(folder);
    for (const name of ['half', 'broken', 'good']) await first.create({ name });
    await first.stop();
    const meta = join(folder, 'half', 'meta.json');
    writeFileSync(meta, readFileSync(meta, 'utf8').replace('"ready": true', '"ready": false'));
    const log = join(folder, 'broken', 'wal', 'log-1');
    const lines = readFileSync(log, 'utf8').split('\n');
    writeFileSync(log, lines.toSpliced(3, 1).join('\n'));
    const { host, failures } = await resumed(folder);
    expect(host.list().map(({ id }) => id)).toEqual(['good']);
    expect(existsSync(join(folder, 'half'))).toBe(false);
    expect(failures.map(([id, error]) => [id, String(error)])).toEqual([
      ['broken', expect.stringContaining(`${log} at byte`)],
    ]);
    expect(existsSync(log)).toBe(true);
  });
});
