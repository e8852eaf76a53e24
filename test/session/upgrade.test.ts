import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { systemClock } from '../../src/kernel/clock.ts';
import { Catalog } from '../../src/scenario/catalog.ts';
import { entryOf } from '../../src/scenario/overview.ts';
import { TrustStore } from '../../src/scenario/trust.ts';
import { LabHost } from '../../src/session/lab-host.ts';
import { foldSeeds, ProgressLog, progressFile, readProgress, readProgressRecords } from '../../src/session/progress.ts';
import { reviewsOf } from '../../src/session/review.ts';
import { temporaryFolder } from '../helpers/temporary.ts';

const root = join(import.meta.dirname, '..', '..');

/** A daemon of today on a state folder takes up what is there, and goes. */
async function takeUp(folder: string, catalog: Catalog): Promise<void> {
  const host = new LabHost({
    clock: systemClock,
    folder: join(folder, 'attempts'),
    catalog,
    providers: [],
    version: 'test',
    scriptEnvironment: async () => ({}),
    trust: new TrustStore(join(folder, 'trust.json')),
    progress: await ProgressLog.open(folder, { clock: systemClock, log: () => undefined }),
    log: () => undefined,
  });
  await host.resume();
  await host.suspend();
}

it('keeps what was achieved with an earlier build, completes what a crash tore, and takes nothing twice', async () => {
  const folder = temporaryFolder();
  cpSync(join(root, 'fixtures', 'state', '0.1.0-k8'), folder, { recursive: true });
  const catalog = new Catalog(join(root, 'scenarios'));
  await takeUp(folder, catalog);
  const once = readFileSync(progressFile(folder), 'utf8');
  await takeUp(folder, catalog);
  expect(readFileSync(progressFile(folder), 'utf8')).toBe(once);

  const progress = await readProgress(folder);
  expect(progress.get('in-cluster-api-access/forbidden-deployment')).toMatchObject({
    solved: true,
    best: { score: 95, max: 100 },
    bestTime: 300_000,
    hints: 1,
    tries: 1,
  });
  // Its lines were lost; its log had them. The reset and the end took nothing away.
  const other = { solved: true, best: { score: 100, max: 100 }, bestTime: 200_000, hints: 0, tries: 2 };
  expect(progress.get('in-cluster-api-access/who-am-i')).toMatchObject(other);
  const records = await readProgressRecords(folder);
  expect(foldSeeds(records).get('in-cluster-api-access/who-am-i')).toMatchObject([{ seed: 3, ...other }]);
  const reviews = reviewsOf(catalog.scenarios().map(entryOf), records, 1_764_700_950_000);
  expect(reviews.map(({ scenario, last }) => [scenario, last.grade]).sort()).toEqual([
    ['forbidden-deployment', 'hard'],
    ['who-am-i', 'again'],
  ]);
});
