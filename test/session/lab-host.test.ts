import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { newScenario } from '../../src/authoring/new.ts';
import type { BrokenCluster, Cluster, Provider } from '../../src/cluster/provider.ts';
import { createEmbeddedProvider, type EmbeddedProvider } from '../../src/daemon/embedded-provider.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { EnvironmentError } from '../../src/kernel/errors.ts';
import { Catalog } from '../../src/scenario/catalog.ts';
import { TrustStore } from '../../src/scenario/trust.ts';
import { LabHost } from '../../src/session/lab-host.ts';
import { ProgressLog } from '../../src/session/progress.ts';
import { markSetAside } from '../../src/session/set-aside.ts';
import type { AttemptState } from '../../src/session/types.ts';
import { temporaryFolder } from '../helpers/temporary.ts';

/** Real clusters, which are used again by the next test. */
let embedded: EmbeddedProvider;
const clusters = mkdtempSync(join(tmpdir(), 'kubedrill-test-'));

beforeAll(async () => {
  embedded = await createEmbeddedProvider(clusters, { lasting: false });
});

afterAll(async () => {
  await embedded.stop();
  rmSync(clusters, { recursive: true, force: true });
});

/** A pack of two scenarios, and a host of them; `restart` is the next process on the same folder. */
async function hosting(replaced: Partial<Provider> = {}) {
  const folder = temporaryFolder();
  const pack = join(folder, 'mine');
  for (const id of ['first', 'second'])
    newScenario({ folder: pack, id, title: id, competency: 'ckad/configmaps', namespace: 'mine' });
  const log: string[] = [];
  const hosts: LabHost[] = [];
  const restart = async (again: Partial<Provider> = replaced) => {
    await hosts.at(-1)?.suspend();
    const host = new LabHost({
      clock: systemClock,
      folder: join(folder, 'attempts'),
      catalog: new Catalog(join(folder, 'scenarios'), join(folder, 'packs')),
      // What tests before have given back is nothing to this one.
      providers: [{ ...embedded.provider, kept: async () => [], ...again }],
      scriptEnvironment: async () => ({}),
      trust: new TrustStore(join(folder, 'trust.json')),
      progress: await ProgressLog.open(folder, { clock: systemClock, log: (line) => log.push(line) }),
      log: (line) => log.push(line),
    });
    hosts.push(host);
    await host.resume();
    return host;
  };
  onTestFinished(async () => {
    await hosts.at(-1)?.suspend();
    for (const { id } of await embedded.provider.list()) await embedded.provider.release?.(id);
  });
  const request = (scenario = 'first') => ({ scenario, packFolder: pack, provider: 'embedded' });
  return { host: await restart(), restart, request, log, attempts: join(folder, 'attempts') };
}

/** A provider that waits with its clusters until it is told to, or aborted. */
function waiting() {
  const asked = Promise.withResolvers<void>();
  const create: Provider['create'] = async (_, progress, signal) => {
    progress('pulling images');
    asked.resolve();
    await new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
    throw new Error('not reached');
  };
  return { create, asked: asked.promise };
}

/** The cluster of an attempt as one that could not be brought back. */
function brokenOf({ cluster }: AttemptState): Partial<Provider> {
  if (!cluster) throw new Error('the attempt has no cluster');
  const { id, kubeconfig, context } = cluster;
  let broken: BrokenCluster[] = [
    { id, kubeconfig, context, what: 'etcd.json is empty', repair: 'the last hour is lost' },
  ];
  const { provider } = embedded;
  return {
    list: async () => (await provider.list()).filter((c) => !broken.some((b) => b.id === c.id)),
    broken: async () => broken,
    async repair() {
      broken = [];
      return ['etcd.json restored'];
    },
    async delete(id) {
      broken = [];
      await provider.delete(id);
    },
  };
}

describe('a start', () => {
  it('tells its steps and ends with a lab, which its cluster is listed with', async () => {
    const { host, request } = await hosting();
    const steps: (string | undefined)[] = [];
    const state = await host.labs.start(request(), { onEvent: ({ step }) => steps.push(step) });
    expect(state).toMatchObject({ phase: 'active', title: 'first', running: true });
    expect(steps).toContain('waiting for the workloads');
    expect(await host.labs.attempts()).toMatchObject([{ id: state.id }]);
    expect(await host.labs.clusterList()).toMatchObject([{ id: state.cluster?.id, attempt: state.id }]);
    expect(await host.isEmpty()).toBe(false);
  });

  it('goes on with what runs at the same scenario where that is wanted', async () => {
    const { host, request } = await hosting();
    const { id } = await host.labs.start(request());
    expect((await host.labs.start({ ...request(), resume: true })).id).toBe(id);
    expect(await host.labs.attempts()).toHaveLength(1);
  });

  it('that fails is no attempt: it can be looked at by its id, and the one before is the newest', async () => {
    let create = embedded.provider.create;
    const { host, request, attempts } = await hosting({ create: (...args) => create(...args) });
    const { id } = await host.labs.start(request());
    create = () => Promise.reject(new EnvironmentError({ what: 'no room', next: 'make some' }));
    const seen: AttemptState[] = [];
    const onEvent = (state: AttemptState) => seen.push(state);
    await expect(host.labs.start(request('second'), { onEvent })).rejects.toThrow('no room');
    const failed = seen.at(-1)?.id;
    expect(await host.labs.attempt({ id: failed })).toMatchObject({ phase: 'failed', failure: { what: 'no room' } });
    expect(await host.labs.stop({ id: failed })).toMatchObject({ phase: 'failed' });
    await expect(host.labs.hint({ id: failed })).rejects.toMatchObject({
      text: { what: `the attempt ${failed} never began`, why: 'no room', next: 'make some' },
    });
    expect((await host.labs.attempt()).id).toBe(id);
    expect(existsSync(join(attempts, failed ?? '', 'events.jsonl'))).toBe(true);
  });

  it('is not the newest while another runs, and leaves nothing once it is aborted', async () => {
    const { create, asked } = waiting();
    let first = true;
    const { host, request } = await hosting({
      create: (...args) => (first ? embedded.provider.create(...args) : create(...args)),
    });
    const { id } = await host.labs.start(request());
    first = false;
    const abort = new AbortController();
    const start = host.labs.start(request('second'), { signal: abort.signal });
    const ended = expect(start).rejects.toThrow('was ended');
    await asked;
    expect((await host.labs.attempt()).id).toBe(id);
    const [, { id: other = '', step } = {}] = await host.labs.attempts();
    expect(step).toBe('pulling images');
    abort.abort();
    await ended;
    expect(await host.labs.attempts()).toMatchObject([{ id }]);
    await expect(host.labs.attempt({ id: other })).rejects.toThrow(`there is no attempt ${other}`);
  });

  it('keeps the process while its cluster is being made', async () => {
    const { create, asked } = waiting();
    const { host, request } = await hosting({ create });
    expect(await host.isEmpty()).toBe(true);
    const begun = expect(host.labs.start(request())).rejects.toThrow('was ended');
    await asked;
    expect(await host.isEmpty()).toBe(false);
    await host.labs.stop();
    await begun;
    expect(await host.isEmpty()).toBe(true);
  });
});

describe('an attempt', () => {
  it('is over with its cluster once it is stopped', async () => {
    const { host, request } = await hosting();
    const { id } = await host.labs.start(request());
    expect(await host.labs.stop({ id })).toMatchObject({ id, phase: 'stopped' });
    expect(await host.labs.clusterList()).toEqual([]);
    await expect(host.labs.hint({ id })).rejects.toThrow(`the attempt ${id} has ended`);
    await expect(host.labs.hint()).rejects.toThrow('no attempt is running');
    await expect(host.labs.hint({ id: 'none' })).rejects.toThrow('there is no attempt none');
  });

  it('tells whoever follows at once and at each change, until they leave', async () => {
    const { host, request } = await hosting();
    await host.labs.start(request());
    const abort = new AbortController();
    const seen: AttemptState[] = [];
    const following = host.labs.follow({}, { onEvent: (state) => seen.push(state), signal: abort.signal });
    await expect.poll(() => seen.length).toBeGreaterThan(0);
    await host.labs.solution();
    expect(seen.at(-1)?.sawSolution).toBe(true);
    abort.abort();
    await following;
    const before = seen.length;
    await host.labs.solution();
    expect(seen).toHaveLength(before);
  });

  it('has a debrief once its solution was seen', async () => {
    const { host, request } = await hosting();
    await host.labs.start(request());
    await expect(host.labs.debrief()).rejects.toThrow('the debrief comes after the solution');
    await host.labs.solution();
    expect(await host.labs.debrief()).toContain('#');
  });

  it('goes on in the next process', async () => {
    const { host, request, restart } = await hosting();
    const { id } = await host.labs.start(request());
    const next = await restart();
    expect(await next.labs.check({ id })).toMatchObject({ id, phase: 'active' });
  });

  it('is independent of another that runs: in the next process, and when that is stopped', async () => {
    const { host, request, restart } = await hosting();
    const first = await host.labs.start(request());
    const second = await host.labs.start(request('second'));
    expect(second.cluster?.id).not.toBe(first.cluster?.id);
    const { labs } = await restart();
    expect((await labs.attempts()).map(({ id }) => id).sort()).toEqual([first.id, second.id].sort());
    expect((await labs.attempt()).id).toBe(second.id);
    await labs.solution({ id: first.id });
    expect((await labs.attempt({ id: second.id })).sawSolution).toBe(false);
    await labs.stop({ id: second.id });
    expect(await labs.check()).toMatchObject({ id: first.id, phase: 'active', sawSolution: true });
    expect(await labs.clusterList()).toMatchObject([{ id: first.cluster?.id, attempt: first.id }]);
  });

  it('whose log is damaged says so by its id, and as the newest', async () => {
    const { host, request, restart, attempts, log } = await hosting();
    const { id } = await host.labs.start(request());
    await host.suspend();
    writeFileSync(join(attempts, id, 'events.jsonl'), 'no JSON\n{}\n');
    const next = await restart();
    expect(log).toEqual([expect.stringContaining(`attempt ${id} cannot be taken up`)]);
    for (const choice of [{ id }, {}]) await expect(next.labs.attempt(choice)).rejects.toThrow('events.jsonl');
  });
});

describe('an attempt whose cluster is broken', () => {
  /** Started, and then taken up by a process that cannot bring its cluster back. */
  async function setAside() {
    const { host, request, restart } = await hosting();
    const state = await host.labs.start(request());
    const next = await restart(brokenOf(state));
    return { labs: next.labs, host: next, request, id: state.id, cluster: state.cluster?.id ?? '' };
  }

  it('is shown with the reason, and nothing can be asked of its cluster', async () => {
    const { labs, host, request, id, cluster } = await setAside();
    const failure = { what: `the cluster ${cluster} is broken`, why: 'etcd.json is empty' };
    expect(await labs.attempt()).toMatchObject({ id, phase: 'failed', failure });
    expect(await labs.attempts()).toMatchObject([{ id, phase: 'failed' }]);
    expect(await labs.clusterList()).toMatchObject([{ id: cluster, attempt: id, broken: { what: failure.why } }]);
    const asked = [
      () => labs.hint(),
      () => labs.check({ id }),
      () => labs.reset(),
      () => labs.start({ ...request(), resume: true }),
    ];
    for (const ask of asked) await expect(ask()).rejects.toMatchObject({ text: failure });
    await expect(labs.clusterDifferences({ id: cluster })).rejects.toMatchObject({ text: failure });
    expect(await host.isEmpty()).toBe(true);
  });

  it('goes on once that is repaired', async () => {
    const { labs, id, cluster } = await setAside();
    expect(await labs.clusterRepair({ id: cluster })).toEqual(['etcd.json restored']);
    expect(await labs.check()).toMatchObject({ id, phase: 'active' });
    await expect(labs.clusterDown({ id: cluster })).rejects.toThrow(`belongs to the attempt ${id}`);
  });

  it('gives way to a newer one that runs', async () => {
    const { labs, request, id } = await setAside();
    const newer = await labs.start(request('second'));
    expect((await labs.attempt()).id).toBe(newer.id);
    expect((await labs.attempt({ id })).phase).toBe('failed');
  });

  it.each(['stop', 'clusterDown'] as const)('ends with it by %s', async (verb) => {
    const { labs, id, cluster } = await setAside();
    await (verb === 'stop' ? labs.stop() : labs.clusterDown({ id: cluster }));
    expect(await labs.clusterList()).toEqual([]);
    await expect(labs.attempt({ id })).rejects.toThrow(`the attempt ${id} has ended`);
  });
});

it('takes up an attempt that has blocked a process only when it is reset', async () => {
  const { host, request, restart, attempts } = await hosting();
  const { id } = await host.labs.start(request());
  await host.suspend();
  await markSetAside(join(attempts, id), { what: 'it blocked the daemon' });
  const next = await restart();
  await expect(next.labs.check()).rejects.toThrow('it blocked the daemon');
  expect(await next.labs.reset()).toMatchObject({ id, phase: 'active' });
  expect(await next.labs.check()).toMatchObject({ id, phase: 'active' });
});

describe('without an attempt', () => {
  const bare = (id: string): Cluster =>
    ({ id, provider: 'embedded', kubeconfig: '/k', context: id, server: 's', differences: async () => [id] }) as never;

  it('the only cluster is meant, and of several one has to be named', async () => {
    const all = [bare('one')];
    const { host } = await hosting({ list: async () => all });
    expect(await host.labs.clusterDifferences()).toEqual(['one']);
    all.push(bare('two'));
    await expect(host.labs.clusterDifferences()).rejects.toMatchObject({
      text: { what: 'there are several clusters', why: 'one, two' },
    });
    expect(await host.labs.clusterDifferences({ id: 'two' })).toEqual(['two']);
    await expect(host.labs.clusterDifferences({ id: 'three' })).rejects.toThrow('there is no cluster three');
  });

  it('nodes that kubedrill has no access to are not entered', async () => {
    const { host } = await hosting({ list: async () => [bare('one')] });
    const request = { node: 'worker', command: ['id'] };
    await expect(host.labs.nodeCommand(request)).rejects.toThrow("the nodes of one can't be entered");
    await expect(host.labs.nodeProcess({ ...request, tty: false, session: 's' })).rejects.toThrow("can't be entered");
  });
});
