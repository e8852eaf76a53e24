import {
  appendFileSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type LogOptions, WriteAheadLog } from '../../../src/embedded/store/log.ts';
import { Store } from '../../../src/embedded/store/store.ts';
import { ManualClock } from '../../../src/kernel/clock.ts';
import { EnvironmentError } from '../../../src/kernel/errors.ts';
import fc from '../../helpers/fast-check.ts';

const root = mkdtempSync(join(tmpdir(), 'kubedrill-log-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;
const newFolder = () => join(root, String(folders++));

function openStore(folder: string, options?: LogOptions) {
  const { log, content } = WriteAheadLog.open(folder, options);
  const store = new Store({ clock: new ManualClock(), journal: log });
  store.restore(content);
  log.compactFrom(() => ({ revision: store.revision, objects: store.all() }));
  return { log, store };
}

const stateOf = (store: Store) => JSON.stringify([...store.all()].map(({ id, object }) => [id, object]).sort());

const bigName = 'x'.repeat(200);

describe('WriteAheadLog', () => {
  it('brings back everything, without being closed, with rising revisions', () => {
    const folder = newFolder();
    const { store } = openStore(folder);
    store.create('pods', 'a/x', { metadata: { name: 'x' } });
    store.update('pods', 'a/x', { metadata: { name: 'x', labels: { é: '\n"' } } });
    store.create('pods', 'a/y', { metadata: { name: 'y' } });
    store.delete('pods', 'a/y');
    // The first process was killed: its file is all there is.
    const second = openStore(folder).store;
    expect(stateOf(second)).toBe(stateOf(store));
    expect(second.revision).toBe(store.revision);
    expect(second.create('pods', 'a/z', { metadata: { name: 'z' } }).metadata.resourceVersion).toBe('6');
  });

  it('has another content in place of all, whatever came before and after it', async () => {
    const folder = newFolder();
    const { log, store } = openStore(folder);
    store.create('pods', 'kept', { metadata: { name: 'kept' } });
    store.update('pods', 'kept', { metadata: { name: 'kept' } });
    const backup = { revision: store.revision, objects: [...store.all()] };
    for (let i = 0; i < 5; i++) store.create('pods', `p${i}`, { metadata: { name: `p${i}` } });
    const former = readFileSync(join(folder, 'log-1'));
    // A snapshot that is being written is none of what comes now.
    const snapshot = log.snapshot();
    store.replace(backup);
    store.create('pods', 'later', { metadata: { name: 'later' } });
    await snapshot;
    // As if the process had been killed before it dropped what it had written before.
    writeFileSync(join(folder, 'log-1'), former);
    const second = openStore(folder).store;
    expect([...second.all()].map(({ id }) => id)).toEqual(['kept', 'later']);
    expect(second.revision).toBe(backup.revision + 1);
    expect(second.history('pods', 'kept')).toEqual({ created: 2, writes: 2 });
    second.update('pods', 'kept', { metadata: { name: 'kept' } });
    expect(openStore(folder).store.history('pods', 'kept')).toEqual({ created: 2, writes: 3 });
  });

  it('restores, torn at any byte, exactly the writes that are whole', () => {
    const folder = newFolder();
    const { store } = openStore(folder);
    const file = join(folder, 'log-1');
    const states = [{ size: 0, state: stateOf(store) }];
    for (let i = 0; i < 6; i++) {
      if (i === 4) store.delete('pods', 'p0');
      else store.create('pods', `p${i}`, { metadata: { name: `p${i}` } });
      states.push({ size: readFileSync(file).length, state: stateOf(store) });
    }
    const size = readFileSync(file).length;
    fc.assert(
      fc.property(fc.integer({ min: 0, max: size }), (cut) => {
        const copy = newFolder();
        cpSync(folder, copy, { recursive: true });
        truncateSync(join(copy, 'log-1'), cut);
        const restored = openStore(copy).store;
        expect(stateOf(restored)).toBe(states.findLast((s) => s.size <= cut)?.state);
        // Life goes on after the cut, and survives too.
        restored.create('pods', 'after', { metadata: { name: 'after' } });
        expect(stateOf(openStore(copy).store)).toBe(stateOf(restored));
        rmSync(copy, { recursive: true });
      }),
      { numRuns: 60 },
    );
  });

  it('names file and offset of a damaged record before the end', () => {
    const folder = newFolder();
    const { store } = openStore(folder);
    for (const name of ['a', 'b', 'c']) store.create('pods', name, { metadata: { name } });
    const file = join(folder, 'log-1');
    const lines = readFileSync(file, 'utf8').split('\n');
    const offset = `${lines[0]}\n`.length;
    lines[1] = `${lines[1]?.slice(0, -5)}#${lines[1]?.slice(-4)}`;
    writeFileSync(file, lines.join('\n'));
    expect(() => openStore(folder)).toThrow(EnvironmentError);
    expect(() => openStore(folder)).toThrow(`${file} at byte ${offset}`);
  });

  it('notices a missing record', () => {
    const folder = newFolder();
    const { store } = openStore(folder);
    for (const name of ['a', 'b', 'c']) store.create('pods', name, { metadata: { name } });
    const file = join(folder, 'log-1');
    const lines = readFileSync(file, 'utf8').split('\n');
    writeFileSync(file, lines.toSpliced(1, 1).join('\n'));
    expect(() => openStore(folder)).toThrow(/revision 3 is missing/);
  });

  it('replaces a log that has grown by a snapshot, losing nothing', async () => {
    const folder = newFolder();
    const { store, log } = openStore(folder, { snapshotBytes: 10_000 });
    for (let i = 0; i < 200; i++) {
      const id = `p${i % 7}`;
      const object = { metadata: { name: id, annotations: { n: String(i), bigName } } };
      if (store.get('pods', id)) store.update('pods', id, object);
      else store.create('pods', id, object);
      if (i % 20 === 0) await log.flush();
      if (i % 50 === 0) await log.snapshot();
    }
    await log.close();
    expect(readdirSync(folder)).toContain('snapshot');
    expect(readdirSync(folder).filter((name) => name.startsWith('log-')).length).toBeLessThan(3);
    expect(() => store.create('pods', 'late', { metadata: { name: 'late' } })).toThrow(/stopped/);
    const again = openStore(folder);
    expect(stateOf(again.store)).toBe(stateOf(store));
    expect(again.store.revision).toBe(store.revision);
  });

  it('survives a crash between the snapshot and the removal of the old segments', async () => {
    const folder = newFolder();
    const { store, log } = openStore(folder);
    store.create('pods', 'a', { metadata: { name: 'a' } });
    await log.flush();
    const old = readFileSync(join(folder, 'log-1'));
    await log.snapshot();
    store.delete('pods', 'a');
    writeFileSync(join(folder, 'log-1'), old);
    appendFileSync(join(folder, 'snapshot.tmp'), 'half');
    const again = openStore(folder).store;
    expect(stateOf(again)).toBe('[]');
    expect(again.revision).toBe(3);
  });
});
