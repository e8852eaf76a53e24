import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { newScenario } from '../../../src/authoring/new.ts';
import type { Provider } from '../../../src/cluster/provider.ts';
import { createEmbeddedProvider, type EmbeddedProvider } from '../../../src/daemon/embedded-provider.ts';
import { type Clock, systemClock } from '../../../src/kernel/clock.ts';
import { EnvironmentError } from '../../../src/kernel/errors.ts';
import { Catalog } from '../../../src/scenario/catalog.ts';
import { TrustStore } from '../../../src/scenario/trust.ts';
import { readExamReport } from '../../../src/session/exam/report.ts';
import { LabHost } from '../../../src/session/lab-host.ts';
import { ProgressLog } from '../../../src/session/progress.ts';
import { temporaryFolder } from '../../helpers/temporary.ts';

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

/** The machine's clock, which a test sets forward. */
class ShiftedClock implements Clock {
  shift = 0;
  now = () => systemClock.now() + this.shift;
  after = (ms: number, run: () => void) => systemClock.after(ms, run);
}

/** A pack with an exam of two tasks in ten minutes, and a host of it; `restart` is the next process on the same folder. */
async function hosting(replaced: Partial<Provider> = {}) {
  const folder = temporaryFolder();
  const pack = join(folder, 'mine');
  for (const id of ['first', 'second'])
    newScenario({ folder: pack, id, title: id, competency: 'ckad/configmaps', namespace: 'mine' });
  const tasks = '[{ scenario: second, weight: 60 }, { scenario: first, weight: 40 }]';
  writeFileSync(
    join(pack, 'pack.yaml'),
    `apiVersion: kubedrill.dev/v1\nkind: Pack\ntitle: Mine\nversion: 1.0.0\nexams: [{ id: two, title: Two, minutes: 10, tasks: ${tasks} }]\n`,
  );
  const clock = new ShiftedClock();
  const hosts: LabHost[] = [];
  const restart = async () => {
    await hosts.at(-1)?.suspend();
    const log = () => undefined;
    const host = new LabHost({
      clock,
      folder: join(folder, 'attempts'),
      catalog: new Catalog(join(folder, 'scenarios'), join(folder, 'packs')),
      // What tests before have given back is nothing to this one.
      providers: [{ ...embedded.provider, kept: async () => [], ...replaced }],
      scriptEnvironment: async () => ({}),
      trust: new TrustStore(join(folder, 'trust.json')),
      progress: await ProgressLog.open(folder, { clock, log }),
      log,
    });
    hosts.push(host);
    await host.resume();
    return host;
  };
  onTestFinished(async () => {
    await hosts.at(-1)?.suspend();
    for (const { id } of await embedded.provider.list()) await embedded.provider.release?.(id);
  });
  const request = (mode: 'exam' | 'training' | 'mastery' = 'exam') => {
    return { exam: 'two', packFolder: pack, seed: 1, mode, provider: 'embedded' };
  };
  const sittings = join(folder, 'exams');
  return { host: await restart(), restart, request, clock, sittings, attempts: join(folder, 'attempts') };
}

async function allReady({ labs }: LabHost) {
  return vi.waitFor(
    async () => {
      const state = await labs.exam();
      expect(state.tasks.map(({ phase }) => phase)).toEqual(['ready', 'ready']);
      return state;
    },
    { timeout: 15_000 },
  );
}

describe('an exam', () => {
  it('is over when its time is, and says nothing before', async () => {
    const { host, request, clock, sittings } = await hosting();
    const { labs } = host;
    const begun = await labs.examStart(request());
    expect(begun).toMatchObject({ phase: 'running', current: 1 });
    expect(begun.left).toBeGreaterThan(9 * 60_000);
    const id = begun.tasks[0]?.attempt ?? '';
    expect(await labs.attempt({ id })).toMatchObject({ verdicts: [], score: 0, wasSolved: false, worked: 0 });
    for (const help of [labs.check, labs.hint, labs.solution, labs.debrief, labs.reset])
      await expect(help({ id })).rejects.toThrow('that comes after the exam');
    await expect(labs.ask({ id, check: 'any', price: 0 })).rejects.toThrow('that comes after the exam');
    await expect(labs.explain({ id, check: 'any' })).rejects.toThrow('that comes after the exam');
    // A lab at the same scenario is another thing.
    const { exam, packFolder } = request();
    await expect(labs.examStart(request())).rejects.toThrow(`the exam ${exam} goes on`);
    const lab = await labs.start({ scenario: 'second', packFolder, provider: 'embedded', resume: true });
    expect(lab.id).not.toBe(id);
    clock.shift = 11 * 60_000;
    const over = await labs.exam();
    expect(over).toMatchObject({ phase: 'submitted', submitted: { by: 'deadline' }, result: { score: 0 } });
    expect(over.left).toBe(0);
    expect(over.submitted?.at).toBe(begun.deadline);
    expect((await readExamReport(sittings, begun.id))?.submittedAt).toBe(begun.deadline);
    await expect(labs.examGo({ task: 2 })).rejects.toThrow('the exam is over');
    await expect(labs.attempt({ id })).rejects.toThrow('has ended');
  });

  it('goes on in the next daemon, and is over there if its time is', async () => {
    const { host, restart, request, clock } = await hosting();
    const begun = await host.labs.examStart(request());
    await host.labs.examGo({ task: 2 });
    await host.labs.examFlag({});
    await host.labs.examNote({ text: 'a' });
    await host.labs.examNote({ text: 'b' });
    const next = await restart();
    const { deadline, tasks } = await allReady(next);
    expect(deadline).toBe(begun.deadline);
    expect(tasks[0]?.attempt).toBe(begun.tasks[0]?.attempt);
    expect(await next.labs.exam()).toMatchObject({ current: 2, notes: 'a\nb', tasks: [{}, { flagged: true }] });
    await next.suspend();
    clock.shift = 3_600_000;
    const last = await restart();
    await expect(last.labs.examSubmit({})).rejects.toThrow('the exam is over');
    const over = await last.labs.exam({ id: begun.id });
    expect(over).toMatchObject({ phase: 'submitted', submitted: { by: 'deadline', at: begun.deadline } });
    expect(await last.labs.clusterList()).toEqual([]);
  });

  it('lets a cluster stay that somebody wants to look at', async () => {
    const { host, request } = await hosting();
    const begun = await host.labs.examStart(request('mastery'));
    await allReady(host);
    expect(await host.labs.examSubmit({ keep: 1 })).toMatchObject({ phase: 'submitted' });
    const left = await host.labs.clusterList();
    expect(left.map(({ id }) => id)).toEqual([begun.tasks[0]?.cluster?.id]);
    await host.labs.clusterDown({ id: left[0]?.id ?? '' });
  });
});

describe('a training', () => {
  it('has all help of a lab, tells how it stands, and its time ends nothing', async () => {
    const { host, request, clock } = await hosting();
    const { labs } = host;
    const begun = await labs.examStart(request('training'));
    expect(begun.deadline).toBeUndefined();
    const id = begun.tasks[0]?.attempt ?? '';
    expect((await labs.check({ id })).verdicts.length).toBeGreaterThan(0);
    expect((await labs.solution({ id })).length).toBeGreaterThan(0);
    clock.shift = 3_600_000;
    expect(await labs.exam()).toMatchObject({ phase: 'running', tasks: [{ score: { score: 0, solved: false } }, {}] });
    expect((await labs.exam()).left).toBeLessThan(0);
    expect(await labs.examStop()).toMatchObject({ phase: 'discarded' });
    expect(await labs.clusterList()).toEqual([]);
  });
});

describe('a start that fails', () => {
  it('leaves nothing, and the next may begin', async () => {
    let isBroken = true;
    const create: Provider['create'] = async (...args) => {
      if (isBroken) throw new EnvironmentError({ what: 'the machine is full' });
      return embedded.provider.create(...args);
    };
    const { host, request, sittings, attempts } = await hosting({ create });
    await expect(host.labs.examStart(request())).rejects.toThrow('the machine is full');
    expect(readdirSync(sittings)).toEqual([]);
    expect(readdirSync(attempts)).toEqual([]);
    await expect(host.labs.exam()).rejects.toThrow('no exam goes on');
    isBroken = false;
    expect(await host.labs.examStart(request())).toMatchObject({ phase: 'running' });
  });

  it('is tried again where it is a later task', async () => {
    let count = 0;
    const create: Provider['create'] = async (...args) => {
      if (++count === 2) throw new EnvironmentError({ what: 'the machine is full' });
      return embedded.provider.create(...args);
    };
    const { host, request } = await hosting({ create });
    await host.labs.examStart(request());
    await vi.waitFor(async () => expect((await host.labs.exam()).tasks[1]?.phase).toBe('failed'));
    expect((await host.labs.exam()).tasks[1]?.failure?.what).toBe('the machine is full');
    expect(await host.labs.examGo({ task: 2 })).toMatchObject({ current: 2 });
    await allReady(host);
  });

  it('leaves nothing when it is given up', async () => {
    const asked = Promise.withResolvers<void>();
    const create: Provider['create'] = async (_, progress, signal) => {
      progress('pulling images');
      asked.resolve();
      await new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
      throw new Error('not reached');
    };
    const { host, request, sittings, attempts } = await hosting({ create });
    const giveUp = new AbortController();
    const begun = host.labs.examStart(request(), { signal: giveUp.signal });
    await asked.promise;
    giveUp.abort(new Error('enough'));
    await expect(begun).rejects.toThrow();
    expect(readdirSync(sittings)).toEqual([]);
    expect(readdirSync(attempts)).toEqual([]);
  });
});
