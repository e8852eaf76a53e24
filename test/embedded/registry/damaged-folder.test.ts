import { cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findDamage } from '../../../src/embedded/cluster/damage.ts';
import { createContainerRuntime } from '../../../src/embedded/container/runtime.ts';
import { ClusterHost } from '../../../src/embedded/host.ts';
import { createClusterNetwork } from '../../../src/embedded/network/index.ts';
import { configMaps, namespaces } from '../../../src/kube/resources.ts';
import { ScratchFolder } from '../../contract/scratch.ts';
import { share } from '../../helpers/share.ts';
import { temporaryFolder } from '../../helpers/temporary.ts';

/** What can happen to a file: an empty one after a full disk, half of one, other bytes, none. */
const damages = {
  empty: (file: string) => writeFileSync(file, ''),
  truncated: (file: string) => writeFileSync(file, readFileSync(file).subarray(0, statSync(file).size / 2)),
  garbage: (file: string) =>
    writeFileSync(file, Buffer.from(readFileSync(file).map((byte, at) => (byte * 7 + at) % 256))),
  missing: (file: string) => rmSync(file),
};
type Damage = keyof typeof damages;
const kinds = Object.keys(damages) as Damage[];

const hosts: ClusterHost[] = [];
afterAll(() => Promise.all(hosts.map((host) => host.stop())));

function newHost(folder: string): ClusterHost {
  const host = new ClusterHost({
    folder,
    defaults: {
      runtime: (context) =>
        createContainerRuntime({ network: createClusterNetwork(context), nodes: context.cluster.nodes }),
    },
  });
  hosts.push(host);
  return host;
}

const scratch = new ScratchFolder();
/** A cluster `lab` that holds the ConfigMap `mine`, as its process leaves it; every test damages a copy. */
const whole = join(scratch.path, 'clusters');
beforeAll(() => makeOnce(whole));
afterAll(() => scratch.remove());

async function makeOnce(folder: string): Promise<void> {
  const host = newHost(folder);
  const { cluster } = await host.create({ name: 'lab' });
  await cluster.client.create(configMaps, { metadata: { name: 'mine', namespace: 'default' } });
  // Then its containers have printed something.
  await cluster.systemRuns();
  await cluster.snapshot();
  await host.stop();
}

function copyOfWhole(): string {
  const folder = join(temporaryFolder(), 'clusters');
  cpSync(whole, folder, { recursive: true });
  return folder;
}

/** A copy with some of its files damaged, after a restart. */
async function restarted(files: readonly string[], kind: Damage): Promise<ClusterHost> {
  const folder = copyOfWhole();
  for (const file of files) damages[kind](join(folder, 'lab', file));
  const host = newHost(folder);
  await host.resume(() => undefined);
  return host;
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}

async function expectWhole(host: ClusterHost, what: string): Promise<void> {
  const { client } = host.get('lab')?.cluster ?? expect.unreachable(`${what}: no cluster`);
  await client.get(namespaces, undefined, 'kube-system');
  await client.get(configMaps, 'default', 'mine');
}

describe('after a restart, a cluster of whose files one is damaged', () => {
  it('runs with all that it held, or is broken with the name of the file', async () => {
    const files = filesBelow(join(whole, 'lab'));
    // What is written anew at each start, and what containers printed: one start for all of them.
    const isSecondary = (file: string) => /^(logs\/|port$|kubeconfig$)/.test(file);
    expect(files.filter((file) => file.startsWith('logs/'))).not.toEqual([]);
    const groups = [files.filter(isSecondary), ...files.filter((file) => !isSecondary(file)).map((file) => [file])];
    const cases = groups.flatMap((group) => kinds.map((kind) => ({ group, kind })));
    // A number that shares no factor with that of the kinds: each kind and nearly each file has its turn.
    for (const { group, kind } of share(cases, 3)) {
      const host = await restarted(group, kind);
      const what = `${group[0]} ${kind}`;
      const [broken] = host.broken();
      if (!broken) await expectWhole(host, what);
      else expect(broken.what, what).toContain((group[0] ?? '').replace(/^wal\/.*/, 'wal'));
      // All can be restored, from the node's disk, the state that a reset goes back to, or the authority.
      if (broken)
        expect(broken.repair, what).toContain((group[0] ?? '').replace(/^wal\/.*/, 'wal').replace(/\.key$/, ''));
      await host.stop();
    }
  }, 240_000);

  it.each([
    ['its keys, certificates and records', (file: string) => /^(pki|meta|etcd|nodes\/.*units)/.test(file)],
    ['its log and the disk of its node', (file: string) => /^(wal|nodes)/.test(file)],
  ])('is restored if the damage is to %s, all at once', async (_, isDamaged) => {
    const host = await restarted(filesBelow(join(whole, 'lab')).filter(isDamaged), 'garbage');
    const [broken] = host.broken();
    await host.repair('lab');
    await expectWhole(host, 'repaired');
    await host.stop();
    expect(await findDamage(dirname(broken?.kubeconfig ?? ''), ['kubedrill-control-plane'])).toEqual([]);
  });

  it('loses nothing that can be read when its log is damaged in the middle', async () => {
    const folder = copyOfWhole();
    const log = join(folder, 'lab', 'wal', 'log-1');
    const lines = readFileSync(log, 'utf8').split('\n');
    const middle = Math.floor(lines.length / 2);
    lines[middle] = (lines[middle] ?? '').replaceAll('a', 'b');
    writeFileSync(log, lines.join('\n'));
    const host = newHost(folder);
    await host.resume(() => undefined);
    const [broken] = host.broken();
    expect(broken?.what).toMatch(/log is damaged: .*log-1 at byte \d+: its checksum does not fit/);
    expect(broken?.repair).toBe(`wal keeps the ${lines.length - 2} records that can be read; 1 can not`);
    await host.repair('lab');
    await expectWhole(host, 'repaired');
  });

  it('stays broken where nothing is left to restore it from, until it is deleted', async () => {
    const folder = join(temporaryFolder(), 'clusters');
    const host = new ClusterHost({ folder });
    hosts.push(host);
    await host.create({ name: 'lab' });
    await host.stop();
    rmSync(join(folder, 'lab', 'pki', 'ca.key'));
    await host.resume(() => undefined);
    expect(host.broken()).toMatchObject([{ id: 'lab', what: `${join(folder, 'lab', 'pki', 'ca.key')} is missing` }]);
    expect(host.broken()[0]).not.toHaveProperty('repair');
    await expect(host.repair('lab')).rejects.toThrow('the cluster lab stays broken');
    expect(host.broken()).toHaveLength(1);
    await host.delete('lab');
    expect(host.broken()).toEqual([]);
    expect(existsSync(join(folder, 'lab'))).toBe(false);
  });
});
