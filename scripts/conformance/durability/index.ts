/**
 * Kills the process of a cluster under load, again and again, and looks each time whether it kept its word: what was
 * acknowledged is there, versions go on rising, watches go on or are told that they are too old.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { People } from '../client.ts';
import { Host } from './host.ts';
import { type Known, Ledger } from './ledger.ts';
import { Watch } from './watch.ts';

export interface DurabilityReport {
  kills: number;
  /** Writes that were acknowledged. */
  writes: number;
  /** How watches from before a kill went on after it. */
  watches: { resumed: number; expired: number };
  faults: string[];
}

const collection = '/api/v1/namespaces/default/configmaps';
/** Beside those of the cluster itself. */
const selector = { labelSelector: 'written=yes' };
const writers = 8;
const objectsPerWriter = 5;
/** A kill comes after less than so many writes. */
const longestLoad = 150;
/** Some are so large that the log is replaced by a snapshot now and then. */
const largestValue = 40_000;

/** Kills a fresh cluster `times` times. `report` is told of each kill. */
export async function killRepeatedly(times: number, report?: (kill: number) => void): Promise<DurabilityReport> {
  const folder = await mkdtemp(join(tmpdir(), 'kubedrill-durability-'));
  const result: DurabilityReport = { kills: 0, writes: 0, watches: { resumed: 0, expired: 0 }, faults: [] };
  const ledger = new Ledger();
  let host = await Host.start(folder);
  try {
    await listed(host.people, ledger);
    while (result.kills < times) {
      const followed = await loadAndKill(host, ledger, result);
      host = await Host.start(folder);
      result.kills++;
      result.faults.push(
        ...(await inspect(host.people, ledger, followed, result)).map((f) => `kill ${result.kills}: ${f}`),
      );
      report?.(result.kills);
    }
  } finally {
    await host.kill();
    await rm(folder, { recursive: true, force: true });
  }
  return result;
}

/** Writes from all sides until the process is gone; the last version that a watch had shown by then. */
async function loadAndKill(host: Host, ledger: Ledger, result: DurabilityReport): Promise<string> {
  const { people } = host;
  const watch = new Watch(
    people.stream('admin', collection, { watch: '1', resourceVersion: String(ledger.highest), ...selector }),
  );
  const enough = Promise.withResolvers<void>();
  let left = random(longestLoad);
  let alive = true;
  const work = Array.from({ length: writers }, async (_, n) => {
    while (alive) {
      try {
        if (await writeOne(people, ledger, `w${n}-${random(objectsPerWriter)}`)) result.writes++;
        // The other writers are in the middle of something.
        if (left-- === 0) enough.resolve();
      } catch {
        // The connection broke: whether it was written will be seen.
        return;
      }
    }
  });
  await Promise.race([enough.promise, Promise.all(work)]);
  await host.kill();
  alive = false;
  await Promise.all(work);
  await watch.ended;
  const last = watch.events.at(-1)?.object.metadata.resourceVersion;
  if (last !== undefined) ledger.see(last);
  return last ?? String(ledger.highest);
}

type Change = 'replace' | 'patch' | 'delete';

/** Creates an object, or changes it in one of these ways; false: it was refused. */
async function writeOne(
  people: People,
  ledger: Ledger,
  name: string,
  changes: readonly Change[] = ['replace', 'patch', 'delete'],
): Promise<boolean> {
  const before = ledger.get(name);
  const value = `${random(1e9)}-${'x'.repeat(random(random(largestValue)))}`;
  const kind = before === undefined ? 'create' : changes[random(changes.length)];
  const path = kind === 'create' ? collection : `${collection}/${name}`;
  const object = { metadata: { name, labels: { written: 'yes' } }, data: { value } };
  const call = {
    create: { method: 'POST', type: 'application/json' },
    replace: { method: 'PUT', type: 'application/json' },
    patch: { method: 'PATCH', type: 'application/merge-patch+json' },
    delete: { method: 'DELETE', type: 'application/json' },
  }[kind ?? 'create'];
  ledger.ask(name, kind === 'delete' ? undefined : value);
  const { status, text } = await people.call({
    as: 'admin',
    method: call.method,
    path,
    headers: { 'Content-Type': call.type },
    ...(kind !== 'delete' && { body: JSON.stringify(object) }),
  });
  if (status >= 300) {
    ledger.refuse(name);
    return false;
  }
  const { metadata } = JSON.parse(text) as { metadata: { resourceVersion: string } };
  ledger.acknowledge(name, kind === 'delete' ? undefined : { resourceVersion: metadata.resourceVersion, value });
  return true;
}

async function inspect(
  people: People,
  ledger: Ledger,
  followed: string,
  { watches }: DurabilityReport,
): Promise<string[]> {
  const faults: string[] = [];
  const reported = ledger.highest;
  const { revision, objects } = await listed(people, ledger);
  if (revision < reported) faults.push(`the list is at ${revision}, ${reported} was told before`);
  faults.push(...ledger.audit(objects));

  const watch = new Watch(people.stream('admin', collection, { watch: '1', resourceVersion: followed, ...selector }));
  const name = `w0-${random(objectsPerWriter)}`;
  // An answer to a delete tells no version.
  const written = await writeOne(people, ledger, name, ['replace', 'patch']);
  const [first] = await watch.take(1);
  watch.close();
  if (!written) faults.push(`${name} could not be written after the restart`);
  if (ledger.highest <= revision) faults.push(`${name} was written at ${ledger.highest}, the list was at ${revision}`);
  if (first?.type === 'ERROR') {
    watches.expired++;
    if (first.object.code !== 410) faults.push(`the watch from ${followed} ended with ${first.object.code}`);
  } else {
    watches.resumed++;
    const at = Number(first?.object.metadata.resourceVersion);
    if (!(at > Number(followed))) faults.push(`the watch from ${followed} goes on at ${at}`);
    // The first that it had not shown: nothing between is left out.
    if (revision > Number(followed) && at > revision)
      faults.push(`the watch from ${followed} left out up to ${revision}`);
  }
  return faults;
}

interface List {
  metadata: { resourceVersion: string };
  items: { metadata: { name: string; resourceVersion: string }; data: { value: string } }[];
}

async function listed(people: People, ledger: Ledger): Promise<{ revision: number; objects: Map<string, Known> }> {
  const { text } = await people.call({ as: 'admin', method: 'GET', path: collection, query: selector });
  const { metadata, items } = JSON.parse(text) as List;
  ledger.see(metadata.resourceVersion);
  const objects = items.map((item): [string, Known] => [
    item.metadata.name,
    { resourceVersion: item.metadata.resourceVersion, value: item.data.value },
  ]);
  return { revision: Number(metadata.resourceVersion), objects: new Map(objects) };
}

const random = (below: number): number => Math.floor(Math.random() * below);
