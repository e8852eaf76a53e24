import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Cluster, Provider } from '../../src/cluster/provider.ts';
import { runDaemon } from '../../src/daemon/daemon.ts';
import { ManualClock } from '../../src/kernel/clock.ts';
import { connectRpc } from '../../src/kernel/rpc.ts';
import { Catalog } from '../../src/scenario/catalog.ts';
import { TrustStore } from '../../src/scenario/trust.ts';
import { LabHost } from '../../src/session/lab-host.ts';
import { ProgressLog } from '../../src/session/progress.ts';
import { connectRunningLabs, socketPath } from '../../src/session/remote-labs.ts';
import { temporaryFolder } from '../helpers/temporary.ts';

const empty = 25_000;
const withLabs = 8 * 3_600_000;

/** A daemon whose only provider has these clusters. */
async function started(clusters: Cluster[] = []) {
  const folder = temporaryFolder();
  const clock = new ManualClock();
  const log: string[] = [];
  const provider = { name: 'fake', list: async () => clusters } as Partial<Provider> as Provider;
  const host = new LabHost({
    clock,
    folder: join(folder, 'attempts'),
    catalog: new Catalog(join(folder, 'scenarios'), join(folder, 'packs')),
    providers: [provider],
    scriptEnvironment: async () => ({}),
    trust: new TrustStore(join(folder, 'trust.json')),
    progress: await ProgressLog.open(folder, { clock, log: (line) => log.push(line) }),
    log: (line) => log.push(line),
  });
  const socket = join(folder, 'daemon.sock');
  const stopped: string[] = [];
  const daemon = await runDaemon({
    ...{ socket, build: 'b', host, clock, idleAfter: { withLabs, empty } },
    resume: async () => undefined,
    stop: async () => void stopped.push('stopped'),
    log: (line) => log.push(line),
  });
  onTestFinished(() => void daemon.shutdown());
  let isOver = false;
  void daemon.ended.then(() => {
    isOver = true;
  });
  return { clock, folder, socket, daemon, stopped, log, isOver: () => isOver };
}

const cluster = { id: 'bare', provider: 'fake', kubeconfig: '/k', context: 'c', server: 's' } as Cluster;

describe('a daemon without clients', () => {
  it('ends within a minute if it has no clusters', async () => {
    const { clock, daemon, isOver, socket, stopped } = await started();
    await clock.advance(empty - 1);
    expect(isOver()).toBe(false);
    await clock.advance(35_000);
    await daemon.ended;
    expect(stopped).toEqual(['stopped']);
    expect(existsSync(socket)).toBe(false);
  });

  it('stays for hours if it has, and ends within a minute once they are gone', async () => {
    const clusters = [cluster];
    const { clock, daemon, isOver } = await started(clusters);
    await clock.advance(withLabs - 60_000);
    expect(isOver()).toBe(false);
    clusters.pop();
    await clock.advance(60_000);
    await daemon.ended;
  });

  it('ends after hours, whatever it has', async () => {
    const { clock, daemon } = await started([cluster]);
    await clock.advance(withLabs + empty);
    await daemon.ended;
  });
});

describe('a daemon with a client', () => {
  it('stays, says what it is, and begins to count when the client has gone', async () => {
    const { clock, socket, daemon, isOver } = await started();
    const client = await connectRpc(socket);
    expect(await client.call('status')).toMatchObject({
      ...{ pid: process.pid, build: 'b', socket, uptime: 0, clusters: 0, attempts: 0, clients: 0 },
    });
    await clock.advance(10 * empty);
    expect(isOver()).toBe(false);
    client.close();
    await client.closed;
    // The server hears of it a moment later.
    await expect.poll(async () => clock.advance(empty).then(isOver)).toBe(true);
    await daemon.ended;
  });

  it('answers what it has suspended before it ends', async () => {
    const { socket, daemon } = await started([cluster]);
    const client = await connectRpc(socket);
    expect(await client.call('shutdown')).toEqual({ attempts: [], clusters: 1 });
    await client.closed;
    await daemon.ended;
  });

  it('goes if the client is of another build, even one that starts none', async () => {
    const { folder, daemon, isOver } = await started([cluster]);
    const paths = { config: folder, cache: folder, state: folder };
    const { signal } = new AbortController();
    const labs = await connectRunningLabs(paths, 'b', signal);
    expect(await labs?.attempts()).toEqual([]);
    labs?.close();
    expect(isOver()).toBe(false);
    expect(await connectRunningLabs(paths, 'another', signal)).toBeUndefined();
    await daemon.ended;
  });

  it('that ends before it says what it is has gone', async () => {
    const folder = temporaryFolder();
    const paths = { config: folder, cache: folder, state: folder };
    const server = createServer((socket) => socket.end()).listen(socketPath(paths));
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    expect(await connectRunningLabs(paths, 'b', new AbortController().signal)).toBeUndefined();
  });
});
