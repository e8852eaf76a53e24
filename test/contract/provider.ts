import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Cluster, ClusterSpec, Provider } from '../../src/cluster/provider.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { share } from '../helpers/share.ts';
import { crashAt } from './crash.ts';
import { Kubectl } from './kubectl.ts';
import { normalisedObjects } from './objects.ts';
import { ScratchFolder } from './scratch.ts';
import { World } from './world.ts';

/** A provider under test, over a state folder of its own. */
export interface OpenProvider {
  provider: Provider;
  /** What a new process does before anything else. */
  resume(): Promise<void>;
  stop(): Promise<void>;
}

/** What the contract has to know of one provider. */
export interface Subject {
  name: 'embedded' | 'kind' | 'kubeconfig';
  open(folder: string): Promise<OpenProvider>;
  /** Beside name and nodes. */
  spec?: Partial<ClusterSpec>;
  /** Another cluster needs another target: an existing one holds one lab at a time. */
  sideBySide: boolean;
  /** What exists outside of the state folder because of clusters: containers, objects in a cluster. Sorted lines. */
  outside(): Promise<string[]>;
  /** Fast enough to die at every step. */
  fast?: boolean;
  /** Milliseconds for one cluster to be created. */
  patience: number;
}

const damages = join(import.meta.dirname, '..', '..', 'fixtures', 'damage');

/** The suite that every provider passes. */
export function providerContract(subject: Subject): void {
  const { patience } = subject;
  const spec = (name: string): ClusterSpec => ({ name, nodes: 1, ...subject.spec });

  describe(`the ${subject.name} provider`, () => {
    it('makes clusters that kubectl works on, and leaves nothing when they are disposed of', {
      timeout: 4 * patience,
    }, async () => {
      const scratch = new ScratchFolder();
      const before = await subject.outside();
      const { provider, resume, stop } = await subject.open(scratch.path);
      try {
        await resume();
        const steps: string[] = [];
        const cluster = await provider.create(spec('one'), (step) => steps.push(step));
        expect(steps.length).toBeGreaterThan(0);
        expect(cluster).toMatchObject({ id: 'one', provider: subject.name, context: 'kubedrill-one' });
        expect(statSync(cluster.kubeconfig).mode & 0o777).toBe(0o600);
        expect(cluster.kubeconfig.startsWith(scratch.path)).toBe(true);
        const kubectl = await Kubectl.on(cluster);
        expect(await kubectl.run('config', 'current-context')).toBe('kubedrill-one');
        expect(await kubectl.run('auth', 'can-i', '*', '*')).toBe('yes');
        expect(await kubectl.run('cluster-info')).toContain(cluster.server);
        expect((await provider.list()).map(({ id, server }) => ({ id, server }))).toEqual([
          { id: 'one', server: cluster.server },
        ]);
        if (subject.sideBySide) await expectTwo(provider, cluster, spec('one'));
        await cluster.dispose();
        expect(await provider.list()).toEqual([]);
        expect(await subject.outside()).toEqual(before);
        expect(filesIn(scratch.path)).toEqual([]);
      } finally {
        await stop();
        scratch.remove();
      }
    });

    it('leaves nothing when it is cancelled, at whichever step', { timeout: 10 * patience }, async () => {
      const scratch = new ScratchFolder();
      const before = await subject.outside();
      const { provider, stop } = await subject.open(scratch.path);
      try {
        for (const at of await steps(subject, provider, spec('cancelled'))) {
          const controller = new AbortController();
          const making = provider.create(
            spec('cancelled'),
            (step) => {
              if (step === at) controller.abort(new Error(`cancelled at ${step}`));
            },
            controller.signal,
          );
          // A step may be the last thing that is reported: then the cluster is there, and the caller's to delete.
          await making
            .then((cluster) => cluster.dispose())
            .catch((error: Error) => expect(error.message).toContain(at));
          expect(await subject.outside(), at).toEqual(before);
          expect(filesIn(scratch.path), at).toEqual([]);
        }
      } finally {
        await stop();
        scratch.remove();
      }
    });

    it('cleans up at the next start what a crash left, at whichever step', { timeout: 12 * patience }, async () => {
      const scratch = new ScratchFolder();
      const before = await subject.outside();
      const { provider, resume, stop } = await subject.open(scratch.path);
      try {
        for (const at of await steps(subject, provider, spec('crashed'))) {
          await crashAt(at, subject.name, scratch.path, spec('crashed'));
          await resume();
          expect(await provider.list(), at).toEqual([]);
          expect(await subject.outside(), at).toEqual(before);
          expect(filesIn(scratch.path), at).toEqual([]);
        }
      } finally {
        await stop();
        scratch.remove();
      }
    });
  });

  describe(`a reset of a cluster of the ${subject.name} provider`, () => {
    let scratch: ScratchFolder;
    let open: OpenProvider;
    let cluster: Cluster;
    let kubectl: Kubectl;
    let world: World;
    let found: Record<string, unknown>;
    let before: Record<string, unknown>;

    beforeAll(async () => {
      scratch = new ScratchFolder();
      open = await subject.open(scratch.path);
      await open.resume();
      cluster = await open.provider.create(spec('damaged'), () => undefined);
      kubectl = await Kubectl.on(cluster);
      found = await normalisedObjects(kubectl);
      world = new World(kubectl, join(damages, 'world'));
      await world.setUp();
      await cluster.snapshot();
      before = await normalisedObjects(kubectl);
    }, 5 * patience);

    afterAll(async () => {
      await cluster?.dispose();
      await open?.stop();
      scratch?.remove();
    }, 3 * patience);

    const files = readdirSync(damages).filter((name) => /\.(sh|yaml)$/.test(name));
    for (const file of share(files, subject.fast ? 3 : 6)) {
      it(`undoes ${file.replace(/\.\w+$/, '')}`, { timeout: 180_000 }, async () => {
        await kubectl.script(join(damages, file), readFileSync(join(damages, file), 'utf8'));
        await cluster.reset();
        await expectSame(kubectl, before);
        expect(await cluster.differences()).toEqual([]);
      });
    }

    it('tells what differs', { timeout: 60_000 }, async () => {
      await kubectl.run('scale', 'deployment', 'web', '-n', 'shop', '--replicas=5');
      await kubectl.run('create', 'configmap', 'mine', '-n', 'shop');
      await kubectl.run('delete', 'secret', 'credentials', '-n', 'shop');
      expect(await cluster.differences()).toEqual([
        'ConfigMap shop/mine is new',
        'Deployment shop/web: spec.replicas changed',
        'Secret shop/credentials is missing',
      ]);
      await cluster.reset();
    });

    it('leaves a world that works', { timeout: 120_000 }, () => world.works());

    const existing = subject.spec?.target?.files[0];
    if (existing === undefined) return;
    it('gives an existing cluster back as it was found', { timeout: 180_000 }, async () => {
      await cluster.dispose();
      expect(await normalisedObjects(await Kubectl.onFile(existing))).toEqual(found);
    });
  });
}

async function expectTwo(provider: Provider, first: Cluster, spec: ClusterSpec): Promise<void> {
  const second = await provider.create(spec, () => undefined);
  expect(second.id).toBe('one-2');
  expect(second.server).not.toBe(first.server);
  const kubectl = await Kubectl.on(second);
  await kubectl.run('create', 'configmap', 'only-here');
  const other = await Kubectl.on(first);
  expect(await other.run('get', 'configmaps', '-o', 'name')).not.toContain('only-here');
  await second.dispose();
  expect(await other.run('get', 'namespace', 'default', '-o', 'name')).toBe('namespace/default');
}

/** Compares until controllers have created what follows from the rest. */
async function expectSame(kubectl: Kubectl, before: Record<string, unknown>): Promise<void> {
  const end = systemClock.now() + 60_000;
  for (;;) {
    const after = await normalisedObjects(kubectl);
    try {
      return expect(after).toEqual(before);
    } catch (error) {
      if (systemClock.now() > end) throw error;
    }
  }
}

const known = new Map<string, string[]>();

/** The steps that a provider tells of, from one undisturbed run. */
async function steps(subject: Subject, provider: Provider, spec: ClusterSpec): Promise<string[]> {
  let list = known.get(subject.name);
  if (!list) {
    const seen = new Set<string>();
    const cluster = await provider.create(spec, (step) => seen.add(step));
    await cluster.dispose();
    list = subject.fast || seen.size < 4 ? [...seen] : share([...seen].toReversed(), 4);
    expect(list).not.toEqual([]);
    known.set(subject.name, list);
  }
  return list;
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true }).map(String).sort();
}
